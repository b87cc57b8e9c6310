"""Dialogs: one frame on a veiled screen; nothing that was typed before it could be read answers it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.color import Color
from textual.geometry import Region
from textual.message import Message
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen
from textual.strip import Strip

from tui.model.text import cells, cut_end, inert
from tui.ui.ink import Inked
from tui.ui.spans import Span, Spans, clipped, keys_line, strip, width_of, wrap

if TYPE_CHECKING:
    from textual.screen import Screen

T = TypeVar("T")

GUARD = 0.3
"""Seconds after the first paint in which keys are dropped (design §3, «Type-ahead never acts»)."""

EDGES = 6
"""Cells of a frame that are not for text: an edge and two blanks on either side."""


Hints = Sequence[tuple[str, str]]
"""Keys and what they do."""


class _Veil:
    """The screen below a dialog in one ink: what stands there is out of reach. The last line has the dialog's keys."""

    def __init__(self, screen: Screen[Any], bar: Style, plain: Style, keys: Strip | None) -> None:
        self.screen = screen
        self.bar = bar
        self.plain = plain
        self.keys = keys

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = list(Segment.split_lines(console.render(self.screen._compositor, options)))
        for number, line in enumerate(lines):
            if self.keys is not None and number == len(lines) - 1:
                yield from self.keys
            else:
                yield from self._veiled(line)
            yield Segment.line()

    def _veiled(self, segments: Iterable[Segment]) -> Iterable[Segment]:
        bar = self.bar.bgcolor
        for segment in segments:
            on_bar = segment.style is not None and segment.style.bgcolor == bar
            yield Segment(segment.text, self.bar if on_bar else self.plain)


