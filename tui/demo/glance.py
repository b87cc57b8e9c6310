"""Glance v2: images, their pages and filters, and the changes that a client can make to them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import msgspec

from tui.demo.clock import parse_time, seeded_uuid, zulu
from tui.demo.records import Image, Json
from tui.demo.rest import REASONS, Answer, Call, Refusal, Routes, Service, identity_url, page, reply

LIMIT = 25
MAX_LIMIT = 1000
MINORS = (15, 13, 12, 11, 10, 9, 8, 17, 7, 6, 5, 4, 3, 2, 1, 0)
"""Minor versions in the order in which Glance lists them."""

FIELDS = (
    "name", "disk_format", "container_format", "visibility", "size", "virtual_size", "status", "checksum",
    "protected", "min_ram", "min_disk", "owner", "os_hidden", "os_hash_algo", "os_hash_value", "id", "created_at",
    "updated_at", "tags", "self", "file", "schema", "stores", "direct_url", "locations",
)  # fmt: skip
SORTS = ("name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at")


class ImageService(Service):
    """Glance of every region."""

    kind = "image"
    unguarded = frozenset({"", "/versions"})

    def __init__(self) -> None:
        super().__init__()
        self.routes.add("GET", "/", versions)
        self.routes.add("GET", "/versions", versions)
        add_routes(self.routes)

    def admit(self, call: Call) -> None:
        """Glance is for projects too."""
        if call.token is not None and call.token.project_id is None:
            raise Refusal(403, "You are not authorized to complete get_images action.")

    def refuse(self, call: Call, refusal: Refusal) -> Answer:
        """Glance answers errors in HTML."""
        return page(call, REASONS.get(refusal.status, "Error"), refusal.message, refusal.status)

    def unauthorized(self, call: Call) -> Answer:
        """Glance replaces the middleware's 401 by its own page."""
        answer = page(
            call,
            "Unauthorized",
            "This server could not verify that you are authorized to access the document you requested. Either you "
            "supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply "
            "the credentials required.",
            401,
        )
        answer.headers["WWW-Authenticate"] = f'Keystone uri="{identity_url(call.world, call.cloud)}"'
        return answer


def add_routes(routes: Routes) -> None:
    """Let the images' paths be found."""
    routes.add("GET", "/v2/images", list_images)
    routes.add("POST", "/v2/images", create)
    routes.add("GET", "/v2/images/{image}", show)
    routes.add("PATCH", "/v2/images/{image}", update)
    routes.add("DELETE", "/v2/images/{image}", delete)
    routes.add("PUT", "/v2/images/{image}/file", upload)
    routes.add("PUT", "/v2/images/{image}/tags/{tag}", add_tag)
    routes.add("DELETE", "/v2/images/{image}/tags/{tag}", remove_tag)
    routes.add("GET", "/v2/images/{image}/members", members)
    routes.add("GET", "/v2/schemas/image", schema)


def versions(call: Call) -> Answer:
    """`GET /`: 300 with every minor version."""
    here = [{"rel": "self", "href": f"{call.root}/v2/"}]
    rows = [{"id": f"v2.{n}", "status": "CURRENT" if n == max(MINORS) else "SUPPORTED", "links": here} for n in MINORS]
    return reply({"versions": rows}, 300)


@lru_cache(maxsize=4096)
def _hashes(ident: str) -> tuple[str, str]:
    return hashlib.md5(ident.encode()).hexdigest(), hashlib.sha512(ident.encode()).hexdigest()  # noqa: S324


def view(image: Image) -> Json:
    """An image as Glance shows it: its free properties beside the fixed ones."""
    uploaded = image.size is not None
    checksum, digest = _hashes(image.id)
    body: Json = dict(image.properties)
    body |= {
        "name": image.name,
        "disk_format": image.disk_format,
        "container_format": image.container_format,
        "visibility": image.visibility,
        "size": image.size,
        "virtual_size": image.virtual_size,
        "status": image.status,
        "checksum": checksum if uploaded else None,
        "protected": image.protected,
        "min_ram": image.min_ram,
        "min_disk": image.min_disk,
        "owner": image.owner,
        "os_hidden": image.hidden,
        "os_hash_algo": "sha512" if uploaded else None,
        "os_hash_value": digest if uploaded else None,
        "id": image.id,
        "created_at": zulu(image.created),
        "updated_at": zulu(image.updated),
        "tags": image.tags,
        "self": f"/v2/images/{image.id}",
        "file": f"/v2/images/{image.id}/file",
        "schema": "/v2/schemas/image",
    }
    if uploaded:
        body["stores"] = "file"
    return body


