#!/usr/bin/env bash
# Installs provisioner, from the same commit as the Action, into a virtual environment of its own: its
# dependencies as requirements.txt has them, each a wheel of a known hash, and beside them the package as it is.
# Nothing is built, so nothing that is downloaded runs before it is checked.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR
source "$here/clean.sh"

python=${PYTHON:?the Python to install with}
temp=${RUNNER_TEMP:-/tmp}
# each ref of the Action has its own folder, so each has its own environment
where="$temp/provisioner-$(echo "$here" | cksum | cut -d ' ' -f 1)"
locked=(--require-hashes --only-binary :all: --no-deps --requirement "$here/requirements.txt")

bin() { if [ -d "$where/Scripts" ]; then echo "$where/Scripts/python.exe"; else echo "$where/bin/python"; fi; }

if [ ! -e "$where/installed" ]; then
  rm -rf "$where" # what an install that failed has left
  if [ -n "${UV:-}" ]; then
    # uv does not check again what it has kept
    without_secrets "$UV" venv --quiet --no-config --python "$python" "$where"
    without_secrets "$UV" pip install --quiet --no-config --no-cache --python "$(bin)" "${locked[@]}"
  else
    without_secrets "$python" -m venv "$where"
    without_secrets "$(bin)" -m pip install --quiet --disable-pip-version-check --no-input \
      --cache-dir "$temp/provisioner-downloads" "${locked[@]}"
  fi
  site=$(without_secrets "$(bin)" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' | tr -d '\r')
  cp -R "$here/../provisioner" "$site/"
  touch "$where/installed"
fi
echo "python=$(bin)" >> "${GITHUB_OUTPUT:-/dev/stdout}"
