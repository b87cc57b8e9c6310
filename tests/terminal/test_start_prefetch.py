"""First pages that are fetched while the interface comes up, as a person and the cloud's operator see it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

from tests.terminal.harness import COMMAND, Term, environment
from tests.terminal.trials import break_it, calm, control, mend_it, number_of, open_on, rested, restored
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

LISTS = "/servers/detail"
CALM = "[intervals]\nvisible = 3600\nmoving = 3600\nbackground = 3600\nunfocused = 3600\nunfocused_moving = 3600\n"
"""Settings with which nothing is polled: every list that is counted belongs to the start."""

WATCHING = """
import os, sys, threading
from importlib.machinery import PathFinder

MAIN = os.getpid()
OURS = ("tui.live.", "tui.cloud.")

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("openstack", "textual", "keystoneauth1") or name.startswith(OURS):
            with open("{home}/imports", "a") as file:
                file.write(f"{{os.getpid()}} {{name}}\\n")
        if name != "{hold}" or os.getpid() != MAIN:
            return None
        spec = PathFinder.find_spec(name, path)
        run = spec.loader.exec_module

        def later(module):
            while not os.path.exists("{home}/go"):
                threading.Event().wait(0.01)
            run(module)

        spec.loader.exec_module = later
        return spec

sys.meta_path.insert(0, Watch())
"""
"""Put under the command as Python's own `sitecustomize`: notes what each process imports, and holds one import."""

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here"),
    pytest.mark.skipif(
        not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="there is one processor here"
    ),
]


@pytest.fixture(scope="module")
def shared() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "3") as cloud:
        yield cloud


@pytest.fixture
def demo(shared: DemoCloud) -> Iterator[DemoCloud]:
    """A demo cloud to break; it is mended afterwards."""
    yield shared
    mend_it(shared)
    control(shared, "POST", "passwords", {"cloud": "lab", "user": "mira", "password": "demo"})


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A home with settings alone."""
    settings = tmp_path / "config" / "stackdeck" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(CALM)
    return tmp_path


@pytest.fixture
def home(bare: Path, demo: DemoCloud) -> Path:
    """A home whose last run saw everything."""
    before(bare, demo)
    return bare


def before(home: Path, demo: DemoCloud, *options: str) -> int:
    """Do a run that leaves everything for the next one; returns how many rows it saw."""
    with open_on(home, demo, *options) as term:
        number = number_of(term)
        wait_until(lambda: list((home / "cache" / "stackdeck" / "config").glob("*")), "the configuration is kept", 30)
        quit_(term)
    control(demo, "DELETE", "requests")
    return number


def quit_(term: Term) -> None:
    term.send(":quit!\r")
    assert term.wait_exit() == 0


def lists(demo: DemoCloud, part: str = LISTS) -> dict[str, int]:
    """Return how often each place's list was asked for."""
    found: dict[str, int] = {}
    for row in control(demo, "GET", "requests")["requests"]:
        if row["path"].endswith(part) and row["method"] == "GET":
            found[row["path"]] = found.get(row["path"], 0) + row["count"]
    return found


def total(demo: DemoCloud) -> int:
    return int(control(demo, "GET", "requests")["total"])


def logins(demo: DemoCloud) -> int:
    return int(control(demo, "GET", "requests")["logins"])


def changes(demo: DemoCloud) -> list[str]:
    return list(control(demo, "GET", "requests")["mutations"])


def holding(home: Path, module: str = "textual") -> dict[str, str]:
    """Return an environment in which a module is not imported before `let_go`."""
    hooks = home / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "sitecustomize.py").write_text(WATCHING.format(home=home, hold=module))
    (home / "imports").unlink(missing_ok=True)
    return {"PYTHONPATH": str(hooks)}


def let_go(home: Path) -> None:
    (home / "go").touch()


def imported(home: Path, process: int) -> set[str]:
    """Return what a process has imported of the modules that are watched."""
    try:
        lines = (home / "imports").read_text().splitlines()
    except OSError:
        return set()
    return {line.split()[1] for line in lines if line.startswith(f"{process} ")}


