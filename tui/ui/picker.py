"""Choose one of many by typing a part of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tui.model.text import cells, cut_end, fit, inert
from tui.ui.dialog import Dialog, Hints
from tui.ui.editing import Edit
from tui.ui.line import Span, Spans, width_of
from tui.ui.spans import on

TEXT_MOST = 48


class Item(msgspec.Struct, frozen=True):
    """One choice. `key` is the result, `note` stands dim beside the text; both texts are made inert when shown."""

    key: str
    text: str
    note: str = ""


def narrowed(items: Sequence[Item], text: str) -> list[Item]:
    """Return the items that hold every typed word, those that begin with it first, then those with all its letters."""
    words = text.casefold().split()
    if not words:
        return list(items)
    ranks: list[tuple[int, int, Item]] = []
    for order, item in enumerate(items):
        name, whole = item.text.casefold(), f"{item.text} {item.note}".casefold()
        if all(word in whole for word in words):
            rank = 0 if name.startswith(words[0]) else 1 if words[0] in name else 2
        elif _has_letters(name, "".join(words)):
            rank = 3
        else:
            continue
        ranks.append((rank, order, item))
    return [item for _, _, item in sorted(ranks, key=lambda each: each[:2])]


def _has_letters(name: str, letters: str) -> bool:
    rest = iter(name)
    return all(letter in rest for letter in letters)


class Picker(Dialog[str | None]):
    """Result: the chosen item's key, or None when closed.

    Typing narrows the list from the first key on; Enter acts only once the dialog could be read.
    """

    none_left = "Nothing matches."

    def __init__(self, title: str, items: Sequence[Item], filter: str = "", *, chosen: str = "") -> None:  # noqa: A002
        """`filter` is typed already; the cursor starts on the item whose key is `chosen`."""
        super().__init__()
        self.heading = inert(title)
        self.items = items
        self.edit = Edit(filter)
        self.found = narrowed(items, filter)
        self.at = next((number for number, item in enumerate(self.found) if item.key == chosen), 0)
        texts = [cells(inert(item.text)) for item in items] or [0]
        notes = [cells(inert(item.note)) for item in items] or [0]
        self.column = min(max(texts), TEXT_MOST)
        self.wanted = max(36, min(self.column + max(notes) + 6, 96), cells(self.heading) + 14)

    def feed(self, text: str) -> None:
        """Put typed-ahead text into the field whole."""
        self.edit.insert(text)
        self._narrow()

    def body(self, width: int) -> list[Spans]:
        """One line per item; as many lines as there are items at all, so that narrowing moves nothing."""
        lines = [self._line(number, item, width) for number, item in enumerate(self.found)]
        if not lines:
            lines = [(Span("   "), Span(self.none_left, "dim"))]
        return lines + [()] * (min(len(self.items), self.app.size.height) - len(lines))

    def _line(self, number: int, item: Item, width: int) -> Spans:
        here = number == self.at
        column = min(self.column, width - 3)
        text = fit(inert(item.text), column, middle=True)
        note = cut_end(inert(item.note), max(width - column - 6, 0))
        line = (
            Span("▌  " if here else "   ", "accent"),
            Span(text, "strong" if here else "text"),
            Span(f"   {note}", "dim"),
        )
        return on(line, width, "cursor") if here else line

    def foot(self, width: int) -> list[Spans]:
        """The field and how many are left."""
        count = (Span(f"{len(self.found)} of {len(self.items)}", "dim", "field"), Span(" ", "text", "field"))
        room = width - width_of(count) - 4
        typed = on(self.edit.paint(room), room, "field")
        return [(), (Span("> ", "accent", "field"), *typed, Span("  ", "text", "field"), *count)]

    def hints(self) -> Hints:
        """The keys."""
        return (("enter", "choose"), ("↑↓", "move"), ("esc", "close"))

    def guards(self, key: str, character: str | None) -> bool:
        """Only the key that answers is dropped while the dialog is new."""
        return key == "enter"

    def pasted(self, text: str) -> None:
        """Take a paste into the field."""
        self.feed(text)

    def pressed(self, key: str, character: str | None) -> bool:
        """Choose, move, or type."""
        if key in {"escape", "ctrl+c"}:
            self.dismiss(None)
        elif key == "enter":
            if self.found:
                self.choose(self.found[self.at])
        elif not self._move(key):
            before = self.edit.text
            if not self.edit.key(key, character):
                return False
            if self.edit.text != before:
                self._narrow()
            else:
                self.redraw()
        return True

    def choose(self, item: Item) -> None:
        """End with an item."""
        self.dismiss(item.key)

    def _move(self, key: str) -> bool:
        room = self._room()
        by = {"down": 1, "up": -1, "tab": 1, "shift+tab": -1, "pagedown": room, "pageup": -room}.get(key)
        if by is None:
            return False
        self.at = max(0, min(self.at + by, len(self.found) - 1))
        self._show_cursor()
        return True

    def _narrow(self) -> None:
        self.found = narrowed(self.items, self.edit.text)
        self.at = 0
        self._show_cursor()

    def _show_cursor(self) -> None:
        self.redraw()
        room = self._room()
        if not self.scroll <= self.at < self.scroll + room:
            self.scroll = max(0, self.at - room + 1 if self.at > self.scroll else self.at)
            self.redraw()

    def on_mount(self) -> None:
        """Lay out with the cursor in sight."""
        self._show_cursor()
