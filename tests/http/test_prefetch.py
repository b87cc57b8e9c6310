"""First pages fetched ahead: what is asked and what never is, what goes through the pipe, what a feed makes of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as fuzzing
from hypothesis import strategies as st

from tests.http.conftest import CloudsFile, Loader
from tests.http.stage import Answer, Seen, Stage
from tests.http.test_feeds_pages import Nova, Sink, row
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.cloud.reading import kept
from tui.config.options import Options
from tui.config.settings import Settings, Timeouts
from tui.config.state import Remembered, save_state
from tui.live.feed import Asker, Feed
from tui.live.names import Book
from tui.live.polling import Poll
from tui.live.prefetch import Asking, Fetched, Message, Missed, Prefetch, Settled, send_out
from tui.live.prefetching import fetch
from tui.model.events import Delta
from tui.model.place import Identity
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.resources.server import SERVER

SETTINGS = Settings(timeouts=Timeouts(connect=2.0, list=5.0, other=5.0))
SERVERS = "/compute/v2.1/servers/detail"
CANARY = "c4nary-s3cret"
BODY = msgspec.json.encode({"servers": [row("s1"), row("s2")]})


def aged(path: Path) -> Path:
    """Wait until a file's last change is old enough to be trusted."""
    wait_until(lambda: time.time() - path.stat().st_ctime > 0.2, "the file is old enough")
    return path


def warm(clouds_file: CloudsFile, entries: dict[str, object], *signed_in: str, **options: Any) -> Clouds:
    """Do what a run before does: read the configuration, sign in, keep both. `signed_in`: only these entries."""
    aged(clouds_file(entries))
    clouds = Clouds.load(settings=SETTINGS, **options)
    for scope in clouds.scopes:
        if not signed_in or scope.cloud in signed_in:
            with contextlib.suppress(TroubleError):
                clouds.identity(scope)
    clouds.keep()
    assert kept() is not None
    return clouds


def fetched(options: Options | None = None) -> list[Message]:
    """Return what the process of a start tells."""
    told: list[Message] = []
    fetch(told.append, options or Options(), SETTINGS)
    return told


def of(kind: type, told: list[Message]) -> list[Any]:
    return [message for message in told if isinstance(message, kind)]


def tokens(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (home / "cache" / "stackdeck" / "tokens").glob("*.json")}


def test_with_tokens_at_hand_each_place_is_asked_once(stage: Stage, clouds_file: CloudsFile, home: Path) -> None:
    stage.regions = ["r1", "r2"]
    nova = Nova(stage, 250)
    clouds = warm(clouds_file, {"a": stage.entry(region_name=None, regions=["r1", "r2"])})
    before, files = stage.sign_ins, tokens(home)
    told = fetched()
    assert isinstance(told[0], Settled)
    (asking,) = of(Asking, told)
    assert asking.ids == [("server", scope.key, False) for scope in clouds.scopes]
    pages = of(Fetched, told)
    assert sorted(page.id for page in pages) == sorted(asking.ids)
    assert [query.get("limit") for query in nova.asked] == [["100"], ["100"]]
    assert pages[0].identity == clouds.identity(clouds.scopes[0])
    assert pages[0].entry == "a"
    assert stage.sign_ins == before
    assert tokens(home) == files
    assert all(abs(page.at - time.time()) < 600 for page in pages)


def test_where_nothing_is_kept_it_only_reads_the_configuration(
    stage: Stage, clouds_file: CloudsFile, home: Path
) -> None:
    aged(clouds_file({"a": stage.entry()}))
    assert fetched() == [Settled()]
    assert stage.seen == [], "nothing is sent"
    found = kept()
    assert found is not None
    assert list(found.entries) == ["a"]
    assert tokens(home) == {}


@pytest.mark.parametrize("text", ["clouds:\n  lab:\n    auth: {auth_url: [}\n", "7\n", ""])
def test_a_configuration_that_cannot_be_read_is_left_to_the_dashboard(clouds_file: CloudsFile, text: str) -> None:
    aged(clouds_file(text))
    told: list[Message] = []
    with pytest.raises(TroubleError):
        fetch(told.append, Options(), SETTINGS)
    assert told == []
    assert kept() is None


