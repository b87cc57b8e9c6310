"""Text from a cloud is hostile: names, faults and error bodies show as what they are, and never act on the terminal."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.terminal.harness import Term, run
from tests.terminal.trials import calm, control, number_of, open_on, rested, settled
from tui.demo.process import DemoCloud

ESC = "\x1b"
CLIPPED = base64.b64encode(b"pwned by a name").decode()

NAMES = {
    "aa-markup": ("[/aa-markup]", "[/aa-markup]"),
    "ab-link": ("[@click=app.exit]ab-link[/]", "[@click=app.exit]ab-link[/]"),
    "ac-colour": (f"{ESC}[31mac-colour{ESC}[0m", "␛[31mac-colour␛[0m"),
    "ad-title": (f"{ESC}]2;PWNED{ESC}\\ad-title\x07", "␛]2;PWNED␛\\ad-title␇"),
    "ae-clip": (f"{ESC}]52;c;{CLIPPED}\x07ae-clip", f"␛]52;c;{CLIPPED}␇ae-clip"),
    "af-clear": (f"{ESC}[2J{ESC}[Haf-clear", "␛[2J␛[Haf-clear"),
    "ag-c1": ("\x9b31mag-c1\x9c\x85", "⟨U+009B⟩31mag-c1⟨U+009C⟩⟨U+0085⟩"),
    "ah-lines": ("ah-lines\r\nfake-row\tx", "ah-lines␍␤fake-row x"),
    "ai-bidi": ("ai-bidi\u202egnp.exe\u2066", "ai-bidi⟨U+202E⟩gnp.exe⟨U+2066⟩"),
    "aj-zero": ("aj\u200b-\u2060zero", "aj⟨U+200B⟩-⟨U+2060⟩zero"),
    "ak-wide": ("ak-wide-日本語サーバー", "ak-wide-日本語サーバー"),
    "al-marks": ("al-marks" + "\u0336" * 40, "al-marks"),
    "am-sync": (f"{ESC}[?2026hxx{ESC}[?1049lam-sync", "␛[?2026hxx␛[?1049lam-sync"),
    "an-answer": (f"{ESC}[5n{ESC}[can-answer", "␛[5n␛[can-answer"),
    "ao-empty": ("", ""),
    "ap-formula": ("=cmd|'/c calc'!ap-formula", "=cmd|'/c calc'!ap-formula"),
}
"""Key → a name that a tenant may give to a server, and how it is shown."""

FAULT = f"No valid host {ESC}]2;PWNED\x07[/b] [red]because\u202e of it[/] {ESC}[31mHOSTILE"


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    """A cloud whose tenants are malicious."""
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        ids = _ids(cloud)
        for ident, (name, _) in zip(ids, NAMES.values(), strict=False):
            control(cloud, "POST", f"servers/{ident}", {"name": name, "metadata": {name[:200] or "k": name}})
        control(cloud, "POST", f"servers/{ids[0]}", {"status": "ERROR"})
        control(cloud, "POST", f"servers/{ids[0]}", {"fault": FAULT})
        NAMED[cloud.url] = dict(zip(NAMES, ids, strict=False))
        yield cloud


NAMED: dict[str, dict[str, str]] = {}
"""Demo cloud → key of a name → id of the server that has it."""


@pytest.fixture
def hostile(demo: DemoCloud) -> dict[str, str]:
    """The servers' ids by the keys of their names."""
    return NAMED[demo.url]


def _ids(demo: DemoCloud) -> list[str]:
    """Ids of the servers of one region, as `get` tells them."""
    env = {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)}
    home = demo.clouds_file.parent
    done = run("get", "server", "--cloud", "prod-us", "--region", "iad1", "-o", "json", home=home, env=env)
    return [row["id"] for row in json.loads(done.stdout)]


def harmless(term: Term) -> None:
    """Check the raw bytes: nothing of a name reached the terminal as more than text."""
    written = bytes(term.raw)
    for name, _ in NAMES.values():
        for piece in re.findall(rf"{ESC}[^{ESC}]+", name):
            assert piece.encode() not in written, piece
    for text in (f"{ESC}[31mHOSTILE", "\u202e", "\u2066", "\u200b", "\u2060", "\x85", "\x9b", "\x9c"):
        assert text.encode() not in written, ascii(text)
    assert not any("PWNED" in title.replace("␛]2;PWNED", "") for title in term.titles)
    assert CLIPPED.encode() not in term.clipboard
    for found in re.finditer(rb"[^\x07]{0,80}\x07", written):
        assert re.search(rb"\x1b\](?:2|52|22|11|10|4)[^\x1b]*\x07$", found[0]), found[0]
    calm(term)


