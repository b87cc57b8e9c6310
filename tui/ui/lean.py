"""Textual without widgets that nothing here uses.

`textual.command`, which the app imports, takes one alias from `textual.types`; that module's body imports five widgets
with their own: 5 ms of a start. So it is put in place with its body not yet run, by importlib's documented steps
(«Importing a source file directly»), and runs when something is asked of it that is no alias.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

NAME = "textual.types"


class _Late(ModuleType):
    """The module, until its body has run: aliases come from where it has them from itself."""

    _runs = False

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") or self._runs:
            raise AttributeError(f"module {NAME!r} has no attribute {name!r}")
        from textual import _types

        if hasattr(_types, name):
            return getattr(_types, name)
        spec = self.__spec__
        if spec is None or spec.loader is None:
            raise AttributeError(f"module {NAME!r} has no attribute {name!r}")
        self._runs = True
        spec.loader.exec_module(self)
        return getattr(self, name)


def prepare() -> None:
    """Put `textual.types` in place. Nothing happens when it is there already, or when there is no such module."""
    if NAME in sys.modules:
        return
    spec: ModuleSpec | None = importlib.util.find_spec(NAME)
    if spec is None or spec.loader is None:
        return
    module = _Late(NAME)
    module.__spec__, module.__loader__, module.__file__ = spec, spec.loader, spec.origin
    sys.modules[NAME] = module
    import textual

    textual.types = module
