"""The fields of a grant, described like those of a kind, so that its schema is derived the same way."""

from collections.abc import Sequence

from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.kind import Kind

SECTION = "grants"
DEFINITION = "grant"
DOC = "Spending power for a while, in addition to what the cards declare."
LONGEST_REASON = 200
TIME = r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2}))?$"
TIME_SAYS = "write a date (2026-12-01, from midnight UTC) or a time with its zone (2026-12-01T18:00:00Z)"


def grantable(kinds: Sequence[Kind]) -> Kind:
    """Return the kinds whose resources a grant can cover."""
    return next(kind for kind in kinds if kind.spending and kind.spending.grant_fields)


def grant_fields(kinds: Sequence[Kind]) -> tuple[Field, ...]:
    """Return the fields of a grant: the resources, the time, and the values that it may give."""
    kind = grantable(kinds)
    powers = kind.spending.grant_fields if kind.spending else ()
    return (
        Field(
            kind.section,
            Shape.LIST,
            doc=f"The {kind.section} that it covers: names, or patterns in which * stands for any text.",
            required=True,
            example=["ads", "team-*"],
        ),
        *powers,
        Field(
            "from",
            doc="When it begins (default: immediately). A date means midnight UTC.",
            pattern=TIME,
            pattern_says=TIME_SAYS,
            example="2026-11-27",
        ),
        Field(
            "until",
            doc="When it ends. A date means midnight UTC at the beginning of that day.",
            required=True,
            pattern=TIME,
            pattern_says=TIME_SAYS,
            example="2026-12-01",
        ),
        Field(
            "reason",
            doc="Why it is given; every plan shows it.",
            longest=LONGEST_REASON,
            example="Black Friday",
        ),
    )
