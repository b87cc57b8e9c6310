"""Copying: the text is sent to the terminal (OSC 52) and shown selectable as well, since a terminal may refuse."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from ipaddress import ip_address

from tui.model.amount import bytes_
from tui.model.entry import Entry
from tui.model.text import inert, inert_lines
from tui.resources.common import openstack
from tui.resources.kind import Kind
from tui.ui.dialog import Dialog, Hints, prose
from tui.ui.editing import one_line
from tui.ui.line import Span, Spans
from tui.ui.picker import Item, Picker
from tui.ui.saving import SaveText, offered
from tui.ui.spans import wrap

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What ends up in a clipboard may be pasted into a shell: escapes and returns do not go there."""

MOST = 64 * 1024
"""Bytes that are sent to the terminal; some drop the connection or print what is longer."""


def copy_items(kind: Kind, entry: Entry) -> list[Item]:
    """Return what can be copied of a row: name, id, addresses, the `openstack` command, the kind's own.

    An item's key is the text to copy.
    """
    items = [Item(kind.name(entry.row), kind.name(entry.row), "name"), Item(entry.id, entry.id, "id")]
    items += [Item(address, address, what) for address, what in _addresses(kind, entry).items()]
    command = f"{openstack(entry)} {kind.one.lower()} show {shlex.quote(entry.id)}"
    items.append(Item(command, command, "command"))
    for what, text in kind.copies:
        if found := text(entry):
            items.append(Item(found, found, what))
    # A name may hold anything; what is copied ends up in shells, so line ends and escapes are not copied as such.
    return [Item(one_line(item.key), item.text, item.note) for item in items if item.key]


def _addresses(kind: Kind, entry: Entry) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in kind.columns:
        value = column.value(entry)
        for word in value if isinstance(value, tuple) else value.split() if isinstance(value, str) else ():
            try:
                ip_address(word)
            except ValueError:
                continue
            found.setdefault(word, (column.help or column.head).lower())
    return found


class CopyPicker(Picker):
    """Result: the text to copy (show it with `CopyBox`), or None."""

    def __init__(self, title: str, items: Sequence[Item]) -> None:
        super().__init__(title, items)


class CopyBox(Dialog[None]):
    """Sends a text to the terminal's clipboard when it opens, and shows it; `w` writes it to a file instead."""

    wanted = 90

    def __init__(self, text: str, what: str = "text") -> None:
        """`what` names it in the title: «id of web-01»."""
        super().__init__()
        self.text = _CONTROLS.sub("", text)
        self.heading = f"Copy {inert(what)}"
        self.size_in_bytes = len(text.encode("utf-8", "replace"))
        self._saved = ""

    @property
    def sent(self) -> bool:
        """Whether the text is short enough to be sent."""
        return self.size_in_bytes <= MOST

    def on_mount(self) -> None:
        """Send it."""
        if self.sent:
            self.app.copy_to_clipboard(self.text)
        self.redraw()

    def body(self, width: int) -> list[Spans]:
        """What was done, and the text."""
        if self.sent:
            said = ["Sent to the terminal. Where it does not take it, select the text here (with shift held)."]
            if os.environ.get("TMUX"):
                said.append("tmux passes it on with: set -g set-clipboard on")
        else:
            said = [
                f"{bytes_(self.size_in_bytes)} is too long to send to a terminal"
                + (": w writes it to a file." if offered() else ".")
            ]
        lines: list[Spans] = [line for text in inert_lines(self.text) for line in wrap((Span(text, "strong"),), width)]
        saved: list[str | Spans] = [(), self._saved] if self._saved else []
        return prose([*said, *saved, ()], width) + (lines or [()])

    def hints(self) -> Hints:
        """The keys."""
        return (*((("w", "write to a file"),) if offered() else ()), ("esc", "close"))

    def guards(self, key: str, character: str | None) -> bool:
        """Closing early does no harm."""
        return key == "w"

    def pressed(self, key: str, character: str | None) -> bool:
        """Write to a file, scroll, close."""
        if key == "w" and offered():
            self.app.push_screen(SaveText("copy", self.text.split("\n")), self._written)
        elif not self.move(key):
            if key not in {"escape", "q", "enter", "ctrl+c", "c"}:
                return False
            self.dismiss(None)
        return True

    def _written(self, sentence: str | None) -> None:
        self._saved = sentence or ""
        self.redraw()
