"""How a cell looks, as one character of a string, and the shortest way from one look to the next.

A look is attributes, colours and link. A blank shows only its background, unless it is underlined or the like: its look
leaves all else open, so that the writer need not change what nobody sees, and may erase instead of writing.
"""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec
from msgspec import structs
from rich.color import Color, ColorSystem
from rich.console import Console
from rich.style import Style
from textual.strip import Strip

RESET = "\x1b[m"
_OFF = {1: 22, 2: 22, 3: 23, 4: 24, 7: 27, 9: 29}
"""SGR codes of attributes → the code that ends them (ECMA-48 8.3.117). With any other attribute (blink, conceal, double
underline, frames) a change goes through a reset: terminals disagree on what ends them and which of two wins."""
_SEEN_ON_BLANKS = frozenset({4, 7, 9, 21, 51, 52, 53})
"""Attributes that change how a blank looks."""
_CONTROLS = re.compile(r"[^\x21-\x7e]")
_MANY = 50_000


class Look(msgspec.Struct, frozen=True):
    """What a cell looks like, or what the terminal is set to. Colours are SGR codes, empty: the terminal's own."""

    attributes: frozenset[int] = frozenset()
    fg: str = ""
    bg: str = ""
    link: str = ""
    open: bool = False
    """Of a blank: only the background counts."""


PLAIN = Look()


class Looks:
    """The table of looks; each is named by one character, so that the looks of a row are a string."""

    plain = "\x01"
    """The look of a cell without any style."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._looks: list[Look] = []
        self._names: dict[Look, str] = {}
        self._styles: dict[Style | None, tuple[str, str]] = {}
        self._blanks: dict[str, str] = {}
        self._ways: dict[str, tuple[str, str]] = {}
        self._links: dict[str, int] = {}
        self._fewer = False
        self.open: set[str] = set()
        """Looks of blanks of which only the background counts."""
        self._name(PLAIN)
        self._styles[None] = (self.plain, self.blank(self.plain))

    def of(self, style: Style | None) -> tuple[str, str]:
        """Return the names of a style's look: of its characters, of its blanks."""
        names = self._styles.get(style)
        if names is None:
            if len(self._styles) >= _MANY:
                self._styles.clear()
            name = self._name(self._look(style) if style is not None else PLAIN)
            names = self._styles[style] = (name, self.blank(name))
        return names

    def blank(self, name: str) -> str:
        """Return the name of the look that a blank has in this one."""
        blank = self._blanks.get(name)
        if blank is None:
            look = self._get(name)
            if not look.open and not look.link and not look.attributes & _SEEN_ON_BLANKS:
                look = Look(bg=look.bg, open=True)
            blank = self._blanks[name] = self._name(look)
        return blank

    def way(self, now: str, wanted: str) -> tuple[str, str]:
        """Return the sequence that leads from the look set now to the wanted one, and the look set then."""
        known = self._ways.get(now + wanted)
        if known is None:
            if len(self._ways) >= _MANY:
                self._ways.clear()
            sequence, look = self._shortest(self._get(now), self._get(wanted))
            known = self._ways[now + wanted] = sequence, self._name(look)
        return known

    def lessen(self) -> None:
        """Name colours by the palette of 256 from here on: 8 bytes instead of up to 16. Names of looks stay."""
        self._fewer = True
        self._looks = [_lessened(look) for look in self._looks]
        self._names = {look: chr(number) for number, look in reversed(list(enumerate(self._looks, 1)))}
        self._ways.clear()

    @property
    def full(self) -> bool:
        """Whether the table should be started anew, after some ten thousand colours."""
        return len(self._looks) > _MANY

    def _get(self, name: str) -> Look:
        return self._looks[ord(name) - 1]

    def _name(self, look: Look) -> str:
        if self._fewer:
            look = _lessened(look)
        name = self._names.get(look)
        if name is None:
            self._looks.append(look)
            name = self._names[look] = chr(len(self._looks))
            if look.open:
                self.open.add(name)
        return name

    def _look(self, style: Style) -> Look:
        # As `Strip.render_style` does: a style keeps the codes of its first rendering.
        codes = style._ansi
        if codes is None:
            codes = Strip.render_ansi(style, self._console._color_system or ColorSystem.TRUECOLOR)
        return structs.replace(_parsed(codes), link=_address(style.link) if style.link else "")

    def _shortest(self, now: Look, wanted: Look) -> tuple[str, Look]:
        if wanted.open:
            kept = structs.replace(now, attributes=now.attributes - _SEEN_ON_BLANKS, bg=wanted.bg, link="", open=False)
            targets = [kept, Look(bg=wanted.bg)]
        else:
            targets = [wanted]
        ways = [(self._link(now, target) + _sgr(now, target), target) for target in targets]
        return min(ways, key=lambda way: len(way[0]))

    def _link(self, now: Look, wanted: Look) -> str:
        if now.link == wanted.link:
            return ""
        if not wanted.link:
            return "\x1b]8;;\x1b\\"
        # One id for one address: terminals then light up all its cells together, on several lines too.
        number = self._links.setdefault(wanted.link, len(self._links) + 1)
        return f"\x1b]8;id={number};{wanted.link}\x1b\\"


