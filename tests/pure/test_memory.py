"""When garbage is collected."""

from __future__ import annotations

from tui.live.memory import CALM, EVERY, LATEST, due


def test_after_the_start_as_soon_as_nobody_types() -> None:
    assert due(1000.0 - EVERY, 1000.0) == 1000.0 + CALM


def test_again_and_again_while_nobody_types() -> None:
    assert due(1010.0, 1000.0) == 1010.0 + EVERY
    assert due(1070.0, 1000.0) == 1070.0 + EVERY


def test_not_between_two_keys_but_not_never() -> None:
    tidied, touched = 1000.0, 1065.0
    assert due(tidied, touched) == touched + CALM
    assert due(tidied, tidied + LATEST) == tidied + LATEST, "somebody who types without end does not keep garbage"
