"""Every kind, in the order in which the side pane lists them."""

from __future__ import annotations

import msgspec

from tui.model.column import Column
from tui.model.show import PLACE_COLUMNS
from tui.resources.flavor import FLAVOR
from tui.resources.floating_ip import FLOATING_IP
from tui.resources.image import IMAGE
from tui.resources.keypair import KEYPAIR
from tui.resources.kind import Kind
from tui.resources.network import NETWORK
from tui.resources.security_group import SECURITY_GROUP
from tui.resources.server import SERVER

KINDS: dict[str, Kind] = {
    kind.id: kind for kind in (SERVER, FLAVOR, IMAGE, KEYPAIR, NETWORK, FLOATING_IP, SECURITY_GROUP)
}
"""The registry, by id."""

for _kind in KINDS.values():
    # Type information of a struct is made here, in one thread: msgspec crashes when two make it at once.
    msgspec.json.Decoder(_kind.row)

_WORDS = {word: kind for kind in KINDS.values() for word in (kind.id, kind.plural, *kind.aliases)}


def kind_of(word: str) -> Kind | None:
    """Return the kind that a word of the user means: id, plural or alias."""
    return _WORDS.get(word.strip().lower())


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """Return every column of a kind, the shared CLOUD, REGION and PLACE after its status column."""
    at = next((number for number, column in enumerate(kind.columns) if column.key == "status"), 0) + 1
    return (*kind.columns[:at], *PLACE_COLUMNS, *kind.columns[at:])
