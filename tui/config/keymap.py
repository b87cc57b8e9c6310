"""Every command of the dashboard with its keys: the one source of bindings, footer, help, `:` words and the README.

A command exists when its feature does. Keys are what terminals send, in Textual's names: capitals as `J` (never
`shift+j`), `ctrl+@` beside `ctrl+space`.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

import msgspec

from tui.config.fence import NO_WRITE, fenced
from tui.model.trouble import Cause, Trouble, TroubleError

TABLE = "table"
TEXT = "text"
SIDE = "side"
PANE = "pane"
LOG = "log"
ANYWHERE = "anywhere"


class Command(msgspec.Struct, frozen=True):
    """One thing the user can ask for. `id` is `area.verb`; the screen has one method per id (`area_verb`)."""

    id: str
    keys: tuple[str, ...]
    title: str
    """For help and palette: «describe beside the table»."""
    group: str
    """Heading in help: See, Find, Sort, Mark, Move, Session."""
    word: str
    """What `:` calls it."""
    short: str = ""
    """One or two words for the line of keys at the bottom; empty: not shown there."""
    where: frozenset[str] = frozenset({TABLE})
    """Views it works in; `anywhere` for all."""


def _command(id_: str, keys: str, title: str, group: str, word: str, short: str = "", where: str = TABLE) -> Command:
    return Command(id_, tuple(keys.split()), title, group, word, short, frozenset(where.split()))


_BROWSE = f"{TABLE} {SIDE}"
_MOVES = f"{TABLE} {SIDE} {TEXT} {PANE} {LOG}"
_READ = f"{TEXT} {LOG}"

COMMANDS: tuple[Command, ...] = (
    _command("see.open", "enter", "open", "See", "open", "open"),
    _command("see.describe", "d", "describe beside the table", "See", "describe", "describe"),
    _command("act.menu", "a", "all actions of the row or the marked rows", "Do", "actions", "actions"),
    _command("see.raw", "y", "raw YAML, JSON", "See", "raw", "yaml"),
    _command("see.used", "u", "used by", "See", "used", "used by"),
    _command("see.jump", "J", "jump to owner, image, flavor, networks", "See", "jump", "jump"),
    _command("see.wide", "ctrl+w", "more columns", "See", "wide"),
    _command("see.unhealthy", "ctrl+z", "only unhealthy rows", "See", "unhealthy", "unhealthy"),
    _command("see.log", "l", "console log of a server, of the marked ones side by side", "See", "log", "log"),
    _command("see.events", "", "what was done to a server, with events", "See", "events"),
    _command("ssh.shell", "s", "a shell in the server, by SSH", "Do", "ssh", "ssh"),
    _command("ssh.many", "S", "run one command on the row or the marked rows, by SSH", "Do", "run-command"),
    _command("ssh.keys", "K", "host keys of the server: seen, remembered, in known_hosts", "Do", "host-keys"),
    _command("text.wrap", "w", "wrap long lines", "See", "wrap", "wrap", _READ),
    _command("text.format", "J", "YAML or JSON", "See", "format", "yaml, json", TEXT),
    _command("text.reveal", "r", "reveal what is hidden (asks)", "See", "reveal", "reveal", TEXT),
    _command("see.left", "left", "columns to the left", "See", "left", "", f"{TABLE} {_READ}"),
    _command("see.right", "right", "columns to the right", "See", "right", "", f"{TABLE} {_READ}"),
    _command("find.filter", "slash", "filter", "Find", "filter", "filter"),
    _command("find.go", "colon", "go to a kind or command", "Find", "go", "go", ANYWHERE),
    _command("find.next", "n", "next match", "Find", "next", "next match", f"{_READ} {PANE}"),
    _command("find.previous", "N", "previous match", "Find", "previous", "", f"{_READ} {PANE}"),
    _command("find.text", "slash", "find in this text", "Find", "find-text", "find", f"{_READ} {PANE}"),
    _command("log.error", "e", "next error, else warning", "Find", "next-error", "next error", LOG),
    _command("log.error_back", "E", "previous error", "Find", "previous-error", "", LOG),
    _command("log.filter", "f ampersand", "only lines with a text, !without", "Find", "lines", "filter", LOG),
    _command("log.marked", "ctrl+z", "only errors and warnings", "Find", "only-errors", "", LOG),
    _command("log.follow", "s", "follow what is new, or stop", "Log", "follow", "follow", LOG),
    _command("log.times", "t", "when each line came", "Log", "times", "times", LOG),
    _command("log.phases", "p", "phases of the boot", "Log", "phases", "phases", LOG),
    _command("log.mark", "m", "draw a line below what has come", "Log", "draw-line", "", LOG),
    _command("log.size", "1 2 3 4 5 6 0", "read the last 100 to 10,000 lines", "Log", "tail", "", LOG),
    _command("find.everywhere", "", "find an IP, id or name in every place", "Find", "find", "", ANYWHERE),
    _command("find.back", "left_square_bracket", "back", "Find", "back", "", _BROWSE),
    _command("find.forward", "right_square_bracket", "forward", "Find", "forward", "", _BROWSE),
    _command("find.last", "minus", "last view", "Find", "last", "", _BROWSE),
    _command("find.all_projects", "0", "all projects", "Find", "all", "projects", _BROWSE),
    _command("sort.left", "shift+left", "choose the column to the left", "Sort", "sort-left"),
    _command("sort.right", "shift+right", "choose the column to the right", "Sort", "sort-right"),
    _command("sort.chosen", "O", "sort by the chosen column, again: reverse", "Sort", "sort"),
    _command("mark.row", "space", "mark", "Mark", "mark", "mark"),
    _command("mark.range", "ctrl+@ ctrl+space", "mark a range", "Mark", "mark-range"),
    _command("mark.clear", "ctrl+backslash", "clear marks", "Mark", "mark-clear"),
    _command("mark.all", "asterisk", "mark all shown", "Mark", "mark-all"),
    _command("act.delete", "ctrl+d", "delete (asks)", "Do", "delete", "delete"),
    _command("act.boot", "b", "boot, make one of this kind", "Do", "boot", "boot"),
    _command("act.like", "B", "make one like this one", "Do", "like"),
    _command("act.floating", "f", "floating IP", "Do", "attach-floating"),
    _command("copy.name", "c", "copy name", "Do", "copy", "copy"),
    _command("copy.pick", "C", "copy id, address, command …", "Do", "copy-pick"),
    _command("ops.board", "", "what runs and what was done", "Do", "operations", "", ANYWHERE),
    _command("ops.audit", "", "the audit log", "Do", "audit", "", ANYWHERE),
    _command("text.copy", "c", "copy the text", "Do", "copy-text", "copy", _READ),
    _command("save.table", "ctrl+s", "save the table (CSV, JSON, YAML)", "Do", "save", "", f"{TABLE} {_READ}"),
    _command("move.down", "j down", "down", "Move", "down", "", _MOVES),
    _command("move.up", "k up", "up", "Move", "up", "", _MOVES),
    _command("move.top", "g home", "to the top", "Move", "top", "", _MOVES),
    _command("move.bottom", "G end", "to the bottom", "Move", "bottom", "", _MOVES),
    _command("move.page_down", "ctrl+f pagedown", "page down", "Move", "page-down", "", _MOVES),
    _command("move.page_up", "ctrl+b pageup", "page up", "Move", "page-up", "", _MOVES),
    _command("pane.next", "tab", "next pane", "Session", "next-pane", "", _MOVES),
    _command("pane.previous", "shift+tab", "previous pane", "Session", "previous-pane", "", _MOVES),
    _command("pane.side", "ctrl+e", "show or hide the side pane", "Session", "side", "", _BROWSE),
    _command("place.cloud", "", "switch the cloud", "Session", "cloud", "", ANYWHERE),
    _command("place.region", "", "switch the region", "Session", "region", "", ANYWHERE),
    _command("place.project", "", "switch the project", "Session", "project", "", ANYWHERE),
    _command("session.refresh", "ctrl+r", "ask again now", "Session", "refresh", "", ANYWHERE),
    _command("session.why", "w", "why places fail, in their own words", "Session", "why", "", _BROWSE),
    _command("session.tunnels", "", "jump hosts: how each tunnel stands", "Session", "tunnels", "", ANYWHERE),
    _command("session.redraw", "ctrl+l", "draw the screen again", "Session", "redraw", "", ANYWHERE),
    _command("session.suspend", "", "suspend to the shell (job control)", "Session", "suspend", "", ANYWHERE),
    _command("session.theme", "", "choose a theme", "Session", "theme", "", ANYWHERE),
    _command("session.palette", "ctrl+p", "command palette", "Session", "palette", "", ANYWHERE),
    _command("session.help", "question_mark", "help", "Session", "help", "help", ANYWHERE),
    _command("session.back", "escape", "back, clear the filter, close", "Session", "close", "", ANYWHERE),
    _command("session.quit", "q ctrl+c", "close, at the top quit", "Session", "quit", "", ANYWHERE),
)
"""Every command, in the order in which help lists them."""

BY_ID = {command.id: command for command in COMMANDS}

RESTRICTED: Mapping[str, str] = {
    "save.table": NO_WRITE,
    "ssh.shell": "a restricted session has no shell to go to",
    "ssh.many": "a restricted session runs nothing on servers",
    "ssh.keys": "a restricted session sees nothing of the host keys of this machine",
    "session.suspend": "a restricted session has no shell to go to",
}
"""Commands that a restricted session does not have, and why."""


def why_off(id_: str) -> str:
    """Return why a command is off in this session, as a sentence; empty where it is not."""
    return RESTRICTED.get(id_, "") if fenced() else ""


KEY_NAMES = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "minus": "-",
    "asterisk": "*",
    "ampersand": "&",
    "ctrl+backslash": "ctrl+\\",
    "ctrl+@": "ctrl+space",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
}
"""How keys are written for people, where that differs from Textual's name."""


