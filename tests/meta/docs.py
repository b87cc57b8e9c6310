"""The parts of the README that come from the code: `python -m tests.meta.docs --write` renews them."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from tui.cli import parser
from tui.config.keymap import COMMANDS, shown

README = Path(__file__).parents[2] / "README.md"


def keys() -> str:
    """Return the table of keys, a heading for each group."""
    lines = ["| key | does | `:` |", "|---|---|---|"]
    for group in dict.fromkeys(command.group for command in COMMANDS):
        lines.append(f"| **{group}** | | |")
        lines += [
            f"| {_code(shown(command.keys))} | {command.title} | `{command.word}` |"
            for command in COMMANDS
            if command.group == group
        ]
    return "\n".join(lines)


def _code(keys_shown: str) -> str:
    return " ".join(f"`{key}`" for key in keys_shown.replace("|", "\\|").split())


def options() -> str:
    """Return the options of every command as tables."""
    top = parser()
    lines = ["| option | does |", "|---|---|", *_rows(top)]
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help for choice in action._choices_actions}
            for name, command in action.choices.items():
                inherited = {text for row in _rows(top) for text in [row]}
                own = [row for row in _rows(command) if row not in inherited]
                positional = "".join(f" {_usage(item)}" for item in command._actions if not item.option_strings)
                lines.append(f"| **`stackdeck {name}{positional}`** | **{helps[name]}** |")
                lines += own
    return "\n".join(lines)


def _usage(item: argparse.Action) -> str:
    return f"[{item.metavar}]" if item.nargs == "?" else str(item.metavar)


def _rows(found: argparse.ArgumentParser) -> list[str]:
    rows = []
    for action in found._actions:
        if not action.option_strings or action.help == argparse.SUPPRESS or "--help" in action.option_strings:
            continue
        value = "" if action.nargs == 0 else f" {action.metavar or '|'.join(map(str, action.choices or ()))}"
        name = ", ".join(f"`{option}{value}`" for option in action.option_strings[-1:])
        rows.append(f"| {name.replace('|', chr(92) + '|')} | {(action.help or '').replace('|', chr(92) + '|')} |")
    return rows


PARTS = {"keys": keys, "options": options}


def renewed(text: str) -> str:
    """Return the README with its generated parts as the code has them now."""
    for name, make in PARTS.items():
        pattern = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(\n<!-- end of {name} -->)", re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"README.md has no marks for {name}")
        text = pattern.sub(lambda found, made=make: f"{found[1]}{made()}{found[2]}", text)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    current = README.read_text("utf-8")
    if "--write" in sys.argv:
        README.write_text(renewed(current), "utf-8")
    elif current != renewed(current):
        sys.exit("README.md is not current: python -m tests.meta.docs --write")
