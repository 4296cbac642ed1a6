"""The templates of the files that `init` writes."""

from provisioner._version import __version__

# Users must fill in the place of their copy of provisioner. With a default, whoever registered that name
# would receive their keys. No owner or registry can have these names, so a pipeline fails until they are
# replaced.
REPOSITORY = "<OWNER>/provisioner"
IMAGE = "<REGISTRY>/provisioner"
REF = f"v{__version__}"
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
MODELINE = "# yaml-language-server: $schema={schema}\n"

CONFIGURATION = """\
# {project}: cardholders, their cards, and the balance that funds them.
# Try it without a Stripe account or key:  provisioner plan --sandbox
version: 1
project: {project}
mode: {mode}

guardrails:                        # limits of one apply; --allow can exceed them
  max_top_up: "1,000.00 USD"
  max_activated: 10

profiles:
  online-card:                     # settings that several cards share
    type: virtual
    currency: usd
    status: active
    spending_controls:
      spending_limits:
        - {{amount: "100.00 USD", interval: monthly}}

cardholders:
  company:
    type: company
    name: Example Company           # at most 24 characters, as printed on cards
    email: cards@example.com
    billing:
      address:
        line1: 123 Main Street
        city: San Francisco
        state: CA
        postal_code: "94111"       # quoted: YAML would read a number
        country: US
    metadata: {{team: operations}}

cards:
  software:
    use: online-card
    cardholder: company

balance_targets:
  usd:
    target: "100.00 USD"           # apply tops up the Issuing balance to this amount
"""

GITIGNORE = """\
# provisioner: sandbox, journal, caches, saved plans, reports and past purchases
.provisioner/
plan.json
plan.html
*.plan.json
*.plan.html
estate.html
*.cache
*.history
*.prom
*sandbox*.db*
"""

GITHUB = """\
# Pull requests are checked and show the plan, merging applies it, and nightly jobs check for drift and take
# back what ended grants have given.
# Secrets: STRIPE_READ_KEY, a restricted key that can read Issuing, the balance, top-ups and the account;
#          STRIPE_API_KEY, a key that can also write them, stored in the environment "stripe".
# Only a merge tops up the Issuing balance; docs/how-to/fund-the-balance.md has a job that does it regularly.
# Replace {repository} (four times) with the repository of your copy of provisioner,
# and {ref} with a tag or, better, a commit of it: see docs/ci.md, "Where provisioner comes from".
name: Stripe Issuing
on:
  pull_request:
  push:
    branches: [{branch}]
  schedule:
    - cron: "17 5 * * *"
  workflow_dispatch:                     # check drift now, or apply after a merge that did not apply
    inputs:
      apply:
        description: Apply the configuration of branch {branch} now, without an approved plan
        type: boolean
      args:
        description: "Arguments for that apply, one per line, such as --allow=top_up=1,500.00USD"

permissions: {{contents: read}}

jobs:
  check:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    permissions: {{contents: read, pull-requests: write}}
    steps:
      - uses: {checkout}
        with: {{persist-credentials: false}}
      - uses: {repository}@{ref}
        with: {{command: check, path: {path}}}
        env:
          STRIPE_API_KEY: ${{{{ secrets.STRIPE_READ_KEY }}}}

  apply:
    if: >-
      github.event_name == 'push' ||
      (inputs.apply && github.ref_name == github.event.repository.default_branch)
    runs-on: ubuntu-latest
    environment: stripe
    # One apply runs at a time, and none is canceled halfway. GitHub keeps only the newest waiting run and
    # drops the others: docs/how-to/after-a-stopped-merge.md says how to continue.
    concurrency: stripe-issuing-apply
    permissions: {{contents: read, actions: read, pull-requests: write}}
    steps:
      - uses: {checkout}
        with: {{persist-credentials: false}}
      - uses: {repository}@{ref}
        with:
          command: apply
          path: {path}
          plan: ${{{{ inputs.apply && 'none' || 'approved' }}}}
          args: ${{{{ inputs.args }}}}
        env:
          STRIPE_API_KEY: ${{{{ secrets.STRIPE_API_KEY }}}}

  drift:
    if: github.event_name == 'schedule' || (github.event_name == 'workflow_dispatch' && !inputs.apply)
    runs-on: ubuntu-latest
    permissions: {{contents: read, issues: write}}
    steps:
      - uses: {checkout}
        with: {{persist-credentials: false}}
      - uses: {repository}@{ref}
        with: {{command: drift, path: {path}, args: --explain}}
        env:
          STRIPE_API_KEY: ${{{{ secrets.STRIPE_READ_KEY }}}}

  expired-grants:                        # can only lower spending, so nobody has to review it
    if: github.event_name == 'schedule'
    runs-on: ubuntu-latest
    environment: stripe                  # if it has reviewers, use one without them, or this waits each night
    concurrency: stripe-issuing-apply
    permissions: {{contents: read}}
    steps:
      - uses: {checkout}
        with: {{persist-credentials: false}}
      - uses: {repository}@{ref}
        with: {{command: apply, path: {path}, plan: none, args: --expired-grants}}
        env:
          STRIPE_API_KEY: ${{{{ secrets.STRIPE_API_KEY }}}}
"""

GITLAB = """\
# Merge requests are checked and show the plan, the main branch applies it after a review, and a schedule
# checks for drift and takes back what ended grants have given.
# Variables: STRIPE_READ_KEY (restricted to reading) and STRIPE_API_KEY (can write; protect the variable).
# Replace {repository} with the project of your copy of provisioner, and {image} with the image
# built from its Dockerfile: see docs/ci.md, "Where provisioner comes from".
include:
  - project: {repository}
    file: ci/gitlab.yml
    ref: {ref}

variables:
  PROVISIONER_IMAGE: {image}:{ref}
  PROVISIONER_PATH: {path}
"""
