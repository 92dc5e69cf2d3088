"""Sealing, auditing, bundling, and what the sealer costs a capture; `make bench-evidence`.

    seal_leaves_per_s                leaves sealed by one process (reach 50 000)
    audit_rows_per_s                 entries whose claim, leaf and root are asked again, with states
                                     and texts compared (50 000)
    capture_with_sealer_vs_without   rate of captures while a sealer works to the rate without, on
                                     the same server, in turn, medians (0.95)
    bundle_s                         the bundle of a person with 50 events in 30 seals: form, texts,
                                     acts, ten scans, a stamp, the pages (at most 2)

``EVIDENCE_ROWS`` sets the entries (default 300 000), ``CAPTURE_SECONDS`` and ``CAPTURE_ROUNDS`` the
turns.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import capture

_PHONE = "+905992134117"

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


@contextmanager
def stamping_authority() -> Iterator[None]:
    """The simulator's time stamp authority, over HTTP."""
    from config import settings
    from ileti.simulator.app import create_simulator
    from ileti.simulator.server import SimulatorServer

    simulator = create_simulator()
    server = SimulatorServer("127.0.0.1", 0, simulator)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings().stamp_url = f"http://127.0.0.1:{server.server_address[1]}/_tsa"
    settings().stamp_seconds = 0.001
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        simulator.close()


def person(site: str) -> tuple[int, int]:
    """Fifty events of one person in 30 seals: twenty clicks on a form with two consent texts, a
    notice and an explicit consent, each a consent or refusal and an act; ten acts on paper with a
    scan each. Stamped. Provider and recipient."""
    from ileti.capture.sites import find_site
    from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, hash_body
    from ileti.consents.vocabulary import Channel, Source, Standing, Status
    from ileti.evidence import seal, stamping, vault
    from ileti.kvkk.ledger import NewAct, record
    from ileti.kvkk.vocabulary import Act, Extent

    place, recipient = find_site(site).place, 0
    texts = _texts(place)
    rıza, notice = texts["ACIK_RIZA"], texts["AYDINLATMA"]

    def act(of: Text, what: Act, at: datetime) -> NewAct:
        return NewAct(of.document, of.version, of.hash, what, at, address=_PHONE,
                      extent=Extent.OPENED if what <= Act.READ else Extent.UNKNOWN)

    for n in range(30):
        at, paper = datetime(2026, 11, 23, 9, n, tzinfo=UTC), n >= 20
        evidence: dict[str, Any] = {
            "place": "Bench", "formVersion": 3, "language": "tr", "shownAt": at.isoformat(),
            "texts": [{"channel": name, "id": of.version, "hash": of.hash}
                      for name, of in texts.items() if name in ("MESAJ", "ARAMA")],
            "boxes": {"MESAJ": at.isoformat()}, "privacy": {
                "notice": {"id": notice.version, "hash": notice.hash, "extent": "opened"},
                "texts": [{"document": rıza.document, "id": rıza.version, "hash": rıza.hash}],
                "boxes": {str(rıza.document): at.isoformat()}}}
        if paper:
            scan = vault.put(place.provider_id, [
                b"%PDF-1.7\n", os.urandom(150_000).hex().encode(), b"\n%%EOF\n"], f"{n}.pdf")
            evidence = {"flow": "desk-imza", "by": "panel", "file": {
                "id": scan.id, "sha256": scan.sha256.hex(), "size": scan.size}}
        channel = Channel.ARAMA if n % 2 else Channel.MESAJ
        of = texts[channel.name]
        done, _ = record(NewSubmission(
            place=place, idem=f"person:{n:08d}", body_hash=hash_body(n),
            source=Source.HS_ISLAK_IMZA if paper else Source.HS_WEB, standing=Standing.VERIFIED,
            actor=ActorKind.VISITOR, evidence=evidence, person={"name": "Nazlı K."},
            items=[] if paper else [NewConsent(
                _PHONE, channel, Status.ONAY if n % 4 < 2 else Status.RET, at, due_at=at,
                text_id=of.version, text_hash=of.hash)]), [
            act(notice, Act.READ, at) if n % 3 == 0 else
            act(rıza, Act.GIVEN if n % 3 == 1 else Act.WITHDRAWN, at)])
        recipient = done.items[0].recipient_id if done.items else recipient
        seal.seal_due(time.monotonic() + 20)
    if stamping.stamp_due() != {"stamped": 1}:
        raise SystemExit("the newest seal was not stamped")
    return place.provider_id, recipient


class Text(NamedTuple):
    """A version that is on show."""

    document: int
    version: int
    hash: str


def _texts(place: Any) -> dict[str, Text]:
    """The brand's texts by channel or kind; the statement of consent is put there as it is."""
    from ileti.core import db
    from ileti.documents.publish import CHANNELS, content_hash

    conn, body = db.connection(), "Alışverişimin öneri için işlenmesine açık rıza veriyorum."
    conn.execute(
        "with d as (insert into document (provider_id, brand_id, kind, name) "
        "values (%s, %s, 'ACIK_RIZA', 'Öneri') returning id, provider_id) "
        "insert into document_version (provider_id, document_id, version, language, title, body, "
        "content_hash) select provider_id, id, 1, 'tr', 'Öneri', %s, %s from d",
        (place.provider_id, place.brand_id, body,
         content_hash("ACIK_RIZA", None, "tr", "Öneri", body)))
    return {CHANNELS[channel][0] if channel else kind: Text(document, version, bytes(digest).hex())
            for kind, channel, document, version, digest in conn.execute(
                "select d.kind, d.channel, d.id, v.id, v.content_hash from document d "
                "join document_version v on v.document_id = d.id and v.language = 'tr' "
                "where d.brand_id = %s order by v.id", (place.brand_id,)).fetchall()}


def bundled(provider: int, recipient: int) -> None:
    """The bundle of the person, once, with its time; SystemExit when it is not all there."""
    from ileti.channels import personpack
    from ileti.consents import bundle
    from ileti.consents.moments import Reach

    began, out = time.perf_counter(), io.BytesIO()
    made = personpack.build(Reach(provider), recipient)
    bundle.write(made, out)
    took = time.perf_counter() - began
    files = [name for name in made.files if name.startswith("files/")]
    if (len(made.records), len(files), made.stamped, "kanit.pdf" in made.files) != (
            50, 10, True, True):
        raise SystemExit(f"{len(made.records)} records, {len(files)} files in the bundle")
    print(f"bundle_s {took:.2f}", flush=True)


def main() -> None:
    """Fill, seal, audit, bundle; then captures in turn."""
    (key, secret, token), _ = capture.prepare()
    import ileti.cli.auditing
    import ileti.factory  # noqa: F401 (every room tells its part of a bundle)
    from config import settings
    from ileti.consents.audit import audit
    from ileti.evidence import seal

    capture.fill(ROWS)
    began = time.perf_counter()
    sealed = seal.seal_due(time.monotonic() + 600)
    print(f"seal_leaves_per_s {sealed['leaves'] / (time.perf_counter() - began):.0f}", flush=True)
    began = time.perf_counter()
    report = audit()
    if report.findings or report.entries + report.trail != sealed["leaves"]:
        raise SystemExit(f"the audit found {report.findings[:3]} in {report.entries} entries")
    print(f"audit_rows_per_s {report.entries / (time.perf_counter() - began):.0f}", flush=True)
    with stamping_authority(), tempfile.TemporaryDirectory() as folder:
        settings().vault_dir = Path(folder)
        bundled(*person("pk_bench"))

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
