"""Keypairs made, imported and deleted. A private key is made here, shown or saved once, and never sent."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.config.fence import fenced, typed_file
from tui.model.entry import Entry
from tui.model.status import Health
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.resources.action import (
    Action,
    Consequence,
    Desk,
    Field,
    Form,
    Input,
    Option,
    Preflight,
    Sent,
    Tier,
    Values,
    Verdict,
)
from tui.resources.boot_options import SSH_FOLDER, keypair_rows, public_keys
from tui.resources.command import openstack
from tui.resources.looking import together
from tui.resources.policy import only_looks

if TYPE_CHECKING:
    from tui.cloud import Connection

SAVE, SHOW = "save", "show"
OWNER_ONLY = 0o600

_NAME = re.compile(r"[\w .@:()-]{1,255}", re.ASCII)
"""What Nova's old and new rules both take. Source: nova `api/openstack/compute/schemas/keypairs.py`, 2.1 and 2.92."""
_SSH = re.compile(r"(?:ssh-|ecdsa-sha2-|sk-)[\w@.-]+ [A-Za-z0-9+/]+=*(?: .*)?")
_X509 = "-----BEGIN CERTIFICATE-----"


def private_path(name: str) -> Path:
    """Return where the private key of a keypair is saved."""
    return SSH_FOLDER / re.sub(r"[^\w.@-]", "_", name)


def make_key() -> tuple[str, str]:
    """Return a new ed25519 key: private half in OpenSSH's format, public half in one line."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode("ascii"), public.decode("ascii")


def save_private(name: str, private: str) -> Path:
    """Write a private key that only its owner may read; never over another file. Raises TroubleError (CONFIG)."""
    path = private_path(name).expanduser()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), OWNER_ONLY)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(private)
    except FileExistsError as error:
        hint = "Choose another name, or let it be shown instead."
        raise TroubleError(
            Trouble(cause=Cause.CONFIG, title=f"{path} is there already and stays", short="file", hint=hint)
        ) from error
    except OSError as error:
        said = f"{path} cannot be written: {error.strerror}"
        raise TroubleError(Trouble(Cause.CONFIG, said, short="file", hint="Let the key be shown instead.")) from error
    return path


def _create(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    """Make a key here and hand Nova its public half: what Nova made would cross the network (and ends with 2.92)."""
    name = str(values["name"])
    private, public = make_key()
    if values.get("private") == SHOW:
        connection.compute.create_keypair(name=name, public_key=public)
        return Sent(ident=name, secret=("private key", private))
    path = save_private(name, private)
    try:
        connection.compute.create_keypair(name=name, public_key=public)
    except Exception as error:
        if _was_refused(error):
            with contextlib.suppress(OSError):
                path.unlink()
        raise
    return Sent(ident=name, said=f"private key in {path}")


def _was_refused(error: Exception) -> bool:
    """Whether the cloud has nothing. Unanswered or after a 5xx it may have the public half: then the private one stays.

    A TroubleError is one of our own: it was not sent, or nobody could be reached.
    """
    if isinstance(error, TroubleError):
        return True
    return 400 <= int(getattr(error, "status_code", 0) or getattr(error, "http_status", 0) or 0) < 500


def read_public(value: str) -> str:
    """Return the public key of a form's value: the line itself, a certificate, or a file's path. Raises OSError."""
    typed = value.strip()
    if typed.startswith(_X509) or _SSH.fullmatch(typed):
        return typed
    return typed_file(typed).read_text("utf-8").strip()


def wrong_public(text: str) -> str:
    """Say what is wrong with a public key, or «»."""
    if "PRIVATE KEY" in text:
        return "that is a private key: it stays here, give the public half (.pub)"
    if text.startswith(_X509) or _SSH.fullmatch(text):
        return ""
    return "it is no public key: it begins with ssh-ed25519, ssh-rsa or ecdsa-sha2-"


def _import(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    public = read_public(str(values["public_key"]))
    wrong = wrong_public(public)
    if wrong:
        raise TroubleError(Trouble(Cause.CONFIG, f"The key is not sent: {wrong}", short="key"))
    kind: dict[str, Any] = {"type": "x509"} if public.startswith(_X509) else {}
    connection.compute.create_keypair(name=str(values["name"]), public_key=public, **kind)
    return Sent(ident=str(values["name"]))


def _delete(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    connection.compute.delete_keypair(_name_of(entry), ignore_missing=False)
    return Sent(ident=_name_of(entry))


def _name_of(entry: Entry | None) -> str:
    if entry is None:
        raise ValueError("this needs a keypair")
    return entry.id


def _wrong_name(value: Any, values: Values) -> str:
    name = str(value or "")
    if not name.strip():
        return "a keypair needs a name"
    return (
        ""
        if _NAME.fullmatch(name) and name == name.strip()
        else "letters, digits, blanks and . _ - @ : ( ) only, 255 at most"
    )


def _wrong_key(value: Any, values: Values) -> str:
    typed = str(value or "").strip()
    if not typed:
        return "choose a file or paste a public key"
    looks_like_key = " " in typed or "-----" in typed
    return wrong_public(typed) if looks_like_key and Path(typed).suffix != ".pub" else ""


def _keys_here(desk: Desk) -> Sequence[Option]:
    return tuple(
        Option(str(path), str(path), " ".join(line.split()[:1] + line.split()[2:])) for path, line in public_keys()
    )


def _where(desk: Desk) -> Sequence[Option]:
    show = Option(SHOW, "show it once", "nothing is kept")
    return (show,) if fenced() else (Option(SAVE, "save it in ~/.ssh", "readable by you only"), show)


def _first_where(desk: Desk) -> str:
    return SHOW if fenced() else SAVE


def _names(desk: Desk) -> set[str]:
    return {str(raw["keypair"].get("name")) for raw in keypair_rows(desk) if isinstance(raw.get("keypair"), dict)}


def _of_name(desk: Desk, values: Values) -> list[Preflight]:
    name = str(values.get("name") or "")
    found = together({"names": lambda: _names(desk)})["names"]
    if isinstance(found, Trouble):
        return [Preflight(Verdict.ATTENTION, "Your keypairs could not be looked up.", found.title, None, "name")]
    if name in found:
        return [Preflight(Verdict.BAD, f"You have a keypair {name} already.", "", None, "name")]
    return [Preflight(Verdict.GOOD, "The name is free.")] if name else []


def _before_create(desk: Desk, values: Values) -> Sequence[Preflight]:
    lines = _of_name(desk, values)
    name = str(values.get("name") or "")
    if name and values.get("private") != SHOW:
        path = private_path(name)
        if path.expanduser().exists():
            more = "It is not written over: choose another name, or let the key be shown."
            lines.append(Preflight(Verdict.BAD, f"{path} is there already.", more, None, "name"))
        else:
            lines.append(Preflight(Verdict.GOOD, f"The private key is saved as {path}."))
    return lines


def _before_import(desk: Desk, values: Values) -> Sequence[Preflight]:
    lines = _of_name(desk, values)
    value = str(values.get("public_key") or "")
    if value:
        try:
            wrong = wrong_public(read_public(value))
        except (OSError, UnicodeDecodeError, RuntimeError) as error:
            wrong = f"{value} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}"
        lines.append(
            Preflight(Verdict.BAD, f"The key: {wrong}.", "", None, "public_key")
            if wrong
            else Preflight(Verdict.GOOD, "It is a public key.")
        )
    return lines


def _consequences(desk: Desk) -> Sequence[Consequence]:
    names = {entry.id for entry in desk.entries}
    using = [entry for entry in desk.all_of("server") if getattr(entry.row, "key_name", None) in names]
    found = [Consequence(Health.BROKEN, len(names), "public keys are deleted here", "private keys stay where they are")]
    if using:
        which = ", ".join(str(getattr(entry.row, "name", "")) for entry in using[:5])
        found.append(
            Consequence(Health.ATTENTION, len(using), "servers were booted with it and go on letting it in", which)
        )
    return found


def _script(values: Values, cloud: str, region: str, *before: str, key: str) -> str:
    """Return a script that hands over a public key; `key` is the expression that reads it."""
    where = ", ".join(f"{name}={value!r}" for name, value in (("cloud", cloud), ("region_name", region)) if value)
    name = str(values.get("name") or "")
    return "\n".join(
        [
            "import subprocess\nfrom pathlib import Path\n\nimport openstack\n",
            *before,
            f"conn = openstack.connect({where})",
            f"conn.compute.create_keypair(name={name!r}, public_key={key})",
            "",
        ]
    )


def _create_script(values: Values, cloud: str, region: str) -> str:
    path = str(private_path(str(values.get("name") or "")))
    make = f'subprocess.run(["ssh-keygen", "-t", "ed25519", "-N", "", "-f", {path!r}], check=True)'
    return _script(values, cloud, region, make, key=f"Path({path + '.pub'!r}).read_text()")


def _import_script(values: Values, cloud: str, region: str) -> str:
    value, file = str(values.get("public_key") or "").strip(), _file_of(values)
    return _script(
        values, cloud, region, key=f"Path({file!r}).expanduser().read_text()" if file == value else repr(value)
    )


_NAME_FIELD = Field(key="name", label="Name", required=True, check=_wrong_name)

CREATE = Action(
    id="keypair.create",
    letter="b",
    key="b",
    title="Make a keypair",
    group="Create",
    help="an ed25519 key, made on this machine",
    creates=True,
    many=False,
    off=lambda entry, identity: only_looks(identity),
    form=Form(
        (
            _NAME_FIELD,
            Field(key="private", label="Private key", input=Input.CHOICE, options=_where, initial=_first_where),
        ),
        _before_create,
        "New keypair",
    ),
    run=_create,
    command=lambda entry, values: openstack(
        None,
        "keypair",
        "create",
        *([] if values.get("private") == SHOW else ["--private-key", str(private_path(str(values.get("name") or "")))]),
        str(values.get("name") or ""),
    ),
    python=_create_script,
    verb="Make",
    done="made",
)
IMPORT = Action(
    id="keypair.import",
    letter="i",
    title="Import a public key",
    group="Create",
    help="from ~/.ssh, or pasted",
    creates=True,
    many=False,
    off=lambda entry, identity: only_looks(identity),
    form=Form(
        (
            _NAME_FIELD,
            Field(
                key="public_key",
                label="Public key",
                input=Input.CHOICE,
                free=True,
                required=True,
                options=_keys_here,
                check=_wrong_key,
                help="a file, or the line itself",
            ),
        ),
        _before_import,
        "Import a public key",
    ),
    run=_import,
    command=lambda entry, values: openstack(
        None, "keypair", "create", "--public-key", _file_of(values), str(values.get("name") or "")
    ),
    python=_import_script,
    verb="Import",
    done="imported",
)


def _file_of(values: Values) -> str:
    value = str(values.get("public_key") or "").strip()
    return "key.pub" if _SSH.fullmatch(value) or value.startswith(_X509) else value


DELETE = Action(
    id="keypair.delete",
    letter="",
    key="ctrl+d",
    title="Delete",
    group="Destroy",
    help="asks first",
    tier=Tier.DESTRUCTIVE,
    off=lambda entry, identity: only_looks(identity),
    run=_delete,
    command=lambda entry, values: openstack(entry, "keypair", "delete", _name_of(entry)),
    consequences=_consequences,
    verb="Delete",
    done="deleted",
)
KEYPAIR_ACTIONS = (CREATE, IMPORT, DELETE)
