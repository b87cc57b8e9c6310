"""Rows, scopes and events for tests of fleet and view."""

from __future__ import annotations

from collections.abc import Sequence

from tui.live.names import Book
from tui.live.natural import unique
from tui.model.entry import Entry
from tui.model.events import Delta, Failed, SignedIn
from tui.model.place import Identity, Place, Scope
from tui.model.trouble import Cause, Trouble
from tui.resources.server import SERVER
from tui.resources.server_row import Server

PLACE = Place("http://keystone", "r1")
ADMIN = Scope("admin", PLACE, ("admin",), "admin")
WEB = Scope("web", PLACE, ("web",), "web")
OTHER = Scope("other", Place("http://keystone", "r2"), ("other",), "web")
SCOPES = (ADMIN, WEB, OTHER)
BOOK = Book()
TIMEOUT = Trouble(Cause.TIMEOUT, "Nova does not answer: timed out after 60 s", short="timeout 60s")


def server(
    ident: str, name: str = "", status: str = "ACTIVE", project: str = "p-web", host: str | None = None
) -> Server:
    """Make a row."""
    return Server(
        id=ident, name=name or ident, status=status, tenant_id=project, host=host, updated="2026-11-20T10:00:00Z"
    )


def entry(scope: Scope, row: Server) -> Entry:
    """Make an entry as a feed does."""
    origin = f"http://nova-{scope.place.region}"
    order = unique(row.name or "", row.id, origin)
    return Entry(f"{origin}|{row.id}", scope, row, SERVER.status(row), BOOK, order=order)


def delta(
    scope: Scope,
    rows: Sequence[Server] = (),
    removed: Sequence[str] = (),
    *,
    at: float = 100.0,
    generation: int = 1,
    complete: bool = True,
    restart: bool = False,
) -> Delta:
    """Make an answer; `removed` are ids."""
    keys = [f"http://nova-{scope.place.region}|{ident}" for ident in removed]
    upserts = [entry(scope, row) for row in rows]
    return Delta(generation, "server", scope, at, upserts, keys, complete, restart=restart)


def failed(scope: Scope, at: float = 200.0, trouble: Trouble = TIMEOUT) -> Failed:
    """Make a failure."""
    return Failed(1, "server", scope, at, trouble, next_try=at + 4)


def signed_in(scope: Scope, project_id: str) -> SignedIn:
    """Say whose token it is."""
    return SignedIn(scope, Identity(user="mira", project_id=project_id, project=scope.project))
