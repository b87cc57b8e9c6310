"""`stackdeck demo-cloud`: runs the demo clouds until told to end."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.demo.faults import FaultBoard

MAX_SERVERS = 50_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of `demo-cloud`."""
    from tui.demo.faults import KINDS

    parser.epilog = (
        f"Faults: {', '.join(KINDS)}; some take a number, as latency=0.5. WHERE: prod-us, prod-us/sjc2, "
        "prod-us/sjc2/compute, or any piece of a path after a slash. WHEN: after=REQUESTS, for=SECONDS, once. Server "
        "metadata demo_fault = spawn, reboot, reboot-silent, stop, start, resize, delete or snapshot makes that fail; "
        "volume metadata demo_fault = create, delete or extend."
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="N", help="listen on this port of 127.0.0.1 (default: any)"
    )
    parser.add_argument("--servers", type=_count, metavar="N", help=f"servers in each region, up to {MAX_SERVERS:,}")
    parser.add_argument("--still", action="store_true", help="nothing changes by itself")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="KIND[:WHERE[:WHEN]]",
        help="misbehave, e.g. error:prod-us/sjc2, hang:/compute/servers, drop:prod-eu:after=20,for=10 (repeatable)",
    )
    parser.add_argument(
        "--latency", type=float, default=0.0, metavar="SECONDS", help="answer every request this much later"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed makes another fleet")
    parser.add_argument(
        "--clouds-file", type=Path, metavar="PATH", help="write a clouds.yaml there once the cloud answers"
    )
    parser.add_argument("--tls", action="store_true", help="speak HTTPS with a certificate nobody has signed")
    parser.add_argument(
        "--ssh-port",
        type=_port,
        default=0,
        metavar="N",
        help="port of SSH guests and bastion (default: 2222, else any)",
    )
    parser.add_argument("--ssh-dir", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--parent-pipe", action="store_true", help=argparse.SUPPRESS)


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= MAX_SERVERS:
        raise argparse.ArgumentTypeError(f"must be from 0 to {MAX_SERVERS:,}")
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 0 < number < 65_536:
        raise argparse.ArgumentTypeError("must be from 1 to 65535")
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo clouds; the exit code."""
    parser = argparse.ArgumentParser(
        prog="stackdeck demo-cloud", description="A make-believe OpenStack for any client."
    )
    add_arguments(parser)
    return run(parser.parse_args(argv))


def run(options: argparse.Namespace) -> int:
    """Run the demo clouds with options that were parsed before; the exit code."""
    from tui.demo.clouds_file import ForeignFileError, check_target
    from tui.demo.faults import FaultBoard, FaultSyntaxError

    board = FaultBoard()
    try:
        for text in options.fault:
            board.add(text)
        if options.clouds_file is not None:
            check_target(options.clouds_file)
    except (FaultSyntaxError, ForeignFileError, OSError) as error:
        return _complain(str(error))
    try:
        return asyncio.run(_serve(options, board))
    except OSError as error:
        return _complain(f"cannot serve on port {options.port}: {error.strerror or error}")


def _complain(text: str) -> int:
    sys.stderr.write(f"stackdeck demo-cloud: {text}\n")
    return 2


async def _serve(options: argparse.Namespace, board: FaultBoard) -> int:
    """Serve until a signal comes or the parent is gone."""
    from tui.demo import clouds_file
    from tui.demo.life import Life
    from tui.demo.lifeline import die_with_parent, watch_pipe
    from tui.demo.seeding import build_world
    from tui.demo.server import DemoServer
    from tui.demo.ssh_files import SshFiles
    from tui.demo.ssh_guests import Guests
    from tui.demo.ssh_keys import fresh

    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def end() -> None:
        loop.call_soon_threadsafe(ended.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    if options.parent_pipe:
        die_with_parent(end)
        watch_pipe(sys.stdin.fileno(), end)
    world = build_world(options.seed, options.servers)
    guests = Guests(world, fresh())
    try:
        guests.start(options.ssh_port)
    except OSError as error:
        return _complain(f"cannot take port {options.ssh_port} for SSH: {error.strerror or error}")
    server = DemoServer(world, board, options.latency)
    tls = None
    if options.tls:
        from tui.demo.tls import self_signed

        tls = self_signed()
    url = await server.start(options.port, tls)
    path = clouds_file.write(world, options.clouds_file)
    files = SshFiles(guests, options.ssh_dir) if guests.bastion else None
    if options.clouds_file is None:
        line = f"Demo cloud at {url}. To use it: export OS_CLIENT_CONFIG_FILE={path}"
    else:
        line = f"Demo cloud at {url}. Wrote {path}"
    where = f" For stackdeck: export STACKDECK_SSH={files.settings}" if files is not None else ""
    sys.stdout.write(f"{line}\n{guests.sentence}{where}\n")
    sys.stdout.flush()
    guests.watch()
    life = None if options.still else Life(world)
    await ended.wait()
    if life is not None:
        life.stop()
    guests.stop()
    if files is not None:
        files.remove()
    clouds_file.forget(path, options.clouds_file is None)
    await server.stop()
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Taking 250,000 servers apart one by one would only keep the one who waits for our end waiting.
    os._exit(code)