@pytest.mark.parametrize("missing", ["token", "good token"])
def test_it_never_signs_in(stage: Stage, clouds_file: CloudsFile, home: Path, missing: str) -> None:
    stage.servers(row("s1"))
    clouds = warm(clouds_file, {"a": stage.entry()})
    if missing == "token":
        for name in tokens(home):
            (home / "cache" / "stackdeck" / "tokens" / name).unlink()
    else:
        stage.tokens.clear()
    before, files = stage.sign_ins, tokens(home)
    told = fetched()
    assert stage.sign_ins == before
    assert not of(Fetched, told)
    assert [(each.id[1], each.trouble) for each in of(Missed, told)] == (
        [] if missing == "token" else [(clouds.scopes[0].key, None)]
    )
    assert tokens(home) == files, "what is kept belongs to who signs in"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer({"x": {"message": "later"}}, 503, {"Retry-After": "17"}), Cause.SLOW_DOWN),
        (Answer({"forbidden": {"code": 403, "message": "Policy does not allow it"}}, 403), Cause.FORBIDDEN),
        (Answer({"computeFault": {"code": 500, "message": "broken"}}, 500), Cause.SERVER),
        (Answer(drop=True), Cause.NETWORK),
    ],
)
def test_what_a_place_refuses_is_told_and_not_asked_again(
    stage: Stage, clouds_file: CloudsFile, answer: Answer, cause: Cause
) -> None:
    stage.servers(row("s1"))
    clouds = warm(clouds_file, {"a": stage.entry()})
    stage.on("GET", SERVERS, answer)
    (missed,) = of(Missed, fetched())
    assert missed.trouble.cause is cause
    asked = stage.count("GET", SERVERS)
    with through(missed) as prefetch, pytest.raises(TroubleError) as caught:
        Poll(feed_of(clouds, Sink(), prefetch), lambda: None).run()
    assert caught.value.trouble == missed.trouble
    assert stage.count("GET", SERVERS) == asked
    with pytest.raises(TroubleError) as again:
        clouds.api(clouds.scopes[0]).page(SERVER.read, SERVER.row, (("limit", "100"),))
    assert again.value.trouble == missed.trouble, "it reads as if the dashboard itself had asked"


def test_all_projects_that_policy_forbids_become_the_own_one(stage: Stage, clouds_file: CloudsFile) -> None:
    def answer(seen: Seen) -> Answer:
        if "all_tenants" in seen.query:
            return Answer({"forbidden": {"code": 403, "message": "Policy does not allow it"}}, 403)
        return Answer({"servers": [row("s1")]})

    stage.on("GET", SERVERS, answer)
    clouds = warm(clouds_file, {"a": stage.entry()})
    told = fetched(Options(all_projects=True))
    assert of(Asking, told)[0].ids == [("server", clouds.scopes[0].key, True)]
    sink = Sink()
    with through(*of(Missed, told)) as prefetch:
        Poll(feed_of(clouds, sink, prefetch, all_projects=True), lambda: None).run()
    assert [("all_tenants" in seen.query) for seen in stage.seen if seen.path == SERVERS] == [True, False]
    assert [len(event.upserts) for event in sink.events if isinstance(event, Delta)] == [1]


def test_it_asks_what_the_last_run_looked_at(stage: Stage, clouds_file: CloudsFile, home: Path) -> None:
    stage.regions = ["r1", "r2"]
    stage.on("GET", "/image/v2/images", Answer({"images": []}))
    clouds = warm(clouds_file, {"a": stage.entry(region_name=None, regions=["r1", "r2"])})
    save_state(Remembered(scopes=["a/r2", "gone/r9"], view="image"))
    (asking,) = of(Asking, fetched())
    assert asking.ids == [("image", clouds.scopes[1].key, False)]
    (asking,) = of(Asking, fetched(Options(view="servers", regions=("r1",))))
    assert asking.ids == [("server", clouds.scopes[0].key, False)]
    (asking,) = of(Asking, fetched(Options(clouds=("a",), view="flavor")))
    assert [(kind, key) for kind, key, _ in asking.ids] == [("flavor", scope.key) for scope in clouds.scopes]


