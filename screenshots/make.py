"""Make the README's pictures: the dashboard over the demo cloud, drawn cell by cell as a terminal would.

    python screenshots/make.py [NAME …]

Needs the `test` extra (pyte), Pillow and the font DejaVu Sans Mono (found by fontconfig's `fc-match`). The demo cloud
runs with `--still --seed 1`, and every time of day is shown as if the run were at `MOMENT`: two runs give the same
pictures, but for request-ids, how long a deed took, and the times of day inside of console logs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pyte
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui.demo.process import DemoCloud
    from tui.ui.app import StackdeckApp

HERE = Path(__file__).parent
MOMENT = 1795183350.0
"""20 Nov 2026 14:02:30 UTC: the middle of a minute, so that a second more or less shows nowhere."""

FONT = "DejaVu Sans Mono"
POINTS = 15
LINE = 1.25
"""Height of a cell in heights of the font's em."""

TINY = 5
NAMES = {"\u241b": "ESC", "\u240a": "LF", "\u2407": "BEL", "\u240d": "CR"}
"""Control pictures by their names."""

PATIENCE = 60.0
"""Seconds that a screen may take."""

QUIET = 1.5
"""Seconds without a change after which a screen is done."""

HALVES = {"t": (0.5, 0.0, 0.5, 0.5), "b": (0.5, 0.5, 0.5, 1.0), "l": (0.0, 0.5, 0.5, 0.5), "r": (0.5, 0.5, 1.0, 0.5)}
"""Lines from the middle of a cell to its edges: from x, y to x, y in parts of the cell."""

RULES = {
    **{"│": "tb", "─": "lr", "┌": "br", "┐": "bl", "└": "tr", "┘": "tl", "├": "tbr", "┤": "tbl", "┬": "blr"},
    **{"┴": "tlr", "┼": "tblr", "┃": "tb", "━": "lr"},
}
"""Lines that must meet from cell to cell, as the halves they are made of."""


def typeface(style: str) -> ImageFont.FreeTypeFont:
    """Return the font in a style, as fontconfig finds it."""
    found = shutil.which("fc-match")
    if found is None:
        raise SystemExit("screenshots: fc-match (fontconfig) is needed to find the font")
    query = [found, "-f", "%{family}|%{file}", f"{FONT}:style={style}"]
    family, _, path = subprocess.run(query, check=True, capture_output=True, text=True).stdout.partition("|")  # noqa: S603 - fc-match
    if FONT not in family:
        raise SystemExit(f"screenshots: the font {FONT} is needed (fonts-dejavu-core)")
    return ImageFont.truetype(path, POINTS)


