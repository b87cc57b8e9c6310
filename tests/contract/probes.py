"""The requests whose answers are compared with the genuine services'."""

from __future__ import annotations

from tests.contract.change_probes import CHANGE_PROBES
from tests.contract.probe import ADMIN, MEMBER, NOBODY, Probe

SERVER_VERSIONS = (
    "2.1",
    "2.3",
    "2.9",
    "2.16",
    "2.19",
    "2.26",
    "2.47",
    "2.63",
    "2.73",
    "2.90",
    "2.95",
    "2.96",
    "2.98",
    "2.100",
)


def _compute() -> list[Probe]:
    probes = []
    for version in SERVER_VERSIONS:
        probes.append(Probe("compute", "/servers/detail?all_tenants=1", version))
        probes.append(Probe("compute", "/servers/detail", version, MEMBER))
        probes.append(Probe("compute", "/servers/{server}", version))
    for version in ("2.1", "2.71", "2.96"):
        probes.append(Probe("compute", "/servers/{server}", version, MEMBER))
        probes.append(Probe("compute", "/servers/{error_server}", version, MEMBER))
    probes += [
        Probe("compute", "/servers/{error_server}", "2.71"),
        Probe("compute", "/servers", "2.1", MEMBER),
        Probe("compute", "/servers?limit=1", "2.1", MEMBER, shallow=True),
        Probe("compute", "/servers/detail?all_tenants=1&limit=1", "2.47", shallow=True),
        Probe("compute", "/servers/detail?changes-since=2020-01-01T00:00:00Z", "2.47", MEMBER),
        Probe("compute", "/servers/detail?all_tenants=1", "2.47", MEMBER, 403),
        Probe("compute", "/servers/detail?marker=nope", "2.47", MEMBER, 400),
        Probe("compute", "/servers/detail?changes-since=nope", "2.47", MEMBER, 400),
        Probe("compute", "/servers/detail?limit=-1", "2.47", MEMBER, 400),
        Probe("compute", "/servers/detail?nonsense=1", "2.96", MEMBER, 400),
        Probe("compute", "/servers/detail?status=NONSENSE", "2.96", MEMBER, 400),
        Probe("compute", f"/servers/{NOBODY}", "2.47", MEMBER, 404),
        Probe("compute", "/servers", "2.999", MEMBER, 406),
        Probe(
            "compute", "/servers/{server}/action", "2.1", MEMBER, 200, "POST", {"os-getConsoleOutput": {"length": 5}}
        ),
        Probe("compute", "/servers/{server}/action", "2.1", MEMBER, 409, "POST", {"os-start": None}),
        Probe("compute", "/servers/{server}/action", "2.1", MEMBER, 400, "POST", {"nonsense": None}),
        Probe("compute", "/servers/{server}/os-interface", "2.1", MEMBER),
        Probe("compute", "/servers/{server}/os-interface", "2.70", MEMBER),
        Probe("compute", "/servers/{server}/os-security-groups", "2.1", MEMBER),
        Probe("compute", "/servers/{server}/ips", "2.1", MEMBER),
        Probe("compute", "/servers/{server}/metadata", "2.1", MEMBER),
        Probe("compute", "/servers/{server}/tags", "2.26", MEMBER),
        Probe("compute", "/flavors", "2.1", MEMBER),
        Probe("compute", "/flavors", "2.55", MEMBER),
        Probe("compute", "/flavors?limit=1", "2.1", MEMBER, shallow=True),
        Probe("compute", f"/flavors/{NOBODY}", "2.1", MEMBER, 404),
        Probe("compute", "/flavors/{flavor}/os-extra_specs", "2.1", MEMBER),
        Probe("compute", "/os-availability-zone", "2.1", MEMBER),
        Probe("compute", "/os-availability-zone/detail", "2.1"),
        Probe("compute", "/os-availability-zone/detail", "2.1", MEMBER, 403),
        Probe("compute", "/os-keypairs", "2.1", MEMBER),
        Probe("compute", "/os-keypairs", "2.2", MEMBER),
        Probe("compute", "/os-keypairs/{keypair}", "2.2", MEMBER),
        Probe("compute", "/os-services", "2.1"),
        Probe("compute", "/os-services", "2.60"),
        Probe("compute", "/os-hypervisors", "2.1"),
        Probe("compute", "/os-hypervisors/detail", "2.1"),
        Probe("compute", "/os-hypervisors/detail", "2.53"),
        Probe("compute", "/os-hypervisors/detail", "2.88"),
        Probe("compute", "/os-hypervisors", "2.88"),
        Probe("compute", "/os-hypervisors", "2.88", MEMBER, 403),
    ]
    for version in ("2.1", "2.55", "2.61", "2.75"):
        probes.append(Probe("compute", "/flavors/detail?is_public=None", version))
        probes.append(Probe("compute", "/flavors/detail", version, MEMBER))
        probes.append(Probe("compute", "/flavors/{flavor}", version, MEMBER))
    for version in ("2.1", "2.36", "2.39", "2.57"):
        probes.append(Probe("compute", "/limits", version, MEMBER))
        probes.append(Probe("compute", "/os-quota-sets/{project}", version, MEMBER))
        probes.append(Probe("compute", "/os-quota-sets/{project}/detail", version, MEMBER))
    for version in ("2.1", "2.21", "2.51", "2.58", "2.62", "2.84"):
        for role in (ADMIN, MEMBER):
            probes.append(Probe("compute", "/servers/{server}/os-instance-actions", version, role))
            probes.append(Probe("compute", "/servers/{server}/os-instance-actions/{request}", version, role))
    for version in ("2.1", "2.70", "2.79", "2.89"):
        probes.append(Probe("compute", "/servers/{volume_server}/os-volume_attachments", version, MEMBER))
    return probes