def shown(keys: tuple[str, ...]) -> str:
    """Return the keys of a command as people write them, each once: «ctrl+space»."""
    return " ".join(dict.fromkeys(KEY_NAMES.get(key, key) for key in keys))


def keymap(changes: Mapping[str, str], source: str = "") -> dict[str, tuple[str, ...]]:
    """Return the keys of every command, with the user's changes (`{"see.raw": "f4,y"}`) applied.

    Raises:
        TroubleError: a change names an unknown command, or two commands of one view would share a key.
    """
    keys = {command.id: command.keys for command in COMMANDS}
    for id_, wanted in changes.items():
        if id_ not in keys:
            near = get_close_matches(id_, keys, n=1)
            hint = f"Did you mean {near[0]}?" if near else "stackdeck's README lists the commands."
            raise TroubleError(Trouble(Cause.CONFIG, f"The keymap names no command: {id_}", source=source, hint=hint))
        keys[id_] = tuple(key.strip() for key in wanted.split(",") if key.strip())
    _check_clashes(keys, source)
    return keys


def _check_clashes(keys: Mapping[str, tuple[str, ...]], source: str) -> None:
    """Raise if two commands that work in the same view share a key."""
    taken: dict[tuple[str, str], str] = {}
    views = {TABLE, TEXT, SIDE, PANE, LOG}
    for id_, its_keys in keys.items():
        where = BY_ID[id_].where
        for view in views if ANYWHERE in where else where:
            for key in its_keys:
                other = taken.setdefault((view, key), id_)
                if other != id_:
                    raise TroubleError(
                        Trouble(
                            Cause.CONFIG,
                            f"The keymap gives {KEY_NAMES.get(key, key)} to both {other} and {id_}",
                            source=source,
                            hint="Give one of them another key.",
                        )
                    )
