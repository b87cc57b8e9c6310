"""Forms on the screen, over a demo cloud: defaults, pickers, validation, preflight, refusals, secrets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.acting_app import Hands, at_home, changes, control, opened, text_of
from tui.demo.process import DemoCloud
from tui.live.audit import read_audit
from tui.resources.action import Verdict
from tui.ui.action_menu import ActionMenu
from tui.ui.confirm import ActionConfirm
from tui.ui.dialog import Confirm
from tui.ui.editor import Editor
from tui.ui.form import FormScreen
from tui.ui.form_pickers import OptionPicker
from tui.ui.request_view import RequestScreen
from tui.ui.screen import BrowseScreen
from tui.ui.secret_box import SecretBox


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: DemoCloud) -> None:
    at_home(tmp_path, monkeypatch, demo)
    control(demo, "faults", "DELETE")
    control(demo, "requests", "DELETE")


def painted(form: FormScreen) -> str:
    """Return what the form says."""
    return "\n".join("".join(span.text for span in line) for line, _ in form.pane._lines)


async def act(hands: Hands, letter: str) -> FormScreen:
    """Open the form of an action of the row."""
    await hands.press("a")
    await hands.top(ActionMenu)
    await hands.press(letter)
    return await hands.top(FormScreen)


async def go_to(hands: Hands, form: FormScreen, key: str) -> None:
    """Move to a field."""
    for _ in range(40):
        if form.at == key:
            return
        await hands.press("tab")
    raise AssertionError(f"no way to {key}")


async def choose(hands: Hands, form: FormScreen, key: str, text: str) -> None:
    """Choose an option by a part of its text."""
    await go_to(hands, form, key)
    slot = form.filling.slot(key)
    assert slot is not None
    await hands.until(lambda: not slot.loading, f"the options of {key}")
    await hands.press("enter")
    await hands.top(OptionPicker)
    await hands.type(text)
    await hands.press("enter")
    await hands.top(FormScreen)


async def test_a_refusal_leaves_the_form_as_it_was_typed(demo: DemoCloud) -> None:
    async with opened() as hands:
        row = hands.row(status="ACTIVE", region="fra1")
        hands.stand_on(row)
        form = await act(hands, "N")
        slot = form.filling.slot("name")
        assert slot is not None
        assert slot.edit.text == row.row.name  # type: ignore[attr-defined]
        await hands.press("ctrl+u")
        assert form.filling.problems() == {"name": "name is needed"}
        await hands.press("ctrl+s")
        assert "name is needed" in painted(form)
        assert changes(demo) == []
        await hands.type("renamed-01")
        control(demo, "faults", "POST", {"fault": f"conflict:/servers/{row.id}:once"})
        await hands.until(lambda: hands.app.screen is form, "the form")
        control(demo, "faults", "DELETE")
        control(demo, "faults", "POST", {"fault": f"error=400:/servers/{row.id}"})
        await hands.press("enter")
        await hands.until(lambda: not form.is_sending and form.said[1] == "bad", "the refusal")
        assert hands.app.screen is form
        assert slot.edit.text == "renamed-01"
        control(demo, "faults", "DELETE")
        await hands.press("ctrl+s")
        await hands.top(BrowseScreen)
        await hands.until(
            lambda: (
                hands.app.browse.browsing.fleet.entries(hands.app.browse.browsing.kind)[row.key].row.name  # type: ignore[attr-defined]
                == "renamed-01"
            ),
            "the new name",
        )


async def test_boot_by_keys_with_its_preflight(demo: DemoCloud) -> None:
    async with opened(size=(80, 24), clouds=("lab",)) as hands:
        await hands.press("b")
        form = await hands.top(FormScreen)
        await hands.type("fresh-{n:02}")
        await hands.press("tab", "end", "backspace", "2")
        await choose(hands, form, "image", "ubuntu")
        await choose(hands, form, "flavor", "at least 2 vcpu 8 gb")
        assert form.filling.values()["flavor"]
        flavor = form.filling.slot("flavor")
        assert flavor is not None
        assert "8 GB" in flavor.note()
        await choose(hands, form, "networks", "sandbox-net")
        await hands.until(lambda: not form.asking.is_looking, "the preflight")
        assert not any(line.verdict is Verdict.BAD for line in form.asking.found or ())
        assert "Before you boot" in painted(form)
        await hands.press("ctrl+y")
        request = await hands.top(RequestScreen)
        assert "openstack server create" in request.whole_text()
        assert "conn.compute.create_server(" in request.whole_text()
        await hands.press("escape")
        await hands.press("ctrl+s")
        await hands.top(BrowseScreen)
        operation = await hands.ended()
        assert [step.name for step in operation.steps] == ["fresh-01", "fresh-02"]
        await hands.until(
            lambda: {"fresh-01", "fresh-02"} <= {entry.row.name for entry in hands.app.browse.browsing.rows},  # type: ignore[attr-defined]
            "both servers in the table",
        )
        assert len([change for change in changes(demo) if change.startswith("POST")]) == 2


async def test_what_speaks_against_it_blocks_and_is_said(demo: DemoCloud) -> None:
    async with opened(clouds=("lab",)) as hands:
        await hands.press("b")
        form = await hands.top(FormScreen)
        await hands.type("huge")
        await choose(hands, form, "image", "ubuntu")
        await choose(hands, form, "flavor", "m1.huge")
        await hands.press("ctrl+s")
        await hands.until(lambda: not form.asking.is_looking, "the preflight")
        assert hands.app.screen is form
        assert "Cannot boot yet" in painted(form)
        assert "over quota" in painted(form)
        assert changes(demo) == []
        await hands.press("escape")
        await hands.top(Confirm)
        await hands.press("y")
        await hands.top(BrowseScreen)


async def test_last_times_values_are_offered_again_and_no_secret_is_kept(demo: DemoCloud) -> None:
    async with opened(clouds=("lab",)) as hands:
        await hands.press("b")
        form = await hands.top(FormScreen)
        await hands.type("again")
        await choose(hands, form, "image", "ubuntu")
        await choose(hands, form, "flavor", "m5.large")
        await choose(hands, form, "networks", "sandbox-net")
        await go_to(hands, form, "admin_password")
        await hands.type("hush-hush")
        assert "hush" not in painted(form)
        await hands.press("ctrl+s")
        await hands.top(BrowseScreen)
        await hands.ended()
        assert "hush" not in str(hands.app.session.memory.forms)
        assert "hush" not in str(read_audit())
        await hands.press("b")
        form = await hands.top(FormScreen)
        assert form.filling.values()["flavor"] == next(iter(hands.app.session.memory.forms.values()))["flavor"]
        assert form.filling.values()["name"] == ""


async def test_a_forbidden_list_becomes_free_text(demo: DemoCloud) -> None:
    async with opened(clouds=("lab",)) as hands:
        control(demo, "faults", "POST", {"fault": "forbidden:lab/muc1/compute/flavors"})
        await hands.press("b")
        form = await hands.top(FormScreen)
        flavor = form.filling.slot("flavor")
        assert flavor is not None
        await hands.until(lambda: flavor.trouble is not None, "the refusal")
        await go_to(hands, form, "flavor")
        assert "type a name or an id" in painted(form)
        await hands.type("m5.large")
        assert form.filling.values()["flavor"] == "m5.large"


async def test_a_disruptive_form_still_asks(demo: DemoCloud) -> None:
    async with opened() as hands:
        row = hands.row(status="ACTIVE", region="iad1")
        hands.stand_on(row)
        form = await act(hands, "w")
        await choose(hands, form, "flavor", "m5.xlarge")
        await hands.press("ctrl+s")
        dialog = await hands.top(ActionConfirm)
        assert "flavor m5.xlarge" in text_of(dialog)
        await hands.press("n")
        assert await hands.top(FormScreen) is form
        assert changes(demo) == []
        await hands.press("ctrl+s")
        await hands.top(ActionConfirm)
        await hands.press("y")
        await hands.until(lambda: isinstance(hands.app.screen, BrowseScreen), "the table")
        await hands.ended()
        await hands.until(lambda: hands.status(row) == "VERIFY_RESIZE", "VERIFY_RESIZE")


async def test_text_of_many_lines_is_edited_in_place(demo: DemoCloud) -> None:
    async with opened(clouds=("lab",)) as hands:
        await hands.press("b")
        form = await hands.top(FormScreen)
        await go_to(hands, form, "user_data")
        await hands.press("ctrl+e")
        editor = await hands.top(Editor)
        await hands.type("#cloud-config")
        await hands.press("enter")
        await hands.type("packages: [nginx]")
        await hands.press("ctrl+s")
        assert await hands.top(FormScreen) is form
        assert editor.area.text == "#cloud-config\npackages: [nginx]"
        assert form.filling.values()["user_data"] == editor.area.text
        assert "2 lines, edited here" in painted(form)


def _texts(folder: Path) -> list[str]:
    """Return the contents of all files below a folder."""
    return [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]


async def test_a_private_key_is_shown_once_and_written_nowhere(demo: DemoCloud, tmp_path: Path) -> None:
    async with opened(clouds=("lab",)) as hands:
        await hands.press("colon", *"keypairs", "enter")
        await hands.until(lambda: hands.app.browse.browsing.kind.id == "keypair", "keypairs")
        await hands.until(lambda: not hands.app.browse.browsing.loading(), "their list")
        await hands.press("b")
        form = await hands.top(FormScreen)
        await hands.type("fresh-key")
        if form.filling.slot("private") is not None:
            await choose(hands, form, "private", "show")
        await hands.press("ctrl+s")
        box = await hands.top(SecretBox)
        secret = text_of(box)
        assert "PRIVATE KEY" in secret
        await hands.press("enter", "x")
        assert hands.app.screen is box
        await hands.press("escape")
        await hands.top(BrowseScreen)
        operations = hands.app.session.operations
        assert operations is not None
        assert operations.reveal(operations.all()[0].id, operations.all()[0].steps[0].key) is None
    written = _texts(tmp_path)
    assert written
    assert not any("PRIVATE KEY" in text for text in written)
