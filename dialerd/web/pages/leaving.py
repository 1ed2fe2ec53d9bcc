"""Browsers that leave before they have their answer: nobody is there to be answered, and nothing is wrong."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_WORDS = "No response returned."
"""What starlette's BaseHTTPMiddleware, which NiceGUI uses, says then (1.10)."""


class Leaving:
    """Keeps that from being logged as a crash, with a traceback, each time somebody leaves a page that is being loaded."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI calls it."""
        left = False

        async def heard() -> Message:
            nonlocal left
            message = await receive()
            left = left or message["type"] == "http.disconnect"
            return message

        try:
            await self._app(scope, heard, send)
        except RuntimeError as error:
            if not (left and str(error) == _WORDS):
                raise
