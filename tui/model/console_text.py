"""A console's raw text as lines on a screen: control sequences obeyed within a line or made visible, colours as inks.

A serial console is a terminal: its log holds carriage returns of progress bars, cursor movements of firmware and boot
loaders, colours of systemd. Genuine Nova cuts every control character but newline and tab out of the log
(`nova/api/openstack/compute/console_output.py`), so that `ESC [ 0;32m` comes as `[0;32m`: such orphans are read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from tui.model.text import inert

Inks = tuple[tuple[int, int, str], ...]
"""(start, end, ink) of the parts of a line that have a colour of their own; inks as in LOOK.md, Tokens."""

Drawn = tuple[str, Inks]
"""An inert line with its colours."""

LONGEST = 8192
"""Characters of a raw line that are drawn; how many more there were is said."""
MOST_LINES = 256
"""Lines that the cursor movements of one raw line may make."""
_WIDEST = 1024
"""Columns that a cursor movement may reach."""

_ORPHAN = (
    # «[10m]» and «[mem 0x0…]» are no colours.
    r"\[(?P<sgr>(?:0|39|\d{1,3}(?:;\d{1,3}){1,6})(?=m)|\d{1,3}(?=m(?!\])))m"
    r"|\[m(?![a-z\]])"
    r"|\[(?P<go>\d{1,3};\d{1,3}H|2J|H(?=\[|$)|J(?=\[|$))"
    r"|\[(?:\?\d{1,4}[hl]|=\d{1,2}h|[012]?K(?=\[|$|\s))"
)
_TOKEN = re.compile(
    r"\x1b\[(?P<args>[0-?]{0,64})[ -/]?(?P<final>[@-~])"
    r"|\x1b[()*+][0-9A-Za-z]|\x1b[=>78DEHM]"
    rf"|{_ORPHAN}"
    r"|(?P<control>[\r\b\t])"
    r"|(?P<text>[^\x1b\[\r\b\t]+|.)",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^\x00-\x1f\x7f-\x9f\[]*(?:\[(?![\d;m?=HJK])[^\x00-\x1f\x7f-\x9f\[]*)*")
"""Text without controls and without what may be an orphan."""
_DROPPED = frozenset("ABEFILMPSTXZ@`abdeghlrsu")
"""Final letters of sequences that move, scroll or switch modes: they leave nothing on the line."""

_COLOURS = ("dim", "bad", "ok", "warn", "accent", "mark", "move", "")
"""Inks of the eight colours, as SGR 30-37 number them; white is the usual ink."""


def drawn(raw: str, ink: str = "") -> tuple[list[Drawn], str]:
    """Return the lines that a raw line draws (mostly one), and the ink that holds for the next; never raises."""
    if len(raw) <= LONGEST and _PLAIN.fullmatch(raw):
        text = inert(raw)
        return [(text, ((0, len(text), ink),) if ink and text else ())], ink
    more = len(raw) - LONGEST
    page = _Page(ink)
    for token in _TOKEN.finditer(raw[:LONGEST]):
        page.take(token)
    page.end()
    if more > 0:
        text, inks = page.lines[-1]
        rest = f"… {more:,} more characters"
        page.lines[-1] = text + rest, (*inks, (len(text), len(text) + len(rest), "dim"))
    return page.lines, page.ink


class _Page:
    """The line that is being drawn, and those above it."""

    def __init__(self, ink: str) -> None:
        self.ink = ink
        self.lines: list[Drawn] = []
        self._cells: list[tuple[str, str]] = []
        self._column = 0

    def take(self, token: re.Match[str]) -> None:
        """Obey one token."""
        if (text := token["text"]) is not None:
            self._put(text)
        elif (control := token["control"]) is not None:
            self._control(control)
        elif (final := token["final"]) is not None:
            self._sequence(token[0], token["args"], final)
        elif (colours := token["sgr"]) is not None:
            self.ink = after_sgr(colours, self.ink)
        elif token[0] == "[m":
            self.ink = ""
        elif token["go"] is not None:
            self.end(only_if_any=True)

    def end(self, *, only_if_any: bool = False) -> None:
        """End the line; `only_if_any`: where something stands on it and there are not too many lines yet."""
        if only_if_any and (len(self.lines) >= MOST_LINES or not any(char != " " for char, _ in self._cells)):
            return
        self.lines.append(_joined(self._cells))
        self._cells, self._column = [], 0

    def _put(self, text: str) -> None:
        end = self._column + len(text)
        self._reach(self._column)
        self._cells[self._column : end] = [(char, self.ink) for char in text]
        self._column = end

    def _reach(self, column: int) -> None:
        missing = column - len(self._cells)
        if missing > 0:
            self._cells += [(" ", "")] * missing

    def _control(self, control: str) -> None:
        if control == "\r":
            self._column = 0
        elif control == "\b":
            self._column = max(self._column - 1, 0)
        else:
            self._column = min((self._column // 8 + 1) * 8, LONGEST)
            self._reach(self._column)

    def _sequence(self, whole: str, args: str, final: str) -> None:
        number = int(args) if args.isdecimal() and len(args) < 5 else 0
        if final == "m":
            self.ink = after_sgr(args, self.ink)
        elif final in "Hf" or (final == "J" and number != 1):
            self.end(only_if_any=True)
        elif final == "K":
            self._erase(number)
        elif final == "C":
            self._column = min(self._column + (number or 1), _WIDEST)
        elif final == "D":
            self._column = max(self._column - (number or 1), 0)
        elif final == "G":
            self._column = min(max(number - 1, 0), _WIDEST)
        elif final not in _DROPPED:
            self._put(whole)

    def _erase(self, what: int) -> None:
        if what in {0, 2}:
            del self._cells[self._column if what == 0 else 0 :]
        if what in {1, 2}:
            blank = min(self._column, len(self._cells)) if what == 1 else 0
            self._cells[:blank] = [(" ", "")] * blank


def _joined(cells: Sequence[tuple[str, str]]) -> Drawn:
    texts: list[str] = []
    inks: list[tuple[int, int, str]] = []
    at = 0
    for ink, group in groupby(cells, lambda cell: cell[1]):
        text = inert("".join(char for char, _ in group))
        if ink and text:
            inks.append((at, at + len(text), ink))
        texts.append(text)
        at += len(text)
    return "".join(texts), tuple(inks)


@lru_cache(maxsize=512)
def after_sgr(args: str, ink: str = "") -> str:
    """Return the ink after «select graphic rendition» (ECMA-48, 8.3.117): one of LOOK.md's, «» for the usual one.

    Grounds, blinking and concealment change nothing: what is written must be readable.
    """
    numbers = _numbers(args)
    for number in numbers:
        if number == 0:
            ink = ""
        elif number == 39:
            ink = ink if ink in {"strong", "dim"} else ""
        elif number == 1:
            ink = ink or "strong"
        elif number == 2:
            ink = ink or "dim"
        elif number == 22:
            ink = "" if ink in {"strong", "dim"} else ink
        elif 30 <= number <= 37 or 90 <= number <= 97:
            ink = _COLOURS[number % 10]
        elif number in {38, 48}:
            found = _extended(numbers)
            ink = found if number == 38 else ink
    return ink


def _numbers(args: str) -> Iterator[int]:
    for part in re.split("[;:]", args):
        yield int(part) if part.isdecimal() and len(part) < 5 else 0


def _extended(numbers: Iterator[int]) -> str:
    """Return the ink nearest to an indexed colour (38;5;n) or a direct one (38;2;r;g;b)."""
    mode = next(numbers, 0)
    if mode == 5:
        index = next(numbers, 0)
        if index < 16:
            return _COLOURS[index % 8]
        if index > 231:
            return "dim" if index < 250 else ""
        index -= 16
        return _nearest(index // 36, index // 6 % 6, index % 6)
    if mode == 2:
        return _nearest(next(numbers, 0), next(numbers, 0), next(numbers, 0))
    return ""


def _nearest(red: int, green: int, blue: int) -> str:
    """Return the ink of the eight colours that is nearest: each part is on where it is over half of the largest."""
    most = max(red, green, blue)
    if not most:
        return "dim"
    return _COLOURS[sum(bit for bit, part in ((1, red), (2, green), (4, blue)) if part * 2 > most)]
