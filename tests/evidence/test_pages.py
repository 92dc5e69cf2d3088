"""The pages of a bundle say what its files hold, whatever a stranger typed, and set in type what a
court must be able to read in ten years."""

from __future__ import annotations

import ctypes
import io
import json
import os
import re
import unicodedata
import zipfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest

import ileti.factory
from config import settings
from ileti.consents import bundle as bundling
from ileti.consents import proofpage, prooftold
from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, hash_body, record
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import db
from ileti.documents.publish import content_hash
from ileti.evidence import paper, stamping
from ileti.evidence import verifier as judge
from ileti.simulator.authority import authority
from tests.evidence.sealed_house import NOON, seal_all, take

assert ileti.factory  # every room has registered its part
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "kanit.txt"
BODY = ("**Defne Ev**’in ürün ve kampanyalarını kısa mesajla bildirmesine onay veriyorum.\n\n"
        "## Nasıl vazgeçerim\n\nHer iletide bir ret yolu vardır; dilediğim an ücretsiz reddederim.")
EVIDENCE = {
    "place": "Defne Ev · Üyelik", "site": "pk_deneme", "origin": "https://defne-ev.example",
    "formVersion": 3, "language": "tr", "policy": "code", "shownAt": "2026-11-23T08:59:40Z",
    "boxes": {"MESAJ": "onay"}, "vouch": None, "receipt": "MKB-1234-5678-9ABC", "verification": 7,
    "notice": {"version": 4, "hash": "ab" * 32, "at": "2026-11-23T08:59:50Z"},
}
PERSON = {"name": "Işıl Çağrı Gümüşoğlu", "ip": "192.0.2.17", "agent": "Mozilla/5.0 (deneme)"}


def text_of(place: Any, body: str = BODY, title: str = "Kısa mesaj izni") -> tuple[int, str]:
    """A published wording; its id and digest."""
    conn = db.connection()
    document = conn.execute(
        "insert into document (provider_id, brand_id, kind, channel, name) "
        "values (%s, %s, 'ETK_ONAYI', 2, 'Metin') returning id",
        (place.provider_id, place.brand_id)).fetchone()[0]  # type: ignore[index]
    digest = content_hash("ETK_ONAYI", "MESAJ", "tr", title, body)
    made = conn.execute(
        "insert into document_version (provider_id, document_id, version, language, title, body, "
        "content_hash) values (%s, %s, 1, 'tr', %s, %s, %s) returning id",
        (place.provider_id, document, title, body, digest)).fetchone()
    return made[0], digest.hex()  # type: ignore[index]


def consent(place: Any, *, text: tuple[int, str] | None = None, status: Status = Status.ONAY,
            person: dict[str, Any] | None = None, evidence: dict[str, Any] | None = None,
            address: str = "+905992134117", standing: Standing = Standing.VERIFIED,
            source: Source = Source.HS_WEB, channel: Channel = Channel.MESAJ,
            dealer: int | None = None, count: int = 1) -> list[int]:
    """Consents of one click, sealed; their entry ids."""
    items = [NewConsent(address, channel, status, NOON + timedelta(seconds=7 + n),
                        due_at=NOON + timedelta(days=3), text_id=text[0] if text else None,
                        text_hash=text[1] if text else None) for n in range(count)]
    done = record(NewSubmission(
        place=place, idem=f"t:{os.urandom(8).hex()}", body_hash=hash_body(repr(items)),
        source=source, standing=standing, items=items[:1], actor=ActorKind.VISITOR,
        dealer_id=dealer, person=PERSON if person is None else person,
        evidence=EVIDENCE if evidence is None else evidence))
    seal_all()
    return [item.entry_id for item in done.items]


def built(place: Any, ids: list[int]) -> bundling.Bundle:
    made = bundling.build(place.provider_id, ids)
    assert "kanit.pdf" in made.files, made.files.get("kanit-pdf-yok.txt")
    return made


def opened(made: bundling.Bundle) -> pdfium.PdfDocument:
    return pdfium.PdfDocument(made.files["kanit.pdf"])


def pages_of(made: bundling.Bundle) -> list[str]:
    """The text of each page, as a reader's programme copies it out."""
    return [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in opened(made)]


