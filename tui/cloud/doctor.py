"""Step-by-step checks of one scope for `stackdeck doctor`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tui.cloud.clouds import Clouds
from tui.model.place import Scope


@dataclass(frozen=True, slots=True)
class Check:
    """One step's outcome. `ok` None: not applicable, or a warning in `text`."""

    name: str
    ok: bool | None
    text: str
    hint: str = ""


def check(clouds: Clouds, scope: Scope, report: Callable[[Check], None]) -> bool:
    """Run config, DNS, TCP, TLS, auth, catalog, microversions, latency and clock; returns whether all is well."""
    raise NotImplementedError
