"""The `/` line over the title: the filter, how much it leaves, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.message import Message

from tui.ui.ink import Inked


class FilterLine(Inked, can_focus=True):
    """Mounted by the browse screen between header and title; hide it with `display` when there is no filter.

    While it has the focus it is two lines high: the second explains the filter (the title may be hidden then).
    """

    class Changed(Message):
        """The text changed: filter again at once."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Submitted(Message):
        """Enter: the focus goes to the table, the filter stays."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Cleared(Message):
        """Esc: the filter goes."""

    class Kept(Message):
        """ctrl+s: keep this filter under a name (the screen asks for it)."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self,
        complete: Callable[[str, int], Sequence[str]] = lambda text, cursor: (),
        history: Sequence[str] = (),
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        """`complete(text, cursor)` gives whole texts, best first; `history` is oldest first."""
        super().__init__(id=id)

    @property
    def text(self) -> str:
        """The filter as typed."""
        raise NotImplementedError

    def load(self, text: str) -> None:
        """Set the text without a message (recalled from history, `:` or a saved view)."""
        raise NotImplementedError

    def feed(self, text: str) -> None:
        """Put typed-ahead text in whole; posts `Changed`. Works before it has the focus."""
        raise NotImplementedError

    def tell(self, shown: int, total: int, marked: int = 0, words: str = "", problem: str = "") -> None:
        """Say what the filter leaves: «5 of 1,284», «◆ 3 marked»; `words` explains it, `problem` says what is wrong."""
        raise NotImplementedError