def test_another_project_is_left_to_the_dashboard(stage: Stage, clouds_file: CloudsFile) -> None:
    stage.servers(row("s1"))
    warm(clouds_file, {"a": stage.entry()})
    before = len(stage.seen)
    told: list[Message] = []
    with contextlib.suppress(TroubleError):
        fetch(told.append, Options(project="other"), SETTINGS)
    assert not of(Asking, told)
    assert len(stage.seen) == before


def test_odd_entries_do_not_keep_the_others_from_being_asked(stage: Stage, clouds_file: CloudsFile) -> None:
    """One that is broken, one that nobody can keep, one behind a jump host, one that asks for its password."""
    stage.servers(row("s1"))
    entries: dict[str, object] = {
        "broken": {"auth": {"auth_url": "ftp://x"}, "region_name": "r1"},
        "odd": {**stage.entry(auth_project_name="odd"), "auth_type": "v3oidcpassword"},
        "behind": stage.entry(auth_project_name="behind", ssh_tunnel="bastion.invalid"),
        "asks": stage.entry(auth_project_name="asks", auth_password=None),
        "good": stage.entry(),
    }
    clouds = warm(clouds_file, entries, "good")
    (good,) = [scope for scope in clouds.scopes if scope.cloud == "good"]
    before = stage.sign_ins
    told = fetched()
    assert of(Asking, told)[0].ids == [("server", good.key, False)]
    assert [page.entry for page in of(Fetched, told)] == ["good"]
    assert stage.sign_ins == before


def test_of_two_entries_to_one_project_the_first_is_used_or_none(stage: Stage, clouds_file: CloudsFile) -> None:
    """Rows are what the first one's user may see; the other's token would show another user's."""
    stage.servers(row("s1"))
    entries: dict[str, object] = {"a": stage.entry(), "b": stage.entry(auth_username="bob")}
    clouds = warm(clouds_file, entries)
    assert [scope.clouds for scope in clouds.scopes] == [("a", "b")]
    other = Clouds.load(settings=SETTINGS, only=["b"])
    other.identity(other.scopes[0])
    assert [page.entry for page in of(Fetched, fetched())] == ["a"]
    used = {seen.token for seen in stage.seen if seen.path == SERVERS}
    assert (len(used), len(stage.tokens)) == (1, 2)
    stage.tokens -= used
    assert not of(Fetched, fetched())
    assert {seen.token for seen in stage.seen if seen.path == SERVERS} == used, "nor is the other one's token tried"


def test_a_page_of_another_user_is_not_taken(stage: Stage, clouds_file: CloudsFile) -> None:
    nova = Nova(stage, 3)
    clouds = warm(clouds_file, {"a": stage.entry()})
    (page,) = of(Fetched, fetched())
    other = msgspec.structs.replace(page, identity=Identity(user="bob", project_id="p1"))
    asked = len(nova.asked)
    with through(other) as prefetch:
        Poll(feed_of(clouds, Sink(), prefetch), lambda: None).run()
    assert len(nova.asked) == asked + 1


def test_a_feed_goes_on_from_the_page_that_was_fetched(stage: Stage, clouds_file: CloudsFile) -> None:
    nova, sink = Nova(stage, 250), Sink()
    clouds = warm(clouds_file, {"a": stage.entry()})
    told = fetched()
    (page,) = of(Fetched, told)
    with through(*told) as prefetch:
        # A token that was renewed meanwhile makes no other user of us.
        stage.lifetime = 7200
        feed = feed_of(clouds, sink, prefetch)
        Poll(feed, lambda: None).run()
    assert [query.get("marker") for query in nova.asked] == [None, ["s0099"]]
    deltas = [event for event in sink.events if isinstance(event, Delta)]
    assert sum(len(delta.upserts) for delta in deltas) == 250
    assert deltas[0].at == page.at, "rows are as of when they came, not of when they were taken"
    assert deltas[-1].complete
    assert feed.complete


