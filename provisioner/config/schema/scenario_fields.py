"""The fields of a scenario, described like those of a kind, so that its schema is derived the same way."""

from provisioner.core.model.scenario import METHODS
from provisioner.core.schema.field import Field, Shape
from provisioner.kinds.categories import CATEGORIES
from provisioner.kinds.postal import COUNTRY, COUNTRY_SAYS
from provisioner.kinds.spending_controls import PRESENCES

SECTION = "scenarios"
DEFINITION = "scenario"
DOC = "A purchase and its expected outcome."
MOST_REPEATS = 100
TIME = r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})$"
TIME_SAYS = 'a time needs a date and a time zone, in quotes: "2026-11-30T23:59:00Z"'
# SDK, issuing/_authorization.py, RequestHistory.reason, for declined purchases
DECLINES = tuple(
    "account_disabled card_canceled card_expired card_inactive cardholder_blocked cardholder_inactive "
    "cardholder_verification_required insecure_authorization_method insufficient_funds network_fallback "
    "not_allowed pin_blocked spending_controls stripe_internal_error suspected_fraud verification_failed "
    "webhook_declined webhook_error webhook_timeout".split()
)


def _where_and_when(inherited: str) -> tuple[Field, ...]:
    """Return the fields that a scenario shares with its earlier purchases."""
    return (
        Field(
            "merchant_country",
            doc=f"The merchant's country, two capital letters{inherited}.",
            pattern=COUNTRY,
            pattern_says=COUNTRY_SAYS,
            example="US",
        ),
        Field("presence", doc=f"Whether the card is present{inherited}.", choices=PRESENCES),
        Field(
            "authorization_method",
            doc="How the card is read, instead of `presence`; chip, contactless and swipe are present.",
            choices=METHODS,
        ),
        Field(
            "at",
            doc="The time of the purchase, for limits per day, week, month or year (UTC).",
            pattern=TIME,
            pattern_says=TIME_SAYS,
            example="2026-11-30T23:59:00Z",
        ),
        Field(
            "repeat",
            Shape.INTEGER,
            doc="How many times; all but the last must be approved.",
            low=1,
            high=MOST_REPEATS,
            default=1,
        ),
    )


def _amount(name: str, doc: str, *, required: bool = False) -> Field:
    return Field(name, Shape.AMOUNT, doc=doc, required=required, low=0, example="25.00 USD")


EARLIER = Field(
    "after",
    Shape.TABLE,
    doc="Earlier purchases, in order; each must be approved.",
    fields=(
        _amount("amount", "The amount of the earlier purchase.", required=True),
        Field("category", doc="Its category (default: the scenario's).", choices=CATEGORIES),
        *_where_and_when(" (default: the scenario's)"),
    ),
)
FIELDS = (
    Field(
        "card",
        Shape.REF,
        doc="The card: its name under `cards`.",
        required=True,
        refers_to="cards",
        example="ads",
    ),
    _amount(
        "amount", "The amount of the purchase, in the card's currency; 0 only checks the card.", required=True
    ),
    Field(
        "category",
        doc="The merchant's category.",
        required=True,
        choices=CATEGORIES,
        example="advertising_services",
    ),
    *_where_and_when(""),
    EARLIER,
    _amount("balance", "The Issuing balance before the first purchase (default: enough for all purchases)."),
    Field("expect", doc="The expected outcome.", required=True, choices=("approved", "declined")),
    Field("reason", doc="The expected reason of a declined purchase (default: any).", choices=DECLINES),
)
