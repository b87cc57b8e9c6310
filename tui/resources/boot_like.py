"""A boot form filled from a server: «like this one»."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tui.model.trouble import Trouble
from tui.resources.action import Desk, Values
from tui.resources.boot_options import chosen, flavors, networks
from tui.resources.boot_values import IMAGE
from tui.resources.kind import Raw
from tui.resources.looking import number, rows, thing, together

_END = re.compile(r"^(.*?)(\d+)$")


def next_name(name: str, taken: set[str]) -> str:
    """Return the next free name in a row: web-09 gives web-10; without a number at the end web gives web-2."""
    found = _END.match(name)
    stem, digits = (found[1], found[2]) if found else (f"{name}-", "1")
    for step in range(1, len(taken) + 2):
        candidate = f"{stem}{str(int(digits) + step).zfill(len(digits))}"
        if candidate not in taken:
            break
    return candidate


def like(desk: Desk) -> Values:
    """Return a form's values for a server like the desk's one. Blocking; raises TroubleError.

    User data and passwords are not copied: Nova shows them to admins alone, and they are secrets.
    """
    entry = desk.entries[0]
    api, ident = desk.api, entry.id
    server = thing(api, "compute", f"/servers/{ident}", "server", microversion="2.73")
    found = together(
        {
            "flavors": lambda: flavors(desk),
            "ports": lambda: rows(api, "network", "/ports", "ports", (("device_id", ident),)),
            "root": lambda: _root(desk, server),
        }
    )
    known = {name: None if isinstance(value, Trouble) else value for name, value in found.items()}
    flavor = server.get("flavor") or {}
    same = chosen(known["flavors"] or (), flavor.get("original_name") or flavor.get("id"))
    ports = known["ports"] or []
    groups = (str(one) for port in ports for one in port.get("security_groups") or ())
    taken = {str(getattr(other.row, "name", "")) for other in desk.all_of("server")} | {str(server.get("name"))}
    values: dict[str, Any] = {
        "name": next_name(str(server.get("name") or ""), taken),
        "source": IMAGE,
        "flavor": same.value if same else "",
        "networks": tuple(dict.fromkeys(str(port.get("network_id")) for port in ports)),
        "security_groups": tuple(dict.fromkeys(groups)),
        "keypair": server.get("key_name") or "",
        "zone": server.get("OS-EXT-AZ:availability_zone") or "",
        "server_group": next(iter(server.get("server_groups") or ()), ""),
        "metadata": dict(server.get("metadata") or {}),
        "tags": tuple(server.get("tags") or ()),
        "description": server.get("description") or "",
        "config_drive": bool(server.get("config_drive")),
    }
    return values | (known["root"] or {})


def _root(desk: Desk, server: Raw) -> Values:
    """Return what it boots from: its image, or for a server on a volume that volume's image, size and type."""
    image = server.get("image")
    if isinstance(image, dict):
        return {"image": str(image.get("id") or "")}
    attached = server.get("os-extended-volumes:volumes_attached") or ()
    for one in attached:
        volume = thing(desk.api, "block-storage", f"/volumes/{one.get('id')}", "volume")
        meta = volume.get("volume_image_metadata")
        if volume.get("bootable") == "true" and isinstance(meta, dict):
            return {
                "image": str(meta.get("image_id") or ""),
                "new_volume": True,
                "volume_size": number(volume.get("size")),
                "volume_type": str(volume.get("volume_type") or ""),
                "delete_volume": bool(one.get("delete_on_termination")),
            }
    return {}


def of_like(key: str, otherwise: Any = None) -> Callable[[Desk], Any]:
    """Return an `initial` that takes one field from the server where there is one, else `otherwise(desk)` or it."""

    def initial(desk: Desk) -> Any:
        if desk.entries:
            return like(desk).get(key)
        return otherwise(desk) if callable(otherwise) else otherwise

    return initial


def only_network(desk: Desk) -> tuple[str, ...]:
    """Return the project's network where there is just one that is not external; nothing else can be meant."""
    own = [
        option.value
        for option in networks(desk)
        if "external" in option.facts
        and not option.facts["external"]
        and option.facts["project_id"] == desk.identity.project_id
    ]
    return (own[0],) if len(own) == 1 else ()
