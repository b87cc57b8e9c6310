"""Questions of jump hosts while a server is approached: asked in dialogs, waited for in the thread that asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tui.model.events import Done, Sink
from tui.model.ssh import Hop, HostKey, Trust
from tui.model.tunnel import Question
from tui.ui.asking import SECRET, TrustDialog, secret_dialog
from tui.ui.sign_in import Typed

Push = Callable[[Any, Callable[[Any], None]], object]
"""Shows a dialog and calls back with its result: `App.push_screen`."""


class ScreenAsker:
    """Implements `tui.model.ssh.Asker`. The calling thread waits; the screen does not."""

    def __init__(self, push: Push, sink: Sink, known_hosts: str) -> None:
        """`known_hosts`: the file that a key is written to, for people."""
        self._known_hosts = known_hosts
        self._given: set[tuple[str, str]] = set()
        self._push = push
        self._sink = sink
        self._closed = threading.Event()
        self._one = threading.Lock()
        """One question at a time."""

    def close(self) -> None:
        """Nobody is there any more: whoever waits gets no answer."""
        self._closed.set()

    def secret(self, title: str, what: str) -> str | None:
        """Ask for a passphrase, password or code; None: the person gave up."""
        question = Question(title, what, again=(title, what) in self._given)
        self._given.add((title, what))
        answer: Typed | None = self._asked(lambda: secret_dialog(question))
        return answer.get(SECRET) if answer else None

    def trust(self, hop: Hop, key: HostKey) -> Trust:
        """Ask whether a jump host's key is the right one."""
        question = Question(hop.label, f"{key.algorithm} {key.fingerprint}", key)
        return self._asked(lambda: TrustDialog(question, self._known_hosts)) or Trust.NO

    def _asked(self, dialog: Callable[[], Any]) -> Any:
        """Show a dialog on the screen's thread and wait for its result; None once closed."""
        answered = threading.Event()
        result: list[Any] = []

        def done(value: Any) -> None:
            result.append(value)
            answered.set()

        def show(value: object, trouble: object) -> None:
            self._push(dialog(), done)

        with self._one:
            self._sink.put(Done(show))
            while not answered.wait(0.2):
                if self._closed.is_set():
                    return None
        return result[0]
