"""A whole screen of text: search, wrap, copy, save. 100,000 lines cost what is in sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from tui.config.keymap import COMMANDS, TEXT, shown, why_off
from tui.model.text import inert
from tui.ui.copying import CopyBox
from tui.ui.editing import Edit
from tui.ui.help import HelpScreen, help_groups
from tui.ui.line import Span
from tui.ui.pressing import Keys, by_key, default_keys
from tui.ui.saving import SaveText
from tui.ui.text_pane import TextLine, TextPane

SIDEWAYS = 8
"""Cells that left and right move by."""


class TextScreen(Screen[None]):
    """`push_screen(TextScreen(title, lines))`; Esc or q closes it. Lines may be replaced at any time by `set_lines`."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    KEYS: ClassVar[tuple[str, ...]] = ("find.text", "find.next", "text.wrap", "text.copy")
    """Commands in the line of keys."""
    TAKES: ClassVar[frozenset[str]] = frozenset({
        "move.down", "move.up", "move.page_down", "move.page_up", "move.top", "move.bottom", "find.text", "find.next",
        "find.previous", "see.left", "see.right", "text.wrap", "text.copy", "save.table", "session.help",
        "session.back", "session.quit",
    })  # fmt: skip
    """Every command that it acts on; help lists these."""
    LAST: ClassVar[tuple[str, ...]] = ("save.table", "session.help")
    """Commands after `close`."""

    def __init__(
        self,
        title: Sequence[str],
        lines: Sequence[TextLine],
        *,
        save_name: str = "text",
        keys: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`title` is the path in the header: cloud, region, name, what. `save_name` begins the proposed file name."""
        super().__init__()
        self.pane = TextPane(title, lines)
        self.save_name = save_name
        self._keys: Keys = default_keys() if keys is None else keys
        self._commands = by_key(keys, TEXT)

    def compose(self) -> ComposeResult:
        """Mount the pane."""
        yield self.pane

    def on_mount(self) -> None:
        """Write the line of keys."""
        self.pane.hints = self._hints()

    def set_lines(self, lines: Sequence[TextLine]) -> None:
        """Replace the text; scroll, search and wrap stay."""
        self.pane.replace(lines)

    def whole_text(self) -> str:
        """Return the text that is copied and saved."""
        return "\n".join(self.pane.texts)

    @property
    def suffix(self) -> str:
        """Extension of a saved file."""
        return ".txt"

    def _hints(self) -> list[tuple[str, str]]:
        words = {command.id: command.short or command.title for command in COMMANDS}
        words |= {"session.back": "close", "save.table": "save"}
        ids = (*self.KEYS, "session.back", *self.LAST)
        return [(shown(tuple(self._keys[id_][:1])), words[id_]) for id_ in ids if not why_off(id_)]

    def on_key(self, event: events.Key) -> None:
        """Type into the search line, or run a command of text views."""
        # A key that waited in the queue while this was closed is nobody's.
        if not self.is_active or self._take(event.key, event.character):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """A paste is for the search line alone."""
        event.stop()
        if self.pane.edit:
            self.pane.edit.insert(event.text)
            self._search()

    def on_mouse_scroll_down(self) -> None:
        """Scroll by the wheel."""
        self.pane.scroll_by(3)

    def on_mouse_scroll_up(self) -> None:
        """Scroll by the wheel."""
        self.pane.scroll_by(-3)

    def _take(self, key: str, character: str | None) -> bool:
        if self.pane.edit is not None:
            return self._typed(self.pane.edit, key, character)
        command = self._commands.get(key, "")
        if self.pane.note:
            self.pane.note = ()
            self.pane.refresh()
        return self.act(command)

    def _typed(self, edit: Edit, key: str, character: str | None) -> bool:
        before = edit.text
        if key in {"escape", "ctrl+c"}:
            self.pane.edit = None
            self.pane.matches.look("", (), 0)
        elif key == "enter":
            self.pane.edit = None
            self.pane.note = (Span(f" {inert(self.pane.matches.search.note)}", "dim"),) * bool(
                self.pane.matches.search.note
            )
        elif edit.key(key, character) and edit.text != before:
            self._search()
        self.pane.refresh()
        return True

    def _search(self) -> None:
        edit = self.pane.edit
        if edit is not None:
            self.pane.matches.look(edit.text, self.pane.texts, self.pane.first_line())
            if self.pane.matches.line >= 0:
                self.pane.show_line(self.pane.matches.line)
            self.pane.refresh()

    def act(self, command: str) -> bool:
        """Run a command by its id; return whether it is one of this view."""
        pane = self.pane
        if why := why_off(command):
            self.say(f"off: {why}.")
            return True
        moves = {
            "move.down": 1,
            "move.up": -1,
            "move.page_down": pane.room,
            "move.page_up": -pane.room,
            "move.top": -pane.rows,
            "move.bottom": pane.rows,
        }
        if command in moves:
            pane.scroll_by(moves[command])
        elif command in {"find.next", "find.previous"}:
            self._step(1 if command == "find.next" else -1)
        elif command in {"see.left", "see.right"}:
            pane.left = max(0, pane.left + (SIDEWAYS if command == "see.right" else -SIDEWAYS)) if not pane.wrap else 0
            pane.refresh()
        else:
            return self._act_once(command)
        return True

    def _act_once(self, command: str) -> bool:
        pane = self.pane
        match command:
            case "find.text":
                pane.edit = Edit(pane.matches.search.text)
                pane.refresh()
            case "text.wrap":
                pane.toggle_wrap()
            case "text.copy":
                self.app.push_screen(CopyBox(self.whole_text(), self.pane.header[-1]))
            case "save.table":
                text = self.whole_text().removesuffix("\n").split("\n")
                self.app.push_screen(SaveText(self.save_name, text, self.suffix), self._saved)
            case "session.help":
                self.app.push_screen(HelpScreen("Keys for text", help_groups(TEXT, self._keys, only=self.TAKES)))
            case "session.back" | "session.quit":
                if pane.matches.search.text and command == "session.back":
                    pane.matches.look("", (), 0)
                    pane.refresh()
                else:
                    self.dismiss(None)
            case _:
                return False
        return True

    def _saved(self, sentence: str | None) -> None:
        if sentence:
            self.say(sentence)

    def say(self, sentence: str) -> None:
        """Show a sentence in the line of keys until the next key."""
        self.pane.note = (Span(f" {inert(sentence)}", "text"),)
        self.pane.refresh()

    def _step(self, by: int) -> None:
        line = self.pane.matches.line if self.pane.matches.line >= 0 else self.pane.first_line()
        found = self.pane.matches.step(by, line)
        if found >= 0:
            self.pane.show_line(found)