def told(made: bundling.Bundle) -> str:
    """All pages' text with lines joined, without the places where a long word may break."""
    return plain(" ".join(pages_of(made)))


def plain(text: str) -> str:
    """Without the marks that break words and fence directions."""
    return re.sub(r"\s+", " ", re.sub("[\u200b\u2066-\u2069]", "", text).replace("\xa0", " "))


@pytest.fixture
def known(shop: Any, owner: Any) -> Any:
    """The shop with a MERSİS number."""
    owner.execute("update provider set mersis = '0123456789012345' where id = %s",
                  (shop.provider_id,))
    return shop


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: Any) -> Any:
    def name(whose: str) -> None:
        path = tmp_path / f"{sha256(whose.encode()).hexdigest()[:8]}.pem"
        path.write_text(authority(whose).bundle)
        monkeypatch.setattr(settings(), "stamp_ca_file", path)

    return name


def masked(text: str) -> str:
    """What differs from run to run, as words."""
    for form, word in (
        (r"IZN(?:-[0-9A-Z]{4}){3}", "IZN-XXXX-XXXX-XXXX"), (r"\b[0-9a-f]{64}\b", "<özet>"),
        (r"(?!23\.11)\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d", "<an>"), (r"\b\d{6,9}\b(?!\.tsr)", "<no>"),
    ):
        text = re.sub(form, word, text)
    return text


def test_the_pages_of_one_consent(known: Any, authority_url: str) -> None:
    """Golden; written anew with GOLDEN=1."""
    made = built(known, _whole(known))
    found = masked("\n--- sayfa ---\n".join(pages_of(made))) + "\n"
    if os.environ.get("GOLDEN"):
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()


def _whole(place: Any) -> list[int]:
    """A consent with a text, a code, a confirmation of the same day, sealed and stamped."""
    ids = consent(place, text=text_of(place))
    conn = db.connection()
    submission, recipient, at = conn.execute(
        "select submission_id, recipient_id, captured_at from consent_entry where id = %s",
        ids).fetchone()  # type: ignore[misc]
    confirmed(place, submission, recipient, at)
    assert stamping.stamp_due() == {"stamped": 1}
    return ids


def confirmed(place: Any, submission: int, recipient: int, at: datetime) -> None:
    db.connection().execute(
        "insert into message (provider_id, brand_id, recipient_id, submission_id, channel, kind, "
        "content_key, sent_at, gateway, outside_id) "
        "values (%s, %s, %s, %s, 2, 2, 1, %s, 'deneme', 'MSG-42')",
        (place.provider_id, place.brand_id, recipient, submission, at))


# -- what is said --------------------------------------------------------------------------------


def test_the_duties_of_a_whole_consent_are_answered(known: Any, authority_url: str) -> None:
    said = told(built(known, _whole(known)))
    assert "R-09 Yönetmelik m. 7: ad ve soyad Işıl Çağrı Gümüşoğlu" in said
    assert "aynı gün" in said
    assert "DEĞİL" not in said
    assert "Metnin tamamı" not in said
    assert "Her iletide bir ret yolu vardır; dilediğim an ücretsiz reddederim." in said


def test_a_confirmation_of_the_next_day_is_not_called_the_same_day(shop: Any) -> None:
    ids = consent(shop)
    submission, recipient, at = db.connection().execute(
        "select submission_id, recipient_id, captured_at from consent_entry where id = %s",
        ids).fetchone()  # type: ignore[misc]
    confirmed(shop, submission, recipient, at + timedelta(days=1))
    assert "aynı gün DEĞİL" in told(built(shop, ids))


def test_the_code_that_proved_the_address_is_told(shop: Any) -> None:
    conn = db.connection()
    number = conn.execute(
        "insert into verification (provider_id, site_id, submission_id, recipient_id, code_hash, "
        "address_mark, created_at, expires_at, verified_at) values (%s, 1, 1, 0, '', '', %s, %s, "
        "%s) returning id", (shop.provider_id, NOON, NOON, NOON + timedelta(seconds=40)),
    ).fetchone()[0]  # type: ignore[index]
    ids = consent(shop, evidence=EVIDENCE | {"verification": number})
    said = told(built(shop, ids))
    assert "Adrese kod gönderildi" not in said  # that code went to somebody else
    conn.execute("update verification set recipient_id = (select recipient_id from consent_entry "
                 "where id = %s) where id = %s", (ids[0], number))
    said = told(built(shop, ids))
    assert "Adrese kod gönderildi 23.11.2026 12:00:00" in said
    assert "Adres doğrulandı Kod yalnız" in said
    assert "23.11.2026 12:00:40" in said


