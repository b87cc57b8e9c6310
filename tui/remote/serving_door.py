"""A connection to `stackdeck serve`: who it is, and everything that is refused."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import secrets
from collections.abc import Mapping
from typing import Any

import asyncssh

from tui.remote.authorized import CLOUDS, STEERING, home_of, refusal, unsafe
from tui.remote.serving_log import Log, shown
from tui.remote.serving_session import TerminalSession, Who
from tui.remote.sessions import Sessions

MOST_KEYS = 6
"""Wrong keys after which a client is sent away, as sshd does (MaxAuthTries)."""
MOST_DENIED = 50
"""Refusals after which a connection is dropped: nobody asks so often by mistake, and each is a line in the log."""
DEAF = 8_000_000
"""Bytes that wait for a client that reads nothing but goes on asking; then it is dropped."""
_WATCH = 1.0


class Door(Who):
    """One connection. Only public keys; only one session; of that only a terminal with the dashboard."""

    def __init__(self, sessions: Sessions, log: Log, environ: Mapping[str, str]) -> None:
        """`environ` is what every dashboard gets."""
        self._sessions = sessions
        self._log = log
        self._environ = environ
        self._ident = secrets.token_hex(6)
        self._conn: asyncssh.SSHServerConnection
        self._address = ""
        self._key = ""
        self._wrong = self._denied = 0
        self._counted = self._in = False
        self._channels = 0
        self._watch: asyncio.TimerHandle | None = None
        self.user = ""

    # -- in and out ---------------------------------------------------------------------------------------------------

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Take it on, or send it away."""
        self._conn = conn
        peer = conn.get_extra_info("peername") or ("",)
        self._address = _plain(str(peer[0]))
        if why := self._sessions.full():
            self.note("denied", what="connection", why=why)
            conn.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, why)
            return
        self._counted = True
        self._sessions.entered(self)
        self._sessions.signing_in += 1
        if not self.note("connect"):
            conn.disconnect(asyncssh.DISC_BY_APPLICATION, "the log cannot be written")
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        if self._watch is not None:
            self._watch.cancel()
        if self._counted:
            self._counted = False
            if not self._in:
                self._sessions.signing_in -= 1
            self.note("disconnect", why=shown(str(exc)) if exc else "")
            self._sessions.left(self)

    def leave(self, why: str) -> None:
        """Send a client away that has no session; of one that has, the session tells and ends it."""
        if not self._channels:
            self._conn.disconnect(asyncssh.DISC_BY_APPLICATION, why)

    def abort(self) -> None:
        """End it at once."""
        self._conn.abort()

    def note(self, event: str, **more: Any) -> bool:
        """Write a line into the log, with who it is."""
        who = {"session": self._ident, "from": self._address, "user": shown(self.user), "key": self._key}
        if event == "denied":
            self._denied += 1
            if self._denied >= MOST_DENIED:
                asyncio.get_running_loop().call_soon(self._conn.abort)
        return self._log.write(event, **who, **more)

    def backlog(self) -> int:
        """Return the bytes that wait in the socket's buffer: asyncssh itself does not look at it (2.24)."""
        transport = getattr(self._conn, "_transport", None)
        return int(transport.get_write_buffer_size()) if transport is not None else 0

    def _look(self) -> None:
        """Drop a client that asks and asks and reads no answer."""
        if self.backlog() > DEAF:
            self.note("denied", what="connection", why="it reads nothing")
            self._conn.abort()
            return
        self._watch = asyncio.get_running_loop().call_later(_WATCH, self._look)

    # -- who ----------------------------------------------------------------------------------------------------------

    def begin_auth(self, username: str) -> bool:
        """Everybody must sign in."""
        self.user = username
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys are the one way in."""
        return True

    def password_auth_supported(self) -> bool:
        """No passwords."""
        return False

    def kbdint_auth_supported(self) -> bool:
        """No passwords by another name."""
        return False

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Look the key up. The last one asked for before `auth_completed` is the one that signed."""
        self.user, self._key = username, key.get_fingerprint()
        why = refusal(self._sessions.serving.directory, username, key, self._address)
        if not why:
            return True
        self._wrong += 1
        self.note("refused", why=why)
        if self._wrong >= MOST_KEYS:
            self._conn.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "too many keys")
        return False

    def auth_completed(self) -> None:
        """They are who they say."""
        self.user = str(self._conn.get_extra_info("username"))
        self._in = True
        self._sessions.signing_in -= 1
        if not self.note("auth"):
            self._conn.disconnect(asyncssh.DISC_BY_APPLICATION, "the log cannot be written")

    # -- the one thing that there is ----------------------------------------------------------------------------------

    def session_requested(self) -> TerminalSession:
        """A terminal. Raises ChannelOpenError for more than one, and for too many of this user."""
        why = "one session a connection" if self._channels else self._sessions.full_for(self.user)
        if why:
            self.note("denied", what="session", why=why)
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, why)
        self._channels += 1
        self._sessions.reserve(self.user)
        serving = self._sessions.serving
        return TerminalSession(self, serving.command, serving.idle)

    def begin(self, session: TerminalSession) -> str:
        """Count it, if the user has clouds to look at."""
        home = home_of(self._sessions.serving.directory, self.user)
        if home is None or not (home / CLOUDS).exists():
            return f"there is no {CLOUDS} for {self.user}: ask whoever runs this server"
        for name in (CLOUDS, *(each for each in STEERING if os.path.lexists(home / each))):
            if why := unsafe(home / name, secret=name == CLOUDS):
                self.note("denied", what="session", why=why)
                return f"the {name} of {self.user} is not safe: ask whoever runs this server"
        self._sessions.came(session)
        return ""

    def end(self, session: TerminalSession) -> None:
        """Count it no more."""
        self._sessions.went(session)
        self._sessions.release(self.user)

    def environ(self) -> Mapping[str, str]:
        """Return the environment of this user's dashboard: state, cache, settings and clouds of their own."""
        home = home_of(self._sessions.serving.directory, self.user)
        return {
            **self._environ,
            "HOME": str(home),
            "USER": self.user,
            "LOGNAME": self.user,
            "XDG_CONFIG_HOME": str(home),
            "XDG_STATE_HOME": f"{home}/state",
            "XDG_CACHE_HOME": f"{home}/cache",
            "XDG_DATA_HOME": f"{home}/state",
            "OS_CLIENT_CONFIG_FILE": f"{home}/{CLOUDS}",
            "SSH_CONNECTION": f"{self._address} 0 stackdeck {self._sessions.serving.port}",
        }

    # -- what there is not --------------------------------------------------------------------------------------------

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        """No -L, -D, -W, -J."""
        return self._deny("direct-tcpip", f"{dest_host}:{dest_port}")

    def unix_connection_requested(self, dest_path: str) -> bool:
        """No sockets of this machine."""
        return self._deny("direct-streamlocal", dest_path)

    def server_requested(self, listen_host: str, listen_port: int) -> bool:
        """No -R."""
        return self._deny("tcpip-forward", f"{listen_host}:{listen_port}")

    def unix_server_requested(self, listen_path: str) -> bool:
        """No sockets on this machine."""
        return self._deny("streamlocal-forward", listen_path)

    def tun_requested(self, unit: int | None) -> bool:
        """No network device."""
        return self._deny("tun")

    def tap_requested(self, unit: int | None) -> bool:
        """No network device."""
        return self._deny("tap")

    def _deny(self, what: str, said: str = "") -> bool:
        self.note("denied", what=what, said=shown(said))
        return False


def _plain(address: str) -> str:
    """Return an address as authorized_keys has it: IPv4 in IPv6 is IPv4, without a zone."""
    with contextlib.suppress(ValueError):
        found = ipaddress.ip_address(address.partition("%")[0])
        return str(getattr(found, "ipv4_mapped", None) or found)
    return address
