"""Console lines: how bad they are, which phases of the boot begin with them, and where another boot begins."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.console import Line, Severity, Sort, State, first_bad, phase_of, read, severity_of

BOOT = """\
SeaBIOS (version 1.16.3-debian-1.16.3-2)
iPXE (http://ipxe.org) 00:03.0 CA00 PCI2.10 PnP PMM
net0: 52:54:00 DHCP (net0 52:54:00:12:34:56)... ok
Booting from Hard Disk...
GRUB loading, Ubuntu 24.04.1 LTS
[    0.000000] Linux version 6.8.0-48-generic (buildd@lcy02-amd64-010)
[    0.000000] Command line: root=LABEL=cloudimg-rootfs ro console=tty1 console=ttyS0
[    1.911002] EXT4-fs (vda1): mounted filesystem with ordered data mode
[    2.402871] systemd[1]: Detected virtualization kvm.
[  OK  ] Reached target local-fs.target - Local File Systems.
[    3.911872] cloud-init[512]: Cloud-init v. 24.1.3 running 'init-local' at Fri, 20 Nov 2026. Up 3.90 seconds.
[  OK  ] Started systemd-networkd.service - Network Configuration.
[   14.611090] ens3: DHCPv4: no lease after 10 s, trying again
[FAILED] Failed to start systemd-networkd-wait-online.service - Wait for Network
[  124.310428] cloud-init[711]: Cloud-init v. 24.3.1 running 'init' at 20 Nov 2026 13:58:02 +0000. Up 124.21 seconds.
[  244.810054] cloud-init[733]: Cloud-init v. 24.3.1 running 'modules:config' at x. Up 244.80 seconds
[  244.910054] cloud-init[733]: Cloud-init v. 24.3.1 running 'modules:final' at x. Up 244.90 seconds
[  245.020018] cloud-init[733]: Cloud-init v. 24.3.1 finished at x. Datasource DataSourceNone. Up 245.01 seconds

Ubuntu 24.04.1 LTS ubuntu ttyS0

ubuntu login: \
"""

PHASES = [
    ("firmware", None), ("boot", None), ("kernel", 0.0), ("initrd", 1.911002), ("systemd", 2.402871),
    ("ci local", 3.9), ("network", 3.9), ("ci network", 124.21), ("ci config", 244.8), ("ci final", 244.9),
    ("ci done", 245.01), ("login", 245.01),
]  # fmt: skip


def lines_of(text: str, state: State | None = None) -> list[Line]:
    state = state or State()
    lines: list[Line] = []
    for raw in text.split("\n"):
        made, state = read(raw, state)
        lines += made
    return lines


def phases(lines: list[Line]) -> list[tuple[str, float | None]]:
    return [(line.phase, line.at) for line in lines if line.phase]


def test_the_phases_of_a_boot_are_found_in_order_with_their_times() -> None:
    assert phases(lines_of(BOOT)) == PHASES


def test_another_boot_in_the_same_log_is_told_and_has_phases_of_its_own() -> None:
    lines = lines_of(BOOT + "\n" + BOOT)
    assert [line.sort for line in lines].count(Sort.BOOT) == 1
    at = next(number for number, line in enumerate(lines) if line.sort is Sort.BOOT)
    assert lines[at + 1].text.startswith("SeaBIOS")
    assert phases(lines[at:]) == PHASES


def test_a_reboot_without_firmware_in_the_log_is_told_by_its_kernel() -> None:
    kernel = "[    0.000000] Linux version 6.8\n[    9.000000] systemd[1]: Detected virtualization kvm."
    assert [line.sort for line in lines_of(kernel + "\n" + kernel)].count(Sort.BOOT) == 1
    assert Sort.BOOT not in [line.sort for line in lines_of("[    0.000000] Linux version 6.8\n" * 2)]


def test_a_server_that_runs_for_long_is_in_no_phase() -> None:
    assert not phases(lines_of("[34474747.000000] dhclient: DHCPACK\n[34474748.1] systemd-networkd: lease lost"))
    assert not phases(lines_of(BOOT + "\n[  300.0] dhclient: DHCPACK\nweb-1 login: "))[len(PHASES) :]


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("ACPI: _OSC evaluation for CPUs failed, trying _PDC", Severity.WARN),
        ("ens3: DHCPv4: no lease after 10 s, trying again", Severity.WARN),
        ("[FAILED] Failed to start systemd-networkd-wait-online.service", Severity.BAD),
        ("[DEPEND] Dependency failed for remote-fs.target", Severity.WARN),
        ("url_helper.py[WARNING]: Calling 'http://169.254.169.254' failed [50/120s]", Severity.WARN),
        ("DataSourceOpenStack[CRITICAL]: giving up on metadata: timeout after 120 seconds", Severity.BAD),
        ("cloud-init[711]: util.py[ERROR]: No active metadata service found", Severity.BAD),
        ("Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)", Severity.BAD),
        ("Out of memory: Killed process 812 (java)", Severity.BAD),
        ("blk_update_request: I/O error, dev vda, sector 0", Severity.BAD),
        ("error: file `/boot/grub/i386-pc/normal.mod' not found.", Severity.BAD),
        ("Traceback (most recent call last):", Severity.BAD),
        ("You are in emergency mode.", Severity.BAD),
        ("EXT4-fs (vda1): re-mounted. Opts: errors=remount-ro", Severity.NONE),
        ("ERST: Error Record Serialization Table (ERST) support is initialized.", Severity.NONE),
        ("util.py[DEBUG]: failed to read /x, which is fine", Severity.NONE),
        ("<3>systemd[1]: something", Severity.BAD),
        ("<28>Nov 20 10:53:45 cloud-init: hm", Severity.WARN),
        ("<14>Nov 20 10:53:45 cloud-init: -----BEGIN SSH HOST KEY FINGERPRINTS-----", Severity.NONE),
        ("[  OK  ] Started ssh.service - OpenBSD Secure Shell server.", Severity.NONE),
        ("ubuntu login: ", Severity.NONE),
    ],
)
def test_how_bad_a_line_reads(text: str, severity: Severity) -> None:
    assert severity_of(text) is severity


@pytest.mark.parametrize(
    "text",
    ["Command line: BOOT_IMAGE=/vmlinuz root=LABEL=x ro console=tty1 console=ttyS0", "the login: was refused", "", "["],
)
def test_what_begins_no_phase(text: str) -> None:
    assert phase_of(text) == ""


def test_the_first_error_is_that_of_the_last_boot_that_has_one() -> None:
    found = first_bad(lines_of(BOOT + "\n" + BOOT.replace("[FAILED]", "[FAILED] again:")))
    assert found is not None
    assert found.text.startswith("[FAILED] again:")
    looping = first_bad(lines_of(BOOT + "\nSeaBIOS"))
    assert looping is not None
    assert looping.text.startswith("[FAILED] Failed")
    assert first_bad(lines_of("SeaBIOS\nfine")) is None


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=80), max_size=20))
def test_junk_is_read_without_a_word_lost_or_an_error(raws: list[str]) -> None:
    lines = lines_of("\n".join(raws))
    assert len([line for line in lines if line.sort is Sort.TEXT]) >= len(raws or [""])


def test_ten_thousand_lines_are_read_in_a_moment() -> None:
    raws = BOOT.split("\n") * 500 + ["[ 1.0] " + "failed " * 900] * 50
    start = time.process_time()
    state = State()
    for raw in raws:
        _, state = read(raw, state)
    assert time.process_time() - start < 5.0
