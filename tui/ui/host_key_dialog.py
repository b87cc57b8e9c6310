"""The question about a new host key, and the second one before an entry of known_hosts is replaced."""

from __future__ import annotations

from collections.abc import Sequence

from tui.live.approach import Log, Look
from tui.live.host_keys import Case
from tui.model.ssh import HostKey
from tui.model.text import inert
from tui.ui.bursts import burst_moves
from tui.ui.dialog import Dialog, Hints, prose
from tui.ui.editing import Edit
from tui.ui.guard import Stroke
from tui.ui.host_key_lines import case_line, key_lines, key_spans, labelled, log_lines, pin_lines, reasons_lines
from tui.ui.line import Span, Spans
from tui.ui.spans import on

ONCE, KEEP = "once", "keep"

_RISKS = {
    Case.WEAK: "Whoever answers at this address may be somebody else. Compare the fingerprint with one you trust.",
    Case.CONFLICT: "Somebody may have printed keys of their own into the log. Nothing is remembered of this server.",
    Case.NONE: "Nothing proves that this is your server. Compare the fingerprint with one you trust.",
}
"""What a yes would mean where the log does not prove the key."""


class HostKeyDialog(Dialog[str | None]):
    """Result: `once` (this connection only), `keep` (remember and write to known_hosts), or None.

    Where the log proves the key, `y` and `o` answer; where it does not, the word itself must be typed; a wrong key has
    no yes at all.
    """

    wanted = 88

    def __init__(self, name: str, where: str, look: Look, log: Log, now: float, *, connects: bool = True) -> None:
        """`name` of the server, `where` it is asked; `look.verdict` is there. Without `connects` yes only remembers."""
        super().__init__()
        self.heading = f"Host key of {inert(name)}"
        self.where = where
        self.look = look
        self.log_read = log
        self.now = now
        self.edit = Edit()
        case = look.verdict.case if look.verdict else Case.WRONG
        self.case = case
        self.destroys = case is Case.WRONG
        self.types = case in _RISKS
        self.connects = connects
        self.words = tuple(
            word for word in (ONCE, KEEP) if (connects or word == KEEP) and (word == ONCE or case is not Case.CONFLICT)
        )
        self.refused = case is Case.WRONG or not self.words

    def body(self, width: int) -> list[Spans]:
        """What is shown, by whom, and what speaks for it."""
        verdict, shown, evidence = self.look.verdict, self.look.shown, self.look.evidence
        lines: list[Spans] = [(Span(inert(self.where), "dim"),), (), case_line(self.look, self.log_read), ()]
        if shown is not None:
            lines += labelled("Shown", key_spans(shown), width)
        lines += log_lines(self.log_read, self.now, width)
        said = self.log_read.printed
        strange = self.case in {Case.WRONG, Case.CONFLICT}
        if strange and said.keys:
            lines += key_lines("Log names", said.keys, width)
        if strange and said.others:
            lines += key_lines("Log later", said.others, width)
        if evidence is not None and evidence.pin is not None:
            lines += pin_lines(evidence.pin, self.now, width)
        lines.append(())
        if verdict is not None:
            lines += reasons_lines([each for each in verdict.reasons if each not in said.reasons], width)
        if risk := _RISKS.get(self.case):
            lines += prose([(Span("▲ ", "warn"), Span(risk))], width)
        if self.refused:
            end = "Not connected. There is no way round this." if self.case is Case.WRONG else "It is not remembered."
            lines += prose([(Span("✗ ", "bad"), Span(end))], width)
        return lines

    def foot(self, width: int) -> list[Spans]:
        """The answers, or the field for one."""
        if self.refused:
            return [(), _no("Close")]
        if not self.types:
            remember = "Remember and connect" if self.connects else "Remember"
            once = (Span("   o", "accent"), Span("  Connect once", "text")) if self.connects else ()
            no = _no("Do not connect" if self.connects else "Leave")
            return [(), (*no, Span("   y", "accent"), Span(f"  {remember}", "text"), *once)]
        words = " or ".join(f"«{word}»" for word in self.words)
        field = on((Span("> ", "accent"), *self.edit.paint(12)), 16, "field")
        return [(), (Span(f"Type {words} and Enter to {'connect' if self.connects else 'remember'}: "), *field)]

    def hints(self) -> Hints:
        """The answers."""
        if self.refused:
            return (("n", "close"), ("esc", "close"))
        no = "do not connect" if self.connects else "leave"
        keep = "remember and connect" if self.connects else "remember"
        answers = {ONCE: "connect once", KEEP: keep}
        if self.types:
            return (("esc", no), *((word, answers[word]) for word in self.words))
        keys = {KEEP: "y", ONCE: "o"}
        return (("n", no), *((keys[word], answers[word]) for word in reversed(self.words)), ("esc", "close"))

    def pasted(self, text: str) -> None:
        """Take no paste: what is pasted was not read."""

    def burst(self, strokes: Sequence[Stroke]) -> bool:
        """Keys that came at once may scroll; they answer nothing, and are no word that somebody typed."""
        return not burst_moves(strokes)

    def pressed(self, key: str, character: str | None) -> bool:
        """Answer, type, or scroll."""
        if key in {"escape", "ctrl+c"} or (key in {"n", "N", "q"} and (self.refused or not self.types)):
            self.dismiss(None)
        elif self.refused:
            if key == "enter":
                self.dismiss(None)
                return True
            return self.move(key)
        elif self.types:
            return self._type(key, character)
        elif key in {"y", "Y"}:
            self.dismiss(KEEP)
        elif key == "o" and ONCE in self.words:
            self.dismiss(ONCE)
        elif key == "enter":
            self.dismiss(None)
        else:
            return self.move(key)
        return True

    def _type(self, key: str, character: str | None) -> bool:
        if key == "enter":
            word = self.edit.text.strip().lower()
            if word in self.words:
                self.dismiss(word)
            return True
        if key in {"down", "up", "pagedown", "pageup"}:
            return self.move(key)
        if self.edit.key(key, character):
            self.redraw()
            return True
        return False


