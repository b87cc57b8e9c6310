"""The `openstack` command that does the same: shell-quoted, without secrets."""

from __future__ import annotations

import shlex

from tui.model.entry import Entry


def openstack(entry: Entry | None, *words: str, version: str = "") -> str:
    """Return the command in the entry's cloud and region. `version` is the compute microversion it needs.

    Words may hold anything that was typed or that a cloud told; quoted, each stays one word of the shell.
    """
    line = ["openstack"]
    if entry is not None:
        line += ["--os-cloud", entry.scope.cloud]
        line += ["--os-region-name", entry.scope.region] if entry.scope.region else []
    if version:
        line += ["--os-compute-api-version", version]
    return shlex.join((*line, *words))
