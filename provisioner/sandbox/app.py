"""The sandbox as an ASGI application."""

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path

from provisioner.sandbox import clock, pipeline
from provisioner.sandbox.errors import StripeError
from provisioner.sandbox.pipeline import Answer, Sandbox
from provisioner.sandbox.route import Route
from provisioner.sandbox.routes import ROUTES
from provisioner.sandbox.rules import account, topup
from provisioner.sandbox.settings import Settings
from provisioner.sandbox.store import Store
from provisioner.sandbox.tx import Origin, Tx, new_id


def build(settings: Settings) -> Starlette:
    """An application that serves one sandbox; its state is opened at once and closed with the application."""
    sandbox = Sandbox(settings, Store(settings.state))
    _begin(sandbox)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        sandbox.store.close()

    return Starlette(
        routes=[_path(sandbox, route) for route in ROUTES],
        exception_handlers={404: _unknown, 405: _unknown, 500: _broken},
        lifespan=lifespan,
    )


def _begin(sandbox: Sandbox) -> None:
    with sandbox.store.transaction(write=True) as db:
        own = Tx(db, "", int(clock.now(db)), Origin())
        account.begin(own, sandbox.settings.country)
        own.remember(topup.SETTLE, sandbox.settings.topup_settle)


def _path(sandbox: Sandbox, route: Route) -> Path:
    async def endpoint(request: Request) -> Response:
        return _response(await pipeline.respond(sandbox, route, request))

    return Path(route.path, endpoint, methods=[route.method])


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers, media_type="application/json")


async def _unknown(request: Request, _error: Exception) -> Response:
    asked = f"{request.method}: {request.url.path}"
    return _refused(
        StripeError(404, f"Unrecognized request URL ({asked}). The sandbox has a part of the API.")
    )


async def _broken(_request: Request, _error: Exception) -> Response:
    return _refused(StripeError(500, "The sandbox failed to serve this request.", "api_error"))


def _refused(error: StripeError) -> Response:
    request_id = new_id("req_", 14)
    answer = pipeline.refusal(error, "", request_id)
    answer.headers["Request-Id"] = request_id
    return _response(answer)
