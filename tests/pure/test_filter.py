"""The `/` filter finds what it says it finds, explains itself, and survives whatever is typed."""

from __future__ import annotations

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.column import HIDDEN, Column, Format
from tui.model.entry import Entry
from tui.model.filter import complete, parse
from tui.model.pattern import checked
from tui.model.place import Place, Scope
from tui.model.status import Health, Status

NOW = 1_795_171_800.0
DAY = 86400


class Row(msgspec.Struct):
    id: str
    name: str
    ram: int | None = 512
    disk: int = 0
    created: float = 0.0
    addresses: tuple[str, ...] = ()
    host: str = ""
    locked: bool = False


class NoNames:
    def get(self, kind: str, ident: str) -> str | None:
        return None


COLUMNS = (
    Column(key="name", head="NAME", value=lambda e: e.row.name, format=Format.NAME),
    Column(key="status", head="STATUS", value=lambda e: e.status.word, format=Format.STATUS),
    Column(key="ram", head="RAM", value=lambda e: e.row.ram, format=Format.MEBIBYTES),
    Column(key="disk", head="DISK", value=lambda e: e.row.disk, format=Format.INT, aliases=("gb",)),
    Column(key="age", head="AGE", value=lambda e: e.row.created, format=Format.AGE),
    Column(key="created", head="CREATED", value=lambda e: e.row.created, format=Format.TIME),
    Column(key="host", head="HOST", value=lambda e: e.row.host, arrival=HIDDEN),
    Column(key="addresses", head="ADDRESSES", value=lambda e: e.row.addresses, format=Format.LIST, arrival=HIDDEN),
    Column(key="locked", head="LOCKED", value=lambda e: e.row.locked, format=Format.BOOL),
)


def entry(region: str = "fra1", word: str = "ACTIVE", task: str = "", why: str = "", **row: object) -> Entry:
    scope = Scope("k", Place("http://one", region), ("prod-eu", "prod-admin"))
    made = Row(**{"id": "3f2a-77", "name": "web-01", **row})  # type: ignore[arg-type]
    return Entry("k/" + made.id, scope, made, Status(Health.FINE, word, task, 0.0, why), NoNames())


WEB = entry(ram=16384, disk=80, created=NOW - 40 * DAY, addresses=("10.0.0.7", "2001:db8::7"), host="compute-17")
CATALOG = entry(
    region="ams1", word="ERROR", why="No valid host was found", name="Catalog DB", id="99aa", ram=None, locked=True
)
ROWS = {"web": WEB, "catalog": CATALOG}


def found(text: str) -> list[str]:
    wanted = parse(text, COLUMNS)
    test = wanted.compile(NOW)
    names = [name for name, row in ROWS.items() if test(row)]
    assert names == [name for name, row in ROWS.items() if wanted.matches(row, NOW)]
    return names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["web", "catalog"]),
        ("web", ["web"]),
        ("WEB", ["web"]),
        ("!web", ["catalog"]),
        ("!", ["web", "catalog"]),
        ("3f2a", ["web"]),
        ("2001:db8::7", ["web"]),
        ("10.0.0", ["web"]),
        ("compute-17", ["web"]),
        ("valid", ["catalog"]),
        ("prod-admin", ["web", "catalog"]),
        ("catalog db", ["catalog"]),
        ('"catalog db"', ["catalog"]),
        ('"db catalog"', []),
        ("name:db and status:err", ["catalog"]),
        ("name:db !status:error", []),
        ("status:rror", []),
        ("region:fra1", ["web"]),
        ("REGION:FRA1|ams1", ["web", "catalog"]),
        ("place:prod-eu", ["web", "catalog"]),
        ("cloud=prod-eu", ["web", "catalog"]),
        ("cloud=prod", []),
        ("region!=fra1", ["catalog"]),
        ("ram>8gb", ["web"]),
        ("ram>=16gb", ["web"]),
        ("ram>16gb", []),
        ("ram:16gb", ["web"]),
        ("ram<8gb", []),
        ("!ram>8gb", ["catalog"]),
        ("gb=80", ["web"]),
        ("age>30d", ["web"]),
        ("age<30d", []),
        ("created>30d", ["web"]),
        ("age<2026-11-01", ["web", "catalog"]),
        ("age>2026-10-01 age<2026-10-20", ["web"]),
        ("created<2026-11-01", ["web", "catalog"]),
        ("created>2026-10-01 created<2026-10-20", ["web"]),
        ("host=", ["catalog"]),
        ("!host=", ["web"]),
        ("host:", ["web", "catalog"]),
        ("addresses:10.0", ["web"]),
        ("addresses=10.0.0.7", ["web"]),
        ("locked:yes", ["catalog"]),
        ("locked:true", ["catalog"]),
        ("!locked:y", ["web"]),
        (r"web-\d+$", ["web"]),
        (r"^db$", []),
        (r"^catalog\sdb$", ["catalog"]),
        ("web|valid", ["web", "catalog"]),
        ("!web|valid", []),
        ("[A-W]EB-0", ["web"]),
        (r"name:^Cat", ["catalog"]),
        ("-f ctdb", ["catalog"]),
        ("-f w01", ["web"]),
        ("-f 10w", []),
        ("-f", ["web", "catalog"]),
        ("*web", []),
        ("(", []),
    ],
)
def test_what_is_found(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_a_state_word_is_not_found_within_another() -> None:
    deactivated = entry(word="deactivated")
    assert not parse("status:active", COLUMNS).matches(deactivated, NOW)
    assert parse("status:spawn", COLUMNS).matches(entry(word="BUILD", task="spawning"), NOW)


def test_the_filter_reads_as_a_sentence() -> None:
    wanted = parse("region:fra1 ram>8gb !catalog", COLUMNS)
    assert wanted.words == "region is fra1 and RAM over 8 GB and no catalog in any column"
    assert [term.source for term in wanted.terms] == ["region:fra1", "ram>8gb", "!catalog"]
    assert parse("age<2026-11-01", COLUMNS).words == "created under 2026-11-01"
    assert parse("age<=30d created>2w locked:no name:web host=", COLUMNS).words == (
        "age 30d or less and created over 14d ago and locked is no and name has web and no host"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("regoin:fra1", "did you mean region:fra1 ?"),
        ("foo>3", "no column «foo» to compare"),
        ("ram>much", "«much» is not a size"),
        ("age>30", "write 90s, 5m"),
        ("name>web", "write name:web"),
        ("*web", "searched as plain text: not a regular expression"),
        ("(a+)+", "repeats within repeats"),
        ("name:(a|b)*", "repeats within repeats"),
        (r"(a)\1", "back references"),
        ("x" * 300 + "+", "longer than"),
        (".*a.*b.*c.*d.*", "repeats within repeats"),
    ],
)
def test_what_cannot_be_taken_is_said(text: str, problem: str) -> None:
    problems = parse(text, COLUMNS).problems
    assert len(problems) == 1
    assert problem in problems[0]