def reached(home: Path, term: Term, module: str = "textual") -> None:
    """Wait until the dashboard would import what is held."""
    wait_until(lambda: module in imported(home, term.process.pid), f"{module} is to be imported", 30)


def state_of(process: int) -> str:
    """Return the letter of a process's state; empty once there is nothing of it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def sent_out(process: int) -> list[int]:
    """Return the processes that are forks of one, zombies too."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            same = (path / "cmdline").read_bytes() in (b"", Path(f"/proc/{process}/cmdline").read_bytes())
        except OSError:
            continue
        if parent == process and same:
            found.append(int(path.name))
    return found


def one_sent(term: Term) -> int:
    """Wait for the process that was sent out."""
    return wait_until(lambda: sent_out(term.process.pid), "a process is sent out", 30)[0]


def ended(process: int) -> bool:
    """Whether a process does nothing any more; an orphan may stay a zombie for as long as who adopted it likes."""
    return state_of(process) in ("", "Z")


def up(term: Term) -> None:
    """Wait until the interface itself has the terminal."""
    term.wait_for(lambda term: b"\x1b[?2004h" in term.raw)


# -- asked once, and live ----------------------------------------------------------------------------------------------


def test_each_place_is_asked_once_without_a_sign_in(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo) as term:
        assert number_of(term) == 153
        assert "● live ≤" in term.lines()[0]
        assert "user mira" in term.lines()[0]
        assert "● ACTIVE" in term.text()
        assert "? ACTIVE" not in term.text()
        assert "m5.large" in term.text()
        wait_until(lambda: not sent_out(term.process.pid), "nothing is left of the process, no zombie either")
        calm(term)
        quit_(term)
        restored(term)
    assert list(lists(demo).values()) == [1] * 5
    assert logins(demo) == 0


def test_the_lists_are_asked_for_before_there_is_an_interface(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo, env=holding(home)) as term:
        wait_until(lambda: list(lists(demo).values()) == [1] * 5, "the lists are asked for", 30)
        wait_until(lambda: all(ended(each) for each in sent_out(term.process.pid)), "the process ends", 30)
        reached(home, term)
        assert total(demo) == 5, "and nothing else"
        let_go(home)
        assert number_of(term) == 153
        calm(term)
    assert list(lists(demo).values()) == [1] * 5


def test_a_long_list_goes_on_from_its_first_page(bare: Path) -> None:
    with DemoCloud.start("--still", "--servers", "900") as many:
        rows = before(bare, many, "--cloud", "lab")
        assert rows > 200
        with open_on(bare, many, "--cloud", "lab") as term:
            assert number_of(term) == rows
            calm(term)
        pages = 2 if rows <= 500 else 3
        assert list(lists(many).values()) == [pages], "100, 400, 1,000"


def test_once_live_it_stays_so_and_little_is_written(home: Path, demo: DemoCloud) -> None:
    """No place goes back to asking when its feed begins, and names and addresses change what they change only."""
    with open_on(home, demo) as term:
        assert number_of(term) == 153
        term.wait_quiet(1.0)
        frames = bytes(term.raw).split(b"\x1b[?2026l")
    screen = pyte.Screen(120, 40)
    stream = pyte.ByteStream(screen)
    heads, panes, behind = [], [], 0
    for frame in frames:
        stream.feed(re.sub(rb"\x1b\[[<>=][0-9;:]*[a-zA-Z]|\x1b\[\?[0-9;]*\$[a-z]|\x1b\[\?u", b"", frame))
        heads.append(screen.display[0] + screen.display[1])
        panes.append(any("Places" in line for line in screen.display))
        behind += len(frame) if any("● live" in head for head in heads[:-1]) else 0
    live = next(number for number, head in enumerate(heads) if "● live" in head)
    assert not [head for head in heads[live:] if "asking" in head or "answered" in head or "loading" in head]
    assert behind < 3000
    assert all(panes[panes.index(True) :]), "the interface takes over the frame drawn ahead without a blank between"


def test_without_rows_of_an_earlier_run_those_fetched_ahead_show_too(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo, "--no-row-cache", env=holding(home, "tui.cloud.build")) as term:
        reached(home, term, "tui.cloud.build")
        term.wait_for("Servers 153")
        assert "● ACTIVE" in term.text(), "the clouds are not even loaded"
        let_go(home)
        assert number_of(term) == 153
        calm(term)


