"""What the lines around the table say, computed from what is browsed."""

from __future__ import annotations

from tui.live.places import PlaceKey
from tui.live.scope_state import Phase
from tui.model.amount import clock, count, time_of
from tui.model.status import Health
from tui.model.text import inert
from tui.model.trouble import Cause
from tui.resources.registry import KINDS
from tui.ui import statement
from tui.ui.browsing import Browsing
from tui.ui.header import Whereabouts
from tui.ui.line import Span, Spans
from tui.ui.notice import Failing, worst_first
from tui.ui.places import SideRow, kind_rows, place_rows
from tui.ui.session import Session

_DAY = 86_400.0
_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
FEW = 8
"""Rows that a filter may leave for its terms to be explained under them."""


def whereabouts(browsing: Browsing) -> Whereabouts:
    """Return what the header says."""
    session, scopes = browsing.session, browsing.scopes
    states = [browsing.state(scope) for scope in scopes]
    now = session.now()
    live = [state for state in states if state.trouble is None and state.answered_at and not state.is_memory]
    failing = [state for state in states if state.trouble is not None]
    broken = [entry for entry in session.entries if entry.trouble is not None and not entry.scopes]
    chosen = {cloud for cloud, _ in browsing.look.places}
    inside = [entry for entry in session.entries if not chosen or entry.name in chosen]
    identities = [who for scope in scopes if (who := browsing.fleet.identity(scope)) is not None]
    users = {who.user for who in identities if who.user}
    projects = {who.project for who in identities if who.project}
    paused = session.feeds.paused if session.feeds is not None else 0.0
    clouds, regions = (
        (chosen, {region for _, region in browsing.look.places if region}) if chosen else left_over(session)
    )
    # A frame drawn ahead is shown before any tunnel stands.
    chains = [] if browsing.ahead else [hops for entry in inside for hops in entry.tunnels]
    return Whereabouts(
        clouds=tuple(sorted(clouds)),
        regions=tuple(sorted(regions)),
        project=_project(browsing, projects),
        user=next(iter(users)) if len(users) == 1 else f"{len(users)} users" if users else "",
        domain=next(iter({who.user_domain for who in identities}), "") if len(users) == 1 else "",
        protected=tuple(entry.alias or entry.name for entry in inside if entry.protected),
        read_only=tuple(entry.alias or entry.name for entry in inside if entry.read_only),
        all_read_only=session.options.read_only,
        live=len(live),
        failing=len(failing) + (len(broken) if not chosen else sum(entry.name in chosen for entry in broken)),
        asking=len(browsing.asking()) if any(state.phase is not Phase.PAUSED for state in states) else 0,
        age=max((now - state.answered_at for state in live), default=0.0),
        paused=clock(paused, False) if paused else "",
        tunnels=tuple(session.tunnels.standing(hops) for hops in chains),
    )


def left_over(session: Session) -> tuple[set[str], set[str]]:
    """Return the clouds and regions that options and OS_CLOUD left of what is configured; none: all of it."""
    options, narrowed = session.options, session.clouds is not None and session.clouds.narrowed
    given = bool(options.clouds or narrowed) and "*" not in options.clouds
    clouds = {entry.name for entry in session.entries} if given else set()
    regions = {scope.region for scope in session.scopes}
    return clouds, regions if "" not in regions and (options.regions or len(regions) == 1) else set()


def _project(browsing: Browsing, projects: set[str]) -> str:
    if browsing.all_projects:
        return "all"
    if len(projects) > 1:
        return f"{len(projects)} projects"
    return next(iter(projects), "")


def side_rows(browsing: Browsing) -> tuple[list[SideRow], list[list[SideRow]]]:
    """Return the lines of the side pane."""
    places = place_rows(browsing.session.entries, browsing.look.places, browsing.state, browsing.count_of)
    return places, kind_rows(KINDS.values(), browsing.look.kind, browsing.number_of)


def title_said(browsing: Browsing) -> list[Span]:
    """Return the sentence of the title while places have not answered: whose rows are old, or nothing."""
    waiting = browsing.asking()
    old = [state.answered_at for scope in waiting if (state := browsing.state(scope)).rows and state.answered_at]
    if not waiting or not old:
        return []
    number = len(waiting)
    who = f"{_NUMBERS[number] if number < len(_NUMBERS) else number} {'region has' if number == 1 else 'regions have'}"
    # Drawn ahead it is read on another day, maybe: with its date, and shorter, to fit 80 columns with it.
    since = time_of(min(old), browsing.session.now() + (_DAY if browsing.ahead else 0.0))
    theirs = " Rows from" if browsing.ahead else f" {'Its' if number == 1 else 'Their'} rows are from"
    return [Span(f"◐ {who} not answered yet.", "move"), Span(f"{theirs} {since}.", "dim")]


def progress(browsing: Browsing) -> str:
    """Return how far the first lists have come: «loading, 7 pages, 3 of 5 places are in»; empty when they are.

    The title's count says how many rows have come.
    """
    states = [state for scope in browsing.scopes if (state := browsing.state(scope)).trouble is None]
    todo = [state for state in states if not state.complete]
    if not todo or not any(state.rows for state in states):
        return ""
    pages = sum(state.pages for state in todo)
    said = ["loading"]
    if pages > 1:
        said.append(f"{pages} pages")
    if len(states) > 1:
        said.append(f"{len(states) - len(todo)} of {len(states)} places are in")
    return ", ".join(said)


