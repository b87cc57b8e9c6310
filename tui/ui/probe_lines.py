"""What came of knocking at the addresses of a server, for the dialogs that show it."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.probe import Probe
from tui.model.text import inert
from tui.ui.line import Span, Spans


def probe_spans(probe: Probe | None, asked: bool) -> Spans:
    """Say what answered at one address; nothing where it was not asked."""
    if probe is None:
        return (Span("◐ ", "move"), Span("knocking", "dim")) if asked else ()
    if not probe.open:
        return (Span("✗ ", "bad"), Span(inert(probe.why)))
    return (Span("● ", "ok"), Span(f"{inert(probe.said)}  ", "text"), Span(_time(probe.seconds), "dim"))


def answering(probes: Sequence[Probe | None]) -> Spans:
    """Say how many addresses answer one way."""
    opened = sum(probe is not None and probe.open for probe in probes)
    if opened:
        return (Span("● ", "ok"), Span(f"{opened} of {len(probes)} answer{'s' * (opened == 1)}", "dim"))
    if None in probes:
        return (Span("◐ ", "move"), Span("knocking", "dim"))
    return (Span("✗ ", "bad"), Span("none answers", "dim"))


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{max(round(seconds * 1000), 1)} ms"
