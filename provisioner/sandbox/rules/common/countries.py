"""Countries as two-letter codes (ISO 3166-1 alpha-2), and phone numbers in E.164."""

import re
from collections.abc import Mapping
from functools import lru_cache

from provisioner.sandbox.state.errors import invalid

CODES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()
)
EURO = frozenset("AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK".split())
# European countries where Stripe issues cards, and the rest of the customs union and the EEA.
EUROPE = EURO | frozenset("BG CH CZ DK GB HU IS LI NO PL RO SE".split())
# Fictional numbers from Ofcom, which Stripe accepts (stripe-cli, issuing_authorization.request.gb).
_FICTIONAL = re.compile(r"\+447700900[0-9]{3}")
_DIALED = re.compile(r"[+\d\s().\-/]+")


def country(code: str, param: str) -> str:
    """Return a country code in upper case; raises ApiError for an unknown one."""
    if code.upper() not in CODES:
        raise invalid(f"Country '{code}' is unknown. Use a two-letter country code, such as 'US'.", param)
    return code.upper()


def address(given: Mapping[str, str], param: str) -> dict[str, str | None]:
    """Return an address in the form of responses; raises ApiError for an unknown country."""
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: given.get(name) for name in names} | {
        "country": country(given["country"], f"{param}[country]")
    }


@lru_cache  # 0.2 ms each, and one number is often used many times
def e164(phone: str, home: str, param: str) -> str:
    """
    Return a phone number in E.164 (`+18008675309`); a number without a prefix is one of the country `home`.

    Raises ApiError for a number that is not valid in any country.
    """
    import phonenumbers  # noqa: PLC0415 - cold start: 0.15 s, and most sandboxes have no phone numbers

    refused = invalid(
        f"'{phone}' is not a valid phone number. Give it in E.164 form, such as +18008675309.", param
    )
    if not _DIALED.fullmatch(phone):  # letters and extensions, which the parser would accept
        raise refused
    try:
        number = phonenumbers.parse(phone, home)
    except phonenumbers.NumberParseException:
        raise refused from None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not (phonenumbers.is_valid_number(number) or _FICTIONAL.fullmatch(written)):
        raise refused
    return written
