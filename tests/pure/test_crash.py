"""The crash report says where, and nothing secret."""

from __future__ import annotations

import json
import subprocess
import sys
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.commands.crash import HIDDEN, report, scrubbed
from tui.model import secret as secrets
from tui.model.secret import remember

SECRET = "s3cr3t-Canary"


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"'adminPass': '{SECRET}'",
        f'{{"user_data": "{SECRET}"}}',
        f"https://ops:{SECRET}@keystone.example/v3",
        f"X-Auth-Token: {SECRET}",
        f"OS_PASSWORD={SECRET} next",
        f"application_credential_secret: {SECRET}",
        f"token gAAAAA{SECRET * 3}",
    ],
)
def test_secrets_are_hidden(text: str) -> None:
    hidden = scrubbed(text)
    assert SECRET not in hidden
    assert HIDDEN in hidden


def test_values_of_secret_variables_are_hidden_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_PASSWORD", SECRET)
    assert SECRET not in scrubbed(f"cannot sign in with {SECRET} at once")


def test_what_this_run_was_told_is_hidden_however_it_is_spelt(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = 'Cnry"/%+\\ä'
    monkeypatch.setattr(secrets, "_known", {})
    remember(secret, SECRET, f"{SECRET}-longer", "short", None, 7)
    for text in (secret, repr(secret), json.dumps(secret), quote(secret, safe="")):
        assert scrubbed(f"refused: {text} is wrong").replace('"', "").replace("'", "") == f"refused: {HIDDEN} is wrong"
    assert scrubbed(f"{SECRET}-longer") == HIDDEN
    assert scrubbed("a short word") == "a short word"


def test_a_secret_that_is_a_word_hides_no_other_from_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", {})
    remember("secret", "password", "Canary", "no \udcff letters")
    assert SECRET not in scrubbed(f"application_credential_secret: {SECRET}, password={SECRET}")
    assert "s3cr3t" not in scrubbed(f"application_credential_secret: {SECRET}, password={SECRET}")


def test_not_more_is_remembered_than_a_run_can_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", {})
    remember(*(f"secret-{number}" for number in range(3000)))
    assert len(secrets.remembered()) == 1000
    assert "secret-2999" in secrets.remembered()


def test_the_report_has_no_locals_and_no_whole_paths() -> None:
    password = SECRET
    try:
        raise RuntimeError(f"token={password} \x1b[31m went wrong")
    except RuntimeError as error:
        text = report(error)
    assert SECRET not in text
    assert "\x1b" not in text
    assert "test_crash.py" in text
    assert "Traceback" not in text
    assert "unexpected RuntimeError" in text


@given(st.text())
def test_scrubbing_takes_anything(text: str) -> None:
    assert isinstance(scrubbed(text), str)


OUT_OF_SIGHT = """
import asyncio, logging, sys, threading, warnings
from tui.commands.crash import guard
guard()
secret = sys.argv[1]
def fails():
    raise RuntimeError(f"thread password={secret}")
thread = threading.Thread(target=fails)
thread.start()
thread.join()
class Dies:
    def __del__(self):
        raise RuntimeError(f"destructor token={secret}")
Dies()
async def lost():
    raise RuntimeError(f"task password={secret}")
async def main():
    task = asyncio.ensure_future(lost())
    await asyncio.wait([task])
    del task
asyncio.run(main())
try:
    fails()
except RuntimeError:
    logging.getLogger("somebody").exception("X-Auth-Token: %s", secret)
"""


def test_what_python_prints_by_itself_has_no_secrets() -> None:
    """Threads, destructors, tasks that nobody awaits, logs without a handler: all are told, none with its secret."""
    command = [sys.executable, "-c", OUT_OF_SIGHT, SECRET]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=200)
    assert SECRET not in done.stderr + done.stdout
    for said in ("thread password=", "destructor token=", "task password=", "X-Auth-Token: "):
        assert f"{said}{HIDDEN}" in done.stderr
