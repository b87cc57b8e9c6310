"""A list of 3 MB through a jump host, beside the same straight ahead: genuine sshd, loopback, medians in turn."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import yaml

from tests.bench.row import Row
from tests.http.stage import Answer, Stage
from tests.sshd import PROGRAM, Sshd
from tui.cloud import Api, Clouds
from tui.config.settings import Settings, Ssh
from tui.live.tunnels import Tunnels

SIZE = 3_000_000
RUNS = 15
MORE = 0.100
"""Seconds that the way through the tunnel may take longer."""


def _timed(api: Api) -> float:
    started = time.perf_counter()
    assert len(api.get("compute", "/big").body) == SIZE
    return time.perf_counter() - started


def _clouds(home: Path, server: Sshd, stage: Stage, tunnels: Tunnels) -> Clouds:
    said = {"host": server.host, "port": server.port, "user": server.user, "key": str(server.key)}
    entries = {"near": stage.entry(), "far": stage.entry(ssh_tunnel=said)}
    file = home / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": entries}))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    with patch.dict(os.environ, {**kept, "OS_CLIENT_CONFIG_FILE": str(file)}, clear=True):
        return Clouds.load(settings=Settings(), token_cache=False, dial=tunnels.dial)


def big_list() -> list[Row]:
    """Measure both ways in turn. Raises RuntimeError where there is no sshd."""
    if not PROGRAM:
        raise RuntimeError("there is no OpenSSH server here")
    with tempfile.TemporaryDirectory() as directory, Stage() as stage:
        server = Sshd(Path(directory) / "sshd")
        server.start()
        stage.on("GET", "/compute/v2.1/big", Answer(b"x" * SIZE))
        tunnels = Tunnels(Ssh(known_hosts=str(server.known_hosts_file())))
        try:
            clouds = _clouds(Path(directory), server, stage, tunnels)
            near, far = (clouds.api(scope) for scope in sorted(clouds.scopes, key=lambda scope: scope.place.via))
            for api in (near, far):
                _timed(api)
            pairs = [(_timed(near), _timed(far)) for _ in range(RUNS)]
        finally:
            tunnels.close()
            server.stop()
    straight, through = (statistics.median(side) for side in zip(*pairs, strict=True))
    return [
        Row(
            "a 3 MB list through a jump host",
            f"{through * 1000:.0f} ms",
            f"straight ahead {straight * 1000:.0f} ms",
            through / straight,
            f"≤ {MORE * 1000:.0f} ms more",
            through - straight <= MORE,
        )
    ]


if __name__ == "__main__":
    for row in big_list():
        print(row)  # noqa: T201