class ReplaceDialog(Dialog[str | None]):
    """The second question: keys of this name in known_hosts would go. Result: `replace`, `leave` (go on all the same,
    known_hosts stays), or None."""

    wanted = 88
    destroys = True
    REPLACE, LEAVE = "replace", "leave"

    def __init__(self, file: str, host: str, look: Look, *, may_leave: bool = True) -> None:
        """`file` is the path of known_hosts, `host` the name in it; `may_leave`: connecting needs no replacing."""
        super().__init__()
        self.heading = f"Replace the host key of {inert(host)}?"
        self.file = file
        self.look = look
        self.may_leave = may_leave

    def body(self, width: int) -> list[Spans]:
        """What goes, what comes, and why."""
        verdict = self.look.verdict
        if verdict is None:
            return []
        lines = prose([(Span("▲ ", "warn"), Span(inert(verdict.why_replace)))], width)
        old: tuple[HostKey, ...] = verdict.replaces
        if not old and self.look.evidence is not None and self.look.evidence.pin is not None:
            old = self.look.evidence.pin.host_keys
        lines += [(), *key_lines("Goes", old, width), *key_lines("Comes", verdict.keys, width), ()]
        kept = f"The old {self.file} stays beside it as {self.file}.old." if verdict.replaces else ""
        return lines + prose([(Span(inert(kept), "dim"),)] if kept else [], width)

    def foot(self, width: int) -> list[Spans]:
        """The answers."""
        leave = (Span("   o", "accent"), Span("  Go on, leave it")) if self.may_leave else ()
        return [(), (*_no("Stop"), *leave, Span("   y", "accent"), Span("  Replace and go on", "bad"))]

    def hints(self) -> Hints:
        """The answers."""
        leave = (("o", "go on, leave the old key"),) if self.may_leave else ()
        return (("n", "stop"), *leave, ("y", "replace and go on"))

    def burst(self, strokes: Sequence[Stroke]) -> bool:
        """Keys that came at once may scroll; they answer nothing, and are no word that somebody typed."""
        return not burst_moves(strokes)

    def pressed(self, key: str, character: str | None) -> bool:
        """Answer or scroll."""
        if key in {"y", "Y"}:
            self.dismiss(self.REPLACE)
        elif key == "o" and self.may_leave:
            self.dismiss(self.LEAVE)
        elif key in {"n", "N", "escape", "q", "ctrl+c", "enter"}:
            self.dismiss(None)
        else:
            return self.move(key)
        return True


def _no(text: str) -> Spans:
    """Return the answer that has the focus."""
    return (Span("▌ ", "accent", "cursor"), Span("n", "accent", "cursor"), Span(f"  {text}  ", "strong", "cursor"))
