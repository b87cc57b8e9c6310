"""What Octavia's side of a region is made of: load balancers with listeners, pools and members."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.demo.records import Port, Subnet


@dataclass(slots=True, eq=False)
class Member:
    """A server behind a pool, known by its address only."""

    id: str
    name: str
    address: str
    port: int
    subnet_id: str | None
    created: int
    updated: int | None = None
    weight: int = 1
    backup: bool = False
    admin_up: bool = True
    provisioning: str = "ACTIVE"
    operating: str = "NO_MONITOR"


@dataclass(slots=True, eq=False)
class Monitor:
    """How a pool finds out whether its members are well."""

    id: str
    name: str
    type: str
    delay: int
    timeout: int
    retries: int
    created: int
    updated: int | None = None
    provisioning: str = "ACTIVE"
    operating: str = "ONLINE"


@dataclass(slots=True, eq=False)
class Pool:
    """Members that share the work."""

    id: str
    name: str
    protocol: str
    algorithm: str
    created: int
    updated: int | None = None
    description: str = ""
    admin_up: bool = True
    provisioning: str = "ACTIVE"
    operating: str = "ONLINE"
    members: list[Member] = field(default_factory=list)
    monitor: Monitor | None = None


@dataclass(slots=True, eq=False)
class Listener:
    """A port that a load balancer answers on."""

    id: str
    name: str
    protocol: str
    port: int
    created: int
    updated: int | None = None
    description: str = ""
    admin_up: bool = True
    provisioning: str = "ACTIVE"
    operating: str = "ONLINE"
    pool: Pool | None = None
    limit: int = -1


@dataclass(slots=True, eq=False)
class Balancer:
    """A load balancer: any change makes the whole of it PENDING_UPDATE."""

    id: str
    name: str
    project_id: str
    vip: str
    subnet: Subnet
    vip_port: Port
    created: int
    updated: int | None = None
    description: str = ""
    admin_up: bool = True
    provisioning: str = "ACTIVE"
    operating: str = "ONLINE"
    listeners: list[Listener] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
