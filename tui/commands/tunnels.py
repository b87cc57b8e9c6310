"""Questions of tunnels on the terminal: passphrases, passwords, host keys of jump hosts that are not known yet."""

from __future__ import annotations

import getpass
import sys

from tui.cloud import Clouds
from tui.commands.side_by_side import side_by_side
from tui.live.tunnels import Tunnels
from tui.model.ssh import Trust
from tui.model.text import inert
from tui.model.tunnel import Hops, Question

_TRUST = {"o": Trust.ONCE, "once": Trust.ONCE, "k": Trust.KEEP, "keep": Trust.KEEP}


def settle(clouds: Clouds, tunnels: Tunnels) -> None:
    """Connect all tunnels and let the person answer what they ask. Without a terminal the first request says it."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        return
    chains = dict.fromkeys(hops for entry in clouds.entries for hops in entry.tunnels)
    for hops, _ in side_by_side(tunnels.try_up, chains):
        _answer_all(tunnels, hops)


def _answer_all(tunnels: Tunnels, hops: Hops) -> None:
    while (question := tunnels.question(hops)) is not None:
        answer = _asked(question)
        if not answer or answer is Trust.NO:
            return
        tunnels.answer(question, answer)
        tunnels.try_up(hops)


def _asked(question: Question) -> str | Trust:
    what, title = inert(question.what), inert(question.title)
    if question.key is None:
        again = "That was not right. " if question.again else ""
        return getpass.getpass(f"{again}{title}: {what}: ", stream=sys.stderr)
    sys.stderr.write(f"Jump host {title} is not known yet. Its key:\n  {what}\n")
    sys.stderr.write("Trust it? o = this time, k = keep it in known_hosts, anything else: no. ")
    sys.stderr.flush()
    return _TRUST.get(sys.stdin.readline().strip().lower(), Trust.NO)
