"""The doctor's checks: every step says what it found, and the first that fails ends those that stand on it."""

from __future__ import annotations

import datetime
from email.utils import format_datetime

import pytest

from tests.http.conftest import Loader
from tests.http.stage import Answer, Stage
from tui.cloud import Clouds
from tui.cloud.doctor import Check, check
from tui.demo.process import DemoCloud


def checks(clouds: Clouds) -> tuple[bool, dict[str, list[Check]]]:
    """The verdict and the steps by name."""
    found: dict[str, list[Check]] = {}
    verdict = check(clouds, clouds.scopes[0], lambda step: found.setdefault(step.name, []).append(step))
    return verdict, found


def test_a_healthy_place(demo: DemoCloud, load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(demo.clouds_file))
    verdict, found = checks(load())
    assert verdict is True
    assert list(found) == ["config", "DNS", "TCP", "TLS", "auth", "catalog", "versions", "latency", "clock"]
    assert [step.ok for step in found["latency"]] == [True, True, True]
    assert found["TLS"][0].ok is None
    assert found["versions"][0].text.startswith("Nova 2.1 to 2.")


def test_each_failing_step_says_so_and_ends_what_stands_on_it(stage: Stage, load: Loader) -> None:
    unknown = checks(load({"a": stage.entry(auth_auth_url="http://nowhere.invalid/v3")}))
    assert unknown[0] is False
    assert list(unknown[1]) == ["config", "DNS"]
    closed = checks(load({"a": stage.entry(auth_auth_url="http://127.0.0.1:1/v3")}))
    assert [list(closed[1])[-1], closed[1]["TCP"][0].ok] == ["TCP", False]
    wrong = checks(load({"a": stage.entry(auth_password="wrong")}))
    assert list(wrong[1])[-1] == "auth"
    assert wrong[1]["auth"][0].text.startswith("Keystone does not accept your password (The request you have made")
    del stage.services["image"]
    verdict, found = checks(load({"a": stage.entry()}))
    assert verdict is False
    assert [step.ok for step in found["catalog"]] == [True, False, True]
    assert [step.ok for step in found["latency"]] == [False, False]


@pytest.mark.parametrize(
    ("hours", "ok", "words"), [(0, True, "agree"), (2, None, "ahead of ours"), (-2, None, "behind ours")]
)
def test_clocks_are_compared(hours: int, ok: bool | None, words: str, stage: Stage, load: Loader) -> None:
    date = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=hours)
    headers = {"Date": format_datetime(date, usegmt=True)}
    stage.on("GET", "/compute/v2.1/flavors", Answer({"flavors": []}, headers=headers))
    _, found = checks(load({"a": stage.entry()}))
    assert (found["clock"][0].ok, words in found["clock"][0].text) == (ok, True)


def test_a_certificate_that_does_not_verify(load: Loader) -> None:
    with DemoCloud.start("--still", "--tls") as demo:
        text = demo.clouds_file.read_text()
        clouds = load("\n".join(line for line in text.splitlines() if "verify" not in line and "cacert" not in line))
        verdict, found = checks(clouds)
    assert verdict is False
    assert (found["TLS"][0].ok, "does not verify" in found["TLS"][0].text) == (False, True)
