"""What the process of a start fetches (`tui.live.prefetch`): the configuration, and one page of each place in view."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tui.cloud import Clouds
from tui.cloud.reading import kept
from tui.config.options import Options
from tui.config.settings import Settings
from tui.config.state import load_state
from tui.live.listing import FIRST
from tui.live.places import first_kind, first_places, scopes_of, still_there
from tui.live.prefetch import Asking, Fetched, Id, Message, Missed, Settled
from tui.model.place import Scope
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.resources.kind import Kind

MOST = 32
"""Places that are asked: each has a thread."""


def fetch(put: Callable[[Message], None], options: Options, settings: Settings) -> None:
    """Read the configuration, and ask the places of the first view for which a token is at hand.

    Where no configuration was kept it is only read, and kept: signing in is the dashboard's own. Raises TroubleError.
    """
    known = kept()
    clouds = Clouds.load(
        settings=settings,
        only=options.clouds,
        regions=options.regions,
        project=options.project,
        read_only=True,
        token_cache=True,
        kept=known,
        signs_in=known is None,
    )
    if known is None:
        clouds.keep()
        put(Settled())
        return
    put(Settled())
    memory = load_state()
    kind = first_kind(options, memory)
    places = still_there(clouds.entries, first_places(options, memory))
    scopes = [scope for scope in scopes_of(clouds.entries, places) if _can_ask(clouds, scope)][:MOST]
    put(Asking([(kind.id, scope.key, options.all_projects) for scope in scopes]))
    threads = [
        threading.Thread(target=_ask, args=(put, clouds, kind, scope, options.all_projects), daemon=True)
        for scope in scopes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _can_ask(clouds: Clouds, scope: Scope) -> bool:
    """Whether the scope can be asked with what is at hand: no sign-in, no jump host, a region that is known."""
    way = clouds.way(scope)
    return bool(scope.place.region) and way.signer is not None and way.signer.lasts and not way.route.tunnel


def _ask(put: Callable[[Message], None], clouds: Clouds, kind: Kind, scope: Scope, every: bool) -> None:
    id_: Id = kind.id, scope.key, every
    message: Message = Missed(id_, time.time())
    try:
        way = clouds.way(scope)
        api = clouds.api(scope, all_projects=every)
        identity = clouds.identity(scope)
        limit = (("limit", str(FIRST)),) if kind.read.limit else ()
        try:
            reply = api.list(kind.read, limit)
        except TroubleError as error:
            message = Missed(id_, time.time(), error.trouble if _is_told(error.trouble) else None)
            return
        if clouds.way(scope) is not way:
            return  # its token was refused meanwhile, and another entry's is not for us to choose
        message = Fetched(
            id_,
            time.time(),
            way.entry,
            api.origin(kind.read.service),
            identity,
            reply.status,
            reply.url,
            reply.request_id,
            reply.sent_microversion,
            reply.body,
        )
    except TroubleError:
        pass  # the feed will ask, and tell it
    finally:
        put(message)


def _is_told(trouble: Trouble) -> bool:
    """Whether the dashboard would be told the same; for what it can do more, such as sign in, it asks itself."""
    return trouble.retries and trouble.cause is not Cause.NO_SERVICE
