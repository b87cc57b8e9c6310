"""The configuration as openstacksdk reads it, plus what it does not tell: lines, parse errors, what must be typed.

Imported late: it pulls in openstacksdk.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import yaml
from keystoneauth1 import loading
from openstack.config.cloud_region import CloudRegion
from openstack.config.loader import CONFIG_FILES, OpenStackConfig
from openstack.exceptions import ConfigException

from tui import __version__
from tui.cloud.entry import Prompt
from tui.cloud.region import Region
from tui.cloud.settled import Settled
from tui.model.trouble import Cause, Trouble, TroubleError

_NAMED_USER = frozenset({"password", "v3password", "v3totp", "v3multifactor", "v2password"})
_TOKEN_TYPES = frozenset({"token", "v3token", "v2token", "admin_token"})
_USERS = ("username", "user_id", "user-name", "user-id")
_PROJECTS = (
    "project_id", "project_name", "tenant_id", "tenant_name", "system_scope",
    "domain_id", "domain_name", "trust_id", "default_domain",
)  # fmt: skip
"""Options that say what a token is for; a switched project replaces them all."""

_COMMON = frozenset({"password", "v3password", "token", "v3token", "v3applicationcredential", "v3totp"})
"""Auth types whose loader is taken from keystoneauth1 itself, whoever else may give one under the same name."""


class Source(OpenStackConfig):
    """openstacksdk's own configuration, with hooks for prompts and for switched projects."""

    def __init__(self) -> None:
        # They would be written over the screen; what matters of them shows as the entry's trouble.
        warnings.filterwarnings("ignore", module=r"(openstack|keystoneauth1)(\.|$)")
        self._missing: list[Prompt] = []
        self._projects: dict[str, Mapping[str, str]] = {}
        """Entry → options of the project switched to."""
        super().__init__(app_name="stackdeck", app_version=__version__)
        self._lines = _lines(self.config_filename)

    @property
    def file(self) -> str:
        """The clouds.yaml in use; empty when there is none."""
        return self.config_filename or ""

    @property
    def preset(self) -> str:
        """What OS_CLOUD says."""
        return str(self._get_envvar("OS_CLOUD") or "")

    @property
    def candidates(self) -> tuple[str, ...]:
        """Every file that was looked for, there or not."""
        return (*self._config_files, *self._secure_files, *self._vendor_files)

    def profiles(self) -> tuple[str, ...]:
        """Names of the vendor profiles that entries refer to."""
        entries = [entry for entry in self.cloud_config["clouds"].values() if isinstance(entry, dict)]
        return tuple({str(entry.get("profile") or entry.get("cloud") or "") for entry in entries})

    @property
    def files(self) -> tuple[str, ...]:
        """Where clouds.yaml is looked for, best first."""
        return tuple(self._config_files)

    def names(self) -> tuple[str, ...]:
        """Names of all entries, the environment's last; without what the SDK makes up when there is nothing."""
        names = [str(name) for name in self.get_cloud_names()]
        if names == ["defaults"] and "defaults" not in self._lines:
            return ()
        return tuple(name for name in names if name != self.envvar_key or self._usable_environment())

    def regions(self, name: str) -> tuple[str, ...]:
        """Regions that the entry names; empty when it names none. Raises ValueError and what the SDK raises."""
        check_shape(self.cloud_config["clouds"].get(name))
        return tuple(str(region["name"]) for region in self._get_known_regions(name) if region["name"])

    def settle(self, name: str, region: str) -> Settled:
        """Return the SDK's settings of an entry in a region, with what must be typed. Raises what the SDK raises."""
        check_shape(self.cloud_config["clouds"].get(name))
        self._missing = []
        found: CloudRegion = self.get_one(name, region_name=region)
        prompts, self._missing = tuple(self._missing), []
        return Settled(
            region=Region(found.config),
            prompts=prompts,
            secrets=lambda: (dict(found.get_auth_args()), self._get_auth_loader(found.config)),
            whole=lambda: found.config,
            plugin=found.get_auth,
        )

    def _get_auth_loader(self, config: dict[str, Any]) -> Any:
        """Return keystoneauth1's loader of an auth type.

        The SDK has stevedore look for it through all installed distributions: 11 ms of a start, 58 of a user's first.
        """
        name = str(config.get("auth_type"))
        own = _own_loader(name) if name in _COMMON else None
        return own() if own is not None else super()._get_auth_loader(config)

    def point(self, name: str, project: Mapping[str, str]) -> None:
        """Point an entry at another project: options that replace those of the configuration."""
        self._projects[name] = project

    def is_pointed(self, name: str) -> bool:
        """Whether an entry was pointed at another project."""
        return name in self._projects

    def where(self, name: str) -> str:
        """File and line of an entry: «clouds.yaml line 31»."""
        if name == self.envvar_key:
            return "the OS_* environment"
        file = self.config_filename or "clouds.yaml"
        line = self._lines.get(name)
        return f"{_short(file)} line {line}" if line else _short(file)

    def auth_config_hook(self, config: dict[str, Any]) -> dict[str, Any]:
        """Point the entry at the project switched to; called by the SDK before it chooses the auth plugin."""
        wanted = self._projects.get(str(config.get("_entry") or ""))
        if wanted and "application" not in str(config.get("auth_type") or ""):
            for key in _PROJECTS:
                config.pop(key, None)
                config["auth"].pop(key, None)
            auth = config["auth"]
            domains = {key: auth.pop(key, None) for key in ("project_domain_id", "project_domain_name")}
            auth.update(wanted)
            if "project_name" in wanted:
                # A project that is only named is looked for where the old one was, else where the user is.
                known = {key: value for key, value in domains.items() if value} or {
                    key.replace("user", "project"): auth[key]
                    for key in ("user_domain_id", "user_domain_name")
                    if auth.get(key)
                }
                auth.update(known)
        return config

    def _get_base_cloud_config(self, name: str | None, profile: str | None = None) -> dict[str, Any]:
        config: dict[str, Any] = super()._get_base_cloud_config(name, profile)
        if not isinstance(config.get("auth"), dict):
            raise TypeError("auth: is not a mapping")
        config["_entry"] = name
        return config

    def option_prompt(self, config: dict[str, Any], p_opt: Any) -> dict[str, Any]:
        """Note what the entry leaves to be typed, where the SDK would ask on the terminal."""
        auth, kind, name = config["auth"], str(config.get("auth_type") or ""), p_opt.dest
        wanted = bool(p_opt.prompt) or (p_opt.secret and p_opt.required) or (name == "token" and kind in _TOKEN_TYPES)
        if name == "username" and kind in _NAMED_USER and not any(auth.get(key) for key in _USERS):
            self._missing.append(Prompt("username", "User name", secret=False))
        elif wanted and not auth.get(name):
            entry = str(config.get("_entry") or "")
            given = os.environ.get(f"OS_{name.upper()}") if entry == self.default_cloud else None
            auth[name] = given or ""
            if not given:
                self._missing.append(Prompt(name, _label(name, auth)))
        return config

    def _usable_environment(self) -> bool:
        found = self.cloud_config["clouds"].get(self.envvar_key) or {}
        return any(
            found.get(key) for key in ("auth_url", "profile", "endpoint", "auth_type") if key != "auth_type"
        ) or (found.get("auth_type") == "none")


