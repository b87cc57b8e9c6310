"""The Identity service: its routes, version documents and error bodies."""

from __future__ import annotations

from tui.demo.keystone import directory, login
from tui.demo.records import Json
from tui.demo.rest import REASONS, Answer, Call, Refusal, Service, reply
from tui.demo.tokens import TokenStore

UNKNOWN = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was "
    "not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n"
)


class Identity(Service):
    """Keystone of one cloud."""

    kind = "identity"
    unguarded = frozenset({"", "/v3", "/v3/auth/tokens"})

    def __init__(self, store: TokenStore) -> None:
        super().__init__()
        add = self.routes.add
        add("GET", "/", versions)
        add("GET", "/v3", version)
        entrance = login.Login(store)
        add("POST", "/v3/auth/tokens", entrance.log_in)
        add("GET", "/v3/auth/tokens", entrance.show)
        add("HEAD", "/v3/auth/tokens", entrance.show)
        add("DELETE", "/v3/auth/tokens", entrance.revoke)
        directory.add_routes(self.routes)

    def refuse(self, call: Call, refusal: Refusal) -> Answer:
        """Keystone's error body."""
        title = REASONS.get(refusal.status, "Error")
        answer = reply({"error": {"code": refusal.status, "message": refusal.message, "title": title}}, refusal.status)
        if refusal.status == 401:
            answer.headers["WWW-Authenticate"] = f'Keystone uri="{call.root}/v3"'
        return answer

    def unauthorized(self, call: Call) -> Answer:
        """Keystone words its own 401, since no middleware stands before it."""
        return self.refuse(call, Refusal(401, "The request you have made requires authentication."))

    def unknown(self, call: Call) -> Answer:
        """The answer to a path that does not exist."""
        if self.routes.knows(call.path):
            return super().unknown(call)
        return Answer(404, UNKNOWN.encode(), "text/html; charset=utf-8")

    def dress(self, call: Call, answer: Answer) -> None:
        """Every answer of Keystone depends on the token."""
        super().dress(call, answer)
        answer.headers.setdefault("Vary", "X-Auth-Token")


def versions(call: Call) -> Answer:
    """`GET /`: 300 Multiple Choices, although there is but one."""
    answer = reply({"versions": {"values": [_version(call)]}}, 300)
    answer.headers["Location"] = f"{call.root}/v3/"
    return answer


def version(call: Call) -> Answer:
    """`GET /v3`."""
    return reply({"version": _version(call)})


def _version(call: Call) -> Json:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{call.root}/v3/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }
