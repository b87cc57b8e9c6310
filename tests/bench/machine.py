"""The machine that is measured on, and what a process costs on it. Linux tells these; elsewhere they are None or 0."""

from __future__ import annotations

import os
import platform
import sys
import threading
import time
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")


def describe() -> str:
    """Name the machine: processor, cores, system, Python, load of the last minute."""
    load = os.getloadavg()[0]
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    return f"{_model()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, {python}, load {load:.1f}"


def rss(pid: int) -> float:
    """Return the resident memory of a process in MB (10^6 bytes)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6


def cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used, all its threads, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def spent() -> float:
    """Return the seconds of CPU that this process has used."""
    return time.process_time()


def let_pass(seconds: float) -> None:
    """Let time pass: what is measured is a rate, and there is no condition to wait for."""
    threading.Event().wait(seconds)


def _model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
