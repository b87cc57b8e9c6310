"""A terminal of our own, exact where it matters to the painter, strict where a real one is lenient.

pyte is no judge here: it has no SU, SD, REP and OSC 8, leaves the half of an overwritten wide character in place, wraps
nothing but forgets zero-width characters that are not combining, and ignores what it does not know. This model knows
the sequences that Textual and the painter send, and raises on any other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from rich.cells import cell_len, get_character_cell_size


@dataclass(frozen=True, slots=True)
class Pen:
    """What characters are written with. Colours are SGR codes, empty: the default."""

    attributes: frozenset[int] = frozenset()
    fg: str = ""
    bg: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text ("" for one that a wide character before it covers) and its pen."""

    text: str = " "
    pen: Pen = Pen()

    def seen(self) -> Cell:
        """Return the cell without what nobody can see.

        A blank shows its background only, unless it is underlined, struck, reversed, framed, or a link.
        """
        if self.text != " " or self.pen.link or self.pen.attributes & {4, 7, 9, 21, 51, 52, 53}:
            return self
        return Cell(" ", Pen(bg=self.pen.bg))


GARBAGE = Cell("#", Pen(frozenset({7})))
"""What a terminal shows after somebody else had it."""


def textual_width(cluster: str) -> int:
    """Measure as Textual lays out."""
    return cell_len(cluster)


def cjk_width(cluster: str) -> int:
    """Measure as a terminal of an East Asian locale: ambiguous characters take two cells."""
    wide = any(unicodedata.east_asian_width(char) in "AWF" and not unicodedata.combining(char) for char in cluster)
    return 2 if wide or (len(cluster) > 1 and _is_flag(cluster[1])) else max(1, cell_len(cluster[0]))


def old_width(cluster: str) -> int:
    """Measure as a terminal that knows neither marks nor joiners nor emoji: each code point has cells of its own."""
    return sum(1 if char >= "\U0001f000" else max(1, get_character_cell_size(char)) for char in cluster)


def narrow_width(cluster: str) -> int:
    """Measure as a terminal that draws emoji in one cell each."""
    return 1 if cluster[0] >= "\U0001f000" or "\ufe0f" in cluster else cell_len(cluster[0])


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


_TOKEN = re.compile(
    r"\x1b\[([?<>=]?)([0-9;:]*)([ $!\"']?)([@-~])"  # CSI
    r"|\x1b\]([^\x07\x1b]*)(?:\x07|\x1b\\)"  # OSC
    r"|\x1bP[^\x1b]*\x1b\\"  # DCS
    r"|\x1b([78M=>c])"
    r"|([\x00-\x1f\x7f-\x9f])"
    r"|([^\x00-\x1f\x7f-\x9f]+)"
)
_PARTIAL = re.compile(r"\x1b(?:\[[?<>=]?[0-9;:]*[ $!\"']?|\][^\x07\x1b]*\x1b?|P[^\x1b]*\x1b?)?")
_ENDS = {22: {1, 2}, 23: {3}, 24: {4, 21}, 25: {5, 6}, 27: {7}, 28: {8}, 29: {9}, 54: {51, 52}, 55: {53}}