# -- what the first view asks ------------------------------------------------------------------------------------------


def first_asked(home: Path, demo: DemoCloud, *options: str) -> set[str]:
    """Return the paths that are asked before there is an interface, once the process that asks has ended."""
    with open_on(home, demo, *options, env=holding(home)) as term:
        reached(home, term)
        wait_until(lambda: all(ended(each) for each in sent_out(term.process.pid)), "the process ends", 30)
        return {row["path"].replace("/v2.1", "") for row in control(demo, "GET", "requests")["requests"]}


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (("--cloud", "lab"), {"/lab/muc1/compute/servers/detail"}),
        (("--region", "sjc2"), {"/prod-us/sjc2/compute/servers/detail"}),
        (("--cloud", "lab", "--view", "images"), {"/lab/muc1/image/v2/images"}),
        (("--cloud", "lab", "--all-projects"), {"/lab/muc1/compute/servers/detail"}),
        (("--cloud", "lab", "--read-only"), {"/lab/muc1/compute/servers/detail"}),
        (("--cloud", "lab", "--project", "web"), set()),
        (("--no-token-cache",), set()),
    ],
)
def test_options_say_what_is_asked_for(home: Path, demo: DemoCloud, options: tuple[str, ...], asked: set[str]) -> None:
    assert first_asked(home, demo, *options) == asked


def test_it_asks_what_the_last_run_showed(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo) as term:
        number_of(term)
        term.send(":networks @prod-us/iad1\r")
        term.wait_for("Networks")
        term.wait_quiet(0.5)
        quit_(term)
    control(demo, "DELETE", "requests")
    assert first_asked(home, demo) == {"/prod-us/iad1/network/v2.0/networks"}


@pytest.mark.parametrize("options", [("--no-token-cache",), ("--demo",), ("--restricted", "--cloud", "lab"), "one"])
def test_none_is_sent_out_where_that_is_not_wanted(home: Path, demo: DemoCloud, options: tuple[str, ...] | str) -> None:
    break_it(demo, "hang:*")  # whatever asked would be there still
    command = COMMAND
    if options == "one":
        options, one = (), min(os.sched_getaffinity(0))
        command = ("taskset", "-c", str(one), *COMMAND)
    fenced = "--restricted" in options  # then nothing can be written that says what is imported
    with open_on(home, demo, *options, env={} if fenced else holding(home), command=command) as term:
        if fenced:
            up(term)
        else:
            reached(home, term)
        assert sent_out(term.process.pid) == []
    with open_on(home, demo, env=holding(home)) as term:
        reached(home, term)
        assert len(sent_out(term.process.pid)) == 1, "and else there is one"


def test_all_projects_that_are_forbidden_fall_back(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo, "--cloud", "lab") as term:
        own = number_of(term)
        quit_(term)
    control(demo, "DELETE", "requests")
    break_it(demo, "forbidden:lab/muc1/compute/servers/detail:once")
    with open_on(home, demo, "--cloud", "lab", "--all-projects") as term:
        assert number_of(term) == own
        calm(term)
    asked = [row for row in control(demo, "GET", "requests")["requests"] if row["path"].endswith(LISTS)]
    assert [row["count"] for row in asked if row["scope"] == "all"] == [1], "what is forbidden is not asked again"


def test_another_project_than_the_entrys(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo, "--cloud", "prod-eu", "--project", "data") as term:
        term.wait_for("project data", timeout=30)
        calm(term)


# -- tokens and passwords ----------------------------------------------------------------------------------------------


def test_tokens_that_were_revoked_cost_one_sign_in_each(home: Path, demo: DemoCloud) -> None:
    control(demo, "DELETE", "tokens")
    with open_on(home, demo) as term:
        assert number_of(term) == 153
        assert "user mira" in term.lines()[0]
        calm(term)
        quit_(term)
    assert logins(demo) == 3
    control(demo, "DELETE", "requests")
    with open_on(home, demo) as term:
        assert number_of(term) == 153
    assert logins(demo) == 0, "and the new ones are kept"
    assert list(lists(demo).values()) == [1] * 5


