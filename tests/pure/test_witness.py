"""Whether a console log shows that a server has started anew."""

from __future__ import annotations

import pytest

from tui.resources.server_witness import went_on

BOOT = ["[    0.000000] Linux version 6.8.0", "[    1.200000] systemd[1]: Started", "web-1 login:"]


@pytest.mark.parametrize(
    ("before", "after", "goes_on"),
    [
        (BOOT, BOOT, True),
        (BOOT, [*BOOT, "[   99.1] audit: something"], True),
        (BOOT, [*BOOT[1:], "[   99.1] audit: something"], False),
        (BOOT, [*BOOT, "[  123.4] reboot: Restarting system", *BOOT[:1]], False),
        ([*BOOT, "one", "two", "three"], ["one", "two", "three", "four"], True),
        ([*BOOT, "one", "two", "three"], BOOT, False),
        ([*BOOT, "one", "two", "three"], ["SeaBIOS (version 1.16)"], False),
        (BOOT, [*BOOT, "SeaBIOS (version 1.16)"], False),
        ([], [], False),
        ([], BOOT, False),
        (BOOT, [], False),
    ],
)
def test_a_restart_is_told_from_going_on(before: list[str], after: list[str], goes_on: bool) -> None:
    assert went_on("\n".join(before), "\n".join(after)) is goes_on
