"""Requests to the services that change something, and how these are refused; what is made is removed again."""

from __future__ import annotations

from typing import Any

from tests.contract.probe import ADMIN, MEMBER, NOBODY, Probe

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDWhG0nGrvXzhcjxPQCP7u4LwUBWJmNWS4wv4aRmEJtM shapes"


def _post(service: str, path: str, body: Any, status: int, version: str = "", **more: Any) -> Probe:
    return Probe(service, path, version, more.pop("role", MEMBER), status, more.pop("method", "POST"), body, **more)


def _act(body: Any, status: int, label: str = "", role: str = MEMBER) -> Probe:
    return _post("compute", "/servers/{spare}/action", body, status, "2.96", label=label, role=role)


def compute() -> list[Probe]:
    """Keypairs, server groups, consoles, interfaces, attachments, and refusals of actions and boots."""
    probes = [
        Probe("compute", f"/os-server-groups/{NOBODY}", "2.64", MEMBER, 404),
        _post(
            "compute", "/os-server-groups", {"server_group": {"name": "x", "policy": "no"}}, 400, "2.64", label="bad"
        ),
        _post(
            "compute",
            "/os-server-groups",
            {"server_group": {"name": "shape-made", "policy": "soft-affinity"}},
            200,
            "2.64",
            undo="/os-server-groups/{made}",
        ),
        Probe("compute", "/servers/{spare}/os-server-password", "2.96", MEMBER),
    ]
    for version in ("2.1", "2.13", "2.64"):
        probes.append(Probe("compute", "/os-server-groups", version, MEMBER))
        probes.append(Probe("compute", "/os-server-groups/{server_group}", version, MEMBER))
    name = "shape-made"
    for version, status in (("2.1", 200), ("2.2", 201), ("2.91", 201)):
        body = {"keypair": {"name": name}}
        probes.append(_post("compute", "/os-keypairs", body, status, version, undo="/os-keypairs/{made}"))
    imported = {"keypair": {"name": name, "public_key": PUBLIC_KEY, "type": "ssh"}}
    probes += [
        _post("compute", "/os-keypairs", imported, 201, "2.92", undo="/os-keypairs/{made}"),
        _post("compute", "/os-keypairs", {"keypair": {"name": name}}, 400, "2.92", label="none"),
        _post(
            "compute",
            "/os-keypairs",
            {"keypair": {"name": "{keypair}", "public_key": PUBLIC_KEY}},
            409,
            "2.2",
            label="again",
        ),
        _post("compute", "/os-keypairs", {"keypair": {"name": name, "public_key": "x"}}, 400, "2.2", label="rubbish"),
    ]
    for kind, protocol, status in (("novnc", "vnc", 200), ("serial", "serial", 200), ("spice-html5", "spice", 400)):
        body = {"remote_console": {"protocol": protocol, "type": kind}}
        probes.append(_post("compute", "/servers/{spare}/remote-consoles", body, status, "2.96", label=kind))
    probes += [
        _post(
            "compute",
            "/servers/{spare}/os-interface",
            {"interfaceAttachment": {"net_id": "{network}"}},
            200,
            "2.70",
            undo="/servers/{spare}/os-interface/{made}",
        ),
        _post(
            "compute",
            "/servers/{spare}/os-interface",
            {"interfaceAttachment": {"port_id": NOBODY}},
            404,
            "2.70",
            label="missing",
        ),
        _post(
            "compute",
            "/servers/{spare}/os-volume_attachments",
            {"volumeAttachment": {"volumeId": "{volume}"}},
            200,
            "2.79",
            undo="/servers/{spare}/os-volume_attachments/{made}",
        ),
        _post("compute", "/servers/{spare}/os-volume_attachments", {"volumeAttachment": {"volumeId": NOBODY}}, 404),
        _post("compute", "/servers/{spare}/metadata", {"metadata": {"a": "b"}}, 200, "2.96"),
    ]
    return [*probes, *_refused_actions(), *_refused_boots()]