class TerminalModel:
    """Rows of cells, fed with what a program writes. Wrapping is off, as Textual sets it."""

    def __init__(
        self,
        width: int,
        height: int,
        *,
        measure: Callable[[str], int] = textual_width,
        regions: bool = True,
        erase: bool = True,
        repeat: bool = True,
    ) -> None:
        self.width, self.height = width, height
        self.measure = measure
        self._regions, self._bce, self._repeat = regions, erase, repeat
        self.rows = [self._blank_row() for _ in range(height)]
        self.x = self.y = 0
        self.pen = Pen()
        self.top, self.bottom = 0, height - 1
        self.frames = 0
        """Synchronized frames that were closed."""
        self.in_frame = False
        self._last: tuple[int, int] | None = None
        """Where the cluster began that a mark would join; None after any move, but not after a change of looks."""
        self._pending = ""

    def feed(self, data: str) -> None:
        """Take what was written; a sequence cut at the end waits for its rest.

        Raises AssertionError on what it does not know.
        """
        data, self._pending = self._pending + data, ""
        at = 0
        while at < len(data):
            if data[at] == "\x1b" and _PARTIAL.fullmatch(data, at):
                self._pending = data[at:]
                return
            found = _TOKEN.match(data, at)
            assert found is not None, f"not a sequence: {data[at : at + 40]!r}"
            at = found.end()
            private, parameters, middle, final, osc, escape, control, text = found.groups()
            if text:
                self._print(text)
                continue
            if final != "m" and osc is None:
                self._last = None
            if final:
                self._csi(private + middle, parameters, final)
            elif osc is not None:
                self._osc(osc)
            elif escape:
                assert escape == "M", f"unknown: ESC {escape}"
                self._reverse_index()
            elif control:
                self._control(control)

    def shown(self) -> list[list[Cell]]:
        """Return what can be seen."""
        return [[cell.seen() for cell in row] for row in self.rows]

    def lines(self) -> list[str]:
        """Return the text of each row."""
        return ["".join(cell.text for cell in row) for row in self.rows]

    def resize(self, width: int, height: int) -> None:
        """Change size as the worst of terminals: what was there is garbage now."""
        self.width, self.height = width, height
        self.rows = [[GARBAGE] * width for _ in range(height)]
        self.top, self.bottom = 0, height - 1
        self.x, self.y = min(self.x, width - 1), min(self.y, height - 1)

    def spoil(self, data: str) -> None:
        """Let another program write to it: some text somewhere, and the cursor elsewhere."""
        self.feed(data)

    def _print(self, text: str) -> None:
        joins = flag = False
        for char in text:
            marks = get_character_cell_size(char) == 0
            if self._last is not None and (marks or joins or (flag and _is_flag(char))):
                self._extend(char)
                flag = False
            elif not marks:
                self._put(char)
                flag = _is_flag(char)
            joins = char == "\u200d" and self._last is not None

    def _put(self, char: str) -> None:
        # Without wrapping, what comes after the last column overwrites it, and what does not fit is clipped.
        self.x = min(self.x, self.width - 1)
        width = min(self.measure(char), self.width - self.x)
        self._write(self.y, self.x, char, width)
        self._last = (self.x, self.y)
        self.x = min(self.x + width, self.width)

    def _extend(self, char: str) -> None:
        assert self._last is not None
        x, y = self._last
        text = self.rows[y][x].text + char
        before, width = self.measure(self.rows[y][x].text), self.measure(text)
        if width != before and x + width <= self.width:
            self._write(y, x, text, width)
            self.x = min(x + width, self.width)
        else:
            self.rows[y][x] = replace(self.rows[y][x], text=text)

    def _write(self, y: int, x: int, text: str, width: int) -> None:
        row = self.rows[y]
        for at in range(x, min(x + width, self.width)):
            self._orphan(row, at)
        row[x] = Cell(text, self.pen)
        for at in range(x + 1, min(x + width, self.width)):
            row[at] = Cell("", self.pen)

    def _orphan(self, row: list[Cell], x: int) -> None:
        """Blank the wide character that has a part at x: its other parts keep their pen."""
        head = x
        while head > 0 and row[head].text == "":
            head -= 1
        end = head + 1
        while end < self.width and row[end].text == "":
            end += 1
        if end - head > 1:
            for at in range(head, end):
                row[at] = Cell(" ", row[at].pen)

    def _control(self, char: str) -> None:
        if char == "\r":
            self.x = 0
        elif char == "\n":
            if self.y == self.bottom:
                self._shift(self.top, self.bottom, 1)
            else:
                self.y = min(self.y + 1, self.height - 1)
        elif char == "\b":
            assert self.x < self.width, "BS after the last column: terminals differ"
            self.x = max(self.x - 1, 0)
        else:
            assert char == "\x07", f"unknown control {char!r}"

    def _osc(self, text: str) -> None:
        if text.startswith("8;"):
            _, _, link = text.split(";", 2)
            self.pen = replace(self.pen, link=link)

    def _csi(self, marks: str, parameters: str, final: str) -> None:
        numbers = [int(part) if part else 0 for part in parameters.replace(":", ";").split(";")]
        if marks:
            self._mode(marks, numbers, final)
            return
        count = max(numbers[0], 1)
        if final in "HfABCDGd":
            self._move(numbers, count, final)
            return
        match final:
            case "K":
                assert numbers == [0]
                self._erase(self.x, self.width)
            case "X":
                self._erase(self.x, min(self.x + count, self.width))
            case "b":
                assert self._repeat, "REP on a terminal without"
                self._put_again(count)
            case "L" | "M":
                assert self.top <= self.y <= self.bottom
                self._shift(self.y, self.bottom, count if final == "M" else -count)
                self.x = 0
            case "r":
                assert self._regions, "DECSTBM on a terminal without"
                self.top = count - 1
                self.bottom = min(numbers[1] if len(numbers) > 1 and numbers[1] else self.height, self.height) - 1
                assert self.top < self.bottom
                self.x = self.y = 0
            case "m":
                self._sgr(numbers)
            case "t":
                assert numbers[0] in (22, 23), "only titles are kept and given back"
            case _:
                raise AssertionError(f"unknown: CSI {parameters} {final}")

    def _move(self, numbers: list[int], count: int, final: str) -> None:
        if final in "CD":
            assert self.x < self.width, "relative move after the last column: terminals differ"
        match final:
            case "H" | "f":
                self.y = min(count, self.height) - 1
                self.x = min(max(numbers[1] if len(numbers) > 1 else 1, 1), self.width) - 1
            case "A":
                self.y = max(self.y - count, 0)
            case "B":
                self.y = min(self.y + count, self.height - 1)
            case "C":
                self.x = min(self.x + count, self.width - 1)
            case "D":
                self.x = max(self.x - count, 0)
            case "G":
                self.x = min(count, self.width) - 1
            case "d":
                self.y = min(count, self.height) - 1

    def _mode(self, marks: str, numbers: list[int], final: str) -> None:
        if marks == "?" and final in "hl" and numbers == [2026]:
            assert self.in_frame == (final == "l"), "frames do not nest"
            self.in_frame = final == "h"
            self.frames += final == "l"
        elif marks == "?" and final == "h" and numbers == [1049]:
            self.rows = [self._blank_row() for _ in range(self.height)]

    def _put_again(self, count: int) -> None:
        row = self.rows[self.y]
        at = self.x - 1
        while at > 0 and row[at].text == "":
            at -= 1
        assert row[at].text.isascii(), "tmux 3.3 repeats ASCII alone"
        for _ in range(count):
            self._put(row[at].text)

    def _erase(self, start: int, end: int) -> None:
        row = self.rows[self.y]
        for at in range(start, end):
            self._orphan(row, at)
        row[start:end] = [Cell(" ", Pen(bg=self.pen.bg if self._bce else ""))] * (end - start)

    def _reverse_index(self) -> None:
        if self.y == self.top:
            self._shift(self.top, self.bottom, -1)
        else:
            self.y = max(self.y - 1, 0)

    def _shift(self, top: int, bottom: int, lines: int) -> None:
        block = self.rows[top : bottom + 1]
        count = min(abs(lines), len(block))
        fresh = [[Cell(" ", Pen(bg=self.pen.bg if self._bce else ""))] * self.width for _ in range(count)]
        self.rows[top : bottom + 1] = block[count:] + fresh if lines > 0 else fresh + block[: len(block) - count]

    def _sgr(self, numbers: list[int]) -> None:
        pen, at = self.pen, 0
        while at < len(numbers):
            code, length = numbers[at], 1
            if code in (38, 48):
                length = 5 if numbers[at + 1] == 2 else 3
            text = ";".join(map(str, numbers[at : at + length]))
            if code == 0:
                pen = Pen(link=pen.link)
            elif code in _ENDS:
                pen = replace(pen, attributes=pen.attributes - _ENDS[code])
            elif code == 38 or 30 <= code <= 37 or 90 <= code <= 97:
                pen = replace(pen, fg=text)
            elif code == 48 or 40 <= code <= 47 or 100 <= code <= 107:
                pen = replace(pen, bg=text)
            elif code == 39:
                pen = replace(pen, fg="")
            elif code == 49:
                pen = replace(pen, bg="")
            else:
                assert code in (1, 2, 3, 4, 5, 6, 7, 8, 9, 21, 51, 52, 53), f"unknown SGR {code}"
                pen = replace(pen, attributes=pen.attributes | {code})
            at += length
        self.pen = pen

    def _blank_row(self) -> list[Cell]:
        return [Cell()] * self.width
