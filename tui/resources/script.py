"""The same as a Python script: an action's calls of openstacksdk, written down instead of sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from tui.model.entry import Entry
from tui.resources.action import Action, Input, Values

if TYPE_CHECKING:
    from tui.cloud import Connection

SECRET = "\N{LOCK}"  # noqa: S105 - stands for one, is none
"""Stands for a secret while an action is spoken; the script reads it from the environment."""

_FROM_ENVIRONMENT = 'os.environ["ADMIN_PASS"]'
_SECRET_KEYS = frozenset({"admin_pass", "admin_password", "adminPass", "password"})
_READS_RESULT = frozenset({"to_dict", "json", "raise_for_status"})
"""Methods of results that send nothing."""


class _Code(str):
    """Text that stands in the script as it is."""

    __slots__ = ()


class UnspeakableError(Exception):
    """What an action sends depends on what the cloud answers: no script can be written beforehand."""


class _Script:
    """The calls so far."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def add(self, call: str) -> Spoken:
        """Write a call down; returns what stands for its result."""
        name = "found" if not self.calls else f"found{len(self.calls) + 1}"
        self.calls.append((name, call))
        return Spoken(name, self)

    def lines(self) -> list[str]:
        """Return the calls; a result has a name only where it is used."""
        lines = []
        for number, (name, call) in enumerate(self.calls):
            used = any(re.search(rf"\b{name}\b", later) for _, later in self.calls[number + 1 :])
            lines.append(f"{name} = {call}" if used else call)
        return lines


class Spoken:
    """Stands for the connection, or for what a call returned: whatever is done with it is written down."""

    def __init__(self, expression: str, script: _Script) -> None:
        self._expression = expression
        self._script = script

    def __getattr__(self, name: str) -> Spoken:
        """Return what stands for an attribute."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Spoken(f"{self._expression}.{name}", self._script)

    def __getitem__(self, key: object) -> Spoken:
        """Return what stands for an item."""
        return Spoken(f"{self._expression}[{key!r}]", self._script)

    def __iter__(self) -> Any:
        """Refuse: nobody knows what the cloud would list."""
        raise UnspeakableError(self._expression)

    def __str__(self) -> str:
        """Return the expression, to stand in the script as it is."""
        return _Code(self._expression)

    def __call__(self, *args: object, **kwargs: object) -> Spoken:
        """Write the call down."""
        method = self._expression.rsplit(".", 1)[-1]
        if method in _READS_RESULT:
            return self
        told = [_told(value) for value in args]
        if method == "change_server_password":
            told[-1] = _FROM_ENVIRONMENT
        if all(key.isidentifier() for key in kwargs):
            told += [f"{key}={_told_of(key, value)}" for key, value in kwargs.items()]
        else:
            told.append(f"**{_told(kwargs)}")
        return self._script.add(f"{self._expression}({', '.join(told)})")


def _told_of(key: object, value: object) -> str:
    return _FROM_ENVIRONMENT if key in _SECRET_KEYS and value else _told(value)


def _told(value: object) -> str:
    """Write a value as Python."""
    if isinstance(value, _Code | Spoken):
        return str.__str__(str(value))
    if value == SECRET:
        return _FROM_ENVIRONMENT
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {_told_of(key, item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_told, value)) + "]"
    if isinstance(value, tuple):
        return "(" + "".join(f"{_told(item)}, " for item in value).rstrip() + ")"
    return repr(value)


def as_python(action: Action, entry: Entry | None, values: Values, cloud: str, region: str) -> str:
    """Return a script that sends what the action sends; «» where that depends on the cloud's answers.

    Sends nothing and holds no secret. Raises what the action raises where something that it needs is not filled in yet.
    """
    if action.python is not None:
        return action.python(values, cloud, region)
    secrets = {field.key for field in action.form.fields if field.input is Input.SECRET} if action.form else set()
    script = _Script()
    hidden = {key: SECRET if key in secrets and value else value for key, value in values.items()}
    try:
        action.run(cast("Connection", Spoken("conn", script)), entry, hidden)
    except UnspeakableError:
        return ""
    except (KeyError, ValueError, TypeError, IndexError, AttributeError):
        # After the last call it was about reading the answer, which nobody has here.
        if not script.calls:
            raise
    lines = script.lines()
    where = ", ".join(f"{key}={value!r}" for key, value in (("cloud", cloud), ("region_name", region)) if value)
    imports = ["import os", ""] if any(_FROM_ENVIRONMENT in line for line in lines) else []
    return "\n".join([*imports, "import openstack", "", f"conn = openstack.connect({where})", *lines, ""])
