"""One request whose answer is compared with the genuine services', and how it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keystoneauth1.session import Session

from tests.waiting import wait_until

ADMIN, MEMBER = "admin", "member"


@dataclass(frozen=True, slots=True)
class Probe:
    """One request: a service, a path with placeholders, a microversion, and who sends it."""

    service: str
    path: str
    microversion: str = ""
    role: str = ADMIN
    status: int = 200
    method: str = "GET"
    body: Any = None
    shallow: bool = False
    """Do the rows not count? (Which ones are on a short page is chance.)"""
    label: str = ""
    """Tells it from another one with the same path and kind of body."""
    undo: str = ""
    """What to DELETE afterwards; `{made}` is what the answer says was made."""

    @property
    def key(self) -> str:
        """What the recorded shape is called."""
        parts = [self.role, self.service, self.method, self.path]
        if self.microversion:
            parts.append(self.microversion)
        if self.body:
            parts.append(next(iter(self.body)))
        if self.label:
            parts.append(self.label)
        return " ".join(parts)


NOBODY = "00000000-0000-4000-a000-000000000000"


def send(session: Session, region: str, probe: Probe, names: dict[str, str]) -> tuple[int, str, Any, dict[str, str]]:
    """Send a probe: status, content type, decoded body (None for what is not JSON), headers."""
    headers = {"Accept": "application/json"}
    if probe.microversion:
        kind = "volume" if probe.service == "block-storage" else probe.service
        headers["OpenStack-API-Version"] = f"{kind} {probe.microversion}"
    where = {"service_type": probe.service, "interface": "public", "region_name": region}
    path, body = probe.path.format(**names), _filled(probe.body, names)
    answer = session.request(path, probe.method, json=body, headers=headers, raise_exc=False, endpoint_filter=where)
    kind = answer.headers.get("Content-Type", "").split(";")[0]
    body = answer.json() if kind == "application/json" and answer.content else None
    if probe.undo and answer.status_code < 300:
        _undo(session, region, probe, names, body)
    if probe.shallow and isinstance(body, dict):
        body = {
            key: [] if isinstance(rows, list) and not key.endswith("_links") else rows for key, rows in body.items()
        }
    return answer.status_code, kind, body, {name.lower(): value for name, value in answer.headers.items()}


def _filled(body: Any, names: dict[str, str]) -> Any:
    """A body with what its placeholders stand for."""
    if isinstance(body, dict):
        return {key: _filled(value, names) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, names) for value in body]
    return body.format(**names) if isinstance(body, str) and body.startswith("{") else body


def _undo(session: Session, region: str, probe: Probe, names: dict[str, str], body: Any) -> None:
    """Remove what a probe made, as soon as the service lets go of it."""
    row = next(iter(body.values()))
    made = row.get("port_id") or row.get("volumeId") or row.get("id") or row["name"]
    if probe.service == "network":
        made = row["id"]
    where = {"service_type": probe.service, "interface": "public", "region_name": region}

    def removed() -> bool:
        path = probe.undo.format(**names, made=made)
        answer = session.request(path, "DELETE", raise_exc=False, endpoint_filter=where)
        return bool(answer.status_code < 300 or answer.status_code == 404)

    wait_until(removed, f"{probe.key} is undone", 30, 0.3)
