"""The first frame of the next start, drawn when this run ends (`tui.config.ahead` shows it)."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.config import ahead
from tui.config.cache import Stamp, stamp
from tui.config.keymap import TABLE
from tui.config.paths import config_dir, state_dir
from tui.resources.registry import kind_of
from tui.ui.ascii import ascii_of
from tui.ui.driver import TerminalDriver
from tui.ui.look import Look
from tui.ui.painter.painter import Painter
from tui.ui.painter.terminal import Terminal

if TYPE_CHECKING:
    from tui.ui.app import StackdeckApp

_LOG = logging.getLogger(__name__)


def draw_ahead(app: StackdeckApp) -> None:
    """Keep the frame with which the next start begins, from what is known now. The screen is of no use afterwards.

    Where the next start would look different (a pane is open, a place failed, rows of all projects), none is kept.
    """
    driver = app._driver
    if not isinstance(driver, TerminalDriver) or app.session.options.demo:
        return
    size = (app.size.width, app.size.height)
    try:
        kept = False
        if _begins_alike(app) and not driver.link.low:
            stamps = _stamps(app)
            frame = _frame(app, size)
            kept = ahead.keep(ascii_of(frame) if driver.draws_ascii else frame, size, stamps)
        if not kept:
            ahead.drop(size)
    except Exception:
        # A convenience for the next start must not spoil the end of this one.
        _LOG.exception("no frame was drawn ahead")
        ahead.drop(size)


def _begins_alike(app: StackdeckApp) -> bool:
    """Whether the next start with these options shows the same kind and lines."""
    browse, session = app.browse, app.session
    browsing, options = browse.browsing, session.options
    plain = not (browse.describing or browse.typing or browse.side_over)
    kept = session.clouds is not None and bool(session.clouds.stamps) and session.recalling.cache is not None
    kind = kind_of(options.view) if options.view else browsing.kind
    asked = (browsing.all_projects, browsing.look.filter, browsing.kind) == (options.all_projects, options.filter, kind)
    known = bool(browsing.rows) and all(state.complete or state.trouble for state in browsing.states())
    return plain and kept and asked and known and not options.restricted


def _frame(app: StackdeckApp, size: tuple[int, int]) -> str:
    browse = app.browse
    browsing, options = browse.browsing, app.session.options
    browsing.ahead = True
    app.session.become_memory()
    places = frozenset() if options.clouds or options.regions else browsing.look.places
    browsing.turn_to(Look(browsing.look.kind, places, options.filter))
    browsing.view.finish()
    browse.show_look(keep=False)
    browse.table.clear_marks()
    browse.focus_on(TABLE)
    browse.hush()
    browse.write_frame()
    # The line about failing places is gone: what stood under it takes its room, now and not with the next messages.
    browse._refresh_layout(app.size)
    browse.table.sync()
    browse.write_frame()
    for widget in browse.query(Widget):
        widget.refresh()
    strips: list[Iterable[Strip]] = [[strip] for strip in browse._compositor.render_strips()]
    painter = Painter(app.console, Terminal.of(os.environ))
    painter.take(LayoutUpdate(strips, Region(0, 0, *size)), *size)
    return painter.frame((0, 0), synchronized=False)


def _stamps(app: StackdeckApp) -> list[Stamp]:
    """Return the files on which the frame depends: those of the configuration, the settings, what is remembered."""
    clouds = app.session.clouds
    own = (config_dir() / "settings.toml", state_dir() / "view.json")
    return [*(clouds.stamps if clouds is not None else ()), *(stamp(str(path)) for path in own)]
