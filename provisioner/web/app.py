"""The web application that serves the pages. It only reads, and only for a browser on this machine."""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from msgspec import Struct
from starlette import status
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from provisioner.core.estate.model import Estate
from provisioner.web import pages
from provisioner.web.guard import ReadersOnly
from provisioner.web.live import LiveEstate
from provisioner.web.pages import Context, Query
from provisioner.web.render import ServedLinks, render

log = logging.getLogger("provisioner")
PAGES = (
    ("overview", "Overview"),
    ("cards", "Cards"),
    ("purchases", "Purchases"),
    ("drift", "Drift"),
    ("plan", "Plan"),
)
LINKS = ServedLinks()
MOST_KEPT = 50  # the pages
Show = Callable[[Estate, Query], Context]


class Place(Struct, frozen=True):
    """The heading of every page: the project and account that it is about."""

    project: str
    """The name of the project."""
    environment: str
    """The environment; empty if there is none."""
    mode: str
    """`test` or `live`."""
    account: str = ""
    """The Stripe account; empty while it is not known."""
    sandbox: bool = False
    """True if the account is in the embedded sandbox."""
    warnings: tuple[str, ...] = ()
    """Warnings to show on every page."""


class EstateSite:
    """The pages about one account."""

    def __init__(self, live: LiveEstate, place: Place) -> None:
        self._live, self._place = live, place
        self._kept_of: Estate | None = None
        self._kept: dict[Any, Context] = {}

    def application(self) -> Starlette:
        """Return the ASGI application; it starts to read the account when the server starts it."""

        @contextlib.asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            reading = asyncio.create_task(self._live.run())
            yield
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading

        app = Starlette(
            routes=[
                Route("/", self._page("overview", pages.overview)),
                Route("/cards", self._page("cards", pages.cards)),
                Route("/cards/{identity}", self._card),
                Route("/purchases", self._page("purchases", pages.purchases)),
                Route("/drift", self._page("drift", pages.drift)),
                Route("/plan", self._page("plan", pages.plan)),
                Route("/events", self._events),
                Mount("/static", StaticFiles(packages=[("provisioner.web", "static")])),
            ],
            middleware=[Middleware(ReadersOnly)],
            exception_handlers={404: self._unknown, 500: self._failed},
            lifespan=lifespan,
        )
        app.router.redirect_slashes = False
        return app

    def _page(self, name: str, show: Show) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            if (estate := await self._estate()) is None:
                return self._not_yet()
            context = self._context(estate, name, show, request.query_params)
            return self._html(f"{name}.html", name, {"estate": estate, **context})

        return endpoint

    def _context(self, estate: Estate, name: str, show: Show, query: Query) -> Context:
        """Return the context of a page's template; it is computed once for each estate and query."""
        if self._kept_of is not estate:
            self._kept, self._kept_of = {}, estate
        key = (name, tuple(sorted(query.items())))
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = show(estate, query)
        return self._kept[key]

    async def _card(self, request: Request) -> Response:
        if (estate := await self._estate()) is None:
            return self._not_yet()
        context = pages.card(estate, request.path_params["identity"])
        if context is None:
            return self._message(
                "No such card", "Stripe has no card with this id.", status.HTTP_404_NOT_FOUND
            )
        return self._html("card.html", "cards", {"estate": estate, **context})

    async def _estate(self) -> Estate | None:
        await self._live.first()
        return self._live.found

    async def _events(self, _request: Request) -> Response:
        async def stream() -> AsyncIterator[str]:
            yield "retry: 5000\n\n"
            async for said in self._live.changes():
                yield f"event: changed\ndata: {' '.join(said.split())}\n\n"

        return StreamingResponse(stream(), media_type="text/event-stream")

    def _not_yet(self) -> Response:
        if self._live.error:
            return self._message("Stripe cannot be read", self._live.error, status.HTTP_502_BAD_GATEWAY)
        text = "Reading the cards, purchases and events of the account."
        return self._message("Reading Stripe", text, status.HTTP_200_OK, waiting=True)

    async def _unknown(self, _request: Request, _error: Exception) -> Response:
        return self._message("No such page", "There is nothing at this address.", status.HTTP_404_NOT_FOUND)

    async def _failed(self, _request: Request, error: Exception) -> Response:
        # The message of the error may contain data of the account; its type and location do not.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
        log.error("Error: internal error: %s; please report it", where)
        text = f"Internal error: {where}. Please report it."
        return self._message("Error", text, status.HTTP_500_INTERNAL_SERVER_ERROR)

    def _message(self, title: str, text: str, code: int, *, waiting: bool = False) -> Response:
        context = {"title": title, "text": text, "waiting": waiting}
        return self._html("message.html", "message" if waiting else "", context, code)

    def _html(self, template: str, name: str, context: Context, code: int = status.HTTP_200_OK) -> Response:
        place, warnings = self._place, [*self._place.warnings]
        if estate := self._live.found:
            place = Place(
                estate.project, estate.environment, estate.mode, estate.account, self._place.sandbox
            )
        if self._live.error and self._live.found:
            warnings.append(
                f"These figures are outdated, because Stripe could not be read again: {self._live.error}"
            )
        head = {"place": place, "warnings": warnings, "pages": PAGES, "page_name": name, "links": LINKS}
        return HTMLResponse(render(template, {**head, **context}), code)
