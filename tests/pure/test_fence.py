"""The fence of restricted sessions: each way out of the dashboard, tried in a process that has raised it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal.harness import environment

TRY = """
import json, os, signal, socket, sys
from pathlib import Path
from tui.config.fence import raise_fence, fenced, typed_file
from tui.config.paths import cache_dir, state_dir
assert not fenced()
secret, home = Path(sys.argv[1]), Path.home()
raise_fence()
link = state_dir() / "link"
tries = {
    "read": lambda: secret.read_text(),
    "read by os.open": lambda: os.open(secret, os.O_RDONLY),
    "read by bytes": lambda: open(os.fsencode(secret)),
    "read through ..": lambda: open(state_dir() / ".." / ".." / ".." / ".." / secret.relative_to("/")),
    "read another's clouds": lambda: open(home / "other" / "clouds.yaml"),
    "read /etc/passwd": lambda: open("/etc/passwd"),
    "read /proc/1": lambda: open("/proc/1/environ"),
    "list": lambda: os.listdir(secret.parent),
    "list home": lambda: list(home.iterdir()),
    "list here": lambda: os.listdir(),
    "glob": lambda: list(home.glob("*.pub"))[0],
    "what a person names": lambda: typed_file(str(secret)),
    "write": lambda: (home / "x").write_text("x"),
    "write in tmp": lambda: open("/tmp/stackdeck-fence-test", "w"),
    "append": lambda: secret.open("a"),
    "make": lambda: (home / "dir").mkdir(),
    "remove": lambda: secret.unlink(),
    "rename away": lambda: secret.rename(state_dir() / "mine"),
    "rename in": lambda: (state_dir() / "own").rename(home / "x"),
    "chmod": lambda: secret.chmod(0o777),
    "link out": lambda: os.symlink("x", home / "x"),
    "a link that leads out": lambda: (os.symlink(secret, link), link.read_text()),
    "a link that is written through": lambda: link.write_text("x"),
    "hard link": lambda: os.link(secret, state_dir() / "hard"),
    "truncate": lambda: os.truncate(secret, 0),
    "system": lambda: os.system("true"),
    "popen": lambda: os.popen("true"),
    "run": lambda: __import__("subprocess").run(["true"]),
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "fork": lambda: os.fork() or os._exit(0),
    "pty": lambda: __import__("pty").spawn(["true"]),
    "browser": lambda: __import__("webbrowser").open("http://127.0.0.1/") or 1 / 0,
    "listen": lambda: socket.socket().bind(("127.0.0.1", 18999)),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
}
(state_dir() / "own").write_text("x")
(cache_dir() / "own").write_text("x")
found = {}
for name, deed in tries.items():
    try:
        deed()
        found[name] = "done"
    except PermissionError as error:
        found[name] = "refused"
    except Exception as error:
        found[name] = repr(error)
print(json.dumps({"tries": found, "secret": None, "fenced": fenced()}))
"""

FINE = """
import os, sys
from tui.config.fence import raise_fence
from tui.config.paths import cache_dir, state_dir, write_private
raise_fence()
write_private(state_dir() / "view.json", b"{}")
write_private(cache_dir() / "tokens" / "a", b"{}")
(state_dir() / "view.json").unlink()
open(os.environ["OS_CLIENT_CONFIG_FILE"]).read()
open("/dev/null", "w").write("x")
import email.mime.text, xml.dom.minidom, sqlite3, zoneinfo
zoneinfo.ZoneInfo("UTC")
from urllib3.util.connection import HAS_IPV6
import socket
with socket.create_server(("127.0.0.1", 0)):
    pass
import openstack, requests, textual.app, asyncssh
print("fine", HAS_IPV6)
"""


def run(home: Path, program: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a program with a home of its own, in that home."""
    env = environment(home, {"OS_CLIENT_CONFIG_FILE": str(home / "clouds.yaml")})
    return subprocess.run(
        [sys.executable, "-c", program, *args],
        env=env,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_every_way_out_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    secret = home / "id_rsa.pub"
    secret.write_text("canary")
    (home / "clouds.yaml").write_text("clouds: {}")
    answer = run(home, TRY, str(secret))
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    others = {"glob": "IndexError('list index out of range')", "browser": "ZeroDivisionError('division by zero')"}
    wrong = {name: said for name, said in found["tries"].items() if said not in ("refused", others.get(name))}
    assert not wrong
    assert found["fenced"]
    assert secret.read_text() == "canary"
    assert {path.name for path in home.iterdir()} <= {"id_rsa.pub", "clouds.yaml", "state", "cache"}
    assert not Path("/tmp/stackdeck-fence-test").exists()


def test_what_the_dashboard_needs_goes_on(tmp_path: Path) -> None:
    """State, cache, clouds.yaml, our own code and its libraries."""
    (tmp_path / "clouds.yaml").write_text("clouds: {}")
    answer = run(tmp_path, FINE)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("fine")


@pytest.mark.parametrize(
    ("args", "env", "said"),
    [
        (("get", "server"), {}, "--restricted is for the dashboard: get is off"),
        (("doctor",), {}, "doctor is off"),
        (("demo-cloud",), {}, "demo-cloud is off"),
        (("serve",), {}, "serve is off"),
        ((), {"TEXTUAL_LOG": "/tmp/stackdeck-fence-log"}, "TEXTUAL_LOG is not taken"),
        ((), {"TEXTUAL": "devtools"}, "devtools are not taken"),
        ((), {"TEXTUAL_DRIVER": "x:Y"}, "TEXTUAL_DRIVER is not taken"),
        ((), {"TEXTUAL_SCREENSHOT": "1"}, "TEXTUAL_SCREENSHOT is not taken"),
    ],
)
def test_only_the_dashboard_is_there(tmp_path: Path, args: tuple[str, ...], env: dict[str, str], said: str) -> None:
    """Commands and developers' doors are refused in one line, exit code 2."""
    from tests.terminal.harness import run as command

    answer = command("--restricted", *args, home=tmp_path, env=env)
    assert answer.returncode == 2
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not Path("/tmp/stackdeck-fence-log").exists()


HARDENED = """
import ctypes, os, resource, signal, sys
def closed():
    # PR_GET_DUMPABLE, prctl(2): 0 means that no core is written and /proc/PID/mem and ptrace are root's alone
    return ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0
assert not closed()
from tui.cli import main
code = main(sys.argv[1:])
print(code, closed(), resource.getrlimit(resource.RLIMIT_CORE), oct(os.umask(0)))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("command", ["--restricted", "serve"])
def test_memory_is_closed_to_others_and_leaves_no_core(tmp_path: Path, command: str) -> None:
    """Passwords are in it. Both end early here: there is no terminal, and the port is taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        more = ["--directory", str(tmp_path / "d"), "--listen", f"127.0.0.1:{port}"] if command == "serve" else []
        answer = run(tmp_path, HARDENED, command, *more)
    assert answer.stdout == "2 True (0, 0) 0o77\n", answer.stderr
