"""What İYS's codes mean, for the program and for people (İYS API §14, §15; look.md §7)."""

from collections import Counter
from pathlib import Path

import pytest

from ileti.iys.error_groups import GROUPS
from ileti.iys.errors import (
    MEANINGS,
    RATE_WINDOWS,
    Fault,
    Kind,
    is_via,
    kind_of_status,
    meaning,
)
from ileti.iys.kinds import Place

# Every code of İYS API §15, written down from the registry's list and not from our table.
LISTED = Path(__file__).with_name("iys_codes.txt").read_text().split()
TOKEN_CALL = {"invalid_request", "invalid_grant"}  # §1.3: answers without a code


def words(text: str) -> list[str]:
    return text.split()


# Every code of the calls that carry, query and pull consents (İYS API §4 … §6).
CONSENT_CALLS = words("""
    H001 H014 H015 H084 H085 H086 H089 H091 H092 H093 H097 H101 H103 H110 H111 H112 H113 H114 H115
    H116 H117 H118 H119 H120 H121 H124 H126 H155 H156 H157 H158 H160 H162 H163 H164 H166 H168 H170
    H174 H175 H178 H180 H182 H183 H186 H187 H193 H194 H198 H199 H266 H267 H351 H353 H400 H408 H412
    H462 H463 H464 H467 H470 H476 H478 H486 H506 H507 H520 H521 H524 H525 H530 H531 H586
""")
DEALER_AND_RECONCILIATION_CALLS = words("""
    H016 H017 H018 H058 H060 H061 H062 H067 H090 H127 H169 H171 H172 H173 H201 H214 H215 H216 H217
    H218 H219 H220 H221 H222 H224 H225 H226 H227 H228 H229 H230 H231 H243 H244 H250 H251 H252 H253
    H288 H401 H501 H502 H503 H512 H031 H245 H268 H363 H437 H522
""")


def test_the_table_has_every_code_of_the_registry_exactly_once() -> None:
    ours = Counter(code for group in GROUPS for code in group.codes.split())
    assert {code: number for code, number in ours.items() if number > 1} == {}
    assert set(ours) == set(LISTED) | TOKEN_CALL
    assert len(LISTED) == len(set(LISTED)) == 266


@pytest.mark.parametrize("code", LISTED)
def test_every_code_says_what_it_means_whose_part_it_is_and_what_to_do(code: str) -> None:
    found = meaning(code)
    assert found.known
    assert found.fault in Fault
    for text in (found.tr, found.en, found.what_tr, found.what_en, found.advice.tr,
                 found.advice.en):
        assert text.endswith(".")
    assert found.what_tr != found.what_en
    assert bool(found.next_tr) == bool(found.next_en) == bool(found.advice.place)


def test_codes_that_say_the_same_are_treated_the_same() -> None:
    said: dict[str, set[Kind]] = {}
    for code in LISTED:
        if not is_via(code):
            said.setdefault(MEANINGS[code].what_en, set()).add(MEANINGS[code].kind)
    assert [text for text, kinds in said.items() if len(kinds) > 1] == []


@pytest.mark.parametrize("code", CONSENT_CALLS + DEALER_AND_RECONCILIATION_CALLS)
def test_every_code_of_our_calls_is_known(code: str) -> None:
    assert meaning(code).known


def test_what_iys_wants_sent_again_is_sent_again() -> None:
    """İYS API §14; H476 and the other answers with HTTP 500 about its own insides alike."""
    listed = words("H015 H101 H102 H103 H123 H124 H179 H192 H412 H470 H476")
    inside = words("H100 H105 H106 H107 H181")
    assert all(meaning(code).kind.sent_again for code in listed + inside)
    retried = {code for code, found in MEANINGS.items()
               if found.kind is Kind.RETRY and not is_via(code)}
    assert retried | {"H124"} == set(listed + inside)


