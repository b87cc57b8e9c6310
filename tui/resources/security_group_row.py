"""The security group row with its rules, as Neutron lists them in one answer."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from msgspec import Struct, field

from tui.model.entry import Entry
from tui.resources.common import Text


class Rule(Struct, frozen=True, gc=False):
    """One rule. Neutron gives protocols as names or numbers; clouds with old drivers send ports as text."""

    id: str = ""
    direction: Text = None
    ethertype: Text = None
    protocol: str | int | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: Text = None
    remote_group_id: Text = None
    remote_address_group_id: Text = None
    description: Text = None


class SecurityGroup(Struct, frozen=True, gc=False):
    """The fields of «List security groups» that a column or section needs."""

    id: str = ""
    name: Text = None
    description: Text = None
    project_id: Text = None
    stateful: bool | None = None
    shared: bool | None = None
    rules: list[Rule] | None = field(name="security_group_rules", default=None)
    created_at: Text = None
    updated_at: Text = None
    tags: list[str] | None = None


def group_of(entry: Entry) -> SecurityGroup:
    """Return the entry's row as what it is."""
    return cast(SecurityGroup, entry.row)


def rule_values(rule: Rule) -> dict[str, Any]:
    """Return a rule as Neutron sends it."""
    return msgspec.structs.asdict(rule)
