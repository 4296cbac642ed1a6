#!/usr/bin/env bash
# Writes requirements.txt anew: what the Action installs, for every system and Python, each wheel by its hash.
# For a new dependency, or with --upgrade. Needs uv (pip install uv).
set -euo pipefail
cd "$(dirname "$0")/.."
exec uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
  --no-header --no-annotate --output-file action/requirements.txt "$@" pyproject.toml
