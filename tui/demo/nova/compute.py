"""The Compute service: its routes, version documents, microversions and error bodies."""

from __future__ import annotations

import re

from tui.demo.nova import (
    actions,
    attachments,
    boot,
    console,
    flavors,
    history,
    hosts,
    interfaces,
    keys,
    listing,
    parts,
    quota,
    tenancy,
)
from tui.demo.records import Json
from tui.demo.rest import Answer, Call, Refusal, Service, reply

MAX_MINOR = 104

NAMES = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}
_VERSION = re.compile(r"^(\d+)\.(\d+)$")


class Compute(Service):
    """Nova of every region."""

    kind = "compute"
    unguarded = frozenset({"", "/v2.1", "/v2"})

    def __init__(self) -> None:
        super().__init__()
        add = self.routes.add
        add("GET", "/", versions)
        for version in ("/v2.1", "/v2"):
            add("GET", version, document)
        base = "/v2.1"
        add("GET", f"{base}/servers", listing.list_brief)
        add("GET", f"{base}/servers/detail", listing.list_detailed)
        add("GET", f"{base}/servers/{{server}}", listing.show)
        add("POST", f"{base}/servers/{{server}}/remote-consoles", console.remote_consoles)
        boot.add_routes(self.routes, base)
        for part in (actions, history, attachments, interfaces, flavors, parts, tenancy, quota, keys, hosts):
            part.add_routes(self.routes, base)

    def prepare(self, call: Call) -> None:
        """Read the microversion; the older header counts when the newer one is missing."""
        asked = _asked(call)
        if asked is None:
            return
        if asked == "latest":
            call.microversion = MAX_MINOR
            return
        match = _VERSION.match(asked)
        if match is None:
            raise Refusal(400, f"API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum.")
        major, minor = int(match[1]), int(match[2])
        call.microversion = minor
        if major != 2 or not 1 <= minor <= MAX_MINOR:
            call.params["version"] = asked
            if call.path.strip("/") in ("", "v2.1", "v2"):
                call.microversion = 1
                return
            raise Refusal(
                406, f"Version {asked} is not supported by the API. Minimum is 2.1 and maximum is 2.{MAX_MINOR}."
            )

    def admit(self, call: Call) -> None:
        """Nova is for projects: tokens of the system, or of no scope, may look at flavors only."""
        if call.token is None or call.token.project_id is not None or "/flavors" in call.path:
            return
        parts = call.path.strip("/").split("/")[1:]
        if parts:
            rule = ":".join(parts[:2]) if parts[1:] else f"{parts[0]}:{'index' if parts[0] == 'servers' else 'list'}"
            raise Refusal(403, f"Policy doesn't allow os_compute_api:{rule} to be performed.")

    def refuse(self, call: Call, refusal: Refusal) -> Answer:
        """Nova's error body: one key that names the fault."""
        body: Json = {"code": refusal.status, "message": refusal.message}
        if refusal.status in (413, 429) and "Retry-After" in refusal.headers:
            body["retryAfter"] = refusal.headers["Retry-After"]
        answer = reply({NAMES.get(refusal.status, "computeFault"): body}, refusal.status)
        answer.content_type = "application/json; charset=UTF-8"
        return answer

    def dress(self, call: Call, answer: Answer) -> None:
        """Microversion headers, and the request id under both its names."""
        if call.path.strip("/"):
            super().dress(call, answer)
            answer.headers["x-compute-request-id"] = answer.headers["x-openstack-request-id"]
            if answer.content_type.startswith("application/json") and answer.status != 401:
                version = call.params.get("version", f"2.{call.microversion}")
                answer.headers["OpenStack-API-Version"] = f"compute {version}"
                answer.headers["X-OpenStack-Nova-API-Version"] = version
                answer.headers["Vary"] = "OpenStack-API-Version, X-OpenStack-Nova-API-Version"


def _asked(call: Call) -> str | None:
    for part in (call.headers.get("OpenStack-API-Version") or "").split(","):
        words = part.split()
        if len(words) == 2 and words[0] == "compute":
            return words[1]
    return call.headers.get("X-OpenStack-Nova-API-Version")


def _entry(call: Call, old: bool) -> Json:
    return {
        "id": "v2.0" if old else "v2.1",
        "status": "DEPRECATED" if old else "CURRENT",
        "version": "" if old else f"2.{MAX_MINOR}",
        "min_version": "" if old else "2.1",
        "updated": "2025-07-04T12:00:00Z" if old else "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": f"{call.root}/{'v2' if old else 'v2.1'}/"}],
    }


def versions(call: Call) -> Answer:
    """`GET /`: both versions."""
    return reply({"versions": [_entry(call, old=True), _entry(call, old=False)]})


def document(call: Call) -> Answer:
    """`GET /v2.1`: one version."""
    old = call.path.startswith("/v2/") or call.path == "/v2"
    entry = _entry(call, old)
    entry["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
    kind = "application/vnd.openstack.compute+json;version=" + ("2" if old else "2.1")
    entry["media-types"] = [{"base": "application/json", "type": kind}]
    return reply({"version": entry})