def test_what_a_record_lacks_is_said(shop: Any) -> None:
    said = told(built(shop, consent(shop, person={}, evidence={})))
    for word in ("MERSİS kayıtta yok", "R-09 Yönetmelik m. 7: ad ve soyad kayıtta yok",
                 "gösterilen metin kayıtta yok", "gönderildiğine ilişkin kayıt bu pakette yok",
                 "İYS’in kabul ettiğine ilişkin kayıt bu pakette yok", "henüz damgalanmadı",
                 "Adı kayıtta bulunmayan kişi"):
        assert word in said, word


def test_a_refusal_answers_no_duty_of_a_consent(shop: Any) -> None:
    said = told(built(shop, consent(shop, status=Status.RET)))
    assert "numarasına kısa mesaj göndermesini reddetti." in said
    assert "Yasal yükümlülükler" not in said


def test_an_unverified_tick_is_called_no_consent(shop: Any) -> None:
    said = told(built(shop, consent(shop, standing=Standing.UNVERIFIED)))
    assert "Adres doğrulanmamıştır; bu kayıt tek başına izin sayılmaz." in said
    assert "R-10" not in said


@pytest.mark.parametrize(("channel", "address", "words"), [
    (Channel.MESAJ, "+905992134117", "+90 599 213 41 17 numarasına kısa mesaj göndermesine"),
    (Channel.ARAMA, "+905992134117", "+90 599 213 41 17 numarasını aramasına onay"),
    (Channel.EPOSTA, "isil@ornek.com.tr", "isil@ornek.com.tr adresine e-posta göndermesine"),
])
def test_one_sentence_says_what_was_accepted(shop: Any, channel: Channel, address: str, words: str
                                             ) -> None:
    said = told(built(shop, consent(shop, channel=channel, address=address)))
    assert f"23.11.2026 12:00:07 tarihinde Defne Ev markasının {words}" in said


def test_the_dealer_who_took_it_is_named(shop: Any, owner: Any) -> None:
    from ileti.core.secrets import secrets

    dealer = owner.execute(
        "insert into dealer (provider_id, brand_id, retailer_code, title, name, tckn, tin, "
        "city_code, town_code) values (%s, %s, 12345678, 'Şişli Örnek Bayi Ltd.', 'Ayşe', %s, %s, "
        "'34', '400') returning id",
        (shop.provider_id, shop.brand_id,
         secrets().keyring.encrypt_text("10000000146", "dealer-tckn"),
         secrets().keyring.encrypt_text("1234567890", "dealer-tin"))).fetchone()[0]
    said = told(built(shop, consent(shop, dealer=dealer)))
    assert "Kaydı alan kişinin kendisi, formda · Şişli Örnek Bayi Ltd. (bayi 12345678)" in said


# -- what is called a time stamp -----------------------------------------------------------


def test_without_a_named_authority_no_stamp_is_one_in_law(shop: Any, authority_url: str) -> None:
    said = told(built(shop, _whole(shop)))
    assert proofpage.NOT_IN_LAW in said
    assert proofpage.NAMED not in said


def test_the_simulators_stamp_is_a_trial_though_its_root_is_named(shop: Any, authority_url: str,
                                                                 trusted: Any) -> None:
    ids = _whole(shop)
    trusted("Deneme Zaman Damgası")
    said = told(built(shop, ids))
    assert proofpage.NOT_IN_LAW in said
    assert proofpage.NAMED not in said
    assert "Damga İYS simülatörünündür" in said


