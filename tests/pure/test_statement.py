"""What stands in the table's place says what is wrong, whose words it quotes, and which keys lead out."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tui.model.text import inert
from tui.model.trouble import Cause, Trouble
from tui.ui import statement
from tui.ui.line import Spans, width_of

REFUSED = Trouble(
    Cause.SIGN_IN,
    "lab does not accept your password",
    said="The request you have made requires authentication.",
    status=401,
    asked="https://keystone.lab.example:5000/v3",
    as_whom="mira in domain Default, project web",
    source="clouds.yaml line 31",
    request_id="req-3e1bd7a0-52c3-4c7f-9f4b-2f3f0f1c7d11",
    hint="Not asked again by itself: a wrong password can lock the account.",
)


def text(lines: Sequence[Spans]) -> list[str]:
    return ["".join(span.text for span in line).rstrip() for line in lines]


def test_an_error_says_all_that_is_known() -> None:
    ways = [("ctrl+r", "try again"), ("c", "copy request id")]
    assert text(statement.error(REFUSED, 90, ways, ["The other clouds go on as before."])) == [
        "✗ lab does not accept your password",
        "",
        "  said      401 The request you have made requires authentication.",
        "  asked     https://keystone.lab.example:5000/v3",
        "  as        mira in domain Default, project web",
        "  from      clouds.yaml line 31",
        "  request   req-3e1bd7a0-52c3-4c7f-9f4b-2f3f0f1c7d11",
        "",
        "  Next      ctrl+r try again   c copy request id",
        "",
        "  Not asked again by itself: a wrong password can lock the account.",
        "  The other clouds go on as before.",
    ]


def test_an_error_with_nothing_to_tell_is_one_line() -> None:
    assert text(statement.error(Trouble(Cause.NETWORK, "No route"), 90)) == ["✗ No route"]


def test_ways_break_whole() -> None:
    lines = text(statement.error(REFUSED, 40, [("ctrl+r", "try again"), ("p", "type the password")]))
    assert "  Next      ctrl+r try again" in lines
    assert "            p type the password" in lines


def test_empty_names_what_and_where_and_the_ways_out() -> None:
    lines = text(
        statement.empty("No server in lab muc1", 80, [("esc", "clear the filter: 38 servers")], "edge status:error")
    )
    assert lines == [
        "No server in lab muc1 matches  edge status:error",
        "",
        "        esc  clear the filter: 38 servers",
    ]


def test_loading_counts_regions() -> None:
    assert text(statement.loading(5)) == ["◐ asking 5 regions"]
    assert text(statement.loading(1)) == ["◐ asking 1 region"]
    assert text(statement.loading(0)) == ["◐ reading the configuration"]
    assert text(statement.loading(2, 1, ["prod-us sjc2"]))[-1] == "  prod-us sjc2 has not answered yet"


def test_a_cloud_that_asks_says_for_what() -> None:
    lines = text(statement.ask("lab", ["Password of mira"], 80))
    assert lines[0] == "? lab asks for Password of mira"
    assert any("enter type it" in line for line in lines)


def test_the_terms_of_a_filter_stand_under_few_rows() -> None:
    lines = text(statement.rest_of_filter("servers", 1279, 80))
    assert lines[0] == "Nothing else matches. 1,279 servers are hidden by the filter."
    assert "  !web                        without it" in lines


def test_too_small_says_how_large() -> None:
    assert text(statement.too_small(50, 12)) == ["▲ 50x12 is too small: stackdeck needs 60x15"]
    assert text(statement.too_small(40, 10)) == ["▲ 40x10 is too small: stackdeck", "  needs 60x15"]


@given(st.text(), st.text(), st.integers(20, 120))
def test_hostile_words_are_inert_and_fit(said: str, title: str, width: int) -> None:
    trouble = Trouble(Cause.NONSENSE, title, said=said, where=said, asked=title, status=500)
    lines = statement.error(trouble, width, [("esc", said)])
    lines += statement.empty(title, width, [("esc", said)], said)
    for line in lines:
        whole = "".join(span.text for span in line)
        assert inert(whole) == whole
    assert max(width_of(line) for line in statement.error(trouble, width)) <= max(width, 30) + 2
