"""Fixtures that tests of every ring may ask for."""

from __future__ import annotations

from tests.sshd import sshd as sshd