def place_words(places: frozenset[PlaceKey]) -> str:
    """Return the chosen places for a sentence: «lab muc1», «all clouds», «3 places»."""
    if not places:
        return "all clouds"
    if len(places) == 1:
        cloud, region = next(iter(places))
        return inert(f"{cloud} {region}".strip())
    return f"{len(places)} places"


def statement_lines(browsing: Browsing, width: int, loaded: bool) -> list[Spans]:
    """Return what stands in the table's place while it has no rows."""
    session, kind = browsing.session, browsing.kind
    if session.trouble is not None:
        return statement.no_cloud(session.trouble, width)
    if not loaded:
        return statement.loading(0)
    if browsing.view.busy:
        return []
    failing = browsing.failing()
    waiting = browsing.asking()
    if (name := browsing.asks_for()) and not waiting and len(failing) >= len(browsing.scopes):
        entry = next(entry for entry in session.entries if entry.name == name)
        if entry.prompts and entry.trouble is not None and entry.trouble.cause is Cause.ASK:
            return statement.ask(name, [prompt.label for prompt in entry.prompts], width)
    if failing and not waiting and len(failing) >= len(browsing.scopes) and not browsing.view.total:
        return _failed(browsing, width)
    if waiting or browsing.loading():
        done = len(browsing.scopes) - len(waiting)
        if not browsing.view.total:
            return statement.loading(len(browsing.scopes), done, [scope.label for scope in waiting])
    return _empty(browsing, kind.many, width)


def _failed(browsing: Browsing, width: int) -> list[Spans]:
    failing = browsing.failing()
    trouble = failing[0].trouble
    ways = [("ctrl+r", "try again")]
    if name := browsing.asks_for():
        ways.append(("enter", "answer it" if browsing.session.asking_hops(name) else "sign in"))
    if browsing.look.places:
        ways.append(("esc", "all clouds"))
    notes = _again(failing[0])
    if browsing.look.places and len(browsing.session.scopes) > len(browsing.scopes):
        notes.append("The other clouds go on as before.")
    return statement.error(trouble, width, ways, notes)


def trouble_lines(browsing: Browsing, width: int) -> list[Spans]:
    """Return every failing place with all that is known of it, worst first; empty when none fails."""
    lines: list[Spans] = []
    for one in worst_first(browsing.failing()):
        rows = [f"{count(one.rows)} rows as of {clock(one.answered_at)}."] if one.answered_at else []
        lines += [*statement.error(one.trouble, width, (), [*rows, *_again(one)]), (), ()]
    return lines[:-2]


def _again(failing: Failing) -> list[str]:
    """Say when a place is asked again."""
    if failing.trouble.cause is Cause.SIGN_IN:
        return ["Not asked again by itself: a wrong password can lock the account."]
    return [f"Asked again by itself at {clock(failing.next_try, False)}."] if failing.next_try else []


def _empty(browsing: Browsing, plural: str, width: int) -> list[Spans]:
    look, total = browsing.look, browsing.view.total
    where = place_words(look.places)
    ways: list[tuple[str, str]] = []
    if not browsing.filter.empty:
        ways.append(("esc", f"clear the filter: {count(total)} {plural}"))
        if look.places:
            ways.append((":cloud all", "look in all clouds"))
        return statement.empty(f"No {browsing.kind.one} in {where}", width, ways, look.filter)
    if look.unhealthy and total:
        ways.append(("ctrl+z", f"show all {count(total)} {plural}"))
        return statement.empty(f"No {browsing.kind.one} in {where} is unhealthy", width, ways)
    if look.restriction is not None:
        ways += [] if browsing.all_projects else [("0", "look in all projects")]
        ways.append(("esc", "go back"))
        return statement.empty(look.restriction.none, width, ways)
    if look.places:
        ways.append((":cloud all", "look in all clouds"))
    if not browsing.all_projects:
        ways.append(("0", "all projects"))
    ways.append((":", "go to another kind"))
    return statement.empty(f"No {browsing.kind.one} in {where}", width, ways)


def rows_hidden(browsing: Browsing, width: int, typing: bool) -> list[Spans]:
    """Return what stands under the few rows that a filter leaves while it is typed."""
    shown, total = len(browsing.view.rows), browsing.view.total
    if not typing or browsing.filter.empty or shown > FEW or not shown:
        return []
    blank: Spans = ()
    return [blank, blank, *statement.rest_of_filter(browsing.kind.many, total - shown, width)]


def title_parts(browsing: Browsing) -> tuple[int | None, dict[Health, int], str]:
    """Return count, counts by health and a sentence in their place for the title line."""
    shown = len(browsing.view.rows)
    if not browsing.filter.empty:
        return None, browsing.counts(), "" if shown else "no row matches"
    counts = browsing.counts()
    counts.pop(Health.NONE, None)
    return (shown if any(browsing.state(scope).answered_at for scope in browsing.scopes) else None), counts, ""
