"""The full resource as YAML or JSON, with secrets hidden until revealed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from tui.model.secret import without_secrets
from tui.model.text import inert_lines
from tui.ui.dialog import Confirm
from tui.ui.line import Span, Spans
from tui.ui.text_view import TextScreen

Style = Literal["yaml", "json"]

HIDDEN = "«hidden: press r to reveal»"

_YAML = re.compile(
    r"(\s*(?:- )*)((?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s\"'#&*!|>%@`][^:]*(?::[^\s:][^:]*)*):)(?=\s|$)(.*)"
)
_JSON = re.compile(r"(\s*)(\"(?:[^\"\\]|\\.)*\":)(.*)")


def raw_text(raw: object, style: Style, secret: frozenset[str] = frozenset(), *, reveal: bool = False) -> str:
    """Return the dump; `secret` are the kind's own secret keys beside the common ones (`tui.model.secret`)."""
    data = raw if reveal else without_secrets(raw, secret, HIDDEN)
    return json.dumps(data, indent=2, ensure_ascii=False, default=str) if style == "json" else _yaml(data)


def raw_lines(raw: object, style: Style, secret: frozenset[str] = frozenset(), *, reveal: bool = False) -> list[Spans]:
    """Return the dump as inert lines: keys dim, values in the text ink."""
    pattern = _JSON if style == "json" else _YAML
    return [_coloured(line, pattern) for line in inert_lines(raw_text(raw, style, secret, reveal=reveal))]


def _yaml(data: object) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes texts of many lines as blocks."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]
    # Through JSON: the service sent JSON, and what YAML cannot represent is none of it.
    plain = json.loads(json.dumps(data, default=str))
    return yaml.dump(plain, Dumper=Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1 << 20)


def _coloured(line: str, pattern: re.Pattern[str]) -> Spans:
    found = pattern.fullmatch(line) if len(line) < 2000 else None
    if found is None:
        return (Span(line, "dim" if line.strip() in {"{", "}", "[", "]", "},", "],"} else "text"),)
    lead, key, value = found.groups()
    ink = "warn" if HIDDEN in value else "text"
    return (Span(lead), Span(key, "dim"), Span(value, ink))


class RawScreen(TextScreen):
    """`J` switches between YAML and JSON, `r` reveals what is hidden after asking."""

    KEYS: ClassVar[tuple[str, ...]] = (
        "find.text", "find.next", "text.format", "text.reveal", "text.wrap", "text.copy",
    )  # fmt: skip

    TAKES: ClassVar[frozenset[str]] = TextScreen.TAKES | {"text.format", "text.reveal"}

    def __init__(
        self,
        title: Sequence[str],
        raw: Mapping[str, Any],
        secret: frozenset[str] = frozenset(),
        *,
        save_name: str = "resource",
        keys: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`title` is the path in the header without the format; `secret` are the kind's own secret keys."""
        self.raw = raw
        self.secret = secret
        self.style: Style = "yaml"
        self.revealed = False
        super().__init__((*title, "YAML"), raw_lines(raw, "yaml", secret), save_name=save_name, keys=keys)

    def act(self, command: str) -> bool:
        """Switch the format or reveal; else as every text view."""
        if command == "text.format":
            self.style = "json" if self.style == "yaml" else "yaml"
            self._show()
        elif command == "text.reveal":
            if self.revealed:
                self._reveal(False)
            else:
                lines = ["Passwords, tokens and user data of this resource show on the screen until you close it."]
                self.app.push_screen(Confirm("Reveal what is hidden", lines, "Reveal", "Keep hidden"), self._reveal)
        else:
            return super().act(command)
        return True

    def _reveal(self, reveal: bool | None) -> None:
        self.revealed = bool(reveal)
        self._show()

    def _show(self) -> None:
        self.pane.header = (*self.pane.header[:-1], self.style.upper())
        self.set_lines(raw_lines(self.raw, self.style, self.secret, reveal=self.revealed))

    def whole_text(self) -> str:
        """Return the dump as it would be saved: exact, not inert."""
        return raw_text(self.raw, self.style, self.secret, reveal=self.revealed)

    @property
    def suffix(self) -> str:
        """Extension of a saved file."""
        return f".{self.style}"
