"""What is decided about a terminal before Textual is imported, over the environments that are met in the field."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tui.commands.terminal import Facts, judge


def facts(environ: Mapping[str, str], **changes: object) -> Facts:
    known = {"stdin": True, "stdout": True, "stderr": True, "size": (120, 40), "encoding": "utf-8", "colours": 8}
    return Facts(environ=environ, **{**known, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("environ", "colours", "system"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, 256, "truecolor"),
        ({"TERM": "xterm-256color"}, 256, "256"),
        ({"TERM": "tmux-256color"}, -1, "256"),
        ({"TERM": "xterm-kitty"}, -1, "truecolor"),
        ({"TERM": "xterm"}, 8, "standard"),
        ({"TERM": "linux"}, 8, "standard"),
        ({"TERM": "never-heard-of"}, -1, "standard"),
        ({}, -1, "standard"),
    ],
)
def test_colours(environ: dict[str, str], colours: int, system: str) -> None:
    assert judge(facts(environ, colours=colours)).environ["TEXTUAL_COLOR_SYSTEM"] == system


def test_what_the_user_set_stays() -> None:
    environ = {"TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "256", "ESCDELAY": "50", "SSH_CONNECTION": "a b c d"}
    assert not judge(facts(environ)).environ
    assert "TEXTUAL_COLOR_SYSTEM" not in judge(facts({"TERM": "xterm-256color", "NO_COLOR": "1"})).environ


@pytest.mark.parametrize(
    ("environ", "encoding", "ascii_set"),
    [
        ({"LANG": "en_US.UTF-8"}, "utf-8", False),
        ({"LANG": "C.utf8"}, "utf-8", False),
        ({}, "utf-8", False),
        ({"LANG": "C"}, "utf-8", True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "POSIX"}, "utf-8", True),
        ({"LANG": "de_DE.ISO-8859-1"}, "iso8859-1", True),
        ({"LANG": "en_US.UTF-8"}, "latin-1", True),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, "utf-8", True),
    ],
)
def test_characters(environ: dict[str, str], encoding: str, ascii_set: bool) -> None:
    assert judge(facts({"TERM": "xterm", **environ}, encoding=encoding)).ascii is ascii_set


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"stdin": False}, "stdin"), ({"stdout": False}, "stdout"), ({"stderr": False}, "stderr"), ({}, "")],
)
def test_streams(changes: dict[str, bool], word: str) -> None:
    verdict = judge(facts({"TERM": "xterm"}, **changes))
    assert (word in verdict.problem) if word else not verdict.problem
    assert bool(verdict.hint) is bool(word)


def test_dumb_is_refused_and_a_small_one_is_not() -> None:
    assert "TERM=dumb" in judge(facts({"TERM": "dumb"})).problem
    small = judge(facts({"TERM": "xterm"}, size=(40, 10)))
    assert not small.problem
    assert any("60x15" in finding.why for finding in small.findings)


def test_what_would_log_every_key_is_not_heeded_and_said() -> None:
    found = judge(facts({"TERM": "xterm", "TEXTUAL_LOG": "/tmp/log"})).findings
    assert any("TEXTUAL_LOG" in finding.what and "passwords" in finding.why for finding in found)
    assert not any("TEXTUAL" in finding.what for finding in judge(facts({"TERM": "xterm", "NO_COLOR": "1"})).findings)


def test_ssh_waits_longer_for_split_keys() -> None:
    assert judge(facts({"TERM": "xterm", "SSH_CONNECTION": "a b c d"})).environ["ESCDELAY"] == "300"
