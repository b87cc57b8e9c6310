"""Actions as declarations: what may be done to rows, when not and why, how it is sent and how its end is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from tui.cloud import Api
from tui.model.entry import Entry
from tui.model.place import Identity, Scope
from tui.model.status import Health

if TYPE_CHECKING:
    from tui.cloud import Connection

Values = Mapping[str, Any]
"""What a form yields, by field key, already parsed: str, int, bool, tuple of str, dict of str."""


class Tier(IntEnum):
    """How much is asked before it is sent (design §4)."""

    REVERSIBLE = 0
    """One row: nothing is asked."""
    DISRUPTIVE = 1
    """y or n; more than five rows: the count is typed."""
    DESTRUCTIVE = 2
    """A dialog with names, consequences and the count in the deed's own words."""


class Input(StrEnum):
    """What a field takes."""

    TEXT = "text"
    NUMBER = "number"
    BOOL = "bool"
    CHOICE = "choice"
    """One of its options; free text where these are forbidden or `free`."""
    CHOICES = "choices"
    """Several, in order."""
    PAIRS = "pairs"
    """key=value, comma-separated."""
    WORDS = "words"
    """Comma-separated."""
    SECRET = "secret"  # noqa: S105 - a kind of field, no password
    FILE = "file"
    """A path whose content counts; the value is the path, or the text itself once it was edited in place."""
    LINES = "lines"
    """Many lines: edited in place or in $EDITOR."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose: `value` is sent, `text` and `note` are shown (hostile text)."""

    value: str
    text: str
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Numbers that preflight and sorting need: vcpus, ram, disk, min_disk …"""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an action is about to happen: what options, checks and consequences may look at. Its calls block."""

    api: Api
    scope: Scope
    identity: Identity
    entries: Sequence[Entry]
    """The targets, fixed when the dialog opened; empty for creations."""
    all_of: Callable[[str], Sequence[Entry]]
    """Loaded rows of a kind («server») in this scope's place."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The entry's clouds.yaml settings (floating_ip_source …), without secrets."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form."""

    key: str
    label: str
    input: Input = Input.TEXT
    group: str = ""
    help: str = ""
    required: bool = False
    initial: Callable[[Desk], Any] | None = None
    """Default from the targets («like this one»); last time's values come before it where `remember`."""
    remember: bool = False
    options: Callable[[Desk], Sequence[Option]] | None = None
    """Asked in a worker; TroubleError FORBIDDEN makes it free text."""
    free: bool = False
    check: Callable[[Any, Values], str] | None = None
    """A sentence on what is wrong with a value, or «»; pure, while typing."""
    shown: Callable[[Values], bool] | None = None


class Verdict(StrEnum):
    """How a preflight line reads."""

    GOOD = "good"
    ATTENTION = "attention"
    BAD = "bad"


class Preflight(msgspec.Struct, frozen=True):
    """One thing found out before a form is sent. BAD ones block unless `soft`."""

    verdict: Verdict
    text: str
    more: str = ""
    gauge: tuple[str, float, float, float] | None = None
    """(what, used, after, limit); limit < 0 is unlimited."""
    field: str = ""


class Form(msgspec.Struct, frozen=True):
    """The fields of an action, and what is looked up about the values while they are typed."""

    fields: tuple[Field, ...]
    preflight: Callable[[Desk, Values], Sequence[Preflight]] | None = None
    """Blocking; in a worker, debounced, latest wins."""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Consequence:
    """One line of *What happens*: mark, number, sentence, evidence; looked up, never guessed."""

    health: Health
    number: int
    text: str
    evidence: str = ""
    raises: bool = False
    """It could not be looked up: the tier rises."""
    words: tuple[str, str] = field(default=("", ""), compare=False)
    """The sentence for one and for many, so that lines of several places can be counted together."""


class Choice(msgspec.Struct, frozen=True):
    """A further deed that a dialog offers, off at first: also delete the floating IPs."""

    key: str
    text: str


class Sent(msgspec.Struct, frozen=True):
    """What a call left behind. `secret` (label, text) is shown once and kept nowhere."""

    ident: str = ""
    """Id of what was made."""
    said: str = ""
    secret: tuple[str, str] | None = None


class End(StrEnum):
    """How an operation's end is known."""

    ANSWER = "answer"
    """With the answer itself."""
    INSTANCE_ACTION = "instance-action"
    """When the instance action of the call's request-id has finished or failed."""
    GONE = "gone"
    """When the resource answers 404 (or DELETED)."""
    STATE = "state"
    """When `Action.reached` says so of the re-read resource."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be done to rows of a kind (or `creates` one). Everything on the screen comes from it."""

    id: str
    """«server.stop»; with read-only and audit it is the name of the deed."""
    letter: str
    """In the menu `a`."""
    title: str
    group: str
    help: str = ""
    key: str = ""
    """A key of its own beside the letter (ctrl+d, f, b)."""
    tier: Tier = Tier.REVERSIBLE
    creates: bool = False
    many: bool = True
    """Whether it may be done to several marked rows at once."""
    admin: bool = False
    off: Callable[[Entry, Identity], str] = lambda entry, identity: ""
    """Why it cannot be done to this row, as a sentence without the mark («it is shelved: unshelve it first»)."""
    form: Form | None = None
    each: Callable[[Values], Sequence[Values]] | None = None
    """Splits a form's values into one set for each thing that is made, each an operation of its own."""
    prepare: Callable[[Connection, Values], Values] | None = None
    """Done once before anything is sent: imports what the form named, finds ids; returns the values to go on with."""
    run: Callable[[Connection, Entry | None, Values], Sent]
    """The SDK call. Blocking, in a worker. Raises what the SDK raises."""
    after: Callable[[Connection, str, Values], Sent] | None = None
    """A further call with the id of what was made, once the end is known to be good: a booted server's floating IP."""
    phases: Callable[[Api, str, Sequence[Any]], Sequence[Any]] | None = None
    """How far what was made has come (`boot_phases.Phase`), by its id and what the last call gave. Blocking."""
    finished: Callable[[Sequence[Any]], bool] | None = None
    """Whether the phases are over: they are asked for until then, also after the operation itself has ended."""
    trace: Callable[[Api, Values, float], str] | None = None
    """Id of what a creation made whose answer never came, «» when there is none; since epoch seconds of the cloud's
    clock. Without it the kind's list is searched by name."""
    command: Callable[[Entry | None, Values], str]
    """The same as an `openstack` command (shell-quoted, no secrets)."""
    python: Callable[[Values, str, str], str] | None = None
    """The same as a script with openstacksdk, from values, cloud and region; no secrets."""
    end: End = End.ANSWER
    deadline: float = 60.0
    """Seconds after which its outcome is «unknown»."""
    reached: Callable[[Mapping[str, Any]], bool] | None = None
    witness: Callable[[Api, Entry], Callable[[Sent], str]] | None = None
    """Called before it is sent; what it returns is called after a good end and says what contradicts it, «» if nothing.
    Blocking."""
    aim: str = ""
    """The status it leads to, shown beside the true one (ACTIVE → SHUTOFF)."""
    consequences: Callable[[Desk], Sequence[Consequence]] | None = None
    choices: tuple[Choice, ...] = ()
    verb: str = ""
    """In the deed's own words: «Delete» → «Delete 3 servers»."""
    done: str = ""
    """Past participle for reports: «deleted»."""
