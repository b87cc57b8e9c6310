"""The fields of a form as they are filled: what was typed or chosen, what it means, what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tui.model.text import inert
from tui.model.trouble import Cause, Trouble
from tui.resources.action import Field, Form, Input, Option, Values
from tui.ui.editing import Edit

YES, NO = "yes", "no"
CHOOSES = frozenset({Input.CHOICE, Input.CHOICES})
LONG = frozenset({Input.LINES, Input.FILE})
"""Inputs that can be edited on many lines."""
FORGOTTEN = frozenset({Input.SECRET, Input.LINES})
"""Inputs whose values are never remembered."""

_SPLIT = re.compile(r"[,\n]")


class Slot:
    """One field being filled."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.edit = Edit(masked=field.input is Input.SECRET)
        self.chosen: tuple[str, ...] = ()
        """Values of the chosen options, in order."""
        self.on = False
        self.long: str | None = None
        """Text of many lines, once it was edited in place."""
        self.options: Sequence[Option] | None = None
        """None until they are loaded."""
        self.trouble: Trouble | None = None
        """Why there is no list of options."""
        self.touched = False
        """Whether the user has filled it: then no default replaces it."""
        self.refused = ""
        """What the cloud said of its value, until that is changed."""

    @property
    def key(self) -> str:
        """The field's key."""
        return self.field.key

    @property
    def types(self) -> bool:
        """Whether it is typed into: text, or a choice whose list is forbidden or free."""
        if self.field.input is Input.BOOL or self.field.input is Input.LINES or self.long is not None:
            return False
        return self.field.input not in CHOOSES or self.is_free

    @property
    def is_free(self) -> bool:
        """Whether a choice takes any text: it may, or its list cannot be had."""
        return self.field.options is None or (self.field.free and not self.options) or self.trouble is not None

    @property
    def loading(self) -> bool:
        """Whether its options are still asked for."""
        return self.field.options is not None and self.options is None and self.trouble is None

    @property
    def picks(self) -> bool:
        """Whether Enter opens a list."""
        return self.field.input in CHOOSES and bool(self.options)

    def took(self, options: Sequence[Option] | None, trouble: Trouble | None) -> None:
        """Take the options, or why there are none. What was chosen and is not among them stays as free text only."""
        self.options, self.trouble = options, trouble
        if trouble is not None and self.chosen and not self.edit.text:
            self.edit.set(", ".join(self.chosen))

    @property
    def why_free(self) -> str:
        """Say why a choice must be typed; empty where it need not be."""
        if self.trouble is None:
            return ""
        if self.trouble.cause is Cause.FORBIDDEN:
            return "the list is forbidden: type a name or an id"
        return f"not listed: {inert(self.trouble.title)}"

    def set(self, value: Any) -> None:
        """Fill it with a value as `value` returns it."""
        kind = self.field.input
        if kind is Input.BOOL:
            self.on = bool(value)
        elif kind in CHOOSES:
            values = (value,) if isinstance(value, str) else tuple(str(each) for each in value or ())
            self.chosen = tuple(each for each in values if each)
            self.edit.set(", ".join(self.chosen))
        elif kind is Input.PAIRS:
            self.edit.set(", ".join(f"{key}={held}" for key, held in dict(value or {}).items()))
        elif kind is Input.WORDS:
            self.edit.set(", ".join(str(each) for each in value or ()))
        elif kind in LONG and isinstance(value, str) and ("\n" in value or kind is Input.LINES):
            self.long = value
        else:
            self.edit.set("" if value is None else str(value))

    def choose(self, values: Iterable[str]) -> None:
        """Take what was picked."""
        self.set(tuple(values))
        self.touched, self.refused = True, ""

    def value(self) -> Any:
        """Return what it means. Raises ValueError with a sentence."""
        kind, text = self.field.input, self.edit.text.strip()
        if kind is Input.BOOL:
            return self.on
        if kind in LONG and self.long is not None:
            return self.long
        if kind in CHOOSES:
            return self._choice(text)
        if kind is Input.NUMBER:
            return _number(text)
        if kind is Input.PAIRS:
            return pairs(text)
        if kind is Input.WORDS:
            return words(text)
        return self.edit.text if kind is Input.SECRET else text

    def _choice(self, text: str) -> Any:
        if self.is_free:
            typed = tuple(self._meant(each) for each in words(text))
            return typed if self.field.input is Input.CHOICES else (typed[0] if typed else "")
        return self.chosen if self.field.input is Input.CHOICES else (self.chosen[0] if self.chosen else "")

    def _meant(self, typed: str) -> str:
        found = [option.value for option in self.options or () if typed in (option.text, option.value)]
        return found[0] if len(found) == 1 else typed

    @property
    def empty(self) -> bool:
        """Whether nothing was filled in."""
        try:
            return self.value() in (None, "", (), {})
        except ValueError:
            return False

    def option(self, value: str) -> Option | None:
        """Return the option of a value."""
        return next((option for option in self.options or () if option.value == value), None)

    def facts(self) -> Mapping[str, Any]:
        """Return the numbers of what is chosen."""
        found = self.option(self.chosen[0]) if self.chosen else None
        return found.facts if found is not None else {}

    def words(self) -> str:
        """Return what stands in the field, inert; a secret never."""
        kind = self.field.input
        if kind is Input.BOOL:
            return YES if self.on else NO
        if self.long is not None:
            lines = self.long.count("\n") + bool(self.long and not self.long.endswith("\n"))
            return f"{lines} lines, edited here" if self.long else ""
        if kind is Input.SECRET:
            return "*" * min(len(self.edit.text), 12)
        if kind in CHOOSES and not self.is_free:
            return ", ".join(inert(self._label(value)) for value in self.chosen)
        return inert(self.edit.text)

    def _label(self, value: str) -> str:
        found = self.option(value)
        return found.text if found is not None else value

    def note(self) -> str:
        """Return what stands beside the field: what is known of the choice. Its help stands in the line below."""
        if self.loading:
            return "asking …"
        if self.why_free:
            return self.why_free
        if self.field.input in CHOOSES and self.options is not None and not self.options and not self.field.free:
            return "there is none"
        if len(self.chosen) == 1 and not self.is_free and (found := self.option(self.chosen[0])) is not None:
            return inert(found.note)
        return ""


