"""Security group rules: what they say in words, whom they let in, and how one is made."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

INGRESS, EGRESS = "ingress", "egress"
IPV4, IPV6 = "IPv4", "IPv6"
EVERYWHERE = {IPV4: "0.0.0.0/0", IPV6: "::/0"}

_NAMES = {
    "tcp": "TCP",
    "6": "TCP",
    "udp": "UDP",
    "17": "UDP",
    "icmp": "ICMP",
    "1": "ICMP",
    "icmpv6": "ICMPv6",
    "ipv6-icmp": "ICMPv6",
    "58": "ICMPv6",
    "sctp": "SCTP",
    "132": "SCTP",
}
_NUMBERS = {"TCP": "tcp", "UDP": "udp"}
_PORTS = {
    20: "FTP",
    22: "SSH",
    25: "SMTP",
    53: "DNS",
    80: "HTTP",
    443: "HTTPS",
    3306: "MySQL",
    3389: "RDP",
    5432: "PostgreSQL",
}
_ECHO = 8


def protocol_name(rule: Mapping[str, Any]) -> str:
    """Return the protocol as people write it; empty for any."""
    word = str(rule.get("protocol") or "").lower()
    return "" if word in {"", "any", "0"} else _NAMES.get(word, word.upper() if word.isalpha() else f"protocol {word}")


def ports_of(rule: Mapping[str, Any]) -> str:
    """Return the ports of a rule: «22», «8000-8080», «all ports», or the ICMP type; empty where there are none."""
    least, most = rule.get("port_range_min"), rule.get("port_range_max")
    name = protocol_name(rule)
    if name.startswith("ICMP"):
        if least is None:
            return ""
        return (
            "echo"
            if least == _ECHO and name == "ICMP"
            else f"type {least}" + (f" code {most}" if most is not None else "")
        )
    if least is None and most is None:
        return "all ports" if name in {"TCP", "UDP", "SCTP"} else ""
    return str(least) if least == most else f"{least}-{most}"


def remote_of(rule: Mapping[str, Any], group_name: str = "") -> str:
    """Return where a rule's traffic comes from or goes to, in words."""
    if rule.get("remote_group_id"):
        return f"group {group_name or str(rule['remote_group_id'])[:8]}"
    if rule.get("remote_address_group_id"):
        return f"address group {str(rule['remote_address_group_id'])[:8]}"
    prefix = str(rule.get("remote_ip_prefix") or "")
    if prefix in {"", "0.0.0.0/0", "::/0"}:
        return f"anywhere ({rule.get('ethertype') or 'IP'})"
    return prefix


def in_words(rule: Mapping[str, Any], group_name: str = "") -> str:
    """Say a rule in words: «in: TCP 22 (SSH) from anywhere (IPv4)»."""
    into = rule.get("direction") == INGRESS
    what = " ".join(part for part in (protocol_name(rule), ports_of(rule)) if part) or "everything"
    known = (
        _PORTS.get(rule.get("port_range_min") or 0) if rule.get("port_range_min") == rule.get("port_range_max") else ""
    )
    named = f" ({known})" if known and protocol_name(rule) == "TCP" else ""
    way, preposition = ("in", "from") if into else ("out", "to")
    return f"{way}: {what}{named} {preposition} {remote_of(rule, group_name)}"


def lets_in(rule: Mapping[str, Any], protocol: str, port: int) -> bool:
    """Whether an ingress rule covers a port of a protocol («tcp», «udp»)."""
    if rule.get("direction") != INGRESS:
        return False
    name = protocol_name(rule)
    if name and _NUMBERS.get(name) != protocol:
        return False
    least, most = rule.get("port_range_min"), rule.get("port_range_max")
    return least is None or least <= port <= (most if most is not None else least)


def sources_of(rules: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the addresses that rules let in, widest first; rules for members of a group have none."""
    found = {
        str(rule.get("remote_ip_prefix") or EVERYWHERE.get(str(rule.get("ethertype")), "anywhere"))
        for rule in rules
        if not rule.get("remote_group_id") and not rule.get("remote_address_group_id")
    }
    return tuple(sorted(found, key=_width))


def _width(prefix: str) -> tuple[int, int, str]:
    try:
        network = ipaddress.ip_network(prefix, strict=False)
    except ValueError:
        return 0, 0, prefix
    return network.prefixlen, network.version, prefix


def normal_cidr(text: str) -> str:
    """Return a network as Neutron wants it; an address alone is itself only. Raises ValueError with a sentence."""
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError as error:
        raise ValueError(f"{text} is no network: write 10.0.0.0/8 or 2001:db8::/32") from error


def port_range(text: str) -> tuple[int, int]:
    """Return the ports that were typed: `22`, `8000-8080` or `8000:8080`. Raises ValueError with a sentence."""
    least, _, most = text.strip().replace(":", "-").partition("-")
    if not (least.isdecimal() and (most or least).isdecimal()):
        raise ValueError(f"{text} is no port: write 22 or 8000-8080")
    found = int(least), int(most or least)
    if not 1 <= found[0] <= found[1] <= 65_535:
        raise ValueError(f"{text}: ports are 1 to 65535, the lower one first")
    return found
