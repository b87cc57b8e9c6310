"""Every form can be shown as a Python script; nothing is sent or written for it, and no secret stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acting import entry_of
from tui.resources.action import Action, Field, Input
from tui.resources.kind import Kind
from tui.resources.registry import KINDS
from tui.resources.script import as_python

FORMS = [(kind, action) for kind in KINDS.values() for action in kind.actions if action.form is not None]
VALUES: dict[Input, Any] = {
    Input.TEXT: "two words",
    Input.NUMBER: 3,
    Input.BOOL: True,
    Input.CHOICE: "chosen",
    Input.CHOICES: ("first", "second"),
    Input.PAIRS: {"a": "b", "with-dash": "c"},
    Input.WORDS: ("word",),
    Input.SECRET: "hush-hush",
    Input.FILE: "/tmp/user-data",
    Input.LINES: "one line",
}
GIVEN = {
    "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGyr1U0c3x0yTn3oYkB5iQ4o3o4o1o5o6o7o8o9o0oAB me",
    "ports": "22",
    "preset": "ssh",
    "protocol": "tcp",
    "direction": "ingress",
    "ethertype": "IPv4",
    "remote": "10.0.0.0/8",
    "source": "image",
    "name": "web",
    "size": "10",
    "networks": ("n1",),
    "fixed_ips": (),
    "user_data": "",
}


def value_of(field: Field) -> Any:
    return GIVEN.get(field.key, VALUES[field.input])


@pytest.mark.parametrize(("kind", "action"), FORMS, ids=[action.id for _, action in FORMS])
def test_a_form_as_a_script(kind: Kind, action: Action, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert action.form is not None
    entry = None if action.creates else entry_of(kind, {"id": "abc", "name": "n", "status": "ACTIVE"})
    values = {field.key: value_of(field) for field in action.form.fields}
    script = as_python(action, entry, values, "prod", "r1")
    compile(script, action.id, "exec")
    assert "openstack.connect(cloud='prod', region_name='r1')" in script
    assert "conn." in script.split("connect(", 1)[1]
    assert "hush-hush" not in script
    assert list(tmp_path.iterdir()) == []
