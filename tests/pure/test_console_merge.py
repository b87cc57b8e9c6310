"""Answers joined by their overlap: nothing twice, nothing lost unless a gap says so, and a new log is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.live.console_merge import Joint, Merged, Tail, overlaps


def tail_of(log: str, length: int) -> str:
    """Return the end of a log as Nova cuts it (`_tail_log` in nova/compute/manager.py)."""
    return "\n".join(log.split("\n")[-length:])


class Reader:
    """Polls a log and keeps what is shown of it."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.tail = Tail()
        self.lines: list[str] = []
        self.partial = ""
        self.joints: list[Joint] = []

    def poll(self, log: str, cut: int | None = None) -> Merged:
        output = tail_of(log, self.length)
        output = output[-cut:] if cut else output
        merged = self.tail.take(output, self.length)
        if merged.joint is not Joint.WHOLE:
            self.lines.append(f"<{merged.joint.value}>")
        self.lines += merged.lines
        self.partial = merged.partial
        self.joints.append(merged.joint)
        return merged


def test_only_what_is_new_is_added() -> None:
    reader = Reader(5)
    assert reader.poll("a\nb\nc\n").lines == ("a", "b", "c")
    assert reader.poll("a\nb\nc\n").lines == ()
    assert reader.poll("a\nb\nc\nd\nlog").lines == ("d",)
    assert reader.partial == "log"
    assert reader.poll("a\nb\nc\nd\nlogin: \n").lines == ("login: ",)
    assert reader.partial == ""
    assert set(reader.joints) == {Joint.WHOLE}


def test_more_lines_than_were_asked_for_leave_a_gap() -> None:
    log = "".join(f"{n}\n" for n in range(10))
    reader = Reader(6)
    reader.poll(log)
    more = log + "".join(f"{n}\n" for n in range(10, 30))
    assert reader.tail.take(tail_of(more, 6), 6, keep_gap=False) == Merged((), "", Joint.GAP)
    # Asked for more lines, the gap closes: that it is there is known only then.
    closed = reader.tail.take(tail_of(more, 30), 30)
    assert (closed.joint, closed.lines) == (Joint.WHOLE, tuple(str(n) for n in range(10, 30)))
    reader.lines += closed.lines
    reader.poll(more + "".join(f"{n}\n" for n in range(30, 60)))
    assert reader.joints[-1] is Joint.GAP
    assert reader.lines[-6:] == ["<gap>", "55", "56", "57", "58", "59"]


def test_a_chance_blank_line_closes_no_gap() -> None:
    reader = Reader(6)
    reader.poll("\n".join([*map(str, range(10)), "", ""]))
    merged = reader.poll("\n".join([*map(str, range(100)), "", "x", "y", "z", "u", ""]))
    assert merged.joint is Joint.GAP


def test_a_log_that_began_anew_is_told() -> None:
    reader = Reader(100)
    reader.poll("boot\nlogin\n")
    assert reader.poll("").lines == ()
    merged = reader.poll("boot\nagain\n")
    assert (merged.joint, merged.lines) == (Joint.RESET, ("boot", "again"))
    # Even where its beginning is that of the old one, or one line alone.
    assert reader.poll("boot\n").joint is Joint.RESET


def test_lines_that_are_all_the_same_are_not_repeated() -> None:
    reader = Reader(50)
    log = "tick\n" * 200
    reader.poll(log)
    for _ in range(3):
        assert reader.poll(log).lines == ()
    assert reader.poll(log + "tock\n").lines == ("tock",)


def test_a_log_cut_by_bytes_begins_within_a_line() -> None:
    log = "".join(f"line number {n}\n" for n in range(20_000))
    reader = Reader(10_000)
    reader.poll(log, 100 * 1024)
    assert reader.lines[0] != "line number 10001"
    before = len(reader.lines)
    merged = reader.poll(log + "one more\nand", 100 * 1024)
    assert (merged.joint, merged.lines, merged.partial) == (Joint.WHOLE, ("one more",), "and")
    assert len(reader.lines) == before + 1


def test_a_character_that_was_cut_in_two_is_no_new_log() -> None:
    reader = Reader(100)
    reader.poll("a\nb\ncaf\ufffd")
    merged = reader.poll("a\nb\ncaf\u00e9 open\n")
    assert (merged.joint, merged.lines) == (Joint.WHOLE, ("caf\u00e9 open",))


@given(
    st.integers(2, 12),
    st.lists(st.tuples(st.integers(0, 15), st.integers(0, 5), st.booleans()), min_size=1, max_size=12),
)
def test_numbered_lines_are_all_there_or_a_gap_stands_in_their_place(
    length: int, steps: list[tuple[int, int, bool]]
) -> None:
    reader = Reader(length)
    log, number = "", 0
    for lines, started, finished in steps:
        if log and not log.endswith("\n") and (finished or lines):
            log += "\n"
        for _ in range(lines):
            log += f"line {number}\n"
            number += 1
        if started and (not log or log.endswith("\n")):
            log += f"line {number}"[:started] if not finished else f"line {number}"
            number += 1
        reader.poll(log)
    shown = [*reader.lines, *([reader.partial] if reader.partial else [])]
    written = log.split("\n") if not log.endswith("\n") else log.split("\n")[:-1]
    parts: list[list[str]] = [[]]
    for line in shown:
        if line == "<gap>":
            parts.append([])
        else:
            parts[-1].append(line)
    assert Joint.RESET not in reader.joints
    # Each part is a run of the log's own lines, and the parts come in order without overlapping.
    at = 0
    for part in parts:
        found = next((n for n in range(at, len(written) + 1) if written[n : n + len(part)] == part), None)
        assert found is not None, (part, written)
        at = found + len(part)
    if shown:
        assert at == len(written)


@given(st.lists(st.sampled_from("ab"), max_size=12), st.lists(st.sampled_from("ab"), max_size=12))
def test_overlaps_are_those_that_can_be_seen(known: list[str], lines: list[str]) -> None:
    wanted = [
        n
        for n in range(len(lines), 0, -1)
        if known and known[-min(n, len(known)) :] == lines[max(n - len(known), 0) : n]
    ]
    assert list(overlaps(known, lines)) == wanted


@given(st.lists(st.text(max_size=60), max_size=8), st.integers(1, 20))
def test_any_answers_are_taken(outputs: list[str], asked: int) -> None:
    tail = Tail()
    for output in outputs:
        merged = tail.take(output, asked)
        assert "\n" not in merged.partial
        assert not any("\n" in line for line in merged.lines)