def _identity() -> list[Probe]:
    paths = (
        "/auth/catalog", "/auth/projects", "/auth/system", "/auth/domains", "/projects", "/users", "/roles", "/domains",
        "/services", "/endpoints", "/regions", "/domains/default", "/projects/{project}", "/users/{user}/projects",
        "/role_assignments",
    )  # fmt: skip
    probes = [Probe("identity", path) for path in paths]
    probes += [
        Probe("identity", "/auth/projects", role=MEMBER),
        Probe("identity", "/users/{user}/projects", role=MEMBER),
        Probe("identity", "/projects", role=MEMBER, status=403),
        Probe("identity", "/projects/nope", status=404),
        Probe("identity", "/users/nope/projects", status=404),
    ]
    return probes


def _image() -> list[Probe]:
    return [
        Probe("image", "/v2/images"),
        Probe("image", "/v2/images", role=MEMBER),
        Probe("image", "/v2/images?limit=1", role=MEMBER, shallow=True),
        Probe("image", "/v2/images?visibility=all"),
        Probe("image", "/v2/images/{image}", role=MEMBER),
        Probe("image", "/v2/images/{queued_image}", role=MEMBER),
        Probe("image", f"/v2/images/{NOBODY}", role=MEMBER, status=404),
        Probe("image", "/v2/images?sort=nope", role=MEMBER, status=400),
        Probe("image", "/v2/images?marker=nope", role=MEMBER, status=400),
        Probe("image", "/v2/images?limit=-1", role=MEMBER, status=400),
        Probe("image", "/v2/images/{image}/members", role=MEMBER, status=403),
    ]


def _network() -> list[Probe]:
    probes = []
    for kind in ("networks", "subnets", "ports", "floatingips", "security-groups", "security-group-rules", "routers"):
        owner = "" if kind != "ports" else "?device_owner=compute:nova"
        probes.append(Probe("network", f"/v2.0/{kind}{owner}"))
        probes.append(Probe("network", f"/v2.0/{kind}{owner}", role=MEMBER))
        probes.append(Probe("network", f"/v2.0/{kind}?limit=1", role=MEMBER, shallow=True))
        probes.append(Probe("network", f"/v2.0/{kind}?fields=id", role=MEMBER))
        probes.append(Probe("network", f"/v2.0/{kind}/{NOBODY}", role=MEMBER, status=404))
    probes += [
        Probe("network", "/v2.0/networks/{network}", role=MEMBER),
        Probe("network", "/v2.0/networks?nonsense=1", role=MEMBER, status=400),
        Probe("network", "/v2.0/networks?limit=-1", role=MEMBER, status=400),
        Probe("network", f"/v2.0/networks?limit=1&marker={NOBODY}", role=MEMBER, status=404),
        Probe("network", "/v2.0/networks/{network}/tags", role=MEMBER),
        Probe("network", "/v2.0/nonsense", role=MEMBER, status=404),
        Probe("network", "/v2.0/", role=MEMBER),
        Probe("network", "/v2.0/extensions", role=MEMBER),
        Probe("network", "/v2.0/quotas/{project}", role=MEMBER),
        Probe("network", "/v2.0/quotas/{project}/details.json", role=MEMBER),
        Probe("network", "/v2.0/availability_zones", role=MEMBER),
    ]
    return probes


PROBES = [*_compute(), *_identity(), *_image(), *_network(), *CHANGE_PROBES]
