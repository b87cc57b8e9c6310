"""Placeholder, filled next."""

from __future__ import annotations

from tui.demo.rest import Routes


def add_routes(routes: Routes, base: str) -> None:
    """Nothing yet."""
