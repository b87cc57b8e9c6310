"""The lines around the table: their widgets, and what each of them says now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.config.keymap import PANE, SIDE, shown
from tui.model.amount import count
from tui.model.text import inert
from tui.ui import frame, statement
from tui.ui.detail import detail_spans, hidden_spans
from tui.ui.header import header_spans, scope_words
from tui.ui.keys_line import hint_spans, key_spans
from tui.ui.line import LineWidget, Span
from tui.ui.notice import notice_spans
from tui.ui.title import title_spans

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen

LEAST = (60, 15)
"""The smallest terminal that the screen can be used in."""
NARROW = 80
"""Below this width the detail line says which columns are hidden."""

FILTER_HINTS = (("enter", "to the table"), ("tab", "complete column"), ("↑", "history"), ("esc", "clear"))
SIDE_HINTS = (
    ("see.open", "show"),
    ("mark.row", "add to those shown"),
    ("pane.next", "to the table"),
    ("pane.side", "hide"),
)
PANE_HINTS = (
    ("move.down", "scroll"),
    ("find.text", "find in pane"),
    ("see.raw", "yaml"),
    ("pane.next", "to the table"),
    ("session.back", "close"),
)


class Lines:
    """Header, title, notice, detail and keys. Writing is cheap: a line repaints only if it says something else."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self.header = LineWidget(id="header")
        self.title = LineWidget(id="title")
        self.notice = LineWidget(id="notice")
        self.detail = LineWidget(id="detail")
        self.keys = LineWidget(id="keys")
        self._said: tuple[Span, ...] = ()

    @property
    def too_small(self) -> bool:
        """Whether the terminal is below what the screen can be used in."""
        size = self._screen.size
        return size.width < LEAST[0] or size.height < LEAST[1]

    def say(self, text: str, ink: str = "text", mark: str = "") -> None:
        """Show a sentence in the detail line until the next key."""
        self._said = (Span(f"{mark} " if mark else "", ink), Span(inert(text), ink))
        self.write_detail()

    def hush(self) -> None:
        """Take the sentence away."""
        if self._said:
            self._said = ()
            self.write_detail()

    def write(self) -> None:
        """Write every line, the filter line and the statement in the table's place."""
        screen, browsing = self._screen, self._screen.browsing
        width = screen.size.width
        if not width:
            return
        screen.set_class(self.too_small, "-tiny")
        self.write_header()
        main = screen.list_pane.size.width or width - screen.side_room
        self._write_title(main)
        keys = screen.session.keys
        notice = notice_spans(
            browsing.failing(), main, shown(keys["session.refresh"][:1]), shown(keys["session.why"][:1])
        )
        self.notice.display = bool(notice) and bool(browsing.view.total) and not self.too_small
        self.notice.write(notice)
        self._write_filter()
        self._write_statement(main)
        self.write_detail()
        self._write_keys()
        screen.app.set_terminal_title(self._terminal_title())

    def write_header(self) -> None:
        """Write where we are and how old the data is."""
        screen = self._screen
        self.header.write(*header_spans(frame.whereabouts(screen.browsing), screen.size.width, screen.side_room))

    def write_detail(self) -> None:
        """Write why, for the row under the cursor; a sentence that was said stands there until the next key."""
        if self._said:
            self.detail.write(self._said)
            return
        screen, browsing, layout = self._screen, self._screen.browsing, self._screen.table.layout_shown
        entry = screen.table.current
        if screen.size.width < NARROW and layout.hidden and not self.too_small:
            self.detail.write(hidden_spans(layout.hidden))
        elif entry is None:
            hidden = browsing.view.total if not browsing.filter.empty else 0
            text = f"{count(hidden)} {browsing.kind.many} are hidden by the filter." if hidden else ""
            self.detail.write([Span(text, "dim")])
        else:
            status, _, _ = browsing.standing(entry)
            marked = len(screen.table.marks)
            told = marked and not screen.filter_line.display
            right = [Span(f"◆ {count(marked)}", "mark"), Span(" marked", "dim")] if told else []
            self.detail.write(detail_spans(browsing.kind, entry, status), right)

    def _write_title(self, width: int) -> None:
        browsing = self._screen.browsing
        total, counts, said = frame.title_parts(browsing)
        name = browsing.kind.title
        if browsing.look.restriction is not None:
            name = browsing.look.restriction.words
        elif browsing.look.unhealthy:
            name = f"{name}, only unhealthy"
        column, reverse = browsing.view.sort
        progress = frame.progress(browsing)
        left, flush = title_spans(
            name,
            total,
            counts,
            width,
            fine=browsing.fine_word(),
            unknown="" if browsing.fleet.any_stale(browsing.kind, browsing.scopes) else "unknown",
            said=said,
            right=progress or f"sort {column}{' down' if reverse else ''}",
            needed=bool(progress),
        )
        waiting = frame.title_said(browsing)
        if waiting:
            left, flush = [*left[:2], Span("   "), *waiting], []
        self.title.write(left, flush)
        self.title.display = not self._screen.typing and not self.too_small

    def _write_filter(self) -> None:
        screen, browsing = self._screen, self._screen.browsing
        line = screen.filter_line
        line.display = screen.typing or not browsing.filter.empty
        if line.display:
            found = browsing.filter
            problem = found.problems[0] if found.problems else ""
            line.tell(len(browsing.view.rows), browsing.view.total, len(screen.table.marks), found.words, problem)

    def _write_statement(self, width: int) -> None:
        screen, browsing = self._screen, self._screen.browsing
        room = max(screen.table.size.width, width) - 6
        if self.too_small:
            screen.table.state(statement.too_small(*screen.size), instead=True)
            return
        lines = [] if browsing.view.rows else [(), (), *frame.statement_lines(browsing, room, screen.loaded)]
        screen.table.state(lines, frame.rows_hidden(browsing, room, screen.typing))

    def _write_keys(self) -> None:
        screen, keys = self._screen, self._screen.session.keys
        left, right = key_spans(screen.view_name, keys, screen.size.width, screen.commands.off())
        hints = {SIDE: SIDE_HINTS, PANE: PANE_HINTS}.get(screen.view_name, ())
        if screen.typing:
            left, right = hint_spans(FILTER_HINTS), right[-2:]
        elif hints:
            left = hint_spans([(shown(keys[id_][:1]), word) for id_, word in hints if keys[id_]])
        self.keys.write(left, right)

    def _terminal_title(self) -> str:
        look = self._screen.browsing.look
        clouds = sorted({cloud for cloud, _ in look.places})
        regions = sorted({region for _, region in look.places if region})
        return f"stackdeck: {' '.join(scope_words(clouds, regions))} {self._screen.browsing.kind.many}"
