"""The shell of the demo's guests: a handful of commands answered from a server's record. It never runs a program."""

from __future__ import annotations

import asyncio
import hashlib
import re
import shlex
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tui.demo.network import hostname
from tui.demo.records import Server
from tui.demo.world import Region

Write = Callable[[str, bool], Awaitable[None]]
"""Takes a text and whether it is for stderr."""

LOGINS = {"ubuntu": "ubuntu", "debian": "debian", "rocky": "rocky", "flatcar": "core", "cirros": "cirros"}
"""The user that images of a distribution let in."""

KERNELS = {
    "ubuntu 24.04": ("6.8.0-79-generic", "6.8.0-71-generic"),
    "ubuntu 22.04": ("5.15.0-153-generic", "5.15.0-143-generic"),
    "debian 13": ("6.12.48+deb13-amd64", "6.12.41+deb13-amd64"),
    "debian 12": ("6.1.0-40-amd64", "5.10.0-35-amd64"),
    "rocky 9.6": ("5.14.0-570.44.1.el9_6.x86_64", "5.14.0-570.12.1.el9_6.x86_64"),
    "flatcar 4230.2": ("6.6.100-flatcar", "6.6.95-flatcar"),
}
"""Kernels by distribution and version: the newest, and the one of a guest that was not restarted since."""

BEHIND = 9
"""One guest in so many runs the older kernel."""

CHUNK = 4096
"""Characters of a flood that are written at once."""


@dataclass(frozen=True, slots=True)
class Guest:
    """What a guest knows of itself."""

    host: str
    user: str
    distribution: str
    version: str
    kernel: str
    cores: int
    ram: int
    """MB"""
    disk: int
    """GB"""
    booted: float
    """Epoch seconds."""
    address: str


def login_of(region: Region, server: Server) -> str:
    """The user that a server lets in; empty for one that speaks no SSH."""
    return LOGINS.get(_system(region, server)[0], "")


def guest_of(region: Region, server: Server) -> Guest:
    """Look a server's guest up."""
    distribution, version = _system(region, server)
    newest, old = KERNELS.get(f"{distribution} {version}", ("6.1.0-40-amd64",) * 2)
    behind = hashlib.sha256(server.id.encode()).digest()[0] % BEHIND == 0
    flavor = server.flavor
    booted = float(server.booted or server.launched or region.now()) - region.skew
    fixed = next((address for port in server.ports for _, address in port.fixed), "-")
    host = hostname(server.name)
    kernel = old if behind else newest
    user = LOGINS.get(distribution, "")
    return Guest(host, user, distribution, version, kernel, flavor.vcpus, flavor.ram, flavor.disk, booted, fixed)


def _system(region: Region, server: Server) -> tuple[str, str]:
    """Distribution and version of a server's image; of one that boots from a volume, those that its volume has."""
    image = region.images.get(server.image_id)
    if image is None:
        return "debian", "12"
    if image.properties.get("image_type") == "snapshot":
        image = region.images.get(image.properties.get("base_image_ref", ""), image)
    return image.properties.get("os_distro", "debian"), image.properties.get("os_version", "12")