def _refused_actions() -> list[Probe]:
    return [
        _act({"confirmResize": None}, 409),
        _act({"revertResize": None}, 409),
        _act({"unrescue": None}, 409),
        _act({"resume": None}, 409),
        _act({"unpause": None}, 409),
        _act({"unshelve": None}, 409),
        _act({"restore": None}, 409),
        _act({"resize": {"flavorRef": NOBODY}}, 400),
        _act({"resize": {"flavorRef": "{flavor}"}}, 400, "same"),
        _act({"rebuild": {"imageRef": NOBODY}}, 400),
        _act({"migrate": None}, 403),
        _act({"os-migrateLive": {"host": None, "block_migration": "auto"}}, 403),
        _act({"os-resetState": {"state": "active"}}, 403),
        _act({"shelveOffload": None}, 403),
        _act({"evacuate": {}}, 400, role=ADMIN),
        _act({"addSecurityGroup": {"name": "nope"}}, 404),
        _act({"addFloatingIp": {"address": "1.2.3.4"}}, 404),
        _act({"reboot": {"type": "x"}}, 400),
        _act({"os-getConsoleOutput": {"length": -5}}, 400, "short"),
    ]


def _refused_boots() -> list[Probe]:
    good: dict[str, Any] = {
        "name": "shape-never",
        "imageRef": "{image}",
        "flavorRef": "{flavor}",
        "networks": [{"uuid": "{network}"}],
    }
    wrong: dict[str, dict[str, Any]] = {
        "flavor": {"flavorRef": NOBODY},
        "image": {"imageRef": NOBODY},
        "no image": {"imageRef": ""},
        "network": {"networks": [{"uuid": NOBODY}]},
        "port": {"networks": [{"port": NOBODY}]},
        "zone": {"availability_zone": "nope"},
        "key": {"key_name": "nope"},
        "group": {"security_groups": [{"name": "nope"}]},
        "data": {"user_data": "not base64!"},
        "tag": {"tags": ["a,b"]},
        "unknown": {"nonsense": 1},
        "count": {"min_count": 3, "max_count": 2},
        "volume": {
            "imageRef": "",
            "block_device_mapping_v2": [
                {"boot_index": 0, "uuid": NOBODY, "source_type": "volume", "destination_type": "volume"}
            ],
        },
    }
    return [
        _post("compute", "/servers", {"server": {**good, **more}}, 400, "2.96", label=label)
        for label, more in wrong.items()
    ]


def network() -> list[Probe]:
    """Networks, subnets, ports, routers, floating IPs and rules: made, and refused."""
    group = {"security_group_id": "{group}", "direction": "ingress", "protocol": "tcp"}
    rule = {**group, "port_range_min": 8080, "port_range_max": 8081, "remote_ip_prefix": "10.0.0.0/8"}
    wrong: tuple[tuple[str, int, dict[str, Any]], ...] = (
        ("range", 400, {"port_range_min": 9000}),
        ("protocol", 400, {"protocol": "nonsense"}),
        ("prefix", 400, {"remote_ip_prefix": "1.2.3"}),
        ("ethertype", 400, {"remote_ip_prefix": "fd00::/8"}),
        ("direction", 400, {"direction": "sideways"}),
        ("both", 400, {"remote_group_id": "{group}"}),
        ("group", 404, {"security_group_id": NOBODY}),
        ("again", 409, {"port_range_min": 22, "port_range_max": 22}),
    )
    probes = [
        _post("network", "/v2.0/security-group-rules", {"security_group_rule": {**rule, **more}}, status, label=label)
        for label, status, more in wrong
    ]
    made: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("networks", "network", {"name": "shape-made"}),
        ("subnets", "subnet", {"network_id": "{bare_network}", "cidr": "10.77.0.0/24", "ip_version": 4}),
        ("ports", "port", {"network_id": "{network}", "name": "shape-made"}),
        ("routers", "router", {"name": "shape-made"}),
        ("security-groups", "security_group", {"name": "shape-made"}),
        ("security-group-rules", "security_group_rule", rule),
        ("floatingips", "floatingip", {"floating_network_id": "{external}"}),
    )
    probes += [
        _post("network", f"/v2.0/{kind}", {name: body}, 201, undo=f"/v2.0/{kind}/{{made}}") for kind, name, body in made
    ]
    refused: tuple[tuple[str, str, dict[str, Any], int], ...] = (
        ("subnets", "subnet", {"network_id": "{network}", "cidr": "nonsense", "ip_version": 4}, 400),
        ("ports", "port", {"network_id": NOBODY}, 404),
        ("security-groups", "security_group", {"name": "default"}, 409),
        ("floatingips", "floatingip", {"floating_network_id": "{network}"}, 400),
    )
    probes += [
        _post("network", f"/v2.0/{kind}", {name: body}, status, label="refused") for kind, name, body, status in refused
    ]
    port = {"floatingip": {"floating_network_id": "{external}", "port_id": "{lone_port}"}}
    return [
        *probes,
        _post("network", "/v2.0/floatingips", port, 404, label="unreachable"),
        Probe("network", f"/v2.0/floatingips/{NOBODY}", "", MEMBER, 404, "DELETE"),
        Probe("network", "/v2.0/ports/{lone_port}", role=MEMBER),
        Probe("network", "/v2.0/ports?device_owner=network:router_interface", role=MEMBER),
    ]


