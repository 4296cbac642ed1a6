"""Texts that the tests of the configuration build upon."""

HEAD = "version: 1\nproject: p\n"
HOLDER = """\
cardholders:
  acme:
    name: Acme Inc
    type: company
    billing: {address: {line1: 1 Main Street, city: Springfield, postal_code: "94111", country: US}}
"""
CARD = """\
cards:
  ads:
    cardholder: acme
    currency: usd
    type: virtual
"""

BASE = HEAD + HOLDER + CARD  # `ads` is line 9, its own keys begin in line 10, more go to line 13
