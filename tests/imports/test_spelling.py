"""Form is repaired, facts never: dates, words and addresses of lists (R-38, R-39)."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import clock
from ileti.core.secrets import secrets
from ileti.evidence.leaf import Claim, claim_digest
from ileti.imports.dates import read_date
from ileti.imports.facts import is_basis
from ileti.imports.mapping import Fixed, Mapping, Role, recognise, role_of
from ileti.imports.sealing import COLUMNS
from ileti.imports.spelling import Speller
from ileti.imports.staging import hide
from ileti.imports.terms import Days, Terms, moment_of, person_of
from ileti.imports.words import CHANNELS, SOURCES, STATUSES, fold
from ileti.recipients.address import AddressError, canonical_mobiles, parse_phone


@pytest.mark.parametrize(("text", "utc"), [
    ("2026-11-23 13:58:00", "2026-11-23T10:58:00"),
    ("2026-11-23T13:58:00+03:00", "2026-11-23T10:58:00"),
    ("2026-11-23T10:58:00.123Z", "2026-11-23T10:58:00"),
    ("2026-11-23", "2026-11-22T21:00:00"),
    ("23.11.2026 13:58", "2026-11-23T10:58:00"),
    ("3.1.26 9:05", "2026-01-03T06:05:00"),
    ("23/11/2026", "2026-11-22T21:00:00"),
    ("23-11-2026 13:58:07", "2026-11-23T10:58:07"),
    ("20261123135800", "2026-11-23T10:58:00"),
    ("46349.5", "2026-11-23T09:00:00"),
])
def test_dates_are_read_as_turkish_lists_write_them(text, utc):
    found = read_date(text)
    assert found is not None
    assert found[0] == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert found[1] is (text != "2026-11-23 13:58:00")


@pytest.mark.parametrize("text", [
    "", "dün", "11/23/2026", "31.02.2026", "2026-13-01 10:00:00", "23.11.2026 25:00", "1",
    "99999999999999", "2026-11-23 13:58:00; drop table", "٢٣.١١.٢٠٢٦",
])
def test_what_is_no_date_is_not_guessed(text):
    assert read_date(text) is None


def test_words_of_lists_mean_what_people_mean():
    assert STATUSES[fold("EVET")] is STATUSES[fold("evet")] is STATUSES["1"] is Status.ONAY
    assert STATUSES[fold("Hayır")] is STATUSES[fold("HAYIR")] is STATUSES["0"] is Status.RET
    assert CHANNELS[fold("Kısa Mesaj")] is CHANNELS[fold("KISA MESAJ")] is Channel.MESAJ
    assert SOURCES[fold("Web sitesi")] is SOURCES[fold("hs_web")] is Source.HS_WEB
    assert SOURCES[fold("Islak İmza")] is Source.HS_ISLAK_IMZA
    assert fold("x") not in STATUSES


@given(st.from_regex(r"\+90[0-9]{10}", fullmatch=True))
def test_the_quick_look_at_mobiles_says_what_the_parser_says(text):
    try:
        parsed = parse_phone(text, specimens=True)
    except AddressError:
        parsed = None
    if canonical_mobiles(True).fullmatch(text):
        assert parsed == text


@given(st.one_of(
    st.integers(0, 2_700_000_000).map(
        lambda n: f"{datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=n):%Y-%m-%d %H:%M:%S}"),
    st.from_regex(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", fullmatch=True)))
def test_the_quick_reading_of_dates_says_what_the_careful_one_says(text):
    quick = Days().moment(text)
    careful = read_date(text)
    if quick is not None:
        assert careful is not None
        assert quick == moment_of(careful[0], 0)
    elif careful is not None:
        assert careful[0].year < 2017


def test_columns_are_recognised_by_name_and_by_content():
    wide = recognise(["Müşteri No", "Ad Soyad", "GSM", "E-Posta Adresi", "SMS izni",
                      "Kayıt Tarihi"],
                     [["1", "Nazlı", "0599 213 41 17", "n@ornek.com.tr", "Evet", "23.11.2026"]])
    assert wide.columns == {Role.NAME: 1, Role.PHONE: 2, Role.EMAIL: 3, Role.STATUS_SMS: 4,
                            Role.DATE: 5}
    bare = recognise(None, [["EPOSTA", "HS_WEB", "a@ornek.test", "ONAY", "2026-01-05 10:00:00",
                             "BIREYSEL"],
                            ["MESAJ", "HS_WEB", "+905992134117", "RET", "2026-01-05 10:00:00",
                             "BIREYSEL"]])
    assert bare.columns == {Role.CHANNEL: 0, Role.SOURCE: 1, Role.RECIPIENT: 2, Role.STATUS: 3,
                            Role.DATE: 4, Role.RECIPIENT_TYPE: 5}
    panel = recognise(["IZIN TURU", "ALICI", "ONAY(1)-RET(0)", "IZIN KAYNAGI", "IZIN TARIHI",
                       "IZNIN ALINDIGI BAYI KODU"],
                      [["MESAJ", "+905992134117", "1", "HS_WEB", "2026-11-05 10:00:00", ""]])
    assert panel.columns == {Role.CHANNEL: 0, Role.RECIPIENT: 1, Role.STATUS: 2, Role.SOURCE: 3,
                             Role.DATE: 4, Role.DEALER: 5}
    assert panel.problems() == []


def test_a_mapping_survives_its_json():
    mapping = Mapping({Role.PHONE: 2}, Fixed(
        status=Status.ONAY, source=Source.HS_WEB, date="2026-11-05", dealer_id=7, basis="VKN",
        recipient_type=RecipientType.TACIR, channels=(Channel.MESAJ, Channel.ARAMA)))
    assert Mapping.from_json(mapping.as_json()) == mapping


def test_the_claim_of_a_staged_row_is_the_canonical_one():
    terms = Terms(provider_id=1, iys_code=731204, brand_code=731205, now=clock.now(),
                  mapping=Mapping({Role.CHANNEL: 0, Role.RECIPIENT: 1, Role.STATUS: 2,
                                   Role.SOURCE: 3, Role.DATE: 4}),
                  key="import:7", evidence="e" * 64, person_secret=b"p")
    date = "2021-03-05 10:00:00"
    terms = dataclasses.replace(terms, activation_date=clock.today())
    done = Speller(terms, secrets().keyring, secrets().addresses, 100).spell(
        [(205, ["MESAJ", "0599 213 41 17", "ONAY", "HS_WEB", date])])
    claim = Claim(
        brand=731205, channel="MESAJ", dealer=None, evidence="e" * 64, idem="import:7:2",
        consent_date=datetime.fromisoformat(date).replace(tzinfo=clock.ISTANBUL),
        person=sha256(person_of(b"p", "import:7", 2)).hexdigest(), provider=731204,
        recipient="+905992134117", recipient_type="BIREYSEL", source="HS_WEB",
        standing="VERIFIED", status="ONAY", text=None)
    assert len(COLUMNS) == 20
    assert claim_digest(claim) in done.copy
    assert b"5992134117" not in done.copy
    assert done.repairs == {(1, "9999 999 99 99"): 1}


@pytest.mark.parametrize(("given", "shown"), [
    ("0 (532) 410 41 17", "0 (5••) ••• 41 17"), ("905324104117", "905•••••4117"),
    ("5324104117", "5•••••4117"), ("12345678901234567890", "1234••••••••••••7890"),
    ("N.Korkmaz@Ornek.com.tr", "N•••z@Ornek.com.tr"),
    ("ab@ornek.com.tr", "•••@ornek.com.tr"), ("12", "12"),
])
def test_examples_hide_their_middle_and_show_their_form(given, shown):
    assert hide(given) == shown


@pytest.mark.parametrize(("heading", "role"), [
    ("SMS Onay/Ret", Role.STATUS_SMS), ("SMS İzin", Role.STATUS_SMS),
    ("sms_opt_in", Role.STATUS_SMS),
    ("Kısa Mesaj İzni", Role.STATUS_SMS), ("Arama Onay/Ret", Role.STATUS_CALL),
    ("Telefon İzin Durumu", Role.STATUS_CALL), ("E-posta Onay/Ret", Role.STATUS_EMAIL),
    ("Email Onay", Role.STATUS_EMAIL), ("Mail İzni", Role.STATUS_EMAIL),
    ("Email consent", Role.STATUS_EMAIL), ("SMS onayı veren bayi", None), ("Telefon", Role.PHONE),
    ("E-posta", Role.EMAIL), ("Onay/Ret", Role.STATUS),
])
def test_the_choice_of_a_channel_has_many_names(heading, role):
    assert role_of(heading) is role


@pytest.mark.parametrize(("cell", "shows"), [
    ("1234567890", True), ("1234567891", False), ("0123456788", False), ("10000000146", True),
    ("10000000147", False), ("Vergi levhası", True), ("İTO 48211", True), ("1 234 567 890", True),
    (" ", False), ("-", False), ("yok", False), ("YOK", False), ("0", False), ("x", False),
    ("n/a", False), ("0000000000", False), ("1" * 9, False), ("٣٤٥", False), ("a" * 400, False),
])
def test_a_merchants_basis_is_a_number_that_fits_or_a_document(cell, shows):
    """R-05: whoever claims the exemption shows the status."""
    assert is_basis(cell) is shows


def test_cells_as_long_as_books_are_not_kept():
    mapping = Mapping({Role.PHONE: 0, Role.SOURCE: 1, Role.DATE: 2},
                      Fixed(status=Status.ONAY, channels=(Channel.MESAJ,)))
    terms = Terms(provider_id=1, iys_code=731204, brand_code=731205, now=clock.now(),
                  mapping=mapping, key="import:7", evidence="e" * 64, person_secret=b"p")
    made = Speller(terms, secrets().keyring, secrets().addresses, 100)
    made.spell([(n, ["05992134117", f"{n}" * 90_000, f"{n}" * 90_000]) for n in range(2, 9)])
    assert not made._shapes
    assert not made._dates
