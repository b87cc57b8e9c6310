"""The dialog that asks for passwords and passcodes."""

from __future__ import annotations

from collections.abc import Sequence

from tui.cloud.entry import Prompt
from tui.ui.dialog import Dialog


class Typed(dict[str, str]):
    """Prompt name → typed text; its repr shows nothing of it."""

    def __repr__(self) -> str:
        return f"<{len(self)} typed>"


class SignInDialog(Dialog[Typed | None]):
    """Result: what was typed, for `Clouds.provide`, or None when closed."""

    def __init__(self, entry_name: str, prompts: Sequence[Prompt]) -> None:
        super().__init__()
