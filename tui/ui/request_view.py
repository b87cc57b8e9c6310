"""What a form would send, for other tools: as the `openstack` command, and as a script with openstacksdk."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from tui.model.entry import Entry
from tui.model.place import Scope
from tui.model.text import inert, inert_lines
from tui.model.trouble import TroubleError
from tui.resources.action import Action, Values
from tui.resources.script import as_python
from tui.ui.line import Span, Spans
from tui.ui.text_view import TextScreen


class RequestScreen(TextScreen):
    """The text can be searched, copied and saved. It holds no secret."""

    def __init__(
        self, action: Action, entry: Entry | None, values: Values, scope: Scope, keys: Mapping[str, Sequence[str]]
    ) -> None:
        """`entry` is the first target; None for what is to be made."""
        title = (inert(scope.label), inert(action.title), "the same as a command")
        super().__init__(title, request_lines(action, entry, values, scope), save_name="request", keys=keys)
        self.pane.wrap = True


def request_lines(action: Action, entry: Entry | None, values: Values, scope: Scope) -> list[Spans]:
    """Return command and script, or what is missing for them."""
    lines: list[Spans] = [(Span("# as a command", "dim"),)]
    lines += [(Span(line),) for line in _command(action, entry, values, scope)]
    script = _python(action, entry, values, scope)
    if script:
        lines += [(), (Span("# as a Python script", "dim"),)]
        lines += [(Span(line),) for line in script]
    return lines


def _command(action: Action, entry: Entry | None, values: Values, scope: Scope) -> list[str]:
    try:
        command = action.command(entry, values)
    except (KeyError, ValueError, TypeError, IndexError, AttributeError):
        return ["# something that is needed is not filled in yet"]
    where = [f"export OS_CLOUD={shlex.quote(scope.cloud)}"]
    if scope.region:
        where[0] += f" OS_REGION_NAME={shlex.quote(scope.region)}"
    return inert_lines("\n".join([*where, command])) if "--os-cloud" not in command else inert_lines(command)


def _python(action: Action, entry: Entry | None, values: Values, scope: Scope) -> list[str]:
    try:
        script = as_python(action, entry, values, scope.cloud, scope.region)
        return inert_lines(script) if script else []
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, TroubleError):
        return ["# something that is needed is not filled in yet"]
