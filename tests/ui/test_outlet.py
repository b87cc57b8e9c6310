"""The terminal as a file: what waits, what arrives, and what becomes of it when the terminal does not take it."""

from __future__ import annotations

import os
import threading

from tui.ui.outlet import Outlet


def test_it_is_busy_until_all_is_written_and_tells_when_it_is() -> None:
    reader, writer = os.pipe()
    told: list[bool] = []
    outlet = Outlet(writer, lambda: told.append(outlet.busy))
    outlet.expect()
    outlet.write("● one")
    assert outlet.busy
    outlet.flush()
    assert told == [False]
    assert os.read(reader, 100) == "● one".encode()


def test_a_terminal_made_non_blocking_by_another_program_gets_everything() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    outlet = Outlet(writer, lambda: None)
    text = "x" * 500_000
    outlet.expect()
    outlet.write(text)
    thread = threading.Thread(target=outlet.flush)
    thread.start()
    found = b""
    while len(found) < len(text):
        found += os.read(reader, 65536)
    thread.join(10)
    assert found == text.encode()
    assert not outlet.busy


def test_a_terminal_that_is_gone_holds_nothing_up() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    outlet = Outlet(writer, lambda: None)
    outlet.expect()
    outlet.write("into the void \ud800")
    outlet.flush()
    assert not outlet.busy


def test_what_came_after_the_end_of_a_writer_does_not_hold_the_next_one() -> None:
    _, writer = os.pipe()
    outlet = Outlet(writer, lambda: None)
    outlet.expect()
    outlet.restart()
    assert not outlet.busy
