"""One command on many servers, from the key to the board: checks, the command, a dialog that names them all."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import structs

from tui.live.confirming import Ask, asks
from tui.live.targets import name_of
from tui.model.amount import count
from tui.model.entry import Entry
from tui.model.events import Done
from tui.model.ssh import Asker, Hop, HostKey, Trust
from tui.model.status import Health
from tui.model.text import cut_end, inert
from tui.resources.action import Action, Consequence, Sent, Tier
from tui.ui.confirm import ActionConfirm
from tui.ui.desks import Desks
from tui.ui.many_ask import CommandDialog, Wanted
from tui.ui.shell_asking import ScreenAsker

if TYPE_CHECKING:
    from tui.live.many_check import Checks
    from tui.ui.screen import BrowseScreen

KEPT = 50
"""Commands that are remembered until stackdeck ends; they are written nowhere but into the audit log."""
_SHOWN = 24
"""Cells of a command in a title."""


class Passphrases:
    """Gives each connection an `Asker`: a key's passphrase is typed once for all of them."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._typed: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def server(self) -> Asker:
        """Return the asker of a connection to a server: passphrases alone, a password would be asked for each."""
        return _Visit(self, None)

    def jump(self) -> Asker:
        """Return the asker of a connection to jump hosts: they may ask for anything."""
        return _Visit(self, self._asker)

    def passphrase(self, title: str, what: str, before: str | None) -> str | None:
        """Return what was typed; asked anew where it was `before` that was wrong. None: the person gave up."""
        with self._lock:
            if what not in self._typed or (before is not None and self._typed[what] == before):
                self._typed[what] = self._asker.secret(title, what)
            return self._typed[what]


class _Visit:
    """Implements `Asker` for one connection. Servers are verified before: none is trusted here."""

    def __init__(self, shared: Passphrases, person: Asker | None) -> None:
        self._shared = shared
        self._person = person
        self._given: dict[str, str | None] = {}

    def secret(self, title: str, what: str) -> str | None:
        """Return a passphrase that was typed before; ask for it, or for what a jump host wants, where there is none."""
        if not what.startswith("Passphrase of "):
            return self._person.secret(title, what) if self._person is not None else None
        self._given[what] = self._shared.passphrase(title, what, self._given.get(what))
        return self._given[what]

    def trust(self, hop: Hop, key: HostKey) -> Trust:
        """Trust nothing new but jump hosts, if a person does."""
        return self._person.trust(hop, key) if self._person is not None else Trust.NO