@pytest.mark.parametrize(
    "text", ["2001:db8::1", "http://10.0.0.1/x", "14:02", "a=b", "web-01", r"(\d+\.){3}\d+", "a{2}"]
)
def test_common_texts_are_no_problem(text: str) -> None:
    assert parse(text, COLUMNS).problems == ()


@pytest.mark.parametrize(
    "text", [r"(x+x+)+y", r"(.*)*y", r"(a|aa)+$", r"((a?)b?)+c", r"(a{1,30}){1,30}b", r"(\w+\s?)*$"]
)
def test_expressions_that_explode_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="forever"):
        checked(text)


def test_found_text_is_marked() -> None:
    wanted = parse("we|01 b !x status:act", COLUMNS)
    assert wanted.spans("web-01") == [(0, 3), (4, 6)]
    assert wanted.spans("ACTIVE", "status") == [(0, 3)]
    assert wanted.spans("ACTIVE", "name") == []
    assert parse("x*", COLUMNS).spans("abc") == []


def test_typing_on_narrows() -> None:
    def narrows(later: str, earlier: str) -> bool:
        return parse(later, COLUMNS).narrows(parse(earlier, COLUMNS))

    assert narrows("web", "we")
    assert narrows("web status:err", "web")
    assert narrows("web", "")
    assert narrows("ram>80", "ram>8")
    assert narrows("ram>8", "ram>=8")
    assert narrows("!a", "!ab")
    assert not narrows("we", "web")
    assert not narrows("!ab", "!a")
    assert not narrows("ram>8", "ram>80")
    assert not narrows("age>30d web", "age>30d"), "rows grow old between two looks"
    assert not narrows("web|db", "web")


def test_completion() -> None:
    assert complete("web re", 6, COLUMNS) == ["web region:"]
    assert complete("!ra", 3, COLUMNS) == ["!ram>"]
    assert complete("web ", 4, COLUMNS) == []
    words = {"status": ["ACTIVE", "ERROR"], "name": ["Catalog DB"]}
    assert complete("status:a", 8, COLUMNS, lambda key: words[key]) == ["status:ACTIVE"]
    assert complete("x !name:cat", 11, COLUMNS, lambda key: words[key]) == ['x !name:"Catalog DB"']
    assert complete("nonsense:a", 10, COLUMNS, lambda key: words[key]) == []


WORDS = ("web", "-f", "ram", "age", "status", "name", "created", "host", "locked", "disk", "and", "8gb", "30d", "{9}")
PIECES = st.sampled_from([*WORDS, *'!:<>=" ()*+[|\\?-_', "é", "²", "\ud800", "\x1b"])
TYPED = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=12).map("".join))


@given(TYPED)
def test_whatever_is_typed_is_a_filter(text: str) -> None:
    wanted = parse(text, COLUMNS)
    for row in ROWS.values():
        assert wanted.matches(row, NOW) in {True, False}
    assert wanted.narrows(wanted) or any("created" in t.source or "age" in t.source for t in wanted.terms)
    assert wanted.spans("web-01 Catalog") == sorted(wanted.spans("web-01 Catalog"))
    assert wanted.words.isprintable()
    assert all(problem.isprintable() for problem in wanted.problems)
    complete(text, len(text), COLUMNS, lambda key: ["ACTIVE", "a b"])


@given(TYPED, TYPED)
def test_narrowing_never_loses_a_row(earlier: str, later: str) -> None:
    before, after = parse(earlier, COLUMNS), parse(f"{earlier}{later}", COLUMNS)
    if after.narrows(before):
        for row in ROWS.values():
            assert before.matches(row, NOW) or not after.matches(row, NOW)


@given(st.lists(st.sampled_from(list("ab.*+?|()[]{}2,\\w")), max_size=14).map("".join))
def test_no_accepted_expression_is_slow(text: str) -> None:
    try:
        pattern = checked(text)
    except ValueError:
        return
    start = time.process_time()
    pattern.lower.search("a" * 60 + "!")
    assert time.process_time() - start < 2.0
