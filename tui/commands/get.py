"""`stackdeck get`: the same engine without a screen, for pipes and scripts."""

from __future__ import annotations

import difflib
import io
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TextIO

from tui.commands import say
from tui.commands.opening import no_scopes, open_clouds, prepare
from tui.commands.plain import choose, write_plain
from tui.config.options import Options
from tui.config.settings import Settings
from tui.live.reading import read_all
from tui.live.saving import write_table
from tui.live.sorting import sort_key
from tui.live.tunnels import Tunnels
from tui.model.column import Column
from tui.model.entry import Entry
from tui.model.filter import Filter, parse
from tui.model.text import visible
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.resources.kind import Kind
from tui.resources.registry import KINDS, columns_of, kind_of

Style = Literal["table", "wide", "json", "yaml", "csv"]
STYLES: tuple[Style, ...] = ("table", "wide", "json", "yaml", "csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line, as typed."""

    kind: str
    name: str = ""
    style: Style = "table"
    sort: str = ""
    """A column; with a leading - or trailing :desc in reverse."""
    columns: tuple[str, ...] = ()
    all_projects: bool = False


@dataclass(frozen=True, slots=True)
class _Plan:
    """The request, checked."""

    kind: Kind
    columns: tuple[Column, ...]
    chosen: tuple[Column, ...]
    sort: Column | None
    reverse: bool
    filter: Filter


def run(options: Options, request: Request, settings: Settings, out: TextIO | None = None) -> int:
    """Print the rows; returns 0, or 1 when a place failed or a named row does not exist.

    Rows of the places that answered are printed all the same; troubles go to stderr. Raises TroubleError (CONFIG) for
    what is wrong with the request or the configuration.
    """
    plan = _planned(options, request)
    tunnels = Tunnels(settings.ssh)
    clouds = open_clouds(options, settings, tunnels)
    failed = prepare(clouds, tunnels)
    for trouble in failed:
        say.tell(trouble)
    scopes = [scope for scope in clouds.scopes if not options.regions or scope.region in options.regions]
    if not scopes:
        if failed:
            return 1
        raise TroubleError(no_scopes(clouds, options))
    told: list[Trouble] = []
    rows = read_all(
        clouds,
        plan.kind,
        scopes,
        all_projects=request.all_projects,
        on_trouble=lambda _, trouble: told.append(trouble),
    )
    at = time.time()
    rows = _ordered(_wanted(rows, plan, request.name, at), plan)
    _print(rows, plan, request, at, len(scopes), say.usable(out or sys.stdout))
    for trouble in dict.fromkeys(told):
        say.tell(trouble)
    if request.name and not rows and not told:
        say.complain(f"There is no {plan.kind.id} called {request.name}", f"Asked: {_asked(scopes)}")
        return 1
    return 1 if told or failed else 0


def _asked(scopes: Sequence[object]) -> str:
    labels = list(dict.fromkeys(str(getattr(scope, "label", "")) for scope in scopes))
    return ", ".join(labels[:8]) + (f" and {len(labels) - 8} more" if len(labels) > 8 else "")


def kind_named(word: str) -> Kind:
    """Return the kind that a word means. Raises TroubleError (CONFIG) with the nearest."""
    kind = kind_of(word)
    if kind is None:
        raise _usage(f"There is no kind «{word}»", word, list(KINDS))
    return kind


def _planned(options: Options, request: Request) -> _Plan:
    kind = kind_named(request.kind)
    columns = columns_of(kind)
    chosen = tuple(_column(columns, name) for name in request.columns)
    sort, reverse = None, False
    if request.sort:
        name = request.sort.lower()
        reverse = name.startswith("-") or name.endswith(":desc")
        sort = _column(columns, name.removeprefix("-").removesuffix(":desc").removesuffix(":asc"))
    wanted = parse(options.filter, columns)
    if wanted.problems:
        # A script must not take the rows of another filter for those it asked for.
        raise TroubleError(Trouble(Cause.CONFIG, f"--filter: {'; '.join(wanted.problems)}"))
    return _Plan(kind, columns, chosen, sort, reverse, wanted)


def _column(columns: Sequence[Column], name: str) -> Column:
    wanted = name.strip().lower()
    for column in columns:
        if wanted in {column.key, column.head.lower(), *column.aliases}:
            return column
    raise _usage(f"There is no column «{name}»", wanted, [column.key for column in columns])


def _usage(title: str, typed: str, known: Sequence[str]) -> TroubleError:
    near = difflib.get_close_matches(typed, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else ""
    hint = f"{hint} There are: {', '.join(known)}".strip()
    return TroubleError(Trouble(Cause.CONFIG, title, hint=hint))


def _wanted(rows: Sequence[Entry], plan: _Plan, name: str, at: float) -> list[Entry]:
    passes = plan.filter.compile(at)
    chosen = [entry for entry in rows if passes(entry)]
    if name:
        chosen = [entry for entry in chosen if name in {entry.id, plan.kind.name(entry.row)}]
    return chosen


def _ordered(rows: list[Entry], plan: _Plan) -> list[Entry]:
    """Sort by the column asked for; rows without a value come last either way."""
    if plan.sort is None:
        return rows
    key = sort_key(plan.sort)
    valued = [(found, entry) for entry in rows if (found := key(entry)) is not None]
    valued.sort(key=lambda pair: pair[0], reverse=plan.reverse)
    return [entry for _, entry in valued] + [entry for entry in rows if key(entry) is None]


def _print(rows: Sequence[Entry], plan: _Plan, request: Request, at: float, places: int, out: TextIO) -> None:
    on_terminal = out.isatty()
    if request.style == "table" or request.style == "wide":
        columns = plan.chosen or choose(plan.columns, wide=request.style == "wide", places=places)
        width = _width(out) if on_terminal and request.style == "table" and not plan.chosen else 0
        write_plain(columns, rows, at, out, width)
    else:
        saved = io.StringIO() if on_terminal else out
        write_table(request.style, plan.chosen or plan.columns, rows, saved)
        if isinstance(saved, io.StringIO):
            # Pipes get what the cloud sent; a terminal nothing that could control it.
            out.write(visible(saved.getvalue().replace("\r\n", "\n")))
    out.flush()


def _width(out: TextIO) -> int:
    try:
        return os.get_terminal_size(out.fileno()).columns
    except (OSError, ValueError):
        return 0
