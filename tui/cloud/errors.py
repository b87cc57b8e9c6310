"""One mapping from every error of requests, keystoneauth, the SDK, sockets and decoding to a Trouble."""

from __future__ import annotations

from tui.model.place import Scope
from tui.model.trouble import Trouble


def trouble_of(
    error: BaseException, *, scope: Scope | None = None, service: str = "", asked: str = "", as_whom: str = ""
) -> Trouble:
    """Say in a person's words what an error means. `said` keeps the server's own words verbatim (hostile text)."""
    raise NotImplementedError
