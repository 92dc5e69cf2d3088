#!/usr/bin/env bash
# Makes .venv from a lock file with hashes. Needs Python 3.11 or newer; brings the rest.
set -euo pipefail
python=$1 lock=$2
say() { printf '%s\n' "$*"; }
command -v "$python" >/dev/null || { say "İleti needs Python 3.11 or newer: install python3."; exit 2; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { say "İleti needs Python 3.11 or newer; $("$python" --version) is too old (PYTHON=… names another)."; exit 2; }
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing Debian's python3-venv …"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; } >/dev/null
  else
    say "Python lacks venv: install the package python3-venv, then run this again."; exit 2
  fi
fi
if [ ! -x .venv/bin/python ]; then
  say "Making the environment .venv …"
  "$python" -m venv .venv
fi
say "Installing packages from $lock (once) …"
export PIP_DISABLE_PIP_VERSION_CHECK=1
.venv/bin/python -m pip install -qq --require-hashes -r "$lock"
.venv/bin/python -m pip install -qq --no-deps --no-build-isolation -e .
# Packages come compiled; our own programs would cost each first start two seconds.
.venv/bin/python -m compileall -q app.py config.py ileti
