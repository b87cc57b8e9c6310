"""What a boot form's values mean: names, the SDK call's arguments, the same as a command and as Python."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from tui.resources import user_data
from tui.resources.action import Values
from tui.resources.command import openstack

PORT = "port:"
"""Begins the value of a port among the networks; anything else there is a network."""
AUTO, NO_NETWORK = "auto", "none"
"""Networks that Nova makes or leaves out itself (microversion 2.37)."""
ANY = ("-", "–", "any", "")
"""A fixed address that Neutron may choose."""
IMAGE, VOLUME, SNAPSHOT = "image", "volume", "snapshot"

MOST = 200
"""Servers of one form."""

_NUMBER = re.compile(r"\{n(?::0?(\d{1,2}))?\}")


def names(template: str, count: int) -> tuple[str, ...]:
    """Return the names of the servers: `web-{n:02}` and 3 gives web-01, web-02, web-03; without {n} it follows."""
    if count <= 1 and not _NUMBER.search(template):
        return (template,)
    if not _NUMBER.search(template):
        template += "-{n}"
    return tuple(
        _NUMBER.sub(lambda found, n=n: str(n).zfill(int(found[1] or 0)), template)  # type: ignore[misc]
        for n in range(1, max(count, 1) + 1)
    )


def each(values: Values) -> tuple[Values, ...]:
    """Return the values of every single server: one POST each."""
    return tuple(
        {**values, "name": name, "count": 1} for name in names(text(values, "name"), number(values, "count", 1))
    )


def text(values: Values, key: str) -> str:
    """Return a text value, empty where there is none."""
    return str(values.get(key) or "")


def number(values: Values, key: str, otherwise: int = 0) -> int:
    """Return a whole number, `otherwise` where there is none."""
    value = values.get(key)
    return otherwise if value in (None, "") else int(str(value))


def source(values: Values) -> str:
    """Return what the server boots from: image, volume or snapshot."""
    return text(values, "source") or IMAGE


def new_volume(values: Values) -> bool:
    """Whether a volume is made for the server."""
    return source(values) == SNAPSHOT or (source(values) == IMAGE and bool(values.get("new_volume")))


def is_key_file(values: Values) -> bool:
    """Whether the keypair is a public key on this machine that is imported first."""
    return text(values, "keypair").endswith(".pub")


def key_name(values: Values) -> str:
    """Return the keypair's name; that of the file where it is imported first."""
    value = text(values, "keypair")
    return PurePath(value).stem if is_key_file(values) else value


def nets(values: Values) -> list[dict[str, str]] | str | None:
    """Return Nova's `networks`: objects in order, «auto», «none», or None where the form names none."""
    chosen = tuple(values.get("networks") or ())
    if len(chosen) == 1 and chosen[0] in (AUTO, NO_NETWORK):
        return str(chosen[0])
    fixed = tuple(values.get("fixed_ips") or ())
    found: list[dict[str, str]] = []
    for position, value in enumerate(chosen):
        one = {"port": value.removeprefix(PORT)} if value.startswith(PORT) else {"uuid": value}
        if position < len(fixed) and fixed[position] not in ANY and "uuid" in one:
            one["fixed_ip"] = fixed[position]
        found.append(one)
    return found or None


def device(values: Values) -> dict[str, Any] | None:
    """Return the root disk as Nova's block device mapping; None where it is the image on a local disk."""
    if source(values) == IMAGE and not new_volume(values):
        return None
    found: dict[str, Any] = {
        "uuid": text(values, source(values)),
        "source_type": source(values),
        "destination_type": "volume",
        "boot_index": 0,
        "delete_on_termination": bool(values.get("delete_volume")),
    }
    if new_volume(values):
        found |= {"volume_size": number(values, "volume_size")} if values.get("volume_size") else {}
        found |= {"volume_type": text(values, "volume_type")} if values.get("volume_type") else {}
    return found


