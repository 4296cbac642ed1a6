#!/usr/bin/env bash
# Installs provisioner, from the same commit as the Action, into a separate virtual environment.
set -euo pipefail

where="${RUNNER_TEMP:-/tmp}/provisioner-venv"
source="${GITHUB_ACTION_PATH:-$(dirname "$0")/..}"
if [ ! -x "$where/bin/provisioner" ]; then
  python3 -m venv "$where"
  "$where/bin/pip" install --quiet --disable-pip-version-check "$source"
fi
echo "python=$where/bin/python" >> "${GITHUB_OUTPUT:-/dev/stdout}"
