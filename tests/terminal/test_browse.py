"""The installed command on a demo cloud, in a real terminal: what a user sees and what keys do."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.harness import Term
from tests.terminal.trials import at_once, rested
from tui.demo.process import DemoCloud


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    """A demo cloud in which nothing changes by itself."""
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


def opened(home: Path, demo: DemoCloud, *args: str, columns: int = 120, rows: int = 40, **more: object) -> Term:
    """Open the dashboard and wait for its table to be whole."""
    env = {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)}
    term = Term(*args, home=home, columns=columns, rows=rows, env=env, **more)  # type: ignore[arg-type]
    term.wait_for(whole)
    term.wait_quiet(0.3)  # the frame that says so may still be on its way
    return term


def whole(term: Term) -> bool:
    """Whether every place has answered."""
    text = term.text()
    return "live ≤" in text and "answered" not in text and "loading" not in text


def row_of(term: Term, name: str) -> str:
    """Return the line on which a name stands."""
    return next((line for line in term.lines() if name in line), "")


def cursor_row(term: Term) -> str:
    """Return the table's line under the cursor."""
    return next((line for line in term.lines() if "▌  " in line[27:40] or line.startswith("▌  ")), "")


def test_all_places_in_one_table(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        text = term.text()
        for word in ("all clouds › all regions", "Places", "prod-eu", "sjc2", "Servers", "NAME ▴", "STATUS", ": go"):
            assert word in text, word
        assert "ERROR" in text
        assert "api-gateway-01" in text
        assert term.titles[-1].startswith("stackdeck: all clouds")


@pytest.mark.parametrize(("columns", "rows"), [(60, 15), (80, 24), (200, 50)])
def test_every_size_shows_names_and_whole_states(tmp_path: Path, demo: DemoCloud, columns: int, rows: int) -> None:
    with opened(tmp_path, demo, columns=columns, rows=rows) as term:
        line = row_of(term, "api-gateway-01")
        assert "● ACTIVE" in line
        assert ("10.20.0." in line) is (columns >= 80)
        assert "? help" in term.lines()[-1]
        assert ("Places" in term.text()) is (columns >= 100)


def test_a_terminal_that_is_too_small_says_so_and_grows_again(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo, columns=80, rows=24) as term:
        term.resize(50, 10)
        term.wait_for("too small")
        term.resize(80, 24)
        term.wait_for("api-gateway-01")
        term.wait_for(lambda term: "too small" not in term.text())


def test_an_idle_screen_writes_nothing(tmp_path: Path, demo: DemoCloud) -> None:
    # This region has no server in transition: what moves steps its duration.
    with opened(tmp_path, demo, "--cloud", "prod-eu", "--region", "ams1") as term:
        # Longer than two polls of five seconds: answers came, nothing changed, nothing was written. What may step once
        # or twice before is the header's bound, where a busy machine answers late.
        term.wait_quiet(12.0, timeout=30)


def test_names_that_would_act_on_a_terminal_or_as_markup_are_inert(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        for name in ("[/x]", "[red]x[/]", "␛[31mred␛[0m"):
            assert name in term.text()
        assert "\x1b[31mred" not in term.output()
        term.send("/esc-")
        term.wait_for("1 of ")
        term.send("\r")
        term.send("d")
        term.wait_for("Identity")
        assert "␛[31mred" in term.text()
        assert "\x1b[31mred" not in term.output()


def test_filter_while_typing_and_clear_with_escape(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.send("/")
        term.send("status:error")
        term.wait_for("status is error")
        term.wait_for(lambda term: "api-gateway-01" not in term.text())
        term.send("\r")
        term.wait_for("enter open")
        term.send("\x1b")
        term.wait_for("api-gateway-01")


def test_another_kind_by_command_and_back(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.send(":flavors\r")
        term.wait_for("Flavors ")
        term.wait_for("c5.2xlarge")
        term.send("[")
        term.wait_for("api-gateway-01")
        term.send("]")
        term.wait_for("EXTRA SPECS")


def test_used_by_leads_to_servers_and_escape_back(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.send(":flavors /m5.large @prod-eu/fra1\r")
        term.wait_for("1 of ")
        term.wait_for("m5.large")
        term.send("u")
        term.wait_for("Servers that use flavor m5.large")
        term.wait_for("● ACTIVE")
        term.send("\x1b")
        term.wait_for("1 of ")


def test_jump_to_the_image_of_a_server(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.send("/api-gateway-01\r")
        term.wait_for("1 of ")
        term.send("J")
        term.wait_for("Jump to")
        rested(term)
        term.send("\r")
        term.wait_for("Images of server api-gateway-01")
        term.wait_for("ubuntu")


def test_a_region_alone_and_several_together(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.send(":region prod-eu/fra1\r")
        term.wait_for("prod-eu › fra1")
        assert "PLACE" not in term.text()
        term.send("\t")
        term.wait_for("space add to those shown")
        term.send("j")
        term.send(" ")
        term.wait_for("prod-eu › 2 regions")
        term.wait_for("PLACE")


def test_sort_by_a_capital_and_again_the_other_way(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.send("T")
        term.wait_for("STATUS ▴")
        term.wait_for(lambda term: "ERROR" in term.lines()[3])
        term.send("T")
        term.wait_for("STATUS ▾")


def test_only_unhealthy_and_all_again(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.send("\x1a")
        term.wait_for("only unhealthy")
        term.wait_for(lambda term: "api-gateway-01" not in term.text())
        term.send("\x1a")
        term.wait_for("api-gateway-01")


def test_the_side_pane_folds_and_comes_over_the_table(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo, columns=80, rows=24) as term:
        term.send("\x05")
        term.wait_for("Places")
        term.send("\x05")
        term.wait_for(lambda term: "Places" not in term.text())


def test_the_describe_pane_follows_the_cursor(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo, columns=160, rows=45) as term:
        term.send("/api-gateway\r")
        term.wait_for(lambda term: "enter open" in term.text() and "1 of " not in term.text() and " of " in term.text())
        term.send("d")
        term.wait_for("Identity")
        first = term.find("Identity")
        assert first is not None
        term.send("j")
        term.wait_for(lambda term: term.text().count("api-gateway-02") >= 2)
        term.send("d")
        term.wait_for(lambda term: "Identity" not in term.text())


def test_raw_shows_the_whole_resource(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.send("/api-gateway-01\r")
        term.wait_for("1 of ")
        term.send("y")
        term.wait_for("accessIPv4")
        term.send("/")
        term.send("^ *name: api\r")
        term.wait_for("name: api-gateway-01")
        term.send("q")
        term.wait_for("enter open")


def test_quit_asks_and_gives_the_terminal_back(tmp_path: Path, demo: DemoCloud) -> None:
    early = False
    while not early:
        with opened(tmp_path, demo) as term:
            early = at_once(term, "q", "y")  # what is typed before the dialog could be read does not answer it
            if early:
                term.wait_for("Quit stackdeck?")
                rested(term, 0.5)
                assert term.exit_code is None
                term.send("y")
                assert term.wait_exit() == 0
                for ending in ("\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l", "\x1b[23;0t"):
                    assert ending in term.output()


def test_the_last_view_is_there_at_the_next_start(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.send(":images @prod-eu\r")
        term.wait_for("Images ")
        term.send(":quit!\r")
        assert term.wait_exit() == 0
    with Term(home=tmp_path, env={"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)}) as term:
        term.wait_for("Images ")
        term.wait_for("prod-eu › all regions")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_cleanly(tmp_path: Path, demo: DemoCloud, number: int, code: int) -> None:
    with opened(tmp_path, demo) as term:
        term.process.send_signal(number)
        assert term.wait_exit() == code
        assert "Traceback" not in term.output()


def test_pasted_text_does_nothing_and_says_so(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.paste("qy:flavors\nd")
        term.wait_for("Pasted text does nothing here")
        assert "Servers" in term.text()
        term.send("/")
        term.paste("api-gateway\n-01")
        term.wait_for("/ api-gateway -01")


def test_a_project_is_switched_where_it_exists(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.send(b":project media\r")
        term.wait_for("lab has no project media")
        term.wait_for(
            lambda term: whole(term) and "batch-render-01" in term.text() and "api-gateway-01" not in term.text()
        )
        assert "sandbox" not in term.titles[-1]


def test_a_filter_is_kept_under_a_name_and_brought_back(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.send(b"/")
        term.wait_for("esc clear")
        term.send(b"gateway !shutoff")
        term.wait_for("no shutoff in any column")
        term.send(b"\x13")
        term.wait_for("Keep this filter")
        term.wait_quiet(0.4)
        term.send(b"gates\r")
        term.wait_for(":filter gates brings it back")
    with opened(tmp_path, demo) as term:
        term.send(b":filter gates\r")
        term.wait_for("gateway !shutoff")
        assert "api-gateway-01" in term.text()


def test_quitting_leaves_no_trace_on_the_terminal(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        term.send(b"q")
        term.wait_for("Quit stackdeck?")
        term.wait_quiet(0.4)
        term.send(b"y")
        assert term.wait_exit() == 0
        assert b"\x1b[?1049l" in term.raw[-400:]
