"""Half of the libraries' import: the modules that are needed without what their packages drag in.

`import openstack` runs everything that its `__init__` names (0.2 s more than the configuration needs), and importing
`openstack.config` runs that first; `keystoneauth1.identity` names every way to sign in, which a kept token needs none
of. So a package is put in place with its body not yet run; `whole` runs it, before anything else of it is used. Both
steps are importlib's documented ones («Importing a source file directly»).
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from importlib.machinery import ModuleSpec

SDK = "openstack"
SIGN_IN = "keystoneauth1.identity"

_lock = threading.RLock()
_waiting: dict[str, ModuleSpec] = {}


def prepare(name: str = SDK) -> None:
    """Let modules of a package be imported alone. Nothing happens when the package is there already."""
    with _lock:
        if name in sys.modules:
            return
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        parent, _, own = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], own, module)
        _waiting[name] = spec


def whole(name: str = SDK) -> None:
    """Run the package's own body, once; after it the package is as an ordinary import leaves it."""
    with _lock:
        spec = _waiting.get(name)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module(sys.modules[name])
        _waiting.pop(name, None)