def test_a_password_that_is_wrong_by_now_is_sent_once(home: Path, demo: DemoCloud) -> None:
    control(demo, "POST", "passwords", {"cloud": "lab", "user": "mira", "password": "another"})
    control(demo, "DELETE", "tokens")
    with open_on(home, demo, "--cloud", "lab") as term:
        term.wait_for("does not accept your password", timeout=30)
        term.wait_quiet(1.0)
        calm(term)
    assert logins(demo) == 1


def test_no_secret_of_the_configuration_is_in_what_is_kept_or_shown(home: Path, demo: DemoCloud) -> None:
    file = home / "mine.yaml"
    file.write_text(demo.clouds_file.read_text().replace("password: demo", "password: c4nary-s3cret"))
    for cloud in ("prod-eu", "prod-us", "lab"):
        control(demo, "POST", "passwords", {"cloud": cloud, "user": "mira", "password": "c4nary-s3cret"})
    try:
        for _ in range(2):
            with Term(home=home, env={"OS_CLIENT_CONFIG_FILE": str(file)}) as term:
                assert number_of(term) == 153
                quit_(term)
            assert b"c4nary" not in bytes(term.raw)
        for path in (home / "cache").rglob("*"):
            assert not path.is_file() or b"c4nary" not in path.read_bytes()
    finally:
        for cloud in ("prod-eu", "prod-us", "lab"):
            control(demo, "POST", "passwords", {"cloud": cloud, "user": "mira", "password": "demo"})


# -- slow, broken, killed ----------------------------------------------------------------------------------------------


def test_slow_lists_are_asked_for_once(home: Path, demo: DemoCloud) -> None:
    break_it(demo, "latency=4:/servers/detail")
    with open_on(home, demo) as term:
        up(term)
        term.wait_for("have not answered yet")
        term.send("?")
        term.wait_for("Keys for servers")
        rested(term)
        term.send("\x1b")
        assert number_of(term) == 153
        calm(term)
    assert list(lists(demo).values()) == [1] * 5


@pytest.mark.parametrize(
    ("fault", "told"), [("error:prod-us/sjc2", "500"), ("unavailable:prod-us/sjc2", "503"), ("drop:prod-us/sjc2", "")]
)
def test_a_place_that_fails_is_told_and_the_others_are_live(home: Path, demo: DemoCloud, fault: str, told: str) -> None:
    break_it(demo, fault)
    with open_on(home, demo) as term:
        term.wait_for("1 failing", timeout=30)
        term.wait_for("4 live")
        assert told in term.text()
        mend_it(demo)
        assert number_of(term) == 153
        term.wait_for(lambda term: "failing" not in term.lines()[0])
        calm(term)


@pytest.mark.parametrize("fault", ["invalid:/servers/detail:for=2", "html:lab:for=2", "truncate:prod-eu:for=2"])
def test_nonsense_is_asked_for_again(home: Path, demo: DemoCloud, fault: str) -> None:
    break_it(demo, fault)
    with open_on(home, demo) as term:
        up(term)
        mend_it(demo)
        term.send("\x12")
        term.wait_for(lambda term: "failing" not in term.lines()[0] and "● live" in term.lines()[0], timeout=30)
        assert number_of(term) == 153
        calm(term)


def by_command(term: Term) -> None:
    """:quit! asks nothing."""
    up(term)
    term.wait_quiet(0.3)
    term.send(":quit!\r")


def by_signal(number: int) -> Callable[[Term], None]:
    return lambda term: term.process.send_signal(number)


WAYS: dict[str, tuple[Callable[[Term], None], int]] = {
    "command": (by_command, 0),
    "SIGTERM": (by_signal(signal.SIGTERM), 143),
    "SIGHUP": (by_signal(signal.SIGHUP), 129),
    "SIGKILL": (by_signal(signal.SIGKILL), -9),
    "closed": (Term.hang_up, 129),
}


