#!/usr/bin/env bash
# Everything `make test` checks, in the order in which a fault is cheapest to find.
# `tools/test.sh checks` leaves out the test suites.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
step() { printf '\n== %s\n' "$1"; }

step "lint"; $bin/ruff check .
step "types"; $bin/mypy config.py ileti
step "import floors"; $bin/lint-imports
step "widget: types, unit tests, bundle equals its sources"
bash tools/node.sh typecheck
bash tools/node.sh test
bash tools/node.sh check
step "translations"; $bin/python -m tools.check_translations
step "settings table"; $bin/python -m tools.settings_doc --check
step "policy of the verifying page"; $bin/python -m tools.verify_page
[ "${1:-}" = checks ] && exit 0

step "browser"
browser=${ILETI_CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$browser" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Debian's chromium …"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >/dev/null
    browser=$(command -v chromium)
  else
    echo "The browser tests need Chromium: install the package chromium, or name one in ILETI_CHROMIUM."
    exit 2
  fi
fi
export ILETI_CHROMIUM=$browser
echo "$browser"

step "migrations equal the models"; $bin/python -m tools.check_migrations
step "tests"; $bin/pytest -n 2 --dist loadfile
