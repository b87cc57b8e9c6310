"""Finds load balancers and their parts, as far as the caller may see them."""

from __future__ import annotations

from collections.abc import Iterator

from tui.demo.balance import Balancer, Listener, Pool
from tui.demo.rest import Call, Refusal


def balancers(call: Call) -> Iterator[Balancer]:
    """Every load balancer that the caller may see: an admin all of them, unless it names a project."""
    for it in call.place.balancers.values():
        if call.admin or it.project_id == call.scope.project_id:
            yield it


def find_balancer(call: Call, ident: str = "") -> Balancer:
    """The load balancer of the path."""
    ident = ident or call.params["lb"]
    for it in balancers(call):
        if it.id == ident:
            return it
    raise Refusal(404, f"Load Balancer {ident} not found.")


def find_listener(call: Call, ident: str = "") -> tuple[Balancer, Listener]:
    """The listener of the path and its load balancer."""
    ident = ident or call.params["listener"]
    for lb in balancers(call):
        for it in lb.listeners:
            if it.id == ident:
                return lb, it
    raise Refusal(404, f"Listener {ident} not found.")


def find_pool(call: Call, ident: str = "") -> tuple[Balancer, Pool]:
    """The pool of the path and its load balancer."""
    ident = ident or call.params["pool"]
    for lb in balancers(call):
        for it in lb.pools:
            if it.id == ident:
                return lb, it
    raise Refusal(404, f"Pool {ident} not found.")
