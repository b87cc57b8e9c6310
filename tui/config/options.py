"""What the command line asks of one run; settings are what the user keeps, options what was said this time."""

from __future__ import annotations

from typing import Literal

import msgspec

SLOW_LINK = 24_000
"""Bytes a second below which a link to a terminal is slow: there a page takes a good part of a second."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the dashboard (`tui.ui.run`), `get` and `doctor`."""

    clouds: tuple[str, ...] = ()
    """Entries of clouds.yaml to open; empty: all."""
    regions: tuple[str, ...] = ()
    project: str = ""
    view: str = ""
    """Kind to open, as typed and known: server; empty: the last one."""
    filter: str = ""
    all_projects: bool = False
    """Begin with the rows of all projects, as the key 0 does."""
    read_only: bool = False
    token_cache: bool = True
    row_cache: bool = True
    """Keep the last known rows, and show them until their place has answered."""
    theme: str = ""
    """Asked for, kept in the settings, or what suits the terminal (mono, ansi); empty: the default."""
    ascii: bool = False
    """Marks and lines in ASCII: asked for, or the terminal needs it."""
    mouse: bool = True
    painter: Literal["", "diff", "stock"] = ""
    """Who draws; empty: as the settings say."""
    low_bandwidth: Literal["", "auto", "on", "off"] = ""
    """Whether to send less to the terminal; empty: as the settings say."""
    remote: bool = False
    """The terminal is at the other end of an SSH connection."""
    restricted: bool = False
    """For somebody without an account on this machine: no programs, no files of it (`tui.config.fence`)."""
    served: int = -1
    """A descriptor to which the audit log's lines are written too, for `stackdeck serve`; -1: none."""
    demo: bool = False
    """The clouds are the embedded demo cloud, which ends with this run: nothing is remembered of them."""
