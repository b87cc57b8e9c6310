"""What a form asks the cloud while it is filled: defaults, options, and what speaks against sending it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from tui.live.feeds import Feeds
from tui.model.trouble import Trouble, TroubleError
from tui.resources.action import Desk, Field, Form, Preflight
from tui.ui.form_fields import Filling, Slot

DEBOUNCE = 0.25
"""Seconds without a key after which the preflight asks."""


class Timer(Protocol):
    """A call that is still to come."""

    def stop(self) -> None:
        """Do not call."""
        ...


class FormAsking:
    """Everything goes through workers of the place; the latest preflight wins. Lives on the loop's thread."""

    def __init__(
        self,
        form: Form,
        desk: Desk,
        filling: Filling,
        feeds: Feeds | None,
        *,
        later: Callable[[float, Callable[[], None]], Timer],
        told: Callable[[], None],
    ) -> None:
        """`later` calls after so many seconds; `told` is called whenever something was learnt."""
        self.form = form
        self.desk = desk
        self.filling = filling
        self.found: Sequence[Preflight] | None = None if form.preflight is not None else ()
        """What the last preflight found; None before the first."""
        self.trouble = ""
        """Why the last preflight found nothing."""
        self.ready = False
        """Whether the defaults are in."""
        self._feeds = feeds
        self._later = later
        self._told = told
        self._generation = 0
        self._timer: Timer | None = None

    def begin(self, kept: Mapping[str, Any]) -> None:
        """Ask for defaults and for every field's options; `kept` values come before the defaults."""
        fields, desk = self.form.fields, self.desk

        def took(value: Any, trouble: Trouble | None) -> None:
            if isinstance(value, dict):
                self.filling.begin({**value, **kept})
            self.ready = True
            self.changed()

        self._ask(lambda: defaults(fields, desk), took)
        for slot in self.filling.slots:
            if slot.field.options is not None:
                self._ask_options(slot, slot.field.options)

    def _ask(self, job: Callable[[], Any], then: Callable[[Any, Trouble | None], None]) -> None:
        if self._feeds is not None:
            self._feeds.ask(self.desk.scope, lambda api: job(), then)

    def _ask_options(self, slot: Slot, options: Callable[[Desk], Sequence[Any]]) -> None:
        def took(value: Any, trouble: Trouble | None) -> None:
            slot.took(tuple(value) if trouble is None else None, trouble)
            self.changed()

        self._ask(lambda: options(self.desk), took)

    def changed(self) -> None:
        """Something was filled in: look at it once the keys rest."""
        if self.form.preflight is not None:
            self._generation += 1
            if self._timer is not None:
                self._timer.stop()
            self._timer = self._later(DEBOUNCE, self._look)
        self._told()

    @property
    def is_looking(self) -> bool:
        """Whether what was typed last is not looked at yet."""
        return self.form.preflight is not None and (self.found is None or self._timer is not None)

    def _look(self) -> None:
        look, generation, values = self.form.preflight, self._generation, self.filling.values()
        if look is None:
            return

        def took(value: Any, trouble: Trouble | None) -> None:
            if generation == self._generation:
                self._timer = None
                self.found = tuple(value or ())
                self.trouble = trouble.title if trouble is not None else ""
                self._told()

        self._ask(lambda: look(self.desk, values), took)


def defaults(fields: Sequence[Field], desk: Desk) -> dict[str, Any]:
    """Return the default of each field that has one; a lookup that fails leaves its field empty. Blocking."""
    found: dict[str, Any] = {}
    for field in fields:
        if field.initial is not None:
            try:
                found[field.key] = field.initial(desk)
            except TroubleError:
                continue
    return found
