"""Every registered key, sent as the bytes that a terminal sends, runs its command; and type-ahead never acts."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.harness import Term
from tests.waiting import wait_until
from tui.config.keymap import ANYWHERE, COMMANDS, KEY_NAMES, SIDE, TABLE
from tui.demo.process import DemoCloud

TABLE_KEYS = [(command.id, key) for command in COMMANDS if command.where & {TABLE, ANYWHERE} for key in command.keys]
SIDE_KEYS = [(command.id, key) for command in COMMANDS if command.where & {SIDE, ANYWHERE} for key in command.keys]

LEGACY = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "space": " ", "ctrl+@": "\x00",
    "ctrl+space": "\x00", "ctrl+backslash": "\x1c", "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C",
    "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F", "pageup": "\x1b[5~", "pagedown": "\x1b[6~",
    "shift+left": "\x1b[1;2D", "shift+right": "\x1b[1;2C",
}  # fmt: skip
KITTY = {
    "enter": "\x1b[13u", "escape": "\x1b[27u", "tab": "\x1b[9u", "shift+tab": "\x1b[9;2u", "space": "\x1b[32;;32u",
    "ctrl+@": "\x1b[32;5u", "ctrl+space": "\x1b[32;5u", "ctrl+backslash": "\x1b[92;5u",
}  # fmt: skip
SHIFTED = {":": ";", "?": "/", "*": "8"}
"""Characters that a US keyboard gives with shift, and the key under them."""


def legacy(key: str) -> str:
    """Return what an xterm sends for a key."""
    if key in LEGACY:
        return LEGACY[key]
    if key.startswith("ctrl+"):
        return chr(ord(key[-1]) - 96)
    return KEY_NAMES.get(key, key)


def kitty(key: str) -> str:
    """Return what a terminal with kitty's protocol sends, as Textual asks for it (all keys, with their text)."""
    if key in KITTY:
        return KITTY[key]
    if key in LEGACY:
        return LEGACY[key]
    if key.startswith("ctrl+"):
        return f"\x1b[{ord(key[-1])};5u"
    char = KEY_NAMES.get(key, key)
    base = SHIFTED.get(char, char.lower())
    shift = ";2" if base != char else ";"
    return f"\x1b[{ord(base)}{shift};{ord(char)}u"


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    """A demo cloud in which nothing changes by itself."""
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


class Session:
    """The dashboard, and the log of the commands that it ran."""

    def __init__(self, home: Path, demo: DemoCloud, *, with_kitty: bool = False) -> None:
        self.log = home / "commands.log"
        self.log.touch()
        env = {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file), "STACKDECK_TEST_LOG": str(self.log)}
        self.term = Term(home=home, env=env, kitty=with_kitty)
        self.escape = KITTY["escape"] if with_kitty else "\x1b"
        self.term.wait_for("api-gateway-01")
        if with_kitty:
            wait_until(lambda: self.term.kitty_flags, "the keyboard protocol asked for")

    def ran(self) -> list[str]:
        """Return the ids of all commands so far."""
        return self.log.read_text().splitlines()

    def home_again(self, hint: str = "enter open") -> None:
        """Close whatever is open."""

        def back() -> bool:
            self.term.wait_quiet(0.15)
            if hint in self.term.lines()[-1] and "─┐" not in self.term.text():
                return True
            self.term.send(self.escape)
            return False

        wait_until(back, f"the browse screen; it shows\n{self.term.text()}", 15.0, step=0.05)


@pytest.mark.parametrize("encoding", ["legacy", "kitty"])
def test_every_key_of_the_table_runs_its_command(tmp_path: Path, demo: DemoCloud, encoding: str) -> None:
    session = Session(tmp_path, demo, with_kitty=encoding == "kitty")
    failed = {}
    with session.term as term:
        for command, key in TABLE_KEYS:
            session.home_again()
            before = len(session.ran())
            term.send(kitty(key) if encoding == "kitty" else legacy(key))
            try:
                wait_until(lambda before=before: len(session.ran()) > before, key, 3.0)
            except AssertionError:
                failed[key] = (command, "nothing ran")
                continue
            if session.ran()[before] != command:
                failed[key] = (command, session.ran()[before])
            term.wait_quiet(0.25)  # what it opened is on the screen, or nothing was opened
    assert not failed


