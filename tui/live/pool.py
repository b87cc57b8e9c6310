"""Equal values of many rows kept once: thousands of images share a few owners, states and dates."""

from __future__ import annotations

from typing import Any

import msgspec

MOST = 2000
"""Different values after which a field is taken to differ from row to row (ids, names, times) and left alone."""


class Pool:
    """Lets new rows share what earlier ones already hold, where their structs do not see to it themselves."""

    def __init__(self) -> None:
        self._fields: dict[type, dict[str, dict[Any, Any]]] = {}

    def share(self, row: Any) -> None:
        """Replace a struct's values with equal ones that are held already: text, tuples, frozen structs."""
        kind = type(row)
        fields = self._fields.get(kind)
        if fields is None:
            if not isinstance(row, msgspec.Struct):
                return
            if hasattr(kind, "__post_init__"):
                # It saw to it itself, while it was decoded: that costs a third.
                self._fields[kind] = {}
                return
            fields = self._fields[kind] = {name: {} for name in kind.__struct_fields__ if name not in {"id", "name"}}
        full = ""
        for name, known in fields.items():
            value = getattr(row, name)
            if value is None or isinstance(value, bool | int | float | list | dict):
                continue
            held = known.get(value)
            if held is None:
                known[value] = value
                if len(known) > MOST:
                    full = name
            elif held is not value:
                msgspec.structs.force_setattr(row, name, held)
        if full:
            del fields[full]
