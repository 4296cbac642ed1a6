"""The YAML that the page of the configuration shows; tests/e2e/test_docs.py checks each."""

EXAMPLES = {
    "webhook_endpoints": """\
webhook_endpoints:
  ledger:
    url: https://hooks.example.com/stripe
    enabled_events: [issuing_authorization.created, issuing_card.updated]
    description: Issuing ledger
    secret_to: {command: [vault, kv, put, secret/stripe/ledger, "webhook=-"]}
    metadata: {team: finance}
""",
    "cardholders": """\
cardholders:
  acme:
    type: company
    name: Acme Inc
    email: company@example.com
    billing:
      address: {line1: 123 Main Street, city: San Francisco, state: CA, postal_code: "94111", country: US}
  jenny:
    type: individual
    name: Jenny Rosen
    phone_number: "+18008675309"
    billing: {address: {line1: 1 Main Street, city: Reno, state: NV, postal_code: "89501", country: US}}
    individual:
      first_name: Jenny
      last_name: Rosen
      dob: {day: 1, month: 11, year: 1981}
      card_issuing: {user_terms_acceptance: {date: 1760432000, ip: 203.0.113.5}}
    spending_controls: {spending_limits: [{amount: "5,000.00 USD", interval: monthly}]}
""",
    "cards": """\
profiles:
  ads:
    type: virtual
    currency: usd
    status: active
    spending_controls:
      allowed_categories: [advertising_services]
      spending_limits: [{amount: "2,000.00 USD", interval: monthly}]
cards:
  search:
    use: ads
    cardholder: acme
    metadata: {team: marketing}
  front-desk:
    cardholder: acme
    type: physical
    currency: usd
    shipping:
      name: Acme Inc
      address: {line1: 123 Main Street, city: San Francisco, state: CA, postal_code: "94111", country: US}
""",
    "balance_targets": """\
balance_targets:
  usd: {target: "20,000.00 USD", top_up_below: "10,000.00 USD", max_top_up: "15,000.00 USD"}
""",
    "personalization_designs": """\
personalization_designs:
  winter:
    name: Winter
    physical_bundle: Standard black
    card_logo: {file: logo.png}
    carrier_text: {header_title: Welcome, header_body: Activate the card before you use it.}
    preferences: {is_default: true}
""",
    "lifecycle": """\
cards:
  ads: {lifecycle: {protect: true, on_remove: keep}}
  renamed: {lifecycle: {previously: [old-name], ignore: [metadata, spending_controls.spending_limits]}}
  lost: {lifecycle: {reissue: {number: 1, reason: lost}}}
""",
    "grants": """\
grants:
  black-friday:
    cards: [search, "team-*"]
    spending_limits: [{amount: "10,000.00 USD", interval: monthly}]
    from: 2026-11-27
    until: 2026-12-01T18:00:00Z
    reason: Black Friday
""",
    "scenarios": """\
scenarios:
  lunch-is-declined:
    card: search
    amount: "20.00 USD"
    category: eating_places_restaurants
    expect: declined
    reason: spending_controls
  the-month-is-used-up:
    card: search
    amount: "1.00 USD"
    category: advertising_services
    after: [{amount: "2,000.00 USD"}]
    expect: declined
""",
    "fleet": """\
version: 1
fleet: acme-platform
configuration: template
accounts:
  - {account: acct_1Abc, name: harbor-books, labels: {tier: gold}, vars: {limit: "800.00"}}
roster: shops.csv
canary: tier=gold
guardrails: {max_top_up: "50,000.00 USD", max_failed: "5%"}
""",
}
