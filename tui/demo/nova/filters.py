"""The filters of Nova's server list: which there are, who may use them, and what they match."""

from __future__ import annotations

import re
from collections.abc import Callable

from tui.demo.records import Server
from tui.demo.rest import Refusal

Predicate = Callable[[Server], bool]

PAGING = frozenset({"limit", "marker", "sort_key", "sort_dir", "page_size"})

OPEN_FILTERS = frozenset({
    "reservation_id", "name", "status", "image", "flavor", "ip", "ip6", "changes-since", "changes-before",
    "all_tenants", "tags", "tags-any", "not-tags", "not-tags-any", "locked",
})  # fmt: skip
"""Filters that everybody may use; the rest is for admins."""

OPEN_FROM_83 = frozenset({
    "availability_zone", "config_drive", "key_name", "created_at", "launched_at", "terminated_at", "power_state",
    "task_state", "vm_state", "progress", "user_id",
})  # fmt: skip

KNOWN = OPEN_FILTERS | OPEN_FROM_83 | {
    "project_id", "tenant_id", "launch_index", "image_ref", "kernel_id", "ramdisk_id", "hostname", "host", "node",
    "display_name", "description", "display_description", "locked_by", "uuid", "root_device_name", "access_ip_v4",
    "access_ip_v6", "auto_disk_config", "soft_deleted", "deleted",
}  # fmt: skip


def _pattern(name: str, value: str) -> re.Pattern[str]:
    try:
        return re.compile(value, re.IGNORECASE)
    except re.error as error:
        message = f"Invalid input for query parameters {name}. Value: {value}. '{value}' is not a 'regex'"
        raise Refusal(400, message) from error


Builder = Callable[[str, str], Predicate]
"""Makes a predicate of a filter's name and value."""


def _text(read: Callable[[Server], str | None]) -> Builder:
    """A filter by regular expression, as the database matches it: anywhere, whatever the case."""

    def build(name: str, value: str) -> Predicate:
        pattern = _pattern(name, value)
        return lambda server: pattern.search(read(server) or "") is not None

    return build


def _exact(read: Callable[[Server], object]) -> Builder:
    def build(name: str, value: str) -> Predicate:
        return lambda server: str(read(server)) == value

    return build


def _address(version: int) -> Builder:
    def build(name: str, value: str) -> Predicate:
        pattern = _pattern(name, value)

        def match(server: Server) -> bool:
            for port in server.ports:
                if any(s.version == version and pattern.search(a) for s, a in port.fixed):
                    return True
                if version == 4 and port.floating is not None and pattern.search(port.floating.address):
                    return True
            return False

        return match

    return build


def _tags(any_of: bool, negated: bool) -> Builder:
    def build(name: str, value: str) -> Predicate:
        wanted = set(value.split(","))

        def match(server: Server) -> bool:
            has = set(server.tags)
            return (bool(has & wanted) if any_of else wanted <= has) is not negated

        return match

    return build


def _flag(read: Callable[[Server], bool]) -> Builder:
    def build(name: str, value: str) -> Predicate:
        wanted = value.lower() in ("1", "t", "true", "on", "y", "yes")
        return lambda server: read(server) is wanted

    return build


FILTERS: dict[str, Builder] = {
    "name": _text(lambda s: s.name),
    "display_name": _text(lambda s: s.name),
    "hostname": _text(lambda s: s.name),
    "description": _text(lambda s: s.description),
    "display_description": _text(lambda s: s.description),
    "key_name": _text(lambda s: s.key_name),
    "availability_zone": _text(lambda s: s.zone),
    "node": _text(lambda s: s.host),
    "host": _exact(lambda s: s.host),
    "flavor": _exact(lambda s: s.flavor.id),
    "image": _exact(lambda s: s.image_id),
    "image_ref": _exact(lambda s: s.image_id),
    "uuid": _exact(lambda s: s.id),
    "project_id": _exact(lambda s: s.project_id),
    "tenant_id": _exact(lambda s: s.project_id),
    "user_id": _exact(lambda s: s.user_id),
    "vm_state": _exact(lambda s: s.vm_state),
    "task_state": _exact(lambda s: s.task_state),
    "power_state": _exact(lambda s: s.power_state),
    "progress": _exact(lambda s: s.progress),
    "ip": _address(4),
    "ip6": _address(6),
    "tags": _tags(any_of=False, negated=False),
    "tags-any": _tags(any_of=True, negated=False),
    "not-tags": _tags(any_of=False, negated=True),
    "not-tags-any": _tags(any_of=True, negated=True),
    "locked": _flag(lambda s: s.locked_by is not None),
}
"""Each filter that narrows a list, with what it asks of a server."""
