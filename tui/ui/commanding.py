"""What `:` understands: kinds with filter and places, commands with an argument, and completions of both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

import msgspec

from tui.config.keymap import COMMANDS, Command
from tui.model.text import inert
from tui.resources.kind import Kind

ALIASES = {"q": "quit", "exit": "quit", "h": "help", "?": "help", "ctx": "cloud", "as": "project", "wq": "quit"}
"""Further words for commands, from vi, k9s and shells."""

ALL = ("", "")
"""The place that stands for all clouds."""

_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_SIGNS = frozenset(":<>=")
"""What a term of a filter has and no word."""
_MOST_SHOWN = 40


class Go(msgspec.Struct, frozen=True):
    """Show a kind, filtered, of some places."""

    kind: str
    """Id of the kind; empty: stay with the one on the screen."""
    filter: str = ""
    places: tuple[tuple[str, str], ...] = ()
    """(cloud, region); an empty region means the whole cloud, `ALL` all clouds, none the places on the screen."""


class Run(msgspec.Struct, frozen=True):
    """Run a command of the keymap."""

    command: str
    """Id of the command."""
    argument: str = ""
    force: bool = False
    """`!` was written after the word: do not ask."""


class Problem(msgspec.Struct, frozen=True):
    """The text means nothing; `text` says why in one sentence, `near` is what may have been meant. Both are inert."""

    text: str
    near: str = ""


Meaning = Go | Run | Problem


class Suggestion(msgspec.Struct, frozen=True):
    """A line of the `:` panel."""

    word: str
    """What replaces the text from `start` on when it is chosen."""
    start: int = 0
    short: str = ""
    what: str = ""
    rows: int | None = None
    sort: str = "kind"
    """kind, command, cloud, region, project, theme, filter."""


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """All words that `:` knows at the moment."""

    kinds: Sequence[Kind]
    commands: Sequence[Command] = COMMANDS
    clouds: Mapping[str, Sequence[str]] = {}
    """Cloud → its regions."""
    projects: Sequence[str] = ()
    themes: Sequence[str] = ()
    filters: Mapping[str, str] = {}
    """Saved filters: name → text."""
    rows: Callable[[str], int | None] = lambda kind: None
    """Kind's id → number of rows, None while it is not known."""


def parse_command(
    text: str, kinds: Sequence[Kind], commands: Sequence[Command], clouds: Mapping[str, Sequence[str]]
) -> Meaning:
    """Say what a `:` line means; never raises.

    `:servers /web @prod-eu/fra1 !ACTIVE status:ERROR` is `Go`, `:theme mono` is `Run`. While `clouds` is empty (not
    read yet), any place is believed.
    """
    tokens = _TOKEN.findall(text.strip().lstrip(":"))
    if not tokens:
        return Problem("Type a kind or a command")
    word = tokens[0]
    if word[0] in '/@!"' or not _SIGNS.isdisjoint(word):
        return _go("", tokens, clouds)
    force = word.endswith("!")
    plain = word.rstrip("!").casefold()
    by_word = {command.word: command for command in commands}
    names = _kind_names(kinds)
    command = by_word.get(plain) or (None if plain in names else by_word.get(ALIASES.get(plain, "")))
    if command and (not force or command.id == "session.quit"):
        return Run(command.id, text.strip().lstrip(":").strip()[len(word) :].strip(), force)
    if not force and plain in names:
        return _go(names[plain], tokens[1:], clouds)
    near = _nearest(plain, [*by_word, *names])
    return Problem(f"Nothing here is called {inert(word)}", near)


def _kind_names(kinds: Iterable[Kind]) -> dict[str, str]:
    names: dict[str, str] = {}
    for kind in kinds:
        for name in (kind.plural, kind.id, *kind.aliases):
            names.setdefault(name.casefold(), kind.id)
    return names


def _nearest(word: str, known: Iterable[str]) -> str:
    known = list(dict.fromkeys(known))
    begins = [name for name in known if name.startswith(word)]
    found = begins[:1] or get_close_matches(word, known, n=1)
    return inert(found[0]) if found else ""


def _go(kind: str, tokens: Sequence[str], clouds: Mapping[str, Sequence[str]]) -> Go | Problem:
    terms: list[str] = []
    places: list[tuple[str, str]] = []
    for token in tokens:
        if token.startswith("@"):
            for name in token[1:].split(","):
                found = _places(name.strip('"'), clouds)
                if isinstance(found, Problem):
                    return found
                places += found
        elif term := token[1:] if token.startswith("/") else token:
            terms.append(term)
    return Go(kind, " ".join(terms), tuple(dict.fromkeys(places)))


