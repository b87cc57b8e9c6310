"""Host keys of one server: remembered, printed in its console log, in known_hosts, and shown by it now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tui.live.approach import Look
from tui.live.key_care import Care
from tui.live.reach import Way
from tui.live.ssh_command import Login
from tui.model.probe import Probe
from tui.model.ssh import Hop, HostKey
from tui.model.text import inert
from tui.model.trouble import Trouble
from tui.ui.bursts import burst_moves
from tui.ui.dialog import Confirm, Dialog, Hints, prose
from tui.ui.guard import Stroke
from tui.ui.host_key_lines import key_lines, key_spans, labelled, log_lines, pin_lines
from tui.ui.line import Span, Spans

_DIFFERS = "The server shows a key that is neither remembered nor in its console log."


class HostKeysDialog(Dialog[None]):
    """Shows, compares and forgets. Everything that forgets asks first."""

    wanted = 88

    def __init__(self, name: str, where: str, approach: Care, now: Callable[[], float]) -> None:
        """`where` names place and project; `now` is in epoch seconds."""
        super().__init__()
        self.heading = f"Host keys of {inert(name)}"
        self.name_shown = inert(name)
        self.where = where
        self.approach = approach
        self.now = now
        self.asking = False
        self._way: Way | None = None
        self.shown: Sequence[HostKey] | None = None
        """What the server showed, once it was asked."""
        self.shown_at = ""
        self.said: tuple[str, str, str] | None = None
        self.verify: Callable[[Look], None] = lambda look: None
        """Asks about a key as on a first connection."""
        self._wanted: Login | None = None

    def on_mount(self) -> None:
        """Lay out, and read."""
        super().on_mount()
        self.approach.begin(self._came)

    def _came(self) -> None:
        way = self.approach.way
        if not self.is_attached:
            return
        if way is not self._way:
            self._way = way
            self.approach.read_kept()
            if way is not None:
                for hops in _ways(way):
                    self.approach.knock([address.host for address in way.addresses], way.port, hops)
        self._verify()
        self.redraw()

    def body(self, width: int) -> list[Spans]:
        """The four sources, one below the other."""
        facts = self.approach.kept
        lines: list[Spans] = [(Span(inert(self.where), "dim"),), ()]
        shown = self.shown or ()
        if facts is not None:
            lines += [*pin_lines(facts.pin, self.now(), width, shown), ()]
        lines += log_lines(self.approach.log, self.now(), width)
        log = self.approach.log
        if log is not None:
            lines += key_lines("", log.printed.keys, width, shown)
            lines += key_lines("Log later", log.printed.others, width, shown)
        lines += [(), *self._known_lines(width, shown), ()]
        lines += self._shown_lines(width)
        if self.said is not None:
            mark, ink, text = self.said
            lines += [(), *prose([(Span(f"{mark} ", ink), Span(inert(text)))], width)]
        return lines

    def _known_lines(self, width: int, shown: Sequence[HostKey]) -> list[Spans]:
        facts = self.approach.kept
        if facts is None:
            return labelled("known_hosts", (Span(" ◐ ", "move"), Span("reading")), width)
        if facts.trouble:
            return labelled("In file", (Span("▲ ", "warn"), Span(inert(facts.trouble))), width)
        lines = labelled("In file", (Span(inert(str(self.approach.known_hosts.path)), "dim"),), width)
        for host, entries in facts.known.items():
            for entry in entries:
                mark = "● " if entry.key in shown else "  "
                where = f"  {inert(host)} line {entry.line}{', hashed' if entry.hashed else ''}"
                marker = (Span(f"{inert(entry.marker)} ", "warn"),) if entry.marker else ()
                lines += labelled("", (Span(mark, "ok"), *marker, *key_spans(entry.key), Span(where, "dim")), width)
        if not any(facts.known.values()):
            lines += labelled("", (Span("– nothing for any of its addresses", "dim"),), width)
        return lines

    def _shown_lines(self, width: int) -> list[Spans]:
        if self.asking:
            return labelled("Shows", (Span("◐ ", "move"), Span("asking the server")), width)
        if self.shown is None:
            line = (Span("not asked yet   "), Span("v", "accent"), Span("  compare with what the server shows", "dim"))
            return labelled("Shows", line, width)
        lines = key_lines("Shows", self.shown, width)
        lines += labelled("", (Span(f"at {inert(self.shown_at)}", "dim"),), width)
        facts, log = self.approach.kept, self.approach.log
        trusted = {*(facts.pin.host_keys if facts and facts.pin else ()), *(log.printed.keys if log else ())}
        if trusted and not trusted & set(self.shown):
            lines += prose([(Span("✗ ", "bad"), Span(_DIFFERS))], width)
        return lines

    def hints(self) -> Hints:
        """The keys."""
        return (
            ("v", "compare"),
            ("t", "trust"),
            ("r", "log"),
            ("f", "forget"),
            ("d", "remove from known_hosts"),
            ("esc", "close"),
        )

    def burst(self, strokes: Sequence[Stroke]) -> bool:
        """Keys that came at once may scroll, nothing else."""
        return not burst_moves(strokes)

    def pressed(self, key: str, character: str | None) -> bool:
        """Compare, trust, read again, forget, remove, scroll, close."""
        if key in {"escape", "q", "n", "ctrl+c"}:
            self.dismiss(None)
        elif key == "v":
            self._compare()
        elif key == "t":
            self._trust()
        elif key == "r":
            self.said = None
            self.approach.read_log()
            self.redraw()
        elif key == "f":
            self._forget()
        elif key == "d":
            self._remove()
        else:
            return self.move(key)
        return True

    def _login(self) -> Login | None:
        """Return where the server is asked: at an address that answered, else at the likeliest.

        By the other way where nothing answers by the one that was said.
        """
        way = self.approach.way
        if way is None:
            return None
        probes = {(host, hops): probe for (host, _, hops), probe in self.approach.probes.items()}
        said = [probe for (_, hops), probe in probes.items() if hops == way.hops]
        ways = (way.hops,) if None in said else _ways(way)
        opened = (
            (each.host, hops) for hops in ways for each in way.addresses if _is_open(probes.get((each.host, hops)))
        )
        host, hops = next(opened, (way.addresses[0].host if way.addresses else "", way.hops))
        if not host:
            self._say("▲", "warn", "The server has no address.")
            return None
        return Login(host, way.port, hops=hops)

    def _compare(self) -> None:
        login = self._login() if not self.asking else None
        if login is not None:
            self.asking, self.said = True, None
            self.shown_at = login.name
            self.approach.show_all(login, self._compared)
            self.redraw()

    def _trust(self) -> None:
        self._wanted = self._login()
        if self._wanted is not None:
            self.approach.look_again(self._wanted)
            self._say("◐", "move", "asking the server for its key, and the cloud for the console log")
            self._verify()

    def _verify(self) -> None:
        """Ask about the key that was wanted, once it is known."""
        wanted = self._wanted
        if wanted is None or self.approach.log is None or not self.is_current:
            return
        self.approach.look(wanted)
        look = self.approach.looks.get(wanted)
        if look is None:
            return
        self._wanted = self.said = None
        if look.verdict is None:
            self._say("✗", "bad", look.trouble.title if look.trouble else "The server shows no key.")
        else:
            self.verify(look)

    def remembered(self, value: Any, trouble: Trouble | None) -> None:
        """Say how it went."""
        self.approach.read_kept()
        self._say(*(("✗", "bad", trouble.title) if trouble is not None else ("✓", "ok", "Remembered.")))

    def _compared(self, keys: Any, trouble: Trouble | None) -> None:
        self.asking = False
        if trouble is not None:
            self._say("✗", "bad", trouble.title)
        else:
            self.shown = keys
            self.redraw()

    def _forget(self) -> None:
        facts = self.approach.kept
        if facts is None or facts.pin is None:
            self._say("–", "dim", "Nothing is remembered of this server.")
            return
        lines = [
            "The next connection is a first one again: its key is compared with the console log and asked about.",
            "known_hosts stays as it is.",
        ]
        dialog = Confirm(f"Forget the host keys of {self.name_shown}?", lines, "Forget", "Keep", destroys=True)
        self.app.push_screen(dialog, lambda yes: self._change(self.approach.forget, "Forgotten.") if yes else None)

    def _remove(self) -> None:
        facts = self.approach.kept
        hosts = [host for host, entries in facts.known.items() if any(not e.marker for e in entries)] if facts else []
        if not hosts:
            self._say("–", "dim", "known_hosts has nothing of this server's addresses.")
            return
        path = str(self.approach.known_hosts.path)
        lines = [f"Goes from {path}: {', '.join(hosts)}.", f"The old file stays beside it as {path}.old."]
        dialog = Confirm(f"Remove {self.name_shown} from known_hosts?", lines, "Remove", "Keep", destroys=True)
        self.app.push_screen(dialog, lambda yes: self._change(self.approach.remove_known, "Removed.") if yes else None)

    def _change(self, deed: Callable[[Callable[[Any, Trouble | None], None]], None], done: str) -> None:
        def ended(value: Any, trouble: Trouble | None) -> None:
            self._say(*(("✗", "bad", trouble.title) if trouble is not None else ("✓", "ok", done)))

        deed(ended)

    def _say(self, mark: str, ink: str, text: str) -> None:
        self.said = mark, ink, text
        self.redraw()


def _ways(way: Way) -> tuple[tuple[Hop, ...], ...]:
    return (way.hops,) if way.other is None else (way.hops, way.other)


def _is_open(probe: Probe | None) -> bool:
    return probe is not None and probe.open