class Veiled(ModalScreen[T]):
    """A modal screen that repaints the screen below in the `veil` ink and keeps keys of its first 300 ms from acting.

    Subclasses give `panel()`, the one widget that paints them, and `pressed()`.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""
    COMPONENT_CLASSES: ClassVar[set[str]] = {"ink--veil", "ink--text", "ink--accent", "ink--dim"}

    class Painted(Message, bubble=False):
        """The panel has been drawn for the first time; its `time` starts the guard."""

    _painted_at: float | None = None

    def panel(self) -> Panel:
        """Return the widget that paints this screen."""
        raise NotImplementedError

    def pressed(self, key: str, character: str | None) -> bool:
        """Act on a key; return whether it meant something here."""
        raise NotImplementedError

    def hints(self) -> Hints:
        """Return the keys for the last line of the screen; none leaves that line veiled."""
        return ()

    def pasted(self, text: str) -> None:
        """Take a paste; nothing, unless there is a field."""

    def guards(self, key: str, character: str | None) -> bool:
        """Tell whether this key is dropped while the dialog is new."""
        return True

    @property
    def listening(self) -> bool:
        """Whether the first 300 ms on the screen are over."""
        return self._painted_at is not None and Message().time - self._painted_at >= GUARD

    def compose(self) -> ComposeResult:
        """Mount the panel."""
        yield self.panel()

    def render(self) -> RenderableType:
        """Render the screen below, veiled."""
        below = super().render()
        if not isinstance(below, BackgroundScreen):
            return below
        variables = self.app.theme_variables
        ink = self.get_component_rich_style("ink--veil", partial=True)
        grounds = [Color.parse(variables[name]).rich_color for name in ("sd-bar", "sd-bg")]
        bar, plain = (Style(bgcolor=ground) + ink for ground in grounds)
        width = self.app.size.width
        hints = self.hints()
        keys = (
            strip(keys_line(hints, width), lambda token, ground: bar + self._key_ink(token), width) if hints else None
        )
        return _Veil(below.screen, bar, plain, keys)

    def _key_ink(self, token: str) -> Style:
        # The veil's own style is under it: what the token does not name is taken back.
        return Style(dim=False, bold=False) + self.get_component_rich_style(f"ink--{token}", partial=True)

    def on_veiled_painted(self, message: Painted) -> None:
        """Start the guard's time."""
        if self._painted_at is None:
            self._painted_at = message.time

    def on_key(self, event: events.Key) -> None:
        """Hand a key on, unless it was typed before the dialog could be read."""
        event.stop()
        event.prevent_default()
        if not self.is_active:
            return  # it waited in the queue while this was closed
        # The time of the event is that of its bytes: a key that waited in the queue counts as typed then.
        fresh = self._painted_at is None or event.time - self._painted_at < GUARD
        if not (fresh and self.guards(event.key, event.character)):
            self.pressed(event.key, event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Hand a paste to the field, where there is one."""
        event.stop()
        if self.is_active:
            self.pasted(event.text)


class Panel(Inked):
    """Paints lines of spans that its screen gives it; tells the screen of the first paint."""

    _told = False

    def line(self, y: int, width: int) -> tuple[Spans, str]:
        """Return line `y` and its ground."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        if not self._told:
            self._told = True
            self.screen.post_message(Veiled.Painted())
        width = self.size.width
        spans, ground = self.line(y, width)
        return strip(spans, self.ink, width, ground)


class Frame(Panel):
    """The frame of a dialog: title in the top edge, scrolled body, pinned foot."""

    def __init__(self, dialog: Dialog[Any]) -> None:
        super().__init__()
        self.dialog = dialog
        self.add_class("frame")

    def line(self, y: int, width: int) -> tuple[Spans, str]:
        """Return an edge, or a line of the dialog between two edges."""
        edge = "bad" if self.dialog.destroys else "line"
        last = self.size.height - 1
        if y == 0:
            return self._top(edge, width), ""
        if y >= last:
            return (Span(f"└{'─' * (width - 2)}┘", edge),), ""
        inner = max(width - EDGES, 1)
        spans = self.dialog.inside(y - 1, inner)
        line = clipped(spans, inner)
        gap = " " * (inner - width_of(line))
        return (Span("│", edge), Span("  "), *line, Span(f"{gap}  "), Span(self.dialog.edge(y - 1), edge)), ""

    def _top(self, edge: str, width: int) -> Spans:
        title = cut_end(self.dialog.heading, max(width - 8, 1))
        hint = self.dialog.hint
        room = width - cells(title) - 8
        right: Spans = (Span("┐", edge),)
        if hint and cells(hint) + 4 <= room:
            right = (Span(f" {hint} ", "dim"), Span("─┐", edge))
        left: Spans = (Span("┌─", edge), Span(f" {title} ", "bad" if self.dialog.destroys else "strong"))
        rule = width - width_of(left) - width_of(right)
        return (*left, Span("─" * rule, edge), *right)


class Dialog(Veiled[T]):
    """One frame with a title, a scrolling body of painted lines and a pinned foot. `dismiss` gives the result."""

    heading = ""
    """Title, inert."""
    hint = "esc close"
    """In the top edge at the right."""
    destroys = False
    wanted = 72
    """Cells of text that the dialog would like to be wide."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = Frame(self)
        self.scroll = 0
        self._body: list[Spans] = []
        self._foot: list[Spans] = []
        self._tall = 0
        self._hints: Hints = ()

    def body(self, width: int) -> list[Spans]:
        """Return the scrolling lines for a width of text."""
        raise NotImplementedError

    def foot(self, width: int) -> list[Spans]:
        """Return the lines under them that never scroll away: fields, answers."""
        return []

    def panel(self) -> Panel:
        """The frame."""
        return self.frame

    def on_mount(self) -> None:
        """Lay the frame out."""
        self.redraw()

    def on_resize(self) -> None:
        """Lay the frame out for the new size."""
        self.redraw()

    def redraw(self) -> None:
        """Make the lines anew; the frame changes its size only if their number changed."""
        if not self.is_attached:
            return
        width, height = self.app.size
        across = min(self.wanted + EDGES, width - 2)
        inner = max(across - EDGES, 1)
        self._body = self.body(inner)
        self._foot = self.foot(inner)
        self._tall = min(len(self._body) + len(self._foot) + 4, height - 1)
        self.frame.styles.width = across
        self.frame.styles.height = self._tall
        self.scroll = max(0, min(self.scroll, len(self._body) - self._room()))
        self.frame.refresh()
        if (hints := self.hints()) != self._hints:
            self._hints = hints
            self.refresh(Region(0, height - 1, width, 1))

    def _room(self) -> int:
        """Return how many lines of the body are in sight."""
        return max(self._tall - 4 - len(self._foot), 1)

    def inside(self, y: int, width: int) -> Spans:
        """Return line `y` between the edges: a blank, the body, the foot, a blank."""
        y -= 1
        room = self._room()
        if 0 <= y < room:
            index = y + self.scroll
            return self._body[index] if index < len(self._body) else ()
        y -= room
        return self._foot[y] if 0 <= y < len(self._foot) else ()

    def edge(self, y: int) -> str:
        """Return the right edge at line `y`: the thumb where the body is longer than its room."""
        room, total = self._room(), len(self._body)
        if total <= room or not 1 <= y <= room:
            return "│"
        size = max(room * room // total, 1)
        top = (room - size) * self.scroll // max(total - room, 1)
        return "┃" if top <= y - 1 < top + size else "│"

    def bring(self, mark: str) -> None:
        """Scroll so that the first line with a span of this text is in sight: the field that is typed into."""
        found = (at for at, line in enumerate(self._body) if any(span.text == mark for span in line))
        at = next(found, self.scroll)
        scroll = max(min(self.scroll, at), at - self._room() + 1)
        if scroll != self.scroll:
            self.scroll = scroll
            self.frame.refresh()

    def move(self, key: str) -> bool:
        """Scroll the body by a key; return whether it was one that scrolls."""
        room = self._room()
        by = {
            "down": 1, "j": 1, "up": -1, "k": -1, "pagedown": room, "ctrl+f": room, "pageup": -room, "ctrl+b": -room,
            "home": -len(self._body), "g": -len(self._body), "end": len(self._body), "G": len(self._body),
        }.get(key)  # fmt: skip
        if by is None:
            return False
        scroll = max(0, min(self.scroll + by, len(self._body) - room))
        if scroll != self.scroll:
            self.scroll = scroll
            self.frame.refresh()
        return True


def prose(lines: Iterable[str | Spans], width: int) -> list[Spans]:
    """Return sentences and ready lines wrapped to a width; plain text is made inert."""
    found: list[Spans] = []
    for line in lines:
        found.extend(wrap((Span(inert(line)),) if isinstance(line, str) else line, width))
    return found


class Confirm(Dialog[bool]):
    """A question: `y` yes, `n` and Esc no, the focus starts on no. Result: True or False."""

    hint = ""

    def __init__(self, title: str, lines: Sequence[str | Spans], yes: str, no: str, *, destroys: bool = False) -> None:
        """`yes` and `no` name the deeds: «Quit», «Stay»."""
        super().__init__()
        self.heading = inert(title)
        self.lines = lines
        self.answers = (inert(no), inert(yes))
        self.destroys = destroys
        self.chosen = False
        widths = [cells(line) if isinstance(line, str) else width_of(line) for line in lines]
        self.wanted = max(40, min(78, max([cells(yes) + cells(no) + 16, *widths])))

    def body(self, width: int) -> list[Spans]:
        """The lines given."""
        return prose(self.lines, width)

    def foot(self, width: int) -> list[Spans]:
        """A blank and the two answers, the deed at the right."""
        no, yes = self.answers
        deed = "bad" if self.destroys else "strong" if self.chosen else "text"
        return [
            (),
            (
                *_answer("n", no, "text" if self.chosen else "strong", not self.chosen),
                Span("   "),
                *_answer("y", yes, deed, self.chosen),
            ),
        ]

    def hints(self) -> Hints:
        """The answers."""
        no, yes = self.answers
        return (("n", no.lower()), ("esc", no.lower()), ("y", yes.lower()), ("tab", "the other"))

    def pressed(self, key: str, character: str | None) -> bool:
        """Answer, or move between the answers."""
        if key in {"y", "Y"}:
            self.dismiss(True)
        elif key in {"n", "N", "escape", "q", "ctrl+c"}:
            self.dismiss(False)
        elif key == "enter":
            self.dismiss(self.chosen)
        elif key in {"tab", "shift+tab", "left", "right", "h", "l"}:
            self.chosen = not self.chosen
            self.redraw()
        else:
            return self.move(key)
        return True


def _answer(key: str, text: str, ink: str, focused: bool) -> Spans:
    ground = "cursor" if focused else ""
    return (
        Span("▌ " if focused else "  ", "accent", ground),
        Span(key, "accent", ground),
        Span(f"  {text}  ", ink, ground),
    )
