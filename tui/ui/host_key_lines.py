"""Host keys as lines of a dialog: what a server shows, what its console log says, what is remembered. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tui.live.approach import Log, Look
from tui.live.host_keys import Case, Pin
from tui.model.amount import count, time_of
from tui.model.host_keys import Printed, Sure
from tui.model.ssh import HostKey
from tui.model.text import cells, inert
from tui.ui.line import Span, Spans
from tui.ui.spans import wrap

CASES: dict[Case, tuple[str, str, str]] = {
    Case.KNOWN: ("●", "ok", "known"),
    Case.GOOD: ("●", "ok", "new, and its console log names it"),
    Case.WEAK: ("▲", "warn", "new, and its console log proves little"),
    Case.CONFLICT: ("✗", "bad", "new, and its console log contradicts itself"),
    Case.NONE: ("?", "warn", "new, and nothing vouches for it"),
    Case.REBUILT: ("▲", "warn", "another than the remembered one: the server was rebuilt"),
    Case.WRONG: ("✗", "bad", "wrong: refused"),
}
"""Mark, ink and words of each case."""
_SURE: dict[Sure, tuple[str, str]] = {
    Sure.GOOD: ("●", "ok"),
    Sure.WEAK: ("▲", "warn"),
    Sure.CONFLICT: ("✗", "bad"),
    Sure.NONE: ("?", "warn"),
}
LABEL = 11
"""Cells of the labels at the left."""


def labelled(label: str, line: Sequence[Span], width: int) -> list[Spans]:
    """Return a line with its label; what does not fit goes on under the text."""
    head = Span(f"{label:<{LABEL}}", "dim")
    return wrap((head, *line), width, LABEL)


def key_spans(key: HostKey, ink: str = "strong") -> Spans:
    """Return a key as people compare it."""
    return (Span(f"{inert(key.algorithm)} ", "text"), Span(key.fingerprint, ink))


def key_lines(label: str, keys: Sequence[HostKey], width: int, shown: Sequence[HostKey] = ()) -> list[Spans]:
    """Return keys, one a line where it fits; those that the server shows carry a mark."""
    lines: list[Spans] = []
    for number, key in enumerate(keys):
        mark = (Span("● ", "ok"),) if key in shown else (Span("  "),) if shown else ()
        lines += labelled(label if not number else "", (*mark, *key_spans(key)), width)
    return lines


def case_line(look: Look | None, log: Log | None) -> Spans:
    """Say in one line how things stand with the host key."""
    if log is None and look is None:
        return (Span("◐ ", "move"), Span("reading the console log"))
    if look is None:
        return (Span("◐ ", "move"), Span("asking which key the server shows"))
    if look.verdict is None or look.shown is None:
        said = look.trouble.title if look.trouble else "the server shows no key"
        return (Span("✗ ", "bad"), Span(inert(said)))
    mark, ink, words = CASES[look.verdict.case]
    return (Span(f"{mark} ", ink), Span(words))


def log_lines(log: Log | None, now: float, width: int) -> list[Spans]:
    """Say what the console log is worth: keys, how sure, when it was read, whether it is whole, and why not surer."""
    if log is None:
        return labelled("Log", (Span("◐ ", "move"), Span("reading the console log")), width)
    if log.trouble is not None:
        line = (Span("▲ ", "warn"), Span(f"The console log cannot be read: {inert(log.trouble.title)}"))
        return labelled("Log", line, width)
    said = log.printed
    mark, ink = _SURE[said.sure]
    lines = labelled("Log", (Span(f"{mark} ", ink), Span(_worth(said)), Span(f"   {_reading(log, now)}", "dim")), width)
    for reason in said.reasons:
        lines += labelled("", (Span(reason, "text"),), width)
    return lines


def _worth(said: Printed) -> str:
    number = len(said.keys)
    keys = "1 key" if number == 1 else f"{count(number)} keys"
    return {
        Sure.GOOD: f"good: {keys}, fingerprints fit",
        Sure.WEAK: f"weak: {keys}",
        Sure.CONFLICT: f"in conflict: {keys}, and other ones",
        Sure.NONE: "none: no key in it",
    }[said.sure]


def _reading(log: Log, now: float) -> str:
    whole = "its beginning is gone" if log.printed.truncated else "whole"
    return f"read {time_of(log.at, now, seconds=True)}, {whole}"


def pin_lines(pin: Pin | None, now: float, width: int, shown: Sequence[HostKey] = ()) -> list[Spans]:
    """Say what is remembered of a server."""
    if pin is None:
        return labelled("Remembered", (Span("– ", "dim"), Span("nothing", "dim")), max(width, LABEL + 4))
    when = Span(f"since {time_of(pin.at, now)}, from: {inert(pin.source)}", "dim")
    lines = [*key_lines("Remembered", pin.host_keys, width, shown), *labelled("", (when,), width)]
    if pin.hosts:
        lines += labelled("", (Span(f"in known_hosts as {inert(', '.join(pin.hosts))}", "dim"),), width)
    return lines


def reasons_lines(reasons: Sequence[str], width: int) -> list[Spans]:
    """Return sentences, each wrapped."""
    return [line for reason in reasons for line in wrap((Span(inert(reason)),), width)]


def widest(keys: Sequence[HostKey]) -> int:
    """Return the cells that the widest key takes."""
    return max((cells(key.algorithm) + 51 for key in keys), default=0)