@pytest.mark.parametrize("age", [11.0, 3600.0])
def test_a_page_that_lay_there_is_asked_for_anew(stage: Stage, clouds_file: CloudsFile, age: float) -> None:
    nova = Nova(stage, 3)
    clouds = warm(clouds_file, {"a": stage.entry()})
    (page,) = of(Fetched, fetched())
    trouble = Trouble(Cause.SERVER, "old")
    for old in (msgspec.structs.replace(page, at=page.at - age), Missed(page.id, page.at - age, trouble)):
        asked = len(nova.asked)
        with through(old) as prefetch:
            Poll(feed_of(clouds, Sink(), prefetch), lambda: None).run()
        assert len(nova.asked) == asked + 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"servers": 7}', b'{"servers": [', b"\xff\xfe"])
def test_an_answer_that_makes_no_sense_is_asked_for_anew(stage: Stage, clouds_file: CloudsFile, body: bytes) -> None:
    nova, sink = Nova(stage, 3), Sink()
    clouds = warm(clouds_file, {"a": stage.entry()})
    (page,) = of(Fetched, fetched())
    asked = len(nova.asked)
    with through(msgspec.structs.replace(page, body=body)) as prefetch:
        Poll(feed_of(clouds, sink, prefetch), lambda: None).run()
    assert len(nova.asked) == asked + 1
    assert [len(event.upserts) for event in sink.events if isinstance(event, Delta)] == [3]


def test_no_secret_goes_through_the_pipe(stage: Stage, clouds_file: CloudsFile) -> None:
    stage.password = CANARY
    stage.servers(row("s1"))
    aged(clouds_file({"a": stage.entry(auth_password=CANARY), "b": stage.entry(auth_password="wrong" + CANARY)}))
    cold = fetched()
    clouds = Clouds.load(settings=SETTINGS)
    clouds.identity(clouds.scopes[0])
    clouds.keep()
    for answer in (None, Answer({"error": {"code": 500, "message": f"of {next(iter(stage.tokens))}"}}, 500)):
        if answer is not None:
            stage.on("GET", SERVERS, answer)
        told = [*cold, *fetched()]
        assert of(Fetched if answer is None else Missed, told)
        passed = b"".join(msgspec.msgpack.encode(message) for message in told)
        assert CANARY.encode() not in passed
        if answer is None:
            assert not any(token.encode() in passed for token in stage.tokens)


# -- the other end of the pipe -----------------------------------------------------------------------------------------


class Through(Prefetch):
    """A prefetch of a process that does nothing: the test writes into its pipe."""

    def __init__(self) -> None:
        self.child = subprocess.Popen(["sleep", "1000"])
        reading, self.writing = os.pipe()
        super().__init__(self.child.pid, reading)

    def write(self, *messages: Message) -> None:
        for message in messages:
            data = msgspec.msgpack.encode(message)
            self.put(len(data).to_bytes(4, "big") + data)

    def put(self, data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self.writing, data)

    def shut(self) -> None:
        """Let the process say nothing more."""
        if self.writing >= 0:
            os.close(self.writing)
            self.writing = -1

    def gone(self) -> bool:
        """Whether the process has ended, and nothing is left of it."""
        return not Path(f"/proc/{self.child.pid}").exists()

    def __enter__(self) -> Through:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
        self.shut()
        wait_until(self.gone, "the end of the process")
        self.child.returncode = 0  # it was waited for by the prefetch


@contextlib.contextmanager
def through(*messages: Message) -> Iterator[Through]:
    """Tell these messages, and that their views are asked for."""
    with Through() as prefetch:
        prefetch.write(Asking([message.id for message in messages if isinstance(message, Fetched | Missed)]))
        prefetch.write(*messages)
        yield prefetch


def feed_of(clouds: Clouds, sink: Sink, prefetch: Prefetch, *, all_projects: bool = False) -> Feed:
    asker = Asker(clouds, sink, time.time, None, prefetch)
    scope = clouds.scopes[0]
    return Feed(asker, SERVER, scope, all_projects=all_projects, generation=1, book=Book())


def page_of(key: str = "k", body: bytes = BODY) -> Fetched:
    return Fetched(
        ("server", key, False), time.time(), "a", "http://nova", Identity(), 200, "http://nova", "", "", body
    )


def take(prefetch: Prefetch, key: str = "k") -> Any:
    return prefetch.take("server", key, all_projects=False)


def test_a_page_is_handed_out_once() -> None:
    with through(page_of()) as prefetch:
        found = take(prefetch)
        assert [each.id for each in found.page.rows] == ["s1", "s2"]
        assert take(prefetch) is None
        assert prefetch.page("server", "k", all_projects=False) is None


def test_a_refusal_is_told_once() -> None:
    with through(Missed(("server", "k", False), time.time(), Trouble(Cause.SERVER, "broken"))) as prefetch:
        with pytest.raises(TroubleError):
            take(prefetch)
        assert take(prefetch) is None


def test_a_page_that_nobody_asked_for_is_none() -> None:
    with through(page_of("other")) as prefetch:
        prefetch.write(page_of("unasked"), page_of("last"))
        assert take(prefetch, "unasked") is None
        assert take(prefetch, "other") is not None


def test_all_projects_and_kinds_are_views_of_their_own() -> None:
    with through(page_of()) as prefetch:
        assert prefetch.take("server", "k", all_projects=True) is None
        assert prefetch.take("image", "k", all_projects=False) is None
        assert take(prefetch) is not None


def test_who_listens_is_told_of_what_came_and_what_comes() -> None:
    heard: list[str] = []
    with through(page_of("a"), page_of("b")) as prefetch:
        assert take(prefetch, "b") is not None, "both have come"
        prefetch.listen(lambda id_: heard.append(id_[1]))
        assert heard == ["a"]
        prefetch.write(Asking([("server", "c", False)]), page_of("c"))
        wait_until(lambda: heard == ["a", "c"], "the page that came later")


def wait_for_page(prefetch: Prefetch) -> tuple[threading.Thread, list[Any]]:
    """Wait for a page as a feed does."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(take(prefetch)), daemon=True)
    thread.start()
    return thread, found


def junk(prefetch: Through) -> None:
    """Say nonsense."""
    prefetch.put(b"\x00\x00\x00\x05hello")


def zeros(prefetch: Through) -> None:
    """Say a message of no length."""
    prefetch.put(b"\x00" * 64)


def huge(prefetch: Through) -> None:
    """Announce more than there can be."""
    prefetch.put(b"\xff\xff\xff\xff rest")


def half(prefetch: Through) -> None:
    """Die in the middle of a message."""
    data = msgspec.msgpack.encode(page_of())
    prefetch.put(len(data).to_bytes(4, "big") + data[: len(data) // 2])
    prefetch.child.kill()
    prefetch.shut()


def early(prefetch: Through) -> None:
    """End without a word."""
    prefetch.child.kill()
    prefetch.shut()


def closed(prefetch: Through) -> None:
    """Close the pipe and live on."""
    prefetch.shut()


def ended(prefetch: Through) -> None:
    """Be told to end."""
    prefetch.close()
    prefetch.shut()


WAYS_TO_FAIL = [junk, zeros, huge, half, early, closed, ended]


@pytest.mark.parametrize("asking", [False, True], ids=["before it says what it asks", "while it asks"])
@pytest.mark.parametrize("fails", WAYS_TO_FAIL)
def test_whatever_happens_to_it_nobody_waits_and_nothing_is_left(
    fails: Callable[[Through], None], asking: bool
) -> None:
    with Through() as prefetch:
        if asking:
            prefetch.write(Settled(), Asking([("server", "k", False)]))
        thread, found = wait_for_page(prefetch)
        fails(prefetch)
        began = time.process_time()
        thread.join(60)
        assert found == [None]
        assert time.process_time() - began < 5
        wait_until(prefetch.gone, "the process is gone, and no zombie")
        assert prefetch.settled() is asking
        prefetch.close()
        assert take(prefetch) is None


def test_what_came_before_it_broke_is_good() -> None:
    with through(page_of()) as prefetch:
        junk(prefetch)
        wait_until(prefetch.gone, "the process is gone")
        assert take(prefetch) is not None


@fuzzing(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=60) | st.just(b"\x00\x00\x00\x01\x91"), max_size=6), st.booleans())
def test_no_bytes_upset_the_reader(chunks: list[bytes], framed: bool) -> None:
    failures: list[object] = []
    hook, threading.excepthook = threading.excepthook, lambda args: failures.append(args.exc_value)
    try:
        with Through() as prefetch:
            for chunk in chunks:
                prefetch.put(len(chunk).to_bytes(4, "big") + chunk if framed else chunk)
            prefetch.shut()
            assert take(prefetch) is None
            wait_until(prefetch.gone, "the process is gone")
    finally:
        threading.excepthook = hook
    assert failures == []


# -- the process itself ------------------------------------------------------------------------------------------------

PROGRAM = """
import os, resource, sys
from tui.config.options import Options
from tui.config.settings import load_settings
from tui.live.prefetch import send_out
settings = load_settings()
if "no more files" in sys.argv:
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
sent = send_out(Options(token_cache="no cache" not in sys.argv), settings)
print(sent._process if sent else 0, flush=True)
sys.stdin.readline()
"""


@contextlib.contextmanager
def sender(*args: str, cores: int = 0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a program that sends it out and waits for a line; gives it and the number of what was sent out, or 0."""
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *args],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores]) if cores else None,
    )
    with program:
        assert program.stdout is not None
        try:
            yield program, int(program.stdout.readline())
        finally:
            program.kill()


