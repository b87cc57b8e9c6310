"""`:` understands kinds, places and commands, says what it does not understand, and never raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.config.keymap import COMMANDS
from tui.resources.registry import KINDS
from tui.ui.commanding import ALL, Go, Meaning, Problem, Run, Vocabulary, parse_command, suggestions

CLOUDS = {"prod-eu": ("fra1", "ams1"), "prod-us": ("iad1", "sjc2"), "lab": (), "mirror": ("fra1",)}
KIND_LIST = tuple(KINDS.values())
VOCABULARY = Vocabulary(
    kinds=KIND_LIST,
    clouds=CLOUDS,
    projects=("web", "media"),
    themes=("mono", "ansi"),
    filters={"broken": "status:ERROR"},
    rows={"server": 1284}.get,
)


def parse(text: str) -> Meaning:
    return parse_command(text, KIND_LIST, COMMANDS, CLOUDS)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("servers", Go("server")),
        (":servers", Go("server")),
        ("  SERVER  ", Go("server")),
        (
            "servers /web @prod-eu/fra1 !ACTIVE status:ERROR",
            Go("server", "web !ACTIVE status:ERROR", (("prod-eu", "fra1"),)),
        ),
        ('servers /"two words" x', Go("server", '"two words" x')),
        ("images @prod-eu @prod-us/iad1", Go("image", "", (("prod-eu", ""), ("prod-us", "iad1")))),
        ("images @prod-eu,lab", Go("image", "", (("prod-eu", ""), ("lab", "")))),
        ("@PROD-EU", Go("", "", (("prod-eu", ""),))),
        ("@fra1", Go("", "", (("prod-eu", "fra1"), ("mirror", "fra1")))),
        ("@lab/anything", Go("", "", (("lab", "anything"),))),
        ("@all", Go("", "", (ALL,))),
        ("/web", Go("", "web")),
        ("!ACTIVE", Go("", "!ACTIVE")),
        ("ram>8gb status:error", Go("", "ram>8gb status:error")),
        ("status:error", Go("", "status:error")),
        ("cloud prod-eu", Run("place.cloud", "prod-eu")),
        ("project  my web ", Run("place.project", "my web")),
        ("find 10.0.0.1", Run("find.everywhere", "10.0.0.1")),
        ("theme mono", Run("session.theme", "mono")),
        ("q", Run("session.quit")),
        ("q!", Run("session.quit", "", True)),
        ("quit!", Run("session.quit", "", True)),
        ("", Problem("Type a kind or a command")),
        ("serverz", Problem("Nothing here is called serverz", "server")),
        ("help!", Problem("Nothing here is called help!", "help")),
        ("servers @prod-au", Problem("No cloud or region is called prod-au", "prod-us")),
        ("servers @prod-eu/fra", Problem("Cloud prod-eu has no region fra", "fra1")),
    ],
)  # fmt: skip
def test_meaning(text: str, meaning: Meaning) -> None:
    assert parse(text) == meaning


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_every_command_has_its_word(command: object) -> None:
    word = command.word  # type: ignore[attr-defined]
    assert parse(word) == Run(command.id)  # type: ignore[attr-defined]
    assert parse(f"{word} some thing") == Run(command.id, "some thing")  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", KIND_LIST, ids=lambda kind: kind.id)
def test_every_kind_by_all_its_names(kind: object) -> None:
    for word in (kind.plural, *kind.aliases):  # type: ignore[attr-defined]
        assert parse(word) == Go(kind.id)  # type: ignore[attr-defined]


def test_places_are_believed_while_clouds_are_not_read() -> None:
    assert parse_command("servers @x/y", KIND_LIST, COMMANDS, {}) == Go("server", "", (("x", "y"),))


def test_hostile_words_are_inert_in_problems() -> None:
    problem = parse("\x1b[31m\u202e")
    assert isinstance(problem, Problem)
    assert problem.text == "Nothing here is called ␛[31m⟨U+202E⟩"


PIECES = st.one_of(
    st.sampled_from(["servers", "cloud", "@prod-eu", "@", "@/", "@prod-eu/", "/", "!", ":", '"', "q!", "status:", " "]),
    st.text(max_size=8),
)


@given(st.lists(PIECES, max_size=8).map("".join))
def test_nothing_raises(text: str) -> None:
    meaning = parse(text)
    assert isinstance(meaning, (Go, Run, Problem))
    for each in suggestions(text, VOCABULARY):
        assert 0 <= each.start <= len(text) + 1


def words(text: str) -> list[str]:
    return [text[: each.start] + each.word for each in suggestions(text, VOCABULARY)]


def test_completion() -> None:
    assert words("ser")[0] == "servers"
    assert words("servers @prod-")[:2] == ["servers @prod-eu", "servers @prod-us"]
    assert words("servers @prod-eu/") == ["servers @prod-eu/fra1", "servers @prod-eu/ams1"]
    assert words("cloud l") == ["cloud lab"]
    assert words("region ") == ["region fra1", "region ams1", "region iad1", "region sjc2"]
    assert words("project w") == ["project web"]
    assert words("theme ") == ["theme mono", "theme ansi"]
    assert words("filter b") == ["filter broken"]
    assert words("servers /we") == []


def test_an_exact_word_stands_first() -> None:
    assert words("q")[0] == "quit"
    assert words("sort")[0] == "sort"
    assert {"servers", "images"} <= set(words(""))


def test_rows_show_where_they_are_known() -> None:
    found = {each.word: each.rows for each in suggestions("", VOCABULARY)}
    assert found["servers"] == 1284
    assert found["images"] is None