@pytest.mark.parametrize(
    ("way", "when"),
    [(way, "with the interface") for way in WAYS] + [(way, "before it") for way in WAYS if way != "command"],
)
def test_however_it_ends_nothing_stays_and_nobody_waits(home: Path, demo: DemoCloud, way: str, when: str) -> None:
    break_it(demo, "hang:/servers/detail")
    leave, code = WAYS[way]
    env = holding(home) if when == "before it" else {}
    with open_on(home, demo, env=env) as term:
        process = one_sent(term)
        if env:
            reached(home, term)
        else:
            up(term)
        wait_until(lambda: len(lists(demo)) == 5, "the lists are asked for")
        assert {os.readlink(f"/proc/{process}/fd/{number}") for number in range(3)} == {os.devnull}
        leave(term)
        # The list would hang for 60 s, the process live for 15.
        assert term.wait_exit(timeout=2) == code
        wait_until(lambda: ended(process), "the end of what was sent out", 2)
        if way not in ("SIGKILL", "closed"):
            restored(term)
        assert "Traceback" not in term.output()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
def test_the_process_itself_may_be_killed_or_stopped(home: Path, demo: DemoCloud, number: int) -> None:
    break_it(demo, "hang:/servers/detail")
    with open_on(home, demo) as term:
        process = one_sent(term)
        wait_until(lambda: len(lists(demo)) == 5, "the lists are asked for")
        mend_it(demo)
        os.kill(process, number)
        assert number_of(term) == 153
        assert "● live ≤" in term.lines()[0]
        if number != signal.SIGSTOP:
            wait_until(lambda: not sent_out(term.process.pid), "nothing is left of it")
        calm(term)
        quit_(term)
        restored(term)
    assert ended(process)


def test_a_press_of_ctrl_c_before_the_interface_ends_both(home: Path, demo: DemoCloud) -> None:
    break_it(demo, "hang:/servers/detail")
    for frame in (home / "cache" / "stackdeck" / "frames").glob("*-*"):
        frame.unlink()  # with one on the screen keys wait for the interface
    with open_on(home, demo, env=holding(home)) as term:
        process = one_sent(term)
        reached(home, term)
        term.rush("\x03")
        assert term.wait_exit(timeout=5) == 130
        wait_until(lambda: ended(process), "the end of what was sent out", 2)
        restored(term)


# -- the first start ---------------------------------------------------------------------------------------------------


def test_a_first_start_signs_in_once_and_asks_once(bare: Path, demo: DemoCloud) -> None:
    """Without any token nothing is sent out: to read the configuration twice would cost a second import of the SDK."""
    control(demo, "DELETE", "requests")
    with open_on(bare, demo, env=holding(bare)) as term:
        reached(bare, term)
        assert sent_out(term.process.pid) == []
        let_go(bare)
        assert number_of(term) == 153
        calm(term)
    assert logins(demo) == 3
    assert list(lists(demo).values()) == [1] * 5


def test_where_only_the_configuration_is_unknown_the_dashboard_imports_no_sdk(home: Path, demo: DemoCloud) -> None:
    """The process that was sent out reads and keeps it; tokens are at hand."""
    for file in (home / "cache" / "stackdeck" / "config").glob("*"):
        file.unlink()
    env = holding(home, "nothing")
    with open_on(home, demo, env=env) as term:
        assert number_of(term) == 153
        calm(term)
        own = imported(home, term.process.pid)
        assert "textual" in own
        assert "openstack.config" not in own
        others = {name for line in (home / "imports").read_text().splitlines() for name in line.split()[1:]}
        assert "openstack.config" in others, "the other process did"
    assert logins(demo) == 0
    assert list(lists(demo).values()) == [1] * 5