def _places(name: str, clouds: Mapping[str, Sequence[str]]) -> list[tuple[str, str]] | Problem:
    """Return the places that `cloud`, `cloud/region`, `region` or nothing (all) mean."""
    if name in {"", "all", "*"}:
        return [ALL]
    cloud, slash, region = name.partition("/")
    if not clouds:
        return [(cloud, region)]
    known = _same(cloud, clouds)
    if known and not region:
        return [(known, "")]
    if known:
        regions = clouds[known]
        found = _same(region, regions) if regions else region
        if found:
            return [(known, found)]
        return Problem(f"Cloud {inert(known)} has no region {inert(region)}", _nearest(region, regions))
    wanted = region if slash and not cloud else "" if slash else cloud
    if anywhere := [(each, found) for each in clouds if (found := _same(wanted, clouds[each]))] if wanted else []:
        return anywhere
    return Problem(f"No cloud or region is called {inert(name)}", _nearest(cloud, clouds))


def _same(name: str, known: Iterable[str]) -> str:
    """Return the known name that is meant, its case aside; empty if none is."""
    known = list(known)
    if name in known:
        return name
    return next((each for each in known if each.casefold() == name.casefold()), "")


def suggestions(text: str, vocabulary: Vocabulary) -> list[Suggestion]:
    """Return what may follow, best first: exact words, then those that begin with what is typed; never raises."""
    lead = len(text) - len(text.lstrip(": "))
    start = max(text.rfind(" ") + 1, lead)
    token = text[start:]
    first = text[lead:].split(" ", 1)[0]
    if token.startswith("@"):
        found = _place_words(token[1:], start + 1, vocabulary)
    elif start == lead:
        found = _first_words(start, vocabulary)
    else:
        return _arguments(first.casefold(), text[lead + len(first) :].lstrip(), vocabulary, lead + len(first) + 1)
    typed = token.removeprefix("@").casefold()
    return _ranked(found, typed)


def _ranked(found: Iterable[Suggestion], typed: str) -> list[Suggestion]:
    exact, begins = [], []
    for each in found:
        names = (each.word.casefold(), *each.short.casefold().split())
        if typed in names:
            exact.append(each)
        elif any(name.startswith(typed) for name in names):
            begins.append(each)
    return (exact + begins)[:_MOST_SHOWN]


def _first_words(start: int, vocabulary: Vocabulary) -> Iterable[Suggestion]:
    for kind in vocabulary.kinds:
        short = " ".join(alias for alias in kind.aliases if len(alias) < len(kind.plural))
        yield Suggestion(kind.plural, start, short, kind.what, vocabulary.rows(kind.id))
    further = {word: alias for alias, word in reversed(ALIASES.items())}
    for command in vocabulary.commands:
        short = further.get(command.word, "")
        yield Suggestion(command.word, start, short, command.title, sort="command")


def _place_words(typed: str, start: int, vocabulary: Vocabulary) -> Iterable[Suggestion]:
    cloud, slash, _ = typed.partition("/")
    if slash:
        known = _same(cloud, vocabulary.clouds)
        for region in vocabulary.clouds.get(known, ()):
            yield Suggestion(f"{known}/{region}", start, "", f"region of {known}", sort="region")
        return
    for name, regions in vocabulary.clouds.items():
        yield Suggestion(name, start, "", ", ".join(regions), sort="cloud")


def _arguments(word: str, typed: str, vocabulary: Vocabulary, start: int) -> list[Suggestion]:
    word = ALIASES.get(word, word)
    choices: dict[str, str] = {}
    if word == "cloud":
        choices = {name: ", ".join(regions) for name, regions in vocabulary.clouds.items()}
    elif word == "region":
        for cloud, regions in vocabulary.clouds.items():
            for region in regions:
                choices[region] = f"{choices[region]}, {cloud}" if region in choices else cloud
    elif word == "project":
        choices = dict.fromkeys(vocabulary.projects, "")
    elif word == "theme":
        choices = dict.fromkeys(vocabulary.themes, "")
    elif word == "filter":
        choices = dict(vocabulary.filters)
    return _ranked((Suggestion(name, start, "", what, sort=word) for name, what in choices.items()), typed.casefold())
