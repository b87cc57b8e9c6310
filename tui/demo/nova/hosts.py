"""The hosts behind the servers, as admins see them: hypervisors, services, aggregates."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import msgspec

from tui.demo.clock import micro
from tui.demo.records import Json, Server
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

VCPUS, MEMORY_MB, DISK_GB = 128, 786_432, 14_000
CPU = {
    "arch": "x86_64",
    "model": "Icelake-Server",
    "vendor": "Intel",
    "topology": {"cells": 2, "sockets": 1, "cores": 32, "threads": 2},
    "features": ["aes", "avx", "avx2", "avx512f", "sse4.2", "vmx"],
}


def add_routes(routes: Routes, base: str) -> None:
    """Let the hosts' paths be found."""
    routes.add("GET", f"{base}/os-hypervisors", hypervisors)
    routes.add("GET", f"{base}/os-hypervisors/detail", hypervisors_detail)
    routes.add("GET", f"{base}/os-services", services)
    routes.add("GET", f"{base}/os-aggregates", aggregates)


def _need_admin(call: Call, rule: str) -> None:
    if not call.admin:
        raise Refusal(403, f"Policy doesn't allow os_compute_api:{rule} to be performed.")


def _host_uuid(call: Call, host: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{host}.{call.place.key}"))


def _hypervisor(call: Call, host: str, number: int) -> Json:
    return {
        "id": _host_uuid(call, host) if call.microversion >= 53 else number,
        "hypervisor_hostname": host,
        "state": "down" if host in call.place.down_hosts else "up",
        "status": "enabled",
    }


def hypervisors(call: Call) -> Answer:
    """`GET /os-hypervisors`."""
    _need_admin(call, "os-hypervisors:list")
    return reply({"hypervisors": [_hypervisor(call, host, n) for n, host in enumerate(call.place.hosts, start=1)]})


def hypervisors_detail(call: Call) -> Answer:
    """`GET /os-hypervisors/detail`: with what runs on each, up to 2.87."""
    _need_admin(call, "os-hypervisors:list-detail")
    region = call.place
    guests: dict[str, list[Server]] = {host: [] for host in region.hosts}
    for server in region.ordered():
        if server.host in guests:
            guests[server.host].append(server)
    rows = []
    for number, host in enumerate(region.hosts, start=1):
        service = _host_uuid(call, f"nova-compute.{host}") if call.microversion >= 53 else number + 2
        row = _hypervisor(call, host, number) | {
            "hypervisor_type": "QEMU",
            "hypervisor_version": 8_002_002,
            "host_ip": f"172.16.0.{number + 10}",
            "service": {"id": service, "host": host, "disabled_reason": None},
        }
        if call.microversion >= 88:
            row["uptime"] = f" 11:40:11 up {40 + number} days,  0:46,  0 users,  load average: 8.42, 8.37, 8.31"
        else:
            row |= _usage(guests[host])
            row["cpu_info"] = CPU if call.microversion >= 28 else msgspec.json.encode(CPU).decode()
        rows.append(row)
    return reply({"hypervisors": rows})


def _usage(guests: Sequence[Server]) -> Json:
    memory = 512 + sum(server.flavor.ram for server in guests)
    disk = sum(server.flavor.disk for server in guests)
    return {
        "vcpus": VCPUS,
        "memory_mb": MEMORY_MB,
        "local_gb": DISK_GB,
        "vcpus_used": sum(server.flavor.vcpus for server in guests),
        "memory_mb_used": memory,
        "local_gb_used": disk,
        "free_ram_mb": MEMORY_MB - memory,
        "free_disk_gb": DISK_GB - disk,
        "current_workload": sum(1 for server in guests if server.task_state is not None),
        "running_vms": len(guests),
        "disk_available_least": DISK_GB - disk,
    }


def services(call: Call) -> Answer:
    """`GET /os-services`: what runs where, for admins."""
    _need_admin(call, "os-services:list")
    region = call.place
    where = [("nova-scheduler", "ctl-001", "internal"), ("nova-conductor", "ctl-001", "internal")]
    where += [("nova-compute", host, region.zone_of(host)) for host in region.hosts]
    rows = []
    for number, (binary, host, zone) in enumerate(where, start=1):
        down = host in region.down_hosts
        row: Json = {
            "binary": binary,
            "host": host,
            "id": _host_uuid(call, f"{binary}.{host}") if call.microversion >= 53 else number,
            "zone": zone,
            "status": "enabled",
            "state": "down" if down else "up",
            "updated_at": micro(region.now() - (7_300 if down else 4)),
            "disabled_reason": None,
        }
        if call.microversion >= 11:
            row["forced_down"] = False
        rows.append(row)
    return reply({"services": rows})


def aggregates(call: Call) -> Answer:
    """`GET /os-aggregates`: none."""
    _need_admin(call, "os-aggregates:index")
    return reply({"aggregates": []})
