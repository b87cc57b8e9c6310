"""What Keystone knows beside tokens: projects, users, roles, domains, services, endpoints, regions."""

from __future__ import annotations

from collections.abc import Iterable

from tui.demo.keystone.catalog import ENTRIES, catalog_of, endpoints, service_id
from tui.demo.records import Json, Project, User
from tui.demo.rest import Answer, Call, Refusal, Routes, reply


def add_routes(routes: Routes) -> None:
    """Let the directory's paths be found."""
    get = {
        "/v3/auth/catalog": auth_catalog,
        "/v3/auth/projects": auth_projects,
        "/v3/auth/domains": auth_domains,
        "/v3/auth/system": auth_system,
        "/v3/projects": projects,
        "/v3/projects/{project}": project,
        "/v3/users": users,
        "/v3/users/{user}": user,
        "/v3/users/{user}/projects": user_projects,
        "/v3/roles": roles,
        "/v3/domains": domains,
        "/v3/domains/{domain}": domain,
        "/v3/services": services,
        "/v3/services/{service}": service,
        "/v3/endpoints": all_endpoints,
        "/v3/regions": regions,
        "/v3/regions/{region}": region,
        "/v3/role_assignments": role_assignments,
    }
    for path, handler in get.items():
        routes.add("GET", path, handler)


def _collection(call: Call, name: str, rows: Iterable[Json]) -> Answer:
    kept = [
        row for row in rows if all(str(row.get(k)) == v for k, v in call.query if k in ("name", "domain_id", "type"))
    ]
    return reply({name: kept, "links": {"next": None, "self": f"{call.root}{call.path}", "previous": None}})


def _need_admin(call: Call, rule: str) -> None:
    if not call.admin:
        raise Refusal(403, f"You are not authorized to perform the requested action: identity:{rule}.")


def _missing(kind: str, ident: str) -> Refusal:
    return Refusal(404, f"Could not find {kind}: {ident}.")


def _link(call: Call, path: str) -> Json:
    return {"self": f"{call.root}/v3/{path}"}


def _project(call: Call, it: Project) -> Json:
    return {
        "id": it.id,
        "name": it.name,
        "domain_id": "default",
        "description": it.description,
        "enabled": it.enabled,
        "parent_id": "default",
        "is_domain": False,
        "tags": [],
        "options": {},
        "links": _link(call, f"projects/{it.id}"),
    }


def _user(call: Call, it: User) -> Json:
    return {
        "id": it.id,
        "name": it.name,
        "domain_id": "default",
        "enabled": True,
        "password_expires_at": None,
        "options": {},
        "links": _link(call, f"users/{it.id}"),
    }


def auth_catalog(call: Call) -> Answer:
    """`GET /v3/auth/catalog`."""
    if not call.scope.roles:
        raise Refusal(403, "You are not authorized to perform the requested action.")
    return reply({"catalog": catalog_of(call, call.scope), "links": {"self": f"{call.root}/v3/auth/catalog"}})


def _projects_of(call: Call, it: User) -> list[Json]:
    return [_project(call, p) for p in call.cloud.projects.values() if p.id in it.roles]


def auth_projects(call: Call) -> Answer:
    """`GET /v3/auth/projects`: where the token's user may go."""
    return _collection(call, "projects", _projects_of(call, call.scope.user))


def auth_domains(call: Call) -> Answer:
    """`GET /v3/auth/domains`."""
    return _collection(call, "domains", [])


def auth_system(call: Call) -> Answer:
    """`GET /v3/auth/system`."""
    system = [{"all": True}] if "system" in call.scope.user.roles else []
    return reply({"system": system, "links": {"self": f"{call.root}/v3/auth/system"}})


def projects(call: Call) -> Answer:
    """`GET /v3/projects`: all of them, for an admin."""
    _need_admin(call, "list_projects")
    return _collection(call, "projects", [_project(call, p) for p in call.cloud.projects.values()])


def project(call: Call) -> Answer:
    """`GET /v3/projects/{project}`: any for an admin, else one's own."""
    ident = call.params["project"]
    found = call.cloud.projects.get(ident)
    if found is None and call.admin:
        raise _missing("project", ident)
    if found is None or (not call.admin and found.id not in call.scope.user.roles):
        raise Refusal(403, "You are not authorized to perform the requested action: identity:get_project.")
    return reply({"project": _project(call, found)})


