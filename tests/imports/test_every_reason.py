"""A file with every reason there is: no row without a verdict, no verdict without a sentence."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing, Status
from ileti.core import clock, db
from ileti.imports import report, runs
from ileti.imports.reading.reader import Layout
from ileti.imports.verdicts import NUMBER, REASONS, Fate
from tests.imports.import_house import HEAD, begin, check, put_in, row, when
from tests.panel.people import dealer_of

DEALERS = {"BAYI_BASKA"}  # needs a dealer's user
#: Where a provider has custom fields (test_own_fields).
FIELDS = {"ALAN_EKSIK"}


def phone(n: int) -> str:
    return f"+90599720{n:04}"


def take(place, n, status, hours, kind=RecipientType.BIREYSEL):
    at = (clock.now() - timedelta(hours=hours)).replace(microsecond=0)
    record(NewSubmission(
        place=place, idem=f"test:{os.urandom(8).hex()}", body_hash=hash_body(at),
        source=Source.HS_WEB, standing=Standing.VERIFIED,
        items=[NewConsent(phone(n), Channel.MESAJ, status, at, recipient_type=kind,
                          due_at=at + timedelta(days=3))]))
    return f"{clock.to_istanbul(at):%Y-%m-%d %H:%M:%S}"


@pytest.fixture
def every(place):
    """The file's lines with the reason each must get; columns after HEAD: VKN, bayi kodu,
    kanıt."""
    taken_at = take(place, 40, Status.ONAY, 5)
    take(place, 41, Status.ONAY, 1)
    take(place, 42, Status.RET, 9)
    take(place, 62, Status.RET, 9, RecipientType.TACIR)
    take(place, 63, Status.ONAY, 9, RecipientType.TACIR)
    at = when(hours=2)
    return {
        "ALINACAK": [row(phone(0))],
        "ILK_RET": [row(phone(1), "RET")],
        "RET_GECIKTI": [row(phone(2), "RET", date="2026-01-05 10:00:00")],
        "H175": [row(phone(3), "RET", source="HS_KARAR")],
        "TACIR_DAYANAK": [row(phone(20), kind="TACIR")],
        "KANIT_YOK": [row(phone(21), source="HS_ISLAK_IMZA")],
        "KANIT_EKSIK": [row(phone(22), source="HS_ISLAK_IMZA") + ",,,form 22.pdf"],
        "DOSYADA_IKI": [row(phone(0), date=when(hours=9))],
        "DOSYADA_RET": [row(phone(1), date=at)],
        "ZATEN_VAR": [row(phone(40), date=taken_at)],
        "BIZDEKI_YENI": [row(phone(41), date=when(hours=9))],
        "RET_KORUNDU": [row(phone(42))],
        "H467": [row(phone(50), date="2026-01-05 10:00:00")],
        "H112": [row(phone(51), date=" ")],
        "H113": [row(phone(52), source="")],
        "H119": [row(phone(53), source="IYS_WEB")],
        "H120": [row(phone(54), channel="EPOSTA")],
        "H121": [row("a@ornek.com.tr")],
        "H155": [row(phone(56), source="HS_2015")],
        "H156": [row(phone(57), date="2014-01-05 10:00:00")],
        "H162": [row(phone(58), date="2099-01-05 10:00:00")],
        "H408": [row(phone(59), source="HS_KARAR")],
        "HS_2015_KAPALI": [row(phone(60), source="HS_2015", date="2015-05-01 00:00:00")],
        "H462": [row(phone(62), kind="TACIR", date=" ") + ",1234567890"],
        "H463": [row(phone(63), kind="TACIR", source="") + ",1234567890"],
        "DOGRULANMADI": [row(phone(64)) + ",,,,hayır"],
        "ADRES_BOS": [row("")],
        "NUMARA_UZUN": [row("0599 213 41 17 8")],
        "NUMARA_KARAKTER": [row("0599 2I3 41 17")],
        "NUMARA_SIFIR": [row("+9005992134117")],
        "NUMARA_EKSIK": [row("0599 213")],
        "NUMARA_GECERSIZ": [row("0999 213 41 17")],
        "EPOSTA_UZUNLUK": [row("a@b.c", channel="EPOSTA")],
        "EPOSTA_TURKCE": [row("şule@ornek.com.tr", channel="EPOSTA")],
        "EPOSTA_BOSLUK": [row("su le@ornek.com.tr", channel="EPOSTA")],
        "EPOSTA_KARAKTER": [row("su(le@ornek.com.tr", channel="EPOSTA")],
        "EPOSTA_BICIM": [row("sule@ornek", channel="EPOSTA")],
        "TARIH_BICIM": [row(phone(90), date="31.31.2026")],
        "SECIM_BICIM": [row(phone(91), "belki")],
        "SECIM_YOK": [row(phone(92), "")],
        "KAYNAK_BICIM": [row(phone(93), source="HS_RUYA")],
        "KANAL_BICIM": [row(phone(94), channel="FAKS")],
        "TIP_BICIM": [row(phone(95), kind="KURUM")],
        "BAYI_YOK": [row(phone(96)) + ",,59999999"],
        "SUTUN_FAZLA": [row(phone(97)) + ",,,,,fazla"],
        "SATIR_BOZUK": ['"' + row(phone(98))],
    }


def test_every_reason_occurs_where_it_should_and_no_row_is_without_one(place, every):
    lines = [line for some in every.values() for line in some]
    run_id = begin(place, HEAD + ",VKN,bayi kodu,kanıt,doğrulandı", *lines)
    found = check(run_id)
    assert found == dict.fromkeys(every, 1)
    assert set(every) | DEALERS | FIELDS == set(NUMBER)
    stage = runs.read_run(run_id).stage
    by_line = dict(db.connection().execute(
        f"select line, reason from import_stage_{stage}").fetchall())
    assert by_line == {n: NUMBER[code] for n, code in enumerate(every, 2)}


def test_the_report_explains_every_line_in_both_languages(place, every):
    lines = [line for some in every.values() for line in some]
    run_id = begin(place, HEAD + ",VKN,bayi kodu,kanıt,doğrulandı", *lines)
    check(run_id)
    told = {}
    for language in ("tr", "en"):
        text = b"".join(report.stream(runs.read_run(run_id), language)).decode("utf-8-sig")
        told[language] = [line.split(";") for line in text.splitlines()[1:]]
        assert [one[0] for one in told[language]] == [str(n) for n in range(2, len(every) + 2)]
    assert [one[2] for one in told["tr"]] == list(every)
    assert any("yüklenmemiş: form 22.pdf" in one[4] for one in told["tr"])
    for tr, en in zip(told["tr"][1:], told["en"][1:], strict=True):
        assert tr[4] != en[4]
        assert len(tr[4]) > 10


def test_every_reason_has_a_rule_and_says_what_to_do_or_what_holds():
    for one in REASONS.values():
        assert one.rule.startswith("R-")
        assert one.tr != one.en
        assert one.number == 0 or one.advise("tr") != one.advise("en")
        assert one.fate in Fate


def test_a_dealers_user_imports_for_its_dealer_alone(place, conn):
    mine, other = dealer_of(place, "Kadıköy"), dealer_of(place, "Bornova")
    for dealer, code in ((mine, 51000001), (other, 51000002)):
        conn.execute("update dealer set retailer_code = %s where id = %s", [code, dealer])
    run_id = begin(place, HEAD + ",bayi kodu", row(phone(1)), row(phone(2)) + ",51000001",
                   row(phone(3)) + ",51000002")
    conn.execute("update import_run set dealer_id = %s where id = %s", [mine, run_id])
    assert check(run_id) == {"ALINACAK": 2, "BAYI_BASKA": 1}
    put_in(run_id)
    assert conn.execute("select distinct dealer_id from consent_entry where provider_id = %s",
                        [place.provider_id]).fetchall() == [(mine,)]


def test_our_own_export_brings_back_what_was_in_force_and_nothing_unproven(place):
    """R-21: who exports consents and imports them elsewhere makes none of an unverified tick."""
    heads = ("Kayıt;Alıcı;Alıcı tipi;Kanal;Durum;Doğrulandı;Geçerli;İYS;İYS kodu;Kaynak;Marka;Bayi;"
             "İzin tarihi;Kaydedildi")
    lines = [f"IK-1;{address};Bireysel;SMS;{status};{verified};;;;Web sitesi;;;{when(hours=2)};"
             for address, status, verified in (
                 ("+905997330001", "Onay", "Evet"), ("+905997330002", "Onay", "Hayır"),
                 ("+905997330003", "Ret", "Hayır"), ("+90 5•• ••• 00 04", "Onay", "Evet"))]
    run_id = begin(place, heads, *lines, layout=Layout(delimiter=";"))
    assert check(run_id) == {"ALINACAK": 1, "DOGRULANMADI": 1, "ILK_RET": 1, "NUMARA_KARAKTER": 1}
