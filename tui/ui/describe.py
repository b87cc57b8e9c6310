"""The describe pane: all about the row under the cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.config.keymap import PANE
from tui.model.amount import NONE, age, count
from tui.model.entry import Entry
from tui.model.secret import HIDDEN, is_secret_key, without_secrets
from tui.model.status import INKS, MARKS, Health
from tui.model.text import cells, cut_middle, fit, inert
from tui.model.trouble import Trouble
from tui.resources.kind import Kind, Line, Raw, Section
from tui.ui.editing import Edit
from tui.ui.ink import Inked
from tui.ui.line import Span, Spans, width_of
from tui.ui.matching import Matches, marked
from tui.ui.pressing import by_key
from tui.ui.spans import apart, strip, wrap

LABEL = 12
INDENT = 2


class Describe(Inked, can_focus=True):
    """Shows sections of an entry at once and again when the whole resource has come (`fill`)."""

    class Closed(Message):
        """Esc or q in the pane."""

    def __init__(self, keys: Mapping[str, Sequence[str]] | None = None, *, id: str | None = None) -> None:  # noqa: A002
        """`keys`: command id → keys, from `tui.config.keymap.keymap`."""
        super().__init__(id=id)
        self._commands = by_key(keys, PANE)
        self._kind: Kind | None = None
        self._entry: Entry | None = None
        self._at = 0.0
        self._raw: Raw | None = None
        self._extras: Mapping[str, Any] = {}
        self._trouble: Trouble | None = None
        self._lines: list[Spans] = []
        self._texts: list[str] = []
        self._top = 0
        self._matches = Matches()
        self._edit: Edit | None = None

    @property
    def key(self) -> str:
        """Key of the entry shown; empty when nothing is."""
        return self._entry.key if self._entry else ""

    @property
    def typing(self) -> bool:
        """Whether the find line is open: printable keys are text then."""
        return self._edit is not None

    def show(self, kind: Kind, entry: Entry, at: float) -> None:
        """Show an entry from what its row holds; `at` is epoch seconds for ages. The same entry keeps its scroll."""
        if entry.key != self.key or kind is not self._kind:
            self._raw, self._extras, self._trouble, self._top = None, {}, None, 0
        self._kind, self._entry, self._at = kind, entry, at
        self._lay_out()

    def fill(self, key: str, raw: Raw | None, extras: Mapping[str, Any]) -> None:
        """Show the whole resource, if the entry with this key is still the one shown."""
        if key == self.key:
            self._raw, self._extras, self._trouble = raw, extras, None
            self._lay_out()

    def fail(self, key: str, trouble: Trouble) -> None:
        """Say why the whole resource did not come."""
        if key == self.key:
            self._trouble = trouble
            self._lay_out()

    def clear(self) -> None:
        """Show nothing."""
        self._entry = None
        self._lay_out()

    def _lay_out(self) -> None:
        """Make the lines for the width; repaints only if they differ."""
        width = max(self.content_size.width - 2, 20)
        lines = self._made(width)
        if lines == self._lines:
            return
        self._lines = lines
        self._texts = ["".join(span.text for span in line) for line in lines]
        if self._matches.search.text:
            self._matches.look(self._matches.search.text, self._texts, self._top)
        self._scroll(0)

    def _made(self, width: int) -> list[Spans]:
        kind, entry = self._kind, self._entry
        if kind is None or entry is None:
            return []
        lines = [*_title(kind, entry, self._at, width)]
        for section in kind.describe(entry, self._raw, self._extras):
            lines += [(), *_section(section, width)]
        if self._trouble is not None:
            lines += [
                (),
                *wrap((Span("▲ ", "warn"), Span(f"The rest did not come: {inert(self._trouble.title)}")), width, 2),
            ]
        return lines

    @property
    def _room(self) -> int:
        return max(self.content_size.height - bool(self._edit or self._matches.search.text), 1)

    def _scroll(self, by: int) -> None:
        self._top = max(0, min(self._top + by, len(self._lines) - self._room))
        self.refresh()

    def act(self, command: str) -> bool:
        """Run a command of the keymap by its id; return whether it is one of panes."""
        moves = {
            "move.down": 1, "move.up": -1, "move.page_down": self._room, "move.page_up": -self._room,
            "move.top": -len(self._lines), "move.bottom": len(self._lines),
        }  # fmt: skip
        if command in moves:
            self._scroll(moves[command])
        elif command == "find.text":
            self._edit = Edit(self._matches.search.text)
            self.refresh()
        elif command in {"find.next", "find.previous"}:
            line = self._matches.line if self._matches.line >= 0 else self._top
            self._show(self._matches.step(1 if command == "find.next" else -1, line))
        elif command in {"session.back", "session.quit"}:
            if self._matches.search.text and command == "session.back":
                self._find("")
            else:
                self.post_message(self.Closed())
        else:
            return False
        return True

    def on_key(self, event: events.Key) -> None:
        """Type into the find line, or run a command of panes."""
        if self._edit is not None:
            self._typed(self._edit, event.key, event.character)
        elif not self.act(self._commands.get(event.key, "")):
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """A paste is for the find line alone."""
        if self._edit is not None:
            event.stop()
            self._edit.insert(event.text)
            self._find(self._edit.text)

    def _typed(self, edit: Edit, key: str, character: str | None) -> None:
        before = edit.text
        if key in {"escape", "ctrl+c"}:
            self._edit = None
            self._find("")
        elif key == "enter":
            self._edit = None
        elif edit.key(key, character) and edit.text != before:
            self._find(edit.text)
        self.refresh()

    def _find(self, text: str) -> None:
        self._matches.look(text, self._texts, self._top)
        self._show(self._matches.line)

    def _show(self, line: int) -> None:
        if line >= 0 and not self._top <= line < self._top + self._room:
            self._top = max(0, min(line - self._room // 3, len(self._lines) - self._room))
        self.refresh()

    def on_mouse_scroll_down(self) -> None:
        """Scroll by the wheel."""
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """Scroll by the wheel."""
        self._scroll(-3)

    def on_resize(self) -> None:
        """Wrap for the new width."""
        self._lines = []
        self._lay_out()

    def on_focus(self) -> None:
        """The thumb shows who has the keys."""
        self.refresh()

    def on_blur(self) -> None:
        """The same."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Paint one line of the content."""
        width, height = self.content_size
        finding = self._edit is not None or bool(self._matches.search.text)
        if finding and y == height - 1:
            return strip(self._find_line(width), self.ink, width, "field")
        index = y + self._top
        if index >= len(self._lines):
            return Strip.blank(width, self.ink())
        line = self._lines[index]
        if self._matches.search.text:
            line = marked(line, self._matches.search.spans(self._texts[index]))
        return Strip.join([strip(line, self.ink, width - 2), strip((Span(" "), *self._thumb(y)), self.ink, 2)])

    def _find_line(self, width: int) -> Spans:
        right = (*self._matches.words, Span("  n N", "accent"), Span(" "))
        room = max(width - 4 - width_of(right), 8)
        typed = self._edit.paint(room) if self._edit else (Span(inert(self._matches.search.text), "strong"),)
        return apart((Span("/ ", "accent"), *typed), right, width)

    def _thumb(self, y: int) -> Spans:
        room, total = self._room, len(self._lines)
        if total <= room:
            return ()
        size = max(room * room // total, 1)
        top = (room - size) * self._top // max(total - room, 1)
        return (Span("┃", "accent" if self.has_focus else "line"),) if top <= y < top + size else ()


def _title(kind: Kind, entry: Entry, at: float, width: int) -> list[Spans]:
    """Return the name with its status flush right, and the place."""
    status = entry.status
    word = inert(status.word)
    ink = INKS[status.health]
    right: Spans = ()
    if status.health is not Health.NONE:
        # Fine words are dim, all others take the mark's colour (LOOK.md, Marks and words).
        quiet = status.health in {Health.FINE, Health.OFF}
        right = (Span(f"{MARKS[status.health]} ", ink), Span(word, "dim" if quiet else ink))
        right += (Span(f" {inert(status.task)}", "dim"),) if status.task else ()
    room = width - width_of(right) - 2
    first = apart((Span(cut_middle(inert(kind.name(entry.row)), max(room, 8)), "strong"),), right, width)
    place: list[Span] = [Span(inert(entry.scope.label), "dim")]
    if project := entry.scope.project:
        place += [Span(", project ", "dim"), Span(inert(project))]
    since = (Span(f"for {age(at - status.since)}", "dim"),) if status.since and at > status.since else ()
    return [first, apart(place, since, width)]


def _section(section: Section, width: int) -> list[Spans]:
    number = (Span(f" {count(section.count)}", "dim"),) if section.count is not None else ()
    lines: list[Spans] = [(Span(inert(section.title), "strong"), *number)]
    for line in section.lines:
        lines += _labelled(line, width)
    return lines


def _labelled(line: Line, width: int) -> list[Spans]:
    """Return a label and its text; text without a label starts at the indent, a fault behind its mark."""
    hides = line.text not in {"", NONE} and (is_secret_key(line.label) or without_secrets(line.text) is HIDDEN)
    text = Span(HIDDEN, "dim") if hides else Span(inert(line.text), line.ink)
    if not line.label:
        mark = {"bad": "✗ ", "warn": "▲ "}.get(line.ink, " " * INDENT)
        return wrap((Span(mark, line.ink), text), width, INDENT)
    label = inert(line.label)
    column = LABEL
    if cells(label) >= LABEL:
        label, column = cut_middle(label, width // 2), cells(cut_middle(label, width // 2)) + 2
    lead = Span(f"{' ' * INDENT}{fit(label, column)}", "dim")
    return wrap((lead, text), width, INDENT + LABEL)