@pytest.mark.parametrize("text", ["clouds:\n  lab:\n    auth: {auth_url: [}\n", "7\n", None, "clouds: {}\n"], ids=str)
@pytest.mark.parametrize("was_warm", [False, True])
def test_a_configuration_that_is_broken_is_told_once_as_ever(
    bare: Path, demo: DemoCloud, text: str | None, was_warm: bool
) -> None:
    if was_warm:
        before(bare, demo)
    file = bare / "clouds.yaml"
    if text is not None:
        file.write_text(text)
    said = []
    for command in (COMMAND, ("taskset", "-c", str(min(os.sched_getaffinity(0))), *COMMAND)):
        with Term(home=bare, env={"OS_CLIENT_CONFIG_FILE": str(file)}, command=command) as term:
            assert term.wait_exit(timeout=30) == 2
            restored(term)
            assert "Traceback" not in term.output()
            left = max(term.output().rfind("\x1b[?1049l"), 0)  # what follows is on the person's own screen
            said.append(re.sub(r"\x1b\[[0-9;:<=>?]*[a-zA-Z]", "", term.output()[left:]).strip())
    assert said[0] == said[1], "as where nothing is sent out"
    assert said[0].count("stackdeck: ") == 1


# -- rows are looked at, not acted on, before the clouds are known -----------------------------------------------------


@pytest.mark.parametrize("keys", ["\x04", "a", "f", "b", "B", ":delete\r", ":actions start\r"])
def test_rows_fetched_ahead_are_not_acted_on_before_the_clouds_are_known(
    home: Path, demo: DemoCloud, keys: str
) -> None:
    """They are live, but whether their cloud is protected or read-only is not known yet."""
    with open_on(home, demo, env=holding(home, "tui.cloud.build")) as term:
        reached(home, term, "tui.cloud.build")
        term.wait_for("Servers 153")
        term.wait_for("● ACTIVE")
        term.send(keys)
        term.wait_for(lambda term: "still being read" in term.text() or "no place that is shown" in term.text())
        for key in ("y", "\r", "s", "r", "y"):
            rested(term)
            term.send(key)
        term.wait_quiet(0.4)
        calm(term)
        let_go(home)
        term.send("\x1b")
        term.wait_quiet(0.5)
        calm(term)
    assert changes(demo) == []


@pytest.mark.parametrize(
    "keys", ["s", "x", "l", "d", "y", "u", "J", "c", "0", "\x12", "\x1a", ":find api\r", ":project\r"]
)
def test_other_keys_before_the_clouds_are_known_upset_nothing(home: Path, demo: DemoCloud, keys: str) -> None:
    with open_on(home, demo, env=holding(home, "tui.cloud.build")) as term:
        reached(home, term, "tui.cloud.build")
        term.wait_for("● ACTIVE")
        term.send(keys)
        term.wait_quiet(0.3)
        calm(term)
        let_go(home)
        term.wait_quiet(0.5)
        calm(term)
        for _ in range(3):
            rested(term)
            term.send("\x1b")
        term.wait_for(lambda term: "● live" in term.lines()[0], timeout=30)
        calm(term)
        quit_(term)
        restored(term)
    assert changes(demo) == []


def test_keys_typed_ahead_do_nothing_to_rows_fetched_ahead(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo, env=holding(home)) as term:
        reached(home, term)
        for key in ("\x04", "y", "a", "S", "y", "\r"):
            term._put(key)
        let_go(home)
        up(term)
        term.wait_quiet(0.5)
        calm(term)
    assert changes(demo) == []


def test_a_protected_cloud_is_known_as_one_from_the_first_dialog_on(home: Path, demo: DemoCloud) -> None:
    settings = home / "config" / "stackdeck" / "settings.toml"
    settings.write_text(CALM + "[clouds.lab]\nprotected = true\n")
    before(home, demo, "--cloud", "lab")
    with open_on(home, demo, "--cloud", "lab", env=holding(home, "tui.cloud.build")) as term:
        reached(home, term, "tui.cloud.build")
        term.wait_for("● ACTIVE")
        term.send("\x04")
        term.wait_for("still being read")
        let_go(home)
        number_of(term)
        term.send("\x04")
        term.wait_for("protected")
        for key in ("y", "\r"):
            rested(term)
            term.send(key)
        term.wait_quiet(0.4)
    assert changes(demo) == []


def test_get_sends_nothing_out(home: Path, demo: DemoCloud) -> None:
    done = subprocess.run(
        [*COMMAND, "get", "servers", "--cloud", "lab"],
        env=environment(home, {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file), **holding(home, "nothing")}),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not [line for line in (home / "imports").read_text().splitlines() if line.endswith("prefetching")]
    assert list(lists(demo).values()) == [1]
