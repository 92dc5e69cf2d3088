"""`python -m ileti.simulator`: the simulator alone, for those who want nothing else of İleti."""

from __future__ import annotations

import argparse
import sqlite3
import sys

from ileti.simulator.options import SettingError
from ileti.simulator.server import serve


def main() -> int:
    """Serve as the arguments say; 2 and a sentence when that cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m ileti.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8099, help="0 takes a free one")
    parser.add_argument("--database", help="file for the state; without it all is in memory")
    parser.add_argument("--clock", help="Istanbul time to start at, YYYY-MM-DD HH:mm:ss")
    parser.add_argument("--fault", action="append", default=[], metavar="KIND|kind=…,path=…")
    parser.add_argument("--quota", action="append", default=[], metavar="off|per_second=…,…")
    parser.add_argument("--delay", action="append", default=[], metavar="batch=…,pull=…,latency=…")
    parser.add_argument("--rules", help="JSON object, as /_control/rules takes it")
    parser.add_argument("--provider", help="JSON file with a provider or a list of them")
    parser.add_argument("--mail-port", type=int, help="of a mail server; 0: a free one")
    given = parser.parse_args()
    try:
        serve(
            host=given.host, port=given.port, database=given.database, clock=given.clock,
            faults=given.fault, quotas=given.quota, delays=given.delay, rules=given.rules,
            provider_file=given.provider, mail_port=given.mail_port,
        )  # fmt: skip
    except (SettingError, OSError, sqlite3.Error) as problem:
        print(f"The simulator cannot start: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
