"""How often is asked: intervals, back-off and when to pause. Pure but for the random part of a back-off."""

from __future__ import annotations

import random

from tui.config.settings import Intervals
from tui.model.trouble import Cause, Trouble
from tui.resources.kind import Kind

COMPLETE = 25.0
"""Seconds between two looks at what lists do not tell (addresses, tags …): promised within 30."""
UNFOCUSED = 3.0
"""So many times that long it takes while the terminal has no focus."""
RECONCILE = 600.0
"""Seconds between two full lists of a kind that otherwise asks for changes only."""
LONG_PAUSE = 300.0
"""Seconds without an answer after which changes are not enough: a full list."""
PROBE = 4.0
"""Time-out in seconds of the small request that finds out whether a place that hung answers again."""
CHANGES = 20.0
"""Time-out in seconds of a request for changes, which takes milliseconds: a place that hangs is found out soon."""

_EARLY = 0.9
"""Polls come a little early, so that «within 5 s» holds with the answer's own time on top."""
HELD = 1.0
"""Seconds between two questions that the user asks by hand: a key may be held down."""
SHARE = 4.0
"""A poll that takes long is repeated after this many times its duration at the soonest, not to load the cloud."""
_SLOW_CAUSES = frozenset({Cause.FORBIDDEN, Cause.NOT_FOUND, Cause.NO_SERVICE, Cause.REFUSED})
_SLOW = 60.0
_FIRST = 1.0
_MOST_VISIBLE = {Cause.TIMEOUT: 3.0}
"""With a probe's time-out on top a place that hung is live again within 10 s of coming back."""
_MOST_VISIBLE_ELSE = 6.0
_MOST_HIDDEN = 60.0
_SPREAD = 0.5
"""Share of a wait that is left to chance: over half of 6 s, twenty places come 0.15 s after one another."""
_LATER, _MOST_LATER = 0.5, 10.0
"""Least and most seconds by which chance exceeds what a server asked for; it is never undercut."""


def interval(kind: Kind, intervals: Intervals, *, moving: bool, focused: bool, background: bool, took: float) -> float:
    """Return the seconds from the start of one poll to the start of the next."""
    moving = moving and kind.transitional > 0
    if background:
        wanted = intervals.background
    elif focused:
        wanted = max(intervals.moving, kind.transitional) if moving else intervals.visible
    else:
        wanted = intervals.unfocused_moving if moving else intervals.unfocused
    return max(wanted * _EARLY, took * SHARE)


def beside(wait: float, *, focused: bool) -> float:
    """Return the seconds until a chore beside the polls is due again, of which `wait` is the usual number."""
    return wait if focused else wait * UNFOCUSED


def back_off(trouble: Trouble, failures: int, *, background: bool, chance: random.Random) -> float | None:
    """Return the seconds until the next try after so many failures in a row; None: not by itself.

    What the server asks for (`Retry-After`) counts; else the time doubles. All of it is spread: places, and the
    dashboards of everybody else, that failed together do not come back together.
    """
    if not trouble.retries:
        return None
    if trouble.retry_after > 0:
        return trouble.retry_after + chance.uniform(0.0, min(max(_LATER, trouble.retry_after / 4), _MOST_LATER))
    if trouble.cause in _SLOW_CAUSES:
        return _SLOW
    most = _MOST_HIDDEN if background else _MOST_VISIBLE.get(trouble.cause, _MOST_VISIBLE_ELSE)
    if trouble.cause is Cause.SLOW_DOWN:
        most = _MOST_HIDDEN
    wanted = min(_FIRST * 2.0 ** min(failures - 1, 10), most)
    return wanted * chance.uniform(1.0 - _SPREAD, 1.0)
