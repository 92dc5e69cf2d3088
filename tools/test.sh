#!/usr/bin/env bash
# Everything `make test` checks, in the order in which a fault is cheapest to find.
# `tools/test.sh checks` leaves out the test suites.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
step() { printf '\n== %s\n' "$1"; }

# The type checker takes as long as all the other checks, and the widget's tools wait for the
# network: both run beside what follows and are told when they are needed.
beside=$(mktemp -d)
{ $bin/mypy config.py ileti && $bin/mypy --config-file client/pyproject.toml client/src; } \
  >"$beside/types" 2>&1 &
checker=$!
{ bash tools/node.sh typecheck && bash tools/node.sh test && bash tools/node.sh check; } \
  >"$beside/widget" 2>&1 &
widget=$!
trap 'kill "$checker" "$widget" 2>/dev/null || true; rm -rf "$beside"' EXIT
told() { # NAME PROCESS: what it said; ends when it failed
  local fine=0
  wait "$2" || fine=$?
  cat "$beside/$1"
  [ "$fine" = 0 ] || exit "$fine"
}

step "lint"; $bin/ruff check .
step "Python client: written half equals its sources"
$bin/python -m tools.client --check
step "import floors"; $bin/lint-imports
step "translations"; $bin/python -m tools.check_translations
step "settings table"; $bin/python -m tools.settings_doc --check
step "policy of the verifying page"; $bin/python -m tools.verify_page
step "types, the Python client's too"; told types "$checker"
widget_said() { step "widget: types, unit tests, bundle equals its sources"; told widget "$widget"; }
if [ "${1:-}" = checks ]; then widget_said; exit 0; fi

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
# Three workers on two processors: one of them always waits, for a browser or a process that starts.
step "tests"; $bin/pytest -n 3 --dist loadfile --no-loadscope-reorder
widget_said
