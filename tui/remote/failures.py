"""Why a jump host could not be used, for a person: each sentence names the machine, and says what to do next."""

from __future__ import annotations

import asyncio
import errno
import socket

import asyncssh
from asyncssh.constants import OPEN_ADMINISTRATIVELY_PROHIBITED, OPEN_CONNECT_FAILED

from tui.config.fence import fenced
from tui.model.ssh import HostKey
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.remote.ssh_config import Machine
from tui.remote.trusting import Trusting

_REFUSED = {
    errno.ECONNREFUSED: ("refuses connections", "refused"),
    errno.EHOSTUNREACH: ("cannot be reached", "no route"),
    errno.ENETUNREACH: ("cannot be reached", "no route"),
    errno.ECONNRESET: ("dropped the connection", "dropped"),
}


def trouble(
    machine: Machine, cause: Cause, what: str, *, short: str, said: str = "", hint: str = "", asked: str = "SSH to"
) -> TroubleError:
    """Return a trouble about a machine: its label and `what` make the sentence."""
    whom = f"{asked} {machine.at}"
    return TroubleError(
        Trouble(cause, f"Jump host {machine.hop.label} {what}"[:500], said[:2000], short=short, asked=whom, hint=hint)
    )


def silent(machine: Machine, seconds: float) -> TroubleError:
    """It did not answer in time."""
    return trouble(machine, Cause.TIMEOUT, f"does not answer: nothing after {seconds:g} s", short="tunnel")


def late(machine: Machine, target: str, seconds: float) -> TroubleError:
    """Nothing behind it answered in time, or it does not itself any more."""
    what = f"gets no connection to {target}: nothing after {seconds:g} s"
    return trouble(machine, Cause.TIMEOUT, what, short=f"timeout {seconds:g}s"[:12], asked="a way through")


def unknown_key(machine: Machine, key: HostKey) -> TroubleError:
    """Nobody has said yet whether its key is right."""
    what = f"is not known yet: its {key.algorithm} key is {key.fingerprint}"
    if machine.strict:
        hint = "StrictHostKeyChecking is yes in the SSH configuration: put the key into known_hosts."
        return trouble(machine, Cause.CONFIG, what, short="host key", hint=hint)
    hint = f"Compare the fingerprint and say whether to trust it{'' if fenced() else '; or connect once with ssh'}."
    return trouble(machine, Cause.ASK, what, short="host key", hint=hint)


def distrusted(machine: Machine, trusting: Trusting, said: str) -> TroubleError:
    """Its key is another than the one known, revoked, or its certificate is no good."""
    files = ", ".join(str(path) for path in machine.known_hosts[:1])
    if "revoked" in said:
        return trouble(machine, Cause.CONFIG, "shows a host key that is revoked", short="key revoked", said=said)
    key = trusting.seen
    shown = f" Shown: {key.algorithm} {key.fingerprint}." if key else ""
    hint = (
        f"Somebody may be listening, or the machine was made anew. If it was: ssh-keygen -f {files} -R {_name(machine)}"
    )
    what = f"shows another host key than the one known: refused.{shown}"
    return trouble(machine, Cause.CONFIG, what, short="key changed", said=said, hint=hint)


def _name(machine: Machine) -> str:
    return machine.name if machine.port == 22 else f"'[{machine.name}]:{machine.port}'"


def explained(machine: Machine, error: Exception, wanted: str, odd: list[str]) -> TroubleError:
    """Explain why a connection did not come about; `wanted` is what a person would have had to type."""
    if isinstance(error, asyncssh.PermissionDenied):
        return _denied(machine, error, wanted, odd)
    said = str(error) or type(error).__name__
    if isinstance(error, socket.gaierror):
        return trouble(
            machine, Cause.NETWORK, f"is not known: no address of {machine.host} (DNS)", short="DNS", said=said
        )
    if isinstance(error, asyncssh.ConnectionLost | asyncio.IncompleteReadError):
        return trouble(machine, Cause.NETWORK, "dropped the connection", short="dropped", said=said)
    if isinstance(error, asyncssh.DisconnectError):
        if "host key" in error.reason:
            what = "has no host key of the kind that is known of it: refused"
            return trouble(machine, Cause.CONFIG, what, short="key changed", said=said)
        return trouble(machine, Cause.NETWORK, f"ended the connection: {error.reason}", short="tunnel", said=said)
    if isinstance(error, OSError):
        found = next((_REFUSED[number] for number in _numbers(error) if number in _REFUSED), None)
        what, short = found or (f"cannot be reached: {error.strerror or said}", "tunnel")
        return trouble(machine, Cause.NETWORK, f"{what} ({machine.host} port {machine.port})", short=short, said=said)
    return trouble(machine, Cause.CONFIG, f"cannot be used: {said}", short="tunnel", said=said)


def _numbers(error: OSError) -> list[int | None]:
    # asyncio tells several addresses that failed as one error whose text has them all.
    named = [number for number in _REFUSED if f"[Errno {number}]" in str(error)]
    return [error.errno, *named]


def _denied(machine: Machine, error: asyncssh.PermissionDenied, wanted: str, odd: list[str]) -> TroubleError:
    if wanted:
        what = f"wants the {wanted[:1].lower()}{wanted[1:]}"
        short = next((word for word in ("passphrase", "password") if word in wanted.lower()), "sign in")
        hint = "Type it in stackdeck, in a terminal, or load the key into ssh-agent."
        return trouble(machine, Cause.ASK, what, short=short, hint=hint)
    hint = (
        f"Its log says why. Not usable here: {'; '.join(odd)}"[:300] if odd else "Check user and key; its log says why."
    )
    what = f"does not let {machine.user} in"
    return trouble(machine, Cause.SIGN_IN, what, short="tunnel auth", said=error.reason, hint=hint)


def channel(machine: Machine, error: asyncssh.ChannelOpenError, target: str) -> TroubleError:
    """Explain why a machine opens no way to `host:port` behind it; the words are sshd's own."""
    reason = error.reason or f"code {error.code}"
    if error.code == OPEN_ADMINISTRATIVELY_PROHIBITED:
        what = f"forbids forwarding to {target}"
        hint = "Its sshd_config says so: AllowTcpForwarding, PermitOpen, or permitopen= of the key."
        return trouble(machine, Cause.NETWORK, what, short="prohibited", said=reason, hint=hint, asked="a way through")
    lower = reason.lower()
    if error.code == OPEN_CONNECT_FAILED and ("resol" in lower or "not known" in lower or "name or service" in lower):
        what = f"does not know the name of {target}"
        return trouble(machine, Cause.NETWORK, what, short="DNS there", said=reason, asked="a way through")
    what = f"gets no connection to {target}: {reason}"
    return trouble(machine, Cause.NETWORK, what, short="refused", said=reason, asked="a way through")
