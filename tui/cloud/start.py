"""Reading the configuration at the start: one clear line for everything that can be wrong with it.

Imported late: it pulls in openstacksdk.
"""

from __future__ import annotations

import difflib

from tui.cloud.source import Source, check_files, no_clouds, shape
from tui.cloud.transport import quieten
from tui.model.trouble import Cause, Trouble, TroubleError


def read_source() -> Source:
    """Read all files as the SDK does. Raises TroubleError (CONFIG): nothing found, does not parse, makes no sense."""
    quieten()
    try:
        source = Source()
    except Exception as error:
        raise TroubleError(shape(error)) from error
    check_files(source)
    if not source.names():
        raise TroubleError(no_clouds(source.files) if not source.config_filename else _empty(source))
    return source


def select(source: Source, only: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the names of the entries to show, and the environment variable that hides others, if one does.

    Raises TroubleError (CONFIG) for a name that no entry has.
    """
    names = source.names()
    if only == ("*",):
        return names, ""
    narrowed = ""
    preset = source._get_envvar("OS_CLOUD")
    if not only and preset:
        only, narrowed = (preset,), f"OS_CLOUD={preset}"
    for name in only:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
            listed = ", ".join(near or names[:8])
            raise TroubleError(
                Trouble(
                    cause=Cause.CONFIG,
                    title=f"There is no cloud called {name}" + (" (OS_CLOUD)" if narrowed else ""),
                    short="no cloud",
                    source=source.config_filename or "",
                    hint=f"{'Nearest' if near else 'There are'}: {listed}.",
                )
            )
    return tuple(name for name in names if not only or name in only), narrowed if len(names) > 1 else ""


def _empty(source: Source) -> Trouble:
    file = source.config_filename or "clouds.yaml"
    return Trouble(
        cause=Cause.CONFIG,
        title=f"{file} has no entry under clouds:",
        short="no clouds",
        source=file,
        hint="Add one, or try it without a cloud: stackdeck --demo",
    )
