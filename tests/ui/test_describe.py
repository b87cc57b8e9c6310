"""The describe pane: at once from the row, whole when the rest came, searched, and never a secret."""

from __future__ import annotations

from textual import on

from tests.pure.overlay_rows import RAW, SECRETS, server
from tests.ui.overlay_app import OverlayApp
from tui.model.amount import epoch
from tui.model.trouble import Cause, Trouble
from tui.resources.registry import KINDS
from tui.ui.describe import Describe

AT = epoch("2026-11-20T11:00:00Z")
KIND = KINDS["server"]


class PaneApp(OverlayApp):
    """Shows the pane alone, over the whole screen."""

    CSS = "Describe { width: 100%; height: 100%; }"
    closed = False

    @on(Describe.Closed)
    def _closed(self) -> None:
        self.closed = True


async def test_name_status_place_and_the_fault_first() -> None:
    pane = Describe()
    app = PaneApp(pane)
    async with app.run_test(size=(64, 40)) as pilot:
        pane.show(KIND, server(), AT)
        await pilot.pause()
        lines = app.picture()
        assert lines[0].startswith("[red]batch␛[31m-03")
        assert lines[0].endswith("✗ ERROR")
        assert lines[1].startswith("prod-eu ams1, project media")
        assert lines[3:5] == ["Fault", "✗ No valid host was found [/b]."]
        assert "  id          2c1a9f40-8be7-4f7d-9f51-6f20f1c3aa07" in lines


async def test_secrets_are_not_shown() -> None:
    pane = Describe()
    app = PaneApp(pane)
    async with app.run_test(size=(80, 60)) as pilot:
        pane.show(KIND, server(), AT)
        pane.fill(pane.key, RAW, {})
        await pilot.pause()
        text = "\n".join(app.picture())
        assert "db_password" in text
        assert [each for each in SECRETS if each in text] == []


async def test_an_answer_for_another_row_is_dropped() -> None:
    pane = Describe()
    app = PaneApp(pane)
    async with app.run_test(size=(64, 40)) as pilot:
        pane.show(KIND, server(id="a", name="first"), AT)
        first = pane.key
        pane.show(KIND, server(id="b", name="second"), AT)
        pane.fill(first, RAW, {})
        pane.fail(first, Trouble(Cause.TIMEOUT, "no answer"))
        await pilot.pause()
        lines = app.picture()
        assert lines[0].startswith("second")
        assert not any("no answer" in line for line in lines)
        pane.fail(pane.key, Trouble(Cause.TIMEOUT, "no answer"))
        await pilot.pause()
        assert any("▲ The rest did not come: no answer" in line for line in app.picture())


async def test_it_scrolls_finds_and_closes_by_keys() -> None:
    pane = Describe()
    app = PaneApp(pane)
    async with app.run_test(size=(60, 12)) as pilot:
        pane.show(KIND, server(), AT)
        pane.focus()
        await pilot.pause()
        top = app.picture()
        await pilot.press("G")
        assert app.picture() != top
        await pilot.press("g")
        assert app.picture() == top
        await pilot.press("slash", *"mira-2026", "enter")
        lines = app.picture()
        assert lines[-1].startswith("/ mira-2026")
        assert "1 of 1" in lines[-1]
        assert any("keypair     mira-2026" in line for line in lines)
        await pilot.press("n", "N", "escape")
        assert not app.closed
        await pilot.press("escape")
        await pilot.pause()
        assert app.closed


async def test_the_same_row_again_keeps_the_scroll() -> None:
    pane = Describe()
    app = PaneApp(pane)
    async with app.run_test(size=(60, 12)) as pilot:
        entry = server()
        pane.show(KIND, entry, AT)
        pane.focus()
        await pilot.press("j", "j", "j")
        scrolled = app.picture()
        pane.show(KIND, entry, AT)
        await pilot.pause()
        assert app.picture() == scrolled
