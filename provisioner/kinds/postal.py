"""Postal addresses in Stripe's form, and the countries of ISO 3166-1."""

from typing import Any

from provisioner.core.schema.field import Field, Shape

_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
    BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
    ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
    HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
    LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
    NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
    SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
    UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()

COUNTRY = f"^(?:{'|'.join(_CODES)})$"
COUNTRY_SAYS = (
    'a country is two uppercase letters (ISO 3166: GB, not UK); quote "NO", which YAML reads as a boolean'
)


def personal(name: str, doc: str, **facts: Any) -> Field:
    """Return the field of a string about a person, which is never shown."""
    return Field(name, doc=doc, personal=True, **facts)


def address(doc: str) -> Field:
    """
    Return the field `address`: required, and always sent as a whole, because Stripe accepts no part of
    one.
    """
    return Field(
        "address",
        Shape.HASH,
        doc=doc,
        required=True,
        sent_whole=True,
        fields=(
            personal("line1", "Street and number, PO box, or company name.", required=True),
            personal("line2", "Apartment, suite, unit, or building."),
            personal("city", "City, district, suburb, town, or village.", required=True),
            personal("state", "State, county, province, or region."),
            personal("postal_code", 'ZIP or postal code, in quotes: "94111".', required=True),
            personal(
                "country",
                "The country code, two capital letters.",
                required=True,
                pattern=COUNTRY,
                pattern_says=COUNTRY_SAYS,
            ),
        ),
    )
