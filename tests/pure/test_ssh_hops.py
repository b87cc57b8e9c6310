"""Jump hosts as settings say them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.config.settings import load_settings
from tui.model.ssh import Hop, Said, hops
from tui.model.trouble import TroubleError


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("", ()),
        ("bastion", (Hop("bastion"),)),
        ("me@a:2222, b", (Hop("a", 2222, "me"), Hop("b"))),
        ("fd00::1", (Hop("fd00::1"),)),
        ("me@[fd00::1]:2222", (Hop("fd00::1", 2222, "me"),)),
        ("first.last@corp@a", (Hop("a", 0, "first.last@corp"),)),
        ({"host": "a", "user": "me", "port": 22, "key": "~/.ssh/id"}, (Hop("a", 22, "me", "~/.ssh/id"),)),
        (["a", {"host": "b"}], (Hop("a"), Hop("b"))),
    ],
)
def test_hops_are_read(said: Said | list[Said], read: tuple[Hop, ...]) -> None:
    assert hops(said) == read


@pytest.mark.parametrize(
    "said", ["-oProxyCommand=x", "a:0", "a:99999", "a b", "@a", "-l@a", {"hots": "a"}, {"port": 22}]
)
def test_what_is_no_hop_is_refused(said: Said) -> None:
    with pytest.raises(ValueError, match="«"):
        hops(said)


@given(st.text())
def test_nothing_becomes_an_option_of_ssh(text: str) -> None:
    try:
        read = hops(text)
    except ValueError:
        return
    assert not any(part.startswith("-") for hop in read for part in (hop.host, hop.user, hop.label))


def test_a_region_says_it_or_its_cloud_does(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(
        '[clouds.a]\nssh_tunnel = "one"\nssh_user = "me"\n[clouds.a.regions.r2]\nssh_tunnel = ["two", "three"]\n'
    )
    settings = load_settings(file)
    assert settings.region("a", "r1").ssh_tunnel == "one"
    assert settings.region("a", "r2").ssh_tunnel == ["two", "three"]
    assert settings.region("a", "r2").ssh_user == "me"


def test_a_hop_that_is_none_is_named_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[clouds.a]\n[clouds.a.regions.r2]\nssh_tunnel = "a:0"\n')
    with pytest.raises(TroubleError) as caught:
        load_settings(file)
    assert "line 3: ssh_tunnel" in caught.value.trouble.title
