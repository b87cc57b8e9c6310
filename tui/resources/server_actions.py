"""Everything that can be done to a server, in the order of the menu."""

from __future__ import annotations

from tui.resources.action import Action
from tui.resources.boot import BOOT_ACTIONS
from tui.resources.floating_ip_actions import SERVER_FLOATING_ACTIONS
from tui.resources.server_admin import MOVE_ACTIONS, STATE_ACTIONS
from tui.resources.server_attach import ATTACH_ACTIONS
from tui.resources.server_change import CHANGE_ACTIONS
from tui.resources.server_delete import DELETE_ACTIONS, RESTORE
from tui.resources.server_mend import LOOK_ACTIONS, MEND_ACTIONS
from tui.resources.server_power import POWER_ACTIONS

SERVER_ACTIONS: tuple[Action, ...] = (
    *BOOT_ACTIONS,
    *POWER_ACTIONS,
    RESTORE,
    *CHANGE_ACTIONS,
    *MEND_ACTIONS,
    *ATTACH_ACTIONS,
    *SERVER_FLOATING_ACTIONS,
    *MOVE_ACTIONS,
    *LOOK_ACTIONS,
    *STATE_ACTIONS,
    *DELETE_ACTIONS,
)
"""Actions of a group stand together."""