def storage() -> list[Probe]:
    """Volumes, snapshots, types, limits, and refusals."""
    probes = []
    for version in ("3.0", "3.71"):
        for role in (ADMIN, MEMBER):
            for path in ("/volumes/detail", "/volumes/{volume}", "/volumes/{image_volume}", "/snapshots/detail"):
                probes.append(Probe("block-storage", path, version, role))
            probes.append(Probe("block-storage", "/types", version, role))
        body = {"volume": {"name": "shape-made", "size": 1}}
        probes.append(_post("block-storage", "/volumes", body, 202, version, undo="/volumes/{made}"))
        probes.append(Probe("block-storage", "/os-quota-sets/{project}", version, MEMBER))
    for path in ("/volumes", "/snapshots", "/limits", "/os-availability-zone", "/volumes/summary", "/attachments"):
        probes.append(Probe("block-storage", path, "3.71", MEMBER))
    wrong: tuple[tuple[str, int, dict[str, Any]], ...] = (
        ("zero", 400, {"size": 0}),
        ("type", 404, {"size": 1, "volume_type": "nope"}),
        ("image", 400, {"size": 1, "imageRef": NOBODY}),
        ("snapshot", 404, {"size": 1, "snapshot_id": NOBODY}),
        ("no size", 400, {"name": "x"}),
    )
    probes += [_post("block-storage", "/volumes", {"volume": b}, s, "3.71", label=label) for label, s, b in wrong]
    return [
        *probes,
        Probe("block-storage", "/snapshots/{snapshot}", "3.71", MEMBER),
        Probe("block-storage", "/attachments/detail", "3.71", MEMBER),
        Probe("block-storage", "/os-quota-sets/{project}?usage=True", "3.71", MEMBER),
        Probe("block-storage", "/volumes/detail?limit=1", "3.71", MEMBER, shallow=True),
        Probe("block-storage", "/volumes/detail?marker=nope", "3.71", MEMBER, 404),
        Probe("block-storage", f"/volumes/{NOBODY}", "3.71", MEMBER, 404),
        Probe("block-storage", "/volumes/{image_volume}", "3.71", MEMBER, 400, "DELETE"),
        Probe("block-storage", "/volumes", "3.999", MEMBER, 406),
        _post("block-storage", "/volumes/{volume}/action", {"nonsense": {}}, 400, "3.71"),
        _post("block-storage", "/volumes/{volume}/action", {"os-extend": {"new_size": 1}}, 400, "3.71"),
        _post("block-storage", "/volumes/{volume}/action", {"os-reset_status": {"status": "error"}}, 403, "3.71"),
    ]


def balancing() -> list[Probe]:
    """Load balancers and what is below them, and refusals."""
    base = "/v2.0/lbaas"
    paths = (
        "/loadbalancers", "/loadbalancers/{lb}", "/loadbalancers/{lb}/status", "/loadbalancers/{lb}/stats",
        "/listeners", "/listeners/{listener}", "/pools", "/pools/{pool}", "/pools/{pool}/members",
        "/pools/{pool}/members/{member}", "/healthmonitors", "/providers", "/quotas/{project}",
    )  # fmt: skip
    probes = [Probe("load-balancer", base + path, role=MEMBER) for path in paths]
    lb = {"name": "x", "loadbalancer_id": "{lb}"}
    return [
        *probes,
        Probe("load-balancer", base + "/loadbalancers?limit=1", role=MEMBER, shallow=True),
        Probe("load-balancer", f"{base}/loadbalancers/{NOBODY}", role=MEMBER, status=404),
        Probe("load-balancer", f"{base}/nonsense", role=MEMBER, status=404),
        Probe("load-balancer", "/", role=MEMBER),
        Probe("load-balancer", f"{base}/loadbalancers/{{lb}}", "", MEMBER, 400, "DELETE"),
        _post("load-balancer", f"{base}/loadbalancers", {"loadbalancer": {"name": "x"}}, 400),
        _post("load-balancer", f"{base}/listeners", {"listener": {**lb, "protocol": "NO", "protocol_port": 1}}, 400),
    ]


CHANGE_PROBES = [*compute(), *network(), *storage(), *balancing()]
