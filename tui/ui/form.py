"""The form of an action: one screen for all, made from declarations. Keys only; nothing blocks while options load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen

from tui.live.steps import Step
from tui.model.text import inert
from tui.resources.action import Action, Desk, Form, Input, Values
from tui.ui.bursts import burst_moves, burst_text
from tui.ui.dialog import GUARD, Confirm
from tui.ui.editor import Editor
from tui.ui.form_asking import FormAsking
from tui.ui.form_fields import LONG, Filling, Slot
from tui.ui.form_lines import blocking
from tui.ui.form_pane import FormPane
from tui.ui.form_pickers import OptionPicker, picked
from tui.ui.guard import Stroke
from tui.ui.outcome import field_of, refusal
from tui.ui.request_view import RequestScreen
from tui.ui.session import Session


class Filled(msgspec.Struct, frozen=True):
    """A form that may be sent."""

    values: Values
    summary: str
    """What was filled in, in one line without secrets."""


class FormScreen(Screen[None]):
    """`push_screen(FormScreen(…))`. `send` is called with what was filled in; then call `sending`, `taken`, `refused`.

    It stays open until the cloud has taken what was sent, so that a refusal finds everything as it was typed.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""
    ALLOW_SELECT = False

    def __init__(
        self, action: Action, form: Form, desk: Desk, session: Session, title: str, send: Callable[[Filled], None]
    ) -> None:
        """`title` is what it is about: «New server», «Resize web-1»."""
        super().__init__(id="form")
        self.action = action
        self.form = form
        self.desk = desk
        self.session = session
        self.filling = Filling(form)
        self.send = send
        self.at = ""
        """Key of the field that is filled; «send» behind the last one."""
        self.said: tuple[str, str] = ("", "text")
        self.is_sending = False
        self.asking = FormAsking(form, desk, self.filling, session.feeds, later=self.set_timer, told=self._learnt)
        self.pane = FormPane(self, title)
        self._wanted = False
        """Whether it is to be sent as soon as it was looked at."""
        self._over = False
        self._painted_at: float | None = None

    def compose(self) -> ComposeResult:
        """Mount the pane."""
        yield self.pane

    def on_mount(self) -> None:
        """Ask for defaults and options, all side by side."""
        self.at = self.filling.slots[0].key if self.filling.slots else "send"
        kept = {} if self._is_like else self._remembered()
        self.filling.begin(kept)
        self.asking.begin(kept)
        self.pane.refresh_lines()

    @property
    def _is_like(self) -> bool:
        return self.action.creates and bool(self.desk.entries)

    @property
    def verb(self) -> str:
        """The deed in a word, for keys and sentences."""
        return (self.action.verb or self.action.title).split(" ", 1)[0].lower()

    def changed(self) -> None:
        """Something was filled in: look at it again."""
        self.asking.changed()

    def _learnt(self) -> None:
        """Something came from the cloud: paint, and send where that was wanted and nothing is to be waited for."""
        if not self.is_attached:
            return
        self.pane.refresh_lines()
        if self._wanted and not self.asking.is_looking:
            self.submit()

    # -- keys --------------------------------------------------------------------------------------------------------

    def painted(self, at: float) -> None:
        """It can be read since `at`: the guard's time starts."""
        if self._painted_at is None:
            self._painted_at = at

    @property
    def listening(self) -> bool:
        """Whether the first 300 ms on the screen are over."""
        return self._painted_at is not None and Message().time - self._painted_at >= GUARD

    def on_key(self, event: events.Key) -> None:
        """Hand a key on, unless it was typed before the form could be read."""
        event.stop()
        event.prevent_default()
        # One that waited in the queue while this was closed is nobody's.
        if self.is_active and self._painted_at is not None and event.time - self._painted_at >= GUARD:
            self.pressed(event.key, event.character)

    def on_paste(self, event: events.Paste) -> None:
        """A paste is for the field that is filled."""
        event.stop()
        slot = self.slot
        if slot is not None and not self.is_sending and self._painted_at is not None:
            self._insert(slot, event.text)

    def burst(self, strokes: Sequence[Stroke]) -> bool:
        """Put text that came in one read into the field whole; drop what could send."""
        if burst_moves(strokes, frozenset({"up", "down", "tab", "left", "right", "backspace", "delete"})):
            return False
        text, slot = burst_text(strokes), self.slot
        if text and slot is not None and slot.types and not self.is_sending and self._painted_at is not None:
            self._insert(slot, text)
        return True

    def _insert(self, slot: Slot, text: str) -> None:
        if slot.field.input in LONG and "\n" in text.strip():
            slot.long = text
        elif slot.types:
            slot.edit.insert(text)
        else:
            return
        slot.touched, slot.refused = True, ""
        self.changed()

    @property
    def slot(self) -> Slot | None:
        """The field that is filled; None on the line that sends."""
        return self.filling.slot(self.at)

    def pressed(self, key: str, character: str | None) -> None:
        """Move, choose, type, look, send, leave."""
        if self.said[0] and not self.is_sending:
            self.said = ("", "text")
        if key in {"escape", "ctrl+c"}:
            self._leave()
        elif self.is_sending:
            return
        elif key in {"tab", "down", "shift+tab", "up"}:
            self._move(1 if key in {"tab", "down"} else -1)
        elif key in {"pagedown", "pageup"}:
            self.pane.scroll_found(1 if key == "pagedown" else -1)
        elif key in {"ctrl+s", "ctrl+b"}:
            self.submit()
        elif key == "ctrl+y":
            self._show_request()
        elif key == "ctrl+r":
            self.changed()
        elif (slot := self.slot) is None:
            if key == "enter":
                self.submit()
        elif not self._fill(slot, key, character):
            return
        self.pane.refresh_lines()

    def _fill(self, slot: Slot, key: str, character: str | None) -> bool:
        """Give a key to a field; return whether it meant something there."""
        if key == "ctrl+e" and slot.field.input in LONG:
            self._edit_long(slot)
        elif key == "enter":
            self._enter(slot)
        elif slot.field.input is Input.BOOL:
            if key not in {"space", "left", "right", "y", "n"}:
                return False
            slot.on = not slot.on if key not in {"y", "n"} else key == "y"
            self._touch(slot)
        elif slot.picks:
            return self._fill_choice(slot, key, character)
        elif slot.long is not None and key in {"backspace", "delete"}:
            slot.long = None
            self._touch(slot)
        elif slot.types:
            before = slot.edit.text
            if not slot.edit.key(key, character):
                return False
            if slot.edit.text != before:
                self._touch(slot)
        return True

    def _fill_choice(self, slot: Slot, key: str, character: str | None) -> bool:
        """Open the list, by what is typed where it is text; take the choice away."""
        types = character is not None and character.isprintable() and not key.startswith(("ctrl+", "alt+"))
        if key in {"backspace", "delete"}:
            slot.choose(())
            self.changed()
        elif types:
            self._pick(slot, "" if key == "space" else character or "")
        else:
            return False
        return True

    def _touch(self, slot: Slot) -> None:
        slot.touched, slot.refused = True, ""
        self.changed()

    def _enter(self, slot: Slot) -> None:
        if slot.picks:
            self._pick(slot)
        elif slot.field.input is Input.BOOL:
            slot.on = not slot.on
            self._touch(slot)
        elif slot.field.input is Input.LINES:
            self._edit_long(slot)
        elif len(self.filling.shown()) == 1:
            self.submit()
        else:
            self._move(1)

    def _move(self, by: int) -> None:
        stops = [*(slot.key for slot in self.filling.shown()), "send"]
        at = stops.index(self.at) if self.at in stops else 0
        self.at = stops[(at + by) % len(stops)]

    def _pick(self, slot: Slot, text: str = "") -> None:
        needs: dict[str, Any] = {}
        for other in self.filling.shown():
            needs |= {key: value for key, value in other.facts().items() if key.startswith("min_")}
        picker = OptionPicker(
            slot.field.label,
            slot.options or (),
            slot.chosen,
            several=slot.field.input is Input.CHOICES,
            optional=not slot.field.required,
            free=slot.field.free,
            needs=needs,
            text=text,
        )

        def took(result: str | None) -> None:
            if result is not None:
                slot.choose(picked(result))
                self._move(1)
                self.changed()

        self.app.push_screen(picker, took)

    def _edit_long(self, slot: Slot) -> None:
        def took(text: str | None) -> None:
            if text is not None:
                slot.long = text or None
                if not text:
                    slot.edit.set("")
                self._touch(slot)

        text = slot.long
        path = slot.edit.text.strip() if text is None and slot.field.input is Input.FILE else ""
        self.app.push_screen(Editor(slot.field.label, text or "", path=path), took)

    def _show_request(self) -> None:
        entry = self.desk.entries[0] if self.desk.entries and not self.action.creates else None
        self.app.push_screen(
            RequestScreen(self.action, entry, self.filling.values(), self.desk.scope, self.session.keys)
        )

    def _leave(self) -> None:
        if self.is_sending or not any(slot.touched for slot in self.filling.slots):
            self.dismiss(None)
            return
        lines = ["What was typed here is thrown away."]
        dialog = Confirm(f"Leave «{inert(self.action.title)}»?", lines, "Leave", "Stay")
        self.app.push_screen(dialog, self._left)

    def _left(self, yes: bool | None) -> None:
        if yes:
            self.dismiss(None)

    # -- sending -----------------------------------------------------------------------------------------------------

    def submit(self) -> None:
        """Send it if nothing speaks against it; else say what does, at its field."""
        first = not self._wanted
        self._wanted = False
        problems = self.filling.problems()
        if problems:
            for key in problems:
                if (slot := self.filling.slot(key)) is not None:
                    slot.touched = True
            self.at = next(iter(problems))
            self.said = (f"Cannot {self.verb} yet: {problems[self.at]}", "bad")
        elif self.asking.is_looking and first:
            self._wanted = True
            self.said = (f"Looking at it first. ctrl+s again: {self.verb} without.", "move")
        elif (bad := blocking(self.asking.found or ())) is not None and not self.asking.is_looking:
            self.said = (f"Cannot {self.verb} yet: {inert(bad.text)} {inert(bad.more)}".strip(), "bad")
            self.at = bad.field if self.filling.slot(bad.field) is not None else self.at
        else:
            self.said = ("", "text")
            self.session.memory.forms[self._memory_key] = self.filling.remembered()
            self.send(Filled(self.filling.values(), self.filling.summary()))
        self.pane.refresh_lines()

    def sending(self) -> None:
        """It is under way; keys do nothing but leave until the cloud has answered."""
        self.is_sending = True
        self.said = (f"{self.action.title}: asking {inert(self.desk.scope.label)}. esc leaves, it goes on.", "move")
        self.pane.refresh_lines()

    def taken(self) -> None:
        """The cloud took it: close."""
        self._over = True
        if self.is_attached and self.app.screen is self:
            self.dismiss(None)

    def refused(self, step: Step) -> bool:
        """The cloud refused it: show why at the field that it names. Returns False when the form was left meanwhile."""
        if not self.is_attached:
            return False
        said = refusal(step)
        self.is_sending = False
        self.said = (f"Refused: {said}", "bad")
        key = field_of(said, [slot.field for slot in self.filling.shown()])
        if (slot := self.filling.slot(key)) is not None:
            slot.refused, self.at = said, key
        self.pane.refresh_lines()
        return True

    def on_screen_resume(self) -> None:
        """What stood over it is closed: go too, where it was taken meanwhile."""
        if self._over:
            self.dismiss(None)

    # -- memory ------------------------------------------------------------------------------------------------------

    @property
    def _memory_key(self) -> str:
        return f"{self.action.id}|{self.desk.scope.key}"

    def _remembered(self) -> dict[str, Any]:
        known = {field.key for field in self.form.fields if field.remember}
        found = self.session.memory.forms.get(self._memory_key, {})
        return {key: value for key, value in found.items() if key in known}
