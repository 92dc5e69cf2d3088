"""A page of proof speaks Turkish to a judge, whatever flow wrote its evidence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import ileti.factory
from ileti.consents import proofwords
from tests.evidence.test_pages import EVIDENCE, built, consent, told

assert ileti.factory  # every room has registered its part
ILETI = Path(__file__).resolve().parents[2] / "ileti"
DIGEST = "cd" * 32
FORM = EVIDENCE | {"privacy": {
    "notice": {"id": 4, "hash": DIGEST, "extent": "opened"},
    "texts": [{"document": 12, "id": 5, "hash": DIGEST}, {"document": 13, "id": 6, "hash": DIGEST}],
    "boxes": {"12": "2026-11-23T08:59:55Z"}}}
CENTRE = {"flow": "preferences", "place": "Tercih merkezi", "language": "tr", "proof": "link",
          "origin": "https://izin.ornek.test", "channels": ["MESAJ", "EPOSTA"],
          "boxes": {"MESAJ": "2026-11-23T08:59:55Z"}}
CALL = {"flow": "call", "by": "agent", "call": 77, "direction": "OUTBOUND", "number": "typed",
        "language": "tr", "place": "Çağrı merkezi", "service": "TAHSILAT",
        "script": {"id": 3, "hash": DIGEST}, "told": {"id": 4, "at": "2026-11-23T08:59:40Z"},
        "recording": {"sha256": DIGEST, "kept": "vault"}}
KEYS = {"flow": "ivr", "gateway": "deneme", "key": "1", "number": "+908501112233",
        "pressedAt": "2026-11-23T08:59:55Z", "notice": 4, "language": "tr",
        "name": "in the recording", "recorded": "not confirmed", "recordingMark": DIGEST}
PAPER = {"flow": "paper", "sheet": "K-12-1", "language": "tr", "signedOn": "2026-11-23",
         "file": {"id": 8, "sha256": DIGEST, "size": 40_960}}
MAIL = {"flow": "email", "channels": ["EPOSTA"], "mail": 5, "proof": "dkim", "language": "tr",
        "receivedAt": "2026-11-23T08:59:55Z", "sha256": DIGEST, "place": "onay@magaza.test"}
API = {"kind": "api", "key": 12, "refused": {"1": ["H178"]},
       "fields": {"keys": ["size"], "names": {"size": "Beden"}, "said": {"size": "42"}}}
#: names and words of ours that no page may show, and what JSON looks like
MACHINES = re.compile(
    r"""[{}\[\]]|"\w*"|\b(?:privacy|proof|flow|extent|boxes|preferences|link|opened|texts|"""
    r"document|hash|direction|OUTBOUND|number|typed|script|told|recording|vault|agent|"
    r"pressedAt|confirmed|recordingMark|sheet|signedOn|receivedAt|kept|channels|refused|fields|"
    r"MESAJ|EPOSTA|service|TAHSILAT|notice|paper|names|kind)\b")


@pytest.mark.parametrize("evidence", [FORM, CENTRE, CALL, KEYS, PAPER, MAIL, API], ids=[
    "form with a notice", "preference centre", "call", "keys", "paper", "mail", "api"])
def test_no_page_of_proof_shows_json_or_an_english_name(evidence: dict[str, Any]) -> None:
    for label, value in proofwords.rows(evidence, told=set()):
        for text in (label, value.replace(DIGEST, "")):
            assert not MACHINES.search(text), (label, text)


def test_the_pdf_of_a_form_with_a_notice_tells_it_in_words(shop: Any) -> None:
    said = told(built(shop, consent(shop, evidence=FORM)))
    assert ("Aydınlatmanın gösterilişi açıldı · SHA-256 özeti "
            f"{DIGEST} · açık rıza metni gösterildi: 2, kutusu işaretlendi: 1") in said
    assert "privacy" not in said
    assert '"extent"' not in said


def test_the_pdf_of_the_preference_centre_names_way_and_proof(shop: Any) -> None:
    said = told(built(shop, consent(shop, evidence=CENTRE)))
    assert "Yol tercih merkezi" in said
    assert "Kişi nasıl tanındı adresine gönderilen imzalı bağlantıyla" in said
    assert "Kanallar Mesaj · E-posta" in said
    assert "preferences" not in said
    assert " link " not in said


@pytest.mark.parametrize(("evidence", "row"), [
    (CALL, ("Numara nasıl alındı", "görüşmede yazıldı")),
    (CALL, ("Aydınlatma metni okundu", "23.11.2026 11:59:40")),
    (CALL, ("Arama nedeni", "tahsilat ve borç hatırlatma")),
    (KEYS, ("Aradığı numara", "+908501112233")), (KEYS, ("Bastığı tuş", "1")),
    (PAPER, ("Taramanın SHA-256 özeti", DIGEST)), (API, ("Erişim anahtarı", "12")),
    (API, ("Formdaki alanlar", "Beden: 42")),
    (MAIL, ("Kişi nasıl tanındı", "e-postanın DKIM imzasıyla")),
])
def test_each_flow_says_its_own(evidence: dict[str, Any], row: tuple[str, str]) -> None:
    assert row in proofwords.rows(evidence, told=set())


def test_what_cannot_be_read_is_counted_and_left_to_the_file_of_the_record() -> None:
    rows = dict(proofwords.rows({"zzz": {"a": 1}, "Şube": "7", "kind": "other", "empty": {}},
                                told=set()))
    assert rows[proofwords.OTHERS] == "2 bilgi daha var; kaydın JSON dosyasında"
    assert rows["Şube"] == "7"
    assert "zzz" not in str(rows)


@pytest.mark.parametrize("value", [
    None, "", [], {}, 7, True, "x", ["x"], {"a": 1}, [{"a": 1}], {"notice": 3, "boxes": []},
    {"names": [], "said": 4}])
def test_whatever_stands_in_a_part_a_row_is_text(value: Any) -> None:
    parts = dict.fromkeys((*FORM, *CENTRE, *CALL, *KEYS, *PAPER, *MAIL, *API), value)
    for label, text in proofwords.rows(parts, told=set()):
        assert isinstance(text, str), label
        assert "{" not in text


def test_every_way_the_house_writes_into_evidence_has_its_words() -> None:
    written = {flow for path in ILETI.rglob("*.py") for flow in re.findall(
        r'"flow": "([a-z-]+)"|flow="([a-z-]+)"|evidence\("([a-z-]+)"', path.read_text())
               for flow in flow if flow}
    assert len(written) > 10
    assert written <= set(proofwords.FLOWS)
