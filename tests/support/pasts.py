"""Small pasts of one card and its cardholder, written by hand."""

from provisioner.core.purchases.past import PastCard, PastControls, PastList, PastMove, PastRequest
from provisioner.core.purchases.planned import Planned, PlannedControls
from support.purchases import limit, limits, time

NOON = time("2026-03-03T12:00:00Z")
DAY, HOUR = 86_400, 3_600
CARD = PastCard("ic_1", "ich_1")
HOLDER = PastControls(0, {"status": "active"})


def asked(amount, at=NOON, *, number=0, approved=True, reason="", **more):
    """A request of an authorization that begins with it."""
    reason = reason or ("card_active" if approved else "spending_controls")
    more = {"began": at, "total": amount, "granted": amount if approved else 0, "category": "caterers"} | more
    given = {"card": "ic_1", "holder": "ich_1", "merchant": "Rocket Rides", "country": "US"} | more
    return PastRequest(at=at, authorization=number, amount=amount, approved=approved, reason=reason, **given)


def moved(request, at, *, ends=True, left=0, **more):
    """A change of what a request has held."""
    return PastMove(
        at=at,
        authorization=request.authorization,
        began=request.began,
        card=request.card,
        holder=request.holder,
        category=request.category,
        left=left,
        ends=ends,
        **more,
    )


def card(*rows, since=0, status="active", **more):
    """A version of a card's controls with these limits."""
    return PastControls(since, {"status": status, "spending_controls": limits(*rows), **more})


RETIRED = PlannedControls("", [PastControls(0, {"status": "inactive"})], retired=True)
TEN_A_DAY = (card(limit(1_000, "daily")),)


def past(*moments, controls=TEN_A_DAY, holder=(HOLDER,), horizon=0, cards=(CARD,)):
    held = {"ich_1": holder, **{each.id: controls for each in cards}}
    return PastList(
        sorted(moments, key=lambda each: each.at), {each.id: each for each in cards}, held, horizon
    )


def plan(*versions, holder=None, **more):
    """A plan for the card, and for its holder if it has one."""
    cards = {"ic_1": PlannedControls("cards.ads", versions, **more)} if versions else {}
    return Planned(cards, {"ich_1": PlannedControls("cardholders.acme", holder)} if holder else {})


def counts(found):
    agreement = found.agreement
    return (
        (agreement.agreed, agreement.compared),
        found.newly_declined.count,
        found.newly_approved.count,
        found.unjudged,
    )
