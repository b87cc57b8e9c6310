"""The look at the terminal before Textual is imported: it reads its environment at import, and checks nothing.

Textual draws on stderr, reads stdin, sends the same sequences whatever TERM says, and takes an unknown TERM for one
with 16 million colours. So what it cannot know is decided here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import msgspec

LEAST_COLUMNS = 60
LEAST_ROWS = 15
"""The smallest terminal that the dashboard can be used in; below, the screen itself says so."""

_RICH_TERMS = frozenset({"xterm-kitty", "alacritty", "foot", "foot-extra", "wezterm", "xterm-ghostty", "contour"})
"""Terminals with 24-bit colour that ssh robs of their COLORTERM."""

NOT_HEEDED = ("NO_COLOR", "TEXTUAL", "TEXTUAL_LOG")
"""Variables that Textual must not see. The theme obeys NO_COLOR, where Textual's filter would paint black on black; the
others write every key and every paste, passwords too, to a file or to whoever listens (devtools)."""

_CONSOLES = ("linux", "vt", "cons25", "sun", "ansi")
"""Text consoles: 16 colours, and a font without `◐ ○`."""


class Facts(msgspec.Struct, frozen=True):
    """What can be seen of a terminal. `size` is columns and rows, zeros when there is none."""

    stdin: bool
    stdout: bool
    stderr: bool
    environ: Mapping[str, str]
    encoding: str = "utf-8"
    size: tuple[int, int] = (0, 0)
    colours: int = -1
    """What terminfo says of TERM; -1 when it does not know it."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was decided, and why; `stackdeck doctor` lists them."""

    name: str
    what: str
    why: str
    good: bool = True


class Verdict(msgspec.Struct, frozen=True):
    """How to run here. `problem` and `hint` say why the dashboard cannot; empty when it can."""

    problem: str = ""
    hint: str = ""
    ascii: bool = False
    remote: bool = False
    """At the other end of an SSH connection, where a link may be slow."""
    theme: str = ""
    """A theme that suits the terminal better than the default."""
    environ: Mapping[str, str] = {}
    """To be set before Textual is imported."""
    findings: tuple[Finding, ...] = ()


def facts() -> Facts:
    """Look at this process's terminal."""
    try:
        size = os.get_terminal_size(sys.__stderr__.fileno() if sys.__stderr__ else 2)
    except (OSError, ValueError):
        size = os.terminal_size((0, 0))
    return Facts(
        stdin=_is_tty(0),
        stdout=_is_tty(1),
        stderr=_is_tty(2),
        environ=_given(os.environ),
        encoding=getattr(sys.__stderr__, "encoding", "") or "utf-8",
        size=(size.columns, size.lines),
        colours=_colours(os.environ.get("TERM", "")),
    )