class Shell:
    """One session: commands joined by `;`, `&&` and `||`, and `$?`. Nothing else of a shell's language is known."""

    def __init__(self, guest: Guest, write: Write) -> None:
        self._guest = guest
        self._write = write
        self.code = 0
        """What the last command returned."""
        self.over = False
        """Whether `exit` was said."""

    @property
    def prompt(self) -> str:
        """What stands before a line that is typed."""
        return f"{self._guest.user}@{self._guest.host}:~$ "

    @property
    def greeting(self) -> str:
        """What stands above the first prompt."""
        guest = self._guest
        return f"{_pretty(guest)} {guest.kernel}\nA make-believe guest of the demo cloud: `help` lists what it knows.\n"

    async def run(self, line: str) -> int:
        """Run a line; the exit code of its last command."""
        try:
            lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|<>()")
            lexer.whitespace_split, lexer.commenters = True, "#"
            words = list(lexer)
        except ValueError as error:
            return await self._fail(f"bash: {error}", 2)
        joint, command = ";", list[str]()
        for word in [*words, ";"]:
            if word not in {";", "&&", "||"}:
                if set(word) <= set("&|<>()"):
                    return await self._fail(f"bash: this make-believe shell knows no «{word}»", 2)
                command.append(word)
                continue
            wanted = {"&&": self.code == 0, "||": self.code != 0}.get(joint, True)
            if command and wanted and not self.over:
                self.code = await self._command(command)
            joint, command = word, []
        return self.code

    async def _fail(self, text: str, code: int) -> int:
        await self._write(text + "\n", True)
        self.code = code
        return code

    async def _command(self, words: list[str]) -> int:
        words = [word.replace("$?", str(self.code)) for word in words]
        while words and words[0] in {"sudo", "-n", "nohup", "/usr/bin/env"}:
            words = words[1:]
        if not words:
            return 0
        name, rest = words[0].rpartition("/")[2], words[1:]
        if name == "exit":
            self.over = True
            return int(rest[0]) & 255 if rest and rest[0].isdecimal() else self.code
        if name == "sleep":
            await asyncio.sleep(min(sum(_seconds(word) for word in rest), 86_400))
            return 0
        if name in {"yes", "seq"}:
            return await self._flood(name, rest)
        if name == "printf":
            await self._write(_unescaped(" ".join(rest)), False)
            return 0
        found = _ANSWERS.get(name)
        if found is None:
            return await self._fail(f"bash: {words[0]}: command not found", 127)
        text, code = found(self._guest, rest)
        if text:
            await self._write(text + "\n", code != 0)
        return code

    async def _flood(self, name: str, rest: list[str]) -> int:
        """`yes` without an end, `seq` up to a number: as fast as they are read."""
        if name == "yes":
            text = (" ".join(rest) or "y") + "\n"
            while True:
                await self._write(text * max(1, CHUNK // len(text)), False)
        last = int(rest[-1]) if rest and rest[-1].isdecimal() else 0
        for start in range(1, last + 1, 500):
            await self._write("".join(f"{n}\n" for n in range(start, min(start + 500, last + 1))), False)
        return 0


def _seconds(word: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)([smh]?)", word)
    return float(found[1]) * {"m": 60, "h": 3600}.get(found[2], 1) if found else 0.0


def _unescaped(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        said = found[1]
        named = {"n": "\n", "t": "\t", "r": "\r", "e": "\x1b", "a": "\a", "\\": "\\"}
        return named[said] if said in named else chr(int(said.removeprefix("x"), 16 if said[0] == "x" else 8))

    return re.sub(r"\\([ntrea\\]|x[0-9a-fA-F]{1,2}|[0-3][0-7]{0,2})", character, text)


def _pretty(guest: Guest) -> str:
    name = {"ubuntu": "Ubuntu", "debian": "Debian GNU/Linux", "rocky": "Rocky Linux", "flatcar": "Flatcar"}
    return f"{name.get(guest.distribution, guest.distribution)} {guest.version}"


def _uname(guest: Guest, rest: list[str]) -> tuple[str, int]:
    if "-a" in rest:
        return f"Linux {guest.host} {guest.kernel} #1 SMP x86_64 GNU/Linux", 0
    parts = {"-s": "Linux", "-n": guest.host, "-r": guest.kernel, "-m": "x86_64"}
    return " ".join(parts.get(word, "Linux") for word in rest) or "Linux", 0


def _load(guest: Guest) -> str:
    seed = hashlib.sha256(guest.host.encode()).digest()
    return ", ".join(f"{byte % (guest.cores * 60) / 100:.2f}" for byte in seed[:3])


def _uptime(guest: Guest, rest: list[str]) -> tuple[str, int]:
    minutes = int(time.time() - guest.booted) // 60
    if "-p" in rest:
        return f"up {minutes // 1440} days, {minutes // 60 % 24} hours", 0
    days = f"{minutes // 1440} days, " if minutes >= 1440 else ""
    clock = time.strftime("%H:%M:%S", time.gmtime())
    return f" {clock} up {days}{minutes // 60 % 24:2}:{minutes % 60:02},  0 users,  load average: {_load(guest)}", 0


def _cat(guest: Guest, rest: list[str]) -> tuple[str, int]:
    files = {
        "/etc/hostname": guest.host,
        "/etc/os-release": (
            f'PRETTY_NAME="{_pretty(guest)}"\nNAME="{_pretty(guest).rpartition(" ")[0]}"\n'
            f'VERSION_ID="{guest.version}"\nID={guest.distribution}'
        ),
        "/proc/loadavg": _load(guest).replace(",", "") + " 1/168 4711",
        "/proc/uptime": f"{time.time() - guest.booted:.2f} 0.00",
    }
    for name in rest:
        if name not in files:
            return f"cat: {name}: No such file or directory", 1
    return "\n".join(files[name] for name in rest), 0


def _used(guest: Guest) -> int:
    """Percent of the disk in use."""
    return 20 + hashlib.sha256(guest.host.encode()).digest()[4] % 76


def _df(guest: Guest, rest: list[str]) -> tuple[str, int]:
    used = guest.disk * _used(guest) // 100
    head = "Filesystem      Size  Used Avail Use% Mounted on"
    return f"{head}\n/dev/vda1       {guest.disk:3}G  {used:3}G  {guest.disk - used:3}G  {_used(guest):2}% /", 0


def _free(guest: Guest, rest: list[str]) -> tuple[str, int]:
    used = guest.ram * (30 + hashlib.sha256(guest.host.encode()).digest()[5] % 60) // 100
    head = "               total        used        free"
    return f"{head}\nMem:      {guest.ram:10}  {used:10}  {guest.ram - used:10}", 0


def _systemctl(guest: Guest, rest: list[str]) -> tuple[str, int]:
    if rest[:1] == ["is-active"]:
        broken = hashlib.sha256(f"{guest.host}{rest[-1]}".encode()).digest()[0] % 11 == 0
        return ("failed", 3) if broken else ("active", 0)
    return ("running", 0) if rest[:1] == ["is-system-running"] else ("systemctl: only is-active is known here", 1)


_ANSWERS: dict[str, Callable[[Guest, list[str]], tuple[str, int]]] = {
    "cat": _cat,
    "date": lambda guest, rest: (time.strftime("%a %b %e %H:%M:%S UTC %Y", time.gmtime()), 0),
    "df": _df,
    "echo": lambda guest, rest: (" ".join(rest), 0),
    "false": lambda guest, rest: ("", 1),
    "free": _free,
    "help": lambda guest, rest: (" ".join(sorted([*_ANSWERS, "exit", "printf", "seq", "sleep", "sudo", "yes"])), 0),
    "hostname": lambda guest, rest: (guest.address if "-I" in rest else guest.host, 0),
    "id": lambda guest, rest: (f"uid=1000({guest.user}) gid=1000({guest.user}) groups=1000({guest.user}),27(sudo)", 0),
    "nproc": lambda guest, rest: (str(guest.cores), 0),
    "pwd": lambda guest, rest: (f"/home/{guest.user}", 0),
    "systemctl": _systemctl,
    "true": lambda guest, rest: ("", 0),
    "uname": _uname,
    "uptime": _uptime,
    "whoami": lambda guest, rest: (guest.user, 0),
}
