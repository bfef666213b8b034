"""Calls to addresses that users name: https to public hosts only, the address checked and then used (no second look-up), no redirects."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from landed.errors import LandedError

PORTS = (443, 8443)
SECONDS = 10.0
MOST_READ = 65_536
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_PRIVATE_NAMES = ("localhost", "local", "internal", "localdomain", "lan", "home", "corp", "intranet", "private", "arpa", "onion", "test", "invalid", "example")
# Ranges that carry an IPv4 address inside an IPv6 one, or that only look public.
_REFUSED_6 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10", "::/96", "100::/64", "5f00::/16")))

Resolver = Callable[[str, int], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Target:
    """A checked place to call: the name for TLS and the Host header, the addresses found for it, and the path with its query."""

    host: str
    port: int
    path: str
    addresses: tuple[str, ...]
    tls: bool = True


def check_url(url: str, *, where: str = "url") -> tuple[str, int, str]:
    """Host, port and path of a URL that may be called as far as its text tells; raises LandedError URL_REFUSED."""

    def refuse(why: str) -> LandedError:
        return LandedError("URL_REFUSED", why, where=where, mend="Give an https address of a public host, such as https://hooks.your-company.com/landed.")

    if len(url) > 2000 or url != url.strip() or any(ord(c) <= 32 or ord(c) >= 127 for c in url) or "\\" in url:
        raise refuse("expected a plain ASCII URL without spaces, control characters or backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise refuse("expected a URL, got text that is not one") from None
    if parts.scheme != "https":
        raise refuse(f"expected https, got {parts.scheme[:20] or 'no scheme'}")
    if "@" in parts.netloc:
        raise refuse("expected no user name in the URL")
    if port not in PORTS:
        raise refuse(f"expected port {' or '.join(map(str, PORTS))}, got {port}")
    host = (parts.hostname or "").lower()
    if not host or "%" in host:
        raise refuse("expected a host name")
    if ":" in host:
        if not public(host):
            raise refuse("expected a public host, got an address that is not")
    else:
        labels = host.removesuffix(".").split(".")
        if _NUMERIC.fullmatch(labels[-1]):
            # Only the ordinary dotted form: 0x7f.1, 2130706433 and 0177.0.0.1 are read by some as other addresses.
            if len(labels) != 4 or not all(n.isdigit() and (n == "0" or not n.startswith("0")) and int(n) < 256 for n in labels) or not public(host):
                raise refuse("expected a public host, got an address that is not")
        elif len(labels) < 2 or not all(_LABEL.fullmatch(n) for n in labels) or labels[-1] in _PRIVATE_NAMES:
            raise refuse("expected a public host name")
        host = host.removesuffix(".")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host, port, path


def public(text: str) -> bool:
    """Whether an address is one of the public internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped is not None or address.scope_id or any(address in network for network in _REFUSED_6)):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system finds them."""
    return list(dict.fromkeys(str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def target(url: str, *, resolver: Resolver = resolve, where: str = "url") -> Target:
    """A place that may be called, its addresses looked up and every one of them public; raises LandedError URL_REFUSED."""
    host, port, path = check_url(url, where=where)
    try:
        addresses = tuple(resolver(host, port))
    except OSError:
        raise LandedError("URL_REFUSED", "the host name is not known", where=where, mend="Check the address.") from None
    if not addresses or not all(map(public, addresses)):
        raise LandedError("URL_REFUSED", "the host leads to an address that is not public", where=where, mend="Give a host on the public internet.")
    return Target(host, port, path, addresses)


class _Pinned(HTTPConnection):
    """A connection to an address found earlier, under the name it was found for."""

    def __init__(self, to: Target) -> None:
        super().__init__(to.host, to.port, timeout=SECONDS)
        self._to = to

    def connect(self) -> None:
        plain = socket.create_connection((self._to.addresses[0], self._to.port), timeout=SECONDS)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self._to.host) if self._to.tls else plain


def post(to: Target, body: bytes, headers: dict[str, str]) -> int:
    """Send a POST and give the status; a redirect is an answer like any other, never followed. Raises OSError."""
    connection = _Pinned(to)
    default = 443 if to.tls else 80
    host = f"[{to.host}]" if ":" in to.host else to.host
    try:
        connection.request("POST", to.path, body=body, headers={"Host": host if to.port == default else f"{host}:{to.port}", **headers})
        answer: HTTPResponse | Any = connection.getresponse()
        answer.read(MOST_READ)
        return int(answer.status)
    except HTTPException as error:
        raise OSError(f"not an HTTP answer: {type(error).__name__}") from None
    finally:
        connection.close()