def test_a_named_authoritys_stamp_is_not_called_one_in_law(
        shop: Any, authority_url: str, trusted: Any, monkeypatch: Any) -> None:
    """An internal root may be named as well as a licensed authority's: only BTK's list tells."""
    ids = _whole(shop)
    trusted("Deneme Zaman Damgası")
    monkeypatch.setattr(proofpage, "TRIAL", "Başka bir ad")
    said = told(built(shop, ids))
    assert proofpage.NAMED in said
    assert "BTK’nın listesinden denetleyin" in said
    assert "zaman damgası (5070" not in said


def test_a_strangers_stamp_is_none_in_law(shop: Any, authority_url: str, trusted: Any) -> None:
    ids = _whole(shop)
    trusted("Başka Makam")
    said = told(built(shop, ids))
    assert proofpage.NOT_IN_LAW in said
    assert "makamlardan biri değil" in said


# -- pages and files side by side ----------------------------------------------------------------


def test_the_last_pages_digests_are_those_of_the_files(shop: Any, authority_url: str) -> None:
    made = built(shop, _whole(shop))
    last = pages_of(made)[-1]
    for name, content in made.files.items():
        if name != "kanit.pdf":
            assert name in last
            assert sha256(content).hexdigest() in last
    assert made.proven[0].entry.leaf.hex() in last
    assert made.proven[0].seal.digest.hex() in last


def test_the_bundle_with_its_pages_is_verified(shop: Any, authority_url: str, tmp_path: Path
                                               ) -> None:
    path = tmp_path / "kanit.zip"
    with path.open("wb") as file:
        bundling.write(built(shop, _whole(shop)), file)
    assert all(one.good for one in judge.verify(str(path)))
    with zipfile.ZipFile(path) as archive:
        index = json.loads(archive.read("bundle.json"))
        assert index["files"]["kanit.pdf"] == sha256(archive.read("kanit.pdf")).hexdigest()


def test_the_same_bundle_gives_the_same_pages(shop: Any, authority_url: str) -> None:
    made = built(shop, _whole(shop))
    first = made.files.pop("kanit.pdf")
    assert proofpage.page(made) == first
    later = bundling.Bundle(made.provider_id, made.proven, made.made + timedelta(hours=1),
                            made.files, made.stamped)
    assert proofpage.page(later) != first


def test_many_records_are_found_on_the_page_the_table_names(shop: Any) -> None:
    text = text_of(shop)
    click = [consent(shop, text=text, address=f"+90599{n:07}")[0] for n in range(2)]
    ids = click + [item.entry_id for one in take(shop, 24, first=100) for item in one.items]
    seal_all()
    made = built(shop, ids)
    pages = pages_of(made)
    assert len(made.proven) == 50
    cover = "\n".join(pages[:5])
    for one in made.proven:
        row = re.search(rf"{one.record}\n[^\n]+ · Onay\n.*?\n\d+ (\d+)\n", cover, re.S)
        assert row is not None
        assert pages[int(row[1]) - 1].startswith(one.record)
    assert all(f"{n} / {len(pages)}" in page for n, page in enumerate(pages, 1))
    assert sum(BODY[-40:] in page.replace("\n", " ") for page in pages) == 1
    assert sum("Metnin tamamı" in page for page in pages) == 1