def seen(text: str) -> str:
    """Return a text as the screen shows it, in ASCII where pyte's cells cannot be compared."""
    return re.sub(r"[^\x20-\x7e\u2400-\u243f⟨⟩]", "", text)


def test_in_the_table(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo, "--cloud", "prod-us", "--region", "iad1", columns=230, rows=50) as term:
        assert number_of(term) >= 30
        text = seen(term.text())
        for key in ("aa-markup", "ab-link", "ac-colour", "ah-lines"):
            term.send(f"/{key}\r")
            term.wait_for("1 of ")
            term.wait_quiet(0.3)
            harmless(term)
            term.send("\x1b")
            term.wait_for(lambda term: "1 of " not in term.text())
        assert "[/aa-markup]" in text
        status = term.find("STATUS")
        assert status is not None
        marks = [term.cell(status[0], row).char for row in range(status[1] + 1, status[1] + 30)]
        # Whatever the width of a name's characters, the next column begins in its own cell.
        assert set(marks) <= set("●◐○▲✗?"), marks
        harmless(term)


@pytest.mark.parametrize("part", range(4))
def test_in_describe_and_raw(tmp_path: Path, demo: DemoCloud, hostile: dict[str, str], part: int) -> None:
    with open_on(tmp_path, demo, "--cloud", "prod-us", columns=200, rows=50) as term:
        number_of(term)
        for key in list(NAMES)[part::4]:
            ident, shown = hostile[key], seen(NAMES[key][1])
            term.send(f"/{ident}\r")
            term.wait_for("1 of 59")
            term.send("d")
            # Not in the table's line alone, where it may be cut.
            term.wait_for(lambda term, shown=shown: "Identity" in term.text() and seen(term.text()).count(shown) >= 2)
            harmless(term)
            term.send("d")
            term.wait_for(lambda term: "Identity" not in term.text())
            term.send("y")
            term.wait_for(f"id: {ident}")
            harmless(term)
            term.send("q")
            term.wait_for("enter open")
            term.send("\x1b")
            term.wait_for(lambda term: "1 of 59" not in term.text())


@pytest.mark.parametrize("key", ["aa-markup", "ac-colour", "ad-title", "ai-bidi"])
def test_in_dialogs_titles_and_notices(tmp_path: Path, demo: DemoCloud, hostile: dict[str, str], key: str) -> None:
    shown = seen(NAMES[key][1])
    with open_on(tmp_path, demo, "--cloud", "prod-us", columns=200, rows=50) as term:
        number_of(term)
        term.send(f"/{hostile[key]}\r")
        term.wait_for("1 of 59")
        term.send("C")
        term.wait_for("esc close")
        assert shown in seen(term.text())
        harmless(term)
        term.send("\x1b")
        term.wait_for("enter open")
        rested(term)
        term.send("c")
        term.wait_for(f"Copy name of {NAMES[key][1]}")
        term.wait_for(lambda term: term.clipboard)
        copied = base64.b64decode(term.clipboard[-1]).decode()
        assert key.partition("-")[2] in copied
        assert copied.isprintable() or "\u202e" in copied, "what is pasted into a shell holds no control characters"
        harmless(term)
        rested(term)
        term.send("\x1b")
        term.wait_for("enter open")
        rested(term)
        term.send("J")
        term.wait_for(f"Jump to: {NAMES[key][1]}")
        harmless(term)
        rested(term)
        term.send("\r")
        term.wait_for(f"Images of server {NAMES[key][1]}")
        harmless(term)
        term.send("\x1b")
        term.wait_for("Servers")
        rested(term)
        term.send(f":find {hostile[key]}\r")
        term.wait_for(lambda term: seen(term.text()).count(shown) >= 1 and "Found 1" in term.text())
        term.wait_quiet(0.5)
        harmless(term)


def test_a_fault_in_row_detail_and_describe(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo, "--cloud", "prod-us", columns=200, rows=50) as term:
        number_of(term)
        term.send("/aa-markup\r")
        term.wait_for("1 of ")
        term.wait_for("No valid host ␛]2;PWNED␇[/b] [red]because⟨U+202E⟩")
        harmless(term)
        term.send("d")
        term.wait_for("Identity")
        term.wait_quiet(0.6)
        harmless(term)


