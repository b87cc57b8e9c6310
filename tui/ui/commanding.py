"""What `:` understands: kinds with filter and places, commands with an argument, and completions of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tui.config.keymap import COMMANDS, Command
from tui.resources.kind import Kind


@dataclass(frozen=True, slots=True)
class Go:
    """Show a kind, filtered, of some places."""

    kind: str
    """Id of the kind; empty: stay with the one on the screen."""
    filter: str = ""
    places: tuple[tuple[str, str], ...] = ()
    """(cloud, region); an empty region means the whole cloud, an empty tuple the places on the screen.
    («», «») means all clouds."""


@dataclass(frozen=True, slots=True)
class Run:
    """Run a command of the keymap."""

    command: str
    """Id of the command."""
    argument: str = ""
    force: bool = False
    """`!` was written after the word: do not ask."""


@dataclass(frozen=True, slots=True)
class Problem:
    """The text means nothing; `text` says why in one sentence, `near` is what may have been meant."""

    text: str
    near: str = ""


Meaning = Go | Run | Problem


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A line of the `:` panel."""

    word: str
    """What replaces the line from `start` on when it is chosen."""
    start: int = 0
    short: str = ""
    what: str = ""
    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All words that `:` knows at the moment."""

    kinds: Sequence[Kind]
    commands: Sequence[Command] = COMMANDS
    clouds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Cloud → its regions."""
    projects: Sequence[str] = ()
    themes: Sequence[str] = ()
    filters: Mapping[str, str] = field(default_factory=dict)
    """Saved filters: name → text."""
    rows: Callable[[str], int | None] = lambda kind: None
    """Kind's id → number of rows, None while it is not known."""


def parse_command(
    text: str, kinds: Sequence[Kind], commands: Sequence[Command], clouds: Mapping[str, Sequence[str]]
) -> Meaning:
    """Say what a `:` line means; never raises."""
    raise NotImplementedError


def suggestions(text: str, vocabulary: Vocabulary) -> list[Suggestion]:
    """Return what may follow, best first."""
    raise NotImplementedError
