"""Ten places to be a guest of: two demo clouds of five each, and what they say they were asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.http.board import Control
from tui.demo.process import DemoCloud

PLACES = 10
DETAIL = "/servers/detail"


@dataclass(frozen=True)
class Counts:
    """What was asked."""

    paths: Counter[str]
    """By path, with the number of the cloud in front."""
    bytes: int
    """Of the answers' bodies."""
    gzipped: int

    @property
    def total(self) -> int:
        """All requests."""
        return sum(self.paths.values())

    def ending(self, *ends: str) -> int:
        """Requests of paths with such an end."""
        return sum(count for path, count in self.paths.items() if path.endswith(ends))

    def by_place(self, *ends: str) -> Counter[str]:
        """The same by cloud and region."""
        found: Counter[str] = Counter()
        for path, count in self.paths.items():
            if path.endswith(ends):
                found["/".join(path.split("/")[:3])] += count
        return found


class Hosts:
    """The demo clouds, in which nothing changes by itself."""

    def __init__(self, clouds: Sequence[DemoCloud]) -> None:
        self._clouds = clouds
        self.controls = [Control(cloud.url) for cloud in clouds]

    def write(self, path: Path) -> Path:
        """Write one clouds.yaml that leads to all places."""
        entries = {
            f"{name}-{number}": entry
            for number, cloud in enumerate(self._clouds)
            for name, entry in yaml.safe_load(cloud.clouds_file.read_text("utf-8"))["clouds"].items()
        }
        path.write_text(yaml.safe_dump({"clouds": entries}))
        return path

    def control(self, ident: str) -> Control:
        """Return the control of the cloud that has a server."""
        return next(control for control in self.controls if _knows(control, ident))

    def end_transitions(self, idents: Iterable[str]) -> None:
        """Bring servers in transition to their end: in clouds that stand still they would be under way for ever."""
        for ident in idents:
            self.control(ident).alter(ident, status="ACTIVE")

    def begin_transitions(self, idents: Iterable[str]) -> None:
        """Let servers reboot for ever."""
        for ident in idents:
            self.control(ident).alter(ident, task_state="rebooting")

    def forget(self) -> None:
        """Count anew."""
        for control in self.controls:
            control.send("DELETE", "requests")

    def counts(self) -> Counts:
        """Return the counts since `forget`."""
        paths: Counter[str] = Counter()
        size = gzipped = 0
        for number, control in enumerate(self.controls):
            told = control.send("GET", "requests")
            size, gzipped = size + told["bytes"], gzipped + told["gzipped"]
            for one in told["requests"]:
                paths[f"{number}{one['path']}"] += one["count"]
        return Counts(paths, size, gzipped)


def _knows(control: Control, ident: str) -> bool:
    try:
        control.server(ident)
    except AssertionError:
        return False
    return True
