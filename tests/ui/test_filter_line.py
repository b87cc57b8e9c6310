"""The `/` line: every change is told at once, typed-ahead text is in it whole."""

from __future__ import annotations

from textual import on

from tests.ui.overlay_app import OverlayApp
from tests.waiting import wait_for
from tui.ui.filter_line import FilterLine


class FilterApp(OverlayApp):
    """Notes what the line says."""

    def __init__(self, line: FilterLine) -> None:
        super().__init__(line)
        self.said: list[str] = []

    @on(FilterLine.Changed)
    def _changed(self, message: FilterLine.Changed) -> None:
        self.said.append(message.text)

    @on(FilterLine.Submitted)
    def _submitted(self, message: FilterLine.Submitted) -> None:
        self.said.append(f"submitted {message.text}")

    @on(FilterLine.Kept)
    def _kept(self, message: FilterLine.Kept) -> None:
        self.said.append(f"kept {message.text}")

    @on(FilterLine.Cleared)
    def _cleared(self) -> None:
        self.said.append("cleared")


def complete(text: str, cursor: int) -> list[str]:
    return [f"{text}tatus:", f"{text}ubnet:"]


async def test_changes_are_told_and_enter_and_escape_end() -> None:
    line = FilterLine()
    app = FilterApp(line)
    async with app.run_test(size=(80, 24)) as pilot:
        line.focus()
        await pilot.press(*"we", "backspace", "enter", "ctrl+s", "escape")
        assert app.said == ["w", "we", "w", "submitted w", "kept w", "cleared"]
        assert line.text == ""


async def test_fed_text_is_one_change() -> None:
    line = FilterLine()
    app = FilterApp(line)
    async with app.run_test(size=(80, 24)):
        line.feed("status:error !catalog")
        await wait_for(lambda: app.said == ["status:error !catalog"], "one change")


async def test_tab_completes_and_history_recalls() -> None:
    line = FilterLine(complete, ["old", "new"])
    app = FilterApp(line)
    async with app.run_test(size=(80, 24)) as pilot:
        line.focus()
        await pilot.press("s", "tab")
        assert line.text == "status:"
        await pilot.press("tab")
        assert line.text == "subnet:"
        await pilot.press("tab")
        assert line.text == "status:"
        await pilot.press("up")
        assert line.text == "new"
        await pilot.press("up")
        assert line.text == "old"
        await pilot.press("down", "down")
        assert line.text == "status:"


async def test_it_shows_what_is_left_and_what_the_filter_means() -> None:
    line = FilterLine()
    app = FilterApp(line)
    async with app.run_test(size=(100, 24)) as pilot:
        line.focus()
        await pilot.press("w")
        line.tell(5, 1284, 3, "w in any column")
        await pilot.pause()
        first, second = app.picture()[:2]
        assert first.startswith(" / w")
        assert first.endswith("◆ 3 marked   5 of 1,284   esc clear")
        assert second == "   w in any column"
        line.tell(5, 1284, 0, "w", "no column is called [b]")
        await pilot.pause()
        assert app.picture()[1] == "   ▲ no column is called [b]"


async def test_a_long_filter_keeps_the_cursor_in_sight() -> None:
    line = FilterLine()
    app = FilterApp(line)
    async with app.run_test(size=(60, 15)) as pilot:
        line.focus()
        line.feed("x" * 100 + "END")
        await pilot.pause()
        assert app.picture()[0].endswith("END")


async def test_a_long_filter_leaves_the_counts_and_marks_where_they_are() -> None:
    line = FilterLine()
    async with FilterApp(line).run_test(size=(80, 24)) as pilot:
        line.load("region:fra1 status:active " + "|".join(f"frontend-{n:02}" for n in range(9)))
        line.tell(7, 1284, marked=7)
        await pilot.pause()
        told = line.render_line(0).text
        assert "◆ 7 marked   7 of 1,284" in told
        assert len(told) == 80
        line.styles.width = 40
        await wait_for(lambda: line.size.width == 40, "a narrow line")
        assert "marked" not in line.render_line(0).text
        assert line.render_line(0).text.rstrip().endswith("frontend-08")