def _sgr(now: Look, wanted: Look) -> str:
    if (now.attributes, now.fg, now.bg) == (wanted.attributes, wanted.fg, wanted.bg):
        return ""
    colours = [code for code in (wanted.fg, wanted.bg) if code]
    anew = ["", *map(str, sorted(wanted.attributes)), *colours]
    reset = f"\x1b[{';'.join(anew)}m"
    ended = now.attributes - wanted.attributes
    begun = wanted.attributes - now.attributes
    if (ended or begun) and not now.attributes | wanted.attributes <= _OFF.keys():
        return reset
    offs = {_OFF[code] for code in ended}
    if 22 in offs:
        # It ends bold and dim both.
        begun |= wanted.attributes & {1, 2}
    codes = [*map(str, sorted(offs)), *map(str, sorted(begun))]
    if now.fg != wanted.fg:
        codes.append(wanted.fg or "39")
    if now.bg != wanted.bg:
        codes.append(wanted.bg or "49")
    changed = f"\x1b[{';'.join(codes)}m"
    return min(changed, reset, key=len)


def _parsed(codes: str) -> Look:
    """Read what Textual would send, e.g. `1;38;2;204;212;221;48;5;17`."""
    attributes: set[int] = set()
    fg = bg = ""
    parts = codes.split(";") if codes else []
    at = 0
    while at < len(parts):
        code = int(parts[at])
        length = 1
        if code in (38, 48):
            length = 5 if parts[at + 1] == "2" else 3
        text = ";".join(parts[at : at + length])
        if code == 38 or 30 <= code <= 37 or 90 <= code <= 97:
            fg = text
        elif code == 48 or 40 <= code <= 47 or 100 <= code <= 107:
            bg = text
        elif code not in (39, 49):
            attributes.add(code)
        at += length
    return Look(frozenset(attributes), fg, bg)


def _lessened(look: Look) -> Look:
    return structs.replace(look, fg=_of_256(look.fg), bg=_of_256(look.bg))


def _of_256(code: str) -> str:
    """Return the nearest colour of the palette: `38;2;204;212;221` → `38;5;188`."""
    kind, _, rest = code.partition(";2;")
    if not rest:
        return code
    red, green, blue = map(int, rest.split(";"))
    nearest = Color.from_rgb(red, green, blue).downgrade(ColorSystem.EIGHT_BIT)
    return f"{kind};5;{nearest.number}"


def _address(link: str) -> str:
    """Make an address safe for OSC 8, which ends at any control and wants the rest encoded (its specification says)."""
    return _CONTROLS.sub(lambda found: quote(found[0]), link)
