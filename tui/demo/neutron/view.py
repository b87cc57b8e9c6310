"""How Neutron shows its resources."""

from __future__ import annotations

from tui.demo.clock import zulu
from tui.demo.records import FloatingIp, Json, Network, Port, Router, SecurityGroup, SecurityRule, Subnet


def network(it: Network, admin: bool) -> Json:
    """A network; the provider's side of it for admins only."""
    body: Json = {
        "id": it.id,
        "name": it.name,
        "tenant_id": it.project_id,
        "project_id": it.project_id,
        "admin_state_up": it.admin_up,
        "mtu": it.mtu,
        "status": it.status,
        "subnets": [s.id for s in it.subnets],
        "shared": it.shared,
        "availability_zone_hints": [],
        "availability_zones": it.zones,
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
        "router:external": it.external,
        "description": it.description,
        "port_security_enabled": it.port_security,
        "qos_policy_id": None,
        "dns_domain": "",
        "l2_adjacency": True,
    }
    if it.external:
        body["is_default"] = it.is_default
    body |= {
        "tags": it.tags,
        "created_at": zulu(it.created),
        "updated_at": zulu(it.updated),
        "revision_number": it.revision,
    }
    if admin:
        body["provider:network_type"] = it.kind
        body["provider:physical_network"] = it.physical
        body["provider:segmentation_id"] = it.segment
    return body


def subnet(it: Subnet, admin: bool) -> Json:
    """A subnet; its segment for admins only."""
    body: Json = {
        "id": it.id,
        "name": it.name,
        "project_id": it.network.project_id,
        "network_id": it.network.id,
        "ip_version": it.version,
        "subnetpool_id": None,
        "enable_dhcp": it.dhcp,
        "ipv6_ra_mode": "slaac" if it.version == 6 else None,
        "ipv6_address_mode": "slaac" if it.version == 6 else None,
        "gateway_ip": it.gateway,
        "cidr": it.cidr,
        "allocation_pools": [{"start": it.start, "end": it.end}],
        "host_routes": [],
        "dns_nameservers": it.dns,
        "description": "",
        "router:external": it.network.external,
        "service_types": [],
    }
    if admin:
        body["segment_id"] = None
    return body | {
        "tags": [],
        "created_at": zulu(it.created),
        "updated_at": zulu(it.created),
        "revision_number": it.revision,
        "tenant_id": it.network.project_id,
    }


def port(it: Port, admin: bool) -> Json:
    """A port; its binding for admins only."""
    body: Json = {
        "id": it.id,
        "name": it.name,
        "network_id": it.network.id,
        "project_id": it.project_id,
        "mac_address": it.mac,
        "admin_state_up": it.admin_up,
        "status": it.status,
        "device_id": it.device_id,
        "device_owner": it.owner,
        "fixed_ips": [{"subnet_id": s.id, "ip_address": a} for s, a in it.fixed],
        "allowed_address_pairs": [],
        "extra_dhcp_opts": [],
        "security_groups": [g.id for g in it.groups],
        "description": it.description,
        "binding:vnic_type": "normal",
    }
    if admin:
        bound = {
            "connectivity": "l2",
            "port_filter": True,
            "ovs_hybrid_plug": False,
            "bridge_name": "br-int",
            "datapath_type": "system",
            "bound_drivers": {"0": "openvswitch"},
        }
        body["binding:profile"] = {}
        body["binding:host_id"] = it.host
        body["binding:vif_type"] = "ovs" if it.host else "unbound"
        body["binding:vif_details"] = bound if it.host else {}
    fqdn = f"{it.dns_name or 'host-' + it.fixed[0][1].replace('.', '-').replace(':', '-') if it.fixed else 'host'}"
    body |= {
        "port_security_enabled": it.secure,
        "qos_policy_id": None,
        "qos_network_policy_id": None,
        "dns_name": it.dns_name,
        "dns_assignment": [{"ip_address": a, "hostname": fqdn, "fqdn": f"{fqdn}.demo.internal."} for _, a in it.fixed],
        "dns_domain": "",
        "propagate_uplink_status": True,
    }
    if admin:
        body["resource_request"] = None
    body |= {
        "ip_allocation": "immediate",
        "tags": it.tags,
        "created_at": zulu(it.created),
        "updated_at": zulu(it.updated),
        "revision_number": it.revision,
        "tenant_id": it.project_id,
    }
    return body


