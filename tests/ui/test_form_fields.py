"""Fields of forms without a screen: what typed text means, free text, what is remembered; and other pure parts."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.status import Health
from tui.model.trouble import Cause, Trouble
from tui.resources.action import Consequence, Field, Form, Input, Option
from tui.ui.bursts import burst_moves, burst_text
from tui.ui.form_fields import Filling, Slot, pairs, words
from tui.ui.form_pickers import OptionPicker, picked
from tui.ui.guard import Stroke
from tui.ui.outcome import field_of, joined

FLAVORS = (
    Option("1", "big", "", {"vcpus": 8, "ram": 16384, "disk": 80}),
    Option("2", "small", "", {"vcpus": 1, "ram": 2048, "disk": 20}),
    Option("3", "middle", "", {"vcpus": 2, "ram": 4096, "disk": 40}),
)


def slot(kind: Input, **more: object) -> Slot:
    return Slot(Field(key="key", label="Key", input=kind, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (Input.TEXT, "  web-1 ", "web-1"),
        (Input.SECRET, " hush ", " hush "),
        (Input.NUMBER, "12", 12),
        (Input.NUMBER, "", None),
        (Input.WORDS, "a, b ,,c", ("a", "b", "c")),
        (Input.PAIRS, "a=1, b=x=y", {"a": "1", "b": "x=y"}),
        (Input.CHOICE, "by-name", "by-name"),
        (Input.CHOICES, "one, two", ("one", "two")),
        (Input.FILE, "~/init.yaml", "~/init.yaml"),
    ],
)
def test_what_typed_text_means(kind: Input, typed: str, value: object) -> None:
    found = slot(kind)
    found.edit.set(typed)
    assert found.value() == value


@pytest.mark.parametrize(("kind", "typed"), [(Input.NUMBER, "many"), (Input.NUMBER, "1.5"), (Input.PAIRS, "a, b=1")])
def test_what_cannot_be_read_is_said_and_left_out(kind: Input, typed: str) -> None:
    filling = Filling(Form((Field(key="key", label="Key", input=kind),)))
    filling.slots[0].edit.set(typed)
    assert filling.values() == {}
    assert filling.problems()["key"]


@given(st.text())
def test_no_text_breaks_a_field(text: str) -> None:
    for kind in Input:
        found = slot(kind)
        found.edit.set(text)
        with suppress(ValueError):
            found.value()
        assert "\x1b" not in found.words()
    assert all(words(text))


@given(st.dictionaries(st.text("abc-", min_size=1), st.text("xyz")))
def test_pairs_come_back(held: dict[str, str]) -> None:
    found = slot(Input.PAIRS)
    found.set(held)
    assert found.value() == held == pairs(found.edit.text)


def test_a_forbidden_list_keeps_what_was_chosen_as_text() -> None:
    found = slot(Input.CHOICE, options=lambda desk: ())
    found.set("m5.large")
    assert found.loading
    found.took(None, Trouble(Cause.FORBIDDEN, "no"))
    assert found.types
    assert found.value() == "m5.large"


def test_a_name_typed_into_a_free_field_means_its_option() -> None:
    found = slot(Input.CHOICE, options=lambda desk: FLAVORS)
    found.took(FLAVORS, None)
    found.choose(("3",))
    assert found.words() == "middle"
    assert found.value() == "3"
    assert found.facts()["ram"] == 4096


def test_secrets_and_long_texts_are_not_remembered() -> None:
    kinds = {"name": Input.TEXT, "secret": Input.SECRET, "data": Input.FILE, "lines": Input.LINES}
    filling = Filling(Form(tuple(Field(key=key, label=key, input=kind, remember=True) for key, kind in kinds.items())))
    for each in filling.slots:
        each.edit.set("kept")
        if each.key in {"data", "lines"}:
            each.long = "#cloud-config\npassword: hush"
    assert filling.remembered() == {"name": "kept"}
    assert "kept" not in filling.slot("secret").words()  # type: ignore[union-attr]
    assert "secret" not in filling.summary()


def test_a_field_that_is_not_shown_has_no_value() -> None:
    fields = (
        Field(key="on", label="On", input=Input.BOOL),
        Field(key="size", label="Size", required=True, shown=lambda values: bool(values.get("on"))),
    )
    filling = Filling(Form(fields))
    assert filling.values() == {"on": False}
    assert filling.problems() == {}
    filling.slots[0].on = True
    assert set(filling.problems()) == {"size"}


def test_the_picker_sorts_and_finds_the_smallest() -> None:
    picker = OptionPicker("Flavor", FLAVORS, needs={"min_ram": 4096, "min_disk": 30})
    assert [item.text for item in picker.found] == ["middle", "big", "small"]
    picker = OptionPicker("Flavor", FLAVORS)
    assert [item.text for item in picker.found] == ["big", "small", "middle"]
    picker.edit.insert("at least 2 vcpu")
    picker._narrow()
    assert picker.found[0].text == "middle"
    assert picked("a\nb\n") == ("a", "b")


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("Invalid input for field/attribute name. Value: x.", "name"),
        ("Invalid key_name provided.", "keypair"),
        ("Flavor's disk is too small for requested image.", "flavor"),
        ("Quota exceeded for ram: Requested 1, but already used 2 of 3 ram", ""),
        ("Unable to find security_group with name or id 'x'", "security_groups"),
    ],
)
def test_a_refusal_is_shown_at_the_field_that_it_names(said: str, key: str) -> None:
    names = ("name", "flavor", "image", "keypair", "security_groups", "user_data")
    assert field_of(said, [Field(key=name, label=name) for name in names]) == key


def test_lines_of_several_places_are_counted_together() -> None:
    said = ("server is deleted", "servers are deleted")
    found = joined(
        [
            Consequence(Health.OFF, 1, "port goes with it", "a", False, ("port goes with it", "ports go with them")),
            Consequence(Health.BROKEN, 1, said[0], "", False, said),
            Consequence(Health.BROKEN, 2, said[1], "", False, said),
            Consequence(Health.OFF, 1, "port goes with it", "b", False, ("port goes with it", "ports go with them")),
        ]
    )
    assert [(line.number, line.text, line.evidence) for line in found] == [
        (3, "servers are deleted", ""),
        (2, "ports go with them", "a, b"),
    ]


def test_only_moves_and_text_of_a_burst_count() -> None:
    assert burst_moves([Stroke("down", None)] * 9)
    assert not burst_moves([Stroke("y", "y")] * 2)
    typed = [Stroke("1", "1"), Stroke("2", "2"), Stroke("enter", "\r")]
    assert burst_text(typed) == "12"
    assert burst_text([*typed, Stroke("ctrl+s", "\x13")]) == ""
