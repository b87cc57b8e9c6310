"""How Octavia shows its resources."""

from __future__ import annotations

import time

from tui.demo.balance import Balancer, Listener, Member, Monitor, Pool
from tui.demo.records import Json


def stamp(seconds: int | None) -> str | None:
    """Octavia's spelling of a time: without a zone."""
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _ids(rows: list[Listener] | list[Pool] | list[Member]) -> list[Json]:
    return [{"id": row.id} for row in rows]


def balancer(it: Balancer) -> Json:
    """A load balancer."""
    return {
        "id": it.id,
        "name": it.name,
        "description": it.description,
        "provisioning_status": it.provisioning,
        "operating_status": it.operating,
        "admin_state_up": it.admin_up,
        "project_id": it.project_id,
        "created_at": stamp(it.created),
        "updated_at": stamp(it.updated),
        "vip_address": it.vip,
        "vip_port_id": it.vip_port.id,
        "vip_subnet_id": it.subnet.id,
        "vip_network_id": it.subnet.network.id,
        "vip_sg_ids": [],
        "additional_vips": [],
        "listeners": _ids(it.listeners),
        "pools": _ids(it.pools),
        "provider": "amphora",
        "flavor_id": None,
        "vip_qos_policy_id": None,
        "tags": [],
        "availability_zone": None,
        "vip_vnic_type": "normal",
        "tenant_id": it.project_id,
    }


def listener(owner: Balancer, it: Listener) -> Json:
    """A listener."""
    return {
        "id": it.id,
        "name": it.name,
        "description": it.description,
        "provisioning_status": it.provisioning,
        "operating_status": it.operating,
        "admin_state_up": it.admin_up,
        "protocol": it.protocol,
        "protocol_port": it.port,
        "connection_limit": it.limit,
        "default_tls_container_ref": None,
        "sni_container_refs": [],
        "project_id": owner.project_id,
        "default_pool_id": it.pool.id if it.pool else None,
        "l7policies": [],
        "insert_headers": {},
        "created_at": stamp(it.created),
        "updated_at": stamp(it.updated),
        "loadbalancers": [{"id": owner.id}],
        "timeout_client_data": 50_000,
        "timeout_member_connect": 5_000,
        "timeout_member_data": 50_000,
        "timeout_tcp_inspect": 0,
        "tags": [],
        "client_ca_tls_container_ref": None,
        "client_authentication": "NONE",
        "client_crl_container_ref": None,
        "allowed_cidrs": None,
        "tls_ciphers": None,
        "tls_versions": None,
        "alpn_protocols": None,
        "hsts_max_age": None,
        "hsts_include_subdomains": False,
        "hsts_preload": False,
        "tenant_id": owner.project_id,
    }


def pool(owner: Balancer, it: Pool) -> Json:
    """A pool."""
    body: Json = {
        "id": it.id,
        "name": it.name,
        "description": it.description,
        "provisioning_status": it.provisioning,
        "operating_status": it.operating,
        "admin_state_up": it.admin_up,
        "protocol": it.protocol,
        "lb_algorithm": it.algorithm,
        "session_persistence": None,
        "project_id": owner.project_id,
        "loadbalancers": [{"id": owner.id}],
        "listeners": [{"id": row.id} for row in owner.listeners if row.pool is it],
        "created_at": stamp(it.created),
        "updated_at": stamp(it.updated),
        "members": _ids(it.members),
        "tags": [],
        "tls_container_ref": None,
        "ca_tls_container_ref": None,
        "crl_container_ref": None,
        "tls_enabled": False,
        "tls_ciphers": None,
        "tls_versions": None,
        "alpn_protocols": None,
        "tenant_id": owner.project_id,
    }
    if it.monitor is not None:
        body["healthmonitor_id"] = it.monitor.id
    return body


def member(owner: Balancer, it: Member) -> Json:
    """A member of a pool."""
    return {
        "id": it.id,
        "name": it.name,
        "operating_status": it.operating,
        "provisioning_status": it.provisioning,
        "admin_state_up": it.admin_up,
        "address": it.address,
        "protocol_port": it.port,
        "weight": it.weight,
        "backup": it.backup,
        "subnet_id": it.subnet_id,
        "project_id": owner.project_id,
        "created_at": stamp(it.created),
        "updated_at": stamp(it.updated),
        "monitor_address": None,
        "monitor_port": None,
        "tags": [],
        "vnic_type": "normal",
        "tenant_id": owner.project_id,
    }


def monitor(owner: Balancer, its_pool: Pool, it: Monitor) -> Json:
    """A health monitor."""
    http = it.type in ("HTTP", "HTTPS")
    return {
        "id": it.id,
        "name": it.name,
        "type": it.type,
        "delay": it.delay,
        "timeout": it.timeout,
        "max_retries": it.retries,
        "max_retries_down": 3,
        "http_method": "GET" if http else None,
        "url_path": "/" if http else None,
        "expected_codes": "200" if http else None,
        "admin_state_up": True,
        "project_id": owner.project_id,
        "pools": [{"id": its_pool.id}],
        "provisioning_status": it.provisioning,
        "operating_status": it.operating,
        "created_at": stamp(it.created),
        "updated_at": stamp(it.updated),
        "tags": [],
        "http_version": None,
        "domain_name": None,
        "tenant_id": owner.project_id,
    }


def _state(it: Balancer | Listener | Pool | Member) -> Json:
    return {
        "id": it.id,
        "name": it.name,
        "operating_status": it.operating,
        "provisioning_status": it.provisioning,
    }


def tree(it: Balancer) -> Json:
    """The state of a load balancer and of all below it."""
    body = _state(it)
    body["listeners"] = [{**_state(row), "pools": [_pool_state(row.pool)] if row.pool else []} for row in it.listeners]
    return {"statuses": {"loadbalancer": body}}


def _pool_state(it: Pool) -> Json:
    body = _state(it)
    if it.monitor is not None:
        body["health_monitor"] = {
            "id": it.monitor.id,
            "name": it.monitor.name,
            "type": it.monitor.type,
            "provisioning_status": it.monitor.provisioning,
            "operating_status": it.monitor.operating,
        }
    body["members"] = [{**_state(row), "address": row.address, "protocol_port": row.port} for row in it.members]
    return body
