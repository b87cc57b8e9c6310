"""`stackdeck doctor`: each place checked step by step, side by side, and what was found out about the terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from typing import TextIO

from tui.cloud import Clouds
from tui.cloud.doctor import Check, check
from tui.commands import say
from tui.commands.asking import ask, told
from tui.commands.opening import no_scopes, open_clouds, prepare
from tui.commands.side_by_side import side_by_side
from tui.commands.terminal import facts, judge
from tui.config.cache import CONFIG, FRAMES, ROWS, TOKENS, Store
from tui.config.options import Options
from tui.config.paths import config_dir
from tui.config.settings import Settings
from tui.live.tunnels import Tunnels
from tui.model.amount import age, bytes_
from tui.model.place import Scope
from tui.model.text import cells, fit, inert
from tui.model.trouble import Trouble, TroubleError

_WORDS = {True: "ok", False: "FAIL", None: "note"}
_MARKS = {True: "●", False: "✗", None: "▲"}


def run(options: Options, settings: Settings, out: TextIO | None = None) -> int:
    """Print the checks, a place at a time as each is done; returns 1 when one of them failed.

    A configuration that cannot be read at all raises TroubleError (CONFIG), after the terminal's section.
    """
    stream = say.usable(out or sys.stdout)
    # In the C locale Python says UTF-8 all the same: the operator's own locale counts, as for the dashboard.
    report = _Report(stream, marks=say.is_utf8(stream) and not (stream.isatty() and judge(facts()).ascii))
    report.section("Terminal", _terminal(options, settings))
    file = config_dir() / "settings.toml"
    report.section("Settings", [Check("file", True, str(file) if file.exists() else f"none at {file}: all defaults")])
    report.section("Cache", _cache(options, settings))
    tunnels = Tunnels(settings.ssh)
    clouds = open_clouds(options, settings, tunnels)
    broken = prepare(clouds, tunnels)
    for trouble in broken:
        report.section(trouble.where or "Configuration", [_of_trouble("config", trouble)])
    scopes = [scope for scope in clouds.scopes if not options.regions or scope.region in options.regions]
    if not scopes and not broken:
        raise TroubleError(no_scopes(clouds, options))
    good = _check_all(clouds, scopes, report)
    failed = len(broken) + len(scopes) - good
    report.line("")
    well = "The one place is well." if good == 1 else f"All {good} places are well."
    report.line(f"{good} of {good + failed} places {'is' if good == 1 else 'are'} well." if failed else well)
    return 1 if failed else 0


def _check_all(clouds: Clouds, scopes: Sequence[Scope], report: _Report) -> int:
    def work(scope: Scope) -> tuple[list[Check], bool]:
        found: list[Check] = []
        good = check(clouds, scope, found.append)
        return found, good

    good = 0
    for scope, outcome in side_by_side(work, scopes):
        if isinstance(outcome, TroubleError):
            report.section(_title(scope), [_of_trouble("check", outcome.trouble)])
        elif isinstance(outcome, Exception):
            raise outcome
        else:
            checks, well = outcome
            report.section(_title(scope), checks)
            good += well
    return good


def _title(scope: Scope) -> str:
    names = ", ".join(scope.clouds)
    project = f" project {scope.project}" if scope.project else ""
    return f"{names} {scope.region}{project}".strip()


def _terminal(options: Options, settings: Settings) -> list[Check]:
    low = options.low_bandwidth or settings.low_bandwidth
    seen = facts()
    verdict = judge(seen, low_bandwidth=low == "on", painter=options.painter or settings.painter)
    findings = verdict.findings
    if seen.stdin and seen.stdout and not verdict.problem:
        answers = ask(sys.stdin.fileno(), remote=verdict.remote)
        findings += tuple(told(answers, remote=verdict.remote, ascii=verdict.ascii, low_bandwidth=low))
    return [Check(found.name, True if found.good else None, f"{found.what}: {found.why}") for found in findings]


def _cache(options: Options, settings: Settings) -> list[Check]:
    """Say what is kept between runs, where, and how old it is."""
    tokens = "" if options.token_cache else "off: --no-token-cache"
    rows = "off: --no-row-cache" if not options.row_cache else "" if settings.row_cache else "off in the settings"
    off = {TOKENS: tokens, CONFIG: tokens, ROWS: rows, FRAMES: rows}
    found = []
    for part, why in off.items():
        store = Store(part, 0)
        try:
            home = str(store.home)
        except OSError as error:
            found.append(Check(part, None, f"nothing can be kept: {error}", "It works without, a little slower."))
            continue
        held = store.holding()
        number = f"{held.files} file{'' if held.files == 1 else 's'}, {bytes_(held.size)}"
        oldest = f", the oldest {age(time.time() - held.oldest)} old" if held.files else ""
        found.append(Check(part, True, f"{f'{why}; ' if why else ''}{number}{oldest}, in {home}"))
    return found


def _of_trouble(name: str, trouble: Trouble) -> Check:
    return Check(name, False, say.sentence(trouble), " ".join(say.details(trouble)))


class _Report:
    """Writes sections whole, whichever thread asks."""

    def __init__(self, out: TextIO, *, marks: bool) -> None:
        self._out = out
        self._marks = marks
        self._lock = threading.Lock()
        self._started = False

    def line(self, text: str) -> None:
        """Write one line."""
        self._out.write(text + "\n")
        self._out.flush()

    def section(self, title: str, checks: Sequence[Check]) -> None:
        """Write a heading and its checks, names aligned."""
        width = max((cells(item.name) for item in checks), default=0)
        lines = [""] if self._started else []
        lines.append(inert(title))
        for item in checks:
            mark = f"{_MARKS[item.ok]} " if self._marks else ""
            lines.append(f"  {mark}{_WORDS[item.ok]:4}  {fit(inert(item.name), width)}  {inert(item.text)}")
            if item.hint:
                lines.append(f"  {' ' * len(mark)}      {' ' * width}  {inert(item.hint)}")
        with self._lock:
            self._started = True
            self.line("\n".join(lines))
