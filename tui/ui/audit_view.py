"""The audit log in the app: newest first, as text that can be searched, copied and saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.config.paths import state_dir
from tui.live.audit import NAME, Line, read_audit
from tui.model.amount import epoch, time_of
from tui.model.text import fit, inert
from tui.ui.line import Span, Spans
from tui.ui.text_view import TextScreen

_INKS = {"done": "ok", "failed": "bad", "refused": "bad", "unknown": "warn", "left out": "warn", "cancelled": "warn"}
_MARKS = {"done": "✓", "failed": "✗", "refused": "✗", "unknown": "?", "left out": "▲", "cancelled": "▲"}


class AuditScreen(TextScreen):
    """Every change that was sent from this machine, with its outcome; under each the command and what was said."""

    def __init__(self, now: float, keys: Mapping[str, Sequence[str]]) -> None:
        """Read the log; `now` (epoch seconds) decides which times need a date."""
        lines = audit_lines(read_audit(), now)
        super().__init__(("audit", inert(state_dir() / NAME)), lines, save_name="audit", keys=keys)
        self.pane.wrap = True


def audit_lines(log: Sequence[Line], now: float) -> list[Spans]:
    """Return the log (newest first) as lines: each change with its outcome, then its command and what was said."""
    changes: list[list[Line | None]] = []
    waiting: dict[tuple[str, str], list[Line | None]] = {}
    for line in reversed(log):
        if line.get("what") == "intent":
            changes.append([line, None])
            waiting[_key(line)] = changes[-1]
        elif line.get("what") == "result":
            change = waiting.pop(_key(line), None) or waiting.pop(_key({**line, "id": ""}), None)
            if change is not None:
                change[1] = line
    lines = [line for intent, result in reversed(changes) if intent for line in _change(intent, result, now)]
    return lines or [(Span("Nothing was changed from here yet.", "dim"),)]


def _key(line: Line) -> tuple[str, str]:
    # A creation's intent has no id yet, its result has.
    return str(line.get("operation")), str(line.get("id") or line.get("name"))


def _change(intent: Line, result: Line | None, now: float) -> list[Spans]:
    outcome = str(result.get("outcome") or "") if result else ""
    mark, ink = _MARKS.get(outcome, "?"), _INKS.get(outcome, "dim")
    where = inert(f"{intent.get('cloud') or ''} {intent.get('region') or ''}".strip())
    seconds = f" after {result.get('seconds')}s" if result and result.get("seconds") else ""
    when = time_of(epoch(intent.get("at")), now, seconds=True)
    lines: list[Spans] = [
        (
            Span(f"{fit(when, 8 if len(when) <= 8 else 12)}  ", "dim"),
            Span(f"{mark} ", ink),
            Span(f"{inert(intent.get('name') or '')}  ", "strong"),
            Span(f"{inert(intent.get('action') or '')}  ", "text"),
            Span(f"{inert(outcome) or 'no end is known'}{seconds}", ink if ink != "ok" else "dim"),
            Span(f"  {where}  by {inert(intent.get('user') or '?')}", "dim"),
        )
    ]
    indent = Span(" " * 12)
    if command := str(intent.get("command") or ""):
        lines += [(indent, Span(inert(each), "dim")) for each in command.split("\n")]
    if result and (said := str(result.get("said") or "")):
        lines.append((indent, Span(inert(said), "bad" if ink == "bad" else "text")))
    ids = [inert(intent.get("id") or ""), inert(result.get("request_id") or "") if result else ""]
    if any(ids):
        lines.append((indent, Span("   ".join(filter(None, ids)), "dim")))
    return [*lines, ()]
