"""Rows for overlays: one server with all that is hostile and secret about it."""

from __future__ import annotations

import msgspec

from tui.model.entry import Entry
from tui.model.place import Place, Scope
from tui.resources.kind import Raw
from tui.resources.registry import KINDS

SCOPE = Scope("k", Place("http://keystone.example", "ams1"), ("prod-eu",), "media")
SECRETS = ("hunter2", "I2Nsb3VkLWNvbmZpZw==", "s3cr3t", "MIIEpAIBAAKC", "gAAAAABmZkXn0123456789abcdef")
RAW: Raw = {
    "id": "2c1a9f40-8be7-4f7d-9f51-6f20f1c3aa07",
    "name": "[red]batch\x1b[31m-03",
    "status": "ERROR",
    "tenant_id": "p1",
    "created": "2026-11-20T10:00:00Z",
    "updated": "2026-11-20T10:50:00Z",
    "addresses": {"media-net": [{"addr": "10.0.0.3", "version": 4, "OS-EXT-IPS:type": "fixed"}]},
    "fault": {"message": "No valid host was found [/b].", "code": 500, "created": "2026-11-20T10:00:03Z"},
    "metadata": {"owner": "=cmd()", "db_password": "hunter2", "url": "https://mira:s3cr3t@host/"},
    "flavor": {"original_name": "g1.4xlarge", "vcpus": 16, "ram": 131072, "disk": 40},
    "image": {"id": "abc"},
    "OS-EXT-SRV-ATTR:user_data": "I2Nsb3VkLWNvbmZpZw==",
    "adminPass": "hunter2",
    "key_name": "mira-2026",
    "deep": [{"key": "private_key", "value": "MIIEpAIBAAKC"}, {"token": {"id": "s3cr3t"}}],
    "note": "gAAAAABmZkXn0123456789abcdef",
    "has_password": True,
    "token": None,
}


class NoNames:
    """Nothing is known of other resources."""

    def get(self, kind: str, ident: str) -> str | None:
        """None."""
        return None


def server(**changes: object) -> Entry:
    """Return the server, with changes to its raw form."""
    kind = KINDS["server"]
    row = msgspec.convert({**RAW, **changes}, type=kind.row)
    return Entry(f"http://nova.example|{row.id}", SCOPE, row, kind.status(row), NoNames())  # type: ignore[attr-defined]
