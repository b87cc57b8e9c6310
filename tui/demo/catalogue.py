"""The words and sizes that the demo fleet is made from. Data only."""

from __future__ import annotations

from typing import NamedTuple


class Role(NamedTuple):
    """A kind of server: its name, who runs it, on what, and how many there are in the default fleet."""

    name: str
    project: str
    flavor: str
    image: str
    many: int


class Special(NamedTuple):
    """A server that the default fleet always has, in a fixed place and a fixed plight."""

    cloud: str
    region: str
    name: str
    role: str
    plight: str


LAYOUT: dict[str, dict[str, tuple[str, ...]]] = {
    "prod-eu": {"fra1": ("az1", "az2", "az3"), "ams1": ("az1", "az2")},
    "prod-us": {"iad1": ("az1", "az2", "az3"), "sjc2": ("az1", "az2")},
    "lab": {"muc1": ("nova",)},
}
"""Clouds, their regions, and the availability zones of each."""

WEIGHTS = {"fra1": 36, "ams1": 20, "iad1": 22, "sjc2": 16, "muc1": 7}
"""How the default fleet spreads over the regions."""

HOSTS = {"fra1": 24, "ams1": 14, "iad1": 16, "sjc2": 12, "muc1": 4}

PROJECTS = {
    "web": "shop front, API and billing",
    "media": "rendering and delivery",
    "ci": "build agents",
    "ops": "what keeps the rest running",
    "data": "databases, queues and analytics",
}

OCTETS = {"web": 20, "media": 140, "ci": 90, "ops": 30, "data": 60, "sandbox": 180, "staff": 190}
"""Second octet of each project's network."""

ROLES = (
    Role("api-gateway", "web", "m5.large", "ubuntu-24.04", 6),
    Role("batch-render", "media", "c5.2xlarge", "render-node-2026.10", 9),
    Role("billing-worker", "web", "c5.large", "debian-12", 4),
    Role("build-agent", "ci", "c5.2xlarge", "ubuntu-22.04", 12),
    Role("catalog-db-replica", "data", "r5.2xlarge", "debian-12", 4),
    Role("cdn-edge", "media", "m5.xlarge", "flatcar-stable", 12),
    Role("checkout-web", "web", "m5.large", "ubuntu-24.04", 9),
    Role("clickhouse", "data", "r5.2xlarge", "ubuntu-24.04", 6),
    Role("dns-resolver", "ops", "t3.small", "debian-13", 8),
    Role("etl-runner", "data", "c5.2xlarge", "ubuntu-24.04", 8),
    Role("frontend", "web", "m5.large", "ubuntu-24.04", 24),
    Role("gitlab-runner", "ci", "c5.large", "ubuntu-22.04", 10),
    Role("grafana", "ops", "t3.small", "debian-12", 3),
    Role("image-proxy", "media", "c5.large", "ubuntu-24.04", 10),
    Role("k8s-control", "web", "m5.xlarge", "flatcar-stable", 9),
    Role("k8s-worker", "web", "m5.xlarge", "flatcar-stable", 60),
    Role("kafka", "data", "r5.2xlarge", "rocky-9", 9),
    Role("loki", "ops", "m5.large", "debian-12", 4),
    Role("mail-relay", "ops", "t3.small", "debian-13", 4),
    Role("nfs-gateway", "ops", "m5.large", "rocky-9", 3),
    Role("orders-db", "data", "r5.2xlarge", "debian-12", 6),
    Role("prometheus", "ops", "m5.xlarge", "debian-12", 5),
    Role("rabbitmq", "data", "m5.large", "rocky-9", 6),
    Role("redis-cache", "web", "r5.large", "debian-12", 12),
    Role("search-node", "web", "r5.2xlarge", "ubuntu-24.04", 12),
    Role("session-store", "web", "r5.large", "debian-12", 6),
    Role("transcode", "media", "g1.4xlarge", "render-node-2026.10", 10),
    Role("vault", "ops", "t3.small", "debian-12", 5),
    Role("vpn-gateway", "ops", "t3.small", "debian-13", 4),
    Role("win-jump", "ops", "m5.large", "windows-server-2022", 3),
)

FILLER = Role("k8s-worker", "web", "m5.xlarge", "flatcar-stable", 0)

