"""How a list is asked for: the declaration that `tui.cloud` turns into requests."""

from __future__ import annotations

import msgspec

Params = tuple[tuple[str, str], ...]


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A list of one kind in one service.

    Sources: Nova «List Servers Detailed», Glance «List images», Neutron «List networks» in the OpenStack API reference.
    """

    service: str
    """Service type as openstacksdk calls it: compute, image, network, identity."""
    path: str
    """Path under the service's versioned endpoint, with a leading slash."""
    key: str
    """The list's key in the answer."""
    params: Params = ()
    all_projects: Params = ()
    """Added when all projects are asked for."""
    microversion: str = ""
    """The newest one wanted; capped by what the service offers. Empty: none is sent."""
    limit: bool = True
    """Whether the service pages by `limit` and `marker`."""
    most: int = 1000
    """The largest page to ask for."""
    changes_since: bool = False
    """Whether the list takes `changes-since` and tells deleted rows."""
    item_path: str = ""
    """Path of one resource, with `{id}`; empty: `path/{id}`."""
    item_key: str = ""
    """Key of the one resource in its answer; empty where it is the answer itself (Glance)."""
    item_microversion: str = ""
    """Newest microversion for one resource; «latest» asks for all fields."""
