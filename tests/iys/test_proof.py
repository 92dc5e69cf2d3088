"""What İYS answered stands in a bundle, with the row of its daily file and nobody else's."""

from __future__ import annotations

import datetime as dt
import json
from hashlib import sha384
from pathlib import Path
from typing import Any

import pytest
from day_house import PEOPLE, falsify, night
from iys_house import forward, phones, pull, reconciled_day, settle, take

from ileti.consents import bundle as bundling
from ileti.consents.bundled import Proven
from ileti.consents.claims import Claims, read_these
from ileti.consents.numbers import record_number
from ileti.core import clock, db
from ileti.evidence.seal import START, Header
from ileti.iys import archive, proof
from ileti.iys.dayfile import rows_of

_SEAL = Header(1, 0, "1", START, 1, b"\0" * 32, None, dt.datetime(2026, 11, 23, tzinfo=dt.UTC))


@pytest.fixture(autouse=True)
def own_archive(given: Any, tmp_path: Path, monkeypatch: Any) -> Path:
    monkeypatch.setattr(given, "archive_dir", tmp_path / "archive")
    monkeypatch.setattr(given, "stamp_ca_file", None)
    return tmp_path / "archive"


def proven(place: Any, ids: list[int]) -> list[Proven]:
    """Records as a bundle has them; seals are of no matter here."""
    with db.transaction() as conn:
        entries = read_these(conn, place.provider_id, ids)
        claims = Claims(conn)
        claims.prepare(entries)
        return [Proven(one, record_number(one.id), bundling._parts(one, claims), _SEAL)
                for one in entries]


def answers(place: Any, ids: list[int]) -> dict[str, bytes]:
    return proof.answers(proven(place, ids))


def said(place: Any, entry: int, files: dict[str, bytes]) -> dict[str, Any]:
    return json.loads(files[f"iys/{record_number(entry)}.json"])


def sent(place: Any, people: list[str], **more: Any) -> list[int]:
    ids = take(place, people, at=clock.now() - dt.timedelta(seconds=90), **more)
    forward(place)
    settle(place)
    return ids


def test_an_accepted_consent_carries_iyss_numbers(shop: Any, registry: Any) -> None:
    ids = sent(shop, PEOPLE)
    told = said(shop, ids[0], answers(shop, ids))
    (receipt,) = told["receipts"]
    assert receipt["accepted"] is True
    assert receipt["transaction"] == registry.holds(PEOPLE[0])["transactionId"]
    assert isinstance(receipt["batch"]["number"], int)
    assert receipt["code"] is None
    assert told["days"] == []


def test_a_list_names_its_request_and_sub_request(shop: Any) -> None:
    people = phones(40, first=500)
    ids = sent(shop, people)
    batches = [said(shop, one, answers(shop, ids))["receipts"][-1]["batch"] for one in ids]
    assert {one["request"] for one in batches} != {None}
    assert len({one["subRequest"] for one in batches}) == len(ids)


def test_a_refused_record_says_the_code_and_what_it_means(shop: Any) -> None:
    ids = take(shop, PEOPLE[:1])
    db.connection().execute(
        "insert into iys_receipt (provider_id, entry_id, accepted, code) values (%s, %s, false, "
        "'H178')", (shop.provider_id, ids[0]))
    receipt = said(shop, ids[0], answers(shop, ids))["receipts"][-1]
    assert (receipt["accepted"], receipt["code"]) == (False, "H178")
    assert "daha yeni tarihli" in receipt["meaning"]["tr"]


def test_what_was_never_at_iys_has_no_file(shop: Any) -> None:
    ids = take(shop, PEOPLE[:1])
    assert answers(shop, ids) == {}


def test_a_change_made_at_iys_names_its_movement(shop: Any, registry: Any) -> None:
    sent(shop, PEOPLE[:1])
    registry.tell("citizen", recipient=PEOPLE[0], brandCode=shop.brand_code, type="MESAJ",
                  status="RET", source="IYS_WEB")
    pull(shop)
    ids = [row[0] for row in db.connection().execute(
        "select id from consent_entry where provider_id = %s and source >= 31",
        (shop.provider_id,)).fetchall()]
    assert len(ids) == 1
    told = said(shop, ids[0], answers(shop, ids))
    (movement,) = told["movements"]
    assert movement["source"] == "IYS_WEB"
    assert movement["transaction"] == told["receipts"][0]["transaction"]


def archived(shop: Any, registry: Any, people: list[str] = PEOPLE) -> tuple[list[int], dt.date]:
    ids = sent(shop, people)
    day = reconciled_day(registry)
    night(shop, day)
    return ids, day


