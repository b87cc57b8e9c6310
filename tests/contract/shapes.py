"""The shapes of answers: which fields there are, and which JSON types each may have.

A shape is made from an answer: an object's shape is the shapes of its fields, a list's the merged shape of its items.
Shapes of several answers merge; what one object lacks and another has counts as optional.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Shape = dict[str, Any]
"""`{"types": [...], "fields": {...}, "optional": [...], "items": ..., "map": ...}`, as JSON keeps it."""

_TYPED = re.compile(r"(volumes|gigabytes|snapshots)_.+")
"""Fields of Cinder's quotas that are named after what volume types there are."""

MAPS = frozenset({
    "addresses", "metadata", "extra_specs", "hosts", "binding:profile", "options", "scheduler_hints", "services",
    "properties", "bound_drivers", "volume_image_metadata", "rules",
})  # fmt: skip
"""Objects whose keys are data, not fields."""


def shape_of(value: Any, name: str = "") -> Shape:
    """The shape of one value; `name` is the field it is in."""
    if isinstance(value, dict):
        if name in MAPS:
            shape: Shape = {"types": ["object"]}
            merged = merge_all(shape_of(item) for item in value.values())
            if merged is not None:
                shape["map"] = merged
            return shape
        return {
            "types": ["object"],
            "fields": {key: shape_of(item, key) for key, item in value.items() if not _TYPED.fullmatch(key)},
            "optional": [],
        }
    if isinstance(value, list):
        shape = {"types": ["array"]}
        merged = merge_all(shape_of(item) for item in value)
        if merged is not None:
            shape["items"] = merged
        return shape
    return {"types": [_type(value)]}


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return {int: "integer", float: "number", str: "string"}[type(value)]


def merge_all(shapes: Iterable[Shape]) -> Shape | None:
    """The merged shape of several values; None when there are none."""
    merged: Shape | None = None
    for shape in shapes:
        merged = shape if merged is None else merge(merged, shape)
    return merged


def merge(one: Shape, two: Shape) -> Shape:
    """A shape that covers both."""
    shape: Shape = {"types": sorted({*one["types"], *two["types"]})}
    for part in ("items", "map"):
        merged = merge_all(s[part] for s in (one, two) if part in s)
        if merged is not None:
            shape[part] = merged
    if "fields" in one and "fields" in two:
        first, second = one["fields"], two["fields"]
        optional = {*one["optional"], *two["optional"], *(set(first) ^ set(second))}
        shape["optional"] = sorted(optional)
        shape["fields"] = {
            key: merge(first[key], second[key]) if key in first and key in second else first.get(key, second.get(key))
            for key in [*first, *(k for k in second if k not in first)]
        }
    elif "fields" in one or "fields" in two:
        source = one if "fields" in one else two
        shape["fields"], shape["optional"] = source["fields"], source["optional"]
    return shape


@dataclass(frozen=True, slots=True)
class Difference:
    """A way in which an answer departs from the genuine one."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def differences(genuine: Shape, ours: Shape, path: str = "") -> list[Difference]:
    """How our shape departs from the genuine one: missing fields, extra fields, types that are never sent genuinely."""
    found = []
    extra_types = set(ours["types"]) - set(genuine["types"])
    if extra_types:
        found.append(Difference(path, f"sends {sorted(extra_types)}, the genuine service {genuine['types']}"))
    for part, mark in (("items", "[]"), ("map", "{}")):
        if part in genuine and part in ours:
            found += differences(genuine[part], ours[part], path + mark)
    if "fields" in genuine and "fields" in ours:
        theirs, mine = genuine["fields"], ours["fields"]
        for key in theirs:
            if key not in mine:
                if key not in genuine["optional"]:
                    found.append(Difference(f"{path}.{key}", "missing"))
            else:
                found += differences(theirs[key], mine[key], f"{path}.{key}")
                if key in ours["optional"] and key not in genuine["optional"]:
                    found.append(
                        Difference(f"{path}.{key}", "is missing now and then, the genuine service always sends it")
                    )
        found += [Difference(f"{path}.{key}", "extra") for key in mine if key not in theirs]
    return found