class Many:
    """Methods with a command's name are commands; the argument is the text after the `:` word."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self._desks = Desks(screen.browsing)
        self._history: list[str] = []

    def off(self) -> frozenset[str]:
        """Return the commands that the kind on the screen has no use for."""
        return frozenset() if self._screen.browsing.kind.id == "server" else frozenset({"ssh.many"})

    def ssh_many(self, argument: str) -> None:
        """Run one command on the marked servers, or on the one under the cursor; `:run-command uptime` names it."""
        screen = self._screen
        if screen.browsing.kind.id != "server" or screen.session.feeds is None:
            screen.say("A command runs on servers: go to them first.", "dim")
            return
        targets, hidden = self._desks.targets(screen.table.marks, screen.table.current)
        able = [entry for entry in targets if not self._desks.barred(entry)]
        if not targets:
            screen.say("There is no server to run anything on.", "dim")
        elif not able:
            screen.say(f"Run a command: off: {self._desks.barred(targets[0])}", "warn", "▲")
        else:
            self._ask(targets, hidden, argument.strip())

    # -- from the key to the start -----------------------------------------------------------------------------------

    def _ask(self, targets: Sequence[Entry], hidden: frozenset[str], command: str) -> None:
        """Let the command be typed while the servers are looked at."""
        wanted = Wanted(command, 60.0) if command else None
        dialog = CommandDialog(targets, self._history, wanted)
        work = _Work(self, targets, hidden, dialog)
        self._screen.app.push_screen(dialog, work.typed)
        self._imported(work.begin)

    def _imported(self, then: Any) -> None:
        """Import what speaks SSH on a thread of its own: it takes a third of a second, in which keys want answers."""
        sink = self._screen.app.drain

        def work() -> None:
            from tui.live import commands_many

            sink.put(Done(lambda value, trouble: then(), commands_many))

        threading.Thread(target=work, name="stackdeck import", daemon=True).start()

    def checks(self, entries: Sequence[Entry], shared: Passphrases) -> Checks:
        """Return what looks at servers; `asyncssh` is imported by now."""
        from tui.live.many_check import Checks

        session = self._screen.session
        if session.feeds is None:
            raise RuntimeError("the clouds are not known yet")
        jumps = {each.name: each.tunnels[0] for each in session.entries if len(each.tunnels) == 1}

        def tunnel(entry: Entry) -> tuple[Hop, ...]:
            return jumps.get(entry.scope.cloud, ())

        sink, loop = self._screen.app.drain, session.tunnels.loop
        folder = session.ssh_folder
        return Checks(entries, session.settings, session.feeds, loop, shared.jump, sink, tunnel, folder)

    def asker(self) -> ScreenAsker:
        """Return who asks what jump hosts and keys want."""
        session, app = self._screen.session, self._screen.app
        return ScreenAsker(app.push_screen, app.drain, session.settings.ssh.known_hosts or "known_hosts")

    def remember(self, command: str) -> None:
        """Keep a command for the next time."""
        self._history = [command, *(each for each in self._history if each != command)][:KEPT]

    def run(
        self,
        wanted: Wanted,
        checks: Checks,
        targets: Sequence[Entry],
        left: Sequence[tuple[str, str]],
        asker: ScreenAsker,
        shared: Passphrases,
    ) -> None:
        """Start it and show the board."""
        from tui.live.commands_many import ManyRun, summary
        from tui.remote.commands import Order
        from tui.ui.many_board import ManyScreen

        session, screen = self._screen.session, self._screen
        ready = checks.ready
        checks.stop()
        order = Order(wanted.command, wanted.seconds, session.settings.ssh.timeout)
        run = ManyRun(
            order,
            [(entry, ready[entry.key]) for entry in targets],
            session.settings,
            session.tunnels.loop,
            checks.chains,
            shared.server,
            screen.app.drain,
            session.audit,
            self._desks.identity,
        )
        screen.table.clear_marks()

        def left_it(_: None) -> None:
            asker.close()
            screen.say(f"«{cut_end(inert(wanted.command), _SHOWN)}»: {summary(run.groups(), run.running)}", "text")

        screen.app.push_screen(ManyScreen(run, left, session.keys), left_it)

    @property
    def screen(self) -> BrowseScreen:
        """Where it began."""
        return self._screen

    @property
    def desks(self) -> Desks:
        """What bars rows, who we are."""
        return self._desks


class _Work:
    """One use of the key, from the typing of the command to the start."""

    def __init__(self, many: Many, targets: Sequence[Entry], hidden: frozenset[str], dialog: CommandDialog) -> None:
        self._many = many
        self._targets = targets
        self._hidden = hidden
        self._dialog = dialog
        self._confirm: ActionConfirm | None = None
        self._checks: Checks | None = None
        self._wanted: Wanted | None = None
        self._asker = many.asker()
        self._shared = Passphrases(self._asker)
        self._over = False
        desks = many.desks
        self._barred = {entry.key: why for entry in targets if (why := desks.barred(entry))}

    def begin(self) -> None:
        """Look at the servers."""
        if self._over:
            return
        able = [entry for entry in self._targets if entry.key not in self._barred]
        self._checks = self._many.checks(able, self._shared)
        self._checks.begin(self._told)
        self._dialog.look_again = self._again
        self._told()

    def _again(self) -> None:
        if self._checks is not None and self._checks.again():
            self._told()

    def typed(self, wanted: Wanted | None) -> None:
        """The command is known, or nothing is wanted any more."""
        if wanted is None:
            self._end()
            return
        self._wanted = wanted
        self._many.remember(wanted.command)
        self._confirm = ActionConfirm(self._asked)
        self._many.screen.app.push_screen(self._confirm, self._agreed)
        self._told()

    def _told(self) -> None:
        """More is known of the servers."""
        checks = self._checks
        if checks is None or self._over:
            return
        if self._confirm is not None:
            if checks.complete:
                self._confirm.looked_up(self._consequences(), self._many.screen.session.now())
        elif self._dialog.is_attached:
            from tui.live.many_check import Check

            barred = {key: Check(why=why) for key, why in self._barred.items()}
            self._dialog.checked({**barred, **checks.found})

    def _asked(self, consequences: Sequence[Consequence] | None, chosen: Mapping[str, bool]) -> Ask:
        desks, command = self._many.desks, self._wanted.command if self._wanted else ""
        action = Action(
            id="server.run_command",
            letter="S",
            title="Run a command",
            group="SSH",
            tier=Tier.DISRUPTIVE,
            off=lambda entry, identity: self._why_out(entry),
            run=lambda connection, entry, values: Sent(),
            command=lambda entry, values: command,
            # Only so that nothing agrees before all servers were looked at.
            consequences=lambda desk: (),
            verb=f"Run «{cut_end(inert(command), _SHOWN)}» on",
        )
        unlogged = self._many.screen.session.audit.check()
        ask = asks(
            action,
            self._targets,
            desks.is_protected,
            consequences,
            identity=desks.identity,
            hidden=self._hidden,
            unlogged=unlogged,
        )
        return structs.replace(ask, no="Nothing is run")

    def _why_out(self, entry: Entry) -> str:
        check = self._checks.found.get(entry.key) if self._checks is not None else None
        return self._barred.get(entry.key) or (check.why if check is not None else "")

    def _consequences(self) -> tuple[Consequence, ...]:
        """The command in full, and what vouches for the keys."""
        checks, wanted = self._checks, self._wanted
        if checks is None or wanted is None:
            return ()
        sources: dict[str, int] = {}
        for ready in checks.ready.values():
            sources[ready.source] = sources.get(ready.source, 0) + 1
        told = ", ".join(f"{count(number)} by {source}" for source, number in sources.items())
        if not sources:
            return ()
        lines = [Consequence(Health.ATTENTION, 0, f"$ {wanted.command}", f"for at most {wanted.seconds:g} s on each")]
        number = len(checks.ready)
        lines.append(
            Consequence(Health.FINE, number, "host keys verified" if number > 1 else "host key verified", told)
        )
        return tuple(lines)

    def _agreed(self, chosen: frozenset[str] | None) -> None:
        checks, wanted, ask = self._checks, self._wanted, self._confirm.ask if self._confirm else None
        if chosen is None or checks is None or wanted is None or ask is None:
            self._end()
            return
        self._over = True
        left = [(name_of(entry), why) for entry, why in ask.unable]
        able = [entry for entry in ask.able if entry.key in checks.ready]
        self._many.run(wanted, checks, able, left, self._asker, self._shared)

    def _end(self) -> None:
        self._over = True
        self._asker.close()
        if self._checks is not None:
            self._checks.close()
