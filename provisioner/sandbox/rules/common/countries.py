"""Countries as two-letter codes (ISO 3166-1 alpha-2), and phone numbers in E.164."""

import re

from provisioner.sandbox.state.errors import ApiError, invalid

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
# Where Stripe issues cards in Europe, and their neighbours in the customs union and the EEA.
EUROPE = EURO | frozenset("BG CH CZ DK GB HU IS LI NO PL RO SE".split())
_CALLING = {
    "US": "1",
    "CA": "1",
    "GB": "44",
    "DE": "49",
    "FR": "33",
    "ES": "34",
    "IT": "39",
    "NL": "31",
    "IE": "353",
    "AT": "43",
    "BE": "32",
    "PT": "351",
    "FI": "358",
    "LU": "352",
    "GR": "30",
    "SE": "46",
    "DK": "45",
    "PL": "48",
}
_PUNCTUATION = re.compile(r"[\s().\-/]+")
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_NORTH_AMERICAN = 10


def country(code: str, param: str) -> str:
    """The code in capitals; raises StripeError when it is no country's."""
    if code.upper() not in CODES:
        raise invalid(f"Country '{code}' is unknown. Use a two-letter country code, such as 'US'.", param)
    return code.upper()


def e164(phone: str, home: str, param: str) -> str:
    """
    A phone number in E.164 (`+18008675309`), read as one of the country `home` when it has no prefix.

    Raises StripeError when it cannot be one.
    """
    digits = _PUNCTUATION.sub("", phone)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not digits.startswith("+"):
        calling = _CALLING.get(home, "")
        if not calling:
            raise _no_phone(phone, param)
        local = digits.removeprefix(calling) if calling == "1" and len(digits) > _NORTH_AMERICAN else digits
        digits = f"+{calling}{local if home == 'IT' else local.removeprefix('0')}"
    if not _E164.fullmatch(digits) or (digits.startswith("+1") and len(digits) != _NORTH_AMERICAN + 2):
        raise _no_phone(phone, param)
    return digits


def _no_phone(phone: str, param: str) -> ApiError:
    return invalid(
        f"'{phone}' is not a valid phone number. Give it in E.164 form, such as +18008675309.", param
    )
