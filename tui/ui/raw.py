"""The full resource as YAML or JSON, with secrets hidden until revealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from tui.ui.spans import Spans
from tui.ui.text_view import TextScreen


def raw_lines(
    raw: object, style: Literal["yaml", "json"], secret: frozenset[str] = frozenset(), *, reveal: bool = False
) -> list[Spans]:
    """Return the dump as lines; `secret` are the kind's own secret keys beside the common ones."""
    raise NotImplementedError


class RawScreen(TextScreen):
    """`J` switches between YAML and JSON, `r` reveals what is hidden after asking."""

    def __init__(
        self,
        title: Sequence[str],
        raw: Mapping[str, Any],
        secret: frozenset[str] = frozenset(),
        *,
        save_name: str = "resource",
        keys: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(title, (), save_name=save_name, keys=keys)
