"""Type-ahead never acts, with actions present: no text that arrives at once changes anything, whatever is open."""

from __future__ import annotations

import json
import random
import string
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terminal.harness import Term
from tests.waiting import wait_until
from tui.demo.process import DemoCloud
from tui.resources.registry import KINDS

WORDS = (
    "aSy", "ay", "a\ry", "\x04y", "\x04\ry\r", "ar", "aR\ry", "aX6\ry", "b\x13", "Bweb\x13\x13", "security\ry",
    "stop web-01\ry", "delete all\ryyy", "aihello\x13y", "f\r\x13y", "yyyyyy", "a\x04y\r", ":operations\rR",
    " j j j j j\x04150\r", "*\x04150\r", "*aS150\ry",
)  # fmt: skip
"""What would do something if each key of it acted by itself."""


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


def counted(demo: DemoCloud) -> dict[str, Any]:
    """Return what the demo cloud counted."""
    with urllib.request.urlopen(f"{demo.url}/_demo/requests", timeout=60) as answer:  # noqa: S310 - loopback
        found: dict[str, Any] = json.loads(answer.read())
    return found


def texts(number: int, seed: int) -> Iterator[str]:
    """Yield texts: those that would act, and noise of all the letters that actions have."""
    chance = random.Random(seed)
    letters = string.ascii_letters + string.digits + " :/-_.,!\r\t\x04\x13\x02" + "yYaS" * 6
    for count in range(number):
        yield (
            WORDS[count]
            if count < len(WORDS)
            else "".join(chance.choice(letters) for _ in range(chance.randint(2, 80)))
        )


def back_to_table(term: Term) -> None:
    """Close whatever a text opened."""

    def there() -> bool:
        term.wait_quiet(0.1)
        if "enter open" in term.lines()[-1] and "─┐" not in term.text():
            return True
        term.send("\x1b")
        return False

    wait_until(there, f"the table; it shows\n{term.text()}", 40.0)


def opened(home: Path, demo: DemoCloud) -> Term:
    """Start the dashboard on the demo cloud."""
    term = Term(home=home, env={"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)})
    term.wait_for("api-gateway-01")
    return term


@pytest.mark.parametrize("kind", [kind.plural for kind in KINDS.values() if kind.actions])
def test_no_text_that_comes_at_once_changes_anything_in_a_table(tmp_path: Path, demo: DemoCloud, kind: str) -> None:
    with opened(tmp_path, demo) as term:
        term.send(f":{kind}\r")
        term.wait_for(lambda term: "enter open" in term.lines()[-1])
        for number, text in enumerate(texts(60, len(kind))):
            if number % 3 == 2:
                term.paste(text)
            else:
                term.send(text)
            term.wait_quiet(0.1)
            back_to_table(term)
        assert term.exit_code is None
    assert counted(demo)["mutations"] == []


@pytest.mark.parametrize(("keys", "shown"), [("a", "Actions for"), ("\x04", "What happens"), ("a|S", "Stop server")])
def test_no_text_that_comes_at_once_answers_an_open_dialog(
    tmp_path: Path, demo: DemoCloud, keys: str, shown: str
) -> None:
    with opened(tmp_path, demo) as term:
        for number, text in enumerate(texts(40, 5)):
            for key in keys.split("|"):
                term.send(key)
                term.wait_for("─┐")
                term.wait_quiet(0.4)  # the dialog's first 300 ms are over: only the burst itself is judged
            term.wait_for(shown)
            if number % 3 == 2:
                term.paste(text)
            else:
                term.send(text)
            term.wait_quiet(0.1)
            back_to_table(term)
        assert term.exit_code is None
    assert counted(demo)["mutations"] == []


def test_keys_before_a_dialog_is_on_the_screen_do_not_answer_it(tmp_path: Path, demo: DemoCloud) -> None:
    """Each in a write of its own, as fast as a laggy link delivers them."""
    with opened(tmp_path, demo) as term:
        sure = 0
        while sure < 20:
            before = counted(demo)["mutations"]
            gaps = [time.monotonic()]
            for key in ("a", "S", "y", "\r", "\x04", "y", "\r", "b", "\x13"):
                term.rush(key)
                gaps.append(time.monotonic())
            term.wait_read()
            gaps.append(time.monotonic())
            # Where a busy machine let a dialog stand for long enough, what came then was an answer.
            early = all(after - sent < 0.25 for sent, after in zip(gaps, gaps[2:], strict=False))
            sure += early
            term.wait_quiet(0.1)
            back_to_table(term)
            assert counted(demo)["mutations"] == before or not early
