"""Half of the SDK's import: its configuration code without its thousands of resource classes.

`import openstack` runs everything that its `__init__` names (0.2 s more than the configuration needs), and importing
`openstack.config` runs that first. So the package is put in place with its body not yet run; `whole` runs it, before
anything but the configuration is used. Both steps are importlib's documented ones («Importing a source file directly»).
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from importlib.machinery import ModuleSpec

_NAME = "openstack"
_lock = threading.Lock()
_waiting: list[ModuleSpec] = []


def prepare() -> None:
    """Let `openstack.config` be imported alone. Nothing happens when the package is there already."""
    with _lock:
        if _NAME in sys.modules:
            return
        spec = importlib.util.find_spec(_NAME)
        if spec is None or spec.loader is None:
            return
        sys.modules[_NAME] = importlib.util.module_from_spec(spec)
        _waiting.append(spec)


def whole() -> None:
    """Run the package's own body, once; after it the SDK is as `import openstack` leaves it."""
    with _lock:
        while _waiting:
            spec = _waiting[-1]
            if spec.loader is not None:
                spec.loader.exec_module(sys.modules[_NAME])
            _waiting.pop()