SPECIALS = (
    Special("prod-eu", "fra1", "batch-render-03", "batch-render", "no-host"),
    Special("prod-eu", "fra1", "checkout-web-07", "checkout-web", "no-network"),
    Special("prod-eu", "fra1", "frontend-11", "frontend", "no-host"),
    Special("prod-eu", "ams1", "transcode-04", "transcode", "no-volume"),
    Special("prod-us", "iad1", "dns-resolver-03", "dns-resolver", "no-network"),
    Special("prod-us", "sjc2", "build-agent-02", "build-agent", "spawning"),
    Special("prod-us", "sjc2", "api-gateway-04", "api-gateway", "hard-reboot"),
    Special("prod-eu", "fra1", "kafka-05", "kafka", "stuck-deleting"),
    Special("prod-eu", "fra1", "build-agent-07", "build-agent", "rescue"),
    Special("prod-eu", "fra1", "catalog-db-replica-02", "catalog-db-replica", "verify-resize"),
    Special("prod-eu", "ams1", "batch-render-07", "batch-render", "shelved-offloaded"),
    Special("prod-us", "iad1", "loki-03", "loki", "paused"),
    Special("prod-eu", "ams1", "win-jump-02", "win-jump", "suspended"),
    Special("prod-eu", "ams1", "batch-render-05", "batch-render", "shutoff"),
    Special("prod-us", "sjc2", "checkout-web-08", "checkout-web", "shutoff"),
    Special("prod-us", "iad1", "vault-02", "vault", "locked"),
    Special("prod-eu", "fra1", "orders-db-primary", "orders-db", "volume-booted"),
    Special("prod-us", "iad1", "catalog-db-primary", "catalog-db-replica", "volume-booted"),
    Special("prod-eu", "fra1", "search-node-02", "search-node", "volume-booted"),
    Special("prod-eu", "fra1", "bastion", "dns-resolver", "floating"),
    Special("prod-us", "iad1", "bastion", "dns-resolver", "floating"),
    Special("prod-eu", "ams1", "[red]x[/]", "frontend", "fine"),
    Special("lab", "muc1", "[/x]", "frontend", "fine"),
    Special("lab", "muc1", "esc-\x1b[31mred\x1b[0m", "frontend", "fine"),
    Special("lab", "muc1", "bidi-\u202egnp.exe", "frontend", "fine"),
    Special("lab", "muc1", "渲染节点-一号", "batch-render", "fine"),
    Special("prod-eu", "fra1", "レンダー-02", "batch-render", "fine"),
    Special("lab", "muc1", "🚀-launchpad-👩‍💻", "build-agent", "fine"),
    Special("lab", "muc1", "batch-render-02", "batch-render", "rebuild-failed"),
    Special(
        "lab",
        "muc1",
        "nightly-probe-with-a-name-as-long-as-a-scheduler-makes-them-eu-central-7f3a91",
        "frontend",
        "fine",
    ),
    Special("prod-us", "sjc2", "etl-runner-05", "etl-runner", "migrating"),
    Special("prod-us", "sjc2", "k8s-worker-17", "k8s-worker", "unreachable-host"),
)

FAULTS: dict[str, tuple[int, str]] = {
    "no-host": (500, "No valid host was found. There are not enough hosts available."),
    "no-network": (500, "Build of instance {id} aborted: Failed to allocate the network(s), not rescheduling."),
    "no-volume": (
        500,
        "Build of instance {id} aborted: Volume {other} did not finish being created even after we waited "
        "187 seconds or 61 attempts. And its status is error.",
    ),
    "rebuild-failed": (
        500,
        "Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance "
        "{id}.",
    ),
    "spawn": (
        500,
        "Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance "
        "{id}.",
    ),
    "life": (500, "Exceeded maximum number of retries. Exceeded max scheduling attempts 3 for instance {id}."),
}
"""Codes and messages as Nova words them."""

DETAILS = (
    'Traceback (most recent call last):\n  File "nova/conductor/manager.py", line 729, in build_instances\n'
    "    host_lists = self._schedule_instances(context,\nnova.exception.NoValidHost: No valid host was found.\n"
)

FLAVORS: tuple[tuple[str, int, int, int, int, int, dict[str, str]], ...] = (
    ("t3.micro", 1, 512, 5, 0, 0, {}),
    ("t3.small", 1, 2048, 20, 0, 0, {}),
    ("t3.medium", 2, 4096, 20, 0, 0, {}),
    ("m5.large", 2, 8192, 40, 0, 0, {}),
    ("m5.xlarge", 4, 16384, 80, 0, 0, {}),
    ("m5.2xlarge", 8, 32768, 160, 0, 0, {}),
    ("c5.large", 2, 4096, 40, 0, 0, {"hw:cpu_policy": "shared"}),
    ("c5.2xlarge", 8, 16384, 80, 0, 0, {"hw:cpu_policy": "shared"}),
    ("c5.4xlarge", 16, 32768, 80, 100, 4096, {"hw:cpu_policy": "dedicated", "hw:cpu_thread_policy": "prefer"}),
    ("r5.large", 2, 16384, 40, 0, 0, {}),
    ("r5.2xlarge", 8, 65536, 80, 0, 0, {"hw:mem_page_size": "large"}),
    ("r5.4xlarge", 16, 131072, 80, 0, 0, {"hw:mem_page_size": "large", "hw:numa_nodes": "2"}),
    (
        "g1.4xlarge",
        16,
        131072,
        200,
        0,
        0,
        {"pci_passthrough:alias": "a100:1", "aggregate_instance_extra_specs:gpu": "true"},
    ),
    ("d2.8xlarge", 32, 245760, 100, 2000, 0, {"hw:cpu_policy": "dedicated"}),
)
"""Name, vCPUs, RAM, disk, ephemeral, swap, extra specs."""

IMAGES: tuple[tuple[str, str, str, int, int], ...] = (
    ("ubuntu-24.04", "ubuntu", "24.04", 624_951_296, 10),
    ("ubuntu-22.04", "ubuntu", "22.04", 689_504_256, 10),
    ("debian-13", "debian", "13", 412_876_800, 5),
    ("debian-12", "debian", "12", 396_492_800, 5),
    ("rocky-9", "rocky", "9.6", 644_612_096, 10),
    ("flatcar-stable", "flatcar", "4230.2", 498_073_600, 10),
    ("windows-server-2022", "windows", "2022", 9_663_676_416, 40),
    ("cirros-0.6.3", "cirros", "0.6.3", 21_692_416, 1),
    ("render-node-2026.10", "ubuntu", "24.04", 3_221_225_472, 20),
)
"""Name, distribution, version, size in bytes, least disk in GB."""
