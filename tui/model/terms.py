"""The terms a filter is made of: each knows how to test a row, how it reads as a sentence, and what it implies."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, Protocol

import msgspec

from tui.model import amount
from tui.model.column import Column, Format, Value
from tui.model.entry import Entry
from tui.model.pattern import Pattern
from tui.model.show import text_of
from tui.model.text import inert

Test = Callable[[Entry], bool]
Hay = Callable[[Entry], str]
"""Gives the haystack of an entry, making it where it is missing."""

_ACRONYMS = {
    word.lower(): word
    for word in ("RAM", "ID", "IP", "AZ", "MTU", "OS", "vCPU", "vCPUs", "CIDR", "CIDRs", "VLAN", "DHCP", "DNS", "SSH")
} | {"vcpu": "vCPUs"}
_PLAIN_TEXT = frozenset({Format.TEXT, Format.NAME, Format.ID})
_UNSEARCHED = frozenset({Format.AGE, Format.TIME, Format.BOOL})
"""Formats that text terms do not search: they change by themselves, or hold a yes or no that every row has."""


class Term(Protocol):
    """One condition of a filter."""

    @property
    def source(self) -> str:
        """The term as typed."""
        ...

    @property
    def words(self) -> str:
        """The condition as a part of a sentence: «RAM over 8 GB»."""
        ...

    @property
    def cost(self) -> int:
        """How dear the test is; the cheap ones are asked first."""
        ...

    def test(self, at: float, hay: Hay) -> Test | None:
        """Return the test of a row at the epoch `at`, or None where every row passes (not typed to its end)."""
        ...

    def implies(self, other: Term) -> bool:
        """Whether every row that passes this one passes the other too."""
        ...

    def found(self, column: str) -> re.Pattern[str] | None:
        """Return what to highlight in the text of a column."""
        ...


class Anything(msgspec.Struct, frozen=True):
    """A term that is not complete, or that says nothing: it lets every row pass."""

    cost: ClassVar[int] = 0
    source: str
    words: str = ""

    def test(self, at: float, hay: Hay) -> Test | None:
        return None

    def implies(self, other: Term) -> bool:
        return isinstance(other, Anything)

    def found(self, column: str) -> re.Pattern[str] | None:
        return None


class Text(msgspec.Struct, frozen=True):
    """Text or an expression in any column."""

    cost: ClassVar[int] = 0
    source: str
    needle: str
    """Lower-case."""
    pattern: Pattern | None = None
    negated: bool = False

    @property
    def words(self) -> str:
        """«catalog in any column», «no catalog in any column»."""
        return f"{'no ' if self.negated else ''}{inert(self.needle)} in any column"

    def test(self, at: float, hay: Hay) -> Test | None:
        """Search the haystack."""
        needle = self.needle
        if self.pattern and not self.pattern.words:
            search = self.pattern.lower.search
            if self.negated:
                return lambda entry: search(entry.haystack or hay(entry)) is None
            return lambda entry: search(entry.haystack or hay(entry)) is not None
        if self.pattern:
            return _any_word(self.pattern.words, hay, self.negated)
        if self.negated:
            return lambda entry: needle not in (entry.haystack or hay(entry))
        return lambda entry: needle in (entry.haystack or hay(entry))

    def implies(self, other: Term) -> bool:
        """A longer text implies its parts; the absence of a part implies that of the whole."""
        if not isinstance(other, Text) or self.negated != other.negated:
            return False
        if self.pattern or other.pattern:
            return self == other
        return self.needle in other.needle if self.negated else other.needle in self.needle

    def found(self, column: str) -> re.Pattern[str] | None:
        """The text itself, in every column."""
        if self.negated:
            return None
        return self.pattern.any_case if self.pattern else re.compile(re.escape(self.needle), re.IGNORECASE)


def _any_word(words: Sequence[str], hay: Hay, negated: bool) -> Test:
    def test(entry: Entry) -> bool:
        text = entry.haystack or hay(entry)
        return any(word in text for word in words) is not negated

    return test


class Fuzzy(msgspec.Struct, frozen=True):
    """The letters of a name in their order, with anything between them."""

    cost: ClassVar[int] = 3
    source: str
    needle: str
    names: tuple[Column, ...]
    negated: bool = False

    @property
    def words(self) -> str:
        """«name like wbprd»."""
        return f"name {'un' if self.negated else ''}like {inert(self.needle)}"

    def test(self, at: float, hay: Hay) -> Test | None:
        """Look for the letters one after the other in the name."""

        def test(entry: Entry) -> bool:
            return any(_in_order(self.needle, str(column.value(entry) or "").lower()) for column in self.names)

        return (lambda entry: not test(entry)) if self.negated else test

    def implies(self, other: Term) -> bool:
        """More letters imply fewer."""
        if not isinstance(other, Fuzzy) or self.negated != other.negated:
            return False
        return _in_order(self.needle, other.needle) if self.negated else _in_order(other.needle, self.needle)

    def found(self, column: str) -> re.Pattern[str] | None:
        """The letters, one by one, are not worth marking."""
        return None


def _in_order(letters: str, text: str) -> bool:
    at = -1
    for letter in letters:
        at = text.find(letter, at + 1)
        if at < 0:
            return False
    return True


class InColumn(msgspec.Struct, frozen=True):
    """Text or an expression in one column; `exact` asks for the whole text (`name=web`)."""

    cost: ClassVar[int] = 2
    source: str
    column: Column
    needle: str
    pattern: Pattern | None = None
    exact: bool = False
    negated: bool = False

    @property
    def words(self) -> str:
        """«region is fra1», «name has web»."""
        if self.column.format in {Format.NAME, Format.LIST, Format.ID} and not self.exact:
            verb = "without" if self.negated else "has"
        else:
            verb = "is not" if self.negated else "is"
        return f"{spoken(self.column)} {verb} {inert(self.needle)}"

    def test(self, at: float, hay: Hay) -> Test | None:
        """Look at the column's own text."""
        value, passes, negated = self.column.value, self._passes(), self.negated
        if self.column.format is Format.STATUS:
            return lambda entry: any(map(passes, status_words(entry))) is not negated
        column = self.column
        plain = column.format in _PLAIN_TEXT

        def test(entry: Entry) -> bool:
            held = value(entry)
            if plain and type(held) is str and held.isascii():
                return (passes(held.lower()) if held else False) is not negated
            return any(passes(text) for text in texts(column, held, at)) is not negated

        return test

    def _passes(self) -> Callable[[str], bool]:
        needle, pattern = self.needle, self.pattern
        if pattern and self.exact:
            return lambda text: pattern.lower.fullmatch(text) is not None
        if pattern:
            return lambda text: pattern.lower.search(text) is not None
        if self.exact:
            return lambda text: text == needle
        if self.column.format in {Format.STATUS, Format.BOOL}:
            # «status:active» is not meant to find «deactivated».
            return lambda text: text.startswith(needle)
        return lambda text: needle in text

    def implies(self, other: Term) -> bool:
        """A longer text implies its parts, as with `Text`."""
        if not isinstance(other, InColumn) or self.column.key != other.column.key or self.negated != other.negated:
            return False
        if self.pattern or other.pattern or self.exact or other.exact:
            return self == other
        mine, theirs = (other.needle, self.needle) if self.negated else (self.needle, other.needle)
        if self.column.format in {Format.STATUS, Format.BOOL}:
            return mine.startswith(theirs)
        return theirs in mine

    def found(self, column: str) -> re.Pattern[str] | None:
        """The text, in its own column."""
        if self.negated or column != self.column.key:
            return None
        return self.pattern.any_case if self.pattern else re.compile(re.escape(self.needle), re.IGNORECASE)


