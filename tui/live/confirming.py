"""What is asked before something is done, and in which words. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from tui.live.targets import counted, fixed, kind_of_action, kind_of_entry, name_of, noun
from tui.model.amount import count
from tui.model.entry import Entry
from tui.model.place import Identity
from tui.model.status import Health
from tui.model.text import inert
from tui.resources.action import Action, Consequence, End, Tier
from tui.resources.kind import Kind
from tui.resources.server_off import is_admin

MANY = 5
"""More rows than this of a disruptive or destructive action: the count is typed (design §4)."""

_GOES_ALONG = re.compile(r"(.+?) (?:go|goes) with ")
"""A consequence that adds to what the deed destroys: «volumes go with them»."""
_ALSO = "also delete "


class Group(msgspec.Struct, frozen=True):
    """Targets under one heading."""

    title: str
    """«prod-eu fra1, project web», «hidden by the filter: prod-eu fra1, project web»."""
    entries: tuple[Entry, ...]
    hidden: bool = False
    """Marked, and not shown by the filter."""


class Ask(msgspec.Struct, frozen=True):
    """A dialog before a deed. Targets are copies: what the table learns later does not change them."""

    action: Action
    tier: Tier
    """After raising."""
    asks: bool
    """False: nothing is asked, it may start at once."""
    ready: bool
    """False while the consequences are not looked up: nothing agrees until then."""
    title: str
    """«Delete 12 servers in prod-eu, a protected cloud»."""
    groups: tuple[Group, ...]
    able: tuple[Entry, ...]
    """Targets that it will be done to, in order."""
    unable: tuple[tuple[Entry, str], ...]
    """Targets that are left out, each with the reason."""
    consequences: tuple[Consequence, ...]
    """Worst first."""
    protected: bool
    typed: tuple[str, ...]
    """What may be typed to agree (count or name); empty: y or n."""
    prompt: str
    """«Type 11 to delete 11 servers»; «» where nothing is typed."""
    hint: str
    """«not 12: one is left out»; «»."""
    yes: str
    """«Delete 11 servers, 3 volumes»; «» when there is nothing it could be done to."""
    no: str
    """«Keep them»."""

    def agrees(self, text: str) -> bool:
        """Whether what was typed agrees. Where nothing is typed: as soon as it is ready."""
        wanted = {" ".join(each.split()) for each in self.typed}
        return self.ready and bool(self.yes) and (not wanted or " ".join(text.split()) in wanted)


def asks(
    action: Action,
    targets: Sequence[Entry],
    protected: bool | Callable[[Entry], bool],
    consequences: Sequence[Consequence] | None = None,
    *,
    identity: Identity | Callable[[Entry], Identity] | None = None,
    hidden: Collection[str] = (),
    chosen: Mapping[str, bool] | None = None,
    unlogged: str = "",
) -> Ask:
    """Return what is asked before `action` is done to `targets`; a creation has none.

    `consequences` None: not looked up (yet). `hidden` are keys of marked rows that the filter hides; `chosen` the
    further deeds that are on, by `Choice.key`; `unlogged` why the audit log cannot be written (it raises the tier).
    """
    rows = fixed(targets)
    who = identity if callable(identity) else lambda entry: identity or Identity()
    guarded = protected if callable(protected) else lambda entry: protected
    able, unable = _parted(action, rows, who)
    lines = _lines(consequences or (), unlogged)
    watched = [entry for entry in rows if guarded(entry)]
    is_protected = any(guarded(entry) for entry in able) if rows else protected is True
    locked = [entry for entry in able if getattr(entry.row, "locked", None) and is_admin(who(entry))]
    tier, typed = _raised(action, lines, number=len(able), guarded=is_protected or bool(locked))
    kind = kind_of_entry(rows[0]) if rows else kind_of_action(action.id)
    words = _words(action, kind, able)
    return Ask(
        action=action,
        tier=tier,
        asks=tier > Tier.REVERSIBLE or typed or len(rows) > 1,
        ready=action.consequences is None or consequences is not None,
        title=titled(action, rows, kind) + _where(rows, watched),
        groups=_groups(rows, frozenset(hidden)),
        able=able,
        unable=unable,
        consequences=lines,
        protected=is_protected,
        typed=_answers(able) if typed else (),
        prompt=f"Type {_answers(able)[0]} to {words[:1].lower()}{words[1:]}" if typed and words else "",
        hint=_hint(len(rows), len(unable)) if typed else "",
        yes=words and ", ".join((words, *_along(lines))) + _also(action, chosen or {}),
        no=_keeping(action, len(rows)),
    )


def titled(action: Action, targets: Sequence[Entry], kind: Kind | None = None, names: Sequence[str] = ()) -> str:
    """Return an operation in the deed's own words: «Stop 12 servers», «Stop server web-1», «Boot web-1».

    `names` are those of what is to be made.
    """
    verb = action.verb or action.title
    if targets:
        return _words(action, kind or kind_of_entry(targets[0]), targets)
    if not names:
        return action.title
    return f"{verb} {inert(names[0])}" if len(names) == 1 else f"{verb} {counted(kind, len(names))}"


def _words(action: Action, kind: Kind | None, entries: Sequence[Entry]) -> str:
    verb = action.verb or action.title
    if not entries:
        return action.title if action.creates else ""
    if len(entries) == 1:
        return f"{verb} {noun(kind, 1)} {inert(name_of(entries[0]))}"
    return f"{verb} {counted(kind, len(entries))}"


def _parted(
    action: Action, rows: Sequence[Entry], who: Callable[[Entry], Identity]
) -> tuple[tuple[Entry, ...], tuple[tuple[Entry, str], ...]]:
    """Those it can be done to, and the others with the reason."""
    if len(rows) > 1 and not action.many:
        return (), tuple((entry, "it is done to one at a time") for entry in rows)
    reasons = [(entry, action.off(entry, who(entry))) for entry in rows]
    return tuple(entry for entry, why in reasons if not why), tuple(pair for pair in reasons if pair[1])


def _lines(consequences: Iterable[Consequence], unlogged: str) -> tuple[Consequence, ...]:
    lines = list(consequences)
    if unlogged:
        text = "the audit log cannot be written: this will not be in it"
        lines.append(Consequence(Health.ATTENTION, 0, text, unlogged, raises=True))
    return tuple(sorted(lines, key=lambda line: line.health))


def _raised(action: Action, lines: Iterable[Consequence], *, number: int, guarded: bool) -> tuple[Tier, bool]:
    """The tier after raising, and whether something must be typed. What is on top already rises to typing."""
    tier = action.tier
    typed = guarded
    if any(line.raises for line in lines):
        typed = typed or tier is Tier.DESTRUCTIVE
        tier = Tier(min(tier + 1, Tier.DESTRUCTIVE))
    return tier, typed or (number > MANY and tier > Tier.REVERSIBLE)


def _answers(able: Sequence[Entry]) -> tuple[str, ...]:
    """What may be typed: the count, of one row its name; the start of its id too where the name cannot be typed."""
    if len(able) != 1:
        return (str(len(able) or 1),)
    name = name_of(able[0])
    plain = name.isascii() and name.isprintable() and bool(name.strip())
    return (name,) if plain else (able[0].id[:8], inert(name))


def _hint(all_: int, unable: int) -> str:
    if not unable:
        return ""
    return f"not {count(all_)}: {'one is' if unable == 1 else f'{count(unable)} are'} left out"


def _where(rows: Sequence[Entry], watched: Sequence[Entry]) -> str:
    """« in prod-eu, a protected cloud»; «» where none is."""
    clouds = list(dict.fromkeys(inert(entry.scope.cloud) for entry in watched))
    if not clouds:
        return ""
    named = clouds[0] if len(clouds) == 1 else f"{', '.join(clouds[:-1])} and {clouds[-1]}"
    what = "a protected cloud" if len(clouds) == 1 else "protected clouds"
    return f" in {named}, {what}" if len(watched) == len(rows) else f", {count(len(watched))} in {named}, {what}"


def _groups(rows: Sequence[Entry], hidden: frozenset[str]) -> tuple[Group, ...]:
    """By place and project; what the filter hides comes last."""
    found: dict[tuple[bool, str], list[Entry]] = {}
    for entry in rows:
        project = entry.label("project", kind_of_entry(entry).project_id(entry.row)) or entry.scope.project
        title = inert(entry.scope.label + (f", project {project}" if project else ""))
        unseen = entry.key in hidden
        found.setdefault((unseen, f"hidden by the filter: {title}" if unseen else title), []).append(entry)
    ordered = sorted(found.items(), key=lambda item: item[0][0])
    return tuple(Group(title, tuple(entries), unseen) for (unseen, title), entries in ordered)


def _along(lines: Iterable[Consequence]) -> list[str]:
    """What else is destroyed, for the answer's words: «3 volumes»."""
    found = ((line, _GOES_ALONG.match(line.text)) for line in lines if line.health is Health.BROKEN)
    return [f"{count(line.number)} {match[1]}" for line, match in found if match and line.number]


def _also(action: Action, chosen: Mapping[str, bool]) -> str:
    on = [choice.text.removeprefix(_ALSO) for choice in action.choices if chosen.get(choice.key)]
    return "".join(f" and {text}" for text in on)


def _keeping(action: Action, number: int) -> str:
    if action.end is End.GONE:
        return "Keep them" if number > 1 else "Keep it"
    if action.creates:
        return "Make nothing"
    return "Leave them as they are" if number > 1 else "Leave it as it is"
