"""A line of text being typed: cursor, readline keys, paste. Pure; fields paint it."""

from __future__ import annotations

import re
from collections.abc import Callable

from tui.model.text import cells, inert
from tui.ui.line import Span, Spans

MASK = "*"
MOST = 4096
"""Characters a line may hold; a longer paste is cut."""

_BREAKS = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def one_line(text: str) -> str:
    """Return pasted text as one line: line ends and tabs become a blank, other controls go."""
    return _CONTROLS.sub("", _BREAKS.sub(" ", text.strip("\r\n")))


class Edit:
    """One editable line. Text is kept as typed and shown inert; a masked one never shows its characters."""

    def __init__(self, text: str = "", *, masked: bool = False) -> None:
        self.masked = masked
        self.text = one_line(text)[:MOST]
        self.cursor = len(self.text)
        """Index of the character under the cursor; `len(text)` at the end."""
        self._first = 0
        self._killed = ""
        self._keys: dict[str, Callable[[], None]] = {
            "left": self._left,
            "ctrl+b": self._left,
            "right": self._right,
            "ctrl+f": self._right,
            "home": self._home,
            "ctrl+a": self._home,
            "end": self._end,
            "ctrl+e": self._end,
            "ctrl+left": self._word_left,
            "alt+b": self._word_left,
            "ctrl+right": self._word_right,
            "alt+f": self._word_right,
            "backspace": self._backspace,
            "ctrl+h": self._backspace,
            "delete": self._delete,
            "ctrl+d": self._delete,
            "ctrl+u": self._kill_left,
            "ctrl+k": self._kill_right,
            "ctrl+w": self._kill_word,
            "alt+backspace": self._kill_word,
            "ctrl+y": self._yank,
        }

    def set(self, text: str) -> None:
        """Replace the text; the cursor goes to its end."""
        self.text = one_line(text)[:MOST]
        self.cursor = len(self.text)
        self._first = 0

    def insert(self, text: str) -> None:
        """Put text in whole at the cursor (typed ahead, pasted)."""
        text = one_line(text)[: MOST - len(self.text)]
        self.text = self.text[: self.cursor] + text + self.text[self.cursor :]
        self.cursor += len(text)

    def key(self, key: str, character: str | None) -> bool:
        """Take a key (Textual's names); return whether it was one for this line."""
        if edit := self._keys.get(key):
            edit()
            return True
        if character and character.isprintable() and not key.startswith(("ctrl+", "alt+")):
            self.insert(character)
            return True
        return False

    def paint(self, width: int, *, focused: bool = True, suggestion: str = "", ink: str = "strong") -> Spans:
        """Return the visible part in at most `width` cells, with the cursor in sight.

        `suggestion` is what would complete the text; it shows dim behind it, where the cursor is at the end.
        """
        shown = [MASK if self.masked else inert(char) for char in self.text]
        under = cells(shown[self.cursor]) if self.cursor < len(shown) else 1
        room = max(width - max(under, 1), 0)
        first = min(self._first, self.cursor)
        before = sum(cells(char) for char in shown[first : self.cursor])
        while before > room and first < self.cursor:
            before -= cells(shown[first])
            first += 1
        self._first = first
        spans: list[Span] = []
        taken = 0
        ghost = suggestion if self.cursor == len(self.text) and focused else ""
        for index in range(first, len(shown)):
            taken += cells(shown[index])
            if taken > width and index != self.cursor:
                break
            spans.append(Span(shown[index], ink, "caret" if focused and index == self.cursor else ""))
        if focused and self.cursor == len(self.text):
            spans.append(Span(inert(ghost[:1]) or " ", ink, "caret"))
            if len(ghost) > 1:
                spans.append(Span(inert(ghost[1:]), "dim"))
        return _joined(spans)

    def _back(self, index: int) -> int:
        """Return where the character before `index` starts, with the marks that sit on it."""
        index -= 1
        while index > 0 and not cells(self.text[index]):
            index -= 1
        return max(index, 0)

    def _on(self, index: int) -> int:
        index += 1
        while index < len(self.text) and not cells(self.text[index]):
            index += 1
        return min(index, len(self.text))

    def _before_word(self) -> int:
        """Return where the word before the cursor starts."""
        return self.text[: self.cursor].rstrip().rfind(" ") + 1

    def _left(self) -> None:
        self.cursor = self._back(self.cursor)

    def _right(self) -> None:
        self.cursor = self._on(self.cursor)

    def _home(self) -> None:
        self.cursor = 0

    def _end(self) -> None:
        self.cursor = len(self.text)

    def _word_left(self) -> None:
        self.cursor = self._before_word()

    def _word_right(self) -> None:
        start = self.cursor + len(self.text[self.cursor :]) - len(self.text[self.cursor :].lstrip())
        end = self.text.find(" ", start)
        self.cursor = len(self.text) if end < 0 else end

    def _remove(self, start: int, end: int) -> None:
        self.text = self.text[:start] + self.text[end:]
        self.cursor = start

    def _backspace(self) -> None:
        self._remove(self._back(self.cursor), self.cursor)

    def _delete(self) -> None:
        self._remove(self.cursor, self._on(self.cursor))

    def _kill(self, start: int, end: int) -> None:
        # What was typed under a mask is not kept a second time.
        self._killed = "" if self.masked else self.text[start:end]
        self._remove(start, end)

    def _kill_left(self) -> None:
        self._kill(0, self.cursor)

    def _kill_right(self) -> None:
        self._kill(self.cursor, len(self.text))

    def _kill_word(self) -> None:
        self._kill(self._before_word(), self.cursor)

    def _yank(self) -> None:
        self.insert(self._killed)


def _joined(spans: list[Span]) -> Spans:
    """Return the spans with neighbours of the same ink in one."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1][1:] == span[1:]:
            joined[-1] = span._replace(text=joined[-1].text + span.text)
        else:
            joined.append(span)
    return tuple(joined)