def users(call: Call) -> Answer:
    """`GET /v3/users`."""
    _need_admin(call, "list_users")
    return _collection(call, "users", [_user(call, u) for u in call.cloud.users.values()])


def _find_user(call: Call, rule: str) -> User:
    ident = call.params["user"]
    found = call.cloud.users.get(ident)
    if found is None and call.admin:
        raise _missing("user", ident)
    if found is None or (not call.admin and found is not call.scope.user):
        raise Refusal(403, f"You are not authorized to perform the requested action: identity:{rule}.")
    return found


def user(call: Call) -> Answer:
    """`GET /v3/users/{user}`."""
    return reply({"user": _user(call, _find_user(call, "get_user"))})


def user_projects(call: Call) -> Answer:
    """`GET /v3/users/{user}/projects`."""
    return _collection(call, "projects", _projects_of(call, _find_user(call, "list_user_projects")))


def roles(call: Call) -> Answer:
    """`GET /v3/roles`."""
    _need_admin(call, "list_roles")
    rows = [
        {
            "id": ident,
            "name": name,
            "domain_id": None,
            "description": None,
            "options": {"immutable": True},
            "links": _link(call, f"roles/{ident}"),
        }
        for name, ident in call.cloud.roles.items()
    ]
    return _collection(call, "roles", rows)


def _domain(call: Call) -> Json:
    return {
        "id": "default",
        "name": "Default",
        "description": "The default domain",
        "enabled": True,
        "tags": [],
        "options": {},
        "links": _link(call, "domains/default"),
    }


def domains(call: Call) -> Answer:
    """`GET /v3/domains`."""
    _need_admin(call, "list_domains")
    return _collection(call, "domains", [_domain(call)])


def domain(call: Call) -> Answer:
    """`GET /v3/domains/{domain}`."""
    if call.params["domain"] != "default":
        _need_admin(call, "get_domain")
        raise _missing("domain", call.params["domain"])
    return reply({"domain": _domain(call)})


def _services(call: Call) -> list[Json]:
    return [
        {
            "name": entry.name,
            "id": service_id(call.cloud.name, entry.type),
            "type": entry.type,
            "enabled": True,
            "links": _link(call, f"services/{service_id(call.cloud.name, entry.type)}"),
        }
        for entry in ENTRIES
    ]


def services(call: Call) -> Answer:
    """`GET /v3/services`."""
    _need_admin(call, "list_services")
    return _collection(call, "services", _services(call))


def service(call: Call) -> Answer:
    """`GET /v3/services/{service}`."""
    _need_admin(call, "get_service")
    for row in _services(call):
        if row["id"] == call.params["service"]:
            return reply({"service": row})
    raise _missing("service", call.params["service"])


def all_endpoints(call: Call) -> Answer:
    """`GET /v3/endpoints`."""
    _need_admin(call, "list_endpoints")
    rows = [
        {
            "id": row["id"],
            "interface": row["interface"],
            "region_id": row["region_id"],
            "service_id": service_id(call.cloud.name, entry.type),
            "url": row["url"],
            "enabled": True,
            "region": row["region"],
            "links": _link(call, f"endpoints/{row['id']}"),
        }
        for entry in ENTRIES
        for row in endpoints(call, entry)
    ]
    return _collection(call, "endpoints", rows)


def _region(call: Call, name: str) -> Json:
    return {"id": name, "description": "", "parent_region_id": None, "links": _link(call, f"regions/{name}")}


def regions(call: Call) -> Answer:
    """`GET /v3/regions`."""
    return _collection(call, "regions", [_region(call, name) for name in call.cloud.regions])


def region(call: Call) -> Answer:
    """`GET /v3/regions/{region}`."""
    if call.params["region"] not in call.cloud.regions:
        raise _missing("region", call.params["region"])
    return reply({"region": _region(call, call.params["region"])})


def role_assignments(call: Call) -> Answer:
    """`GET /v3/role_assignments`: who may do what where."""
    _need_admin(call, "list_role_assignments")
    rows = [
        {
            "role": {"id": call.cloud.roles[role]},
            "scope": {"system": {"all": True}} if where == "system" else {"project": {"id": where}},
            "user": {"id": it.id},
            "links": {"assignment": f"{call.root}/v3/role_assignments"},
        }
        for it in call.cloud.users.values()
        for where, names in it.roles.items()
        for role in names
    ]
    return _collection(call, "role_assignments", rows)
