"""What is secret, in any depth; what is not stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pure.overlay_rows import RAW, SECRETS
from tui.model.secret import HIDDEN, is_secret_key, without_secrets


def test_no_secret_of_a_resource_is_left() -> None:
    text = json.dumps(without_secrets(RAW))
    assert [each for each in SECRETS if each in text] == []
    hidden: Any = without_secrets(RAW)
    assert hidden["metadata"]["owner"] == "=cmd()"
    assert hidden["deep"][0] == {"key": "private_key", "value": HIDDEN}
    assert hidden["has_password"] is True
    assert hidden["token"] is None
    assert hidden["key_name"] == "mira-2026"


@pytest.mark.parametrize(
    "key",
    [
        "user_data", "OS-EXT-SRV-ATTR:user_data", "adminPass", "admin_pass", "db_password", "DB_PASSWD",
        "client-secret", "auth_token", "ssh_private_key", "api_key",
    ],
)  # fmt: skip
def test_secret_keys(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize("key", ["key_name", "name", "public_key", "fingerprint", "passthrough", "compass", None, 3])
def test_other_keys(key: object) -> None:
    assert not is_secret_key(key)


def test_a_kind_has_keys_of_its_own() -> None:
    assert without_secrets({"psk": "x"}, frozenset({"psk"})) == {"psk": HIDDEN}


def test_secrets_inside_a_text() -> None:
    fernet, jws = "gAAAAABmZkXn0123456789abcdef", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.x"
    for text in (
        fernet,
        jws,
        "-----BEGIN RSA PRIVATE KEY-----\nx",
        "https://a:b@c/",
        "password=x",
        "?temp_url_sig=abc",
    ):
        assert without_secrets(text) == HIDDEN
    for text in ("Invalid token: expired", "https://a.example:5000/v3", "password"):
        assert without_secrets(text) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)


@given(JSON)
def test_any_json_passes_and_hiding_is_idempotent(value: object) -> None:
    once = without_secrets(value)
    assert without_secrets(once) == once


@given(JSON)
def test_whatever_stands_under_a_secret_key_goes(value: object) -> None:
    hidden: Any = without_secrets({"outer": [{"password": value}]})
    left = hidden["outer"][0]["password"]
    assert left == HIDDEN or left is None or isinstance(left, bool) or left in ("", [], {})
