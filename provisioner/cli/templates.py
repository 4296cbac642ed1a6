"""What `init` writes: texts with a few names filled in."""

from provisioner._version import __version__

# Where a copy of provisioner lives is not to be guessed: a name that somebody else has registered would be
# handed the keys. No owner and no registry can be called like this: a pipeline fails until it is replaced.
REPOSITORY = "<OWNER>/provisioner"
IMAGE = "<REGISTRY>/provisioner"
REF = f"v{__version__}"
MODELINE = "# yaml-language-server: $schema={schema}\n"

CONFIGURATION = """\
# {project}: who may hold cards, which cards there are, and how much money stands behind them.
# Try it without an account or a key:  provisioner plan --sandbox
version: 1
project: {project}
mode: {mode}

guardrails:                        # an apply beyond these stops and asks for the number
  max_top_up: "1,000.00 USD"
  max_activated: 10

profiles:
  online-card:                     # what several cards have in common
    type: virtual
    currency: usd
    status: active
    spending_controls:
      spending_limits:
        - {{amount: "100.00 USD", interval: monthly}}

cardholders:
  company:
    type: company
    name: Example Company           # at most 24 letters, as printed on cards
    email: cards@example.com
    billing:
      address:
        line1: 123 Main Street
        city: San Francisco
        state: CA
        postal_code: "94111"       # in quotes: it is no number
        country: US
    metadata: {{team: operations}}

cards:
  software:
    use: online-card
    cardholder: company

balance_targets:
  usd:
    target: "100.00 USD"           # an apply tops the Issuing balance up to this
"""

GITIGNORE = """\
# provisioner: its sandbox, journal and caches; saved plans
.provisioner/
plan.json
plan.html
*.plan.json
*.plan.html
*.cache
*sandbox*.db*
"""

GITHUB = """\
# A pull request shows the plan, the merge applies it, and every night drift is looked for.
# Secrets: STRIPE_READ_KEY, a restricted key that reads Issuing, balance, top-ups and the account;
#          STRIPE_API_KEY, one that writes them too, kept in the environment "stripe".
# Between merges nobody tops the Issuing balance up; docs/how-to/fund-the-balance.md has a job that does.
# In the place of {repository}, three times, put the repository that has your copy of provisioner, and a
# tag or, better, a commit of it: docs/ci.md, "Where provisioner comes from".
name: Stripe Issuing
on:
  pull_request:
  push:
    branches: [{branch}]
  schedule:
    - cron: "17 5 * * *"
  workflow_dispatch:                     # drift now; or, after a merge that did not apply, the apply
    inputs:
      apply:
        description: Apply what the branch {branch} asks for now, with no plan that was approved
        type: boolean
      args:
        description: "More arguments for that apply, such as --allow=top_up=150000"

permissions: {{contents: read}}

jobs:
  plan:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    permissions: {{contents: read, pull-requests: write}}
    steps:
      - uses: actions/checkout@v4
      - uses: {repository}@{ref}
        with: {{command: plan, path: {path}}}
        env:
          STRIPE_API_KEY: ${{{{ secrets.STRIPE_READ_KEY }}}}

  apply:
    if: >-
      github.event_name == 'push' ||
      (inputs.apply && github.ref_name == github.event.repository.default_branch)
    runs-on: ubuntu-latest
    environment: stripe
    # Never two at once, and none is canceled half-way. Of those that wait, GitHub keeps the newest and
    # drops the others: docs/how-to/after-a-stopped-merge.md says how to go on from there.
    concurrency: stripe-issuing-apply
    permissions: {{contents: read, actions: read, pull-requests: write}}
    steps:
      - uses: actions/checkout@v4
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
      - uses: actions/checkout@v4
      - uses: {repository}@{ref}
        with: {{command: drift, path: {path}, args: --explain}}
        env:
          STRIPE_API_KEY: ${{{{ secrets.STRIPE_READ_KEY }}}}
"""

GITLAB = """\
# A merge request shows the plan, the main branch applies what a person has looked at, and a schedule looks
# for drift. Variables: STRIPE_READ_KEY (restricted, reads) and, protected, STRIPE_API_KEY (writes).
# In the place of {repository} and {image} put the project that has your copy of provisioner,
# and the image that its Dockerfile makes: docs/ci.md, "Where provisioner comes from".
include:
  - project: {repository}
    file: ci/gitlab.yml
    ref: {ref}

variables:
  PROVISIONER_IMAGE: {image}:{ref}
  PROVISIONER_PATH: {path}
"""