def check_files(source: Source) -> None:
    """Say which file does not parse and where; the SDK itself would quietly take the next one.

    Raises TroubleError (CONFIG).
    """
    chosen = source.config_filename
    candidates = [*source.files[: source.files.index(chosen)]] if chosen in source.files else list(source.files)
    for file in [*candidates, *source._secure_files, *source._vendor_files]:
        if file in {chosen, source.secure_config_filename}:
            continue
        _parse(file)


def check_shape(given: Any) -> None:
    """Say of what the SDK would stumble over, or take letter by letter, that it has the wrong shape."""
    if not isinstance(given, dict):
        plain = f": {given[:100]}" if isinstance(given, str) else ""
        raise ValueError(f"it is no mapping of settings{plain}" if given is not None else "it is empty")
    if not isinstance(given.get("auth") or {}, dict):
        # What stands there is not told: it may be a password.
        raise ValueError("auth is no mapping of settings")
    regions = given.get("regions") or []
    if not isinstance(regions, list):
        raise ValueError(f"regions is no list (write region_name for a single one): {str(regions)[:100]}")
    for number, region in enumerate(regions, 1):
        named = isinstance(region, dict) and isinstance(region.get("name"), str)
        if not (named and isinstance(region.get("values") or {}, dict)) and not isinstance(region, str):
            raise ValueError(f"region {number} of its list is neither a name nor a name with values")


