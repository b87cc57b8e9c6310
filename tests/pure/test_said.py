"""The server's own words out of whatever it sends; the guard's list; next pages and odd rows from any bytes."""

from __future__ import annotations

import datetime
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.cloud import guard, said
from tui.cloud.errors import safe_url, trouble_of
from tui.cloud.reply import Reply, read_page
from tui.model.read import Read
from tui.model.trouble import Cause, Trouble

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "name", "status", "message", "error", "NeutronError", "title", "servers", "next", "links"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


class Row(msgspec.Struct):
    """A row of these tests."""

    id: str = ""
    name: str = ""
    status: str = ""
    size: int = 0


@given(st.binary(max_size=400), st.sampled_from(["", "application/json", "text/html", "text/plain; charset=x"]))
def test_any_bytes_are_some_words(body: bytes, kind: str) -> None:
    assert len(said.words(body, kind)) <= said.MOST


@given(JSON)
def test_any_json_is_some_words(value: object) -> None:
    text = said.words(json.dumps(value).encode())
    assert isinstance(text, str)
    assert len(text) <= said.MOST


@given(st.text(min_size=1, max_size=100).filter(lambda text: text.strip() and "<" not in text))
def test_the_message_is_kept_verbatim(message: str) -> None:
    for shape in (
        {"badRequest": {"code": 400, "message": message}},
        {"error": {"message": message}},
        {"NeutronError": message},
    ):
        assert said.words(json.dumps(shape).encode()) == message.strip()


def test_a_deep_answer_is_no_trap() -> None:
    deep = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
    assert said.words(deep).startswith('{"a":')


def test_web_pages_are_read_without_scripts_and_tags() -> None:
    head = b"<HTML><head><title>502</title><style>b{}</style></head>"
    page = head + b"<body><!-- x --><h1>Bad [/b]</h1>&lt;gateway&gt;</body>"
    assert said.words(page) == "Bad [/b] <gateway>"
    assert said.words(b"<html><head><title>Only &amp; title</title></head></html>") == "Only & title"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("1.5", 1.5),
        (" 12 ", 12.0),
        ("999999999", 86_400.0),
        ("-3", 0.0),
        ("soon", 0.0),
        ("٣", 0.0),
        ("Fri, 20 Nov 2026 10:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0.0),
        ("Fri, 99 Nov 2026 09:00:00 GMT", 0.0),
        ("", 0.0),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value: str, seconds: float) -> None:
    now = datetime.datetime(2026, 11, 20, 10, 0, 0, tzinfo=datetime.UTC)
    assert said.retry_after({"retry-after": value}, now) == seconds


def test_retry_after_as_a_date_is_read_by_the_servers_clock() -> None:
    headers = {"retry-after": "Fri, 20 Nov 2020 10:00:30 GMT", "date": "Fri, 20 Nov 2020 10:00:00 GMT"}
    assert said.retry_after(headers) == 30.0


@given(st.text(max_size=60))
def test_any_retry_after_is_a_wait_of_at_most_a_day(value: str) -> None:
    assert 0.0 <= said.retry_after({"retry-after": value}) <= 86_400.0


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_list_is_rows_or_a_decoding_error(body: bytes) -> None:
    reply = Reply(200, body, {}, "http://x")
    try:
        page = read_page(reply, Read(service="compute", path="/servers", key="servers"), Row)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    assert all(isinstance(row.id, str) and row.id and isinstance(row.size, int) for row in page.rows)
    assert len(page.rows) <= page.count


@given(st.lists(JSON, max_size=6))
def test_no_item_of_a_list_is_lost_or_breaks_it(items: list[object]) -> None:
    body = json.dumps({"servers": items}).encode()
    page = read_page(Reply(200, body, {}, ""), Read(service="compute", path="/", key="servers"), Row)
    assert page.count == len(items)
    named = [item for item in items if isinstance(item, dict) and item.get("id") not in (None, "")]
    assert len(page.rows) == len(named)
    assert len(page.odd) >= len(items) - len(named)


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        ("GET", "/v2.1/servers", None, True),
        ("head", "/v1/AUTH_x/c", None, True),
        ("POST", "/v3/auth/tokens", b"{}", True),
        ("POST", "/identity/v3/auth/tokens/", "{}", True),
        ("POST", "/v2.1/servers/1/action", b'{"os-getConsoleOutput": {"length": 5}}', True),
        ("POST", "/v2.1/servers/1/action", b'{"reboot": {"type": "SOFT"}}', False),
        ("POST", "/v2.1/servers/1/action", b'{"os-getConsoleOutput": {}, "reboot": {}}', False),
        ("POST", "/v2.1/servers/1/action", b'["os-getConsoleOutput"]', False),
        ("POST", "/v2.1/servers/1/action", b"{}", False),
        ("POST", "/v2.1/servers/1/action", None, False),
        ("POST", "/v2.1/servers/1/action", b"\xff", False),
        ("POST", "/v2.1/os-keypairs", b"{}", False),
        ("DELETE", "/v3/auth/tokens", None, False),
        ("PUT", "/v2.1/servers/1", b"{}", False),
        ("PATCH", "/v2/images/1", b"[]", False),
        ("OPTIONS", "/", None, False),
        ("POST", "/v3/auth/tokens/../../servers", b"{}", False),
    ],
)
def test_what_read_only_lets_through(method: str, path: str, body: bytes | str | None, allowed: bool) -> None:
    assert guard.allows(method, path, body) is allowed


def test_addresses_are_shown_without_their_secrets() -> None:
    url = "GET https://u:p@host/v1?temp_url_sig=1&X-Token=abc&limit=5&signature=zz"
    assert safe_url(url) == "GET https://host/v1?temp_url_sig=1&X-Token=…&limit=5&signature=…"


@given(
    st.sampled_from([ValueError, OSError, KeyError, RuntimeError, UnicodeError, ConnectionResetError]),
    st.text(max_size=50),
)
def test_any_error_is_some_trouble(kind: type[Exception], text: str) -> None:
    found = trouble_of(kind(text), service="compute", asked="GET http://x/")
    assert isinstance(found, Trouble)
    assert found.title
    assert found.cause in Cause
    assert len(found.short) <= 12
