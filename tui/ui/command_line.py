"""The `:` panel over the bottom of the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tui.model.amount import count
from tui.model.text import cells, cut_end, fit, inert
from tui.ui.commanding import Suggestion
from tui.ui.dialog import Panel, Veiled
from tui.ui.editing import Edit
from tui.ui.line import Span, Spans, joined
from tui.ui.spans import apart, on

ROWS = 8
"""Suggestions in sight at most."""
FRAME_ROWS = 8
"""Lines of the panel beside the suggestions: rule, heads, blank, then, last, blank, field, keys."""
SHORT = 10

KEYS: Spans = (
    Span(" tab", "accent"), Span(" complete  ", "dim"), Span("enter", "accent"), Span(" go  ", "dim"),
    Span("↑↓", "accent"), Span(" choose, history  ", "dim"), Span("esc", "accent"), Span(" close", "dim"),
)  # fmt: skip
THEN: Spans = (
    Span("   then  ", "dim"), Span("/text"), Span(" filter   ", "dim"), Span("@cloud"), Span(" cloud   ", "dim"),
    Span("@cloud/region"), Span(" region   ", "dim"), Span("!ACTIVE"), Span(" not", "dim"),
)  # fmt: skip


class CommandPanel(Panel):
    """Paints the command line."""

    def __init__(self, owner: CommandLine) -> None:
        super().__init__()
        self.owner = owner
        self.add_class("command-panel")

    def line(self, y: int, width: int) -> tuple[Spans, str]:
        """Return a line from the owner."""
        return self.owner.line(y, width, self.size.height)


class CommandLine(Veiled[str | None]):
    """A modal screen: `push_screen(CommandLine(…), callback)`; the result is the text without `:`, or None when closed.

    It takes keys at once (before it is mounted, too): nothing it does acts before Enter.
    """

    def __init__(
        self,
        suggest: Callable[[str], Sequence[Suggestion]],
        history: Sequence[str] = (),
        text: str = "",
        *,
        check: Callable[[str], str] = lambda text: "",
    ) -> None:
        """`suggest` is called with the text at each change; `history` is oldest first.

        `check` says in a sentence what is wrong with a text, which keeps the panel open; empty when all is well.
        """
        super().__init__()
        self._suggest = suggest
        self._check = check
        self._history = [line for line in dict.fromkeys(reversed(history)) if line.strip()]
        self._edit = Edit(text)
        self._choices: Sequence[Suggestion] = ()
        self._at = 0
        self._top = 0
        self._moved = False
        self._recalled = -1
        """Index in the history, newest first; -1 while the user's own text stands."""
        self._own = text
        self._problem = ""
        self._panel = CommandPanel(self)
        self._changed()

    @property
    def text(self) -> str:
        """The text as typed, without `:`."""
        return self._edit.text

    @property
    def choices(self) -> Sequence[Suggestion]:
        """What the panel lists."""
        return self._choices

    def feed(self, text: str) -> None:
        """Put typed-ahead text into the field whole; works before mounting."""
        self._edit.insert(text)
        self._typed()

    def panel(self) -> Panel:
        """The panel at the bottom."""
        return self._panel

    def guards(self, key: str, character: str | None) -> bool:
        """Nothing is dropped: this is where typed-ahead text belongs."""
        return False

    def pasted(self, text: str) -> None:
        """Take a paste into the field."""
        self.feed(text)

    def on_mount(self) -> None:
        """Fit the panel's height to the terminal."""
        self._fit()

    def on_resize(self) -> None:
        """Fit again."""
        self._fit()

    def _fit(self) -> None:
        height = self.app.size.height
        rows = max(2, min(ROWS, height // 2 - 5))
        self._panel.styles.height = min(rows + FRAME_ROWS, height - 2)
        self._panel.refresh()

    def pressed(self, key: str, character: str | None) -> bool:
        """Complete, choose, recall, submit, close; everything else is for the field."""
        if key in {"escape", "ctrl+c"} or (key in {"backspace", "ctrl+h"} and not self._edit.text):
            self.dismiss(None)
        elif key == "enter":
            self._submit()
        elif key in {"tab", "shift+tab"}:
            self._complete(back=key == "shift+tab")
        elif key in {"up", "down"}:
            self._up() if key == "up" else self._down()
        elif key == "right" and self._edit.cursor == len(self._edit.text) and self._ghost():
            self._complete()
        else:
            before = self._edit.text
            if not self._edit.key(key, character):
                return False
            if self._edit.text != before:
                self._typed()
        self._panel.refresh()
        return True

    def _submit(self) -> None:
        text = self._edit.text
        if self._choices and self._recalled < 0:
            chosen = self._choices[self._at]
            typed = text[chosen.start :]
            if self._moved or (typed and chosen.word.casefold().startswith(typed.casefold())):
                text = text[: chosen.start] + chosen.word
        text = text.strip()
        if not text:
            self.dismiss(None)
            return
        self._problem = self._check(text)
        if not self._problem:
            self.dismiss(text)

    def _complete(self, *, back: bool = False) -> None:
        """Put the chosen word in; once it stands there, go on to the next one."""
        if not self._choices:
            return
        choice = self._choices[self._at]
        if self._edit.text[choice.start :].rstrip() == choice.word and len(self._choices) > 1:
            self._at = (self._at + (-1 if back else 1)) % len(self._choices)
            choice = self._choices[self._at]
        self._edit.set(self._edit.text[: choice.start] + choice.word)
        self._moved, self._recalled, self._problem = True, -1, ""
        if len(self._choices) == 1:
            self._changed()

    def _up(self) -> None:
        if self._choices and self._at > 0 and self._recalled < 0:
            self._choose(self._at - 1)
        elif self._recalled + 1 < len(self._history):
            if self._recalled < 0:
                self._own = self._edit.text
            self._recall(self._recalled + 1)

    def _down(self) -> None:
        if self._recalled >= 0:
            self._recall(self._recalled - 1)
        elif self._at + 1 < len(self._choices):
            self._choose(self._at + 1)

    def _choose(self, at: int) -> None:
        self._at, self._moved = at, True

    def _recall(self, index: int) -> None:
        self._recalled = index
        self._edit.set(self._history[index] if index >= 0 else self._own)
        self._changed()

    def _typed(self) -> None:
        self._recalled = -1
        self._changed()

    def _changed(self) -> None:
        self._problem = ""
        self._choices = self._suggest(self._edit.text)
        self._at = self._top = 0
        self._moved = False
        self._panel.refresh()

    def _ghost(self) -> str:
        """Return what the chosen word would add to the text."""
        if not self._choices or self._recalled >= 0:
            return ""
        choice = self._choices[self._at]
        typed = self._edit.text[choice.start :]
        whole = choice.word
        return whole[len(typed) :] if typed and whole.casefold().startswith(typed.casefold()) else ""

    def line(self, y: int, width: int, height: int) -> tuple[Spans, str]:
        """Return line `y` of the panel."""
        rows = max(height - FRAME_ROWS, 1)
        if y == 0:
            return (Span("─" * width, "line"),), ""
        if y == 1:
            return self._heads(width), ""
        if y < 2 + rows:
            return self._row(y - 2, rows, width)
        match y - height:
            case -5:
                return (Span(f"   {self._problem}", "warn") if self._problem else Span(""), *self._then()), ""
            case -4:
                return self._last(width), ""
            case -2:
                room = width - 4
                return (Span(" : ", "accent"), *self._edit.paint(room, suggestion=self._ghost())), "field"
            case -1:
                return apart(KEYS, (), width), ""
        return (), ""

    def _then(self) -> Spans:
        return () if self._problem else THEN

    def _heads(self, width: int) -> Spans:
        sort = self._choices[0].sort if self._choices else "kind"
        mixed = any(each.sort != sort for each in self._choices)
        word, short = self._columns(width)
        first = "KIND, COMMAND" if mixed else sort.upper()
        heads = (Span(f"   {fit(first, word)}  {fit('SHORT', short)}  WHAT", "dim"),)
        rows = (Span("ROWS  ", "dim"),) if sort == "kind" and self._choices else ()
        return apart(heads, rows, width)

    def _columns(self, width: int) -> tuple[int, int]:
        widest = max((cells(inert(choice.word)) for choice in self._choices), default=0)
        return max(16, min(widest + 2, width // 2)), SHORT

    def _row(self, number: int, rows: int, width: int) -> tuple[Spans, str]:
        self._top = max(min(self._top, self._at), self._at - rows + 1)
        index = number + self._top
        if index >= len(self._choices):
            text = "   Nothing begins like this." if number == 0 and self._edit.text and not self._choices else ""
            return (Span(text, "dim"),), ""
        choice = self._choices[index]
        here = index == self._at
        word, short = self._columns(width)
        name = fit(inert(choice.word), word, middle=True)
        typed = self._edit.text[choice.start :]
        hit = len(typed) if typed and name.casefold().startswith(typed.casefold()) else 0
        left = (
            Span("▌  " if here else "   ", "accent"),
            Span(name[:hit], "found"),
            Span(name[hit:], "strong" if here else "text"),
            Span(f"  {fit(inert(choice.short), short)}  {inert(choice.what)}", "dim"),
        )
        right = (Span(f"{count(choice.rows)}  ", "dim"),) if choice.rows is not None else ()
        line = apart(left, right, width)
        return (on(line, width, "cursor") if here else line), ""

    def _last(self, width: int) -> Spans:
        if not self._history:
            return ()
        lines = [(Span(cut_end(f":{inert(line)}", 40)),) for line in self._history[:3]]
        return (Span("   last  ", "dim"), *joined(lines))
