#!/usr/bin/env bash
# Finds what there is to install with: a Python that is new enough, if any, and uv.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR
source "$here/clean.sh"

found=
for name in python3 python; do
  path=$(command -v "$name") || continue
  if without_secrets "$path" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
    found=$path
    break
  fi
done
uv=$(command -v uv || true)
{
  echo "python=$found"
  echo "uv=$uv"
  # what is kept between runs are downloads, whose hashes are checked each time
  echo "key=$(cksum < "$here/requirements.txt" | tr ' ' '-')"
} >> "${GITHUB_OUTPUT:-/dev/stdout}"
