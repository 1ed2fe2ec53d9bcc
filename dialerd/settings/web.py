"""[web]: the HTTP API and the console."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import PlainValidator

from dialerd.settings import values
from dialerd.settings.section import Section

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,45}\]")
_BYTES = re.compile(r"([1-9][0-9]{0,5}) ?(KB|MB|GB)")
_UNITS = {"KB": 1000, "MB": 1000**2, "GB": 1000**3}


def read_origins(value: object) -> tuple[str, ...]:
    """Addresses as browsers name where a page is from: scheme, host, and the port when it is not the usual one."""
    return () if value == [] else tuple(_origin(part) for part in values.listed(value, _ORIGINS))


def read_proxies(value: object) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses or networks in CIDR form; none is a choice too."""
    return () if value == [] else values.networks(value)


def _origin(value: object) -> str:
    parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or value != f"{parts.scheme}://{parts.netloc}" or port == 0:
        raise values.UnfitError(f"{values.shown(value)} is no origin; {_ORIGINS}")
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    if not _HOST.fullmatch(host):
        raise values.UnfitError(f"{values.shown(value)} is no origin; {_ORIGINS}")
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host.lower()}" + ("" if port in (None, usual) else f":{port}")


_ORIGINS = 'a list of addresses without a path, such as ["https://dialer.example.net"]'


def size(least: int, most: int) -> Callable[[object], int]:
    """A number of bytes, written as 500 KB, 10 MB or 2 GB."""

    def read(value: object) -> int:
        found = _BYTES.fullmatch(value) if isinstance(value, str) else None
        given = value if isinstance(value, int) and not isinstance(value, bool) else None
        result = int(found[1]) * _UNITS[found[2]] if found else given
        if result is None or not least <= result <= most:
            raise values.UnfitError(f"{values.shown(value)} will not do; a size such as 500 KB, 10 MB or 2 GB")
        return result

    return read


class Web(Section):
    """`origins` are the addresses that browsers know it by, besides loopback; `trusted_proxies` those who may say on whose
    behalf they ask.
    """

    listen: Annotated[str, PlainValidator(values.listening)] = "127.0.0.1"
    port: Annotated[int, PlainValidator(values.whole(1, 65535, "a port"))] = 8642
    origins: Annotated[tuple[str, ...], PlainValidator(read_origins)] = ()
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], PlainValidator(read_proxies)] = ()
    session_lifetime: Annotated[float, PlainValidator(values.seconds(60, 30 * 86400))] = 12 * 3600.0
    session_idle: Annotated[float, PlainValidator(values.seconds(60, 30 * 86400))] = 2 * 3600.0
    largest_upload: Annotated[int, PlainValidator(size(1000, 100 * 1000**3))] = 2 * 1000**3

    @property
    def lifetime(self) -> timedelta:
        """How long a session lasts at most."""
        return timedelta(seconds=self.session_lifetime)

    @property
    def idle(self) -> timedelta:
        """How long a session lasts that nobody uses."""
        return timedelta(seconds=self.session_idle)
