"""How a server is reached by SSH: its addresses, the user, the key, the port and the jump hosts, each with its source.

What was said by the user counts first, then what the image says, then what images of its sort usually have.
"""

from __future__ import annotations

import getpass
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from tui.cloud import Api
from tui.config.settings import Settings
from tui.model.entry import Entry
from tui.model.ssh import PORT, Hop, Said, hops
from tui.model.trouble import TroubleError
from tui.resources.server_row import fixed, floating, image_name, server_of

if TYPE_CHECKING:
    from tui.remote.ssh_config import Machine

USUAL = {
    "almalinux": "almalinux",
    "alpine": "alpine",
    "amazon": "ec2-user",
    "arch": "arch",
    "centos": "cloud-user",
    "cirros": "cirros",
    "coreos": "core",
    "debian": "debian",
    "fedora": "fedora",
    "fedora-coreos": "core",
    "flatcar": "core",
    "freebsd": "freebsd",
    "gentoo": "gentoo",
    "opensuse": "opensuse",
    "rhel": "cloud-user",
    "rocky": "rocky",
    "sles": "sles",
    "ubuntu": "ubuntu",
    "windows": "Administrator",
}
"""`os_distro` → user of the images that its makers publish (OpenStack Image Guide, «Get images»)."""
_ADMIN = ("os_admin_user", "image_original_user", "default_user", "login_name")
"""Image properties that name the user; the first is Glance's own («Useful image properties»)."""
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.@\\$-]{0,63}")


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a server."""

    host: str
    floating: bool

    @property
    def version(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.host else 4

    @property
    def sort(self) -> str:
        """What it is, in words."""
        return f"{'floating' if self.floating else 'fixed'} v{self.version}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value and where it comes from, for people."""

    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Image:
    """What the image of a server says of its login; empty where it says nothing or could not be read."""

    name: str = ""
    user: str = ""
    user_property: str = ""
    distro: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """How one server is reached; every part can be changed by the user before it is used."""

    addresses: tuple[Address, ...]
    """Floating before fixed, IPv4 before IPv6."""
    user: Chosen
    """Empty value: what `ssh` itself says."""
    port: int
    key: Chosen
    """Path of a private key; empty value: those of ~/.ssh and the agent."""
    hops: tuple[Hop, ...]
    """Jump hosts, the nearest first."""
    hops_source: str
    """Where they come from; «» when there are none."""
    other: tuple[Hop, ...] | None = None
    """A second way, tried beside it: straight from here where jump hosts are said; where none are, those that
    ~/.ssh/config says of an address that is not the first. None: there is but one way."""


def addresses(entry: Entry) -> tuple[Address, ...]:
    """Return the addresses of a server, the likeliest to be reached from outside first."""
    row = server_of(entry)
    found = [Address(host, True) for host in floating(row)] + [Address(host, False) for host in fixed(row)]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (not one.floating, one.version)))


def way(entry: Entry, settings: Settings, image: Image | None = None, tunnel: tuple[Hop, ...] = ()) -> Way:
    """Return how a server is reached. Reads ~/.ssh/config: not for a loop's thread.

    `tunnel`: the jump hosts of the cloud's APIs, where the settings name none for servers. Raises TroubleError (CONFIG)
    for a configuration of SSH that cannot be read.
    """
    said = settings.region(entry.scope.cloud, entry.scope.region)
    found = addresses(entry)
    file = _configured(found[0].host) if found else ()
    own = file[-1] if file else None
    chain, source = _hops(said.ssh_jump, "ssh_jump of the settings")
    if not chain:
        chain, source = _hops(said.ssh_tunnel, "ssh_tunnel, as for the APIs")
    if not chain and tunnel:
        chain, source = tunnel, "ssh_tunnel, as for the APIs"
    if not chain and len(file) > 1:
        chain, source = tuple(machine.hop for machine in file[:-1]), "ProxyJump of ~/.ssh/config"
    image = image or Image(name=image_name(entry) or "")
    return Way(
        addresses=found,
        user=_user(said.ssh_user, settings.ssh.users, image, own),
        port=said.ssh_port or (own.port if own else PORT),
        key=Chosen(said.ssh_key, "settings") if said.ssh_key else Chosen("", "those of ~/.ssh and the agent"),
        hops=chain,
        hops_source=source if chain else "",
        other=() if chain else _jumps(found[1:]),
    )


def read_image(api: Api, entry: Entry) -> Image:
    """Return what the image of a server says; of a server that boots from a volume, what the volume kept of it.

    Blocking. Failures are swallowed: the image is one source among several, and may be deleted or another's.
    """
    row = server_of(entry)
    try:
        if row.image_id:
            reply = api.get("image", f"/images/{row.image_id}")
            raw = api.decoded("image", reply)
        else:
            volume = next((one.id for one in row.volumes or () if one.id), "")
            if not volume or not api.has("block-storage"):
                return Image()
            reply = api.get("block-storage", f"/volumes/{volume}")
            raw = api.decoded("block-storage", reply, "volume").get("volume_image_metadata") or {}
    except TroubleError:
        return Image(name=image_name(entry) or "")
    return _image(raw, image_name(entry) or "")


def _image(raw: Mapping[str, Any], name: str) -> Image:
    found = next(((key, str(raw[key])) for key in _ADMIN if _USER.fullmatch(str(raw.get(key) or ""))), ("", ""))
    own = str(raw.get("name") or raw.get("image_name") or name)
    return Image(own, found[1], found[0], str(raw.get("os_distro") or "").lower())


def _configured(host: str) -> tuple[Machine, ...]:
    """What ~/.ssh/config says of an address, the jump hosts before it included."""
    from tui.remote.ssh_config import machines  # asyncssh with it: not before somebody wants to go somewhere

    return machines((Hop(host),))


def _jumps(further: tuple[Address, ...]) -> tuple[Hop, ...] | None:
    """What ~/.ssh/config says of the way to further addresses: «Host 10.*» often has a jump host of its own."""
    found = (_configured(address.host)[:-1] for address in further)
    return next((tuple(machine.hop for machine in jumps) for jumps in found if jumps), None)


def _hops(said: object, source: str) -> tuple[tuple[Hop, ...], str]:
    if not said:
        return (), ""
    return hops(cast(Said, said)), source


def _user(said: str, users: Mapping[str, str], image: Image, own: Machine | None) -> Chosen:
    """Choose the user: settings, image property, ~/.ssh/config, then what such images usually have."""
    if said:
        return Chosen(said, "ssh_user of the settings")
    name = image.name.casefold()
    parts = sorted((part for part in users if part.casefold() in name), key=len, reverse=True)
    if parts:
        return Chosen(users[parts[0]], f"ssh.users «{parts[0]}» of the settings")
    if image.user:
        return Chosen(image.user, f"image property {image.user_property}")
    if own is not None and own.user != getpass.getuser():
        return Chosen(own.user, "User of ~/.ssh/config")
    if image.distro in USUAL:
        return Chosen(USUAL[image.distro], f"usual for {image.distro} images")
    if named := next((key for key in sorted(USUAL, key=len, reverse=True) if key in name), ""):
        return Chosen(USUAL[named], f"usual for images called {named}")
    return Chosen("", "your login name, or what ~/.ssh/config says")
