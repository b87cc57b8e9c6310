"""The way into a server, shown before it is taken: address, user, port, key and jump hosts, each to be changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tui.live.approach import Approach, Look, is_known
from tui.live.reach import Address, Way
from tui.live.ssh_command import Login, chain_text, checked, command, shown, with_keys
from tui.model.probe import Probe
from tui.model.ssh import Hop
from tui.model.text import cut_end, fit, inert
from tui.ui.bursts import burst_moves, burst_text
from tui.ui.dialog import Dialog, Hints, prose
from tui.ui.editing import Edit
from tui.ui.guard import Stroke
from tui.ui.host_key_lines import LABEL, case_line, key_spans, labelled, log_lines
from tui.ui.line import Span, Spans
from tui.ui.probe_lines import answering, probe_spans
from tui.ui.spans import on, wrap

ADDRESS, OTHER, USER, PORT, KEY, THROUGH = "address", "other", "user", "port", "key", "through"
STOPS = (ADDRESS, USER, PORT, KEY, THROUGH, OTHER)
_TITLES = {USER: "User", PORT: "Port", KEY: "Key", THROUGH: "Through", OTHER: "Other"}
_WAYS = frozenset({PORT, THROUGH, OTHER})
"""Fields on which the way depends: addresses are knocked at anew."""
_FIELD = 30
"""Cells of a field; where it comes from stands behind."""
COPY = "ctrl+o"
OTHER_WAY = "t"
"""Changes between the way that was said and the other."""


class SshDialog(Dialog[Look | None]):
    """Result: how the server was looked at, ready to be entered (or refused), or None."""

    wanted = 88

    def __init__(
        self,
        name: str,
        where: str,
        approach: Approach,
        now: Callable[[], float],
        copy: Callable[[str, bool], None],
        notes: Sequence[str] = (),
    ) -> None:
        """`where` names place and project; `copy` gets the command and whether its host key is remembered yet;
        `notes` speak against going there."""
        super().__init__()
        self.heading = f"SSH into {inert(name)}"
        self.where = where
        self.approach = approach
        self.now = now
        self.copy = copy
        self.notes = notes
        self.edits = {stop: Edit() for stop in STOPS}
        self.touched: set[str] = set()
        self.stop = ADDRESS
        self.chosen = ""
        """The address; empty until one is known."""
        self.going = False
        """Enter was pressed: it goes on as soon as all is known."""
        self.said = ""
        self.turned = ""
        """Why the way that was said is not taken; empty: it is."""
        self._by_hand = False
        """Whether a person chose between them: it stays then."""
        self._shown_way: Way | None = None

    def on_mount(self) -> None:
        """Lay out, and begin to ask."""
        super().on_mount()
        self.approach.begin(self.advance)

    def on_screen_resume(self) -> None:
        """What stood above is closed: go on with what came meanwhile."""
        if self.approach.way is not None:
            self.advance()

    # -- what is known -----------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """Take what came: fill fields that nobody touched, knock, look, go."""
        if not self.is_attached:
            return
        way = self.approach.way
        if way is not None and way is not self._shown_way:
            self._shown_way = way
            through = chain_text((way.other or ()) if self.turned else way.hops)
            said = {USER: way.user.value, PORT: str(way.port), KEY: way.key.value, THROUGH: through}
            for stop, text in said.items():
                if stop not in self.touched:
                    self.edits[stop].set(text)
        self._knock()
        self._choose_reachable()
        self._look()
        self._go()
        self.redraw()

    @property
    def addresses(self) -> Sequence[Address]:
        """The candidates."""
        return self.approach.way.addresses if self.approach.way is not None else ()

    def login(self) -> Login:
        """Return what the fields say. Raises ValueError saying what is wrong with which one."""
        host = self.edits[OTHER].text.strip() or self.chosen
        edits = self.edits
        found = checked(host, edits[PORT].text, edits[USER].text, edits[KEY].text, edits[THROUGH].text)
        return Login(found.host, found.port, found.user, found.key, with_keys(found.hops, self._said_hops()))

    def _said_hops(self) -> tuple[Hop, ...]:
        """All jump hosts of which the settings may name keys."""
        way = self.approach.way
        return (*way.hops, *(way.other or ())) if way is not None else ()

    def _login(self) -> Login | None:
        try:
            return self.login()
        except ValueError:
            return None

    def _probe(self, host: str, login: Login) -> Probe | None:
        return self.approach.probes.get((host, login.port, login.hops))

    def _route(self) -> Login | None:
        """Port and jump hosts, where they are sound: for some address that stands for all."""
        try:
            found = checked("0.0.0.0", self.edits[PORT].text, "", "", self.edits[THROUGH].text)  # noqa: S104 - no bind
        except ValueError:
            return None
        return Login(found.host, found.port, hops=with_keys(found.hops, self._said_hops()))

    def _knock(self) -> None:
        route = self._route()
        if route is not None and self.stop not in _WAYS:
            hosts = [address.host for address in self.addresses]
            self.approach.knock(hosts, route.port, route.hops)
            if (other := self._other_way()) is not None:
                self.approach.knock(hosts, route.port, other)

    def _choose_reachable(self) -> None:
        """Choose the first address that answers, until somebody chooses another."""
        route = self._route()
        if ADDRESS in self.touched or not self.addresses or route is None:
            return
        hosts = [address.host for address in self.addresses]
        answers = {host: self._probe(host, route) for host in hosts}
        # One that has not answered yet may still be better than one that has: those before the first open one count.
        opened = next((host for host, probe in answers.items() if probe is not None and probe.open), "")
        # What was said counts while it may still lead there, and once Enter was pressed on it.
        other = None if self.turned or self._by_hand else self._other_way()
        if other is not None and not opened and not self.going and all(answers.values()):
            found = {host: self.approach.probes.get((host, route.port, other)) for host in hosts}
            opened = next((host for host, probe in found.items() if probe is not None and probe.open), "")
            if opened:
                through = chain_text(route.hops)
                self._turn("ProxyJump: no answer straight" if other else f"straight: no answer through {through}")
        self.chosen = opened or self.chosen or hosts[0]

    def _other_way(self) -> tuple[Hop, ...] | None:
        """The jump hosts of the way that is not taken; None where there is but one, or somebody typed another."""
        way = self.approach.way
        if way is None or THROUGH in self.touched:
            return None
        return way.hops if self.turned else way.other

    def _turn(self, why: str) -> None:
        """Take the other way for a reason, or with none the one that was said."""
        chain = self._other_way()
        if chain is not None:
            self.turned = why
            self.edits[THROUGH].set(chain_text(chain))

    def _look(self) -> None:
        login = self._login()
        if login is None or self.stop in _WAYS:
            return
        probe = self._probe(login.host, login)
        if self.going or (probe is not None and probe.open):
            self.approach.look(login)

    def _found(self) -> Look | None:
        """Return what was seen at the chosen address, as it is now chosen."""
        login = self._login()
        return self.approach.looks.get(login) if login is not None else None

    def _go(self) -> None:
        found = self._found()
        # A question of a jump host, or the copied command, may stand above.
        if not self.going or found is None or not self.is_current:
            return
        if self.approach.log is None and not is_known(found):
            return
        self.going = False
        if found.verdict is not None:
            self.dismiss(found)
        else:
            self.advance()

    # -- the lines ---------------------------------------------------------------------------------------------------

    def body(self, width: int) -> list[Spans]:
        """All fields, then what is known of the host key."""
        lines: list[Spans] = [(Span(inert(self.where), "dim"),), (), *self._address_lines(width)]
        lines += [self._field_line(stop, width) for stop in (USER, PORT, KEY, THROUGH)]
        lines += [*self._other_way_lines(), (), *self._key_lines(width)]
        for note in self.notes:
            lines += [(), *prose([(Span("▲ ", "warn"), Span(inert(note)))], width)]
        if self.approach.way_trouble is not None:
            lines += [(), *prose([(Span("✗ ", "bad"), Span(inert(self.approach.way_trouble.title)))], width)]
        if self.said:
            lines += [(), *prose([(Span("✗ ", "bad"), Span(inert(self.said)))], width)]
        return lines

    def _address_lines(self, width: int) -> list[Spans]:
        lines: list[Spans] = []
        route = self._route()
        typed = bool(self.edits[OTHER].text.strip())
        for number, address in enumerate(self.addresses):
            chosen = address.host == self.chosen and not typed
            here = self.stop == ADDRESS and chosen
            line = (
                Span(f"{'Address' if not number else '':<{LABEL - 2}}", "strong" if self.stop == ADDRESS else "dim"),
                Span("▌ " if here else "› " if chosen else "  ", "accent"),
                Span(f"{inert(address.host):<16} ", "strong" if chosen else "text"),
                Span(f"{address.sort:<12} ", "dim"),
                *probe_spans(self._probe(address.host, route) if route is not None else None, route is not None),
            )
            lines.append(on(line, width, "cursor") if here else line)
        if not lines and self.approach.way is not None:
            lines.append((Span(f"{'Address':<{LABEL}}", "dim"), Span("it has none: type one under Other", "warn")))
        elif not lines:
            lines.append((Span(f"{'Address':<{LABEL}}", "dim"), Span("◐ ", "move"), Span("asking")))
        if typed or self.stop == OTHER or not self.addresses:
            lines.append(self._field_line(OTHER, width))
        return lines

    def _other_way_lines(self) -> list[Spans]:
        """Say what answers the other way."""
        other, route = self._other_way(), self._route()
        if other is None or route is None or not self.addresses:
            return []
        probes = [self.approach.probes.get((address.host, route.port, other)) for address in self.addresses]
        name = cut_end(inert(f"through {chain_text(other)}" if other else "straight from here"), _FIELD)
        key = Span(f"{OTHER_WAY} ", "accent" if self.stop == ADDRESS else "dim")
        return [(Span(" " * LABEL), key, Span(f"{name}  ", "dim"), *answering(probes))]

    def _field_line(self, stop: str, width: int) -> Spans:
        here = self.stop == stop
        size = min(_FIELD, width - LABEL)
        edit = self.edits[stop]
        text = edit.paint(size - 1) if here else (Span(fit(inert(edit.text), size - 1, middle=True), "strong"),)
        typed = on(text, size, "field")
        note = cut_end(self._source(stop), max(width - LABEL - size - 2, 0))
        label = Span(f"{_TITLES[stop]:<{LABEL - 2}}", "strong" if here else "dim")
        return (label, Span("▌ " if here else "  ", "accent"), *typed, Span(f"  {note}", "dim"))

    def _source(self, stop: str) -> str:
        way = self.approach.way
        if stop in self.touched:
            return "typed" if self.edits[stop].text else "none"
        if way is None:
            return ""
        through = self.turned or way.hops_source or "straight from here"
        sources = {USER: way.user.source, KEY: way.key.source, THROUGH: through}
        return inert(sources.get(stop, ""))

    def _key_lines(self, width: int) -> list[Spans]:
        login = self._login()
        found = self._found()
        if login is None or (login not in self.approach.looks and self.approach.log is not None):
            return log_lines(self.approach.log, self.now(), width)
        lines = labelled("Host key", case_line(found, self.approach.log), width)
        if found is not None and found.shown is not None:
            lines += labelled("", key_spans(found.shown), width)
        return lines + log_lines(self.approach.log, self.now(), width)

    def foot(self, width: int) -> list[Spans]:
        """What is going on, or what Enter does."""
        if self.going:
            return [
                (),
                (
                    Span("◐ ", "move"),
                    Span("connecting as soon as the host key is known   "),
                    Span("esc", "accent"),
                    Span("  stop", "dim"),
                ),
            ]
        try:
            label = inert(self.login().label)
        except ValueError as error:
            return [(), *wrap((Span("▲ ", "warn"), Span(inert(str(error)))), width)[:2]]
        return [(), (Span("Enter", "accent"), Span(cut_end(f"  ssh {label}", max(width - 5, 1)), "strong"))]

    def hints(self) -> Hints:
        """The keys."""
        choose: Hints = (("↑↓", "address"),) if self.stop == ADDRESS else ()
        if choose and self._other_way() is not None:
            choose = (*choose, (OTHER_WAY, "other way"))
        return (("enter", "connect"), *choose, ("tab", "field"), (COPY, "copy"), ("esc", "close"))

    # -- keys --------------------------------------------------------------------------------------------------------

    def burst(self, strokes: Sequence[Stroke]) -> bool:
        """Take text that came at once into a field, without its Enter; drop what could answer."""
        if burst_moves(strokes):
            return False
        if (text := burst_text(strokes)) and self.listening:
            self._insert(text)
        return True

    def pasted(self, text: str) -> None:
        """Take a paste into the field, where the dialog could be read before."""
        if self.listening:
            self._insert(text)

    def _insert(self, text: str) -> None:
        if self.stop != ADDRESS:
            self.edits[self.stop].insert(text)
            self._changed()

    def pressed(self, key: str, character: str | None) -> bool:
        """Connect, go between fields, choose, type, copy, close."""
        if key in {"escape", "ctrl+c"}:
            if self.going:
                self.going = False
                self.redraw()
            else:
                self.dismiss(None)
        elif key == "enter":
            self._enter()
        elif key in {"tab", "shift+tab"}:
            self.stop = STOPS[(STOPS.index(self.stop) + (1 if key == "tab" else -1)) % len(STOPS)]
            self.advance()
            self.bring("▌ ")
        elif key == COPY:
            self._copy()
        elif self.stop == ADDRESS:
            return self._on_address(key)
        elif self.edits[self.stop].key(key, character):
            self._changed()
        else:
            return self.move(key)
        return True

    def _on_address(self, key: str) -> bool:
        hosts = [address.host for address in self.addresses]
        if key in {"down", "up", "j", "k"} and hosts:
            at = hosts.index(self.chosen) if self.chosen in hosts else 0
            self.chosen = hosts[(at + (1 if key in {"down", "j"} else -1)) % len(hosts)]
            self.touched.add(ADDRESS)
            self.said = ""
            self.advance()
        elif key == OTHER_WAY and self._other_way() is not None:
            self._by_hand, self.going = True, False
            how = "ProxyJump of another address" if self._other_way() else "straight from here"
            self._turn("" if self.turned else how)
            self.advance()
        elif key in {"n", "N", "q"}:
            self.dismiss(None)
        elif key in {"y", "Y"}:
            self._enter()
        else:
            return self.move(key)
        return True

    def _changed(self) -> None:
        self.touched.add(self.stop)
        self.said = ""
        self.redraw()

    def _enter(self) -> None:
        try:
            login = self.login()
        except ValueError as error:
            self.said = str(error)
            self.redraw()
            return
        self.said = ""
        self.stop = ADDRESS
        found = self.approach.looks.get(login)
        if found is not None and found.verdict is None:
            self.approach.look_again(login)
        self.going = True
        self.advance()

    def _copy(self) -> None:
        try:
            login = self.login()
            files = self.approach.files.kept(self.approach.alias, login)
            self.copy(shown(command(login, files)), files.known_hosts.exists())
        except (ValueError, OSError) as error:
            self.said = str(error)
            self.redraw()