def visible(call: Call, image: Image) -> bool:
    """May the caller's project see an image at all?"""
    return call.admin or image.visibility in ("public", "community") or image.owner == call.scope.project_id


def find(call: Call) -> Image:
    """The image of the path."""
    ident = call.params["image"]
    image = call.place.images.get(ident)
    if image is None or not visible(call, image):
        raise Refusal(404, f"No image found with ID {ident}")
    return image


def list_images(call: Call) -> Answer:
    """`GET /v2/images`."""
    rows = [image for image in call.place.images.values() if _listed(call, image)]
    for check in _filters(call):
        rows = [image for image in rows if check(image)]
    _sort(call, rows)
    first = [(k, v) for k, v in call.query if k != "marker"]
    marker = call.first("marker")
    if marker is not None:
        places = [i for i, image in enumerate(rows) if image.id == marker]
        if not places:
            raise Refusal(400, f"No image found with ID {marker}")
        rows = rows[places[0] + 1 :]
    limit = _limit(call)
    shown = rows[:limit]
    query = urlencode(first)
    body: Json = {
        "images": [view(image) for image in shown],
        "first": "/v2/images" + (f"?{query}" if query else ""),
        "schema": "/v2/schemas/images",
    }
    if shown and len(shown) == limit:
        body["next"] = "/v2/images?" + urlencode([*first, ("marker", shown[-1].id)])
    return reply(body)


def _listed(call: Call, image: Image) -> bool:
    """Is an image in the list when nothing else is said? Community images only when asked for."""
    wanted = call.first("visibility")
    if wanted is not None and wanted not in ("public", "private", "community", "shared", "all"):
        raise Refusal(400, f"Invalid visibility value: {wanted}")
    if (call.first("os_hidden") or "false").lower() != str(image.hidden).lower():
        return False
    if wanted is None:
        own = image.owner == call.scope.project_id
        return visible(call, image) and (image.visibility != "community" or own)
    return visible(call, image) and wanted in ("all", image.visibility)


def _limit(call: Call) -> int:
    text = call.first("limit")
    if text is None:
        return LIMIT
    try:
        limit = int(text)
    except ValueError as error:
        raise Refusal(400, "limit param must be an integer") from error
    if limit < 0:
        raise Refusal(400, "limit param must be positive")
    return min(limit, MAX_LIMIT)


def _filters(call: Call) -> list[Callable[[Image], bool]]:
    checks: list[Callable[[Image], bool]] = []
    skipped = {"limit", "marker", "sort", "sort_key", "sort_dir", "visibility", "os_hidden", "member_status"}
    for name, value in call.query:
        if name in skipped:
            continue
        if name == "tag":
            checks.append(lambda image, v=value: v in image.tags)  # type: ignore[misc]
        elif name in ("size_min", "size_max"):
            low, high = (int(value), 1 << 62) if name == "size_min" else (0, int(value))
            checks.append(lambda image, low=low, high=high: low <= (image.size or 0) <= high)  # type: ignore[misc]
        elif name in ("created_at", "updated_at"):
            checks.append(_dated(name, value))
        else:
            wanted = set(value[3:].split(",")) if value.startswith("in:") else {value}
            checks.append(lambda image, n=name, w=wanted: _text(view(image).get(n)) in w)  # type: ignore[misc]
    return checks


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _dated(name: str, value: str) -> Callable[[Image], bool]:
    operator, _, moment = value.partition(":")
    seconds = parse_time(moment)
    if operator not in ("gt", "gte", "lt", "lte", "eq", "neq") or seconds is None:
        raise Refusal(400, f"Unable to filter on an unknown operator or time: {value}")

    def check(image: Image) -> bool:
        stamp = image.created if name == "created_at" else image.updated
        return {
            "gt": stamp > seconds,
            "gte": stamp >= seconds,
            "lt": stamp < seconds,
            "lte": stamp <= seconds,
            "eq": stamp == seconds,
            "neq": stamp != seconds,
        }[operator]

    return check


