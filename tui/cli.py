"""The command line. Nothing heavy is imported before it is needed: `--version` and `--help` answer at once."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tui import __version__
from tui.config import ahead
from tui.config.theme import THEMES

if TYPE_CHECKING:
    from tui.commands.get import Request
    from tui.config.options import Options
    from tui.config.settings import Settings

GOOD = 0
CLOUD_SAID_NO = 1
USAGE = 2
INTERRUPTED = 130

KIND_NAMES = "server, flavor, image, keypair, network, floating_ip, security_group"
"""Kinds, named here since their registry is not imported for a help text; a test holds the two together."""

EPILOG = """\
exit codes: 0 good, 1 a cloud said no, 2 usage or configuration

  stackdeck                            all clouds of clouds.yaml, live
  stackdeck --demo                     the same on a demo cloud: nothing else is needed
  stackdeck get server -o json         the same engine for pipes
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Never lets a traceback out."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        with ahead.shown(words):
            return _run(parser(demo="demo-cloud" in words, commands=bool(words)).parse_args(words))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has what it wanted («| head»). Python would complain again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> int:
    from tui.model.trouble import TroubleError

    if isinstance(error, TroubleError):
        from tui.commands.say import tell

        tell(error.trouble)
        return USAGE
    from tui.commands.crash import report

    sys.stderr.write(report(error))
    return CLOUD_SAID_NO


