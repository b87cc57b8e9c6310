"""The Load Balancer service: its routes, lists and error bodies. A change makes the whole balancer PENDING_UPDATE."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from tui.demo.balance import Balancer, Listener, Member, Monitor, Pool
from tui.demo.octavia import changes, view
from tui.demo.octavia.finding import balancers, find_balancer, find_listener, find_pool
from tui.demo.records import Json
from tui.demo.rest import Answer, Call, Refusal, Routes, Service, identity_url, reply

MAX_LIMIT = 1000
BASES = ("/v2.0/lbaas", "/v2/lbaas")
MINORS = 31
_CONTROL = frozenset({"limit", "marker", "sort", "fields", "page_reverse"})


class Balancing(Service):
    """Octavia of every region."""

    kind = "load-balancer"
    unguarded = frozenset({""})

    def __init__(self) -> None:
        super().__init__()
        self.routes.add("GET", "/", versions)
        for base in BASES:
            add_routes(self.routes, base)
            changes.add_routes(self.routes, base)

    def refuse(self, call: Call, refusal: Refusal) -> Answer:
        """Octavia's error body says whose fault it was."""
        side = "Server" if refusal.status >= 500 else "Client"
        return reply({"faultcode": side, "faultstring": refusal.message, "debuginfo": None}, refusal.status)

    def unauthorized(self, call: Call) -> Answer:
        """The middleware's 401, whose realm is Keystone's root."""
        answer = super().unauthorized(call)
        answer.headers["WWW-Authenticate"] = f'Keystone uri="{identity_url(call.world, call.cloud)}"'
        return answer

    def unknown(self, call: Call) -> Answer:
        """The answer to a path that does not exist."""
        return reply({"code": 404, "title": "Not Found", "description": ""}, 404)


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths of what is looked at be found."""
    get: dict[str, Callable[[Call], Answer]] = {
        "/loadbalancers": lambda call: _list(call, "loadbalancers", (view.balancer(it) for it in balancers(call))),
        "/loadbalancers/{lb}": lambda call: reply({"loadbalancer": view.balancer(find_balancer(call))}),
        "/loadbalancers/{lb}/status": lambda call: reply(view.tree(find_balancer(call))),
        "/loadbalancers/{lb}/stats": stats,
        "/listeners": lambda call: _list(call, "listeners", (view.listener(lb, it) for lb, it in _listeners(call))),
        "/listeners/{listener}": lambda call: reply({"listener": view.listener(*find_listener(call))}),
        "/pools": lambda call: _list(call, "pools", (view.pool(lb, it) for lb, it in _pools(call))),
        "/pools/{pool}": lambda call: reply({"pool": view.pool(*find_pool(call))}),
        "/pools/{pool}/members": _members,
        "/pools/{pool}/members/{member}": lambda call: reply({"member": view.member(*changes.find_member(call))}),
        "/healthmonitors": lambda call: _list(call, "healthmonitors", (view.monitor(*row) for row in _monitors(call))),
        "/healthmonitors/{monitor}": lambda call: reply({"healthmonitor": view.monitor(*changes.find_monitor(call))}),
        "/providers": lambda call: reply({"providers": PROVIDERS}),
        "/flavors": lambda call: reply({"flavors": [], "flavors_links": []}),
        "/quotas/{of}": quota,
    }
    for path, handler in get.items():
        routes.add("GET", base + path, handler)


PROVIDERS = [
    {"name": "amphora", "description": "The Octavia Amphora driver."},
    {"name": "octavia", "description": "Deprecated alias of the Octavia Amphora driver."},
]


def versions(call: Call) -> Answer:
    """`GET /`: every minor version."""
    here = [{"href": f"{call.root}/v2", "rel": "self"}]
    rows = [
        {
            "id": f"v2.{minor}",
            "status": "CURRENT" if minor == MINORS - 1 else "SUPPORTED",
            "updated": "2025-07-04T00:00:00Z",
            "links": here,
        }
        for minor in range(MINORS)
    ]
    return reply({"versions": rows})


def stats(call: Call) -> Answer:
    """`GET /loadbalancers/{lb}/stats`."""
    find_balancer(call)
    names = ("bytes_in", "bytes_out", "active_connections", "total_connections", "request_errors")
    return reply({"stats": dict.fromkeys(names, 0)})


def quota(call: Call) -> Answer:
    """`GET /quotas/{project}`: without limit."""
    names = ("loadbalancer", "load_balancer", "listener", "member", "pool", "healthmonitor", "health_monitor")
    numbers: Json = dict.fromkeys((*names, "l7policy", "l7rule"), -1)
    return reply({"quota": numbers | {"project_id": call.params["of"], "tenant_id": call.params["of"]}})


def _listeners(call: Call) -> Iterator[tuple[Balancer, Listener]]:
    return ((lb, it) for lb in balancers(call) for it in lb.listeners)


def _pools(call: Call) -> Iterator[tuple[Balancer, Pool]]:
    return ((lb, it) for lb in balancers(call) for it in lb.pools)


def _monitors(call: Call) -> Iterator[tuple[Balancer, Pool, Monitor]]:
    return ((lb, pool, pool.monitor) for lb, pool in _pools(call) if pool.monitor is not None)


def _members(call: Call) -> Answer:
    owner, pool = find_pool(call)
    members: Sequence[Member] = pool.members
    return _list(call, "members", (view.member(owner, it) for it in members))


def _list(call: Call, name: str, rows: Iterator[Json]) -> Answer:
    wanted = [(key, value) for key, value in call.query if key not in _CONTROL]
    found = [row for row in rows if all(_matches(row, key, value) for key, value in wanted)]
    marker = call.first("marker")
    if marker is not None:
        places = [place for place, row in enumerate(found) if row["id"] == marker]
        found = found[places[0] + 1 :] if places else []
    limit = min(int(call.first("limit") or MAX_LIMIT), MAX_LIMIT)
    shown = found[:limit]
    links: list[Json] = []
    if shown and len(found) > limit:
        kept = [(key, value) for key, value in call.query if key != "marker"]
        href = f"{call.root}{call.path}?{urlencode([*kept, ('marker', shown[-1]['id'])])}"
        links = [{"rel": "next", "href": href}]
    fields = call.all("fields")
    shown = [{key: row[key] for key in fields if key in row} for row in shown] if fields else shown
    return reply({name: shown, f"{name}_links": links})


def _matches(row: Json, key: str, value: str) -> bool:
    has: Any = row.get(key)
    if isinstance(has, bool):
        return str(has).lower() == value.lower()
    if isinstance(has, list):
        return any(value == (one.get("id") if isinstance(one, dict) else one) for one in has)
    return ("" if has is None else str(has)) == value
