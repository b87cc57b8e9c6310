"""The `/` filter: what people type, parsed, explained, and made into one fast test for 50,000 rows.

Terms stand side by side and must all hold: `web`, `!web`, `status:error`, `!zone:nova`, `ram>8gb`, `age<30d`,
`-f wbprd` (letters in order), `web-\\d+$` (an expression, in any case), `"two words"` (as it stands). The word `and`
may stand between them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from msgspec import structs

from tui.model import amount
from tui.model.column import NUMERIC, Column, Format
from tui.model.entry import Entry
from tui.model.pattern import Pattern, checked, looks_like_one
from tui.model.show import PLACE_COLUMNS
from tui.model.terms import (
    Anything,
    Compare,
    Fuzzy,
    InColumn,
    Term,
    Test,
    Text,
    Without,
    haystack,
    shown_amount,
    spoken,
)
from tui.model.text import inert

__all__ = ["HELP", "Filter", "Term", "complete", "haystack", "parse"]

HELP = (
    ("web", "text in any column"),
    ("!web", "without it"),
    ("status:error", "in that column"),
    ("age>30d  ram<8gb  vcpu=4", "compare numbers, sizes, ages"),
    ("-f wbprd", "fuzzy: letters of the name in order"),
    (r"web-\d+$  web|db", "a regular expression"),
    ('"two words"', "as it stands"),
)
"""What may be typed, for the help under the field."""

_TOKEN = re.compile(r'(?:"[^"]*"?|[^\s"])+')
_IN_COLUMN = re.compile(r"([A-Za-z][\w-]*)(!=|>=|<=|[:<>=])(.*)", re.DOTALL)
_FUZZY = "-f"
_DATE = re.compile(r"\d{4}-\d")


@dataclass(frozen=True)
class Filter:
    """A parsed filter. `problems` are sentences on what could not be taken as it was typed."""

    source: str
    terms: tuple[Term, ...]
    columns: tuple[Column, ...]
    problems: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether every row passes."""
        return all(isinstance(term, Anything) for term in self.terms)

    @property
    def words(self) -> str:
        """The whole filter as a sentence: «region is fra1 and RAM over 8 GB and no catalog in any column»."""
        return " and ".join(term.words for term in self.terms if term.words)

    def compile(self, at: float) -> Callable[[Entry], bool]:
        """Return one test for many rows, with ages as of the epoch `at`. Fills `Entry.haystack` where it is empty."""

        def hay(entry: Entry) -> str:
            entry.haystack = haystack(entry, self.columns, at)
            return entry.haystack

        cheap_first = sorted(self.terms, key=lambda term: term.cost)
        tests: list[Test] = [test for term in cheap_first if (test := term.test(at, hay)) is not None]
        if not tests:
            return lambda entry: True
        if len(tests) == 1:
            return tests[0]
        if len(tests) == 2:
            first, second = tests
            return lambda entry: first(entry) and second(entry)
        return lambda entry: all(test(entry) for test in tests)

    def matches(self, entry: Entry, at: float) -> bool:
        """Whether one row passes; for many rows use `compile`."""
        return self.compile(at)(entry)

    def narrows(self, other: Filter) -> bool:
        """Whether every row that passes this one passes the other too, so that only its rows need a look."""
        return all(
            isinstance(wanted, Anything) or any(term.implies(wanted) for term in self.terms) for wanted in other.terms
        )

    def spans(self, text: str, column: str = "") -> list[tuple[int, int]]:
        """Return where in a column's shown text something was found, in order and without overlaps."""
        found = sorted(
            match.span()
            for pattern in self._patterns(column)
            for match in pattern.finditer(text)
            if match.end() > match.start()
        )
        merged: list[tuple[int, int]] = []
        for start, end in found:
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _patterns(self, column: str) -> list[re.Pattern[str]]:
        patterns = self._found.get(column)
        if patterns is None:
            patterns = [pattern for term in self.terms if (pattern := term.found(column)) is not None]
            self._found[column] = patterns
        return patterns

    @cached_property
    def _found(self) -> dict[str, list[re.Pattern[str]]]:
        return {}