def test_the_row_of_the_daily_file_is_that_line_of_the_file(shop: Any, registry: Any) -> None:
    ids, day = archived(shop, registry)
    files = answers(shop, ids)
    file = archive.newest(shop, day, archive.Kind.FILE)
    assert file is not None
    content = b"".join(archive.read(shop, day, file))
    for entry, phone in zip(ids, PEOPLE, strict=True):
        (told,) = said(shop, entry, files)["days"]
        assert told["file"]["sha384"] == sha384(content).hexdigest()
        assert content.decode().splitlines()[told["row"]["line"] - 1] == told["row"]["text"]
        assert phone in told["row"]["text"]
        assert "tek başına" in told["says"]["tr"]


def test_the_days_stamp_is_in_the_bundle_as_it_came(shop: Any, registry: Any) -> None:
    ids, day = archived(shop, registry)
    files = answers(shop, ids)
    stamp = archive.newest(shop, day, archive.Kind.STAMP)
    assert stamp is not None
    name = f"iys/{day}-{shop.brand_code}.tsr"
    assert files[name] == b"".join(archive.read(shop, day, stamp))
    told = said(shop, ids[0], files)["days"][0]["stamp"]
    assert told == {"file": name, "verdict": "SIGNED", "signer": told["signer"]}


def test_a_bad_stamp_is_called_so(shop: Any, registry: Any) -> None:
    ids = sent(shop, PEOPLE)
    day = reconciled_day(registry)
    falsify(registry, shop, day, stamp="imprint")
    night(shop, day)
    assert said(shop, ids[0], answers(shop, ids))["days"][0]["stamp"]["verdict"] == \
        "IMPRINT_DIFFERS"


def test_nobody_elses_row_is_in_it(shop: Any, registry: Any) -> None:
    ids, _ = archived(shop, registry)
    everything = b"".join(content for name, content in answers(shop, ids[:1]).items()
                          if name.endswith(".json"))
    assert PEOPLE[0].encode() in everything
    for phone in PEOPLE[1:]:
        assert phone.encode() not in everything


def test_a_lost_archive_is_said_and_stops_nothing(shop: Any, registry: Any, own_archive: Path
                                                  ) -> None:
    ids, _ = archived(shop, registry)
    for file in own_archive.rglob("*.sealed"):
        file.unlink()
    files = answers(shop, ids)
    (told,) = said(shop, ids[0], files)["days"]
    assert (told["file"]["readable"], told["row"], told["stamp"]["file"]) == (False, None, None)
    assert not [name for name in files if name.endswith(".tsr")]


def test_the_pages_are_told_of_it(shop: Any) -> None:
    ids = sent(shop, PEOPLE[:1])
    (told,) = proof.told(shop.provider_id, proven(shop, ids))
    assert (told.title, told.duty, told.tone) == ("İYS kabul etti", "iys", "ok")
    assert told.code.startswith("İYS işlemi ")


_HEAD = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n"
_LINE = "2026-11-23 12:00:00,{},{},BIREYSEL,MESAJ,ONAY,2026-11-23 11:59:00,HS_WEB"


@pytest.mark.parametrize(("file", "line"), [
    (_HEAD + _LINE.format("t1", "+905990000001") + "\n", 2),
    (_LINE.format("t1", "+905990000001") + "\n", 1),
    (_HEAD + "\n" * 3 + _LINE.format("t1", "+905990000001"), 5),
    (_HEAD + ",".join(f'"{one}"' for one in
                      _LINE.format("t1", "+905990000001").split(",")) + "\r\n", 2),
    ("\ufeff" + _HEAD + "zırva,t1,x\n" + _LINE.format("t1", "+905990000001") + "\n", 3),
])
def test_rows_are_found_however_the_file_is_written(file: str, line: int) -> None:
    pieces = (file.encode()[n:n + 7] for n in range(0, len(file.encode()), 7))
    ((found, movement, text),) = rows_of(pieces, {"t1"})["t1"]
    assert (found, movement.recipient, movement.transaction_id) == (line, "+905990000001", "t1")
    assert "t1" in text


def test_a_file_in_many_blocks_counts_its_lines_through(monkeypatch: Any) -> None:
    from ileti.iys import dayfile

    monkeypatch.setattr(dayfile, "BLOCK", 200)
    lines = [_LINE.format(f"t{n}", f"+90599{n:07}") for n in range(500)]
    file = (_HEAD + "\n".join(lines) + "\n").encode()
    found = rows_of((file[n:n + 64] for n in range(0, len(file), 64)), {"t0", "t250", "t499"})
    assert {number: rows[0][0] for number, rows in found.items()} == {
        "t0": 2, "t250": 252, "t499": 501}
    assert found["t250"][0][2] == lines[250]