def floating_ip(it: FloatingIp) -> Json:
    """A floating IP, with a summary of the port it leads to."""
    details: Json | None = None
    if it.port is not None:
        details = {
            "name": it.port.name,
            "network_id": it.port.network.id,
            "mac_address": it.port.mac,
            "admin_state_up": it.port.admin_up,
            "status": it.port.status,
            "device_id": it.port.device_id,
            "device_owner": it.port.owner,
        }
    return {
        "id": it.id,
        "tenant_id": it.project_id,
        "project_id": it.project_id,
        "floating_ip_address": it.address,
        "floating_network_id": it.network.id,
        "router_id": it.router_id,
        "port_id": it.port.id if it.port else None,
        "fixed_ip_address": it.fixed,
        "status": it.status,
        "description": it.description,
        "qos_policy_id": None,
        "port_details": details,
        "dns_domain": "",
        "dns_name": "",
        "port_forwardings": [],
        "tags": it.tags,
        "created_at": zulu(it.created),
        "updated_at": zulu(it.updated),
        "revision_number": it.revision,
    }


def rule(it: SecurityRule, nested: bool = False) -> Json:
    """A security group's rule; inside its group it has a field or two more."""
    body: Json = {
        "id": it.id,
        "project_id": it.project_id,
        "security_group_id": it.group_id,
        "ethertype": it.ethertype,
        "direction": it.direction,
        "protocol": it.protocol,
        "port_range_min": it.low,
        "port_range_max": it.high,
        "remote_ip_prefix": it.prefix,
        "remote_address_group_id": None,
        "normalized_cidr": it.prefix,
        "remote_group_id": it.remote_group,
        "belongs_to_default_sg": None if nested else it.remote_group is not None,
        "description": it.description,
        "created_at": zulu(it.created),
        "updated_at": zulu(it.created),
        "revision_number": 0,
        "tenant_id": it.project_id,
    }
    if nested:
        body |= {"standard_attr_id": int(it.id[:6], 16), "tags": []}
    return body


def security_group(it: SecurityGroup) -> Json:
    """A security group with its rules."""
    return {
        "id": it.id,
        "name": it.name,
        "stateful": True,
        "tenant_id": it.project_id,
        "project_id": it.project_id,
        "description": it.description,
        "shared": False,
        "security_group_rules": [rule(r, nested=True) for r in it.rules],
        "tags": it.tags,
        "created_at": zulu(it.created),
        "updated_at": zulu(it.updated),
        "revision_number": it.revision,
    }


def router(it: Router, admin: bool) -> Json:
    """A router."""
    gateway: Json | None = None
    if it.gateway is not None:
        fixed = [{"subnet_id": it.gateway.subnets[0].id, "ip_address": it.gateway_ip}]
        gateway = {"network_id": it.gateway.id, "external_fixed_ips": fixed, "enable_snat": True}
    body: Json = {
        "id": it.id,
        "name": it.name,
        "project_id": it.project_id,
        "admin_state_up": it.admin_up,
        "status": it.status,
        "external_gateway_info": gateway,
        "description": it.description,
        "availability_zones": it.zones,
    }
    if admin:
        body |= {"distributed": False, "ha": False}
    return body | {
        "availability_zone_hints": [],
        "routes": [],
        "flavor_id": None,
        "tags": it.tags,
        "created_at": zulu(it.created),
        "updated_at": zulu(it.updated),
        "revision_number": it.revision,
        "tenant_id": it.project_id,
    }
