"""What contradicts Nova where it records success of what failed: asked before a deed is sent, and after its good end.

A reboot that a hypervisor refuses while the guest runs on is recorded as Success (Nova 34, `compute/manager.py`,
`reboot_instance`: «Reboot failed but instance is running»), and a snapshot whose upload fails has its image deleted.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tui.cloud import Api
from tui.model.entry import Entry
from tui.model.trouble import Cause, TroubleError
from tui.resources.action import Sent

TAIL = 40
"""Lines of the console log that are compared."""

LAST = 3
"""Lines by which the place is found at which a log goes on."""
_START = re.compile(
    r"^\[ +0\.0+\]|Linux version|Command line:|SeaBIOS|BdsDxe|Booting|GRUB|reboot: |Restarting system|Power down",
    re.IGNORECASE,
)
"""What kernels and firmware write when they begin, and kernels when they end."""

Doubt = Callable[[Sent], str]


def restarted(api: Api, entry: Entry) -> Doubt:
    """Compare the end of the console log before and after a reboot; a server without one gives no doubt. Blocking."""
    before = _console(api, entry.id)

    def doubt(sent: Sent) -> str:
        if not went_on(before, _console(api, entry.id)):
            return ""
        return "Nova says that it is done, but the console log shows no restart"

    return doubt


def went_on(before: str, after: str) -> bool:
    """Whether a console log only goes on from what it was: nothing in it was written anew, and nothing starts."""
    known = [line for line in before.splitlines() if line.strip()][-LAST:]
    lines = [line for line in after.splitlines() if line.strip()]
    at = next((n for n in range(len(lines) - len(known), -1, -1) if lines[n : n + len(known)] == known), -1)
    if not known or at < 0:
        return False
    return not any(_START.search(line) for line in lines[at + len(known) :])


def imaged(api: Api, entry: Entry) -> Doubt:
    """Look for the image of a snapshot. Blocking."""

    def doubt(sent: Sent) -> str:
        if not sent.ident:
            return ""
        try:
            status = api.decoded("image", api.get("image", f"/images/{sent.ident}")).get("status")
        except TroubleError as error:
            return "there is no image: its upload failed" if error.trouble.cause is Cause.NOT_FOUND else ""
        return "" if status == "active" else f"Nova says that it is done, but its image is {status}"

    return doubt


def _console(api: Api, server: str) -> str:
    """The end of the console log; «» where there is none or it cannot be read."""
    try:
        found = api.connection().compute.get_server_console_output(server, length=TAIL)
    except Exception:
        # 404 and 409 from hypervisors without one, 403: no witness is no doubt.
        return ""
    output = found.get("output") if isinstance(found, dict) else found
    return str(output or "")
