"""Commands that enter a server: a shell in the real terminal, and the host keys that are trusted for it."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.live.approach import Approach, Look
from tui.live.console import KINDS
from tui.live.host_keys import Case
from tui.live.key_care import Care
from tui.live.ssh_command import Files, command
from tui.live.ssh_files import forget_files
from tui.live.targets import fixed
from tui.model.amount import age, epoch, iso_of
from tui.model.entry import Entry
from tui.model.status import Health
from tui.model.text import inert
from tui.model.trouble import Trouble
from tui.ui.copying import CopyBox
from tui.ui.desks import Desks
from tui.ui.host_key_dialog import KEEP, ONCE, HostKeyDialog, ReplaceDialog
from tui.ui.host_keys_screen import HostKeysDialog
from tui.ui.shell_asking import ScreenAsker
from tui.ui.shell_run import FAILED, Ended, run_in_terminal
from tui.ui.ssh_dialog import SshDialog

if TYPE_CHECKING:
    from tui.config.settings import Settings
    from tui.live.feeds import Feeds
    from tui.model.events import Sink
    from tui.model.ssh import Hop
    from tui.remote.loop import Loop
    from tui.ui.screen import BrowseScreen


class Shell:
    """Methods are command ids."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self._desks = Desks(screen.browsing)

    def off(self) -> frozenset[str]:
        """Return the commands that the kind on the screen has nothing for."""
        return frozenset() if self._screen.browsing.kind.id in KINDS else frozenset({"ssh.shell", "ssh.keys"})

    # -- commands ----------------------------------------------------------------------------------------------------

    def ssh_shell(self, argument: str) -> None:
        """Show the way into the server under the cursor, or that of a name or id; Enter takes it."""
        entry = self._server("a shell", argument)
        if entry is None:
            return
        if why := self._desks.read_only(entry.scope):
            self._screen.say(f"off: {why}, and a shell can change anything", "warn", "▲")
        elif shutil.which("ssh") is None:
            self._screen.say("There is no ssh program here: install an OpenSSH client (openssh-client).", "warn", "▲")
        else:
            self._open(entry)

    def ssh_keys(self, argument: str) -> None:
        """Show the host keys of the server under the cursor, or of a name or id: seen, remembered, in known_hosts."""
        entry = self._server("host keys", argument)
        if entry is None:
            return
        asker = self._asker()
        care = Care(*self._means(entry, asker))
        dialog = HostKeysDialog(self._name(entry), self._where(entry), care, self._screen.session.now)

        def verify(look: Look) -> None:
            self._ask(care, look, lambda answer: decided(look, answer), connects=False)

        def decided(look: Look, answer: tuple[bool, bool] | None) -> None:
            if answer is not None:
                care.accept(look, keep=True, replace=answer[1], then=dialog.remembered)

        dialog.verify = verify
        self._screen.app.push_screen(dialog, lambda _: self._leave(care, asker))

    # -- the way in --------------------------------------------------------------------------------------------------

    def _open(self, entry: Entry) -> None:
        asker = self._asker()
        approach = Approach(*self._means(entry, asker))
        name = self._name(entry)
        app = self._screen.app

        def copy(text: str, works: bool) -> None:
            app.push_screen(CopyBox(text, f"ssh command of {name}" + ", good once its key is remembered" * (not works)))

        def chosen(look: Look | None) -> None:
            if look is None:
                self._leave(approach, asker)
            else:
                self._ask(approach, look, lambda answer: decided(look, answer))

        def decided(look: Look, answer: tuple[bool, bool] | None) -> None:
            if answer is None:
                self._leave(approach, asker)
                return
            keep, replace = answer
            approach.accept(look, keep=keep, replace=replace, then=lambda value, trouble: ready(look, value, trouble))

        def ready(look: Look, files: Files | None, trouble: Trouble | None) -> None:
            self._leave(approach, asker)
            if files is None:
                self._screen.say(inert(trouble.title if trouble else "the host keys cannot be kept"), "bad", "✗")
            else:
                self._enter(entry, look, files)

        dialog = SshDialog(name, self._where(entry), approach, self._screen.session.now, copy, self._notes(entry))
        app.push_screen(dialog, chosen)

    def _ask(
        self,
        approach: Approach,
        look: Look,
        then: Callable[[tuple[bool, bool] | None], None],
        *,
        connects: bool = True,
    ) -> None:
        """Ask what must be asked about the host key; `then` gets (remember, replace), None for no."""
        verdict, log = look.verdict, approach.log
        if verdict is None:
            then(None)
            return
        app = self._screen.app

        def answered(answer: str | None) -> None:
            if answer == ONCE:
                then((False, False))
            elif answer != KEEP:
                then(None)
            elif verdict.why_replace:
                # A remembered key is replaced as a whole, known_hosts may be left as it is.
                self._replace(approach, look, then, may_leave=verdict.case is not Case.REBUILT)
            else:
                then((True, False))

        if verdict.case is Case.KNOWN:
            answered(KEEP)
            return
        if log is None:
            then(None)
            return
        now = self._screen.session.now()
        made = epoch(getattr(approach.entry.row, "created", None))
        since = f"   made {age(now - made)} ago" if made else ""
        where = f"{self._where(approach.entry)}   {inert(look.login.label)}{since}"
        dialog = HostKeyDialog(self._name(approach.entry), where, look, log, now, connects=connects)
        app.push_screen(dialog, answered)

    def _replace(
        self, approach: Approach, look: Look, then: Callable[[tuple[bool, bool] | None], None], *, may_leave: bool
    ) -> None:
        def answered(answer: str | None) -> None:
            then(None if answer is None else (True, answer == ReplaceDialog.REPLACE))

        file = str(approach.known_hosts.path)
        self._screen.app.push_screen(ReplaceDialog(file, look.login.name, look, may_leave=may_leave), answered)

    def _enter(self, entry: Entry, look: Look, files: Files) -> None:
        """Hand the terminal over, and say how it ended."""
        screen, name = self._screen, self._name(entry)
        try:
            arguments = command(look.login, files, screen.session.settings.ssh.timeout)
            operation = f"ssh-{time.time_ns():x}"
            self._log(entry, look, operation, "intent", {"command": f"ssh {look.login.label}"})
            before = f"stackdeck: ssh {inert(look.login.label)}   {name}   exit or ~. comes back"
            ended = run_in_terminal(screen.app, arguments, before)
            self._log(entry, look, operation, "result", _outcome(ended))
        except ValueError as error:
            ended = Ended(error=str(error))
        finally:
            forget_files(files)
        screen.say(*_notice(ended, name))
        if screen.session.feeds is not None:
            screen.session.feeds.refresh()

    def _log(self, entry: Entry, look: Look, operation: str, what: str, more: dict[str, Any]) -> None:
        """One line of the audit log: a shell changes what no other line tells of."""
        who, scope, login = self._desks.identity(entry), entry.scope, look.login
        values = {"address": login.host, "port": login.port, "user": login.user}
        values["through"] = ", ".join(hop.label for hop in login.hops)
        line = {
            "at": iso_of(self._screen.session.now()),
            "what": what,
            "operation": operation,
            "action": "ssh.shell",
            "user": who.user,
            "cloud": scope.cloud,
            "region": scope.region,
            "project": who.project or scope.project,
            "kind": "server",
            "id": entry.id,
            "name": str(getattr(entry.row, "name", None) or ""),
            "values": values,
        }
        self._screen.session.audit.write(line | more)

    # -- inner -------------------------------------------------------------------------------------------------------

    def _server(self, what: str, argument: str) -> Entry | None:
        screen, kind = self._screen, self._screen.browsing.kind
        if kind.id not in KINDS:
            screen.say(f"off: {kind.many} have no {what.removeprefix('a ')}: servers do.", "dim")
            return None
        if wanted := argument.strip():
            found = next((each for each in screen.browsing.rows if wanted in {kind.name(each.row), each.id}), None)
            if found is None:
                screen.say(f"No {kind.one} shown is called {inert(wanted)}.", "warn", "▲")
                return None
            screen.table.find(found.key)
            return fixed([found])[0]
        if screen.table.current is None or screen.session.feeds is None:
            screen.say("There is no server here.", "dim")
            return None
        return fixed([screen.table.current])[0]

    def _asker(self) -> ScreenAsker:
        session, app = self._screen.session, self._screen.app
        return ScreenAsker(app.push_screen, app.drain, session.settings.ssh.known_hosts or "known_hosts")

    def _means(
        self, entry: Entry, asker: ScreenAsker
    ) -> tuple[Entry, Settings, Feeds, Loop, ScreenAsker, Sink, tuple[Hop, ...], Path | None]:
        """Return what an approach is made of."""
        session = self._screen.session
        if session.feeds is None:
            raise RuntimeError("the clouds are not known yet")
        settings, loop, sink = session.settings, session.tunnels.loop, self._screen.app.drain
        tunnels = next((each.tunnels for each in session.entries if each.name == entry.scope.cloud), ())
        tunnel = tunnels[0] if len(tunnels) == 1 else ()
        return entry, settings, session.feeds, loop, asker, sink, tunnel, session.ssh_folder

    def _notes(self, entry: Entry) -> list[str]:
        """Say what speaks against going there: it may be off, and its addresses may be another's by now."""
        notes = [f"The server is {inert(entry.status.word)}."] if entry.status.health is not Health.FINE else []
        if why := self._desks.barred(entry):
            notes.append(f"{why}: its addresses may have moved.")
        return notes

    def _leave(self, approach: Approach, asker: ScreenAsker) -> None:
        asker.close()
        approach.close()

    def _name(self, entry: Entry) -> str:
        return inert(self._screen.browsing.kind.name(entry.row))

    def _where(self, entry: Entry) -> str:
        project = self._desks.identity(entry).project or entry.scope.project
        return entry.scope.label + (f"   project {project}" if project else "")


def _outcome(ended: Ended) -> dict[str, Any]:
    if ended.status is None:
        return {"outcome": "failed", "said": ended.error, "seconds": 0}
    outcome = "failed" if ended.status == FAILED else "done"
    return {"outcome": outcome, "said": f"exit status {ended.status}", "seconds": round(ended.seconds)}


def _notice(ended: Ended, name: str) -> tuple[str, str, str]:
    """Return the sentence after a shell: (text, ink, mark)."""
    if ended.status is None:
        return f"ssh {name}: {inert(ended.error)}", "bad", "✗"
    after = f" after {age(ended.seconds)}" if ended.seconds >= 1 else ""
    if ended.status < 0:
        return f"ssh {name}: ended by signal {-ended.status} ({signal.strsignal(-ended.status)}){after}", "warn", "▲"
    if ended.status == FAILED:
        return f"ssh {name}: ended with an error of ssh itself (255){after}", "warn", "▲"
    if ended.status:
        return f"ssh {name}: ended with exit status {ended.status}{after}", "text", "–"
    return f"ssh {name}: ended{after}", "text", "✓"
