"""The command line of `ssh`: nothing that comes from a cloud or a field becomes an option."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.live.ssh_command import Files, Login, checked, command, config_text, shown, with_keys
from tui.model.ssh import Hop

FILES = Files(Path("/s/a.known_hosts"), "a-b", Path("/s/a.config"))


def _options(arguments: list[str]) -> list[str]:
    return [arguments[at + 1] for at, word in enumerate(arguments) if word == "-o"]


def test_only_the_given_keys_count_and_nothing_is_forwarded() -> None:
    options = _options(command(Login("10.0.0.1", 2222, "ubuntu"), FILES))
    for wanted in (
        'UserKnownHostsFile="/s/a.known_hosts"', "GlobalKnownHostsFile=/dev/null", "StrictHostKeyChecking=yes",
        "HostKeyAlias=a-b", "ControlPath=none", "KnownHostsCommand=none", "ForwardAgent=no", "ForwardX11=no",
        "UpdateHostKeys=no", "ProxyJump=none", "ProxyCommand=none",
    ):  # fmt: skip
        assert wanted in options


def test_the_host_stands_behind_two_dashes() -> None:
    arguments = command(Login("fd00::1", 22, "me", "~/k", (Hop("a", 2222, "j"), Hop("fd00::2", 22))), FILES)
    assert arguments[-2:] == ["--", "fd00::1"]
    assert arguments[arguments.index("-J") + 1] == "j@a:2222,[fd00::2]:22"
    assert arguments[arguments.index("-i") + 1] == str(Path("~/k").expanduser())
    assert arguments[:3] == ["ssh", "-F", "/s/a.config"]
    assert shlex.split(shown(arguments)) == arguments


@given(host=st.text(), port=st.text(), user=st.text(), key=st.text(), chain=st.text())
def test_no_text_becomes_an_option(host: str, port: str, user: str, key: str, chain: str) -> None:
    try:
        login = checked(host, port, user, key, chain)
    except ValueError:
        return
    with contextlib.suppress(RuntimeError, ValueError):  # the home of nobody: `~who`
        arguments = command(login, FILES)
        assert arguments[-2:] == ["--", login.host]
        for part in (login.host, login.user, *(hop.host for hop in login.hops), *(hop.user for hop in login.hops)):
            assert not part.startswith("-")
            assert not set(part) & set(" \n\"'`;|&<>()")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (("", "22", "", "", ""), "no address"),
        (("-oProxyCommand=x", "22", "", "", ""), "no host"),
        (("a", "0", "", "", ""), "no port"),
        (("a", "22 -v", "", "", ""), "no port"),
        (("a", "٢٢", "", "", ""), "no port"),
        (("a", "22", "-lroot", "", ""), "no user"),
        (("a", "22", "", "", "b c"), "no host"),
    ],
)
def test_what_is_wrong_is_said(fields: tuple[str, str, str, str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        checked(*fields)


@pytest.mark.parametrize("alias", ["-x", "", "a b", "a\nb"])
def test_an_alias_is_checked_too(alias: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        command(Login("a"), Files(Path("/s/k"), alias))


def test_the_configuration_leads_to_the_users_own() -> None:
    login = Login("a", hops=(Hop("bastion", key="/k %h"), Hop("b")))
    text = config_text(login, Path("/home/me"), Path("/home/me/kh"))
    assert 'Host bastion\n  IdentityFile "/k %%h"\n  UserKnownHostsFile "/home/me/kh"\n' in text
    assert 'Include "/home/me/.ssh/config"' in text
    assert text.index("Host bastion") < text.index("Match all") < text.index("Include")
    with pytest.raises(ValueError, match="quotes"):
        config_text(Login("a", hops=(Hop("b", key='/k"'),)), Path("/h"))


def test_typed_jump_hosts_keep_the_keys_that_the_settings_name() -> None:
    said = (Hop("a", 22, "me", "/key"), Hop("b"))
    assert with_keys((Hop("a", 22, "me"), Hop("c")), said) == (Hop("a", 22, "me", "/key"), Hop("c"))