class Filling:
    """All fields of a form."""

    def __init__(self, form: Form) -> None:
        self.slots = [Slot(field) for field in form.fields]

    def slot(self, key: str) -> Slot | None:
        """Return a field by its key."""
        return next((slot for slot in self.slots if slot.key == key), None)

    def values(self) -> dict[str, Any]:
        """Return what is filled in, of the fields that are shown. What cannot be read yet is left out."""
        found: dict[str, Any] = {}
        for slot in self.slots:
            try:
                found[slot.key] = slot.value()
            except ValueError:
                continue
        shown = {slot.key for slot in self.slots if slot.field.shown is None or slot.field.shown(found)}
        return {key: value for key, value in found.items() if key in shown}

    def shown(self) -> list[Slot]:
        """Return the fields that are shown now."""
        values = self.values()
        return [slot for slot in self.slots if slot.field.shown is None or slot.field.shown(values)]

    def problem(self, slot: Slot, values: Values) -> str:
        """Say what is wrong with a field, or «»."""
        if slot.refused:
            return slot.refused
        try:
            value = slot.value()
        except ValueError as error:
            return str(error)
        if slot.empty and slot.field.required:
            return f"{slot.field.label} is needed"
        return slot.field.check(value, values) if slot.field.check is not None else ""

    def problems(self) -> dict[str, str]:
        """Return what is wrong, by field."""
        values = self.values()
        found = {slot.key: self.problem(slot, values) for slot in self.shown()}
        return {key: text for key, text in found.items() if text}

    def begin(self, initial: Mapping[str, Any]) -> None:
        """Fill in defaults where nobody has typed yet."""
        for slot in self.slots:
            value = initial.get(slot.key)
            if not slot.touched and value not in (None, "", (), {}):
                slot.set(value)

    def remembered(self) -> dict[str, Any]:
        """Return the values to offer next time; no secrets, and no text that may hold some."""
        values = self.values()
        found = {}
        for slot in self.slots:
            value = values.get(slot.key)
            if slot.field.remember and slot.field.input not in FORGOTTEN and slot.long is None and value is not None:
                found[slot.key] = list(value) if isinstance(value, tuple) else value
        return found

    def summary(self) -> str:
        """Return what was filled in as one line, for a dialog; no secrets."""
        found = [
            f"{slot.field.label} {slot.words()}"
            for slot in self.shown()
            if not slot.empty and slot.field.input is not Input.SECRET
        ]
        return ", ".join(found)


def words(text: str) -> tuple[str, ...]:
    """Return comma-separated words."""
    return tuple(word for each in _SPLIT.split(text) if (word := each.strip()))


def pairs(text: str) -> dict[str, str]:
    """Return key=value pairs. Raises ValueError with a sentence."""
    found: dict[str, str] = {}
    for each in words(text):
        key, equals, value = each.partition("=")
        if not equals or not key.strip():
            raise ValueError(f"{inert(each)[:30]}: write key=value, parted by commas")
        found[key.strip()] = value.strip()
    return found


def _number(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,18}", text):
        raise ValueError("a whole number")
    return int(text)
