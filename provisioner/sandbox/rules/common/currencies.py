"""Stripe's currencies, and fixed exchange rates between them: docs.stripe.com/currencies."""

from collections.abc import Mapping
from fractions import Fraction

from provisioner.sandbox.state.errors import invalid

# Roughly the rates of 2025: US dollars for 100 units. They are fixed, so that tests can predict amounts.
_RATES = """
    aed 27.2 afn 1.43 all 1.19 amd 0.26 ang 55.9 aoa 0.109 ars 0.074 aud 65 awg 55.6 azn 58.8 bam 56.2
    bbd 50 bdt 0.82 bgn 56.2 bhd 265 bif 0.0339 bmd 100 bnd 77.5 bob 14.5 brl 18.4 bsd 100 bwp 7.4 byn 30.6
    bzd 49.8 cad 72 cdf 0.0345 chf 125 clp 0.105 cny 14 cop 0.0248 crc 0.198 cve 0.998 czk 4.48 djf 0.562
    dkk 14.7 dop 1.64 dzd 0.769 egp 2.02 etb 0.7 eur 110 fjd 44.2 fkp 130 gbp 130 gel 36.9 gip 130 gmd 1.39
    gnf 0.0115 gtq 13 gyd 0.478 hkd 12.8 hnl 3.82 htg 0.764 huf 0.278 idr 0.0061 ils 29.4 inr 1.15 isk 0.82
    jmd 0.625 jod 141 jpy 0.68 kes 0.774 kgs 1.14 khr 0.025 kmf 0.224 krw 0.072 kwd 326 kyd 120 kzt 0.19
    lak 0.0046 lbp 0.00112 lkr 0.332 lrd 0.5 lsl 5.6 mad 10.8 mdl 5.9 mga 0.0224 mkd 1.79 mmk 0.0476
    mnt 0.0282 mop 12.4 mur 2.2 mvr 6.49 mwk 0.0577 mxn 5.3 myr 23.6 mzn 1.57 nad 5.6 ngn 0.0655 nio 2.72
    nok 9.9 npr 0.72 nzd 59 omr 260 pab 100 pen 28 pgk 24.2 php 1.74 pkr 0.354 pln 25.9 pyg 0.0132 qar 27.5
    ron 21.7 rsd 0.939 rub 1.25 rwf 0.0692 sar 26.7 sbd 12 scr 7 sek 10 sgd 77.5 shp 130 sle 4.38 sos 0.175
    srd 2.6 std 0.0045 szl 5.6 thb 3.05 tjs 10.5 tnd 339 top 42 try 2.5 ttd 14.8 twd 3.3 tzs 0.0382 uah 2.4
    ugx 0.028 usd 100 uyu 2.48 uzs 0.0079 vnd 0.0038 vuv 0.83 wst 36.3 xaf 0.168 xcd 37 xcg 55.9 xof 0.168
    xpf 0.922 yer 0.418 zar 5.6 zmw 4.2
"""
# docs.stripe.com/currencies#zero-decimal; amounts of ISK and UGX have two decimals for compatibility.
_WITHOUT_DECIMALS = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"
_THREE_DECIMALS = "bhd jod kwd omr tnd"


def _per_minor_unit() -> Mapping[str, Fraction]:
    """Return US cents for one minor unit, by currency."""
    words = _RATES.split()
    digits = dict.fromkeys(_WITHOUT_DECIMALS.split(), 0) | dict.fromkeys(_THREE_DECIMALS.split(), 3)
    return {
        code: Fraction(rate) / 10 ** digits.get(code, 2)
        for code, rate in zip(words[::2], words[1::2], strict=True)
    }


_CENTS = _per_minor_unit()
CODES = frozenset(_CENTS)


def currency(code: str, param: str) -> str:
    """Return a currency code in lower case; raises ApiError (400) for an unknown one."""
    if code.lower() not in CODES:
        raise invalid(f"Invalid currency: {code}. Use a three-letter code, such as usd.", param)
    return code.lower()


def converted(amount: int, held_in: str, wanted: str) -> int:
    """Convert an amount in minor units of one currency to minor units of another, rounded half to even."""
    return amount if held_in == wanted else round(amount * _CENTS[held_in] / _CENTS[wanted])
