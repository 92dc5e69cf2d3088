"""An act about personal data, and everything of a person, are proven before a stranger as a consent
is; who asks gets what it may see, and whatever is changed is found and named."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import ileti.factory  # noqa: F401 (every room tells its part)
from ileti.channels import personpack
from ileti.consents import bundle as bundling
from ileti.consents.bundled import Bundle
from ileti.consents.moments import Reach
from ileti.consents.numbers import record_number
from ileti.core import db, reach
from ileti.core.errors import Conflict, Gone, NotFound
from ileti.evidence import verifier as judge
from ileti.kvkk import proof
from ileti.kvkk.ledger import record
from ileti.kvkk.vocabulary import Act
from ileti.simulator.authority import authority
from tests.evidence.person_house import NAME, PHONE, Person, person
from tests.evidence.person_house import click as person_click
from tests.evidence.sealed_house import seal_all
from tests.evidence.test_bundle import Files, _set, _without, ca, pack, unpack, verdict  # noqa: F401
from tests.evidence.test_pages import told as words_of
from tests.kvkk.house import act, click, text
from tests.panel.people import dealer_of, restrict

_kept: dict[str, Any] = {}


@pytest.fixture
def known(shop: Any, authority_url: str, folder: Path) -> Person:
    return person(shop)


def packed(made: Bundle, path: Path) -> Path:
    file = io.BytesIO()
    bundling.write(made, file)
    path.write_bytes(file.getvalue())
    return path


@pytest.fixture
def whole(request: Any, tmp_path: Path) -> Path:
    """The bundle of a person, made once for all tests that change it."""
    if "zip" not in _kept:
        known = request.getfixturevalue("known")
        shop = request.getfixturevalue("shop")
        packed(personpack.build(Reach(shop.provider_id), known.recipient), tmp_path / "kisi.zip")
        _kept["zip"] = (tmp_path / "kisi.zip").read_bytes()
    path = tmp_path / "kisi.zip"
    path.write_bytes(_kept["zip"])
    return path


def numbers(made: Bundle) -> list[str]:
    return [one.record for one in made.records]


# -- what is in it ---------------------------------------------------------------------------------


def test_an_explicit_consent_comes_with_its_withdrawal_and_the_notice_before_it(
    shop: Any, known: Person, tmp_path: Path, ca: Path  # noqa: F811
) -> None:
    made = proof.build(Reach(shop.provider_id), known.given)
    assert numbers(made) == [record_number(one) for one in (
        known.notice, known.given, known.withdrawn)]
    code, said = verdict(packed(made, tmp_path / "riza.zip"), "--ca", str(ca))
    assert code == 0, said
    assert "3 records are as they were sealed" in said
    assert "receipt.jsonld" not in made.files


def test_a_notice_is_proven_by_itself(shop: Any, known: Person) -> None:
    assert numbers(proof.build(Reach(shop.provider_id), known.notice)) == [
        record_number(known.notice)]


def test_a_person_is_consents_acts_files_texts_and_what_holds(
    whole: Path, known: Person, ca: Path  # noqa: F811
) -> None:
    files = unpack(whole)
    code, said = verdict(whole, "--ca", str(ca))
    assert code == 0, said
    for told in ("4 records are as they were sealed",
                 "2 files and texts of forms are those that records name"):
        assert told in said
    acts = [json.loads(files[f"entries/{n:04}.json"])["claim"].get("act") for n in range(1, 5)]
    assert acts == [None, "READ", "GIVEN", "WITHDRAWN"]
    states = json.loads(files["person.json"])
    assert [one["act"] for one in states["acts"]] == ["READ", "WITHDRAWN"]
    assert [one["holds"] for one in states["acts"]] == [True, False]
    assert [one["channel"] for one in states["states"]] == ["MESAJ"]


def test_the_pages_show_the_form_its_boxes_and_the_texts_of_the_acts(
    shop: Any, known: Person
) -> None:
    made = personpack.build(Reach(shop.provider_id), known.recipient)
    said = words_of(made)
    for words in (
            "aydınlatma ve açık rıza kayıtlarının kanıtı · 4 kayıt", "Zaman çizelgesi",
            f"{NAME}, 23.11.2026 12:00:09 tarihinde", "(“Kişiye özel öneri”) açık rıza verdi.",
            "açık rızayı geri aldı.", "Verilerinizi neden işlediğimizi anlatır.",
            "Alışverişimin öneri için işlenmesine açık rıza veriyorum.",
            "Form, kişinin gördüğü hâliyle", "sürüm 3 · Türkçe",
            "E-posta gönderilmesine onay veriyorum. işaretlenmedi",
            "işaretlendi: 23.11.2026 12:00:07", "açıldı · “okudum, anladım” işaretlendi",
            "Açık rıza verildi", "R-60", "R-62", "veri sorumlusunun yüküdür",
            "which explicit consents were given and withdrawn.",
            "saklanan kanıt dosyasıyla: imzalı kâğıt ya da görüşme kaydı"):
        assert words in said, words


def test_the_same_form_is_drawn_once(shop: Any, known: Person) -> None:
    said = words_of(personpack.build(Reach(shop.provider_id), known.recipient))
    assert said.count("E-posta gönderilmesine onay veriyorum.") == 1
    assert said.count("Aynı form, aynı seçimlerle") == 2


def test_the_box_that_was_left_empty_is_in_the_bundle_and_its_text_too(
    shop: Any, known: Person
) -> None:
    made = personpack.build(Reach(shop.provider_id), known.recipient)
    content = json.loads(made.files[f"texts/{known.unticked.hash}.json"])
    assert sha256(judge.canonical(content)).hexdigest() == known.unticked.hash
    assert content["body"] == "E-posta gönderilmesine onay veriyorum."


def test_what_somebody_without_an_address_read_is_proven_too(
    shop: Any, folder: Path, tmp_path: Path
) -> None:
    notice = text(shop, "AYDINLATMA")
    done = record(click(shop), [act(notice, Act.READ, address=None)])[1]
    seal_all()
    made = proof.build(Reach(shop.provider_id), done[0].entry_id)
    assert judge.outcome(judge.verify(str(packed(made, tmp_path / "kimse.zip")))) == 3
    assert "Adres bırakmayan bir kişi" in words_of(made) or "Nazlı K." in words_of(made)


# -- who may see what ------------------------------------------------------------------------------


def test_a_dealer_gets_what_it_took_itself(
    shop: Any, authority_url: str, folder: Path
) -> None:
    mine, other = dealer_of(shop), dealer_of(shop)
    known = person(shop, dealer=mine)
    made = personpack.build(Reach(shop.provider_id, shop.brand_id, mine), known.recipient)
    assert numbers(made) == [record_number(one) for one in (
        known.consent, known.notice, known.given)]
    assert not any(name.startswith("files/") for name in made.files)
    assert numbers(proof.build(Reach(shop.provider_id, shop.brand_id, mine), known.given)) == [
        record_number(known.notice), record_number(known.given)]
    for ask in (lambda who: personpack.build(who, known.recipient),
                lambda who: proof.build(who, known.given)):
        with pytest.raises(NotFound):
            ask(Reach(shop.provider_id, shop.brand_id, other))
    with pytest.raises(NotFound):
        proof.build(Reach(shop.provider_id, shop.brand_id, mine), known.withdrawn)


def test_a_dealers_bundle_holds_no_notice_that_another_dealer_showed(
    shop: Any, authority_url: str, folder: Path
) -> None:
    mine, other = dealer_of(shop), dealer_of(shop)
    theirs = record(click(shop, dealer=other), [act(text(shop, "AYDINLATMA"), Act.READ)])[1]
    known = person(shop, dealer=mine)
    made = personpack.build(Reach(shop.provider_id, shop.brand_id, mine), known.recipient)
    assert record_number(theirs[0].entry_id) not in numbers(made)
    assert record_number(theirs[0].entry_id) in numbers(
        personpack.build(Reach(shop.provider_id), known.recipient))


def test_the_bundle_of_a_dealers_consent_holds_its_own_acts_alone_without_the_wall_too(
    shop: Any, authority_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = dealer_of(shop), dealer_of(shop)
    theirs = record(click(shop, dealer=other), [act(text(shop, "AYDINLATMA"), Act.READ)])[1]
    known = person(shop, dealer=mine)
    monkeypatch.setattr(db, "_standing", lambda _database: frozenset())
    with reach.within(reach.Reach(shop.provider_id, shop.brand_id, mine)):
        assert record_number(theirs[0].entry_id) not in numbers(
            bundling.build(shop.provider_id, [known.consent]))
    assert record_number(theirs[0].entry_id) in numbers(
        bundling.build(shop.provider_id, [known.consent]))


def test_a_file_that_a_program_names_is_not_drawn_into_a_bundle(
    shop: Any, known: Person
) -> None:
    others = record(person_click(shop, {"kind": "api", "file": {"sha256": known.scan}}), [
        act(text(shop), Act.GIVEN, address="+905994445566")])[1]
    seal_all()
    made = proof.build(Reach(shop.provider_id), others[0].entry_id)
    assert not any(name.startswith("files/") for name in made.files)


def test_another_brand_and_another_provider_get_nothing(
    shop: Any, known: Person, new_place: Any
) -> None:
    stranger = new_place()
    for who in (Reach(shop.provider_id, shop.brand_id + 10_000), Reach(stranger.provider_id)):
        with pytest.raises(NotFound):
            proof.build(who, known.given)
        with pytest.raises(NotFound):
            personpack.build(who, known.recipient)


def test_what_is_kept_for_the_law_alone_needs_that_right(shop: Any, known: Person) -> None:
    restrict(shop, known.recipient)
    for ask in (lambda who: proof.build(who, known.given),
                lambda who: personpack.build(who, known.recipient)):
        with pytest.raises(NotFound):
            ask(Reach(shop.provider_id))
        assert len(numbers(ask(Reach(shop.provider_id, restricted=True)))) >= 3


def test_of_an_erased_person_nothing_can_be_put_together(
    shop: Any, known: Person, owner: Any
) -> None:
    owner.execute("update recipient set leaf_key = null, addr_ct = null, addr_hash = null "
                  "where id = %s", (known.recipient,))
    with pytest.raises(Gone):
        proof.build(Reach(shop.provider_id), known.given)
    with pytest.raises(Gone):
        personpack.build(Reach(shop.provider_id), known.recipient)


def test_a_click_that_was_destroyed_in_its_time_keeps_nothing_of_the_rest_back(
    shop: Any, known: Person, owner: Any
) -> None:
    owner.execute(
        "update submission set erased_at = now(), person_ct = null, person_key = null "
        "where id = (select submission_id from kvkk_entry where id = %s)", (known.withdrawn,))
    assert numbers(personpack.build(Reach(shop.provider_id), known.recipient)) == [
        record_number(one) for one in (known.consent, known.notice, known.given)]
    assert record_number(known.withdrawn) not in numbers(
        proof.build(Reach(shop.provider_id), known.given))
    with pytest.raises(NotFound):
        proof.build(Reach(shop.provider_id), known.withdrawn)


def test_an_act_that_is_not_as_it_was_sealed_gives_no_bundle(
    shop: Any, known: Person, owner: Any
) -> None:
    owner.execute("update kvkk_entry set act = 3 where id = %s", (known.withdrawn,))
    with pytest.raises(Conflict, match=record_number(known.withdrawn)):
        personpack.build(Reach(shop.provider_id), known.recipient)


def test_a_bundle_of_fifty_events_takes_two_seconds_at_most(
    shop: Any, folder: Path, known: Person
) -> None:
    of = text(shop)
    for n in range(46):
        record(click(shop), [act(of, Act.GIVEN if n % 2 else Act.WITHDRAWN, at=1000 + n)])
    seal_all()
    begin = time.monotonic()
    made = personpack.build(Reach(shop.provider_id), known.recipient)
    packed(made, folder.parent / "elli.zip")
    assert len(made.records) == 50
    assert time.monotonic() - begin < 10  # the bench measures; this only keeps it from exploding


# -- attacks ---------------------------------------------------------------------------------------

GIVEN, WITHDRAWN = "entries/0003.json", "entries/0004.json"


def _in(name: str, change: Callable[[dict[str, Any]], None]) -> Callable[[Files], None]:
    def forge(files: Files) -> None:
        parts = json.loads(files[name])
        change(parts)
        files[name] = json.dumps(parts, ensure_ascii=False).encode()

    return forge


def _text_of_the_notice(files: Files) -> None:
    """The explicit consent is shown with the notice's text, as if that had been agreed to."""
    notice, given = (json.loads(files[f"entries/{n:04}.json"]) for n in (2, 3))
    given["text"] = notice["text"]
    files[GIVEN] = json.dumps(given, ensure_ascii=False).encode()


