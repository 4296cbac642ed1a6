"""
Middleware that admits only a browser on this machine, and only requests that read.

A page from another site can make the browser send requests to this machine. With a host name that resolves to
127.0.0.1 (DNS rebinding), it could also read the responses. The headers `Host` and `Origin` reveal both. Only
GET and HEAD are answered, so no request can change anything.
"""

from starlette import status
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from provisioner.net.address import AddressError, parse_origin

READS = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class ReadersOnly:
    """Responds with 403 to callers from elsewhere, and with 405 to every method but GET and HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reject the request, or pass it on to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        answer: ASGIApp = self._app
        if why := stranger(Headers(scope=scope)):
            answer = PlainTextResponse(why, status.HTTP_403_FORBIDDEN)
        elif scope["method"] not in READS:
            allow = {"Allow": ", ".join(READS)}
            answer = PlainTextResponse(
                "These pages are read-only.\n", status.HTTP_405_METHOD_NOT_ALLOWED, allow
            )
        await answer(scope, receive, with_headers)


def stranger(headers: Headers) -> str:
    """Return the reason to reject a request from anywhere but a browser on this machine; empty if none."""
    host, origin = headers.get("host", ""), headers.get("origin")
    if not is_loopback(host):
        return "These pages can be opened on this machine only, at the address that the command printed.\n"
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return "These pages cannot be used by web pages of other origins.\n"
    return ""


def is_loopback(authority: str) -> bool:
    """Return whether the value of a `Host` header names this machine."""
    try:
        return parse_origin(f"http://{authority}").is_loopback
    except AddressError:
        return False
