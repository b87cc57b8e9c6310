"""Reading the configuration at the start: one clear line for everything that can be wrong with it.

Imported late: it pulls in openstacksdk.
"""

from __future__ import annotations

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


def _empty(source: Source) -> Trouble:
    file = source.config_filename or "clouds.yaml"
    return Trouble(
        cause=Cause.CONFIG,
        title=f"{file} has no entry under clouds:",
        short="no clouds",
        source=file,
        hint="Add one, or try it without a cloud: stackdeck --demo",
    )