class _Parser:
    """Turns tokens into terms and collects what is wrong with them."""

    def __init__(self, columns: Sequence[Column]) -> None:
        known = {column.key for column in columns}
        self.columns = (*columns, *(column for column in PLACE_COLUMNS if column.key not in known))
        self.problems: list[str] = []
        self._by_name: dict[str, Column] = {}
        for column in self.columns:
            for name in (column.key, *column.aliases, column.head):
                self._by_name.setdefault(name.lower().replace(" ", ""), column)

    def column(self, name: str) -> Column | None:
        """Return the column that is called so, by key, alias or head, in any case."""
        return self._by_name.get(name.lower())

    def term(self, token: str) -> Term:
        """Return the term that a token stands for."""
        negated = token.startswith("!")
        body = token[1:] if negated else token
        found = None if body.startswith('"') else _IN_COLUMN.fullmatch(body)
        if found:
            if column := self.column(found[1]):
                return self._in_column(token, column, found[2], found[3], negated)
            self._unknown(*found.groups())
        needle, pattern = self._text(body)
        return Text(token, needle, pattern, negated) if needle else Anything(token)

    def fuzzy(self, token: str) -> Term:
        """Return the term of the letters that follow `-f`."""
        negated = token.startswith("!")
        needle = token.removeprefix("!").replace('"', "").lower()
        names = tuple(column for column in self.columns if column.format is Format.NAME)
        return Fuzzy(f"{_FUZZY} {token}", needle, names, negated) if needle else Anything(token)

    def _text(self, body: str) -> tuple[str, Pattern | None]:
        """Return the lower-case text of a token and the expression it is, if it is one. Quoted text never is."""
        needle = body.replace('"', "").lower()
        if '"' in body or not looks_like_one(body):
            return needle, None
        try:
            return needle, checked(body)
        except ValueError as error:
            self.problems.append(f"«{inert(body)}» is searched as plain text: {inert(error)}")
            return needle, None

    def _unknown(self, name: str, sign: str, wanted: str) -> None:
        near = difflib.get_close_matches(name.lower(), list(self._by_name), n=1, cutoff=0.7)
        if near:
            meant = self._by_name[near[0]].key
            self.problems.append(f"no column «{inert(name)}»: did you mean {meant}{sign}{inert(wanted)} ?")
        elif sign not in {":", "="}:
            self.problems.append(f"no column «{inert(name)}» to compare")

    def _in_column(self, token: str, column: Column, sign: str, wanted: str, negated: bool) -> Term:
        if sign == "!=":
            sign, negated = "=", not negated
        bare = wanted.replace('"', "").strip()
        if not bare:
            return Without(token, column, negated) if sign == "=" else Anything(token)
        if bare == amount.NONE:
            return Without(token, column, negated)
        if column.format in NUMERIC:
            return self._compare(token, column, sign, bare, negated)
        if sign in {">", "<", ">=", "<="}:
            self.problems.append(f"{spoken(column)} does not compare: write {column.key}:{inert(bare)}")
            return Anything(token)
        needle, pattern = self._text(wanted)
        if column.format is Format.BOOL:
            needle = {"true": "yes", "1": "yes", "false": "no", "0": "no"}.get(needle, needle)
        return InColumn(token, column, needle.strip(), pattern, sign == "=", negated)

    def _compare(self, token: str, column: Column, sign: str, wanted: str, negated: bool) -> Term:
        sign = "=" if sign == ":" else sign
        if column.format is Format.AGE and _DATE.match(wanted):
            # «created» is the other name of an age: with a date it is meant as the time.
            column = structs.replace(column, head="CREATED", format=Format.TIME)
        ago = column.format is Format.AGE
        try:
            if column.format is Format.TIME and _is_duration(wanted):
                limit, ago = amount.seconds_of(wanted), True
            else:
                limit = amount.parse_amount(wanted, column.format)
            shown = shown_amount(column, limit, ago)
        except (ValueError, OverflowError, OSError) as error:
            self.problems.append(f"{column.key}: {inert(error)}")
            return Anything(token)
        return Compare(token, column, sign, limit, shown, ago, negated)


def _is_duration(text: str) -> bool:
    try:
        amount.seconds_of(text)
    except ValueError:
        return False
    return True


def parse(text: str, columns: Sequence[Column]) -> Filter:
    """Return the filter that was typed over a kind's columns; the place columns are always known. Never raises."""
    parser = _Parser(columns)
    tokens = _TOKEN.findall(text)
    terms: list[Term] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        index += 1
        if token == _FUZZY and index < len(tokens):
            terms.append(parser.fuzzy(tokens[index]))
            index += 1
        elif token == _FUZZY or (token.lower() == "and" and terms and index < len(tokens)):
            continue
        else:
            terms.append(parser.term(token))
    return Filter(text, tuple(terms), parser.columns, tuple(dict.fromkeys(parser.problems)))


def complete(
    text: str,
    cursor: int,
    columns: Sequence[Column],
    values: Callable[[str], Iterable[str]] | None = None,
) -> list[str]:
    """Return what `text[:cursor]` may become: column names, or after `column:` the values that `values(key)` gives.

    What follows the cursor stays the caller's. Empty where the text before the cursor ends in a blank.
    """
    before = text[:cursor]
    start = before.rfind(" ") + 1
    lead, word = before[:start], before[start:]
    if word.startswith("!"):
        lead, word = lead + "!", word[1:]
    if not word:
        return []
    parser = _Parser(columns)
    found = _IN_COLUMN.fullmatch(word)
    if not found:
        fitting = {column.key: column for column in parser.columns if column.key.startswith(word.lower())}
        return [f"{lead}{key}{'>' if column.format in NUMERIC else ':'}" for key, column in sorted(fitting.items())]
    column = parser.column(found[1])
    if values is None or column is None:
        return []
    offered = sorted({value for value in values(column.key) if value.lower().startswith(found[3].lower())})
    return [f"{lead}{found[1]}{found[2]}{_quoted(value)}" for value in offered]


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value
