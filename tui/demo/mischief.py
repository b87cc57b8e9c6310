"""What the faults do to a request and to its answer."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Any

import msgspec

from tui.demo.faults import Fault
from tui.demo.rest import Answer, Call, Refusal
from tui.demo.tokens import TokenStore

HTML = (
    "<html>\n<head><title>502 [b]Bad Gateway[/b]</title></head>\n<body>\n"
    "<center><h1>502 Bad Gateway [/b]</h1></center>\n<hr><center>nginx</center>\n</body>\n</html>\n"
)
MESSAGES = {
    "forbidden": "Policy doesn't allow {rule} to be performed.",
    "not-found": "The resource could not be found.",
    "conflict": "The request could not be completed because of a conflict with the current state of the resource.",
    "quota": "Quota exceeded for cores, ram: Requested 8, 16384, but already used 96, 196608 of 100, 204800 cores, ram",
    "slow-down": "This request was rate-limited.",
    "error": "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log "
    "if possible.\n<class 'oslo_messaging.exceptions.MessagingTimeout'>",
    "unavailable": "The server is currently unavailable. Please try again at a later time.",
}
RULES = {
    "compute": "os_compute_api:servers:detail",
    "image": "get_images",
    "network": "get_network",
    "identity": "identity:get_project",
}
SMALLEST = 860
"""Bytes below which front ends leave a body as it is."""
DROPPED_FIELDS = (
    "name",
    "status",
    "updated",
    "created",
    "addresses",
    "flavor",
    "image",
    "metadata",
    "subnets",
    "size",
    "vcpus",
)
"""What `missing-fields` takes out of rows, one field after another."""


def refusal_for(call: Call, hits: Sequence[Fault], tokens: TokenStore) -> Refusal | None:
    """The refusal that a fault makes of a request, if any."""
    for fault in hits:
        if fault.kind in MESSAGES:
            kind = call.path.split("/")[1] if call.region is None else call.root.rsplit("/", 1)[1]
            message = MESSAGES[fault.kind].format(rule=RULES.get(kind, RULES["identity"]))
            if fault.kind == "slow-down":
                return Refusal(429, message, "OverQuota", {"Retry-After": str(int(fault.value))})
            return Refusal(int(fault.value), message)
        if fault.kind == "expire" and call.token is not None:
            call.token.uses += 1
            if call.token.uses > fault.value:
                tokens.revoke(call.token.id)
                return Refusal(401, "The request you have made requires authentication.")
    return None


def spoil(answer: Answer, hits: Sequence[Fault]) -> Answer:
    """An answer as faults leave it: HTML instead, invalid, or with fields missing."""
    for fault in hits:
        if fault.kind == "html":
            return Answer(502 if fault.value else 200, HTML.encode(), "text/html", answer.headers)
        if fault.kind == "invalid":
            answer.body = b"{'servers': [" + answer.body[:40] + b"\xff\xfe"
        elif fault.kind == "missing-fields" and answer.status < 300:
            answer.body = _without_fields(answer.body)
    return answer


def compress(answer: Answer, hits: Sequence[Fault], accepted: str) -> Answer:
    """An answer as a compressing front end hands it on, where there is one and the client asked for it."""
    level = next((int(fault.value) for fault in hits if fault.kind == "gzip"), 0)
    if level and "gzip" in accepted and len(answer.body) >= SMALLEST:
        answer.body = gzip.compress(answer.body, level)
        answer.headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return answer


def _without_fields(body: bytes) -> bytes:
    try:
        content: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body
    rows = [row for value in content.values() if isinstance(value, list) for row in value if isinstance(row, dict)]
    for index, row in enumerate(rows):
        gone = DROPPED_FIELDS[index % len(DROPPED_FIELDS)]
        row.pop(gone, None)
        if index % 7 == 6:
            ident = row.get("id")
            row.clear()
            row["id"] = ident
    return msgspec.json.encode(content)