def arguments(values: Values, *, secrets: bool = True) -> dict[str, Any]:
    """Return what `compute.create_server` takes. Without `secrets` user data and password are left out.

    Raises OSError where the user data cannot be read.
    """
    found: dict[str, Any] = {"name": text(values, "name"), "flavor_id": text(values, "flavor")}
    root = device(values)
    if root is None:
        found["image_id"] = text(values, "image")
    else:
        found["block_device_mapping"] = [root]
    networks = nets(values)
    if networks is not None:
        found["networks"] = networks
    if values.get("security_groups"):
        found["security_groups"] = [{"name": group} for group in values["security_groups"]]
    if values.get("keypair"):
        found["key_name"] = key_name(values)
    for key, argument in (
        ("zone", "availability_zone"),
        ("description", "description"),
        ("metadata", "metadata"),
    ):
        if values.get(key):
            found[argument] = dict(values[key]) if isinstance(values[key], Mapping) else values[key]
    if values.get("tags"):
        found["tags"] = list(values["tags"])
    if values.get("server_group"):
        found["scheduler_hints"] = {"group": text(values, "server_group")}
    if values.get("config_drive"):
        found["config_drive"] = True
    if secrets and values.get("user_data"):
        found["user_data"] = user_data.encoded(text(values, "user_data"))
    if secrets and values.get("admin_password"):
        found["admin_password"] = text(values, "admin_password")
    return found


def as_command(values: Values) -> str:
    """Return the same as `openstack server create`, one for each server; it holds no secret.

    What is not known yet, the floating IP's address and the password, stands there in capitals.
    """
    parts = []
    if is_key_file(values):
        parts.append(openstack(None, "keypair", "create", "--public-key", text(values, "keypair"), key_name(values)))
    for one in each(values):
        name = text(one, "name")
        parts.append(openstack(None, "server", "create", *_words(one), *(["--"] if name[:1] == "-" else []), name))
        if one.get("floating"):
            parts.append(openstack(None, "floating", "ip", "create", text(one, "floating")))
            parts.append(openstack(None, "server", "add", "floating", "ip", name, "ADDRESS"))
    return " && ".join(parts)


def _words(values: Values) -> list[str]:
    found = [*_source_words(values), "--flavor", text(values, "flavor")]
    if values.get("keypair"):
        found += ["--key-name", key_name(values)]
    for option, key in (
        ("--availability-zone", "zone"),
        ("--server-group", "server_group"),
        ("--description", "description"),
    ):
        if values.get(key):
            found += [option, text(values, key)]
    for option, key in (("--security-group", "security_groups"), ("--tag", "tags")):
        for value in values.get(key) or ():
            found += [option, str(value)]
    for key, value in (values.get("metadata") or {}).items():
        found += ["--property", f"{key}={value}"]
    if values.get("user_data"):
        found += ["--user-data", _user_data_file(values)]
    if values.get("config_drive"):
        found.append("--use-config-drive")
    if values.get("admin_password"):
        found += ["--password", "ADMIN_PASSWORD"]
    return found + _network_words(values)


def _source_words(values: Values) -> list[str]:
    root, where = device(values), source(values)
    if root is None:
        return ["--image", text(values, IMAGE)]
    plain = where == IMAGE and "volume_size" in root and "volume_type" not in root
    if plain:
        keep = [] if not root["delete_on_termination"] else ["--delete-on-termination"]
        return ["--image", root["uuid"], "--boot-from-volume", str(root["volume_size"]), *keep]
    parts = ",".join(f"{key}={str(value).lower() if isinstance(value, bool) else value}" for key, value in root.items())
    return ["--block-device", parts]


def _network_words(values: Values) -> list[str]:
    found = nets(values)
    if found is None:
        return []
    if isinstance(found, str):
        return ["--nic", found]
    words: list[str] = []
    for one in found:
        address = one.get("fixed_ip", "")
        if "port" in one:
            words += ["--port", one["port"]]
        elif address:
            version = 6 if ":" in address else 4
            words += ["--nic", f"net-id={one['uuid']},v{version}-fixed-ip={address}"]
        else:
            words += ["--network", one["uuid"]]
    return words


def _user_data_file(values: Values) -> str:
    value = text(values, "user_data")
    return value if user_data.is_path(value) else "user-data"