def parser(demo: bool = True, commands: bool = True) -> argparse.ArgumentParser:
    """Return the parser of everything that stackdeck takes; without `demo`, `demo-cloud` has no options of its own.

    Without `commands` there are none: for a command line without words, which asks for none.
    """
    top = argparse.ArgumentParser(
        prog="stackdeck",
        description="A live terminal dashboard over every OpenStack cloud and region you have.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"stackdeck {__version__}")
    _places(top)
    _dashboard(top)
    if not commands:
        top.set_defaults(command=None)
        return top
    _commands(top, demo)
    return top


def _commands(top: argparse.ArgumentParser, demo: bool) -> None:
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _get(commands.add_parser("get", help="print rows of a kind: table, JSON, YAML, CSV", allow_abbrev=False))
    _doctor(commands.add_parser("doctor", help="check each place and the terminal", allow_abbrev=False))
    serve = commands.add_parser(
        "serve", help="the dashboard over SSH, for people without an account here", allow_abbrev=False
    )
    _serve(serve)
    demo_cloud = commands.add_parser("demo-cloud", help="run the demo cloud alone, for any client", allow_abbrev=False)
    if demo:
        from tui.demo.__main__ import add_arguments

        add_arguments(demo_cloud)


def _places(found: argparse.ArgumentParser, default: object = None) -> None:
    """Add what says where to look. A subcommand must not undo what stands before it: its defaults are suppressed."""
    keep = argparse.SUPPRESS if default is argparse.SUPPRESS else None
    group = found.add_argument_group("places")
    group.add_argument(
        "--cloud", action="append", metavar="NAME", default=keep, help="only this entry of clouds.yaml (repeatable)"
    )
    group.add_argument("--region", action="append", metavar="NAME", default=keep, help="only this region (repeatable)")
    group.add_argument("--project", metavar="NAME", default=keep or "", help="another project than the entry's")
    group.add_argument("--demo", action="store_true", default=keep or False, help="start a demo cloud and look at that")
    group.add_argument(
        "--no-token-cache", action="store_true", default=keep or False, help="keep no tokens in the cache directory"
    )
    group.add_argument(
        "--no-row-cache", action="store_true", default=keep or False, help="neither keep nor show the last known rows"
    )
    group.add_argument("--filter", metavar="TEXT", default=keep or "", help="as typed after /: 'status:error ram>8gb'")


def _dashboard(top: argparse.ArgumentParser) -> None:
    group = top.add_argument_group("dashboard")
    group.add_argument("--view", metavar="KIND", default="", help=f"open this kind: {KIND_NAMES}")
    group.add_argument("--all-projects", action="store_true", help="rows of all projects, where policy allows it")
    group.add_argument("--read-only", action="store_true", help="nothing that changes anything is offered or possible")
    group.add_argument(
        "--restricted",
        action="store_true",
        help="for people without an account here (sshd's ForceCommand): no shell, no programs, no files",
    )
    group.add_argument("--served", type=int, default=-1, help=argparse.SUPPRESS)
    group.add_argument("--theme", choices=THEMES, metavar="NAME", default="", help=", ".join(THEMES))
    group.add_argument("--ascii", action="store_true", help="draw marks and lines in ASCII")
    group.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    group.add_argument(
        "--low-bandwidth",
        action="store_const",
        const="on",
        default="",
        help="256 colours, 10 frames a second, no mouse motion (by itself over SSH, once the link proves slow)",
    )
    group.add_argument(
        "--no-low-bandwidth", dest="low_bandwidth", action="store_const", const="off", help="not even over a slow link"
    )
    group.add_argument(
        "--painter",
        choices=("diff", "stock"),
        default="",
        help="stock: let Textual draw whole regions, should a terminal not take the changed cells alone",
    )


def _get(found: argparse.ArgumentParser) -> None:
    found.add_argument("kind", metavar="KIND", help=KIND_NAMES)
    found.add_argument("name", metavar="NAME", nargs="?", default="", help="only rows with this name or id")
    found.add_argument(
        "-o", "--output", choices=("table", "wide", "json", "yaml", "csv"), default="table", help="default: table"
    )
    found.add_argument("--sort", metavar="COLUMN", default="", help="sort by a column; COLUMN:desc in reverse")
    found.add_argument("--columns", metavar="A,B", default="", help="these columns, in this order")
    found.add_argument(
        "--all-projects",
        action="store_true",
        default=argparse.SUPPRESS,
        help="rows of all projects, where policy allows it",
    )
    _places(found, argparse.SUPPRESS)


def _doctor(found: argparse.ArgumentParser) -> None:
    _places(found, argparse.SUPPRESS)


def _serve(found: argparse.ArgumentParser) -> None:
    found.add_argument(
        "--listen", metavar="HOST:PORT", default="", help="default: 127.0.0.1:8022, for this machine alone"
    )
    found.add_argument(
        "--directory", metavar="PATH", default="", help="users, host key and log; default: serve beside the settings"
    )
    found.add_argument("--max-connections", metavar="N", type=int, default=100, help="at once, in all; default: 100")
    found.add_argument("--per-user", metavar="N", type=int, default=5, help="sessions at once of a user; default: 5")
    found.add_argument(
        "--idle", metavar="MINUTES", type=float, default=60.0, help="without a key until the end; 0: never; default: 60"
    )
    found.add_argument("--read-only", action="store_true", default=argparse.SUPPRESS, help="nobody changes anything")


def _run(options: argparse.Namespace) -> int:
    if options.command == "demo-cloud" and not options.restricted:
        from tui.demo.__main__ import run as run_demo_cloud

        return run_demo_cloud(options)
    if options.restricted:
        from tui.commands import restricted

        restricted.begin(options.command or "", options.served)
    if options.command:
        # Under the dashboard Textual takes what is printed, and shows it to nobody.
        from tui.commands.crash import guard

        guard()
    if options.command == "serve":
        from tui.commands import serve

        return serve.run(options)
    from tui.live import memory

    memory.prepare()  # before anything heavy is imported: collections while it is take a tenth of the start
    from tui.config.settings import load_settings

    settings = load_settings()
    with ExitStack() as ending:
        if options.command == "get":
            return _run_get(options, settings, ending)
        if options.command == "doctor":
            return _run_doctor(options, settings, ending)
        return _run_dashboard(options, settings, ending)


def _run_get(options: argparse.Namespace, settings: Settings, ending: ExitStack) -> int:
    from tui.commands import get

    request: Request = get.Request(
        kind=options.kind,
        name=options.name,
        style=options.output,
        sort=options.sort,
        columns=tuple(name for name in options.columns.split(",") if name.strip()),
        all_projects=options.all_projects,
    )
    return get.run(_options(options), request, _start_demo(options, ending) or settings)


def _run_doctor(options: argparse.Namespace, settings: Settings, ending: ExitStack) -> int:
    from tui.commands import doctor

    return doctor.run(_options(options), _start_demo(options, ending) or settings)


def _run_dashboard(options: argparse.Namespace, settings: Settings, ending: ExitStack) -> int:
    from msgspec import structs

    from tui.commands.say import complain
    from tui.commands.terminal import NOT_HEEDED, facts, judge

    chosen = _options(options)
    low = chosen.low_bandwidth or settings.low_bandwidth
    verdict = judge(facts(), low_bandwidth=low == "on", painter=chosen.painter or settings.painter)
    if verdict.problem:
        ahead.leave()
        complain(verdict.problem, verdict.hint)
        if sys.stdout.isatty() and not sys.stderr.isatty():
            # Whoever sent stderr elsewhere should not be left with nothing to read.
            complain(verdict.problem, verdict.hint, sys.stdout)
        return USAGE
    os.environ.update(verdict.environ)
    for name in NOT_HEEDED:
        os.environ.pop(name, None)
    if options.view:
        _check_view(options.view)
    settings = _start_demo(options, ending) or settings
    if options.restricted:
        from tui.commands.restricted import fence_in

        fence_in(settings, [Path(os.environ["OS_CLIENT_CONFIG_FILE"]).parent] if options.demo else [])
    sent = None
    if not (options.demo or options.restricted):
        from tui.live.prefetch import send_out

        sent = send_out(chosen, settings)
        if sent is not None:
            ending.callback(sent.close)
    from tui.ui import run

    theme = chosen.theme or settings.theme or verdict.theme
    in_ascii = chosen.ascii or (verdict.ascii and settings.ascii == "auto")
    code = run(structs.replace(chosen, ascii=in_ascii, theme=theme, remote=verdict.remote), sent)
    ending.close()
    # Taking the interpreter down costs longer than all of ours, and nothing is left to do: what matters is on disk.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _check_view(view: str) -> None:
    """Raise TroubleError for a kind that does not exist, before there is a screen to say it on."""
    from tui.commands.get import kind_named

    kind_named(view)


def _start_demo(options: argparse.Namespace, ending: ExitStack) -> Settings | None:
    """Start the demo cloud and point this process at it; it ends with this process, whatever way that ends.

    Returns the settings with those that its servers need; None where no demo is wanted.
    """
    if not options.demo:
        return None
    from tui.demo.process import DemoCloud, DemoCloudError

    signal.signal(signal.SIGTERM, _leave)
    try:
        demo = ending.enter_context(DemoCloud.start())
    except DemoCloudError as error:
        from tui.model.trouble import Cause, Trouble, TroubleError

        raise TroubleError(Trouble(Cause.CONFIG, f"The demo cloud did not start: {error}")) from error
    for name in [name for name in os.environ if name.startswith("OS_")]:
        del os.environ[name]
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(demo.clouds_file)
    os.environ.pop("STACKDECK_SSH", None)
    if demo.settings_file.exists():
        os.environ["STACKDECK_SSH"] = str(demo.settings_file)
    from tui.config.settings import load_settings

    return load_settings()


def _leave(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _options(found: argparse.Namespace) -> Options:
    from tui.config.options import Options

    return Options(
        clouds=tuple(found.cloud or ()),
        regions=tuple(found.region or ()),
        project=found.project,
        view=found.view,
        filter=found.filter,
        all_projects=found.all_projects,
        read_only=found.read_only,
        token_cache=not (found.no_token_cache or found.demo),
        row_cache=not (found.no_row_cache or found.demo),
        theme=found.theme,
        ascii=found.ascii,
        mouse=not found.no_mouse,
        painter=found.painter,
        low_bandwidth=found.low_bandwidth,
        restricted=found.restricted,
        served=found.served if found.restricted else -1,
        demo=found.demo,
    )


if __name__ == "__main__":
    sys.exit(main())
