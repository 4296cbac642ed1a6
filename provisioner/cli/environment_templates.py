"""The templates of the files that `init --envs` writes: overlays, and workflows with each environment."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

LIVE = ("live", "prod", "production")  # environments with these names get live mode
LONGEST_PROJECT = 63

OVERLAY = """\
# Environment {env}: overrides of ../provisioner.yaml, for example: provisioner plan --env {env} --sandbox
project: {project}    # separate objects, even if two environments share an account
mode: {mode}
# account: acct_...    # rejects keys of other accounts
"""

GITHUB = """\
# Pull requests check each environment, merging applies them one after the other, and nightly jobs check for
# drift and take back what ended grants have given.
# Secrets: {read_keys}, restricted keys that can read Issuing, the balance,
#          top-ups and the account; STRIPE_API_KEY, a key that can also write them, stored in each of the
#          environments {environments}.
# Add required reviewers to these environments (Settings, Environments): each apply then waits for approval.
# Only a merge tops up the Issuing balance; docs/how-to/fund-the-balance.md has a job that does it regularly.
# Replace {repository} everywhere with the repository of your copy of provisioner,
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
        description: Apply branch {branch} to this environment now, without an approved plan
        type: choice
        default: none
        options: [{choices}]
      args:
        description: "Arguments for that apply, one per line, such as --allow=top_up=1,500.00USD"

permissions: {{contents: read}}

jobs:
  check:
    name: check (${{{{ matrix.env }}}})
    if: github.event_name == 'pull_request'
    strategy:
      fail-fast: false
      matrix:
        include:
{matrix}
    runs-on: ubuntu-latest
    permissions: {{contents: read, pull-requests: write}}
    steps:
      - uses: {checkout}
        with: {{persist-credentials: false}}
      - uses: {repository}@{ref}
        with: {{command: check, path: {path}, env: "${{{{ matrix.env }}}}"}}
        env:
          STRIPE_API_KEY: ${{{{ secrets[matrix.key] }}}}
{applies}
  drift:
    name: drift (${{{{ matrix.env }}}})
    if: github.event_name == 'schedule' || inputs.apply == 'none'
    strategy:
      fail-fast: false
      matrix:
        include:
{matrix}
    runs-on: ubuntu-latest
    permissions: {{contents: read, issues: write}}
    steps:
      - uses: {checkout}
        with: {{persist-credentials: false}}
      - uses: {repository}@{ref}
        with: {{command: drift, path: {path}, env: "${{{{ matrix.env }}}}", args: --explain}}
        env:
          STRIPE_API_KEY: ${{{{ secrets[matrix.key] }}}}

  expired-grants:                        # can only lower spending, so nobody has to review it
    name: expired grants (${{{{ matrix.env }}}})
    if: github.event_name == 'schedule'
    strategy:
      fail-fast: false
      matrix:
        include:
{matrix}
    runs-on: ubuntu-latest
    # if these have reviewers, use environments without them, or this waits each night
    environment: stripe-${{{{ matrix.env }}}}
    concurrency: stripe-issuing-apply-${{{{ matrix.env }}}}
    permissions: {{contents: read}}
    steps:
      - uses: {checkout}
        with: {{persist-credentials: false}}
      - uses: {repository}@{ref}
        with:
          command: apply
          path: {path}
          env: ${{{{ matrix.env }}}}
          plan: none
          args: --expired-grants
        env:
          STRIPE_API_KEY: ${{{{ secrets.STRIPE_API_KEY }}}}
