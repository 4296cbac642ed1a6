"""The basis of the web applications: the heading of pages, their messages, and news while they are open."""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from msgspec import Struct
from starlette import status
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from provisioner.web.guard import ReadersOnly
from provisioner.web.reading import LiveReading
from provisioner.web.render import Context, Query, ServedLinks, render

log = logging.getLogger("provisioner")
MOST_KEPT = 50  # the pages
T = TypeVar("T")
Show = Callable[[T, Query], Context]


class Place(Struct, frozen=True):
    """The heading of every page: the project and account, or the fleet, that it is about."""

    project: str
    """The name of the project or of the fleet."""
    environment: str
    """The environment; empty if there is none."""
    mode: str
    """`test` or `live`."""
    account: str = ""
    """The Stripe account, or the number of accounts; empty while it is not known."""
    sandbox: bool = False
    """True if the account is in the embedded sandbox."""
    warnings: tuple[str, ...] = ()
    """Warnings to show on every page."""
    fleet: str = ""
    """The name of the fleet that the account is in; empty if it is in none."""
    member: str = ""
    """The name of the account in the fleet."""


class LiveSite(Generic[T]):
    """Pages about something that is read again and again."""

    def __init__(
        self,
        live: LiveReading[T],
        place: Place,
        pages: Sequence[tuple[str, str]],
        links: ServedLinks,
    ) -> None:
        self._live, self._place, self._pages, self._links = live, place, pages, links
        self._kept_of: T | None = None
        self._kept: dict[Any, Context] = {}

    def routes(self) -> list[BaseRoute]:
        """Return the addresses of the pages."""
        raise NotImplementedError

    def application(self) -> Starlette:
        """Return the ASGI application; it starts to read when the server starts it."""
        app = Starlette(
            routes=[
                *self.routes(),
                Route("/events", self._events),
                Mount("/static", StaticFiles(packages=[("provisioner.web", "static")])),
            ],
            middleware=[Middleware(ReadersOnly)],
            exception_handlers={404: self._unknown, 500: self._failed},
            lifespan=self._lifespan,
        )
        app.router.redirect_slashes = False
        return app

    def end(self) -> None:
        """Let go of all open pages, from any thread, so that the server need not wait for them."""
        self._live.end()

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        async with running(self._live):
            yield

    def _page(self, name: str, show: Show[T]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            if (found := await self._reading()) is None:
                return self._not_yet()
            context = self._context(found, name, show, request.query_params)
            return self._html(f"{name}.html", name, context)

        return endpoint

    def _context(self, found: T, name: str, show: Show[T], query: Query) -> Context:
        """Return the context of a page's template; it is computed once for each reading and query."""
        if self._kept_of is not found:
            self._kept, self._kept_of = {}, found
        key = (name, tuple(sorted(query.items())))
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = show(found, query)
        return self._kept[key]

    async def _reading(self) -> T | None:
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
        return self._message("Reading Stripe", self._waiting(), status.HTTP_200_OK, waiting=True)

    def _waiting(self) -> str:
        """Return what is being read."""
        return "Reading the cards, purchases and events of the account."

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

    def _head(self, found: T) -> Place:
        """Return the head of the pages about a reading."""
        raise NotImplementedError

    def _html(
        self, template: str, name: str, context: Mapping[str, Any], code: int = status.HTTP_200_OK
    ) -> Response:
        found, warnings = self._live.found, [*self._place.warnings]
        place = self._place if found is None else self._head(found)
        if self._live.error and found is not None:
            warnings.append(
                f"These figures are outdated, because Stripe could not be read again: {self._live.error}"
            )
        head = {"place": place, "warnings": warnings, "pages": self._pages, "page_name": name}
        return HTMLResponse(render(template, {**head, "links": self._links, **context}), code)


@contextlib.asynccontextmanager
async def running(live: LiveReading[Any]) -> AsyncIterator[None]:
    """Keep something current while the block runs."""
    reading = asyncio.create_task(live.run())
    yield
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading
