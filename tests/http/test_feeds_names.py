"""Names for ids, and what other services tell of servers: few requests, and none needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.http.stage import Answer, Seen, Stage
from tui.cloud import Clouds
from tui.live.completing import learn_names, supplement
from tui.live.feed import Asker, Feed
from tui.live.names import Book
from tui.live.polling import Poll
from tui.model.events import Delta, Event, NamesLearnt
from tui.resources.server import SERVER, fixed, floating, image_name

Loader = Callable[..., Clouds]
FORBIDDEN = Answer({"forbidden": {"code": 403, "message": "Policy doesn't allow it"}}, 403)


class Sink:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def put(self, event: Event) -> None:
        self.events.append(event)

    def upserts(self) -> list[Any]:
        return [entry for event in self.events if isinstance(event, Delta) for entry in event.upserts]


def row(number: int, image: int = 0) -> dict[str, Any]:
    return {
        "id": f"s{number}",
        "name": f"web-{number}",
        "status": "ACTIVE",
        "tenant_id": "p1",
        "image": {"id": f"image-{image}"},
        "flavor": {"original_name": "m1.small", "vcpus": 1, "ram": 512, "disk": 1},
        "addresses": {"net": [{"addr": f"10.0.0.{number}", "version": 4, "OS-EXT-IPS:type": "fixed"}]},
        "updated": "2026-11-20T10:00:00Z",
    }


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def feed(stage: Stage, load: Loader, sink: Sink) -> Feed:
    clouds = load({"a": stage.entry()}, token_cache=False)
    scope = clouds.scopes[0]
    return Feed(Asker(clouds, sink, lambda: 1.0), SERVER, scope, all_projects=False, generation=1, book=Book())


def images(seen: Seen) -> Answer:
    ids = seen.query["id"][0].removeprefix("in:").split(",")
    return Answer({"images": [{"id": ident, "name": f"name of {ident}"} for ident in ids if ident != "image-1"]})


def test_a_few_requests_name_many_ids_each_once(stage: Stage, feed: Feed, sink: Sink) -> None:
    stage.servers(*(row(number, number % 3) for number in range(60)))
    stage.on("GET", "/image/v2/images", images)
    stage.on("GET", "/image/images", images)
    Poll(feed, lambda: None).run()
    learn_names(feed)
    named = {image_name(entry) for entry in sink.upserts()}
    assert named == {"name of image-0", "image-1"[:8], "name of image-2"}
    assert [event.kinds for event in sink.events if isinstance(event, NamesLearnt)] == [{"image", "project"}]
    asked = [seen for seen in stage.seen if seen.path.endswith("/images")]
    assert len(asked) == 1
    feed.learner.note([entry.row for entry in sink.upserts()])
    learn_names(feed)
    assert len([seen for seen in stage.seen if seen.path.endswith("/images")]) == 1, "an unknown id is not asked again"


def test_projects_are_named_from_one_s_own_where_policy_forbids_all(stage: Stage, feed: Feed, sink: Sink) -> None:
    stage.servers(row(1))
    stage.on("GET", "/identity/v3/projects", FORBIDDEN)
    Poll(feed, lambda: None).run()
    learn_names(feed)
    assert sink.upserts()[0].label("project", "p1") == "web"


def test_addresses_come_from_neutron_and_go_with_the_port(stage: Stage, feed: Feed, sink: Sink) -> None:
    stage.servers(row(1), row(2))
    ports = [port("port-1", "s1", "10.0.0.91"), port("port-2", "s2", "10.0.0.92")]
    address = {"id": "f1", "port_id": "port-1", "floating_ip_address": "203.0.113.9"}
    for root in ("/network", "/network/v2.0"):
        stage.on("GET", f"{root}/ports", lambda seen: Answer({"ports": ports}))
        stage.on("GET", f"{root}/floatingips", lambda seen: Answer({"floatingips": [address]}))
    Poll(feed, lambda: None).run()
    supplement(feed)
    assert (fixed(feed.rows["s1"]), floating(feed.rows["s1"])) == (("10.0.0.91",), ("203.0.113.9",))
    told = len(sink.events)
    supplement(feed)
    assert len(sink.events) == told, "nothing changed, nothing is told"
    ports.pop()
    supplement(feed)
    assert feed.unwired == ["s2"]


def port(ident: str, server: str, address: str) -> dict[str, Any]:
    return {"id": ident, "device_id": server, "network_id": "n1", "fixed_ips": [{"ip_address": address}]}


def test_half_of_the_answers_is_not_taken_for_the_whole(stage: Stage, feed: Feed) -> None:
    stage.servers(row(1))
    for root in ("/network", "/network/v2.0"):
        stage.on("GET", f"{root}/ports", lambda seen: Answer({"ports": [port("port-1", "s1", "10.0.0.91")]}))
        stage.on("GET", f"{root}/floatingips", FORBIDDEN)
    Poll(feed, lambda: None).run()
    assert supplement(feed) > 60, "what policy forbids is asked for seldom"
    assert fixed(feed.rows["s1"]) == ("10.0.0.1",)


@pytest.mark.parametrize("body", [{"ports": None}, {"ports": "x"}, {"ports": [1, None, "x"]}, {}, []])
def test_nonsense_from_neutron_harms_nobody(stage: Stage, feed: Feed, body: Any) -> None:
    stage.servers(row(1))
    for root in ("/network", "/network/v2.0"):
        stage.on("GET", f"{root}/ports", Answer(body))
        stage.on("GET", f"{root}/floatingips", Answer({"floatingips": []}))
    Poll(feed, lambda: None).run()
    supplement(feed)
    assert fixed(feed.rows["s1"]) == ("10.0.0.1",)
