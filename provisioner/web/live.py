"""The latest reading of an account or of a fleet, and the news in it."""

from msgspec.structs import replace

from provisioner.core.estate.fleet import FleetEstate
from provisioner.core.estate.model import Estate
from provisioner.core.model.words import count
from provisioner.web.reading import LiveReading, Source

EstateSource = Source[Estate]


class LiveEstate(LiveReading[Estate]):
    """The newest reading of an account."""

    def _between(self, old: Estate, new: Estate) -> str:
        known = {each.id for each in old.purchases}
        if number := sum(each.id not in known for each in new.purchases):
            return f"{count(number, 'new purchase')}."
        parts = ("cards", "purchases", "balances", "due", "drift", "outside")
        is_same = all(getattr(old, part) == getattr(new, part) for part in parts)
        return "" if is_same else "Stripe has changed."


class LiveFleet(LiveReading[FleetEstate]):
    """The newest reading of a fleet."""

    def _between(self, old: FleetEstate, new: FleetEstate) -> str:
        pairs = zip(old.accounts, new.accounts, strict=True)
        number = sum(replace(one, at=0) != replace(other, at=0) for one, other in pairs)
        return f"{count(number, 'account')} changed." if number else ""
