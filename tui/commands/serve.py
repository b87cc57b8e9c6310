"""`stackdeck serve`: start the SSH server and end it with grace; everything of SSH is in `tui.remote.serve`."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import resource
import signal
import site
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tui.commands.restricted import not_dumpable
from tui.commands.say import complain
from tui.config.paths import config_dir
from tui.model.trouble import Cause, Trouble, TroubleError

if TYPE_CHECKING:
    from tui.remote.sessions import Serving

PORT = 8022
_OTHERS = (
    "cloud", "region", "project", "demo", "no_token_cache", "no_row_cache", "filter", "view", "all_projects", "theme",
    "ascii", "no_mouse", "low_bandwidth", "painter",
)  # fmt: skip
"""Options of the dashboard: each user has settings for them, or does without."""
STOPPING = 10.0
"""Seconds after which an end is not waited for any more; it takes five at most by itself."""
_PASSED = (
    "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy",
    "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONPATH", "VIRTUAL_ENV",
)  # fmt: skip
"""What a dashboard gets of the server's environment: the way to the clouds, and to our own code."""


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. Raises TroubleError (CONFIG) for what cannot be served."""
    _refuse_others(options)
    directory = Path(options.directory).expanduser().absolute() if options.directory else config_dir() / "serve"
    host, port = listening(options.listen)
    if options.max_connections < 1 or options.per_user < 1 or not 0 <= options.idle <= 10_080:
        raise _trouble("--max-connections and --per-user are 1 at least, --idle is 0 to 10080 minutes", "")
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    not_dumpable()
    from tui.remote.sessions import Serving

    return _serve(
        Serving(
            directory=directory,
            host=host,
            port=port,
            connections=options.max_connections,
            per_user=options.per_user,
            idle=options.idle * 60,
            command=command(read_only=options.read_only),
        )
    )


def _refuse_others(options: argparse.Namespace) -> None:
    """Raise TroubleError (CONFIG) for what stands before `serve` and would not be heeded: nobody shall rely on it."""
    for name in _OTHERS:
        if given := getattr(options, name):
            said = "--no-low-bandwidth" if given == "off" else f"--{name.replace('_', '-')}"
            raise _trouble(
                f"serve takes no {said}: each user sees the clouds of their own clouds.yaml, by settings of their own",
                "What it takes: stackdeck serve --help",
            )


def command(*, read_only: bool = False) -> tuple[str, ...]:
    """Return the program of a session: this Python, this stackdeck."""
    return (sys.executable, "-P", "-m", "tui", "--restricted", *(["--read-only"] if read_only else []))


def environment() -> dict[str, str]:
    """Return what every dashboard gets of this process's environment."""
    kept = {name: os.environ[name] for name in _PASSED if os.environ.get(name)}
    # The user's own site-packages lie under a HOME that a session does not have.
    return {"PATH": "/usr/bin:/bin", "PYTHONUSERBASE": site.getuserbase(), "PYTHONDONTWRITEBYTECODE": "1", **kept}


def listening(said: str) -> tuple[str, int]:
    """Read `HOST:PORT`, `[::1]:PORT`, `HOST` or `:PORT`. Raises TroubleError (CONFIG)."""
    found = re.fullmatch(r"(?:\[([^\]]+)\]|([^:\[\]]*))(?::(\d{1,5}))?", said)
    port = int(found[3]) if found and found[3] else PORT
    if not found or port > 65_535:
        raise _trouble(f"--listen {said}: it is HOST:PORT, such as 127.0.0.1:{PORT} or [::]:{PORT}", "")
    return found[1] or found[2] or "127.0.0.1", port


def _serve(serving: Serving) -> int:
    from tui.remote.loop import Loop
    from tui.remote.serve import Server, prepare

    ending = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    # Before any thread starts: they inherit it, and the signals wait for `sigwait`.
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    loop = Loop()
    server = Server(serving, environment())
    try:
        prepare(serving.directory)
        loop.run(server.start(), 30)
    except (OSError, ValueError) as error:
        raise _trouble(f"Nothing is served: {_why(error, serving)}", "") from error
    _tell(server.port, server.fingerprint, serving)
    number = signal.sigwait(ending)
    with contextlib.suppress(TimeoutError):
        loop.run(server.stop(), STOPPING)
    return 0 if number != signal.SIGINT else 128 + number


def _why(error: OSError | ValueError, serving: Serving) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or f'{serving.host}:{serving.port}'}: {error.strerror}"
    return str(error)


def _tell(port: int, fingerprint: str, serving: Serving) -> None:
    from tui.remote.authorized import USERS

    shown = f"[{serving.host}]" if ":" in serving.host else serving.host
    sys.stdout.write(f"stackdeck serves on {shown}:{port}, host key {fingerprint}\n")
    users = serving.directory / USERS
    if not any(users.iterdir()):
        sys.stdout.write(f"There are no users: make {users}/NAME with authorized_keys and clouds.yaml.\n")
    sys.stdout.flush()
    if os.geteuid() == 0:
        complain("every session runs as root", "Run it as a user of its own.")


def _trouble(title: str, hint: str) -> TroubleError:
    return TroubleError(Trouble(Cause.CONFIG, title, short="serve", hint=hint))
