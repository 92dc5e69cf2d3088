"""Sealing, auditing, bundling, and what the sealer costs a capture; `make bench-evidence`.

    seal_leaves_per_s                leaves sealed by one process (reach 50 000)
    audit_rows_per_s                 entries whose claim, leaf and root are asked again (50 000)
    capture_with_sealer_vs_without   rate of captures while a sealer works to the rate without, on
                                     the same server, in turn, medians (0.95)
    bundle_s                         the bundle of a person with 50 events in 25 seals (at most 2)

``EVIDENCE_ROWS`` sets the entries (default 300 000), ``CAPTURE_SECONDS`` and ``CAPTURE_ROUNDS`` the
turns.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from benchmarks import capture

ROWS = int(os.environ.get("EVIDENCE_ROWS", "300000"))
_SEALER = """
import time
from ileti.evidence import seal
while True:
    seal.seal_due(time.monotonic() + 20)
    time.sleep(5.0)
"""


@contextmanager
def sealer() -> Iterator[None]:
    """A process that seals every five seconds, as the installation does."""
    process = subprocess.Popen([sys.executable, "-c", _SEALER], cwd=capture.ROOT,
                               env=os.environ | {"PYTHONPATH": str(capture.ROOT)})
    try:
        time.sleep(1.0)
        yield
    finally:
        process.terminate()
        process.wait(20)


def person(provider_of: str) -> tuple[int, list[int]]:
    """Fifty events of one person, in 25 seals; provider and entries."""
    from ileti.capture.sites import find_site
    from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
    from ileti.consents.vocabulary import Channel, Source, Standing, Status
    from ileti.evidence import seal

    place, ids = find_site(provider_of).place, []
    for n in range(25):
        moment = datetime(2026, 11, 23, 9, n, tzinfo=UTC)
        done = record(NewSubmission(
            place=place, idem=f"person:{n:08d}", body_hash=hash_body(n), source=Source.HS_WEB,
            standing=Standing.VERIFIED, evidence={"page": "https://bench.ornek.test/"},
            person={"name": "Nazlı K."},
            items=[NewConsent("+905992134117", channel, Status.ONAY if n % 2 else Status.RET,
                              moment, due_at=moment)
                   for channel in (Channel.MESAJ, Channel.ARAMA)]))
        ids += [item.entry_id for item in done.items]
        seal.seal_due(time.monotonic() + 20)
    return place.provider_id, ids


def main() -> None:
    """Fill, seal, audit, bundle; then captures in turn."""
    key, secret, token = capture.prepare()
    from ileti.consents import bundle
    from ileti.consents.audit import audit
    from ileti.evidence import seal

    capture.fill(ROWS)
    began = time.perf_counter()
    sealed = seal.seal_due(time.monotonic() + 600)
    print(f"seal_leaves_per_s {sealed['leaves'] / (time.perf_counter() - began):.0f}", flush=True)
    began = time.perf_counter()
    report = audit()
    if report.findings or report.entries != sealed["leaves"]:
        raise SystemExit(f"the audit found {report.findings[:3]} in {report.entries} entries")
    print(f"audit_rows_per_s {report.entries / (time.perf_counter() - began):.0f}", flush=True)
    provider, ids = person("pk_bench")
    began = time.perf_counter()
    bundle.write(bundle.build(provider, ids), io.BytesIO())
    print(f"bundle_s {time.perf_counter() - began:.2f}", flush=True)

    path, source = f"/w/v1/{key}/submissions", capture.bodies(key, secret, token, ["MESAJ"])
    ratios = []
    with capture.serving("app:serving") as (port, _):
        def rate() -> float:
            made = [next(source) for _ in range(int(capture.SECONDS * 9_000))]
            return capture.load(port, path, made, capture.SECONDS)[0]

        rate()
        for _ in range(capture.ROUNDS):
            without = rate()
            with sealer():
                ratios.append(rate() / without)
    print(f"capture_with_sealer_vs_without {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main()