class Compare(msgspec.Struct, frozen=True):
    """A number, size, age or time compared. `ago`: the limit is a duration, the value an epoch."""

    cost: ClassVar[int] = 1
    source: str
    column: Column
    sign: str
    limit: float
    shown: str
    ago: bool = False
    negated: bool = False

    @property
    def words(self) -> str:
        """«RAM over 8 GB»."""
        before, after = {">": ("over ", ""), "<": ("under ", ""), ">=": ("", " or more"), "<=": ("", " or less")}.get(
            self.sign, ("is ", "")
        )
        ago = " ago" if self.ago and self.column.format is Format.TIME else ""
        return f"{spoken(self.column)} {'not ' if self.negated else ''}{before}{self.shown}{after}{ago}"

    def test(self, at: float, hay: Hay) -> Test | None:
        """Compare the value; a row without one does not pass."""
        value, passes, ago, negated = self.column.value, self._passes(), self.ago, self.negated

        def test(entry: Entry) -> bool:
            number = value(entry)
            if not isinstance(number, (int, float)) or (ago and not number):
                return negated
            return passes(at - number if ago else number) is not negated

        return test

    def _passes(self) -> Callable[[float], bool]:
        limit = self.limit
        match self.sign:
            case ">":
                return lambda number: number > limit
            case "<":
                return lambda number: number < limit
            case ">=":
                return lambda number: number >= limit
            case "<=":
                return lambda number: number <= limit
        # What reads the same is the same: nobody types a size to the byte.
        column, shown = self.column, shown_amount(self.column, limit, self.ago)
        return lambda number: number == limit or shown_amount(column, number, self.ago) == shown

    def implies(self, other: Term) -> bool:
        """Over 80 implies over 8. Ages move on between two looks, so they imply nothing but themselves."""
        if not isinstance(other, Compare) or self.column.key != other.column.key:
            return False
        if self == other:
            return not self.ago
        if self.ago or other.ago or self.negated or other.negated or self.sign[0] != other.sign[0] or self.sign == "=":
            return False
        if self.limit == other.limit:
            return other.sign == self.sign[0] + "="
        return (self.limit > other.limit) is (self.sign[0] == ">")

    def found(self, column: str) -> re.Pattern[str] | None:
        """A comparison has nothing to highlight."""
        return None


