"""By which addresses browsers know this server: what a request may name as its host, and a page as where it is from.

A page of somebody else cannot ask in our visitor's name (its Origin is another), nor pretend to be ours by pointing its
own name at our address (the Host is another).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from dialerd.settings.web import Web

_UNSPECIFIED = ("0.0.0.0", "::")  # noqa: S104 - what is looked for, not what is listened on


class Origins:
    """The origins of a server with these settings: loopback at its port, where it listens, and those configured."""

    def __init__(self, web: Web) -> None:
        names = {"127.0.0.1", "localhost", "[::1]"}
        if web.listen not in _UNSPECIFIED:
            names.add(f"[{web.listen}]" if ":" in web.listen else web.listen)
        self._origins = {*web.origins, *(_origin("http", f"{name}:{web.port}") for name in names)}
        self._hosts = {urlsplit(origin).netloc for origin in self._origins}

    def has_host(self, host: str | None) -> bool:
        """Whether a request may name this host; one that names none is no browser's."""
        return host is None or host.lower().removesuffix(":80").removesuffix(":443") in self._hosts

    def has(self, origin: str) -> bool:
        """Whether pages from there are ours."""
        return origin.lower() in self._origins


def _origin(scheme: str, netloc: str) -> str:
    return f"{scheme}://{netloc.removesuffix(':80')}"
