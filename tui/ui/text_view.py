"""A whole screen of text: search, wrap, copy, save. 100,000 lines cost what is in sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.screen import Screen

from tui.ui.spans import Spans


class TextScreen(Screen[None]):
    """`push_screen(TextScreen(title, lines))`; Esc or q closes it. Lines may be replaced at any time by `set_lines`."""

    def __init__(
        self,
        title: Sequence[str],
        lines: Sequence[Spans],
        *,
        save_name: str = "text",
        keys: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`title` is the path in the header: cloud, region, name, what. `save_name` begins the proposed file name."""
        super().__init__()

    def set_lines(self, lines: Sequence[Spans]) -> None:
        """Replace the text; scroll, search and wrap stay."""
        raise NotImplementedError
