"""The web application about a fleet, which has those about its accounts below it."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack

from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from provisioner.core.estate.fleet import FleetEstate
from provisioner.core.model.words import count
from provisioner.web import pages
from provisioner.web.app import EstateSite
from provisioner.web.live import EstateSource, LiveEstate, LiveFleet
from provisioner.web.render import ServedLinks
from provisioner.web.site import LiveSite, Place, running

PAGES = (("accounts", "Accounts"),)
MOST_OPEN = 10  # accounts whose pages are kept current; each has all its cards and purchases
Open = Callable[[str], EstateSource]


class FleetSite(LiveSite[FleetEstate]):
    """
    The page about a fleet, and the pages about its accounts.

    `names` has the name of each account by its id, and `open_account` returns what reads the account with an
    id. New purchases in it are looked for every so many seconds while one of its pages is open.
    """

    def __init__(
        self, live: LiveFleet, names: Mapping[str, str], place: Place, open_account: Open, every: float
    ) -> None:
        super().__init__(live, place, PAGES, ServedLinks(home="accounts"))
        self._names, self._open, self._every = names, open_account, every
        self._accounts: dict[str, tuple[LiveEstate, ASGIApp, AsyncExitStack]] = {}

    def routes(self) -> list[BaseRoute]:
        """Return the addresses of the pages."""
        return [
            Route("/", self._page("accounts", pages.accounts)),
            Mount("/accounts/{account}", self._account),
        ]

    def end(self) -> None:
        """Let go of all open pages, from any thread, so that the server need not wait for them."""
        super().end()
        for live, _, _ in [*self._accounts.values()]:
            live.end()

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with super()._lifespan(app):
            yield
            for _, _, reading in self._accounts.values():
                await reading.aclose()

    async def _account(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the pages about an account, which are opened by the first request."""
        identity = scope["path_params"]["account"]
        if identity not in self._accounts:
            if identity not in self._names:
                text = "The fleet has no account with this id."
                await self._message("No such account", text, 404)(scope, receive, send)
                return
            live, reading = LiveEstate(self._open(identity), self._every), AsyncExitStack()
            place = replace(
                self._place,
                project="",
                account=identity,
                fleet=self._place.project,
                member=self._names[identity],
            )
            app = EstateSite(live, place, f"/accounts/{identity}").application()
            # before anything is awaited, so that a request that comes meanwhile finds it
            self._accounts[identity] = live, app, reading
            await reading.enter_async_context(running(live))
            if len(self._accounts) > MOST_OPEN:
                await self._close_one()
            await app(scope, receive, send)
            return
        await self._accounts[identity][1](scope, receive, send)

    async def _close_one(self) -> None:
        """Let go of the account that was opened first."""
        live, _, reading = self._accounts.pop(next(iter(self._accounts)))
        live.end()
        await reading.aclose()

    def _waiting(self) -> str:
        return "Reading the accounts of the fleet."

    def _head(self, found: FleetEstate) -> Place:
        return replace(self._place, account=count(len(found.accounts), "account"))
