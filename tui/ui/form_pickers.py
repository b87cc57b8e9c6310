"""Choosing from a field's options: searchable, sorted by their numbers, several in order where the field takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.model.text import cut_end, fit, inert
from tui.resources.action import Option
from tui.resources.boot_options import flavors_by, smallest_flavor
from tui.ui.dialog import Hints
from tui.ui.line import Span, Spans
from tui.ui.picker import Item, Picker, narrowed
from tui.ui.spans import on

AS_LISTED = "as listed"
FIT = "fit"
_NUMBERS = ("vcpus", "ram", "disk", "size")
_SIZED = frozenset({"vcpus", "ram", "disk"})


class OptionPicker(Picker):
    """Result: the values that were chosen, joined by line ends, or None; `picked` reads them.

    ctrl+o sorts; «at least 2 vCPU 4 GB» finds the smallest flavor. Where several can be chosen, Tab marks them.
    """

    def __init__(
        self,
        title: str,
        options: Sequence[Option],
        chosen: Sequence[str] = (),
        *,
        several: bool = False,
        optional: bool = False,
        free: bool = False,
        needs: Mapping[str, Any] | None = None,
        text: str = "",
    ) -> None:
        """`free` offers what was typed as it is; `needs` are min_ram and min_disk of what is to run on it.

        `text` is typed already.
        """
        self.options = {option.value: option for option in options}
        self.several = several
        self.free = free
        self.marked = [value for value in chosen if value in self.options] if several else []
        self.needs = {key: value for key, value in (needs or {}).items() if key in {"min_ram", "min_disk"} and value}
        self.sorts = self._sorts(options)
        self.sort = self.sorts[0]
        self._listed = tuple(options)
        self._none = [Item("", "–", "none")] if optional and not several else []
        super().__init__(title, self._items(), text, chosen=chosen[0] if chosen else "")
        self.wanted = max(self.wanted, 60)

    def _sorts(self, options: Sequence[Option]) -> list[str]:
        numbers = [key for key in _NUMBERS if options and all(key in option.facts for option in options)]
        first = [FIT] if self.needs and set(numbers) >= _SIZED else []
        return [*first, AS_LISTED, *numbers]

    def _items(self) -> list[Item]:
        options: Sequence[Option] = self._listed
        if self.sort == FIT:
            least = {key: int(value) for key, value in self.needs.items()}
            options = flavors_by(options, FIT, **least)
        elif self.sort in _SIZED and set(self.sorts) >= _SIZED:
            options = flavors_by(options, self.sort)
        elif self.sort != AS_LISTED:
            options = sorted(options, key=lambda option: option.facts[self.sort])
        return [*(Item(option.value, option.text, option.note) for option in options), *self._none]

    def _narrow(self) -> None:
        text = self.edit.text
        self.found = narrowed(self.items, text)
        if set(self.sorts) >= _SIZED and (best := smallest_flavor(self._listed, text)) is not None:
            self.found = [Item(best.value, best.text, best.note), *(i for i in self.found if i.key != best.value)]
        if self.free and text.strip() and all(text.strip() not in (item.key, item.text) for item in self.found):
            self.found = [*self.found, Item(text.strip(), text.strip(), "as typed")]
        self.at = 0
        self._show_cursor()

    def _line(self, number: int, item: Item, width: int) -> Spans:
        if not self.several:
            return super()._line(number, item, width)
        here = number == self.at
        column = min(self.column, width - 7)
        order = str(self.marked.index(item.key) + 1) if item.key in self.marked else ""
        line = (
            Span("▌ " if here else "  ", "accent"),
            Span(fit(f"◆{order}" if order else "", 4), "mark"),
            Span(fit(inert(item.text), column, middle=True), "strong" if here else "text"),
            Span(f"   {cut_end(inert(item.note), max(width - column - 10, 0))}", "dim"),
        )
        return on(line, width, "cursor") if here else line

    def hints(self) -> Hints:
        """The keys."""
        take = f"take {len(self.marked)}" if self.marked else "choose"
        several = (("tab", "mark"),) if self.several else ()
        sort = (("ctrl+o", f"sorted by {self.sort}" if self.sort != AS_LISTED else self.sort),)
        return (("enter", take), *several, ("↑↓", "move"), *(sort if len(self.sorts) > 1 else ()), ("esc", "close"))

    def pressed(self, key: str, character: str | None) -> bool:
        """Sort, mark, choose, move or type."""
        if key == "ctrl+o":
            self.sort = self.sorts[(self.sorts.index(self.sort) + 1) % len(self.sorts)]
            self.items = self._items()
            self._narrow()
        elif key == "tab" and self.several:
            self._mark()
        elif key == "ctrl+u" and self.several and not self.edit.text:
            self.marked = []
            self.redraw()
        else:
            return super().pressed(key, character)
        return True

    def _mark(self) -> None:
        if not self.found:
            return
        value = self.found[self.at].key
        if value in self.marked:
            self.marked.remove(value)
        else:
            self.marked.append(value)
        self.at = min(self.at + 1, len(self.found) - 1)
        self._show_cursor()

    def choose(self, item: Item) -> None:
        """End with the marked options, or with the one under the cursor."""
        self.dismiss("\n".join(self.marked) if self.marked else item.key)


def picked(result: str) -> tuple[str, ...]:
    """Return the values of a picker's result."""
    return tuple(value for value in result.split("\n") if value)
