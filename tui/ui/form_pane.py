"""Paints a form: fields at the left, what was found out at the right, or below where the terminal is narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.strip import Strip

from tui.model.text import cut_end, inert
from tui.resources.action import Input
from tui.ui.form_fields import LONG
from tui.ui.form_lines import blocking, field_lines, preflight_lines
from tui.ui.ink import Inked
from tui.ui.line import Span, Spans, clipped
from tui.ui.spans import apart, keys_line, strip

if TYPE_CHECKING:
    from tui.ui.form import FormScreen

BESIDE = 100
"""Cells from which on what was found out stands at the right."""
TALL = 30
PREVIEW = 7
"""Lines of a long text that are shown under the fields."""


class FormPane(Inked):
    """Lines of a form. The screen above it knows what it means."""

    def __init__(self, form: FormScreen, title: str) -> None:
        super().__init__(id="form-pane")
        self.form = form
        self.heading = inert(title)
        self.top = 0
        self.found_top = 0
        self._lines: list[tuple[Spans, str]] = []
        self._told = False

    def refresh_lines(self) -> None:
        """Lay out anew and repaint."""
        if self.size.width:
            self._lines = self._layout()
        self.refresh()

    def on_resize(self) -> None:
        """Lay out for the new size."""
        self.refresh_lines()

    def scroll_found(self, pages: int) -> None:
        """Scroll what was found out."""
        self.found_top = max(self.found_top + pages * 6, 0)

    def render_line(self, y: int) -> Strip:
        """Paint one line; the first paint starts the guard against keys typed before."""
        if not self._told:
            self._told = True
            self.form.painted(Message().time)
        spans, ground = self._lines[y] if y < len(self._lines) else ((), "")
        return strip(spans, self.ink, self.size.width, ground)

    def _layout(self) -> list[tuple[Spans, str]]:
        width, height = self.size
        room = height - 3
        if self.form.form.preflight is None:
            body = self._fields(width, room)
        elif width >= BESIDE:
            left = width * 57 // 100
            fields, found = self._fields(left, room), self._found(width - left - 3, room, tight=height < TALL)
            body = [(*apart(a, (), left), Span("│", "line"), Span(" "), *b) for a, b in zip(fields, found, strict=True)]
        else:
            body = self._stacked(width, room)
        status, keys = self._status(width), keys_line(self._hints(), width)
        lines = [(self._header(width), "bar"), *((line, "") for line in body[:room])]
        lines += [((), "")] * (height - 2 - len(lines))
        return [*lines, (status, "bar"), (keys, "bar")]

    def _stacked(self, width: int, room: int) -> list[Spans]:
        """Fields above, what was found out below: each has what it needs, the fields at least half."""
        slots = len(self.form.filling.shown()) + 2
        found = self._all_found(width - 2, tight=True)
        below = min(len(found), max(room - slots - 1, room * 2 // 5))
        above = room - below - 1
        self.found_top = max(0, min(self.found_top, len(found) - below))
        rule: Spans = (Span("─" * width, "line"),)
        shown = found[self.found_top : self.found_top + below]
        return [*self._fields(width, above), rule, *((Span(" "), *line) for line in shown)]

    def _fields(self, width: int, room: int) -> list[Spans]:
        """Return exactly `room` lines: title, the fields around the one that is filled, the line that sends, more."""
        form = self.form
        slots = form.filling.shown()
        here = form.slot
        roomy = room >= len(slots) + 8
        head: list[Spans] = [(), self._title(width), ()] if roomy else [self._title(width)]
        tail: list[Spans] = [(), self._sender(width)] if roomy else [self._sender(width)]
        space = room - len(head) - len(tail)
        inner = width - 2
        problems = form.filling.problems()
        lines, at = field_lines(slots, problems, form.asking.found or (), here, inner, space)
        if here is None:
            at = max(len(lines) - 1, 0)
        self.top = max(0, min(max(min(self.top, at), at - space + 1), len(lines) - space))
        shown = [*head, *lines[self.top : self.top + space], *tail]
        shown += self._more(inner, room - len(shown))
        return [*shown, *([()] * (room - len(shown)))][:room]

    def _title(self, width: int) -> Spans:
        form = self.form
        like = ""
        if form.action.creates and form.desk.entries:
            like = f"like {inert(getattr(form.desk.entries[0].row, 'name', '') or form.desk.entries[0].id)}"
        elif len(form.desk.entries) > 1:
            like = f"{len(form.desk.entries)} rows"
        return apart((Span(f" {self.heading}", "strong"),), (Span(f"{like} ", "dim"),), width)

    def _sender(self, width: int) -> Spans:
        here = self.form.at == "send"
        ground = "cursor" if here else ""
        ready = not self.form.filling.problems() and blocking(self.form.asking.found or ()) is None
        word = f"{self.form.action.title}"
        return (
            Span("  "),
            Span("▌ " if here else "  ", "accent", ground),
            Span("ctrl+s", "accent" if ready else "dim", ground),
            Span(f"  {inert(word)} ", "strong" if ready else "dim", ground),
        )

    def _more(self, width: int, room: int) -> list[Spans]:
        """Return a long text's first lines and the command, where there is room."""
        lines: list[Spans] = []
        slot = self.form.slot
        if slot is not None and slot.field.input in LONG and slot.long and room > PREVIEW + 2:
            texts = slot.long.split("\n")
            lines += [
                (),
                apart((Span(f"  {inert(slot.field.label)}", "strong"),), (_key("ctrl+e"), _dim(" edit")), width),
            ]
            for number, text in enumerate(texts[: PREVIEW - 1], 1):
                lines.append((Span(f"  {number:<3}", "dim"), Span(inert(text))))
            if len(texts) >= PREVIEW:
                lines.append((Span(f"  … {len(texts) - PREVIEW + 1} more lines", "dim"),))
        command = self._command() if room - len(lines) > 3 else ""
        if command:
            gap: list[Spans] = [()] * max(room - len(lines) - 3, 1)
            lines += [*gap, (_dim("  The same as a command   "), _key("ctrl+y"), _dim(" show"))]
            lines.append((Span(f"  {cut_end(inert(command), width - 2)}", "text"),))
        return lines[:room]

    def _command(self) -> str:
        form = self.form
        entry = form.desk.entries[0] if form.desk.entries and not form.action.creates else None
        try:
            return form.action.command(entry, form.filling.values()).split("\n")[-1]
        except (KeyError, ValueError, TypeError, IndexError, AttributeError):
            return ""

    def _all_found(self, width: int, *, tight: bool) -> list[Spans]:
        form = self.form
        verb = form.verb
        found = preflight_lines(f"Before you {verb}", form.asking.found, form.asking.trouble, width, tight=tight)
        if form.asking.found and form.asking.is_looking and found:
            found[0] = apart(found[0][:1], (Span("◐ looking", "move"),), width)
        return found

    def _found(self, width: int, room: int, *, tight: bool) -> list[Spans]:
        lines = self._all_found(width, tight=tight)
        self.found_top = max(0, min(self.found_top, len(lines) - room + 1))
        shown: list[Spans] = [(), *lines[self.found_top :]] if not tight else lines[self.found_top :]
        return [tuple(clipped(line, width)) for line in [*shown, *([()] * room)][:room]]

    def _header(self, width: int) -> Spans:
        form, scope = self.form, self.form.desk.scope
        path: list[Span] = [Span(" stackdeck", "accent"), Span("  "), Span(inert(scope.cloud), "strong")]
        for part in (scope.region, self.heading):
            if part:
                path += [Span(" › ", "dim"), Span(inert(part), "strong")]
        who = form.desk.identity
        project, user = who.project or scope.project, who.user
        if project:
            path += [Span("   project ", "dim"), Span(inert(project))]
        if user:
            path += [Span("   user ", "dim"), Span(inert(user))]
        clouds = form.session.clouds
        guarded = clouds is not None and clouds.is_protected(scope)
        right = (Span(" protected ", "text", "notice"),) if guarded else ()
        return apart(path, right, width)

    def _status(self, width: int) -> Spans:
        form, slot = self.form, self.form.slot
        text, ink = form.said
        if text:
            mark = {"bad": "✗", "warn": "▲", "move": "◐"}.get(ink, "")
            return (Span(f" {mark} ", ink), Span(cut_end(text, width - 4), "text" if ink == "bad" else ink))
        bad = blocking(form.asking.found or ())
        if bad is not None:
            said = (Span(" ✗ ", "bad"), Span(f"Cannot {form.verb} yet: "), Span(inert(bad.text), "bad"))
            return (*said, Span(f" {inert(bad.more)}", "dim"))
        if slot is not None and slot.why_free:
            return (Span(" ▲ ", "warn"), Span(f"{inert(slot.field.label)}: {slot.why_free}", "text"))
        if slot is not None and slot.field.help:
            return (Span(f" {inert(slot.field.help)}", "dim"),)
        return ()

    def _hints(self) -> list[tuple[str, str]]:
        form, slot = self.form, self.form.slot
        if form.is_sending:
            return [("esc", "leave")]
        hints = [("tab", "next")]
        if slot is None:
            hints.append(("enter", form.verb))
        elif slot.picks:
            hints.append(("enter", "choose"))
        elif slot.field.input is Input.BOOL:
            hints.append(("space", "yes, no"))
        elif slot.field.input in LONG:
            hints.append(("ctrl+e", "edit"))
        elif len(form.filling.shown()) == 1:
            hints.append(("enter", form.verb))
        return [*hints, ("ctrl+s", form.verb), ("ctrl+y", "as a command"), ("esc", "leave")]


def _dim(text: str) -> Span:
    return Span(text, "dim")


def _key(text: str) -> Span:
    return Span(text, "accent")
