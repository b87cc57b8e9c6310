"""The dialog before a deed: every target, what happens, other ways, and an answer that starts on no."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tui.live.confirming import Ask, Group
from tui.live.targets import name_of
from tui.model.amount import clock, count
from tui.model.entry import Entry
from tui.model.status import INKS, MARKS
from tui.model.text import cells, cut_end, fit, inert
from tui.resources.action import Choice, Consequence, Tier
from tui.ui.bursts import burst_moves, burst_text
from tui.ui.dialog import Dialog, Frame, Hints, prose
from tui.ui.editing import Edit
from tui.ui.guard import Stroke
from tui.ui.line import Span, Spans, width_of
from tui.ui.spans import apart, on, wrap

IDENT = 36
"""Cells of a whole id."""
SHORT = 8
FEW = 12
"""Targets up to this are listed one a line at first."""
TIGHT = 30
"""Terminals lower than this keep their lines for targets and consequences."""
LEAST_BODY = 4
"""Lines of targets that stay in sight above a foot that never scrolls."""

Asker = Callable[[Sequence[Consequence] | None, Mapping[str, bool]], Ask]
"""From the consequences (None: not looked up yet) and the further deeds that are on to what is asked."""


class _Frame(Frame):
    """A frame whose title is a bar over the whole width where a protected cloud is meant."""

    def line(self, y: int, width: int) -> tuple[Spans, str]:
        """Return an edge, or a line of the dialog between two edges."""
        dialog = self.dialog
        if y == 0 and isinstance(dialog, ActionConfirm) and dialog.ask.protected:
            return (Span(f"  {fit(cut_end(dialog.heading, width - 4), width - 2)}", "text", "alarm"),), "alarm"
        return super().line(y, width)


class ActionConfirm(Dialog[frozenset[str] | None]):
    """Result: the keys of the further deeds that were chosen, once it was agreed to; None where it was not.

    Hand over what was looked up with `looked_up`. Nothing agrees before that.
    """

    hint = ""
    wanted = 78

    def __init__(self, asker: Asker, choices: Sequence[Choice] = (), note: str = "") -> None:
        """`note` is a line of its own above *What happens*: the values of a form."""
        super().__init__()
        self.frame = _Frame(self)
        self.asker = asker
        self.note = note
        self.choices = _letters(choices)
        self.chosen: dict[str, bool] = {choice.key: False for choice in choices}
        self.consequences: Sequence[Consequence] | None = None
        self.at_time = 0.0
        self.edit = Edit()
        self.whole: bool | None = None
        """Whether the list of targets shows whole ids; None: where there is room."""
        self.stop = "no"
        """no, yes, field, or the key of a choice."""
        self.ask = asker(None, self.chosen)
        self._asked_anew()
        self.stop = "field" if self.ask.typed else "no"

    # -- what it is about --------------------------------------------------------------------------------------------

    def looked_up(self, consequences: Sequence[Consequence], at: float) -> None:
        """Take what the lookups found at `at` (epoch seconds), or that they failed."""
        self.consequences, self.at_time = consequences, at
        self._asked_anew()
        self.redraw()

    def _asked_anew(self) -> None:
        typed = bool(self.ask.typed)
        self.ask = self.asker(self.consequences, self.chosen)
        self.heading = inert(self.ask.title)
        self.destroys = self.ask.tier is Tier.DESTRUCTIVE or self.ask.protected
        if bool(self.ask.typed) != typed:
            self.stop = "field" if self.ask.typed else "no"

    @property
    def _letters_are_text(self) -> bool:
        """Whether a name is typed: then letters are no keys while the field has the focus."""
        return self.stop == "field" and any(not wanted.isdecimal() for wanted in self.ask.typed)

    # -- painting ----------------------------------------------------------------------------------------------------

    def body(self, width: int) -> list[Spans]:
        """The targets, group by group; before them what happens, where that has no room in the foot."""
        above = [] if self._pins(width) else self._happens(width)
        lines: list[Spans] = [*above, ()] if above else []
        reasons = {entry.key: why for entry, why in self.ask.unable}
        shown = [group for group in self.ask.groups if group.entries]
        for number, group in enumerate(shown):
            right = (Span(self._looked(), "dim"),) if not number else ()
            lines.append(apart((Span(inert(group.title), "warn" if group.hidden else "strong"),), right, width))
            lines += self._targets(group, reasons, width)
            lines.append(())
        if self.note:
            lines += [*prose([(Span(inert(self.note), "text"),)], width), ()]
        return lines[:-1]

    def _looked(self) -> str:
        return f"looked up {clock(self.at_time)}" if self.at_time else ""

    def _targets(self, group: Group, reasons: Mapping[str, str], width: int) -> list[Spans]:
        """Return one line for each target, or columns of names and short ids where there are many."""
        entries = group.entries
        if self._is_whole:
            return [line for entry in entries for line in self._target(entry, reasons.get(entry.key, ""), width)]
        longest = max(cells(inert(name_of(entry))) for entry in entries)
        cell = min(max(longest, 8), width - SHORT - 2) + SHORT + 1
        across = max((width + 3) // (cell + 3), 1)
        rows = [entries[start : start + across] for start in range(0, len(entries), across)]
        return [tuple(span for entry in row for span in self._cell(entry, reasons, cell)) for row in rows]

    @property
    def _is_whole(self) -> bool:
        if self.whole is not None:
            return self.whole
        return sum(len(group.entries) for group in self.ask.groups) <= FEW

    def _cell(self, entry: Entry, reasons: Mapping[str, str], cell: int) -> Spans:
        out = entry.key in reasons
        name = fit(inert(name_of(entry)), cell - SHORT - 1, middle=True)
        ident = entry.id[:SHORT] if not out else "left out"
        return (Span(f"{name} ", "warn" if out else "text"), Span(f"{fit(ident, SHORT)}   ", "warn" if out else "dim"))

    def _target(self, entry: Entry, reason: str, width: int) -> list[Spans]:
        room = width - IDENT - 2
        name = inert(name_of(entry))
        line: Spans = (
            Span(f"{fit(name, room, middle=True)}  ", "warn" if reason else "text"),
            Span(fit(inert(entry.id), IDENT), "dim"),
        )
        why = wrap((Span("  left out: ", "warn"), Span(inert(reason), "dim")), width, 4) if reason else []
        return [line, *why]

    def _pins(self, width: int) -> bool:
        """Whether *What happens* fits into the foot, so that it never scrolls away."""
        used = len(self._happens(width)) + 1 + len(self._foot_rest(width))
        return used + LEAST_BODY + 5 <= self.app.size.height

    def _happens(self, width: int) -> list[Spans]:
        if self.consequences is None and not self.ask.ready:
            return [(Span("What happens", "strong"),), (Span("◐ ", "move"), Span("looking it up", "dim"))]
        if not self.ask.consequences:
            return []
        lines: list[Spans] = [(Span("What happens", "strong"),)]
        for each in self.ask.consequences:
            lines += _consequence(each, width)
        return lines

    def foot(self, width: int) -> list[Spans]:
        """What happens, the field, other ways and the answers."""
        what = self._happens(width) if self._pins(width) else []
        return [*([(), *what] if what else []), *self._foot_rest(width)]

    def _foot_rest(self, width: int) -> list[Spans]:
        if self._is_tight:
            return [(), *self._field(width)[1:], *self._ways(width)[1:], self._answers(width)]
        return [*self._field(width), *self._ways(width), (), self._answers(width)]

    @property
    def _is_tight(self) -> bool:
        """Whether the terminal is too low for blank lines between field, other ways and answers."""
        return self.app.size.height < TIGHT

    def _field(self, width: int) -> list[Spans]:
        ask = self.ask
        if not ask.typed or not ask.yes:
            return []
        here = self.stop == "field"
        size = min(max(cells(ask.typed[0]) + 4, 9), max(width // 2, 9))
        prompt = (Span(inert(ask.prompt)), Span("  "))
        typed = on((Span("▌ " if here else "  ", "accent"), *self.edit.paint(size - 3, focused=here)), size, "cursor")
        hint = f"  {ask.hint}"
        if width_of(prompt) + size + cells(hint) <= width:
            return [(), (*prompt, *typed, Span(hint, "dim"))]
        lines = wrap((Span(inert(ask.prompt)),), width)
        return [(), *lines, (*typed, Span(cut_end(hint, max(width - size, 1)), "dim"))]

    def _ways(self, width: int) -> list[Spans]:
        ways: list[Spans] = []
        several = sum(len(group.entries) for group in self.ask.groups) > 1
        if several:
            ways.append((Span("o", "accent"), Span(" names only" if self._is_whole else " open the list", "dim")))
        for letter, choice in self.choices:
            isit = self.chosen[choice.key]
            mark = "✓" if isit else "–"
            ground = "cursor" if self.stop == choice.key else ""
            ink = "bad" if isit else "dim"
            text = Span(f" {mark} {inert(choice.text)}", ink, ground)
            ways.append((Span(letter, "accent", ground), text))
        if not ways:
            return []
        lines: list[list[Span]] = [[Span("Or ", "dim")]]
        for way in ways:
            if width_of(lines[-1]) + width_of(way) > width and len(lines[-1]) > 1:
                lines.append([Span("   ")])
            lines[-1] += [*way, Span("   ")]
        return [(), *(tuple(line) for line in lines)]

    def _answers(self, width: int) -> Spans:
        ask = self.ask
        no = _answer("n" if not self._letters_are_text else "esc", inert(ask.no), "strong", self.stop == "no")
        if not ask.yes:
            return (*no, Span("  there is none that it could be done to", "dim"))
        agreed = ask.agrees(self.edit.text)
        key = "enter" if ask.typed else "y"
        deed = "bad" if self.destroys else "strong"
        words = inert(ask.yes)
        if not ask.ready:
            words += ": looking up first"
        elif ask.typed and not agreed:
            words += f": type {inert(ask.typed[0])} first"
        room = max(width - width_of(no) - cells(key) - 9, 8)
        yes = _answer(key, cut_end(words, room), deed if agreed else "dim", self.stop == "yes", dim=not agreed)
        return (*no, Span("   "), *yes)

    def hints(self) -> Hints:
        """The answers."""
        keep = self.ask.no.split(" ", 1)[0].lower()
        no = "esc" if self._letters_are_text else "n"
        verb = (self.ask.action.verb or self.ask.action.title).removesuffix(" on")
        deed = (("enter" if self.ask.typed else "y", verb[:1].lower() + verb[1:]),)
        return ((no, keep), *(deed if self.ask.yes else ()), ("tab", "next"), ("↑↓", "scroll"))

    # -- answering ---------------------------------------------------------------------------------------------------

    def burst(self, strokes: Sequence[Stroke]) -> bool:
        """Take text that came at once into the field, without its Enter; drop what could answer."""
        if burst_moves(strokes):
            return False
        text = burst_text(strokes)
        if self.stop == "field" and text and self.listening and (self._letters_are_text or text.isdecimal()):
            self.edit.insert(text)
            self.redraw()
        return True

    def pasted(self, text: str) -> None:
        """A paste agrees to nothing."""

    def pressed(self, key: str, character: str | None) -> bool:
        """Answer, type, toggle, scroll."""
        if key in {"escape", "ctrl+c"}:
            self.dismiss(None)
        elif key in {"tab", "shift+tab"}:
            self._next(1 if key == "tab" else -1)
        elif key == "enter":
            self._enter()
        elif self._takes(key, character):
            self.edit.key(key, character)
            self.redraw()
        else:
            return self._letter(key)
        return True

    def _takes(self, key: str, character: str | None) -> bool:
        """Tell whether the field takes a key: everything for a name, digits for a count."""
        if not self.ask.typed or (self.stop != "field" and not (character or "").isdecimal()):
            return False
        if self._letters_are_text:
            return bool(character and character.isprintable()) or key in _EDITS
        return (character or "").isdecimal() or key in _EDITS

    def _letter(self, key: str) -> bool:
        toggled = next((choice for letter, choice in self.choices if key == letter), None)
        if key in {"n", "N", "q"}:
            self.dismiss(None)
        elif key in {"y", "Y"}:
            if not self.ask.typed and self.ask.agrees(""):
                self._agree()
        elif key == "o":
            self.whole = not self._is_whole
            self.redraw()
        elif toggled is not None:
            self._toggle(toggled.key)
        elif key == "space" and self.stop in self.chosen:
            self._toggle(self.stop)
        elif key in {"left", "right", "h", "l"} and self.stop in {"yes", "no"}:
            self._next(1 if key in {"right", "l"} else -1)
        else:
            return self.move(key)
        return True

    def _enter(self) -> None:
        if self.stop in self.chosen:
            self._toggle(self.stop)
        elif self.stop == "field" or self.stop == "yes":
            if self.ask.agrees(self.edit.text) and (self.ask.typed or self.stop == "yes"):
                self._agree()
        else:
            self.dismiss(None)

    def _agree(self) -> None:
        self.dismiss(frozenset(key for key, isit in self.chosen.items() if isit))

    def _toggle(self, key: str) -> None:
        self.chosen[key] = not self.chosen[key]
        self._asked_anew()
        self.redraw()

    def _next(self, step: int) -> None:
        stops = [*(["field"] if self.ask.typed else []), *self.chosen, "no", *(["yes"] if self.ask.yes else [])]
        at = stops.index(self.stop) if self.stop in stops else 0
        self.stop = stops[(at + step) % len(stops)]
        self.redraw()


_EDITS = frozenset({"backspace", "ctrl+h", "delete", "ctrl+u", "ctrl+w", "home", "end", "left", "right"})
"""Keys that change what was typed without being text."""


def _letters(choices: Sequence[Choice]) -> list[tuple[str, Choice]]:
    """Give each choice a letter of its own that answers nothing."""
    taken = set("nNyYoqhljkgG")
    found = []
    for choice in choices:
        letter = next(
            letter for letter in (*choice.key, *"abcdefimprstuvwxz") if letter.isalpha() and letter not in taken
        )
        taken.add(letter)
        found.append((letter, choice))
    return found


def _consequence(each: Consequence, width: int) -> list[Spans]:
    """«✗  3 volumes go with them   340 GB»: the evidence beside it, or under it where there is no room."""
    number = count(each.number) if each.number else ""
    head = (Span(f"{MARKS[each.health]} ", INKS[each.health]), Span(f"{fit(number, 3, 'right')} ", "strong"))
    text = Span(inert(each.text))
    column = min(34, width // 2)
    if not each.evidence:
        return wrap((*head, text), width, 6)
    gap = column - width_of((*head, text))
    if gap >= 2 and cells(inert(each.evidence)) <= width - column:
        return [(*head, text, Span(" " * gap), Span(inert(each.evidence), "dim"))]
    if width_of((*head, text)) + 3 + cells(inert(each.evidence)) <= width:
        return [(*head, text, Span("   "), Span(inert(each.evidence), "dim"))]
    under = wrap((Span("      "), Span(inert(each.evidence), "dim")), width, 6)
    return [*wrap((*head, text), width, 6), *under[:3]]


def _answer(key: str, text: str, ink: str, focused: bool, *, dim: bool = False) -> Spans:
    ground = "cursor" if focused else ""
    return (
        Span("▌ " if focused else "  ", "accent", ground),
        Span(key, "dim" if dim else "accent", ground),
        Span(f"  {text}  ", ink, ground),
    )