needs_two = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="there is one processor here"
)


@needs_two
def test_nothing_is_sent_out_where_that_is_of_no_use(stage: Stage, clouds_file: CloudsFile) -> None:
    with sender() as (_, process):
        assert process == 0, "there is no token"
    warm(clouds_file, {"a": stage.entry()})
    with sender("no cache") as (_, process):
        assert process == 0
    with sender(cores=1) as (_, process):
        assert process == 0
    with sender() as (_, process):
        assert process > 0
    assert threading.active_count() > 1 or send_out(Options(token_cache=False), SETTINGS) is None


@needs_two
def test_a_start_does_without_where_no_more_files_may_be_opened(stage: Stage, clouds_file: CloudsFile) -> None:
    warm(clouds_file, {"a": stage.entry()})
    with sender("no more files") as (_, process):
        assert process == 0


@needs_two
def test_it_ends_with_who_sent_it_even_if_that_is_killed(stage: Stage, clouds_file: CloudsFile) -> None:
    go = threading.Event()

    def hang(seen: Seen) -> Answer:
        go.wait(60)
        return Answer({"servers": []})

    warm(clouds_file, {"a": stage.entry()})
    stage.on("GET", SERVERS, hang)
    try:
        with sender() as (program, process):
            wait_until(lambda: stage.count("GET", SERVERS), "the list is asked for", 30)
            files = Path(f"/proc/{process}/fd")
            assert {os.readlink(files / str(number)) for number in range(3)} == {os.devnull}
            assert Path(f"/proc/{process}").exists()
            program.kill()
            wait_until(lambda: running(process) is False, "its end", 5)
    finally:
        go.set()


