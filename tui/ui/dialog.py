"""Dialogs: one frame on a veiled screen; nothing that was typed before it could be read answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from textual.screen import ModalScreen

from tui.ui.spans import Spans

T = TypeVar("T")

GUARD = 0.3
"""Seconds after the first paint in which keys are dropped."""


class Veiled(ModalScreen[T]):
    """A modal screen that repaints the screen below it in the `veil` ink, and drops keys of its first 300 ms."""


class Dialog(Veiled[T]):
    """One frame with a title, a scrolling body of painted lines and answers. `dismiss` gives the result."""


class Confirm(Dialog[bool]):
    """A question: `y` yes, `n` and Esc no, the focus starts on no. Result: True or False."""

    def __init__(self, title: str, lines: Sequence[str | Spans], yes: str, no: str, *, destroy: bool = False) -> None:
        """`yes` and `no` name the deeds: «Quit», «Stay»."""
        super().__init__()
