"""The Block Storage service: its routes, version document, microversions and error bodies; snapshots and types."""

from __future__ import annotations

import re

from tui.demo.cinder import quota, view, volumes
from tui.demo.cinder.lists import links, own, page
from tui.demo.clock import seeded_uuid
from tui.demo.machine import later
from tui.demo.records import Json
from tui.demo.rest import Answer, Call, Refusal, Service, reply
from tui.demo.rest import page as webob_page
from tui.demo.storage import Snapshot

MAX_MINOR = 71
NAMES = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    429: "overLimit",
    503: "serviceUnavailable",
}
_VERSION = re.compile(r"^3\.(\d+)$")
BASE = "/v3/{tenant}"


class Storing(Service):
    """Cinder of every region."""

    kind = "block-storage"
    unguarded = frozenset({""})

    def __init__(self) -> None:
        super().__init__()
        add = self.routes.add
        add("GET", "/", versions)
        add("GET", "/v3", lambda call: versions(call, 200))
        volumes.add_routes(self.routes, BASE)
        quota.add_routes(self.routes, BASE)
        add("GET", f"{BASE}/snapshots", lambda call: list_snapshots(call, full=False))
        add("GET", f"{BASE}/snapshots/detail", lambda call: list_snapshots(call, full=True))
        add("POST", f"{BASE}/snapshots", create_snapshot)
        add("GET", f"{BASE}/snapshots/{{snapshot}}", show_snapshot)
        add("DELETE", f"{BASE}/snapshots/{{snapshot}}", delete_snapshot)
        add("GET", f"{BASE}/attachments", lambda call: attachments(call, full=False))
        add("GET", f"{BASE}/attachments/detail", lambda call: attachments(call, full=True))
        add("GET", f"{BASE}/types", types)
        add("GET", f"{BASE}/types/{{type}}", one_type)
        add("GET", f"{BASE}/os-availability-zone", zones)
        add("GET", f"{BASE}/backups", lambda call: reply({"backups": []}))
        add("GET", f"{BASE}/backups/detail", lambda call: reply({"backups": []}))
        add("GET", f"{BASE}/messages", lambda call: reply({"messages": []}))

    def prepare(self, call: Call) -> None:
        """Read the microversion; 3.0 when none is asked for."""
        call.microversion = 0
        for part in (call.headers.get("OpenStack-API-Version") or "").split(","):
            words = part.split()
            if len(words) == 2 and words[0] in ("volume", "block-storage"):
                match = _VERSION.match(words[1])
                if words[1] == "latest":
                    call.microversion = MAX_MINOR
                elif match is not None and int(match[1]) <= MAX_MINOR:
                    call.microversion = int(match[1])
                else:
                    call.params["version"] = words[1]
                    span = f"Minimum is 3.0 and maximum is 3.{MAX_MINOR}."
                    raise Refusal(406, f"Version {words[1]} is not supported by the API. {span}")

    def admit(self, call: Call) -> None:
        """The project in the path must be the token's."""
        tenant = call.params.get("tenant")
        if tenant is not None and call.token is not None and tenant != call.token.project_id and not call.admin:
            raise Refusal(400, f"Malformed request url: project_id '{tenant}' does not match the token's")

    def refuse(self, call: Call, refusal: Refusal) -> Answer:
        """Cinder's error body: one key that names the fault."""
        body: Json = {"code": refusal.status, "message": refusal.message}
        if refusal.status in (413, 429):
            body["retryAfter"] = refusal.headers.get("Retry-After", "0")
        return reply({NAMES.get(refusal.status, "computeFault"): body}, refusal.status)

    def unknown(self, call: Call) -> Answer:
        """The answer to a path that does not exist."""
        return webob_page(call, "Not Found", "The resource could not be found.", 404)

    def dress(self, call: Call, answer: Answer) -> None:
        """The request id under both its names, and the microversion."""
        super().dress(call, answer)
        if answer.status == 401:
            return
        answer.headers["x-compute-request-id"] = answer.headers["x-openstack-request-id"]
        version = call.params.get("version", f"3.{call.microversion}")
        answer.headers["OpenStack-API-Version"] = f"volume {version}"
        answer.headers["Vary"] = "OpenStack-API-Version"


