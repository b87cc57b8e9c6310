"""Opening the clouds for a command without a screen: settings, typed passwords, regions found."""

from __future__ import annotations

import getpass
import sys

from tui.cloud import Clouds
from tui.cloud.entry import CloudEntry
from tui.commands.side_by_side import side_by_side
from tui.commands.tunnels import settle
from tui.config.options import Options
from tui.config.settings import Settings
from tui.live.tunnels import Tunnels
from tui.model.trouble import Cause, Trouble, TroubleError


def open_clouds(options: Options, settings: Settings, tunnels: Tunnels) -> Clouds:
    """Read the configuration for this run. Raises TroubleError (CONFIG)."""
    return Clouds.load(
        settings=settings,
        only=options.clouds,
        regions=options.regions,
        project=options.project,
        read_only=True,
        token_cache=options.token_cache,
        dial=tunnels.dial,
    )


def prepare(clouds: Clouds, tunnels: Tunnels) -> list[Trouble]:
    """Ask for what must be typed, and the catalogs for the regions that entries leave open; returns what failed."""
    troubles = [entry.trouble for entry in clouds.entries if entry.trouble]
    settle(clouds, tunnels)
    for entry in clouds.entries:
        if entry.prompts and not entry.trouble:
            ask(clouds, entry)
    open_ended = [entry for entry in clouds.entries if not entry.regions and not entry.trouble]
    for _, outcome in side_by_side(lambda entry: clouds.discover(entry.name), open_ended):
        # An entry that does not answer keeps its scope without a region, which says so when it is asked.
        if isinstance(outcome, Exception) and not isinstance(outcome, TroubleError):
            raise outcome
    clouds.keep()
    return troubles


def ask(clouds: Clouds, entry: CloudEntry) -> None:
    """Let the person type passwords and passcodes. Without a terminal nothing is asked: signing in says what lacks."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        return
    answers = {}
    for prompt in entry.prompts:
        question = f"{entry.name}: {prompt.label}: "
        if prompt.secret:
            answers[prompt.name] = getpass.getpass(question, stream=sys.stderr)
        else:
            sys.stderr.write(question)
            sys.stderr.flush()
            answers[prompt.name] = sys.stdin.readline().rstrip("\n")
    if all(answers.values()):
        clouds.provide(entry.name, answers)


def no_scopes(clouds: Clouds, options: Options) -> Trouble:
    """Explain that nothing is left to ask."""
    if options.regions:
        known = sorted({scope.region for scope in clouds.scopes if scope.region})
        hint = f"There are: {', '.join(known)}" if known else ""
        return Trouble(Cause.CONFIG, f"No cloud has the region {' or '.join(options.regions)}", hint=hint)
    return Trouble(Cause.CONFIG, "No cloud can be asked", hint="stackdeck doctor says what is wrong with each")