def test_with_very_many_records_each_has_a_sentence(shop: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(proofpage, "FULL", 3)
    ids = [item.entry_id for one in take(shop, 2) for item in one.items]
    seal_all()
    made = built(shop, ids)
    pages = pages_of(made)
    assert len(pages) == 2
    for one in made.proven:
        assert one.record in pages[0]
        assert one.entry.leaf.hex() in pages[-1]
    assert "ayrı sayfa ayrılmamıştır" in pages[0]


# -- strangers' words ----------------------------------------------------------------------------

HOSTILE = [
    "#panic()", "$x^2$", "*kalın* _eğik_ `kod`", "\\ \\n \\u{41}", "= Başlık", "- madde",
    "<etiket>", "@atıf", "#import \"@preview/x:1.0.0\"", "#sys.inputs", "#read(\"/etc/passwd\")",
    "https://a.b/#c",
    "/* yorum */ // yorum", "]] }} )) [[", "\"tırnak\" 'tek' “çift”", "%s %(a)s {0} {{x}}",
    "<script>alert(1)</script>", "~~ -- --- ...", "İıŞşĞğÜüÖöÇç âîû", "O'Brien-Öz Jr.",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_word_of_a_stranger_becomes_markup(name: str) -> None:
    assert name in _set_in_type(name)


@pytest.mark.parametrize(("typed", "shown"), [
    ("Ada 😀", "Ada ‹U+1F600›"), ("a\u202eb", "a‹U+202E›b"), ("\ud800", "‹U+D800›"),
    ("a\x00\x1b[31mb", "a‹U+0000›‹U+001B›[31mb"), ("中文", "‹U+4E2D›‹U+6587›"),
    ("a\u200bb\u00adc", "a‹U+200B›b‹U+00AD›c"),
    ("a" + "\u0300" * 50, "à\u0300\u0300" + "‹U+0300›" * 47), ("I\u0307s\u0327", "İş"),
    ("\ue000\uffff", "‹U+E000›‹U+FFFF›"), ("a\u2028b", "a‹U+2028›b"),
])
def test_what_cannot_be_seen_is_shown_by_its_number(typed: str, shown: str) -> None:
    assert plain(paper.drawable(typed)) == shown


@pytest.mark.parametrize("name", ["محمد العلي", "Юлія Κώστας", "مرحبا Ali 123", "e\u0301"])
def test_letters_of_our_fonts_are_set_as_they_are(name: str) -> None:
    assert plain(paper.drawable(name)) == unicodedata.normalize("NFC", name)
    assert _set_in_type(name)


@pytest.mark.parametrize("name", ["Ali محمد", "محمد 12", "أ" * 30])
def test_no_name_turns_the_date_behind_it(shop: Any, name: str) -> None:
    page = opened(built(shop, consent(shop, person={"name": name})))[1].get_textpage()

    def left_of(words: str) -> tuple[float, float]:
        at, count = page.search(words).get_next()
        return page.get_charbox(at)[0], page.get_charbox(at + count - 1)[2]

    (day, day_end), (clock, _) = left_of("23.11.2026"), left_of("12:00:07")
    assert day < day_end < clock


def test_every_letter_the_fonts_have_can_be_archived() -> None:
    letters = "".join(chr(one) for one in sorted(paper._letters()))
    assert paper._letters() > {ord(one) for one in "abcçdefgğhıijklmnoöprsştuüvyzİIÇĞÖŞÜ₺’“”–"}
    assert _set_in_type(" ".join(letters[n:n + 20] for n in range(0, len(letters), 20)))


@pytest.mark.parametrize("word", ["x" * 10_000, "‹" * 2_000, "a" * 35 + "😀" * 400, "-" * 5_000])
def test_a_word_without_an_end_stays_on_the_paper(word: str) -> None:
    page = _paper(word)
    width = page[0].get_width()
    for one in page:
        said = one.get_textpage()
        for n in range(said.count_rects()):
            assert said.get_rect(n)[2] <= width - 50


def _paper(name: str) -> pdfium.PdfDocument:
    """The pages of a record whose every text a stranger chose, without a database."""
    data = json.loads(_SAMPLE.read_text())
    words = paper.drawable(name)
    one = data["records"][0]
    data["people"] = [[words, words]]
    data["provider"]["title"] = data["brands"][0] = words
    one |= {"sentence": words, "brand": words, "particulars": [[words[:60], words]]}
    one["text"] |= {"title": words, "blocks": prooftold.paragraphs(f"{name}\n\n## {name}\n\n"
                                                                   f"**{name}**")}
    data["timeline"] = [["-", words, one["record"]]]
    one["form"] |= {"line": words, "fields": [[words[:60], words]], "notice": {
        "title": words, "extent": words, "read": True, "at": "-", "digest": ""}, "boxes": [
        {"label": "Mesaj", "ticked": ticked, "at": "-", "title": words,
         "blocks": prooftold.paragraphs(name)} for ticked in (True, False)]}
    one["steps"] = [{"at": "-", "title": words, "facts": words, "tone": "ok", "code": words}]
    one["duties"] = [["R-09", words, words, True]]
    one["stamp"]["signer"] = words
    return pdfium.PdfDocument(paper.typeset(proofpage.TEMPLATE, data, datetime.now(UTC)))


def _set_in_type(name: str) -> str:
    return plain(" ".join(page.get_textpage().get_text_bounded() for page in _paper(name)))


_SAMPLE = Path(__file__).with_name("sample_pages.json")


def test_a_text_of_ten_thousand_letters_is_there_in_full(shop: Any) -> None:
    body = "\n\n".join(f"{n}. #panic() çok uzun bir metnin $parçası$ " + "söz " * 20
                       for n in range(100))
    made = built(shop, consent(shop, text=text_of(shop, body)))
    assert len(body) > 10_000
    said = re.sub(r"\d+ / \d+|IZN\S+|mühür \d+ · \w{64}", "", told(made))
    said = re.sub(r"\s+", " ", said)
    for line in body.split("\n\n"):
        assert re.sub(r"\s+", " ", line).strip() in said


def test_a_person_of_strange_parts_is_told_all_the_same(shop: Any) -> None:
    strange = {"name": ["a", {"b": 1}], "ip": None, "agent": "x" * 5_000}
    evidence = {"#eval": "$1$", "note": {"a": [1, 2, None]}, "verification": "7",
                "notice": "yok", "shownAt": 5, "import": None, "place": "\u202e😀"}
    said = told(built(shop, consent(shop, person=strange, evidence=evidence)))
    assert "#eval $1$" in said
    assert "(tamamı kaydın JSON dosyasında)" in said
    assert "‹U+202E›‹U+1F600›" in said


# -- the file ------------------------------------------------------------------------------------


@pytest.fixture
def whole(shop: Any, authority_url: str) -> bundling.Bundle:
    return built(shop, _whole(shop))


def test_it_is_tagged_and_archivable(whole: bundling.Bundle) -> None:
    content = whole.files["kanit.pdf"]
    assert re.search(rb"<pdfaid:part>2</pdfaid:part>\s*<pdfaid:conformance>A<", content)
    assert b"<pdfuaid:part>1<" in content
    assert pdfium.raw.FPDFCatalog_IsTagged(opened(whole).raw)
    assert opened(whole).get_metadata_value("Title").startswith("Kanıt belgesi: IZN-")


def test_every_font_is_inside(whole: bundling.Bundle) -> None:
    fonts = set()
    for page in opened(whole):
        for thing in page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_TEXT]):
            font = pdfium.raw.FPDFTextObj_GetFont(thing.raw)
            name = ctypes.create_string_buffer(80)
            pdfium.raw.FPDFFont_GetBaseFontName(font, name, 80)
            fonts.add(name.value.decode())
            assert pdfium.raw.FPDFFont_GetIsEmbedded(font) == 1
    assert fonts
    assert all("IBMPlex" in one for one in fonts)


