"""A host for overlays alone: the product's themes and styles over a screen of painted lines."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import ClassVar

import pyte
from rich.console import Console
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.strip import Strip

from tui.ui.ink import Inked
from tui.ui.spans import Span, strip
from tui.ui.themes import STACKDECK_DARK, THEMES

STYLES = Path(__file__).parents[2] / "styles"


class Ground(Inked):
    """What stands below an overlay."""

    def render_line(self, y: int) -> Strip:
        """Paint a line with a coloured word."""
        return strip((Span(f"row {y} ", "bad"), Span("below")), self.ink, self.size.width)


class OverlayApp(App[object]):
    """Pushes nothing by itself."""

    CSS_PATH: ClassVar[list[str | Path]] = [STYLES / "tokens.tcss", STYLES / "overlays.tcss"]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, *mounted: Inked, theme: str = "stackdeck-dark") -> None:
        super().__init__()
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme
        self.mounted = mounted or (Ground(),)
        self.results: list[object] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Stock themes know no `sd-*`."""
        return STACKDECK_DARK.variables

    def compose(self) -> ComposeResult:
        """Mount what is tested."""
        yield from self.mounted

    def open(self, screen: Screen[object]) -> None:
        """Push a screen and keep its result."""
        self.push_screen(screen, self.results.append)

    def cells(self) -> pyte.Screen:
        """Return the top screen as a terminal shows it."""
        width, height = self.size
        console = Console(
            width=width, height=height, file=StringIO(), color_system="truecolor", force_terminal=True, no_color=False
        )
        with console.capture() as capture:
            console.print(self.screen._compositor.render_update(full=True, screen_stack=self._background_screens))
        screen = pyte.Screen(width, height)
        pyte.Stream(screen).feed(capture.get().removesuffix("\n").replace("\n", "\r\n"))
        return screen

    def inks(self, row: int) -> set[str]:
        """Return the colours of the text in a row of the top screen, as `#rrggbb`."""
        return {f"#{cell.fg}" for cell in self.cells().buffer[row].values() if cell.data.strip()}

    def picture(self) -> list[str]:
        """Return the lines of the top screen as text."""
        return [line.rstrip() for line in self.cells().display]
