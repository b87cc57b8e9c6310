"""The genuine `openstack` command, run in this process: starting it anew takes 2 s each time."""

from __future__ import annotations

import io
import os
import shlex
from contextlib import redirect_stderr, redirect_stdout


def run_client(line: str) -> tuple[int, str]:
    """Run a command as the shell would; returns its exit code and what it printed."""
    from openstackclient.common.clientmanager import ClientManager
    from openstackclient.shell import OpenStackShell
    from osc_lib.clientmanager import ClientCache

    words = shlex.split(os.path.expandvars(line))
    assert words[0] == "openstack"
    for manager in ClientManager.__mro__:
        for kept in vars(manager).values():
            if isinstance(kept, ClientCache):
                # Kept per process, since a process is one command: it would go on with the cloud of an earlier line.
                kept._handle = None
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        return OpenStackShell().run(words[1:]), said.getvalue()