def test_in_get_and_a_saved_table(tmp_path: Path, demo: DemoCloud) -> None:
    env = {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)}
    with Term("get", "server", "--cloud", "prod-us", home=tmp_path, env=env, columns=400) as term:
        assert term.wait_exit() == 0
        written = bytes(term.raw)
    for name, _ in NAMES.values():
        for piece in re.findall(rf"{ESC}[^{ESC}]+", name):
            assert piece.encode() not in written, piece
    assert "␛[31mac-colour␛[0m".encode() in written
    with open_on(tmp_path, demo, "--cloud", "prod-us") as term:
        number_of(term)
        term.send("\x13")
        term.wait_for("CSV")
        rested(term)
        harmless(term)


class Hostile(BaseHTTPRequestHandler):
    """A Keystone in evil hands: everything in its answer tries to act on the terminal."""

    def do_GET(self) -> None:
        """Refuse, with escape sequences wherever they fit."""
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        words = f"{ESC}]2;PWNED\x07{ESC}[31mHOSTILE [/b] [@click=app.exit]x[/] \u202eevil\r\nnext " + "long " * 2000
        body = json.dumps({"error": {"message": words, "code": 500, "title": words}}).encode()
        self.send_response(500)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Openstack-Request-Id", f"req-{ESC}[31mHOSTILE\x9b[/b]")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing."""


@pytest.fixture
def evil() -> Iterator[str]:
    """The address of such a Keystone."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_words_of_an_error(tmp_path: Path, evil: str) -> None:
    auth = f"{{auth_url: '{evil}/v3', username: u, password: p, project_name: w}}"
    (tmp_path / "clouds.yaml").write_text(
        "clouds:\n"
        f"  lab: {{auth: {auth}, region_name: r1}}\n"
        f'  "x\\e]2;PWNED\\a[/b]": {{auth: {auth}, region_name: "r\\e[31mHOSTILE"}}\n'
    )
    with Term(home=tmp_path, columns=160) as term:
        term.wait_for(lambda term: "✗ 2 places failing" in term.text() and settled(term))
        harmless(term)
        term.send(":region lab/r1\r")
        term.wait_for("said      500 ␛]2;PWNED␇␛[31mHOSTILE [/b] [@click=app.exit]x[/]")
        term.wait_for("request   req-␛[31mHOSTILE")
        harmless(term)
        term.send("\t")
        for _ in range(5):
            term.send("j")
            term.wait_quiet(0.15)
            term.send("\r")
            term.wait_quiet(0.3)
            harmless(term)
        assert any("␛]2;PWNED␇[/b]" in title for title in term.titles), "the terminal's title names the cloud, inert"
        term.send(":cloud x\t")
        term.wait_quiet(0.4)
        harmless(term)


def test_a_cloud_with_a_hostile_name_asks_for_its_password(tmp_path: Path, evil: str) -> None:
    (tmp_path / "clouds.yaml").write_text(
        "clouds:\n"
        f'  "x\\e]2;PWNED\\a[/b]": {{auth: {{auth_url: "{evil}/v3", username: u, project_name: w}}, region_name: r1}}\n'
    )
    with Term(home=tmp_path) as term:
        term.wait_for("asks for")
        term.send("\r")
        term.wait_for("Sign in to x␛]2;PWNED␇[/b]")
        rested(term)
        term.send("secret-typed")
        term.wait_quiet(0.3)
        assert "secret-typed" not in term.output()
        harmless(term)
        term.send("\r")
        term.wait_for("500")
        harmless(term)
        assert "secret-typed" not in term.output()


def test_hostile_text_that_is_typed_and_pasted(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo, "--cloud", "lab") as term:
        number_of(term)
        for before, after in (("/", "\x1b"), (":", "\x1b\x1b"), (":find ", "\x1b\x1b")):
            term.send(before)
            term.wait_quiet(0.2)
            term.paste(f"{ESC}[31mHOSTILE\x9b\u202e[/b] [red]x 日本語 \x00\x07")
            term.wait_quiet(0.3)
            harmless(term)
            term.send("\r")
            term.wait_quiet(0.5)
            harmless(term)
            for key in after:
                term.send(key)
                term.wait_quiet(0.4)
        term.wait_for("enter open")
        harmless(term)
