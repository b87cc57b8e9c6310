"""Keys that came in one read while a dialog is open: what they may do there (design §3, «Type-ahead never acts»)."""

from __future__ import annotations

from collections.abc import Container, Sequence

from tui.ui.guard import Stroke, field_text

_SCROLLS = frozenset({"up", "down", "pageup", "pagedown", "home", "end", "left", "right", "j", "k"})


def burst_moves(strokes: Sequence[Stroke], moves: Container[str] = _SCROLLS) -> bool:
    """Tell whether keys only move: then each does what it does alone."""
    keys = [stroke.key for stroke in strokes]
    return all(key in moves for key in keys) or (len(set(keys)) == 1 and keys[0] in {"backspace", "tab", "escape"})


def burst_text(strokes: Sequence[Stroke]) -> str:
    """Return what of these keys is text for a field; empty when they are no text. An Enter at the end is left out."""
    text, _ = field_text(strokes)
    inside = [stroke for stroke in strokes if not stroke.prints and stroke.key not in {"enter", "tab", "ctrl+j"}]
    return "" if inside else text