class Painter:
    """Draws a terminal's cells."""

    def __init__(self) -> None:
        self.plain, self.bold = typeface("Book"), typeface("Bold")
        self.tiny = self.plain.font_variant(size=TINY)
        self.width = round(self.plain.getlength("M"))
        self.height = round(POINTS * LINE)

    def draw(self, screen: pyte.Screen, ground: str, path: Path) -> None:
        """Write the screen as a PNG of few colours."""
        size = (screen.columns * self.width, screen.lines * self.height)
        image = Image.new("RGB", size, ground)
        canvas = ImageDraw.Draw(image)
        for row in range(screen.lines):
            for column in range(screen.columns):
                self._cell(canvas, screen.buffer[row][column], column * self.width, row * self.height, ground)
        # The commonest colours as they are, so that no ground is shifted; the edges of letters take the nearest.
        common = sorted(image.getcolors(size[0] * size[1]) or (), reverse=True)[:256]
        palette = Image.new("P", (1, 1))
        palette.putpalette([part for _, colour in common for part in colour])
        image.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)

    def _cell(self, canvas: ImageDraw.ImageDraw, cell: pyte.screens.Char, x: int, y: int, ground: str) -> None:
        front, back = (_colour(cell.fg, "#ccd4dd"), _colour(cell.bg, ground))
        if cell.reverse:
            front, back = back, front
        right, bottom = x + self.width - 1, y + self.height - 1
        canvas.rectangle((x, y, right, bottom), fill=back)
        if cell.underscore:
            canvas.line((x, bottom - 2, right, bottom - 2), fill=front)
        if halves := RULES.get(cell.data):
            for left, top, end, low in (HALVES[half] for half in halves):
                at = tuple(
                    edge + round(part * (size - 0.5))
                    for edge, part, size in zip(
                        (x, y, x, y), (left, top, end, low), (self.width, self.height) * 2, strict=True
                    )
                )
                canvas.line(at, fill=front, width=3 if cell.data in "┃━" else 1)
        elif cell.data == "▌":
            canvas.rectangle((x, y, x + self.width // 2 - 1, bottom), fill=front)
        elif cell.data == "▔":
            canvas.line((x, y, right, y), fill=front)
        elif cell.data.strip():
            if "\u2400" <= cell.data <= "\u2421":
                # No common font has these; their names in small do the same.
                canvas.text((x, y + self.height / 2 - 3), NAMES.get(cell.data, "CTL"), font=self.tiny, fill=front)
                return
            font = self.bold if cell.bold else self.plain
            left = x + (self.width - font.getlength(cell.data)) / 2
            canvas.text((left, y + (self.height - POINTS) / 2 - 2), cell.data, font=font, fill=front)


def _colour(name: str, default: str) -> str:
    return default if name == "default" else f"#{name}"


@dataclass(frozen=True)
class See:
    """Text that must be on the screen before the next step is done."""

    text: str

    def __call__(self, lines: list[str]) -> bool:
        """Is it so?"""
        return self.text in "\n".join(lines)


@dataclass(frozen=True)
class Fault:
    """Makes the demo cloud misbehave from here on."""

    text: str


@dataclass(frozen=True)
class Pause:
    """Lets time go by, so that an age tells something."""

    seconds: float


Step = str | See | Fault | Pause


@dataclass(frozen=True)
class Shot:
    """One picture: its name, the terminal's size, what is done before it is taken, and text that must be on it."""

    name: str
    size: tuple[int, int]
    steps: tuple[Step, ...] = ()
    until: str = "live"


def filtered(text: str) -> tuple[Step, ...]:
    """Filter the table."""
    return ("slash", *text, "enter")


NO_ANSWER = (Fault("drop:prod-us/sjc2/compute"), "ctrl+r", See("✗ prod-us sjc2"), Pause(70), "G")
FRONTENDS = filtered("region:fra1 status:active web-04|frontend-[12]|node-02")
"""Seven servers of one place: six in pools of load balancers, two with a floating IP, one with two volumes."""

MANY = ("ctrl+u", *"shard-{n:03}", "tab", "end", "backspace", *"120", "shift+tab")
"""More of them than the project's RAM holds."""

REFUSED = Fault("conflict:/servers/21b03ba4-a165-4cdf-a26c-552995f760d1/action")
"""One of them, frontend-15, refuses."""

KEYS = {
    ":": "colon",
    "|": "vertical_line",
    ">": "greater_than_sign",
    " ": "space",
    "-": "minus",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
}
"""Characters that Textual calls by a name."""

WORKERS = (*filtered("cloud:prod-us k8s-worker"), "asterisk", "S", See("24 ready"))
"""Twenty-six servers behind a bastion; of two the host key is not verified, or nothing answers."""

SHOTS = (
    Shot("servers-200x50", (200, 50)),
    Shot("servers-80x24", (80, 24)),
    Shot("failing-120x40", (120, 40), NO_ANSWER, "ACTIVE"),
    Shot("describe-160x45", (160, 45), ("T", "g", "d"), "Identity"),
    Shot("filter-120x40", (120, 40), ("slash", *"status:error|build ram>4gb"), "Nothing else matches"),
    Shot("command-120x40", (120, 40), ("colon", *"ser"), "WHAT"),
    Shot("actions-120x40", (120, 40), (*filtered("search-node-02"), "a"), "Actions for search-node-02"),
    Shot("boot-120x40", (120, 40), (*filtered("search-node-02"), "B", See("Before you boot"), *MANY), "over quota"),
    Shot("delete-120x40", (120, 40), (*FRONTENDS, "asterisk", "ctrl+d"), "floating IPs stay"),
    Shot(
        "operations-120x40",
        (120, 40),
        (
            *(*filtered("api-gateway-03"), "a", See("Actions for"), "s", See("started in"), "escape"),
            *(
                *FRONTENDS,
                REFUSED,
                "asterisk",
                "a",
                See("Actions for"),
                "R",
                See("Type 7"),
                "7",
                "enter",
                See("was refused"),
            ),
            *("colon", *"operations", "enter", See("of 7 done"), "j", "j"),
        ),
        "done",
    ),
    Shot(
        "many-120x40",
        (120, 40),
        (*WORKERS, *"uname -r", "enter", See("host keys verified"), *"24", "enter", See("of 24 ended"), "j"),
        "say 6.6.100-flatcar",
    ),
    Shot(
        "host-key-120x40",
        (120, 40),
        (*filtered("frontend-21"), "s", See("new, and its console log names it"), "enter"),
        "Remember and connect",
    ),
    Shot(
        "console-120x40",
        (120, 40),
        (
            *filtered("frontend-09"),
            "l",
            See("following"),
            "6",
            See("4,000"),
            "g",
            "slash",
            *"cloud-init",
            "enter",
            *"nnnnnn",
        ),
        "7 of",
    ),
)


def cells(app: StackdeckApp) -> pyte.Screen:
    """Return what a terminal shows of the app."""
    width, height = app.size
    console = Console(width=width, height=height, file=StringIO(), color_system="truecolor", force_terminal=True)
    with console.capture() as capture:
        console.print(app.screen._compositor.render_update(full=True, screen_stack=app._background_screens))
    screen = pyte.Screen(width, height)
    pyte.Stream(screen).feed(capture.get().removesuffix("\n").replace("\n", "\r\n"))
    return screen


async def settled(app: StackdeckApp, ready: Callable[[list[str]], bool], what: str) -> None:
    """Wait until the screen is as wanted and has not changed for a moment."""
    end = time.monotonic() + PATIENCE
    before: list[str] = []
    since = time.monotonic()
    while time.monotonic() < end:
        lines = cells(app).display
        if lines != before or not ready(lines):
            before, since = lines, time.monotonic()
        elif time.monotonic() - since > QUIET:
            return
        await asyncio.sleep(0.1)
    raise SystemExit(f"screenshots: {what} never came:\n" + "\n".join(before))


def standing_clock(app: StackdeckApp) -> None:
    """Show all times as if the newest resource had been made at `MOMENT`."""
    from tui.model.amount import epoch
    from tui.resources.registry import KINDS

    rows = app.session.fleet.entries(KINDS["server"]).values()
    newest = max(epoch(getattr(entry.row, "created", "")) for entry in rows)
    shift = newest - MOMENT
    time.localtime = lambda at=None: time.gmtime((time.time() if at is None else at) - shift)  # type: ignore[assignment]


async def shoot(shot: Shot, demo: DemoCloud, painter: Painter) -> None:
    """Open the dashboard, bring it where the picture is, draw it."""
    from tui.config.options import Options
    from tui.ui.app import StackdeckApp

    app = StackdeckApp(Options(view="server", token_cache=False, demo=True))
    async with app.run_test(size=shot.size) as pilot:
        await settled(app, lambda lines: "live" in lines[0] and "asking" not in "".join(lines), "the rows")
        standing_clock(app)
        await perform(pilot, shot, demo)
        await settled(
            app, lambda lines: shot.until in "\n".join(lines) and "◐ asking" not in "\n".join(lines), shot.until
        )
        painter.draw(cells(app), app.theme_variables["sd-bg"], HERE / f"{shot.name}.png")
        app.exit()


async def perform(pilot: Pilot[int], shot: Shot, demo: DemoCloud) -> None:
    """Do the steps one by one, as a person would."""
    for step in shot.steps:
        match step:
            case See():
                await settled(pilot.app, step, step.text)  # type: ignore[arg-type]
            case Fault():
                control(demo, step.text)
            case Pause():
                await asyncio.sleep(step.seconds)
            case _:
                await pilot.press(KEYS.get(step, step))


def control(demo: DemoCloud, fault: str) -> None:
    """Tell the demo cloud to misbehave."""
    body = json.dumps({"fault": fault}).encode()
    request = urllib.request.Request(f"{demo.url}/_demo/faults", body, {"Content-Type": "application/json"})  # noqa: S310 - loopback
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


async def run(shots: list[Shot]) -> None:
    """Take the pictures, each on a demo cloud of its own."""
    from tui.demo.process import DemoCloud

    painter = Painter()
    for shot in shots:
        with DemoCloud.start("--still", "--seed", "1", "--ssh-port", "2222") as demo:
            os.environ["OS_CLIENT_CONFIG_FILE"] = str(demo.clouds_file)
            os.environ["STACKDECK_SSH"] = str(demo.settings_file)
            await shoot(shot, demo, painter)


def main() -> None:
    """Read which pictures are wanted, and make them."""
    parser = argparse.ArgumentParser(description="Make the README's pictures.")
    parser.add_argument("names", nargs="*", choices=[*(shot.name for shot in SHOTS), []], metavar="NAME")
    names = parser.parse_args().names
    with tempfile.TemporaryDirectory() as home:
        for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
            os.environ[variable] = home
        for variable in [name for name in os.environ if name.startswith("OS_") or name == "NO_COLOR"]:
            del os.environ[variable]
        asyncio.run(run([shot for shot in SHOTS if not names or shot.name in names]))


if __name__ == "__main__":
    main()
