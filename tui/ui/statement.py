"""What stands in the table's place when there are no rows to show: empty, loading, error, a password to type …

Each function returns lines of spans without the table's left gutter of 3 cells; `width` is the room right of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.amount import count
from tui.model.text import cells, fit, inert
from tui.model.trouble import Trouble
from tui.ui.line import Span, Spans, width_of
from tui.ui.spans import wrap

Way = tuple[str, str]
"""A key and what it would show or do."""

LABEL = 10
"""Cells of said, asked, as, from, request, Next."""

KEYS = 11
"""Cells of the keys that lead out of an empty table, flush right."""

TERMS = (
    ("web", "text in any column, hidden ones too"),
    ("!web", "without it"),
    ("status:error", "in that column"),
    ("age>30d  ram<8gb  vcpu=4", "compare numbers, sizes, ages"),
    ("-f wbprd", "fuzzy"),
    ("web-\\d+$", "a regular expression"),
    ("ctrl+s", "keep this filter under a name"),
)
"""The terms of a filter, as help under the few rows it leaves."""

NARROWEST, LOWEST = 60, 15
"""The smallest terminal that shows a table."""


def error(trouble: Trouble, width: int, ways: Sequence[Way] = (), notes: Sequence[str] = ()) -> list[Spans]:
    """`✗` one sentence; said, asked, as, from, request; Next with keys; then `notes`: what is not affected."""
    width = max(width, 30)
    where = f"{inert(trouble.where)} " if trouble.where and not trouble.title.startswith(trouble.where) else ""
    lines: list[Spans] = wrap((Span("✗ ", "bad"), Span(f"{where}{inert(trouble.title)}", "strong")), width, 2)
    lines.append(())
    said = f"{trouble.status or ''} {inert(trouble.said)}".strip()
    if not trouble.status and trouble.said in trouble.title:
        said = ""  # the sentence above holds these words already
    facts = (
        ("said", said),
        ("asked", inert(trouble.asked)),
        ("as", inert(trouble.as_whom)),
        ("from", inert(trouble.source)),
        ("request", inert(trouble.request_id)),
    )
    shown = [line for label, text in facts if text for line in _fact(label, text, width)]
    lines += [*shown, ()] if shown else []
    lines += _next(ways, width)
    for note in (trouble.hint, *notes):
        if note:
            lines += [_indented(line) for line in wrap((Span(inert(note), "dim"),), width - 2)]
    return _trimmed(lines)


def _fact(label: str, text: str, width: int) -> list[Spans]:
    """Return a labelled text, wrapped under itself; at most six lines of it."""
    spans = (Span(f"  {fit(label, LABEL)}", "dim"), Span(text))
    return wrap(spans, width, LABEL + 2)[:6]


def _indented(line: Spans) -> Spans:
    return (Span("  "), *line)


def _next(ways: Sequence[Way], width: int) -> list[Spans]:
    """Return «Next» with its keys: whole ways only, on as many lines as they need."""
    if not ways:
        return []
    lines: list[list[Span]] = [[Span(f"  {fit('Next', LABEL)}", "dim")]]
    for key, what in ways:
        way = [Span(key, "accent"), Span(f" {inert(what)}   ", "dim")]
        if width_of(lines[-1]) + width_of(way) - 3 > width and len(lines[-1]) > 1:
            lines.append([Span(" " * (LABEL + 2))])
        lines[-1] += way
    return [*(tuple(line) for line in lines), ()]


def _trimmed(lines: list[Spans]) -> list[Spans]:
    while lines and not lines[-1]:
        lines.pop()
    return lines


def empty(sentence: str, width: int, ways: Sequence[Way] = (), found: str = "") -> list[Spans]:
    """Say what there is none of and where («No server in lab muc1»), and up to three keys that lead out.

    `found` is the filter that left nothing: «No server in lab muc1 matches  edge status:error».
    """
    first = f"{inert(sentence)} matches  {inert(found)}" if found else inert(sentence)
    lines: list[Spans] = [*wrap((Span(first, "strong"),), max(width, 20)), ()]
    for key, what in ways[:3]:
        lines += wrap((Span(fit(key, KEYS, "right"), "accent"), Span(f"  {inert(what)}")), max(width, 30), KEYS + 2)
    return _trimmed(lines)


def loading(places: int, done: int = 0, slow: Sequence[str] = ()) -> list[Spans]:
    """«◐ asking 5 regions», none while they are not known yet; `slow` are labels of those that have not answered."""
    said = f"asking {count(places)} region{'' if places == 1 else 's'}" if places else "reading the configuration"
    lines: list[Spans] = [(Span("◐ ", "move"), Span(said, "strong"))]
    if done:
        lines[0] += (Span(f"   {count(done)} answered", "dim"),)
    if slow and done:
        lines += [(), *((Span("  "), Span(inert(label)), Span(" has not answered yet", "dim")) for label in slow[:8])]
    return lines


def ask(cloud: str, labels: Sequence[str], width: int) -> list[Spans]:
    """Say that a cloud wants a password or passcode, which Enter asks for."""
    wanted = " and ".join(inert(label) for label in labels) or "a password"
    lines = wrap((Span("? ", "warn"), Span(f"{inert(cloud)} asks for {wanted}", "strong")), max(width, 30), 2)
    return [*lines, (), *_next((("enter", "type it"),), width), (Span("  The other clouds go on as before.", "dim"),)]


def no_cloud(trouble: Trouble, width: int) -> list[Spans]:
    """Say that there is no cloud to show, where it was looked for, and offer the demo."""
    return error(trouble, width, (("q", "quit"),), ("stackdeck --demo shows three clouds that need nothing.",))


def too_small(width: int, height: int) -> list[Spans]:
    """One line for a terminal below 60x15; two where it is very narrow."""
    text = f"{width}x{height} is too small: stackdeck needs {NARROWEST}x{LOWEST}"
    # The table writes it a little in from its edges.
    return wrap((Span("▲ ", "warn"), Span(text)), max(width - 5, 12), 2)


def rest_of_filter(plural: str, hidden: int, width: int) -> list[Spans]:
    """Under the few rows that a filter leaves: how many it hides, and the terms it knows."""
    column = 28 if width >= 70 else max(cells(term) for term, _ in TERMS) + 2
    rows = f"{count(hidden)} {inert(plural)} are hidden by the filter." if hidden else "The filter hides nothing."
    lines: list[Spans] = [(Span(f"Nothing else matches. {rows}", "dim"),), (), (Span("Terms", "strong"),)]
    lines += [(Span(f"  {fit(term, column)}"), Span(what, "dim")) for term, what in TERMS]
    return lines
