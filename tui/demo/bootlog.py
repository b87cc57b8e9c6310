"""The lines that a guest writes to its serial console while it boots, and when. Data, true to an Ubuntu 24.04."""

from __future__ import annotations

BOOT: tuple[tuple[float, str], ...] = (
    (0.0, "SeaBIOS (version 1.16.3-debian-1.16.3-2)"),
    (0.0, ""),
    (0.0, "iPXE (http://ipxe.org) 00:03.0 CA00 PCI2.10 PnP PMM+BFF8A4D0+BFECA4D0 CA00"),
    (0.0, ""),
    (0.0, "Booting from Hard Disk..."),
    (0.3, "GRUB loading....Welcome to GRUB!"),
    (
        0.5,
        "[    0.000000] Linux version 6.8.0-79-generic (buildd@lcy02-amd64-034) (x86_64-linux-gnu-gcc-13 (Ubuntu "
        "13.3.0-6ubuntu2~24.04) 13.3.0, GNU ld (GNU Binutils for Ubuntu) 2.42) #79-Ubuntu SMP PREEMPT_DYNAMIC",
    ),
    (
        0.5,
        "[    0.000000] Command line: BOOT_IMAGE=/vmlinuz-6.8.0-79-generic root=LABEL=cloudimg-rootfs ro console=tty1 "
        "console=ttyS0",
    ),
    (0.5, "[    0.000000] KERNEL supported cpus:"),
    (0.5, "[    0.000000]   Intel GenuineIntel"),
    (0.5, "[    0.000000]   AMD AuthenticAMD"),
    (0.5, "[    0.000000] BIOS-provided physical RAM map:"),
    (0.5, "[    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable"),
    (0.5, "[    0.000000] BIOS-e820: [mem 0x00000000fffc0000-0x00000000ffffffff] reserved"),
    (0.5, "[    0.000000] DMI: OpenStack Foundation OpenStack Nova, BIOS 1.16.3-debian-1.16.3-2 04/01/2014"),
    (0.5, "[    0.000000] Hypervisor detected: KVM"),
    (0.5, "[    0.000001] kvm-clock: Using msrs 4b564d01 and 4b564d00"),
    (0.6, "[    0.004000] x86/fpu: Supporting XSAVE feature 0x001: 'x87 floating point registers'"),
    (0.7, "[    0.118337] smpboot: CPU0: Intel Xeon Processor (Icelake) (family: 0x6, model: 0x86, stepping: 0x0)"),
    (0.8, "[    0.205114] ACPI: PCI Root Bridge [PCI0] (domain 0000 [bus 00-ff])"),
    (0.9, "[    0.347121] NET: Registered PF_NETLINK/PF_ROUTE protocol family"),
    (1.1, "[    0.611840] pci 0000:00:03.0: [1af4:1000] type 00 class 0x020000"),
    (1.4, "[    0.934710] Serial: 8250/16550 driver, 32 ports, IRQ sharing enabled"),
    (1.7, "[    1.207533] virtio_blk virtio2: [vda] 41943040 512-byte logical blocks (21.5 GB/20.0 GiB)"),
    (1.9, "[    1.412990]  vda: vda1 vda14 vda15 vda16"),
    (2.1, "[    1.633015] virtio_net virtio0 ens3: renamed from eth0"),
    (2.4, "[    1.920447] EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none."),
    (2.7, "[    2.251083] systemd[1]: systemd 255.4-1ubuntu8 running in system mode (+PAM +AUDIT +SELINUX +APPARMOR)"),
    (2.7, "[    2.251902] systemd[1]: Detected virtualization kvm."),
    (2.8, "Welcome to \x1b[1mUbuntu 24.04.3 LTS\x1b[0m!"),
    (2.9, "[    2.419911] systemd[1]: Hostname set to <{host}>."),
    (3.1, "[\x1b[0;32m  OK  \x1b[0m] Created slice \x1b[0;1;39msystem-getty.slice\x1b[0m - Slice /system/getty."),
    (3.2, "[\x1b[0;32m  OK  \x1b[0m] Reached target \x1b[0;1;39mcryptsetup.target\x1b[0m - Local Encrypted Volumes."),
    (3.4, "[\x1b[0;32m  OK  \x1b[0m] Mounted \x1b[0;1;39mboot-efi.mount\x1b[0m - /boot/efi."),
    (3.5, "[\x1b[0;32m  OK  \x1b[0m] Reached target \x1b[0;1;39mlocal-fs.target\x1b[0m - Local File Systems."),
    (3.7, "         Starting \x1b[0;1;39mcloud-init-local.service\x1b[0m - Initial cloud-init job (pre-networking)..."),
    (4.3, "[    3.911872] cloud-init[512]: Cloud-init v. 25.2 running 'init-local' at {date}. Up 3.90 seconds."),
    (
        4.8,
        "[\x1b[0;32m  OK  \x1b[0m] Finished \x1b[0;1;39mcloud-init-local.service\x1b[0m - Initial cloud-init job "
        "(pre-networking).",
    ),
    (4.9, "[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39msystemd-networkd.service\x1b[0m - Network Configuration."),
    (5.2, "[    4.882190] systemd-networkd[601]: ens3: Link UP"),
    (5.2, "[    4.901277] systemd-networkd[601]: ens3: Gained carrier"),
    (5.5, "[    5.118402] systemd-networkd[601]: ens3: DHCPv4 address {ip}/16, gateway {gateway} acquired"),
    (6.0, "[    5.614407] cloud-init[577]: Cloud-init v. 25.2 running 'init' at {date}. Up 5.60 seconds."),
    (
        6.1,
        "[    5.701332] cloud-init[577]: ci-info: +++++++++++++++++++++++++++++++++Net device info"
        "++++++++++++++++++++++++++++++++++",
    ),
    (
        6.1,
        "[    5.701388] cloud-init[577]: ci-info: +--------+------+-----------------+---------------+--------+"
        "-------------------+",
    ),
    (
        6.1,
        "[    5.701412] cloud-init[577]: ci-info: | Device |  Up  |     Address     |      Mask     | Scope  |"
        "     Hw-Address    |",
    ),
    (
        6.1,
        "[    5.701437] cloud-init[577]: ci-info: |  ens3  | True | {ip:^15} |  255.255.0.0  | global | {mac} |",
    ),
    (
        6.1,
        "[    5.701461] cloud-init[577]: ci-info: +--------+------+-----------------+---------------+--------+"
        "-------------------+",
    ),
    (6.6, "[    6.220145] cloud-init[577]: Generating public/private ed25519 key pair."),
    (6.7, "[    6.301228] cloud-init[577]: Your identification has been saved in /etc/ssh/ssh_host_ed25519_key"),
    (7.2, "[\x1b[0;32m  OK  \x1b[0m] Finished \x1b[0;1;39mcloud-init.service\x1b[0m - Cloud-init: Network Stage."),
    (7.3, "[\x1b[0;32m  OK  \x1b[0m] Reached target \x1b[0;1;39mnetwork-online.target\x1b[0m - Network is Online."),
    (7.6, "[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39mssh.service\x1b[0m - OpenBSD Secure Shell server."),
    (8.3, "[    7.917220] cloud-init[811]: Cloud-init v. 25.2 running 'modules:config' at {date}. Up 7.90 seconds."),
    (9.2, "[    8.840018] cloud-init[866]: Cloud-init v. 25.2 running 'modules:final' at {date}. Up 8.82 seconds."),
    (9.4, "@keys"),
    (
        9.8,
        "[    9.402671] cloud-init[866]: Cloud-init v. 25.2 finished at {date}. Datasource DataSourceOpenStackLocal "
        "[net,ver=2].  Up 9.39 seconds",
    ),
    (9.9, "[\x1b[0;32m  OK  \x1b[0m] Reached target \x1b[0;1;39mcloud-init.target\x1b[0m - Cloud-init target."),
    (10.3, ""),
    (10.3, "Ubuntu 24.04.3 LTS {host} ttyS0"),
    (10.3, ""),
    (10.3, "{host} login: "),
)
"""Seconds after the boot began, and the line; `@keys` stands for the block that cloud-init prints on a first boot."""

HEARTBEATS = (
    "[{uptime:>12.6f}] systemd[1]: Started apt-daily.service - Daily apt download activities.",
    "[{uptime:>12.6f}] TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:443. Sending cookies.",
    "[{uptime:>12.6f}] systemd[1]: logrotate.service: Deactivated successfully.",
    "[{uptime:>12.6f}] clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable",
    "[{uptime:>12.6f}] cron[702]: (root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)",
    "[{uptime:>12.6f}] sshd[1402]: Connection closed by authenticating user root 203.0.113.9 port 51022 [preauth]",
)
"""Lines that a console goes on growing by while its server runs."""

SHUTDOWN = (
    "[\x1b[0;32m  OK  \x1b[0m] Stopped target \x1b[0;1;39mmulti-user.target\x1b[0m - Multi-User System.",
    "[\x1b[0;32m  OK  \x1b[0m] Reached target \x1b[0;1;39mshutdown.target\x1b[0m - System Shutdown.",
    "[{uptime:>12.6f}] reboot: Power down",
)
"""The last lines of a server that was turned off."""