def _given(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment as the operator gave it: in the C locale Python itself sets LC_CTYPE (PEP 538)."""
    try:
        with open("/proc/self/environ", "rb") as file:
            coerced = "LC_CTYPE" in environ and not any(
                word.startswith(b"LC_CTYPE=") for word in file.read().split(b"\0")
            )
    except OSError:
        coerced = environ.get("LANG") in {"C", "POSIX"} and environ.get("LC_CTYPE") == "C.UTF-8"
    return {name: value for name, value in environ.items() if name != "LC_CTYPE"} if coerced else environ


def _is_tty(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _colours(term: str) -> int:
    """Ask terminfo how many colours a terminal has."""
    if not term:
        return -1
    try:
        import curses

        curses.setupterm(term, 1)
        return max(curses.tigetnum("colors"), 0)
    except (ImportError, OSError, ValueError):
        return -1
    except Exception as error:
        # curses.error is not importable where curses is not.
        if type(error).__name__ != "error":
            raise
        return -1


def judge(seen: Facts, *, low_bandwidth: bool = False, painter: str = "diff") -> Verdict:
    """Decide whether and how the dashboard runs in a terminal. Pure: `doctor` and tests call it with any facts.

    `low_bandwidth`: it was asked for.
    """
    problem, hint = _problem(seen)
    encoding = _encoding(seen)
    colour, changes = _colour(seen)
    remote = bool(seen.environ.get("SSH_CONNECTION"))
    if low_bandwidth and changes.get("TEXTUAL_COLOR_SYSTEM") == "truecolor":
        colour, changes = Finding("colours", "256", "low bandwidth"), {"TEXTUAL_COLOR_SYSTEM": "256"}
    if low_bandwidth and painter == "stock":
        # The painter paces itself, and lets the first frame after a pause go at once.
        changes |= {"TEXTUAL_FPS": "10"}
    findings = [
        Finding("terminal", _term(seen) or "TERM is not set", problem or "can be drawn on", not problem),
        _size(seen),
        encoding,
        colour,
    ]
    if remote:
        # 100 ms can part an escape sequence on a bad link: half of it would be a key of its own.
        changes |= {"ESCDELAY": "300"}
        findings.append(Finding("link", "ssh", "SSH_CONNECTION is set: waits 300 ms for the rest of a split key"))
    if told := [name for name in NOT_HEEDED[1:] if seen.environ.get(name)]:
        why = "it would hold what is typed and pasted, passwords too"
        findings.append(Finding("logs", f"{' and '.join(told)} not heeded", why))
    if seen.environ.get("TMUX"):
        findings.append(Finding("clipboard", "tmux", "copies arrive only with «set -g set-clipboard on» in tmux.conf"))
    wanted = {name: value for name, value in changes.items() if name not in seen.environ}
    theme = {"none": "mono", "16": "ansi"}.get(colour.what, "")
    return Verdict(problem, hint, not encoding.good, remote, theme, wanted, tuple(findings))


def _problem(seen: Facts) -> tuple[str, str]:
    if not seen.stdin:
        return (
            "stdin is not a terminal: the dashboard needs one for keys",
            "For pipes and scripts: stackdeck get server",
        )
    if not seen.stdout:
        return "stdout is not a terminal: the dashboard has no plain output", "For pipes: stackdeck get server -o json"
    if not seen.stderr:
        return "stderr is not a terminal: the dashboard is drawn there", "Run it without redirecting stderr (2>)"
    if _term(seen) == "dumb":
        return "TERM=dumb: this terminal cannot move its cursor", "Use stackdeck get server, or set TERM to what it is"
    return "", ""


def _term(seen: Facts) -> str:
    return seen.environ.get("TERM", "").strip()


def _size(seen: Facts) -> Finding:
    columns, rows = seen.size
    if not columns:
        return Finding("size", "unknown", "there is no terminal to ask", good=False)
    fits = columns >= LEAST_COLUMNS and rows >= LEAST_ROWS
    why = "large enough" if fits else f"at least {LEAST_COLUMNS}x{LEAST_ROWS} is needed"
    return Finding("size", f"{columns}x{rows}", why, fits)


def _encoding(seen: Facts) -> Finding:
    """Choose the set of marks and lines: by the operator's locale, since Python itself says UTF-8 in the C locale."""
    name = next((name for name in ("LC_ALL", "LC_CTYPE", "LANG") if seen.environ.get(name)), "")
    locale = seen.environ.get(name, "")
    if seen.encoding.lower().replace("-", "").replace("_", "") not in {"utf8", "cp65001"}:
        return Finding("characters", "ASCII", f"output is encoded as {seen.encoding}", good=False)
    if name and "utf8" not in locale.lower().replace("-", ""):
        return Finding("characters", "ASCII", f"{name}={locale} is not UTF-8", good=False)
    if _term(seen).startswith(_CONSOLES):
        return Finding("characters", "ASCII", f"the font of TERM={_term(seen)} lacks marks", good=False)
    return Finding(
        "characters", "UTF-8", f"{name}={locale}" if name else "no locale is set: UTF-8 is taken for granted"
    )


def _colour(seen: Facts) -> tuple[Finding, dict[str, str]]:
    """Choose the number of colours, as the value of TEXTUAL_COLOR_SYSTEM."""
    term = _term(seen)
    if seen.environ.get("NO_COLOR"):
        return Finding("colours", "none", "NO_COLOR is set"), {}
    if own := seen.environ.get("TEXTUAL_COLOR_SYSTEM"):
        return Finding("colours", own, "TEXTUAL_COLOR_SYSTEM is set"), {}
    if (said := seen.environ.get("COLORTERM", "").lower()) in {"truecolor", "24bit"}:
        return Finding("colours", "16 million", f"COLORTERM={said}"), {"TEXTUAL_COLOR_SYSTEM": "truecolor"}
    if term in _RICH_TERMS or term.endswith("-direct"):
        return Finding("colours", "16 million", f"TERM={term}"), {"TEXTUAL_COLOR_SYSTEM": "truecolor"}
    if seen.colours >= 256 or "256color" in term:
        return Finding("colours", "256", f"TERM={term}"), {"TEXTUAL_COLOR_SYSTEM": "256"}
    why = f"terminfo does not know TERM={term}" if seen.colours < 0 and term else f"TERM={term or 'is not set'}"
    return Finding("colours", "16", why), {"TEXTUAL_COLOR_SYSTEM": "standard"}