def as_python(values: Values, cloud: str = "", region: str = "") -> str:
    """Return the same as a script that uses openstacksdk; it holds no secret."""
    where = ", ".join(f"{key}={value!r}" for key, value in (("cloud", cloud), ("region_name", region)) if value)
    wanted = names(text(values, "name"), number(values, "count", 1))
    several = len(wanted) > 1
    given = arguments({**values, "name": wanted[0]}, secrets=False)
    lines = [f"    {key}={value!r}," for key, value in given.items() if not (several and key == "name")]
    if several:
        lines.insert(0, "    name=name,")
    imports = ["import openstack"]
    if values.get("user_data"):
        imports.insert(0, "import base64\nfrom pathlib import Path")
        path = f"Path({_user_data_file(values)!r}).expanduser()"
        lines.append(f"    user_data=base64.b64encode({path}.read_bytes()).decode(),")
    if values.get("admin_password"):
        imports.insert(0, "import getpass")
        lines.append('    admin_password=getpass.getpass("admin password: "),')
    call = [
        "server = conn.compute.create_server(",
        *lines,
        ")",
        "server = conn.compute.wait_for_server(server, wait=600)",
    ]
    if values.get("floating"):
        call += [
            "port = next(conn.network.ports(device_id=server.id))",
            f"conn.network.create_ip(floating_network_id={text(values, 'floating')!r}, port_id=port.id)",
        ]
    if several:
        call = [f"for name in {list(wanted)!r}:", *(f"    {line}" for line in call)]
    return "\n".join([*imports, "", f"conn = openstack.connect({where})", *call, ""])


def wrong_name(value: Any, values: Values) -> str:
    """Say what is wrong with the name or its template."""
    template = str(value or "")
    if not template.strip():
        return "a server needs a name"
    if template != template.strip():
        return "Nova takes no blanks at the ends of a name"
    if re.search(r"[{}]", _NUMBER.sub("", template)):
        return "the number is written {n} or {n:02}"
    longest = max(names(template, number_or(values, "count", 1)), key=len)
    return "" if len(longest) <= 255 else "Nova takes 255 characters at most"


def wrong_count(value: Any, values: Values) -> str:
    """Say what is wrong with the number of servers."""
    return "" if 1 <= number_or({"n": value}, "n", 1) <= MOST else f"1 to {MOST}"


def wrong_fixed_ips(value: Any, values: Values) -> str:
    """Say what is wrong with the fixed addresses."""
    fixed: Sequence[str] = tuple(value or ())
    given = [one for one in fixed if one not in ANY]
    for one in given:
        try:
            ipaddress.ip_address(one)
        except ValueError:
            return f"{one} is no address"
    chosen = tuple(values.get("networks") or ())
    if len(fixed) > len(chosen):
        return "more addresses than networks: one for each, in their order, - for any"
    if any(one not in ANY and net.startswith(PORT) for one, net in zip(fixed, chosen, strict=False)):
        return "a port has its address already: write - there"
    if given and number_or(values, "count", 1) > 1:
        return "one address cannot be given to several servers"
    return ""


def wrong_networks(value: Any, values: Values) -> str:
    """Say what is wrong with the networks and ports."""
    chosen = tuple(value or ())
    if len(chosen) > 1 and {AUTO, NO_NETWORK} & set(chosen):
        return "auto and none stand alone"
    ports = [one for one in chosen if one.startswith(PORT)]
    if len(ports) != len(set(ports)):
        return "a port can be used once"
    return "a port cannot be given to several servers" if ports and number_or(values, "count", 1) > 1 else ""


def wrong_tags(value: Any, values: Values) -> str:
    """Say what is wrong with the tags. Source: Compute API, «Create Server», `tags` (2.52)."""
    tags = tuple(value or ())
    if len(tags) > 50:
        return "Nova takes 50 tags at most"
    return next((f"{tag[:20]}: at most 60 characters, no / and no comma" for tag in tags if _bad_tag(tag)), "")


def _bad_tag(tag: str) -> bool:
    return not tag or len(tag) > 60 or "/" in tag or "," in tag


def wrong_metadata(value: Any, values: Values) -> str:
    """Say what is wrong with metadata. Source: Compute API, «Create Server», `metadata`."""
    for key, held in dict(value or {}).items():
        if not re.fullmatch(r"[a-zA-Z0-9-_:. ]{1,255}", str(key)):
            return f"{str(key)[:20]}: letters, digits and - _ : . only, 255 characters at most"
        if len(str(held)) > 255:
            return f"{key}: a value has 255 characters at most"
    return ""


def wrong_user_data(value: Any, values: Values) -> str:
    """Say what is wrong with user data that was typed; a file is looked at by the preflight."""
    typed = str(value or "")
    return "" if user_data.is_path(typed) else user_data.wrong(typed.encode())


def number_or(values: Values, key: str, otherwise: int) -> int:
    """Return a whole number, `otherwise` for anything that is none yet."""
    try:
        return number(values, key, otherwise)
    except ValueError:
        return otherwise
