"""Equal values of many rows kept once: 50,000 servers share a few dozen projects, images, flavors and zones."""

from __future__ import annotations

from typing import Any

import msgspec

MOST = 2000
"""Different values after which a field is taken to differ from row to row (ids, names, times) and left alone."""


class Pool:
    """Lets new rows share what earlier ones already hold; saves some 0.7 kB of the 3 kB of a server."""

    def __init__(self) -> None:
        self._fields: dict[type, dict[str, dict[Any, Any]]] = {}

    def share(self, row: Any) -> None:
        """Replace a struct's values with equal ones that are held already: text, tuples, frozen structs."""
        kind = type(row)
        fields = self._fields.get(kind)
        if fields is None:
            if not isinstance(row, msgspec.Struct):
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
