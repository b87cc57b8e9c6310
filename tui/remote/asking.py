"""Questions of tunnels to a person: noted when they arise, answered when the person gets to it, never waited for.

A connection that finds no answer fails with «wants a passphrase»; once it is typed, the next one has it.
"""

from __future__ import annotations

import re
import threading

from tui.model.secret import remember
from tui.model.ssh import Hop, HostKey, Trust
from tui.model.tunnel import Question

_LASTING = re.compile(r"passphrase|password", re.IGNORECASE)
_ONE_TIME = re.compile(r"one.?time|verification|token|\botp\b", re.IGNORECASE)


class Desk:
    """Open questions and given answers, for all tunnels. Thread-safe; answers stay in memory only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[str, str], Question] = {}
        self._secrets: dict[tuple[str, str], str] = {}
        self._trust: dict[tuple[str, HostKey], Trust] = {}

    def __repr__(self) -> str:
        """Tell nothing of the answers."""
        return f"<Desk {len(self._open)} open>"

    def visit(self) -> Visit:
        """Return the `Asker` of one connection."""
        return Visit(self)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is open, the oldest first."""
        with self._lock:
            return tuple(self._open.values())

    def is_open(self, question: Question) -> bool:
        """Tell whether a question still waits."""
        with self._lock:
            return (question.title, question.what) in self._open

    def answer(self, question: Question, answer: str | Trust) -> bool:
        """Take an answer; returns whether it was one: an empty text and `NO` leave the question open."""
        with self._lock:
            if isinstance(answer, Trust):
                if question.key is None or answer is Trust.NO:
                    return False
                self._trust[question.title, question.key] = answer
            elif answer:
                remember(answer)
                self._secrets[question.title, question.what] = answer
            else:
                return False
            self._open.pop((question.title, question.what), None)
            return True

    def _secret(self, title: str, what: str, again: bool) -> str | Question:
        place = title, what
        with self._lock:
            if again:
                self._secrets.pop(place, None)
            found = self._secrets.get(place)
            if found is None:
                self._open[place] = Question(title, what, again=again)
                return self._open[place]
            if _ONE_TIME.search(what) or not _LASTING.search(what):
                del self._secrets[place]  # a code is good once
            return found

    def _trusted(self, hop: Hop, key: HostKey) -> Trust | Question:
        question = Question(hop.label, f"{key.algorithm} {key.fingerprint}", key)
        with self._lock:
            found = self._trust.get((hop.label, key))
            if found is None:
                self._open[question.title, question.what] = question
            return found or question


class Visit:
    """Implements `tui.model.ssh.Asker` for one connection: what is asked twice in it was answered wrong."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._given: set[tuple[str, str]] = set()
        self._left: list[Question] = []

    def secret(self, title: str, what: str) -> str | None:
        """Return what was typed for it; None while nothing was."""
        again = (title, what) in self._given
        found = self._desk._secret(title, what, again)
        if isinstance(found, Question):
            self._left.append(found)
            return None
        self._given.add((title, what))
        return found

    def trust(self, hop: Hop, key: HostKey) -> Trust:
        """Return what was said of a host key; NO while nothing was."""
        found = self._desk._trusted(hop, key)
        if isinstance(found, Question):
            self._left.append(found)
            return Trust.NO
        return found

    @property
    def question(self) -> Question | None:
        """The first question that found no answer and still has none."""
        return next((one for one in self._left if self._desk.is_open(one)), None)
