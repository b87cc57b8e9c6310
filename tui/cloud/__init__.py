"""The clouds: configuration, sign-in, requests and their errors. The only importer of openstacksdk and keystoneauth1.

Importing this package is light: the SDK (0.3 s) is imported by `Clouds.load` and later, in whatever thread calls it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openstack.connection import Connection as Connection

    from tui.cloud.api import Api
    from tui.cloud.clouds import Clouds
    from tui.cloud.doing import Done, Sending, act
    from tui.cloud.entry import CloudEntry, Prompt
    from tui.cloud.errors import trouble_of
    from tui.cloud.reply import Page, Reply

_HOMES = {
    "Api": "api", "Clouds": "clouds", "Done": "doing", "Sending": "doing", "act": "doing", "CloudEntry": "entry",
    "Prompt": "entry", "trouble_of": "errors", "Page": "reply", "Reply": "reply",
}  # fmt: skip
"""Name → module: each is imported when it is asked for, which the first frame does for few."""

__all__ = [
    "Api",
    "CloudEntry",
    "Clouds",
    "Connection",
    "Done",
    "Page",
    "Prompt",
    "Reply",
    "Sending",
    "act",
    "trouble_of",
]


def __getattr__(name: str) -> object:
    """Import what somebody asks for; the SDK for its Connection."""
    if name == "Connection":
        from tui.cloud import lean

        lean.whole(lean.SIGN_IN)
        lean.whole()
        from openstack.connection import Connection

        return Connection
    if name not in _HOMES:
        raise AttributeError(name)
    found = getattr(import_module(f"tui.cloud.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
