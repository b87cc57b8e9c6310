"""Commands about tunnels, and the talk with a person whose jump host asks something."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.config.fence import fenced
from tui.live.tunnels import Tunnels
from tui.model.events import Done
from tui.model.ssh import Trust
from tui.model.trouble import Trouble
from tui.model.tunnel import Hops, Phase, Question, Standing
from tui.ui.asking import SECRET, TrustDialog, secret_dialog
from tui.ui.line import Spans
from tui.ui.sign_in import Typed
from tui.ui.text_view import TextScreen
from tui.ui.tunnel_lines import tunnel_lines

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen

AGAIN = 0.5
"""Seconds between two looks at the tunnels while they are on the screen."""


class TunnelsScreen(TextScreen):
    """How every tunnel stands, as long as it is looked at; written anew only where something changed."""

    def __init__(self, read: Callable[[], list[Spans]], keys: Mapping[str, Sequence[str]]) -> None:
        self._read = read
        self._lines = read()
        super().__init__(("jump hosts",), self._lines, save_name="tunnels", keys=keys)

    def on_mount(self) -> None:
        """Look again now and then."""
        super().on_mount()
        self.set_interval(AGAIN, self._look)

    def _look(self) -> None:
        if (lines := self._read()) != self._lines:
            self._lines = lines
            self.set_lines(lines)


class Tunnelling:
    """Methods are command ids; `ask` is called where Enter means «answer»."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen

    @property
    def _tunnels(self) -> Tunnels:
        return self._screen.session.tunnels

    def session_tunnels(self, argument: str) -> None:
        """Show how every tunnel stands and why."""
        screen = self._screen
        clouds: dict[Hops, list[str]] = {}
        for entry in screen.session.entries:
            for hops in entry.tunnels:
                clouds.setdefault(hops, []).append(entry.alias or entry.name)
        if not clouds:
            screen.say("No cloud is reached through a jump host: ssh_tunnel names one.", "dim")
            return

        def lines() -> list[Spans]:
            standings = {self._tunnels.standing(hops): names for hops, names in clouds.items()}
            return tunnel_lines(standings, max(screen.app.size.width - 4, 40), screen.session.now())

        screen.app.push_screen(TunnelsScreen(lines, screen.session.keys))

    def ask(self, entry_name: str) -> bool:
        """Open the dialog of what the entry's jump hosts ask; returns whether they ask anything."""
        hops = self._screen.session.asking_hops(entry_name)
        question = self._tunnels.question(hops) if hops else None
        if question is None:
            return False
        self._ask(hops, question)
        return True

    def _ask(self, hops: Hops, question: Question) -> None:
        screen = self._screen

        def typed(answers: Typed | None) -> None:
            self._answer(hops, question, answers.get(SECRET, "") if answers else "")

        def trusted(answer: Trust | None) -> None:
            self._answer(hops, question, answer or Trust.NO)

        if question.key is not None:
            known = "" if fenced() else screen.session.settings.ssh.known_hosts or "known_hosts"
            screen.app.push_screen(TrustDialog(question, known), trusted)
        else:
            screen.app.push_screen(secret_dialog(question), typed)

    def _answer(self, hops: Hops, question: Question, answer: str | Trust) -> None:
        if not answer or answer is Trust.NO:
            return
        screen, tunnels, sink = self._screen, self._tunnels, self._screen.app.drain
        tunnels.answer(question, answer)
        screen.say(f"connecting to {question.title}", "move", "◐")

        def work() -> None:
            sink.put(Done(done, tunnels.try_up(hops)))

        def done(value: object, trouble: Trouble | None) -> None:
            screen.hush()
            after = tunnels.question(hops)
            if after is not None and screen.is_current:
                # The next thing that the same jump hosts want, while the person is at it.
                self._ask(hops, after)
            elif isinstance(value, Standing):
                self._go_on(hops, value)

        threading.Thread(target=work, name="stackdeck tunnel", daemon=True).start()

    def _go_on(self, hops: Hops, standing: Standing) -> None:
        """Ask the clouds behind it again, whatever became of it: they say why they fail."""
        session = self._screen.session
        if standing.phase is not Phase.UP and standing.trouble is not None:
            self._screen.say(standing.trouble.title, "bad", "✗")
        for entry in session.entries:
            if hops in entry.tunnels and session.feeds is not None:
                for scope in entry.scopes:
                    session.feeds.retry(scope)