def test_every_quota_knows_how_long_it_lasts() -> None:
    limited = {code for code, found in MEANINGS.items() if found.kind is Kind.RATE}
    assert limited == set(RATE_WINDOWS)
    assert RATE_WINDOWS["H084"] == 3600


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("H174", Kind.ALREADY),
        ("H178", Kind.ALREADY),
        ("H175", Kind.LOCAL_ONLY),
        ("H467", Kind.OVERDUE),
        ("H351", Kind.AUTH),
        ("H520", Kind.SUBSCRIPTION),
        ("H525", Kind.SUBSCRIPTION),
        ("H180", Kind.CONFIG),
        ("H353", Kind.CONFIG),
        ("H120", Kind.ITEM),
        ("H091", Kind.BATCH),
        ("H194", Kind.BATCH),
    ],
)
def test_a_code_has_one_kind(code: str, kind: Kind) -> None:
    assert meaning(code).kind is kind


def test_no_kind_is_both_given_up_and_sent_again() -> None:
    for kind in Kind:
        assert sum((kind.final, kind.sent_again, kind.needs_somebody)) <= 1


def test_already_there_is_neither_done_nor_failed_before_iys_was_asked() -> None:
    """Fault row 23: H174 and H178 are settled by a status query."""
    assert not Kind.ALREADY.final
    assert not Kind.ALREADY.sent_again


def test_an_unknown_code_is_final_and_shown_as_it_is() -> None:
    found = meaning("H999")
    assert (found.kind, found.known) == (Kind.ITEM, False)
    assert found.tr == "İYS bu isteği almadı. Yanıtı: H999"
    assert found.say("en").endswith("H999")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (None, Kind.ITEM),
        (200, Kind.RETRY),
        (400, Kind.ITEM),
        (401, Kind.AUTH),
        (403, Kind.CONFIG),
        (404, Kind.CONFIG),
        (408, Kind.RETRY),
        (422, Kind.ITEM),
        (429, Kind.RATE),
        (500, Kind.RETRY),
        (503, Kind.RETRY),
    ],
)
def test_an_unknown_code_is_decided_by_its_status(status: int | None, kind: Kind) -> None:
    assert kind_of_status(status) is kind
    assert meaning("H999", status).kind is kind


def test_a_status_never_overrules_a_known_code() -> None:
    """H467 comes as 400 and as 422, H175 as 200 (judgements 5, 6)."""
    assert meaning("H467", 400).kind is meaning("H467", 422).kind is Kind.OVERDUE
    assert meaning("H175", 200).kind is Kind.LOCAL_ONLY


def test_a_via_code_says_its_own_words_and_one_that_is_not_listed_shows_itself() -> None:
    assert meaning("H1052", 400).tr == "Kod geçersiz."
    assert meaning("H1199", 400).tr == "İYS ViA bu işlemi yapmadı. Yanıtı: H1199"
    assert meaning("OTP-ERROR-001", 503).kind is Kind.RETRY


def test_a_hostile_code_is_not_shown() -> None:
    assert "<" not in meaning("<script>").tr


def test_sentences_follow_the_house_voice() -> None:
    """look.md §7: the words of the reference table, no bare codes, no exclamation marks."""
    assert meaning("H178").next_step() == "İYS kaydını al"
    assert meaning("H467").tr == "3 iş günü geçtiği için İYS bu izni almadı. İzin kullanılamaz."
    assert meaning("H180").next_step("en") == "Match the dealer"
    for found in MEANINGS.values():
        text = " ".join((found.tr, found.en, found.what_tr, found.what_en, found.next_tr,
                         found.next_en, found.advice.tr, found.advice.en))
        assert not {"!", "'", "lütfen", "başarıyla", "hata"} & {*text, *text.lower().split()}
        assert found.tr.endswith(".")
        assert found.en.endswith(".")


def test_no_button_offers_a_dishonest_repair() -> None:
    """look.md §1.7: dates and choices are never "corrected"."""
    for found in MEANINGS.values():
        assert "düzelt" not in found.next_tr.lower()
        assert "yeniden izin iste" not in found.advice.tr.lower()
    assert meaning("H174").next_step() == ""
    for code in words("H155 H156 H157 H158 H408 H462 H463 H467"):
        assert meaning(code).advice.place is Place.RECORDS
