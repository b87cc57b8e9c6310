"""Textual's updates as cells: the one place that knows the compositor's private shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from tui.ui.painter.cells import Clusters
from tui.ui.painter.grid import Grid
from tui.ui.painter.looks import Looks

_KEPT = 2048
"""Strips whose cells are remembered: about those of a whole screen of 200x50 with panes."""


class Intake:
    """Puts updates on a grid exactly where stock Textual would write them."""

    def __init__(self, clusters: Clusters, looks: Looks) -> None:
        self._clusters = clusters
        self._looks = looks
        self._strips: dict[int, tuple[Strip, str, str]] = {}

    def take(self, update: LayoutUpdate | ChopsUpdate, grid: Grid) -> None:
        """Put an update on the grid."""
        if isinstance(update, LayoutUpdate):
            self._take_layout(update, grid)
        else:
            self._take_chops(update, grid)

    def _take_layout(self, update: LayoutUpdate, grid: Grid) -> None:
        x = update.region.x
        for y, line in enumerate(update.strips, update.region.y):
            # The strips of a line follow each other without a move between.
            grid.put(x, y, *self._cells(line))

    def _take_chops(self, update: ChopsUpdate, grid: Grid) -> None:
        for y, x1, x2 in update.spans:
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if strip is None or x > x2 or end <= x1:
                    continue
                whole = x2 > x >= x1 and end <= x2
                # As `ChopsUpdate.render_segments`: from the chop's left edge, wherever the span starts.
                shown = strip if whole else strip.crop(0, min(end, x2) - x)
                grid.put(x, y, *self._strip(shown))

    def _cells(self, line: Iterable[Strip]) -> tuple[str, str]:
        parts = [self._strip(strip) for strip in line]
        if len(parts) == 1:
            return parts[0]
        return "".join([text for text, _ in parts]), "".join([looks for _, looks in parts])

    def _strip(self, strip: Strip) -> tuple[str, str]:
        # Textual keeps strips that did not change; the strip is kept with its cells, or its id could be another's.
        kept = self._strips.get(id(strip))
        if kept is not None:
            return kept[1], kept[2]
        text, looks = self._segments(strip._segments)
        if len(self._strips) >= _KEPT:
            self._strips.clear()
        self._strips[id(strip)] = (strip, text, looks)
        return text, looks

    def _segments(self, segments: Iterable[Segment]) -> tuple[str, str]:
        texts: list[str] = []
        looks: list[str] = []
        of, cells_of = self._looks.of, self._clusters.cells
        for text, style in _whole(segments):
            cells = cells_of(text)
            look, blank = of(style)
            texts.append(cells)
            if look == blank or " " not in cells:
                looks.append(look * len(cells))
            else:
                looks.append(blank.join([look * len(part) for part in cells.split(" ")]))
        return "".join(texts), "".join(looks)


def _whole(segments: Iterable[Segment]) -> Iterator[tuple[str, Style | None]]:
    """Yield what is written; a mark at the beginning of a segment goes with the character before it."""
    last: tuple[str, Style | None] | None = None
    for text, style, control in segments:
        if not text or control:
            continue
        if last is not None:
            marks = 0
            if text[0] > "~":
                while marks < len(text) and text[marks] > "~" and not get_character_cell_size(text[marks]):
                    marks += 1
            last = last[0] + text[:marks], last[1]
            text = text[marks:]
            if not text:
                continue
            yield last
        last = text, style
    if last is not None:
        yield last