def versions(call: Call, status: int = 300) -> Answer:
    """`GET /`: the one version."""
    kind = "application/vnd.openstack.volume+json;version=3"
    about = [
        {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
        {"rel": "self", "href": f"{call.root}/v3/"},
    ]
    row = {
        "id": "v3.0",
        "status": "CURRENT",
        "version": f"3.{MAX_MINOR}",
        "min_version": "3.0",
        "updated": "2023-08-31T00:00:00Z",
        "links": about,
        "media-types": [{"base": "application/json", "type": kind}],
    }
    return reply({"versions": [row]}, status)


def list_snapshots(call: Call, full: bool) -> Answer:
    """`GET /snapshots` and `/snapshots/detail`."""
    rows, more = page(call, own(call, call.place.snapshots.values()), "Snapshot")
    body: Json = {"snapshots": [view.snapshot(call, it, full) for it in rows]}
    following = links(call, rows, more)
    if following:
        body["snapshots_links"] = following
    return reply(body)


def _snapshot(call: Call) -> Snapshot:
    ident = call.params["snapshot"]
    it = call.place.snapshots.get(ident)
    if it is None or not (call.admin or it.project_id == call.scope.project_id):
        raise Refusal(404, f"Snapshot {ident} could not be found.")
    return it


def show_snapshot(call: Call) -> Answer:
    """`GET /snapshots/{snapshot}`."""
    return reply({"snapshot": view.snapshot(call, _snapshot(call))})


def create_snapshot(call: Call) -> Answer:
    """`POST /snapshots`: of an idle volume, or by force (from 3.66 without) of one in use."""
    wanted = call.json().get("snapshot") or {}
    volume = volumes.find(call, str(wanted.get("volume_id")))
    forced = bool(wanted.get("force")) or call.microversion >= 66
    if volume.status != "available" and not (forced and volume.status == "in-use"):
        problem = f"Volume {volume.id} status must be available, but current status is: {volume.status}."
        raise Refusal(400, f"Invalid volume: {problem}")
    quota.require(call, 0, volume.size, 1)
    region, now = call.place, call.place.now()
    project, user = call.scope.project_id or "", call.scope.user.id
    made = Snapshot(seeded_uuid(region.rng), wanted.get("name"), volume.id, project, user, volume.size, now, now)
    made.description = wanted.get("description")
    made.metadata = {str(k): str(v) for k, v in (wanted.get("metadata") or {}).items()}
    region.snapshots[made.id] = made

    def done() -> None:
        made.status, made.updated = "available", region.now()

    later(volumes.WORK, done)
    return reply({"snapshot": view.snapshot(call, made, new=True)}, 202)


def delete_snapshot(call: Call) -> Answer:
    """`DELETE /snapshots/{snapshot}`."""
    it = _snapshot(call)
    if it.status not in ("available", "error"):
        raise Refusal(400, f"Invalid snapshot: Snapshot status must be one of available, error, but is {it.status}")
    it.status = "deleting"

    def done() -> None:
        call.place.snapshots.pop(it.id, None)

    later(volumes.WORK, done)
    return Answer(202, content_type="text/html; charset=UTF-8")


def attachments(call: Call, full: bool) -> Answer:
    """`GET /attachments` and `/attachments/detail`, from 3.27 on."""
    if call.microversion < 27:
        raise Refusal(404, "The resource could not be found.")
    rows = [it for it in own(call, call.place.volumes.values()) if it.attached is not None]
    server = call.first("instance_id")
    rows = [it for it in rows if server is None or it.server_id == server]
    return reply({"attachments": [view.attachment(call, it, full) for it in rows]})


def types(call: Call) -> Answer:
    """`GET /types`."""
    return reply({"volume_types": [view.volume_type(call, it) for it in call.place.volume_types]})


def one_type(call: Call) -> Answer:
    """`GET /types/{type}`; the default one has a name of its own."""
    ident = call.params["type"]
    it = volumes.kind_named(call.place, "" if ident == "default" else ident)
    if it is None:
        raise Refusal(404, f"Volume type {ident} could not be found.")
    return reply({"volume_type": view.volume_type(call, it)})


def zones(call: Call) -> Answer:
    """`GET /os-availability-zone`."""
    rows = [{"zoneName": zone, "zoneState": {"available": True}} for zone in call.place.zones]
    return reply({"availabilityZoneInfo": rows})
