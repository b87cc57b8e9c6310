"""What a terminal can do beyond the plainest: chosen by its name, never asked of it (that would delay a frame)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

_ERASES = (
    "xterm",
    "tmux",
    "alacritty",
    "foot",
    "wezterm",
    "contour",
    "konsole",
    "vte",
    "gnome",
    "rxvt",
    "putty",
    "mintty",
    "iterm2",
    "linux",
)
"""Names whose terminfo entries promise `bce`: what is erased takes the background that is set."""

_REPEATS = ("xterm-kitty", "xterm-ghostty", "tmux", "alacritty", "foot", "wezterm", "contour", "mintty")
"""Names that only terminals with REP (ECMA-48 8.3.103) use. Not `xterm-256color`: all use it, and mosh has no REP."""

_NO_REGIONS = ("dumb", "unknown", "emacs", "eterm", "cons25", "sun")
"""Names of terminals whose scroll region is missing or not to be trusted."""


class Terminal(msgspec.Struct, frozen=True):
    """The means that the painter may use. The default is what every terminal since the VT102 has."""

    regions: bool = True
    """DECSTBM with IL and DL: whole lines move."""
    erase: bool = False
    """ECH and EL fill with the background that is set."""
    repeat: bool = False
    """REP writes the last character again."""
    synchronized: bool = True
    """Frames may be bracketed (mode 2026), where the terminal said that it knows how."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Terminal:
        """Return what the terminal of this environment is known to do."""
        term = environ.get("TERM", "").strip().lower()
        if not term or term.startswith(_NO_REGIONS):
            return cls(regions=False)
        # Inside tmux, TERM is often screen-256color: GNU screen's name, which erases with the default background.
        inside_tmux = bool(environ.get("TMUX"))
        return cls(erase=inside_tmux or term.startswith(_ERASES), repeat=inside_tmux or term.startswith(_REPEATS))
