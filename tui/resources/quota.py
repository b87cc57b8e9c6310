"""What is left of a project's quotas, and how a form says what it would take of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tui.cloud import Api
from tui.model.amount import count, gibibytes, mebibytes
from tui.model.trouble import Cause, TroubleError
from tui.resources.action import Preflight, Verdict
from tui.resources.kind import Raw
from tui.resources.looking import number, rows, thing

UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of something a project uses and may use; `limit` < 0 is unlimited."""

    used: int
    limit: int


_COMPUTE = {
    "instances": ("totalInstancesUsed", "maxTotalInstances"),
    "vCPU": ("totalCoresUsed", "maxTotalCores"),
    "RAM": ("totalRAMUsed", "maxTotalRAMSize"),
}
_STORAGE = {
    "volumes": ("totalVolumesUsed", "maxTotalVolumes"),
    "storage": ("totalGigabytesUsed", "maxTotalVolumeGigabytes"),
}
_SHOWN: Mapping[str, Callable[[float], str]] = {"RAM": mebibytes, "storage": gibibytes}
_ADVICE = {
    "instances": "Delete a server or ask for quota.",
    "vCPU": "Pick a smaller flavor or ask for quota.",
    "RAM": "Pick a smaller flavor or ask for quota.",
    "volumes": "Delete a volume or ask for quota.",
    "storage": "Make it smaller or ask for quota.",
    "floating IPs": "Attach one that is free, or release one.",
}


def compute_quotas(api: Api) -> dict[str, Quota]:
    """Return instances, vCPU and RAM (MiB) of the token's project. Blocking; raises TroubleError.

    Source: Compute API, «Show Rate And Absolute Limits» (2.57 drops what Nova no longer counts).
    """
    return _limits(thing(api, "compute", "/limits", "limits", microversion="2.57"), _COMPUTE)


def storage_quotas(api: Api) -> dict[str, Quota]:
    """Return volumes and storage (GiB). Source: Block Storage API v3, «Show absolute limits for project»."""
    return _limits(thing(api, "block-storage", "/limits", "limits"), _STORAGE)


def floating_quota(api: Api, project_id: str) -> Quota:
    """Return the floating IPs of a project. Where Neutron lacks the extension `quota_details` they are counted."""
    try:
        found = thing(api, "network", f"/quotas/{project_id}/details.json", "quota").get("floatingip")
        if isinstance(found, dict):
            return Quota(number(found.get("used")) + number(found.get("reserved")), _limit(found.get("limit")))
    except TroubleError as error:
        if error.trouble.cause not in {Cause.NOT_FOUND, Cause.FORBIDDEN, Cause.REFUSED}:
            raise
    limit = _limit(thing(api, "network", f"/quotas/{project_id}", "quota").get("floatingip"))
    own = rows(api, "network", "/floatingips", "floatingips", (("project_id", project_id),))
    return Quota(len(own), limit)


def quota_line(what: str, quota: Quota, more: int, field: str) -> Preflight:
    """Say what is left of a quota after `more` of it is taken."""
    after, shown = quota.used + more, _SHOWN.get(what, count)
    gauge = (what, float(quota.used), float(after), float(quota.limit))
    if quota.limit < 0:
        return Preflight(Verdict.GOOD, f"{what} {shown(quota.used)} → {shown(after)}, no limit", "", gauge, field)
    if after > quota.limit and more:
        text = f"{what} over quota by {shown(after - quota.limit)}."
        used = f"Used {shown(quota.used)} of {shown(quota.limit)}. {_ADVICE.get(what, 'Ask for quota.')}"
        return Preflight(Verdict.BAD, text, used, gauge, field)
    text = f"{what} {shown(quota.used)} → {shown(after)} of {shown(quota.limit)}"
    return Preflight(Verdict.GOOD, text, "", gauge, field)


def _limits(limits: Raw, names: Mapping[str, tuple[str, str]]) -> dict[str, Quota]:
    absolute = limits.get("absolute")
    if not isinstance(absolute, dict):
        return {}
    return {
        what: Quota(number(absolute.get(used)), _limit(absolute.get(most)))
        for what, (used, most) in names.items()
        if most in absolute
    }


def _limit(value: object) -> int:
    return number(value) if isinstance(value, int) and value >= 0 else UNLIMITED
