"""The control endpoint under `/_demo`: tests break and mend things with it, and ask what was requested.

- GET, POST, DELETE /_demo/faults: `{"fault": "error:prod-us"}` or `{"faults": [...]}`; DELETE `{"kind": "hang"}` or all
- GET, DELETE /_demo/requests: counts by method, path and scope, logins, bytes of the answers' bodies; requests that
  would change something and their JSON (the last 200)
- POST /_demo/quotas: `{"region": "prod-eu/fra1", "service": "compute", "project": NAME or id, "limits": {"cores": 8}}`
- DELETE /_demo/tokens: ends every token
- POST /_demo/passwords: `{"cloud": "prod-eu", "user": "mira", "password": …}`
- GET /_demo/world: clouds, their projects, and how many servers each region has
- GET, POST, DELETE /_demo/servers/ID (or a unique name); POST alters status, task_state, name, description, metadata,
  tags, host, fault, locked, down_cell; with `quiet`, `updated` stays as it is
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tui.demo.faults import Fault, FaultBoard, FaultSyntaxError
from tui.demo.fleet import fail
from tui.demo.records import Json, Server
from tui.demo.rest import Answer, Refusal, reply
from tui.demo.states import POWER, VM_STATES, status_of
from tui.demo.tally import Tally
from tui.demo.tokens import TokenStore
from tui.demo.world import Region, World


class Control:
    """Answers the control requests, which are neither counted nor hit by faults."""

    def __init__(self, world: World, faults: FaultBoard, tally: Tally, tokens: TokenStore) -> None:
        self.world = world
        self.faults = faults
        self.tally = tally
        self.tokens = tokens
        for fault in faults.faults:
            self._skew(fault)

    def answer(self, method: str, path: str, raw: bytes) -> Answer:
        """Answer one control request."""
        try:
            body = msgspec.json.decode(raw) if raw else {}
            parts = path.strip("/").split("/")[1:]
            return self._answer(method, parts, body)
        except Refusal as refusal:
            return reply({"error": refusal.message}, refusal.status)
        except (msgspec.DecodeError, FaultSyntaxError, KeyError, ValueError) as error:
            return reply({"error": f"{type(error).__name__}: {error}"}, 400)

    def _answer(self, method: str, parts: list[str], body: Any) -> Answer:
        simple: dict[tuple[str, str], Callable[[Any], Answer]] = {
            ("GET", "faults"): lambda body: reply({"faults": self.faults.describe()}),
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "requests"): lambda body: reply(self.tally.describe()),
            ("DELETE", "requests"): self._clear_requests,
            ("DELETE", "tokens"): self._revoke_all,
            ("POST", "quotas"): self._set_quota,
            ("POST", "passwords"): self._set_password,
            ("GET", "world"): lambda body: reply(self._world()),
        }
        handler = simple.get((method, parts[0])) if len(parts) == 1 else None
        if handler is not None:
            return handler(body)
        if parts[0] == "servers" and len(parts) == 2 and method in ("GET", "POST", "DELETE"):
            region, server = self._find(parts[1])
            if method == "POST":
                alter(region, server, body)
            elif method == "DELETE":
                region.remove(server)
            return reply(describe(region, server))
        raise Refusal(404, f"no such control: {method} /_demo/{'/'.join(parts)}")

    def _add_fault(self, body: Any) -> Answer:
        """`{"fault": "error:prod-us/sjc2"}`, or a list of these under `faults`."""
        texts = body.get("faults") or [body["fault"]]
        for text in texts:
            self._skew(self.faults.add(text))
        return reply({"faults": self.faults.describe()}, 201)

    def _clear_faults(self, body: Any) -> Answer:
        """Mend everything, or one kind (`{"kind": "hang"}`)."""
        kind = body.get("kind") if isinstance(body, dict) else None
        gone = self.faults.clear(kind)
        if kind in (None, "clock-skew"):
            for region in self.world.regions():
                region.skew = region.cloud.skew = 0.0
        return reply({"cleared": gone})

    def _clear_requests(self, body: Any) -> Answer:
        self.tally.clear()
        return reply(self.tally.describe())

    def _revoke_all(self, body: Any) -> Answer:
        """End every token, as a Keystone does whose keys were rotated."""
        count = len(self.tokens.tokens)
        self.tokens.tokens.clear()
        return reply({"revoked": count})

    def _set_quota(self, body: Any) -> Answer:
        """Give a project other limits in one service of a region; they are merged with those it has."""
        cloud, _, name = str(body["region"]).partition("/")
        region = self.world.clouds[cloud].regions[name]
        project = region.cloud.project_named(str(body["project"]))
        ident = project.id if project is not None else str(body["project"])
        limits = region.limits.setdefault((str(body["service"]), ident), {})
        limits.update({str(key): int(value) for key, value in body["limits"].items()})
        return reply({"limits": limits})

    def _set_password(self, body: Any) -> Answer:
        """Give a user of a cloud another password."""
        user = self.world.clouds[str(body["cloud"])].user_named(str(body["user"]))
        if user is None:
            raise Refusal(404, f"there is no user {body['user']}")
        user.password = str(body["password"])
        return reply({"user": user.name})

    def _skew(self, fault: Fault) -> None:
        if fault.kind != "clock-skew":
            return
        for region in self.world.regions():
            if fault.covers((region.cloud.name, region.name)):
                region.skew = fault.value
            if fault.covers((region.cloud.name, "identity")):
                region.cloud.skew = fault.value

    def _find(self, ident: str) -> tuple[Region, Server]:
        """A server by id, or by name when it has no namesake."""
        for region in self.world.regions():
            if ident in region.servers:
                return region, region.servers[ident]
        named = [(r, s) for r in self.world.regions() for s in r.servers.values() if s.name == ident]
        if len(named) != 1:
            raise Refusal(404, f"{len(named)} servers are called {ident}")
        return named[0]

    def _world(self) -> Json:
        return {
            "seed": self.world.seed,
            "clouds": {
                cloud.name: {
                    "projects": {p.name: p.id for p in cloud.projects.values()},
                    "regions": {r.name: len(r.servers) for r in cloud.regions.values()},
                }
                for cloud in self.world.clouds.values()
            },
        }


def describe(region: Region, server: Server) -> Json:
    """What the control endpoint says about a server."""
    return {
        "id": server.id,
        "name": server.name,
        "cloud": region.cloud.name,
        "region": region.name,
        "project_id": server.project_id,
        "status": status_of(server.vm_state, server.task_state, server.deleted),
        "vm_state": server.vm_state,
        "task_state": server.task_state,
        "updated": server.updated,
    }


def alter(region: Region, server: Server, body: Json) -> None:
    """Change a server from outside: its status, task, name, tags, cell, or what is wrong with it."""
    server.volatile = True
    known = {
        "status",
        "task_state",
        "name",
        "description",
        "metadata",
        "host",
        "fault",
        "down_cell",
        "tags",
        "locked",
        "quiet",
    }
    unknown = set(body) - known
    if unknown:
        raise Refusal(400, f"cannot alter {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}")
    if "status" in body:
        if body["status"] not in VM_STATES:
            raise Refusal(400, f"status must be one of {', '.join(VM_STATES)}; use task_state for the passing ones")
        server.vm_state = VM_STATES[body["status"]]
        server.power_state = POWER[server.vm_state]
        server.task_state = None
        server.fault = None
        if server.vm_state == "error":
            fail(region, server, "no-host", region.now())
    for name in ("task_state", "name", "description", "metadata", "host", "down_cell", "tags"):
        if name in body:
            setattr(server, name, body[name])
    region.cell_down |= server.down_cell
    if "fault" in body and server.fault is not None:
        server.fault.message = body["fault"]
    if "locked" in body:
        server.locked_by = "owner" if body["locked"] else None
    if body.get("quiet"):
        region.refresh(server)
    else:
        region.touch(server)