def running(process: int) -> bool:
    """Whether a process of another parent runs; once it has ended it may stay a zombie for whoever adopted it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@needs_two
def test_nothing_is_left_of_it_while_the_run_goes_on(stage: Stage, clouds_file: CloudsFile) -> None:
    stage.servers(row("s1"))
    warm(clouds_file, {"a": stage.entry()})
    with sender() as (program, process):
        wait_until(lambda: not Path(f"/proc/{process}").exists(), "its end, without a zombie", 30)
        assert stage.count("GET", SERVERS) == 1
        assert program.poll() is None


def test_who_reads_it_imports_neither_sdk_nor_requests(stage: Stage, clouds_file: CloudsFile) -> None:
    stage.servers(row("s1"))
    warm(clouds_file, {"a": stage.entry()})
    program = PROGRAM.replace("sys.stdin.readline()", "if sent: sent.settled()\nprint(*sys.modules)")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"openstack", "keystoneauth1", "requests", "asyncssh", "textual"}


def test_the_loader_fixture_reads_what_was_kept(stage: Stage, clouds_file: CloudsFile, load: Loader) -> None:
    """Entries that are not kept are left out only where nobody may sign in."""
    entries: dict[str, object] = {
        "broken": {"auth": {"auth_url": "ftp://x"}, "region_name": "r1"},
        "good": stage.entry(),
    }
    warm(clouds_file, entries)
    assert [entry.name for entry in load().entries] == ["broken", "good"]
    known = kept()
    assert known is not None
    found = load(kept=known, signs_in=False)
    assert [entry.name for entry in found.entries] == ["good"]