@pytest.mark.parametrize("encoding", ["legacy", "kitty"])
def test_every_key_of_the_side_pane_runs_its_command(tmp_path: Path, demo: DemoCloud, encoding: str) -> None:
    session = Session(tmp_path, demo, with_kitty=encoding == "kitty")
    send = kitty if encoding == "kitty" else legacy
    failed = {}
    with session.term as term:
        for command, key in SIDE_KEYS:
            session.home_again()
            if "Places" not in term.text():
                term.send(send("ctrl+e"))
            else:
                term.send(send("shift+tab"))
            term.wait_for("add to those shown")
            before = len(session.ran())
            term.send(send(key))
            try:
                wait_until(lambda before=before: len(session.ran()) > before, key, 3.0)
            except AssertionError:
                failed[key] = (command, "nothing ran")
                continue
            if session.ran()[before] != command:
                failed[key] = (command, session.ran()[before])
            term.wait_quiet(0.25)  # what it opened is on the screen, or nothing was opened
    assert not failed


@pytest.mark.parametrize("capital", ["N", "T", "A", "R"])
def test_capitals_of_columns_sort(tmp_path: Path, demo: DemoCloud, capital: str) -> None:
    session = Session(tmp_path, demo)
    with session.term as term:
        term.send(capital)
        wait_until(lambda: any(line.startswith("sort.column") for line in session.ran()), "a sort")


def test_text_behind_a_colon_or_slash_goes_into_the_field_whole(tmp_path: Path, demo: DemoCloud) -> None:
    """Hundreds of texts in one write each: the field has all of it, and no key of it ran a command."""
    session = Session(tmp_path, demo)
    random_ = random.Random(7)
    words = ["security", "stop web-01", "quit", "delete all", "servers", "status:ACTIVE", "dyuJcC0", "qqqqq", "xxsse"]
    with session.term as term:
        for number in range(50):
            word = random_.choice(words) + random_.choice(string.ascii_lowercase)
            opener = ":" if number % 2 else "/"
            before = len(session.ran())
            term.send(opener + word)
            term.wait_for(f" {opener} {word}")
            wanted = ["find.go" if opener == ":" else "find.filter"]
            assert session.ran()[before:] == wanted, f"{opener}{word}"
            term.send("\x1b")
            field = f" {opener} {word}"
            term.wait_for(lambda term, field=field: "enter open" in term.lines()[-1] and field not in term.text())
        session.home_again()


def test_text_typed_ahead_in_pieces_opens_the_field_before_its_rest_arrives(tmp_path: Path, demo: DemoCloud) -> None:
    session = Session(tmp_path, demo)
    with session.term as term:
        for word in ("security", "quit", "stop"):
            for piece in (":", word[:2], word[2:]):
                term.rush(piece)
            term.wait_for(f" : {word}")
            assert session.ran()[-1] == "find.go"
            term.send("\x1b")
            field = f" : {word}"
            term.wait_for(lambda term, field=field: "enter open" in term.lines()[-1] and field not in term.text())


def test_text_without_a_field_runs_nothing(tmp_path: Path, demo: DemoCloud) -> None:
    session = Session(tmp_path, demo)
    random_ = random.Random(11)
    letters = string.ascii_letters + string.digits + "  -_."
    with session.term as term:
        for _ in range(100):
            text = "".join(random_.choice(letters) for _ in range(random_.randint(9, 60)))
            if text[0] in ":/":
                continue
            term.send(text)
            term.wait_for(f"{len(text)} keys came at once")
            assert session.ran() == []
        for _ in range(100):
            term.paste("".join(random_.choice(letters + ":/\n\r") for _ in range(random_.randint(1, 200))))
        term.wait_for("Pasted text does nothing here")
        assert session.ran() == []


def test_a_burst_of_moves_moves(tmp_path: Path, demo: DemoCloud) -> None:
    session = Session(tmp_path, demo)
    with session.term as term:
        term.send("j" * 20)
        wait_until(lambda: session.ran().count("move.down") == 20, "twenty moves")
        term.send("\x1b[A" * 20)
        wait_until(lambda: session.ran().count("move.up") == 20, "twenty moves back")