def test_it_holds_no_programme_and_leads_nowhere(whole: bundling.Bundle) -> None:
    content = whole.files["kanit.pdf"]
    for word in (b"/JavaScript", b"/Launch", b"/URI", b"/EmbeddedFile", b"/OpenAction"):
        assert word not in content


def test_pages_that_cannot_be_set_hold_up_no_proof(shop: Any, monkeypatch: Any) -> None:
    def fail(*_: Any) -> bytes:
        raise paper.NotSet("the typesetter fell over")

    monkeypatch.setattr(proofpage, "typeset", fail)
    made = bundling.build(shop.provider_id, consent(shop))
    assert "kanit.pdf" not in made.files
    assert "Kanıt eksik değildir" in made.files["kanit-pdf-yok.txt"].decode()
    out = io.BytesIO()
    bundling.write(made, out)
    assert out.tell() > 5_000


def test_a_fault_is_told_by_its_kind_without_anybodys_words(tmp_path: Path) -> None:
    bad = tmp_path / "bad.typ"
    bad.write_text('#panic("Işıl")')
    with pytest.raises(paper.NotSet, match=r"^TypstError$"):
        paper.typeset(bad, {}, datetime.now(UTC))


def test_no_template_reads_a_file_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("x")
    bad = tmp_path / "in" / "bad.typ"
    bad.write_text('#read("../secret")')
    with pytest.raises(paper.NotSet):
        paper.typeset(bad, {}, datetime.now(UTC))
