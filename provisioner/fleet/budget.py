"""Rate budgets as values: how fast one account and the platform's key may go, and how that is counted."""

from msgspec import Struct

from provisioner.fleet.model import FleetLimits, Rates
from provisioner.fleet.select import Shard

# docs.stripe.com/rate-limits: so many requests a second "per Stripe account". Whether a platform's calls
# for its connected accounts add up on the platform is not said there [?], so they are taken to.
PLATFORM = {"test": 25.0, "live": 100.0}
SECOND = 1.0


class RequestBudget(Struct, frozen=True):
    """
    A rate as places that are taken and rest: the limit that all workers of a run share.

    Each request takes one of `places` before it is sent and gives it back `rest` seconds after its
    answer. So two requests on the same place reach Stripe at least `rest` apart, however long either is
    under way, and no more than `places` arrive in any `rest` seconds; no clock but each worker's own
    counts. The price is the time of an answer: places / (rest + answer) requests a second.
    """

    name: str
    places: int
    rest: float


def budget_of(name: str, rate: float) -> RequestBudget:
    """The budget for `rate` requests a second (above 0); a broken rate is rounded down."""
    if rate < 1:
        return RequestBudget(name, 1, SECOND / rate)
    return RequestBudget(name, int(rate), SECOND)


def platform_rate(rates: Rates, mode: str, shard: Shard, most: float | None) -> float:
    """Requests a second of one shard: its part of the platform's, as shards know nothing of each other."""
    whole = most or rates.platform or PLATFORM[mode]
    return whole / shard.of


def part_of(limits: FleetLimits, shard: Shard) -> FleetLimits:
    """The limits of one shard: its part of the fleet's, rounded down, so that all shards keep the whole."""
    if shard.of == 1:
        return limits
    return FleetLimits(
        top_up={currency: amount // shard.of for currency, amount in limits.top_up.items()},
        retired=None if limits.retired is None else limits.retired // shard.of,
        failed=None if limits.failed is None else limits.failed // shard.of,
        failed_share=limits.failed_share,
    )
