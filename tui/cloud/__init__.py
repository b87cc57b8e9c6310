"""The clouds: configuration, sign-in, requests and their errors. The only importer of openstacksdk and keystoneauth1.

Importing this package is light: the SDK (0.3 s) is imported by `Clouds.load` and later, in whatever thread calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cloud.api import Api
from tui.cloud.clouds import Clouds
from tui.cloud.doing import Done, Sending, act
from tui.cloud.entry import CloudEntry, Prompt
from tui.cloud.errors import trouble_of
from tui.cloud.reply import Page, Reply

if TYPE_CHECKING:
    from openstack.connection import Connection as Connection

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
    """Import the SDK's Connection when somebody asks for it."""
    if name == "Connection":
        from tui.cloud import lean

        lean.whole()
        from openstack.connection import Connection

        return Connection
    raise AttributeError(name)
