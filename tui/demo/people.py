"""Who can log in to the demo clouds. Nothing here guards anything: the clouds exist on loopback, for show."""

from __future__ import annotations

from tui.demo.clock import seeded_hex
from tui.demo.records import ApplicationCredential, Project, User
from tui.demo.world import Cloud

PASSWORD = "demo"  # noqa: S105
"""The password of every user of every demo cloud."""

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105
"""What the passcodes of `otto`, who needs two factors, are made from (base32)."""

CREDENTIAL_ID = "5f3c1b7e9a2d4c6f8e0b1a3c5d7f9e2b"
"""The application credential of `mira` in each cloud's default project."""

CREDENTIAL_SECRET = "deck-credential"  # noqa: S105

ADMIN = ("admin", "manager", "member", "reader")
MEMBER = ("member", "reader")
ROLES = ("admin", "manager", "member", "reader", "service")

DEFAULT_PROJECT = {"prod-eu": "web", "prod-us": "web", "lab": "sandbox"}
"""The project that each cloud's entry in clouds.yaml names."""


def people(cloud: Cloud, projects: dict[str, str]) -> None:
    """Give a cloud its projects, roles, users and the application credential."""
    for role in ROLES:
        cloud.roles[role] = seeded_hex(cloud.rng)
    for name, description in projects.items():
        ident = seeded_hex(cloud.rng)
        cloud.projects[ident] = Project(ident, name, description)
    by_name = {p.name: p.id for p in cloud.projects.values()}
    lab = cloud.name == "lab"
    mine: dict[str, tuple[str, ...]] = {
        by_name[n]: MEMBER if lab else ADMIN for n in projects if n not in ("service", "staff")
    }
    if not lab:
        mine["system"] = ADMIN
    mira = _user(cloud, "mira", mine)
    _user(cloud, "otto", {ident: roles for ident, roles in mine.items() if ident != "system"}, TOTP_SECRET)
    _user(cloud, "admin", dict.fromkeys([*cloud.projects, "system"], ADMIN))
    _user(cloud, "member", {by_name[DEFAULT_PROJECT[cloud.name]]: MEMBER})
    _user(cloud, "reader", dict.fromkeys([by_name[DEFAULT_PROJECT[cloud.name]]], ("reader",)))
    _user(cloud, "nobody", {})
    cloud.credentials[CREDENTIAL_ID] = ApplicationCredential(
        CREDENTIAL_ID, "deck", CREDENTIAL_SECRET, mira.id, by_name[DEFAULT_PROJECT[cloud.name]]
    )


def _user(cloud: Cloud, name: str, roles: dict[str, tuple[str, ...]], totp: str = "") -> User:
    ident = seeded_hex(cloud.rng)
    user = User(ident, name, PASSWORD, roles, totp)
    cloud.users[ident] = user
    return user
