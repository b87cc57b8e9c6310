"""The only importer of Textual: app, screens, widgets, dialogs. `run` is the way in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.config.options import Options

if TYPE_CHECKING:
    from tui.live.prefetch import Prefetch


def run(options: Options, prefetch: Prefetch | None = None) -> int:
    """Open the dashboard and return its exit code once it is closed. The terminal is as before, whatever happened.

    `prefetch` brings what was fetched meanwhile.
    Raises TroubleError where there is nothing to show (no clouds.yaml, a mistake in the settings), and an unexpected
    error as it was, for the caller to report.
    """
    from tui.model.trouble import TroubleError
    from tui.ui import lean

    lean.prepare()
    from tui.ui.app import StackdeckApp

    app = StackdeckApp(options, prefetch)
    result = app.run(mouse=options.mouse and app.session.settings.mouse)
    if app._exception is not None:
        raise app._exception
    if app.session.trouble is not None:
        raise TroubleError(app.session.trouble)
    return result or 0
