"""Looking things up for forms: lists of other services, kept for some seconds, several at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

from tui.cloud import Api, trouble_of
from tui.model.read import Params
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.resources.kind import Raw

T = TypeVar("T")

KEPT = 10.0
"""Seconds that an answer is good for: a form asks again with every key that is typed."""
_MOST = 20
"""Pages of one list; a picker with more than 20,000 rows serves nobody."""
_PAGE = ("limit", "1000")

_Key = tuple[str, str, Params]
_kept: WeakKeyDictionary[Api, dict[_Key, tuple[float, Any]]] = WeakKeyDictionary()
_lock = threading.Lock()


def rows(
    api: Api, service: str, path: str, key: str, params: Params = (), *, microversion: str = "", paged: bool = False
) -> list[Raw]:
    """Return a whole list, objects only. Blocking; raises TroubleError. Asked again after `KEPT` seconds."""

    def ask() -> list[Raw]:
        found: list[Raw] = []
        marker: Params = ()
        for _ in range(_MOST):
            reply = api.get(service, path, (*params, *((_PAGE,) if paged else ()), *marker), microversion=microversion)
            body = api.decoded(service, reply)
            items = body.get(key)
            found += [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
            marker = _next(body, key)
            if not marker or not items:
                break
        return found

    return _remembered(api, (service, path, params), ask)


def thing(api: Api, service: str, path: str, key: str, params: Params = (), *, microversion: str = "") -> Raw:
    """Return one object, as `rows` does a list. Blocking; raises TroubleError."""
    asked = (service, f"{path}#{key}", params)
    return _remembered(
        api, asked, lambda: api.decoded(service, api.get(service, path, params, microversion=microversion), key)
    )


def forget(api: Api) -> None:
    """Let everything be asked anew: something was changed."""
    with _lock:
        _kept.pop(api, None)


def together(jobs: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Run jobs side by side on daemon threads and return what each gave: its value, or the Trouble it met."""
    found: dict[str, Any] = {}

    def run(name: str, job: Callable[[], Any]) -> None:
        try:
            found[name] = job()
        except TroubleError as error:
            found[name] = error.trouble
        except Exception as error:
            found[name] = trouble_of(error)

    threads = [threading.Thread(target=run, args=pair, name=f"look {pair[0]}", daemon=True) for pair in jobs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def absent(found: object) -> bool:
    """Whether a lookup failed because the cloud has no such service or extension."""
    return isinstance(found, Trouble) and found.cause in {Cause.NO_SERVICE, Cause.NOT_FOUND}


def label(raw: Raw) -> str:
    """Return the name of a raw resource, or its id where it has none."""
    return str(raw.get("name") or raw.get("id") or "")


def number(value: object) -> int:
    """Return a number of an answer; 0 for anything that is none."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _remembered(api: Api, asked: _Key, ask: Callable[[], T]) -> T:
    now = time.monotonic()
    with _lock:
        at, value = _kept.setdefault(api, {}).get(asked, (0.0, None))
    if at and now - at < KEPT:
        return value  # type: ignore[no-any-return]
    fresh = ask()
    with _lock:
        its = _kept.setdefault(api, {})
        for key in [key for key, (then, _) in its.items() if now - then > KEPT]:
            del its[key]
        its[asked] = (time.monotonic(), fresh)
    return fresh


def _next(body: Mapping[str, Any], key: str) -> Params:
    """Return the marker of the next page: Nova, Neutron and Cinder link it in `<key>_links`, Glance in `next`."""
    links = body.get(f"{key}_links")
    hrefs: Sequence[object] = [
        link.get("href")
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, dict) and link.get("rel") == "next"
    ]
    for href in (*hrefs, body.get("next")):
        if isinstance(href, str) and (found := parse_qs(urlsplit(href).query).get("marker")):
            return (("marker", found[0]),)
    return ()
