"""What stands in the table's place when there are no rows to show: empty, loading, error, a password to type …

Each function returns lines of spans (`tui.ui.spans.Spans`) without the left gutter of 3 cells.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.trouble import Trouble
from tui.ui.spans import Spans

Way = tuple[str, str]
"""A key and what it would show or do."""


def error(trouble: Trouble, width: int, ways: Sequence[Way], notes: Sequence[str] = ()) -> list[Spans]:
    """`✗` one sentence; said, asked, as, from, request; Next with keys; then `notes`: what is not affected."""
    raise NotImplementedError


def empty(sentence: str, width: int, ways: Sequence[Way] = (), found: str = "") -> list[Spans]:
    """Say what there is none of and where («No server in lab muc1»), and up to three keys that lead out.

    `found` is the filter that left nothing: «No server in lab muc1 matches  edge status:error».
    """
    raise NotImplementedError


def loading(places: int, done: int = 0, slow: Sequence[str] = ()) -> list[Spans]:
    """«◐ asking 5 regions»; `slow` are labels of places that have not answered yet."""
    raise NotImplementedError


def ask(cloud: str, labels: Sequence[str], width: int) -> list[Spans]:
    """Say that a cloud wants a password or passcode, which Enter asks for."""
    raise NotImplementedError


def no_cloud(trouble: Trouble, width: int) -> list[Spans]:
    """Say that there is no cloud to show, where it was looked for, and offer the demo."""
    raise NotImplementedError


def too_small(width: int, height: int) -> list[Spans]:
    """One line for a terminal below 60x15."""
    raise NotImplementedError


def rest_of_filter(plural: str, hidden: int, width: int) -> list[Spans]:
    """Under the few rows that a filter leaves: how many it hides, and the terms it knows."""
    raise NotImplementedError
