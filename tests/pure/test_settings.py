"""Settings, paths and memory: every mistake named by file and line, every file private and whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.config.paths import cache_dir, config_dir, is_private, private_dir, state_dir, write_private
from tui.config.settings import CloudSettings, Settings, load_settings
from tui.config.state import HISTORY, Remembered, load_state, remember, save_state
from tui.model.trouble import Cause, Trouble, TroubleError

GOOD = """\
theme = "ansi"
ascii = "on"
mouse = false

[timeouts]
connect = 3
list = 90.5

[intervals]
visible = 10
idle_minutes = 0

[keymap]
refresh = "f5"

[filters]
broken = "status:ERROR"

[clouds.prod-eu]
protected = true
alias = "eu"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Directories of the test's own."""
    for name in ("CONFIG", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return tmp_path


def trouble(text: str, home: Path) -> Trouble:
    """What is said of settings with this text."""
    path = home / "settings.toml"
    path.write_text(text)
    with pytest.raises(TroubleError) as caught:
        load_settings(path)
    assert caught.value.trouble.cause is Cause.CONFIG
    return caught.value.trouble


def test_settings_are_read_from_their_place_and_have_defaults(home: Path) -> None:
    assert load_settings() == Settings()
    assert config_dir() == home / "config" / "stackdeck"
    config_dir().mkdir(parents=True)
    (config_dir() / "settings.toml").write_text(GOOD)
    found = load_settings()
    assert (found.theme, found.ascii, found.mouse) == ("ansi", "on", False)
    assert (found.timeouts.connect, found.timeouts.list, found.timeouts.other) == (3.0, 90.5, 30.0)
    assert (found.intervals.visible, found.intervals.moving, found.intervals.idle_minutes) == (10.0, 1.5, 0.0)
    assert (found.keymap, found.filters) == ({"refresh": "f5"}, {"broken": "status:ERROR"})
    assert found.cloud("prod-eu") == CloudSettings(protected=True, alias="eu")
    assert found.cloud("other") == CloudSettings()


@pytest.mark.parametrize(
    ("text", "line", "what", "hint"),
    [
        ("mouse = true\nthem = 'x'\n", 2, "there is no setting «them»", "Did you mean theme?"),
        (
            "[intervals]\nvisible = 5\n[timeouts]\nvisible = 5\n",
            4,
            "there is no setting «visible»",
            "Known here: connect, list, other.",
        ),
        (
            "[clouds.a]\nprotected = true\n[clouds.b]\nreadonly = true\n",
            4,
            "there is no setting «readonly»",
            "Did you mean read_only?",
        ),
        ("clouds = { a = { protect = true } }\n", 1, "there is no setting «protect»", "Did you mean protected?"),
        ("[timeouts]\nconnect = 'soon'\n", 2, "connect: expected a number, got a text in quotes", ""),
        ("[timeouts]\nconnect = 0\n", 2, "connect: expected a number >= 0.1", ""),
        (
            "mouse = true\ntheme = 'solarized'\n",
            2,
            "there is no theme «solarized»",
            "There are: stackdeck-dark, stackdeck-light, high-contrast, ansi, mono.",
        ),
        ("ascii = 'maybe'\n", 1, "ascii: invalid enum value 'maybe'", ""),
        ("mouse = \n", 1, "Invalid value (at line 1, column 9)", ""),
        ("[keymap]\nx = 7\n", 2, "x: expected a text in quotes, got a whole number", ""),
        ('keymap."a b" = 7\n', 1, "a b: expected a text in quotes, got a whole number", ""),
        ("filters = 7\n", 1, "filters: expected a table, got a whole number", ""),
    ],
)
def test_each_mistake_names_its_line_and_the_nearest_key(
    text: str, line: int, what: str, hint: str, home: Path
) -> None:
    found = trouble(text, home)
    assert found.title.startswith(f"{home / 'settings.toml'} line {line}: ")
    assert what in found.title
    assert found.hint == hint


def test_files_that_cannot_be_read(home: Path) -> None:
    with pytest.raises(TroubleError, match="There is no such file"):
        load_settings(home / "nowhere.toml")
    (home / "bytes.toml").write_bytes(b"theme = '\xff'")
    with pytest.raises(TroubleError, match="utf-8"):
        load_settings(home / "bytes.toml")


@given(text=st.text(max_size=200))
def test_any_text_is_settings_or_one_line_of_trouble(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / f"fuzz-{os.getpid()}.toml"
    path.write_text(text, "utf-8", errors="replace")
    assert _one_of_two(path)


@given(
    st.recursive(
        st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["theme", "clouds", "a", "timeouts", "connect", "keymap", "protected", "odd key", ""]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=8,
    )
)
def test_any_tree_is_settings_or_trouble(tmp_path_factory: pytest.TempPathFactory, tree: object) -> None:
    if not isinstance(tree, dict):
        return
    path = tmp_path_factory.getbasetemp() / f"tree-{os.getpid()}.toml"
    path.write_text(_toml(tree), "utf-8", errors="replace")
    assert _one_of_two(path)


def _one_of_two(path: Path) -> bool:
    try:
        return isinstance(load_settings(path), Settings)
    except TroubleError as error:
        return error.trouble.title.startswith(str(path))


def _toml(tree: dict[str, object]) -> str:
    return "\n".join(f"{_text(key)} = {_value(value)}" for key, value in tree.items())


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(key)} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return _text(value) if isinstance(value, str) else str(value).lower()


def _text(text: str) -> str:
    return msgspec.json.encode(text).decode()


def test_private_files_are_whole_and_closed_to_others(home: Path) -> None:
    path = home / "state" / "deep" / "file"
    old = os.umask(0)
    try:
        write_private(path, b"one")
        write_private(path, b"two")
    finally:
        os.umask(old)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["file"]
    assert is_private(path)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(home: Path) -> None:
    path = home / "kept" / "file"
    write_private(path, b"old")
    with pytest.raises(TypeError):
        write_private(path, "text")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert [file.name for file in path.parent.iterdir()] == ["file"]


def test_directories_are_narrowed_and_links_are_not_trusted(home: Path) -> None:
    wide = home / "wide"
    wide.mkdir(mode=0o755)
    assert stat.S_IMODE(private_dir(wide).stat().st_mode) == 0o700
    (home / "link").symlink_to(wide)
    assert not is_private(home / "link")
    assert not is_private(home / "nothing")
    for directory in (cache_dir(), state_dir()):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_what_is_remembered_comes_back(home: Path) -> None:
    assert load_state() == Remembered()
    state = Remembered(
        scopes=["k"], view="server", sort={"server": "-age"}, wide=True, commands=[str(n) for n in range(500)]
    )
    save_state(state)
    found = load_state()
    assert found.commands == [str(number) for number in range(500 - HISTORY, 500)]
    assert (found.scopes, found.view, found.sort, found.wide) == (["k"], "server", {"server": "-age"}, True)
    assert stat.S_IMODE((state_dir() / "view.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"wide": "yes"}', b"\xff\xfe", b'{"commands": [1]}'])
def test_a_broken_memory_is_an_empty_one(content: bytes, home: Path) -> None:
    (home / "view.json").write_bytes(content)
    assert load_state(home / "view.json") == Remembered()


def test_a_memory_that_cannot_be_written_is_no_error(home: Path) -> None:
    (home / "file").write_text("")
    save_state(Remembered(view="server"), home / "file" / "view.json")
    assert load_state(home / "file" / "view.json") == Remembered()


def test_history_names_each_text_once_newest_last() -> None:
    assert remember(["a", "b"], "a") == ["b", "a"]
    assert remember(["a"], "") == ["a"]
    assert len(remember([str(number) for number in range(HISTORY)], "new")) == HISTORY


def test_a_further_file_says_more_of_ssh_and_of_clouds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stackdeck").mkdir()
    own = '[ssh]\ntimeout = 3\nat_once = 7\n[clouds.a]\nprotected = true\n[clouds.b]\nssh_user = "me"\n'
    (tmp_path / "stackdeck" / "settings.toml").write_text(own)
    more = tmp_path / "more.toml"
    more.write_text('theme = "mono"\n[ssh]\nat_once = 9\nknown_hosts = "/x"\n[clouds.b]\nssh_port = 2222\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("STACKDECK_SSH", str(more))
    settings = load_settings()
    assert (settings.ssh.timeout, settings.ssh.at_once, settings.ssh.known_hosts) == (3, 9, "/x")
    assert (settings.cloud("a").protected, settings.cloud("b").ssh_port, settings.cloud("b").ssh_user) == (
        True,
        2222,
        "",
    )
    assert settings.theme == ""
    more.write_text("[ssh]\nat_onc = 9\n")
    with pytest.raises(TroubleError, match=r"more\.toml line 2"):
        load_settings()