def _agreed_on_the_notice(files: Files) -> None:
    """The same, and the claim names the other text."""
    _text_of_the_notice(files)
    notice = json.loads(files["entries/0002.json"])
    _in(GIVEN, _set("claim.text", notice["claim"]["text"]))(files)


def _left_out(name: str) -> Callable[[Files], None]:
    """A record and its count are taken out; the file it names is left behind."""
    def forge(files: Files) -> None:
        del files[name]
        index = json.loads(files["bundle.json"])
        index["entries"] -= 1
        files["bundle.json"] = json.dumps(index).encode()

    return forge


def _first(folder: str, content: bytes) -> Callable[[Files], None]:
    def forge(files: Files) -> None:
        files[next(name for name in files if name.startswith(folder))] = content

    return forge


def _renamed(folder: str) -> Callable[[Files], None]:
    """A file of one's own, named after its true digest: only a record could vouch for it."""
    def forge(files: Files) -> None:
        content = b'{"body":"x"}'
        mark = sha256(judge.canonical(json.loads(content)) if folder == "texts/" else content)
        files[f"{folder}{mark.hexdigest()}.json"] = content

    return forge


ACT_ATTACKS: dict[str, tuple[Callable[[Files], None], str]] = {
    "a withdrawal told as a consent": (_in(WITHDRAWN, _set("claim.act", "GIVEN")), "commits to"),
    "a consent told as a withdrawal": (_in(GIVEN, _set("claim.act", "WITHDRAWN")), "commits to"),
    "a notice shown told as read": (_in("entries/0002.json", _set("claim.act", "SHOWN")),
                                    "what its leaf commits to"),
    "a notice told as a consent": (_in("entries/0002.json", _set("claim.act", "GIVEN")),
                                   "what its leaf commits to"),
    "more of the notice shown": (_in("entries/0002.json", _set("claim.extent", 3)), "commits to"),
    "a withdrawal dated later": (_in(WITHDRAWN, _set("claim.at", "2026-11-29T09:00:00Z")),
                                 "what its leaf commits to"),
    "a withdrawal captured later": (_in(WITHDRAWN, _set("capturedMicros", lambda n: n + 1)),
                                    "what its leaf commits to"),
    "somebody else's consent": (_in(GIVEN, _set("claim.recipient", "+905990000099")),
                                "what its leaf commits to"),
    "an address never proven": (_in(GIVEN, _set("claim.standing", "UNVERIFIED")), "commits to"),
    "another source": (_in(GIVEN, _set("claim.source", "HS_ISLAK_IMZA")), "commits to"),
    "another name": (_in(GIVEN, _set("person.name", "Ali V.")), "its person is not"),
    "other words agreed to": (_in(GIVEN, _set("text.body", "Hepsini paylaşın.")), "the text shown"),
    "words agreed to taken out": (_in(GIVEN, lambda one: one.pop("text")), "text shown is missing"),
    "the notice as what was agreed to": (_text_of_the_notice, "the text shown is not"),
    "the notice claimed as agreed to": (_agreed_on_the_notice, "what its leaf commits to"),
    "a box ticked afterwards": (_in(GIVEN, _set("evidence.boxes.EPOSTA", "x")), "its evidence"),
    "an explicit consent's tick moved": (_in(GIVEN, _set("evidence.privacy.boxes", {})),
                                         "its evidence"),
    "another form version": (_in(GIVEN, _set("evidence.formVersion", 2)), "its evidence"),
    "another language": (_in(GIVEN, _set("evidence.language", "en")), "its evidence"),
    "another scan named": (_in(WITHDRAWN, _set("evidence.file.sha256", "ab" * 32)),
                           "its evidence"),
    "another scan": (_first("files/", b"%PDF-1.4 other"), "not what its name says"),
    "a scan nobody named": (_renamed("files/"), "no record names it"),
    "another text on the form": (_first("texts/", b'{"body":"x"}'), "not what its name says"),
    "a text that is none": (_first("texts/", b"no JSON"), "not what its name says"),
    "a text nobody named": (_renamed("texts/"), "no record names it"),
    "the withdrawal taken out": (_without(WITHDRAWN), "number of records differs"),
    "the withdrawal and its count taken out": (_left_out(WITHDRAWN), "no record names it"),
    "the place of another act": (_in(GIVEN, _set("place", lambda n: n ^ 1)), "the root of seal"),
    "no salt": (_in(GIVEN, lambda one: one.pop("salt")), "incomplete"),
}


