"""Cinder's limits and quotas."""

from __future__ import annotations

from tui.demo.records import Json
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

QUOTA = {"volumes": 400, "snapshots": 100, "gigabytes": 80_000}
_OTHERS = {"backups": 10, "backup_gigabytes": 1000}


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths be found."""
    routes.add("GET", f"{base}/limits", limits)
    routes.add("GET", f"{base}/os-quota-sets/{{of}}", show)
    routes.add("GET", f"{base}/os-quota-sets/{{of}}/defaults", show)
    routes.add("PUT", f"{base}/os-quota-sets/{{of}}", update)
    routes.add("DELETE", f"{base}/os-quota-sets/{{of}}", reset)


def limits_of(call: Call, project_id: str) -> dict[str, int]:
    """What a project may have; -1 is without limit."""
    return QUOTA | call.place.limits.get(("block-storage", project_id), {})


def used_by(call: Call, project_id: str) -> dict[str, int]:
    """What a project has."""
    volumes = [v for v in call.place.volumes.values() if v.project_id == project_id]
    snapshots = [s for s in call.place.snapshots.values() if s.project_id == project_id]
    size = sum(v.size for v in volumes) + sum(s.size for s in snapshots)
    return {"volumes": len(volumes), "snapshots": len(snapshots), "gigabytes": size}


def over(call: Call, project_id: str, volumes: int, gigabytes: int, snapshots: int = 0) -> str:
    """What Cinder says about more than a project may have; nothing when it may."""
    limit, used = limits_of(call, project_id), used_by(call, project_id)
    if volumes and 0 <= limit["volumes"] < used["volumes"] + volumes:
        allowed = limit["volumes"]
        return f"VolumeLimitExceeded: Maximum number of volumes allowed ({allowed}) exceeded for quota 'volumes'."
    if snapshots and 0 <= limit["snapshots"] < used["snapshots"] + snapshots:
        return f"SnapshotLimitExceeded: Maximum number of snapshots allowed ({limit['snapshots']}) exceeded"
    if 0 <= limit["gigabytes"] < used["gigabytes"] + gigabytes:
        return (
            "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested "
            f"{gigabytes}G, quota is {limit['gigabytes']}G and {used['gigabytes']}G has been consumed."
        )
    return ""


def require(call: Call, volumes: int, gigabytes: int, snapshots: int = 0) -> None:
    """Refuse what would exceed the quota of the caller's project."""
    problem = over(call, call.scope.project_id or "", volumes, gigabytes, snapshots)
    if problem:
        raise Refusal(413, problem, headers={"Retry-After": "0"})


def limits(call: Call) -> Answer:
    """`GET /limits`."""
    project = call.scope.project_id or ""
    limit, used = limits_of(call, project), used_by(call, project)
    absolute = {
        "maxTotalVolumes": limit["volumes"],
        "maxTotalSnapshots": limit["snapshots"],
        "maxTotalVolumeGigabytes": limit["gigabytes"],
        "maxTotalBackups": _OTHERS["backups"],
        "maxTotalBackupGigabytes": _OTHERS["backup_gigabytes"],
        "totalVolumesUsed": used["volumes"],
        "totalGigabytesUsed": used["gigabytes"],
        "totalSnapshotsUsed": used["snapshots"],
        "totalBackupsUsed": 0,
        "totalBackupGigabytesUsed": 0,
    }
    return reply({"limits": {"rate": [], "absolute": absolute}})


def _numbers(call: Call, project: str) -> dict[str, int]:
    limit = limits_of(call, project)
    numbers = {"volumes": limit["volumes"], "per_volume_gigabytes": -1, "snapshots": limit["snapshots"]}
    numbers |= {"gigabytes": limit["gigabytes"], **_OTHERS}
    for kind in call.place.volume_types:
        numbers |= {f"volumes_{kind.name}": -1, f"gigabytes_{kind.name}": -1, f"snapshots_{kind.name}": -1}
    return numbers | {"groups": 10}


def show(call: Call) -> Answer:
    """`GET /os-quota-sets/{project}`, with what is used of it when `usage` says so."""
    project = call.params["of"]
    if not call.admin and project != call.scope.project_id:
        raise Refusal(403, "Policy doesn't allow volume_extension:quotas:show to be performed.")
    numbers: Json = _numbers(call, project)
    if (call.first("usage") or "").lower() in ("true", "1"):
        used: Json = used_by(call, project)
        for volume in call.place.volumes.values():
            if volume.project_id == project:
                for name, amount in (
                    (f"volumes_{volume.type.name}", 1),
                    (f"gigabytes_{volume.type.name}", volume.size),
                ):
                    used[name] = used.get(name, 0) + amount
        numbers = {n: {"limit": limit, "in_use": used.get(n, 0), "reserved": 0} for n, limit in numbers.items()}
    return reply({"quota_set": {**numbers, "id": project}})


def _admin(call: Call, verb: str) -> str:
    if not call.admin:
        raise Refusal(403, f"Policy doesn't allow volume_extension:quotas:{verb} to be performed.")
    return call.params["of"]


def update(call: Call) -> Answer:
    """`PUT /os-quota-sets/{project}`, for admins."""
    project = _admin(call, "update")
    wanted = call.json().get("quota_set") or {}
    changed = {name: int(value) for name, value in wanted.items() if name in QUOTA}
    call.place.limits.setdefault(("block-storage", project), {}).update(changed)
    return reply({"quota_set": _numbers(call, project)})


def reset(call: Call) -> Answer:
    """`DELETE /os-quota-sets/{project}`: the defaults again."""
    call.place.limits.pop(("block-storage", _admin(call, "delete")), None)
    return Answer(200)
