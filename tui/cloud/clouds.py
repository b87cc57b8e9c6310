"""All clouds of the configuration: entries, the scopes they lead to, and how to sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.cloud.api import Api
from tui.cloud.entry import CloudEntry
from tui.config.settings import Settings
from tui.model.place import Identity, Project, Scope


class Clouds:
    """Every entry of clouds.yaml and the scopes they merge into. Thread-safe."""

    entries: tuple[CloudEntry, ...]
    scopes: tuple[Scope, ...]

    @classmethod
    def load(
        cls,
        *,
        settings: Settings,
        only: Sequence[str] = (),
        regions: Sequence[str] = (),
        project: str = "",
        read_only: bool = False,
        token_cache: bool = True,
    ) -> Clouds:
        """Read the configuration as the `openstack` command does; sends nothing.

        Raises TroubleError (CONFIG): no clouds.yaml, YAML that does not parse, an unknown name in `only`.
        """
        raise NotImplementedError

    def entry(self, name: str) -> CloudEntry:
        """Return the entry of that name. Raises KeyError."""
        raise NotImplementedError

    def api(self, scope: Scope, *, all_projects: bool = False) -> Api:
        """Return the scope's API; made on first use, the same one ever after. Sends nothing."""
        raise NotImplementedError

    def identity(self, scope: Scope) -> Identity:
        """Sign in if need be and say who we are there. Blocking; raises TroubleError."""
        raise NotImplementedError

    def known_identity(self, scope: Scope) -> Identity | None:
        """Say who we are if that is known already. Sends nothing."""
        raise NotImplementedError

    def discover(self, entry_name: str) -> bool:
        """Ask the catalog for the regions of an entry that names none; returns whether scopes changed. Blocking."""
        raise NotImplementedError

    def merge_same(self) -> bool:
        """Join scopes that turned out, after signing in, to be the same place and project; returns whether any were."""
        raise NotImplementedError

    def projects(self, scope: Scope) -> tuple[Project, ...]:
        """Return the projects that the scope's user may switch to. Blocking; raises TroubleError."""
        raise NotImplementedError

    def switch_project(self, entry_names: Sequence[str], project: str) -> None:
        """Point entries at another project (name or id). Raises TroubleError where the auth type binds it."""
        raise NotImplementedError

    def provide(self, entry_name: str, answers: Mapping[str, str]) -> None:
        """Take what was typed for an entry's prompts; kept in memory only. The next request signs in with it."""
        raise NotImplementedError

    def close(self) -> None:
        """Close connections; returns at once even while requests hang."""
        raise NotImplementedError