def _sort(call: Call, rows: list[Image]) -> None:
    """Newest first, unless `sort` or `sort_key` say otherwise."""
    wanted: list[tuple[str, str]] = []
    sort = call.first("sort")
    if sort:
        wanted = [(key, direction or "desc") for key, _, direction in (part.partition(":") for part in sort.split(","))]
    else:
        dirs = call.all("sort_dir") or ["desc"]
        keys = call.all("sort_key") or ["created_at"]
        wanted = [(key, dirs[min(i, len(dirs) - 1)]) for i, key in enumerate(keys)]
    for key, direction in wanted:
        if key not in SORTS:
            raise Refusal(400, f"Invalid sort key: {key}. It must be one of the following: {', '.join(SORTS)}.")
        if direction not in ("asc", "desc"):
            raise Refusal(400, f"Invalid sort direction: {direction}. It must be one of the following: asc, desc.")
    rows.sort(key=lambda image: image.id, reverse=True)
    for key, direction in reversed(wanted):
        rows.sort(key=lambda image, k=key: _rank(view(image)[k]), reverse=direction == "desc")  # type: ignore[misc]


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)


def show(call: Call) -> Answer:
    """`GET /v2/images/{image}`."""
    return reply(view(find(call)))


def _own(call: Call, image: Image, rule: str) -> None:
    if not call.admin and image.owner != call.scope.project_id:
        raise Refusal(403, f"You are not authorized to complete {rule} action.")


def create(call: Call) -> Answer:
    """`POST /v2/images`: an image without data yet."""
    body = call.json()
    now = call.place.now()
    image = Image(seeded_uuid(call.place.rng), None, call.scope.project_id or "", None, now, now, "queued", "shared")
    image.disk_format = image.container_format = None
    for name, value in body.items():
        _set(image, name, value)
    call.place.images[image.id] = image
    answer = reply(view(image), 201)
    answer.headers["Location"] = f"{call.root}/v2/images/{image.id}"
    return answer


def update(call: Call) -> Answer:
    """`PATCH /v2/images/{image}`: add, replace or remove single properties."""
    image = find(call)
    _own(call, image, "modify_image")
    try:
        changes = msgspec.json.decode(call.raw, type=list[dict[str, Any]])
    except msgspec.DecodeError as error:
        raise Refusal(400, "Request body must be a JSON array of operation objects.") from error
    for change in changes:
        name = str(change.get("path", "")).strip("/")
        if change.get("op") == "remove":
            image.properties.pop(name, None)
        else:
            _set(image, name, change.get("value"))
    image.updated = call.place.now()
    return reply(view(image))


_ATTRIBUTES = {"os_hidden": "hidden"}
_WRITABLE = {
    "name",
    "visibility",
    "disk_format",
    "container_format",
    "min_disk",
    "min_ram",
    "protected",
    "tags",
    "os_hidden",
}


def _set(image: Image, name: str, value: Any) -> None:
    if name in _WRITABLE:
        setattr(image, _ATTRIBUTES.get(name, name), value)
    elif name in FIELDS:
        raise Refusal(403, f"Attribute '{name}' is read-only.")
    else:
        image.properties[name] = str(value)


def upload(call: Call) -> Answer:
    """`PUT /v2/images/{image}/file`: the data is counted and forgotten."""
    image = find(call)
    _own(call, image, "upload_image")
    if image.status != "queued":
        raise Refusal(409, f"Image status transition from {image.status} to saving is not allowed")
    image.status, image.size, image.virtual_size = "active", len(call.raw), len(call.raw)
    image.updated = call.place.now()
    return Answer(204)


def delete(call: Call) -> Answer:
    """`DELETE /v2/images/{image}`."""
    image = find(call)
    _own(call, image, "delete_image")
    if image.protected:
        raise Refusal(403, f"Image {image.id} is protected and cannot be deleted.")
    del call.place.images[image.id]
    return Answer(204)


def add_tag(call: Call) -> Answer:
    """`PUT /v2/images/{image}/tags/{tag}`."""
    image = find(call)
    _own(call, image, "modify_image")
    if call.params["tag"] not in image.tags:
        image.tags.append(call.params["tag"])
        image.updated = call.place.now()
    return Answer(204)


def remove_tag(call: Call) -> Answer:
    """`DELETE /v2/images/{image}/tags/{tag}`."""
    image = find(call)
    _own(call, image, "modify_image")
    if call.params["tag"] not in image.tags:
        raise Refusal(404, "Tag not found")
    image.tags.remove(call.params["tag"])
    image.updated = call.place.now()
    return Answer(204)


def members(call: Call) -> Answer:
    """`GET /v2/images/{image}/members`: nobody."""
    if find(call).visibility != "shared":
        raise Refusal(403, "Only shared images have members.")
    return reply({"members": [], "schema": "/v2/schemas/members"})


def schema(call: Call) -> Answer:
    """`GET /v2/schemas/image`: the names of the fixed properties."""
    return reply({"name": "image", "properties": {name: {"type": "string"} for name in FIELDS}})
