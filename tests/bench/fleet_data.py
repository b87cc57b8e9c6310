"""Made-up servers, flavors and images for the stub: seeded, rendered as Nova renders them, about 2.7 kB a server."""

from __future__ import annotations

import json
import random
import uuid
from typing import Any

STATUSES = ("ACTIVE",) * 90 + ("SHUTOFF",) * 6 + ("ERROR",) * 2 + ("PAUSED", "SUSPENDED")
_PUBLIC = "http://api.cloud.example.com:8774"
_SIZES = ("tiny", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge")


class Maker:
    """Makes things one after another; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.projects = [self._id().replace("-", "") for _ in range(60)]
        self.users = [self._id().replace("-", "") for _ in range(200)]
        self.images = [
            {"id": self._id(), "name": f"{system}-{version}"}
            for system in ("ubuntu", "debian", "rocky", "windows", "cirros")
            for version in range(24)
        ]
        self.flavors = [
            {
                "id": self._id(),
                "name": f"{family}.{size}",
                "ram": 512 << step,
                "vcpus": 1 << step // 2,
                "disk": 10 * (step + 1),
                "extra_specs": {
                    "hw:cpu_policy": "dedicated",
                    "hw:mem_page_size": "large",
                    "aggregate_instance_extra_specs:pool": family,
                    "hw_rng:allowed": "true",
                },
            }
            for family in ("m1", "c5", "r6", "g2", "hpc")
            for step, size in enumerate(_SIZES)
        ]

    def _id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def server(self, number: int, updated: str = "") -> dict[str, Any]:
        """Return a server as `GET /servers/detail` tells it at 2.96; `number` gives it its name and addresses."""
        source = self._random
        ident, status = self._id(), source.choice(STATUSES)
        host = f"compute-{number % 400:04d}.az{number % 3}.dc1.cloud.example.com"
        day = f"2025-{number % 9 + 1:02d}-{number % 28 + 1:02d}"
        found = {
            "id": ident,
            "name": f"{source.choice(('web', 'db', 'k8s-node', 'worker', 'cache', 'ci-runner'))}-"
            f"{source.choice(('prod', 'stage', 'dev'))}-{number:05d}",
            "status": status,
            "tenant_id": self.projects[number % 60],
            "user_id": self.users[number % 200],
            "metadata": {
                "env": "prod",
                "owner": f"team-{number % 17}",
                "cost-center": f"CC-{number:05d}",
                "ansible_group": "web,prod,eu",
            },
            "hostId": f"{source.getrandbits(224):056x}",
            "image": self._image(),
            "flavor": self._flavor(),
            "created": f"{day}T12:{number % 60:02d}:{number % 59:02d}Z",
            "updated": updated or f"2025-10-{number % 28 + 1:02d}T08:{number % 60:02d}:{number % 59:02d}Z",
            "addresses": self._addresses(number),
            "accessIPv4": "",
            "accessIPv6": "",
            "links": [
                {"rel": "self", "href": f"{_PUBLIC}/v2.1/servers/{ident}"},
                {"rel": "bookmark", "href": f"{_PUBLIC}/servers/{ident}"},
            ],
            "progress": 0,
            "config_drive": "True",
            "key_name": f"key-{number % 90}",
            "security_groups": [{"name": "default"}, {"name": "ssh-from-bastion"}, {"name": "web-public"}],
            "locked": False,
            "locked_reason": None,
            "description": None,
            "tags": ["managed", "terraform"],
            "host_status": "UP",
            "trusted_image_certificates": None,
            "server_groups": [self._id()] if number % 5 == 0 else [],
            "pinned_availability_zone": None,
            **self._extended(number, host, day, status),
        }
        if status == "ERROR":
            said = "No valid host was found. There are not enough hosts available."
            found["fault"] = {"code": 500, "created": found["updated"], "message": said}
        return found

    def _image(self) -> object:
        image = self._random.choice(self.images)
        if self._random.random() < 0.4:
            return ""
        link = {"rel": "bookmark", "href": f"{_PUBLIC}/images/{image['id']}"}
        properties = {"hw_disk_bus": "virtio", "os_distro": "ubuntu", "hw_qemu_guest_agent": "yes"}
        return {"id": image["id"], "links": [link], "properties": properties}

    def _flavor(self) -> dict[str, object]:
        flavor = self._random.choice(self.flavors)
        kept = {name: flavor[name] for name in ("vcpus", "ram", "disk", "extra_specs")}
        return {**kept, "ephemeral": 0, "swap": 0, "original_name": flavor["name"]}

    def _addresses(self, number: int) -> dict[str, list[dict[str, object]]]:
        mac = "fa:16:3e:" + ":".join(f"{self._random.randrange(256):02x}" for _ in range(3))
        low = f"{number >> 8 & 255}.{number & 255}"
        nets = {
            f"tenant-net-{number % 40:02d}": [
                _address(f"10.{number >> 16 & 255}.{low}", mac),
                _address(f"2001:db8:{number:x}::{number & 0xFFFF:x}", mac, version=6),
            ]
        }
        if number % 3 == 0:
            nets[f"tenant-net-{number % 40:02d}"].append(_address(f"203.0.{low}", mac, sort="floating"))
        if number % 4 == 0:
            nets["storage-net"] = [_address(f"172.16.{low}", mac[:-2] + "ee")]
        return nets

    def _extended(self, number: int, host: str, day: str, status: str) -> dict[str, object]:
        return {
            "OS-DCF:diskConfig": "AUTO",
            "OS-EXT-AZ:availability_zone": f"az{number % 3}",
            "OS-SRV-USG:launched_at": f"{day}T12:{number % 60:02d}:31.000000",
            "OS-SRV-USG:terminated_at": None,
            "OS-EXT-SRV-ATTR:host": host,
            "OS-EXT-SRV-ATTR:instance_name": f"instance-{number:08x}",
            "OS-EXT-SRV-ATTR:hypervisor_hostname": host,
            "OS-EXT-SRV-ATTR:reservation_id": f"r-{self._random.getrandbits(32):08x}",
            "OS-EXT-SRV-ATTR:launch_index": 0,
            "OS-EXT-SRV-ATTR:hostname": f"vm-{number:05d}",
            "OS-EXT-SRV-ATTR:kernel_id": "",
            "OS-EXT-SRV-ATTR:ramdisk_id": "",
            "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
            "OS-EXT-SRV-ATTR:user_data": None,
            "OS-EXT-STS:task_state": None,
            "OS-EXT-STS:vm_state": status.lower(),
            "OS-EXT-STS:power_state": 1 if status == "ACTIVE" else 4,
            "os-extended-volumes:volumes_attached": [{"id": self._id(), "delete_on_termination": True}]
            * (1 + (number % 3 == 0)),
        }


def render(value: object) -> bytes:
    """Return JSON with the blanks that Nova's own has."""
    return json.dumps(value).encode()


def _address(addr: str, mac: str, *, version: int = 4, sort: str = "fixed") -> dict[str, object]:
    return {"version": version, "addr": addr, "OS-EXT-IPS:type": sort, "OS-EXT-IPS-MAC:mac_addr": mac}
