"""Passwords: masked, never in a repr or on the screen, nothing typed ahead goes in."""

from __future__ import annotations

from textual import events

from tests.ui.overlay_app import OverlayApp
from tests.waiting import wait_for
from tui.cloud.entry import Prompt
from tui.ui.sign_in import SignInDialog

PROMPTS = (Prompt("password", "Password of mira at https://keystone.example"), Prompt("passcode", "Passcode [x]"))


async def test_fields_in_turn_give_the_typed_values() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = SignInDialog("lab [b]", PROMPTS, "401 wrong \x1b")
        app.open(dialog)
        await wait_for(lambda: dialog.listening, "the dialog listens")
        await pilot.press(*"hunter2", "enter", *"123456")
        text = "\n".join(app.picture())
        assert "hunter2" not in text
        assert "123456" not in text
        assert "*******" in text
        assert "Sign in to lab [b]" in text
        assert "✗ 401 wrong ␛" in text
        await pilot.press("enter")
        assert app.results == [{"password": "hunter2", "passcode": "123456"}]
        assert "hunter2" not in repr(app.results)


async def test_an_empty_field_is_asked_for_again() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = SignInDialog("lab", PROMPTS)
        app.open(dialog)
        await wait_for(lambda: dialog.listening, "the dialog listens")
        await pilot.press("tab", "1", "enter", "enter")
        assert app.results == []
        await pilot.press("p", "enter")
        assert app.results == [{"password": "p", "passcode": "1"}]


async def test_typed_ahead_text_stays_out() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = SignInDialog("lab", PROMPTS[:1])
        app.open(dialog)
        for key in ("q", "x", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        app.post_message(events.Paste("pasted"))
        await wait_for(lambda: dialog.listening, "the dialog listens")
        assert app.results == []
        await pilot.press("a")
        app.post_message(events.Paste("b\n"))
        await pilot.press("enter")
        assert app.results == [{"password": "ab"}]


async def test_escape_gives_nothing() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = SignInDialog("lab", PROMPTS)
        app.open(dialog)
        await wait_for(lambda: dialog.listening, "the dialog listens")
        await pilot.press("x", "escape")
        assert app.results == [None]