class Without(msgspec.Struct, frozen=True):
    """A column that has no value (`host=`), or has one (`!host=`)."""

    cost: ClassVar[int] = 1
    source: str
    column: Column
    negated: bool = False

    @property
    def words(self) -> str:
        """«no host», «any host»."""
        return f"{'any' if self.negated else 'no'} {spoken(self.column)}"

    def test(self, at: float, hay: Hay) -> Test | None:
        """Look whether there is a value."""
        value, negated = self.column.value, self.negated
        return lambda entry: (value(entry) in (None, "", ())) is not negated

    def implies(self, other: Term) -> bool:
        """Only itself."""
        return isinstance(other, Without) and self == other

    def found(self, column: str) -> re.Pattern[str] | None:
        """There is nothing to highlight."""
        return None


def spoken(column: Column) -> str:
    """Return a column's name within a sentence: «RAM», «region»."""
    head = (column.head or column.key).lower()
    return " ".join(_ACRONYMS.get(word, word) for word in head.split())


def shown_amount(column: Column, number: float, ago: bool) -> str:
    """Return a limit as the table would show the value."""
    if ago:
        return amount.age(number)
    if column.format is Format.TIME:
        return datetime.fromtimestamp(number).astimezone().strftime("%Y-%m-%d")
    return text_of(column, int(number) if number == int(number) else number, 0.0)


def status_words(entry: Entry) -> list[str]:
    """Return the words of a row's state, lower-case."""
    status = entry.status
    return [word.lower() for word in (status.word, status.task) if word]


def texts(column: Column, value: Value, at: float) -> list[str]:
    """Return the lower-case texts of a value that a column term searches: one, or one for each item of a list."""
    if isinstance(value, tuple):
        return [inert(item).lower() for item in value]
    if value is None or value == "":
        return []
    return [text_of(column, value, at, short=False).lower()]


def haystack(entry: Entry, columns: Sequence[Column], at: float) -> str:
    """Return the lower-case text that text terms search: id, state, fault, places and every column, one a line."""
    status = entry.status
    parts: list[str] = [entry.id, status.word, status.task, status.why]
    for scope in (entry.scope, *entry.also) if entry.also else (entry.scope,):
        parts += scope.clouds
        parts.append(scope.label)
    for column in columns:
        if column.format not in _UNSEARCHED:
            value = column.value(entry)
            if type(value) is str:
                parts.append(value)
            elif type(value) is tuple:
                parts += value
            elif value is not None:
                parts.append(text_of(column, value, at, short=False))
    text = "\n".join(parts)
    # Controls cannot be typed, so only other hidden characters need the look that the screen gives them.
    return text.lower() if text.isascii() else "\n".join(map(inert, parts)).lower()
