"""The web application about one account. It only reads, and only for a browser on this machine."""

from msgspec.structs import replace
from starlette import status
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from provisioner.core.estate.model import Estate
from provisioner.web import pages
from provisioner.web.live import LiveEstate
from provisioner.web.render import Context, ServedLinks
from provisioner.web.site import LiveSite, Place

PAGES = (
    ("overview", "Overview"),
    ("cards", "Cards"),
    ("purchases", "Purchases"),
    ("drift", "Drift"),
    ("plan", "Plan"),
)


class EstateSite(LiveSite[Estate]):
    """The pages about one account, at addresses that begin with `prefix`."""

    def __init__(self, live: LiveEstate, place: Place, prefix: str = "") -> None:
        super().__init__(live, place, PAGES, ServedLinks(prefix))

    def routes(self) -> list[BaseRoute]:
        """Return the addresses of the pages."""
        return [
            Route("/", self._page("overview", pages.overview)),
            Route("/cards", self._page("cards", pages.cards)),
            Route("/cards/{identity}", self._card),
            Route("/purchases", self._page("purchases", pages.purchases)),
            Route("/drift", self._page("drift", pages.drift)),
            Route("/plan", self._page("plan", pages.plan)),
        ]

    async def _card(self, request: Request) -> Response:
        if (estate := await self._reading()) is None:
            return self._not_yet()
        context: Context | None = pages.card(estate, request.path_params["identity"])
        if context is None:
            return self._message(
                "No such card", "Stripe has no card with this id.", status.HTTP_404_NOT_FOUND
            )
        return self._html("card.html", "cards", context)

    def _head(self, found: Estate) -> Place:
        return replace(
            self._place,
            project=found.project,
            environment=found.environment,
            mode=found.mode,
            account=found.account,
        )