def shape(error: Exception) -> Trouble:
    """Explain why the SDK cannot even begin with the file: it is YAML, but no mapping of clouds."""
    given = os.environ.get("OS_CLIENT_CONFIG_FILE")
    file = next((name for name in ((given,) if given else ()) + tuple(CONFIG_FILES) if Path(name).exists()), "")
    said = str(error)
    if file:
        _parse(file)
        said = said if isinstance(error, ConfigException) else "clouds: is not a mapping of names to entries"
        said = f"{_short(file)}: {said.replace(file, 'it').replace('Configuration file it', 'it')}"
    return Trouble(
        cause=Cause.CONFIG, title=f"The configuration cannot be used: {said}"[:500], short="config", source=file
    )


def no_clouds(files: tuple[str, ...]) -> Trouble:
    """Explain that there is nothing to connect to, and where it was looked for."""
    looked = dict.fromkeys(files)
    lines = [f"{_short(file)}{' (not readable)' if Path(file).exists() else ''}" for file in looked]
    return Trouble(
        cause=Cause.CONFIG,
        title="No clouds.yaml was found",
        said="Looked for: " + ", ".join(lines),
        short="no clouds",
        hint="Set OS_CLIENT_CONFIG_FILE or the OS_* variables, or try it without a cloud: stackdeck --demo",
    )


def _parse(file: str) -> None:
    try:
        with Path(file).open(encoding="utf-8") as stream:
            json.load(stream) if file.endswith("json") else yaml.safe_load(stream)
    except OSError:
        return
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise TroubleError(_unparsed(file, line, f"{error.problem or error}")) from error
    except json.JSONDecodeError as error:
        raise TroubleError(_unparsed(file, error.lineno, error.msg)) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise TroubleError(_unparsed(file, line, f"byte {error.object[error.start]:#04x} is no UTF-8")) from error
    except (ValueError, yaml.YAMLError) as error:
        raise TroubleError(_unparsed(file, 0, str(error))) from error


def _unparsed(file: str, line: int, problem: str) -> Trouble:
    place = f"{_short(file)} line {line}" if line else _short(file)
    return Trouble(
        cause=Cause.CONFIG,
        title=f"{place} does not parse: {problem}",
        said=problem,
        short="YAML",
        source=place,
        hint=f"Mend that {'line' if line else 'file'} and start again.",
    )


def _lines(file: str | None) -> dict[str, int]:
    """Line of each entry's name in the file; empty when it cannot be told."""
    if not file:
        return {}
    try:
        with Path(file).open(encoding="utf-8") as stream:
            root = yaml.compose(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "clouds" and isinstance(value, yaml.MappingNode):
            return {str(name.value): name.start_mark.line + 1 for name, _ in value.value}
    return {}


def _label(name: str, auth: Mapping[str, Any]) -> str:
    user = auth.get("username") or auth.get("user_id") or auth.get("application_credential_id") or ""
    what = {"password": "Password", "passcode": "One-time passcode", "token": "Token"}.get(name, name.replace("_", " "))
    return f"{what} of {user}" if user else what


def _short(file: str) -> str:
    """A path as people write it: with ~ for the home directory, and bare in the working directory."""
    path, home = Path(file), Path.home()
    if path.parent == Path.cwd():
        return path.name
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


@cache
def _own_loader(name: str) -> Callable[[], Any] | None:
    """Return the loader that keystoneauth1's own distribution gives for an auth type."""
    points = distribution("keystoneauth1").entry_points.select(group=loading.base.PLUGIN_NAMESPACE, name=name)
    found: Callable[[], Any] | None = next((point.load() for point in points), None)
    return found
