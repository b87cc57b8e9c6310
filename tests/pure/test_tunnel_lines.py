"""What the screen says of tunnels: nothing of those not used, the mark of the worst, names made inert."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.ssh import Hop
from tui.model.text import cells
from tui.model.trouble import Cause, Trouble
from tui.model.tunnel import Phase, Standing, label_of, short_of
from tui.ui.header import Whereabouts, header_spans
from tui.ui.line import width_of
from tui.ui.tunnel_lines import header_words, tunnel_lines

A, B = (Hop("bastion"),), (Hop("near", 2222, "me"), Hop("far"))
ASKS = Trouble(Cause.ASK, "Jump host near wants the passphrase of k", short="passphrase")
LOST = Trouble(Cause.NETWORK, "Jump host bastion refuses connections", short="refused")


def words(*standings: Standing, width: int = 120) -> str:
    """The header's words."""
    return "".join(span.text for span in header_words(standings, width))


def test_a_tunnel_that_nobody_needed_yet_is_not_told() -> None:
    assert words() == words(Standing(A)) == ""


@pytest.mark.parametrize(
    ("standings", "wide", "narrow"),
    [
        ((Standing(A, Phase.UP),), "● via bastion", "● ssh"),
        ((Standing(B, Phase.UP),), "● via near › far", "● ssh"),
        ((Standing(A, Phase.CONNECTING),), "◐ via bastion connecting", "◐ ssh"),
        ((Standing(A, Phase.DOWN, trouble=LOST),), "✗ via bastion down", "✗ ssh"),
        ((Standing(A, Phase.UP), Standing(B, Phase.DOWN, trouble=ASKS)), "▲ via near › far asks", "▲ ssh"),
        ((Standing(A, Phase.DOWN, trouble=LOST), Standing(B, Phase.DOWN, trouble=ASKS)), "✗ via bastion down", "✗ ssh"),
        ((Standing(A, Phase.UP), Standing(B, Phase.UP)), "● via 2 jump hosts", "● ssh"),
    ],
)
def test_the_worst_one_is_told(standings: tuple[Standing, ...], wide: str, narrow: str) -> None:
    assert (words(*standings), words(*standings, width=80)) == (wide, narrow)


def test_names_for_people() -> None:
    assert (label_of(B), short_of(B)) == ("me@near:2222 › far", "near › far")


@given(st.text(max_size=300), st.sampled_from(list(Phase)), st.integers(40, 200))
def test_whatever_a_bastion_is_called_stays_text(text: str, phase: Phase, width: int) -> None:
    trouble = Trouble(Cause.NETWORK, f"Jump host {text}", said=text, short="tunnel") if phase is Phase.DOWN else None
    standing = Standing((Hop(text),), phase, 1.0, trouble, 3, 2, text)
    for line in tunnel_lines({standing: [text]}, width, 2.0):
        assert not any(char in "".join(span.text for span in line) for char in "\x1b\x07\n\x9b")
    left, right = header_spans(Whereabouts(tunnels=(standing,)), width, 0)
    assert cells("".join(span.text for span in right)) == width_of(right) <= max(width, 60)
    assert left
