"""The `:` panel over the bottom of the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tui.ui.commanding import Suggestion
from tui.ui.dialog import Veiled


class CommandLine(Veiled[str | None]):
    """A modal screen: `push_screen(CommandLine(…), callback)`; the result is the text without `:`, or None when closed.

    It takes keys at once (before it is mounted, too): nothing it does acts before Enter.
    """

    def __init__(
        self, suggest: Callable[[str], Sequence[Suggestion]], history: Sequence[str] = (), text: str = ""
    ) -> None:
        """`suggest` is called with the text at each change; `history` is oldest first."""
        super().__init__()

    def feed(self, text: str) -> None:
        """Put typed-ahead text into the field whole; works before mounting."""
        raise NotImplementedError
