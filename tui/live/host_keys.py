"""Whether a server's host key is trusted: what it shows beside what its console log, the memory and known_hosts say.

Pure judgement, and the memory: keys are kept for each place and server id, in the state directory, 0600.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from tui.config.paths import private_dir, state_dir, write_private
from tui.model.amount import time_of
from tui.model.host_keys import Printed, Sure
from tui.model.place import Place
from tui.model.ssh import HostKey

NAME = "host_keys.json"


class Pin(msgspec.Struct, frozen=True):
    """The keys of one server as they were trusted."""

    keys: tuple[tuple[str, str], ...] = ()
    """Algorithm and base64 of each."""
    at: float = 0.0
    """Epoch seconds when they were trusted."""
    source: str = ""
    """What vouched for them then, in words."""
    name: str = ""
    """The server's name then (hostile text)."""
    hosts: tuple[str, ...] = ()
    """Names under which they were written to known_hosts (`host` or `[host]:port`)."""

    @property
    def host_keys(self) -> tuple[HostKey, ...]:
        """The keys."""
        return tuple(HostKey(algorithm, blob) for algorithm, blob in self.keys)


Pins = dict[str, dict[str, Pin]]


class Memory:
    """Keys by place and server id. Each call reads the file anew: several dashboards share it."""

    def __init__(self, path: Path | None = None) -> None:
        """`path` is in the state directory where none is given."""
        self._path = path

    def get(self, place: Place, ident: str) -> Pin | None:
        """Return what is remembered of a server; None for nothing, or for a file that cannot be read."""
        return self._read().get(_key(place), {}).get(ident)

    def owner(self, host: str, but: str = "") -> tuple[str, Pin] | None:
        """Return the server (id and pin) whose keys were written to known_hosts under a name, in whatever place.

        `but` is the id of the server that is asked for: its own name is nobody else's.
        """
        for pins in self._read().values():
            for ident, pin in pins.items():
                if host in pin.hosts and ident != but:
                    return ident, pin
        return None

    def put(self, place: Place, ident: str, pin: Pin) -> None:
        """Remember a server's keys; a name in known_hosts belongs to one server. Raises OSError."""
        with self._locked():
            pins = self._read()
            for here in pins.values():
                for other, old in list(here.items()):
                    if other != ident and set(old.hosts) & set(pin.hosts):
                        kept = tuple(host for host in old.hosts if host not in pin.hosts)
                        here[other] = msgspec.structs.replace(old, hosts=kept)
            pins.setdefault(_key(place), {})[ident] = pin
            self._write(pins)

    def forget(self, place: Place, ident: str) -> None:
        """Forget a server's keys. Raises OSError."""
        with self._locked():
            pins = self._read()
            if pins.get(_key(place), {}).pop(ident, None) is not None:
                self._write(pins)

    @property
    def path(self) -> Path:
        """The file. Raises OSError where there can be no state directory."""
        return self._path or state_dir() / NAME

    def _read(self) -> Pins:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Pins)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return {}

    def _write(self, pins: Pins) -> None:
        write_private(self.path, msgspec.json.format(msgspec.json.encode({k: v for k, v in pins.items() if v})))

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        path = self.path
        private_dir(path.parent)
        guard = os.open(
            path.with_name(f".{path.name}.lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            fcntl.flock(guard, fcntl.LOCK_EX)
            yield
        finally:
            os.close(guard)


def _key(place: Place) -> str:
    return f"{place.auth_url} {place.region}"


class Case(StrEnum):
    """What a server's key is, all in all."""

    KNOWN = "known"
    """Trusted before: nobody is asked."""
    GOOD = "good"
    """New, and the console log vouches for it."""
    WEAK = "weak"
    """New; the log names it, but not in a way that proves much."""
    CONFLICT = "conflict"
    """New; the log names it and contradicts itself."""
    NONE = "none"
    """New, and nothing vouches for it."""
    REBUILT = "rebuilt"
    """Not the remembered one, but the console log names it: the server was rebuilt."""
    WRONG = "wrong"
    """Not the one that the console log, or the memory, names. Never connected to."""


REFUSED = frozenset({Case.WRONG})


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known when a server is about to be trusted."""

    shown: HostKey
    """What the server shows at its address."""
    printed: Printed
    """What its console log says."""
    host: str
    """Its name in known_hosts: `host` or `[host]:port`."""
    pin: Pin | None = None
    known: tuple[HostKey, ...] = ()
    """Keys of that name in known_hosts."""
    revoked: bool = False
    """known_hosts revokes the key."""
    owner: tuple[str, Pin] | None = None
    """Another server (id, pin) to which that name in known_hosts belonged."""
    now: float = 0.0
    """Epoch seconds."""

    @property
    def vouched(self) -> bool:
        """Whether the console log proves the shown key, as far as a log can."""
        return self.printed.sure is Sure.GOOD and self.printed.has(self.shown)

    @property
    def others(self) -> tuple[HostKey, ...]:
        """Keys of that name in known_hosts, where the shown one is none of them."""
        return () if self.shown in self.known else self.known


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from the evidence."""

    case: Case
    keys: tuple[HostKey, ...]
    """What the connection will accept; none where it is refused."""
    reasons: tuple[str, ...]
    """Why, in sentences."""
    replaces: tuple[HostKey, ...] = ()
    """Keys in known_hosts under that name that would go; a second yes is asked for."""
    why_replace: str = ""
    """Why they would go."""
    source: str = ""
    """What vouches for the keys, to be remembered."""


def judge(evidence: Evidence) -> Verdict:
    """Say whether a server may be trusted. Pure."""
    shown, said, pin = evidence.shown, evidence.printed, evidence.pin
    if evidence.revoked:
        return _wrong("known_hosts revokes the key that the server shows (@revoked).")
    if pin is not None:
        return _judged_by_pin(evidence, pin)
    if said.keys and not said.has(shown):
        return _wrong(
            "The server shows a key that its console log does not name: something else answers at this address."
        )
    if not said.keys and said.fingerprints and shown.fingerprint not in said.fingerprints:
        return _wrong("The server shows a key whose fingerprint its console log does not name.")
    if shown in evidence.known and said.sure is not Sure.CONFLICT:
        return Verdict(Case.KNOWN, (shown,), ("known_hosts has this key for this address.",), source="known_hosts")
    if evidence.others and evidence.owner is None and not evidence.vouched:
        return _wrong(
            f"known_hosts has another key for {evidence.host}, and the console log does not prove the new one.",
            "If you know why it changed, remove the old one first: K on the server, then d.",
        )
    case, keys, reasons, source = _new(evidence)
    return Verdict(case, keys, reasons, *_replaces(evidence), source)


def _judged_by_pin(evidence: Evidence, pin: Pin) -> Verdict:
    when = time_of(pin.at, evidence.now)
    if evidence.shown in pin.host_keys:
        same = f"The same key as remembered since {when}, from: {pin.source}."
        return Verdict(Case.KNOWN, pin.host_keys, (same,), *_replaces(evidence), pin.source)
    if not evidence.vouched:
        return _wrong(
            f"The server shows another key than the one remembered since {when}, and its console log does not vouch "
            "for the new one.",
            "If you know why it changed, forget the old one first: K on the server, then f, and d for known_hosts.",
        )
    why = "The server was rebuilt, or made its keys anew: its console log names the key that it shows."
    reasons = (f"The server shows another key than the one remembered since {when}.", why)
    return Verdict(Case.REBUILT, evidence.printed.keys, reasons, evidence.others, why, "console log, after a rebuild")


def _new(evidence: Evidence) -> tuple[Case, tuple[HostKey, ...], tuple[str, ...], str]:
    """Judge a key that nobody has seen yet: (case, keys to accept, reasons, source)."""
    shown, said = evidence.shown, evidence.printed
    if said.sure is Sure.GOOD:
        reason = "The server shows a key that its console log names, confirmed by the fingerprints printed with it."
        return Case.GOOD, said.keys, (reason,), "console log"
    if said.sure is Sure.CONFLICT:
        return Case.CONFLICT, (shown,), said.reasons, "console log, in conflict"
    if said.sure is Sure.WEAK:
        return Case.WEAK, (shown,), said.reasons, "console log, weak"
    if shown.fingerprint in said.fingerprints:
        return Case.WEAK, (shown,), ("The log has the key's fingerprint, but not the key.",), "fingerprint, weak"
    return Case.NONE, (shown,), said.reasons or ("The console log could not be read.",), "nothing vouched for it"


def _replaces(evidence: Evidence) -> tuple[tuple[HostKey, ...], str]:
    """Return the keys in known_hosts that would go, and why."""
    if not evidence.others:
        return (), ""
    if evidence.owner is not None:
        ident, pin = evidence.owner
        whose = f"{pin.name} ({ident[:8]})" if pin.name else ident
        return evidence.others, f"{evidence.host} belonged to another server, {whose}: the address has moved."
    return evidence.others, f"known_hosts has another key for {evidence.host}: of whoever had this address before."


def _wrong(*reasons: str) -> Verdict:
    return Verdict(Case.WRONG, (), reasons)


def pin_of(
    keys: Sequence[HostKey], at: float, source: str, name: str, hosts: Sequence[str] = (), before: Pin | None = None
) -> Pin:
    """Return what to remember of a server, with the names that it has in known_hosts already."""
    kept = before.hosts if before is not None else ()
    names = tuple(dict.fromkeys((*kept, *hosts)))
    return Pin(tuple((key.algorithm, key.blob) for key in keys), at, source, name, names)


def known_hosts_text(name: str, keys: Sequence[HostKey]) -> str:
    """Return the lines of a known_hosts file that has these keys and no others."""
    return "".join(f"{name} {key.algorithm} {key.blob}\n" for key in keys)