@pytest.mark.attack
@pytest.mark.parametrize("attack", ACT_ATTACKS)
def test_an_attack_on_a_persons_bundle_is_found_and_named(
    whole: Path, ca: Path, attack: str  # noqa: F811
) -> None:
    forge, expected = ACT_ATTACKS[attack]
    files = unpack(whole)
    forge(files)
    code, said = verdict(pack(files, whole), "--ca", str(ca))
    assert code == 1, said
    assert any(line.startswith("✗") and expected in line for line in said.splitlines()), said


@pytest.mark.attack
@pytest.mark.parametrize("name", ["person.json", "kanit.pdf", GIVEN, WITHDRAWN])
def test_any_changed_byte_of_it_is_in_the_list_of_hashes(whole: Path, name: str) -> None:
    files = unpack(whole)
    content = bytearray(files[name])
    content[len(content) // 2] ^= 1
    files[name] = bytes(content)
    assert any(not one.good and one.about == name and "changed" in one.en
               for one in judge.verify(str(pack(files, whole, listed=False)),
                                       ca=authority().bundle.encode()))


def test_nothing_of_it_is_about_anybody_else(
    shop: Any, known: Person, tmp_path: Path
) -> None:
    notice = text(shop, "AYDINLATMA")
    record(click(shop), [act(notice, Act.READ, address="+905994445566")])
    seal_all()
    files = unpack(packed(personpack.build(Reach(shop.provider_id), known.recipient),
                          tmp_path / "k.zip"))
    everything = b"".join(content for name, content in files.items() if name != "verify.py")
    assert b"+905994445566" not in everything
    assert PHONE.encode() in everything
