"""The sandbox as an ASGI application."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from provisioner.sandbox.api.asked import ApiAnswer, broken, refusal
from provisioner.sandbox.api.routes import ROUTES
from provisioner.sandbox.http import callers, control, pipeline
from provisioner.sandbox.http.cli_connections import CliConnections
from provisioner.sandbox.http.sandbox import Sandbox
from provisioner.sandbox.http.webhooks import Postman
from provisioner.sandbox.registry import Route
from provisioner.sandbox.rules.events.cli_session import SOCKET_PATH
from provisioner.sandbox.settings import Settings
from provisioner.sandbox.state.errors import ApiError
from provisioner.sandbox.state.objects import new_id
from provisioner.sandbox.state.store import Store

_log = logging.getLogger(__name__)


def build(settings: Settings) -> Starlette:
    """Return an application that serves a new sandbox; its state is closed when the application stops."""
    return application(opened(settings))


def opened(settings: Settings) -> Sandbox:
    """Return a sandbox with open state that is not served yet."""
    store = Store(settings.state)
    postman = Postman(store, anywhere=settings.webhooks_anywhere)
    sandbox = Sandbox(settings, store, postman, CliConnections(store))
    control.begin(sandbox)
    return sandbox


def application(sandbox: Sandbox) -> Starlette:
    """Return an application that serves a sandbox and closes its state when it stops."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        at_work = asyncio.create_task(sandbox.postman.run())
        yield
        at_work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await at_work
        sandbox.store.close()

    app = Starlette(
        routes=[
            *(_path(sandbox, route) for route in ROUTES),
            WebSocketRoute(SOCKET_PATH, sandbox.cli.serve),
            *control.paths(sandbox),
        ],
        middleware=[Middleware(_OwnCallersOnly, local=sandbox.settings.is_local)],
        exception_handlers={404: _unknown, 405: _unknown, 500: _failed},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


class _OwnCallersOnly:
    """Rejects requests for which `callers.refusal` gives a reason."""

    def __init__(self, app: ASGIApp, *, local: bool) -> None:
        self._app = app
        self._local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        why = "" if scope["type"] == "lifespan" else callers.refusal(scope["headers"], local=self._local)
        await (_refused(ApiError(403, why)) if why else self._app)(scope, receive, send)


class _Cut(Response):
    """A response whose connection breaks before its first byte or in the middle."""

    def __init__(self, answer: ApiAnswer) -> None:
        super().__init__(answer.body, answer.status, answer.headers, answer.media_type)
        self._cut = answer.cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._cut == "middle":
            start: dict[str, Any] = {"type": "http.response.start", "status": self.status_code}
            await send({**start, "headers": self.raw_headers})
            half = bytes(self.body)[: len(self.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            return  # uvicorn closes the connection of an incomplete response
        # ASGI cannot break a connection; uvicorn's `receive` belongs to the object that has the transport.
        receive.__self__.transport.abort()  # type: ignore[attr-defined]
        await super().__call__(scope, receive, send)


def _path(sandbox: Sandbox, route: Route) -> Path:
    async def endpoint(request: Request) -> Response:
        return _response(await pipeline.respond(sandbox, route, request))

    return Path(route.path, endpoint, methods=[route.method])


def _response(answer: ApiAnswer) -> Response:
    if answer.cut:
        return _Cut(answer)
    return Response(answer.body, answer.status, answer.headers, media_type=answer.media_type)


async def _unknown(request: Request, _error: Exception) -> Response:
    asked = f"{request.method}: {request.url.path}"
    says = f"Unrecognized request URL ({asked}). The sandbox supports only a part of the API."
    return _refused(ApiError(404, says))


async def _failed(request: Request, error: Exception) -> Response:
    _log.error("the sandbox failed at %s %s", request.method, request.url.path, exc_info=error)
    return _refused(broken())


def _refused(error: ApiError) -> Response:
    request_id = new_id("req_", 14)
    answer = refusal(error, "", request_id)
    answer.headers["Request-Id"] = request_id
    return _response(answer)