"""

GITHUB_APPLY = """
  apply-{env}:{needs}
    if: >-
      ${{{{ !cancelled() && !failure() && (github.event_name == 'push' ||
      (inputs.apply == '{env}' && github.ref_name == github.event.repository.default_branch)) }}}}
    runs-on: ubuntu-latest
    environment: stripe-{env}
    # One apply runs at a time, and none is canceled halfway. GitHub keeps only the newest waiting run and
    # drops the others: docs/how-to/after-a-stopped-merge.md says how to continue.
    concurrency: stripe-issuing-apply-{env}
    permissions: {{contents: read, actions: read, pull-requests: write}}
    steps:
      - uses: {checkout}
        with: {{persist-credentials: false}}
      - uses: {repository}@{ref}
        with:
          command: apply
          path: {path}
          env: "{env}"
          plan: ${{{{ inputs.apply == '{env}' && 'none' || 'approved' }}}}
          args: ${{{{ inputs.args }}}}
        env:
          STRIPE_API_KEY: ${{{{ secrets.STRIPE_API_KEY }}}}
"""

GITLAB = """\
# Merge requests check each environment, the main branch applies them one after the other, and a schedule
# checks for drift and takes back what ended grants have given.
# Variables: {read_keys} (restricted to reading);
# STRIPE_API_KEY (can write; protect the variable), once for each of the environments {environments}.
# A person starts each apply; protected environments (Settings, CI/CD) also require approvals.
# Replace {repository} with the project of your copy of provisioner, and {image} with
# the image built from its Dockerfile: see docs/ci.md, "Where provisioner comes from".
include:
  - project: {repository}
    file: ci/gitlab-jobs.yml
    ref: {ref}

variables:
  PROVISIONER_IMAGE: {image}:{ref}
  PROVISIONER_PATH: {path}
{jobs}"""

GITLAB_JOBS = """
.{env}:
  variables: {{PROVISIONER_ENV: "{env}", PROVISIONER_READ_KEY: ${read_key}}}

check-{env}:
  extends: [.provisioner-check, .{env}]

plan-{env}:
  extends: [.provisioner-plan, .{env}]

apply-{env}:
  extends: [.provisioner-apply, .{env}]
  needs: [{needs}]
  environment: stripe-{env}

drift-{env}:
  extends: [.provisioner-drift, .{env}]

expired-grants-{env}:
  extends: [.provisioner-expired-grants, .{env}]
  environment: stripe-{env}
"""


def overlay(env: str, project: str) -> str:
    """Return the overrides of one environment."""
    mode = "live" if env in LIVE else "test"
    return OVERLAY.format(env=env, project=f"{project[: LONGEST_PROJECT - len(env) - 1]}-{env}", mode=mode)


def github_workflow(envs: Sequence[str], names: Mapping[str, str]) -> str:
    """
    Return the workflow for GitHub; `names` has the values that the workflow without environments uses,
    too.
    """
    matrix = "\n".join(f'          - {{env: "{env}", key: {_read_key(env)}}}' for env in envs)
    before = {env: f"\n    needs: [apply-{earlier}]" for earlier, env in pairwise(envs)}
    applies = "".join(GITHUB_APPLY.format(env=env, needs=before.get(env, ""), **names) for env in envs)
    choices = ", ".join(("none", *map(json.dumps, envs)))
    return GITHUB.format(matrix=matrix, applies=applies, choices=choices, **_keys(envs), **names)


def gitlab_pipeline(envs: Sequence[str], names: Mapping[str, str]) -> str:
    """Return the pipeline for GitLab; `names` has the same values as for the workflow."""
    before = {env: f", apply-{earlier}" for earlier, env in pairwise(envs)}
    jobs = "".join(
        GITLAB_JOBS.format(env=env, read_key=_read_key(env), needs=f"plan-{env}{before.get(env, '')}")
        for env in envs
    )
    return GITLAB.format(jobs=jobs, **_keys(envs), **names)


def _keys(envs: Sequence[str]) -> dict[str, str]:
    return {
        "read_keys": ", ".join(map(_read_key, envs)),
        "environments": ", ".join(f'"stripe-{env}"' for env in envs),
    }


def _read_key(env: str) -> str:
    return f"STRIPE_READ_KEY_{re.sub('[^A-Z0-9]', '_', env.upper())}"
