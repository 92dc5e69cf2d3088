"""The plug-in by itself: no database, no panel. Each hook is a function that can be called."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import ileti_plugin_ornek as ornek
import pytest

from ileti.channels.base import Envelope, Retry, Sent
from ileti.channels.sms import Batch, Delivery, Report, Sms, Taken
from ileti.consents.vocabulary import Channel
from ileti.hooks.kinds import ConsentRow, GateQuestion, Unfit, Wording

PHONE, OTHER = "+905992000001", "+905992000002"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ORNEK_FOLDER", str(tmp_path))
    return tmp_path


def envelope() -> Envelope:
    return Envelope(7, Channel.MESAJ, PHONE, "", "Merhaba")


def test_an_sms_is_a_line_in_the_folder(folder: Path) -> None:
    carrier = ornek.gateway("MESAJ", None)
    assert isinstance(carrier.send(envelope()), Sent)
    assert json.loads((folder / "giden.jsonl").read_text("utf-8"))["to"] == PHONE
    assert ornek.gateway("EPOSTA", None) is None


def test_a_folder_that_is_away_is_tried_again(folder: Path) -> None:
    assert isinstance(ornek.FolderGateway(folder / "yok").send(envelope()), Retry)


def test_an_account_appends_a_batch_and_tells_what_lies_there(folder: Path) -> None:
    kind, = ornek.gateway_kinds()
    carrier = kind.make({"file": "kampanya"})
    assert carrier.send(Batch("b-1", "ORNEK", None, [Sms(7, PHONE, "Merhaba")])) == Taken("b-1")
    assert carrier.reports("b-1") == [Report("b-1", PHONE, Delivery.DELIVERED, own_id=7)]
    assert carrier.reports("b-2") == []


def test_an_account_names_a_file_and_no_path() -> None:
    with pytest.raises(Unfit):
        ornek.gateway_kinds()[0].make({"file": "../baska"})


def test_who_is_on_the_list_is_not_written_to(folder: Path) -> None:
    (folder / "durdur.txt").write_text(f"{OTHER}\n", "utf-8")
    said = ornek.gate_check(GateQuestion(1, 1, "MESAJ", "BIREYSEL", (PHONE, OTHER)))
    assert list(said) == [1]


def test_words_are_remarked_on_where_they_stand() -> None:
    text = Wording("ETK_ONAYI", "tr", "Onay", "Bedava kargo, kesin kazanç", "MESAJ")
    found = list(ornek.lint_check(text))
    assert [(one.code, one.level) for one in found] == [("bedava", "hint"), ("kazanc", "error")]
    assert text.body[found[0].start:found[0].end] == "Bedava"


def test_the_column_tells_office_hours() -> None:
    row = ConsentRow("IZN-1", 1, "MESAJ", "BIREYSEL", "ONAY", "HS_WEB",
                     datetime(2026, 11, 30, 7, tzinfo=UTC), None)
    assert ornek.consent_columns()[0].values([row]) == ["mesai içi"]


def test_the_source_gives_the_tills_list(folder: Path) -> None:
    (folder / "kasa.csv").write_bytes(b"telefon\n0599 200 00 01\n")
    assert b"".join(ornek.import_sources()[0].pieces(None)).startswith(b"telefon")


def test_the_page_is_below_the_plug_ins_address() -> None:
    page, = ornek.panel_pages()
    assert page.view.route_base == "/eklenti/ornek"
