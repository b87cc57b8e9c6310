"""Fixtures that tests of every ring may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.sshd import sshd as sshd
from tests.tunnelled import echo as echo
from tests.tunnelled import inside as inside
from tests.tunnelled import ssh_home as ssh_home

if TYPE_CHECKING:
    from tests.serving import Alone, Served

# How long an example takes says how busy the machine is. They are the same in each run: what fails once fails again.
settings.register_profile(
    "same", settings(), deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("wild", settings.get_profile("same"), derandomize=False, max_examples=1000)
settings.load_profile("same")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """`stackdeck serve` with no users, not started; it ends with the test."""
    from tests.serving import Served

    found = Served(tmp_path)
    yield found
    found.stop()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    """A server in this process, not started; it ends with the test."""
    from tests.serving import Alone

    found = Alone(tmp_path)
    yield found
    found.stop()
