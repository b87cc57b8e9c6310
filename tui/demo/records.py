"""What the demo clouds are made of: servers, ports, networks, images, projects and people.

Servers and ports exist by the ten thousand, so they are slotted objects with short references instead of dicts.
Times are whole seconds since the epoch; the views turn them into each service's own spelling.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Project:
    """A project of one cloud."""

    id: str
    name: str
    description: str
    enabled: bool = True


@dataclass(slots=True)
class User:
    """Somebody who can log in, and what each project (or the system) lets them do."""

    id: str
    name: str
    password: str
    roles: dict[str, tuple[str, ...]]
    """Role names by project id; the key `system` holds the roles on the whole system."""
    totp_secret: str = ""
    """Base32 secret; with one, the user must give a passcode as well as the password."""
    email: str = ""


@dataclass(slots=True)
class ApplicationCredential:
    """A credential made by a user for programs, bound to one project."""

    id: str
    name: str
    secret: str
    user_id: str
    project_id: str


@dataclass(slots=True)
class Flavor:
    """A size of server."""

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int
    ephemeral: int = 0
    swap: int = 0
    public: bool = True
    disabled: bool = False
    description: str | None = None
    extra_specs: dict[str, str] = field(default_factory=dict)
    access: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Image:
    """An image of Glance; `properties` are the free ones that Glance shows at top level."""

    id: str
    name: str | None
    owner: str
    size: int | None
    created: int
    updated: int
    status: str = "active"
    visibility: str = "public"
    disk_format: str | None = "qcow2"
    container_format: str | None = "bare"
    virtual_size: int | None = None
    min_disk: int = 0
    min_ram: int = 0
    protected: bool = False
    hidden: bool = False
    tags: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Keypair:
    """A public key that its owner boots servers with."""

    name: str
    user_id: str
    public_key: str
    fingerprint: str
    created: int
    number: int
    type: str = "ssh"


@dataclass(slots=True)
class Subnet:
    """A range of addresses of a network."""

    id: str
    name: str
    network: Network
    cidr: str
    version: int
    gateway: str | None
    start: str
    end: str
    created: int
    dhcp: bool = True
    dns: list[str] = field(default_factory=list)
    revision: int = 0


@dataclass(slots=True)
class Network:
    """A network, with the fields of the provider that only an admin sees."""

    id: str
    name: str
    project_id: str
    created: int
    updated: int
    mtu: int = 1450
    shared: bool = False
    external: bool = False
    admin_up: bool = True
    status: str = "ACTIVE"
    kind: str = "vxlan"
    physical: str | None = None
    segment: int | None = None
    port_security: bool = True
    description: str = ""
    is_default: bool = False
    zones: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    subnets: list[Subnet] = field(default_factory=list)
    revision: int = 2


@dataclass(slots=True)
class SecurityRule:
    """One rule of a security group."""

    id: str
    group_id: str
    project_id: str
    direction: str
    ethertype: str
    protocol: str | None
    low: int | None
    high: int | None
    prefix: str | None
    remote_group: str | None
    created: int
    description: str | None = None


@dataclass(slots=True)
class SecurityGroup:
    """A named set of firewall rules."""

    id: str
    name: str
    project_id: str
    description: str
    created: int
    updated: int
    rules: list[SecurityRule] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    revision: int = 4


@dataclass(slots=True)
class Router:
    """A router between a project's networks and the outside."""

    id: str
    name: str
    project_id: str
    created: int
    updated: int
    gateway: Network | None
    gateway_ip: str
    networks: list[Network] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    status: str = "ACTIVE"
    description: str = ""
    admin_up: bool = True
    revision: int = 3


@dataclass(slots=True)
class Port:
    """A network card of a server, or of a router or DHCP agent."""

    id: str
    network: Network
    project_id: str
    mac: str
    fixed: list[tuple[Subnet, str]]
    device_id: str
    owner: str
    host: str
    groups: list[SecurityGroup]
    created: int
    updated: int
    status: str = "ACTIVE"
    name: str = ""
    dns_name: str = ""
    admin_up: bool = True
    revision: int = 4
    floating: FloatingIp | None = None
    tags: list[str] = field(default_factory=list)
    description: str = ""
    given: bool = False
    """Made by hand and handed to its server, which it outlives."""
    tag: str | None = None
    """What Nova calls it inside the server."""
    secure: bool = True


@dataclass(slots=True)
class FloatingIp:
    """An address of the outside, given to a port or lying idle."""

    id: str
    address: str
    network: Network
    project_id: str
    created: int
    updated: int
    router_id: str | None = None
    port: Port | None = None
    fixed: str | None = None
    status: str = "DOWN"
    description: str = ""
    revision: int = 1
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Fault:
    """Why Nova gave a server up."""

    code: int
    message: str
    created: int
    details: str = ""


@dataclass(slots=True)
class ActionEvent:
    """One step of an action, on one host. Without a finish it is under way, or was never ended."""

    name: str
    start: int
    host: str | None
    finish: int | None = None
    result: str | None = None
    trace: str | None = None


@dataclass(slots=True)
class InstanceAction:
    """One line of a server's history."""

    action: str
    request_id: str
    start: int
    user_id: str
    project_id: str
    finish: int | None = None
    message: str | None = None
    event: str = ""
    """The one event of an action of long ago; younger ones have a list."""
    events: list[ActionEvent] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Attachment:
    """A volume on a server."""

    id: str
    volume_id: str
    device: str
    delete_on_termination: bool = False
    tag: str | None = None
    attached: int = 0


@dataclass(slots=True)
class ServerGroup:
    """Servers that must, or must not, share a host."""

    id: str
    name: str
    policy: str
    project_id: str
    user_id: str
    rules: dict[str, int] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Server:
    """A server as Nova's database knows it: vm state, task, power; the status follows from them."""

    id: str
    number: int
    name: str
    project_id: str
    user_id: str
    image_id: str
    flavor: Flavor
    created: int
    updated: int
    launched: int | None = None
    terminated: int | None = None
    vm_state: str = "active"
    task_state: str | None = None
    power_state: int = 1
    host: str | None = None
    zone: str = ""
    pinned_zone: str | None = None
    key_name: str | None = None
    description: str | None = None
    config_drive: str = ""
    progress: int = 0
    locked_by: str | None = None
    locked_reason: str | None = None
    deleted: bool = False
    down_cell: bool = False
    """In a cell that cannot be reached just now: Nova has an id and a project, nothing else."""
    fault: Fault | None = None
    old_flavor: Flavor | None = None
    next_flavor: Flavor | None = None
    """What a resize under way leads to."""
    user_data: str | None = None
    booted: int | None = None
    """When its last boot began, if that was not its first."""
    halted: int | None = None
    """When it was turned off."""
    disk: int = 0
    """How often its disk was made anew: a rebuilt server makes new host keys."""
    ports: list[Port] = field(default_factory=list)
    volumes: list[Attachment] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    history: list[InstanceAction] = field(default_factory=list)
    view: tuple[int, bytes] | None = None
    """The newest encoded list view with the class of microversions it is for; dropped at each change."""
    volatile: bool = False
    """Made or changed by a client: the fleet's own life leaves it alone."""
