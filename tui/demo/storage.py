"""What Cinder's side of a region is made of: volumes, snapshots, types."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class VolumeType:
    """A kind of volume."""

    id: str
    name: str
    description: str | None = None
    specs: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Volume:
    """A volume as Cinder's database knows it; what it is attached to is asked of the servers."""

    id: str
    name: str | None
    project_id: str
    user_id: str
    size: int
    """GiB."""
    type: VolumeType
    zone: str
    created: int
    updated: int
    status: str = "creating"
    description: str | None = None
    bootable: bool = False
    snapshot_id: str | None = None
    source_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    image: dict[str, str] = field(default_factory=dict)
    """Metadata of the image it was made from."""
    attachment_id: str = ""
    server_id: str = ""
    device: str = ""
    attached: int | None = None
    reserved: bool = False
    """Nova has it in hand: made or taken for a server that is being built."""


@dataclass(slots=True, eq=False)
class Snapshot:
    """A snapshot of a volume."""

    id: str
    name: str | None
    volume_id: str
    project_id: str
    user_id: str
    size: int
    created: int
    updated: int
    status: str = "creating"
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
