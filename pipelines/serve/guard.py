"""The guard: who may ask, and what a browser may do with the answers."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "media-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Of every answer that says nothing else."""


class Guard:
    """Lets only those through who have the token, under a name of this machine.

    The token comes in the address (``/?token=...``, once: the answer is a cookie and the address without it), in the
    cookie, or as ``Authorization: Bearer ...``. What changes something must come from a page of this server, or bring
    the token in that header, which no other page can make a browser send.

    Args:
        app: what it stands before.
        token: what a caller must know.
        port: that the server listens to.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self.app, self.token = app, token
        self.hosts = [f"{name}:{port}" for name in ("127.0.0.1", "localhost")]
        self.cookie = f"limn-{port}"  # cookies know no ports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what may not pass, and passes on the rest."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await (self._answer(scope) or self.app)(scope, receive, send_guarded)

    def _answer(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return PlainTextResponse("This server answers to its own name alone.", 421)
        if origins and origins != [f"http://{hosts[0].lower()}"]:
            return PlainTextResponse("This server answers to its own pages alone.", 403)
        if scope["method"] == "GET" and scope["path"] == "/" and self._is_token(_token_of_address(scope)):
            response = RedirectResponse("/", 303)
            response.set_cookie(self.cookie, self.token, httponly=True, samesite="lax")
            return response
        if self._is_token(headers.get("authorization", "").removeprefix("Bearer ")):
            return None
        if not self._is_token(cookie_parser(headers.get("cookie", "")).get(self.cookie, "")):
            return PlainTextResponse("Open the address that limn serve has printed: it has the token in it.", 403)
        if scope["method"] not in ("GET", "HEAD") and not origins:
            return PlainTextResponse("Send the token in the header Authorization.", 403)
        return None

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(errors="replace"), self.token.encode())


def _token_of_address(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("latin-1")).get("token", [""])[0]
