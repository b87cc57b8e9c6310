"""Where the configuration comes from: the cache where nothing has changed, else openstacksdk."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import structs

from tui.cloud.config_cache import ConfigCache, Kept, KeptConfiguration, Recorder, stamps_of
from tui.cloud.settled import Configuration
from tui.model.trouble import Cause, Trouble, TroubleError

if TYPE_CHECKING:
    from tui.cloud.source import Source

RACE = 0.05
"""Seconds: a file that was written so shortly before it was read may have been written again unnoticed."""


def kept() -> Kept | None:
    """Return what an earlier start read, if it still holds. Imports no SDK."""
    return ConfigCache().load()


def read(known: Kept | None = None, *, cache: bool = True, sdk: bool = True) -> tuple[Configuration, Recorder | None]:
    """Return the configuration, and what notes it for the next start; `known` is what `kept` gave.

    Without `sdk` there is nothing but the entries that are kept: no secret can be read. Raises TroubleError
    (CONFIG): nothing found, does not parse, makes no sense.
    """
    if not cache:
        return _sdk(), None
    config_cache = ConfigCache()
    known = known or config_cache.load()
    if known is not None:
        if not sdk:
            known = structs.replace(known, names=[name for name in known.names if name in known.entries])
        source = KeptConfiguration(known, _sdk if sdk else _nothing)
        return source, Recorder(config_cache, source, (), known)
    started = time.time()
    fresh = _sdk()
    stamps = stamps_of(fresh.candidates, fresh.profiles())
    written = max((max(each[1], each[2]) for each in stamps), default=0) / 1e9
    return fresh, Recorder(config_cache, fresh, stamps, None) if written < started - RACE else None


def _nothing() -> Source:
    raise TroubleError(Trouble(Cause.CONFIG, "Only what is kept is to be used"))


def _sdk() -> Source:
    from tui.cloud import lean

    lean.whole(lean.SIGN_IN)
    lean.prepare()
    from tui.cloud.start import read_source

    return read_source()
