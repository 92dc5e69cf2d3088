"""Merge fields, differences and the rule of renewal, without a database."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ileti.core.errors import InvalidInput
from ileti.documents.diff import changed_words, side_by_side
from ileti.documents.merge import FIELDS, merge
from ileti.documents.renewal import ASK, INFORM, NONE, Shown, decide, required

VALUES = {"unvan": "Defne Ev A.Ş.", "mersis": "0291045678900017", "kep": None, "adres": " "}


def test_fields_are_filled_and_kept_with_what_they_said() -> None:
    said = merge("{unvan}, MERSİS { mersis }.", VALUES)
    assert said.text == "Defne Ev A.Ş., MERSİS 0291045678900017."
    assert said.used == {"unvan": "Defne Ev A.Ş.", "mersis": "0291045678900017"}
    assert said.faults == ()


@pytest.mark.parametrize(("text", "code"), [
    ("{kep}", "empty_field"), ("{adres}", "empty_field"), ("{telefon}", "unknown_field"),
    ("{unvan", "stray_brace"), ("}", "stray_brace"), ("{}", "unknown_field")])
def test_what_cannot_be_filled_is_said(text: str, code: str) -> None:
    said = merge(text, VALUES)
    assert [one.code for one in said.faults] == [code]
    assert said.text == text


def test_a_value_brings_no_field_in() -> None:
    assert merge("{unvan}", {"unvan": "{mersis}", "mersis": "1"}).text == "{mersis}"


def test_every_field_has_a_name_in_both_languages() -> None:
    assert all(one.tr and one.en for one in FIELDS.values())


def test_only_the_changed_word_is_marked() -> None:
    row, = side_by_side("Kargo şirketine aktarırız.", "Kargo şirketlerine aktarırız.")
    assert [(one.kind, one.text) for one in row.before if one.kind != "same"] == [
        ("del", "şirketine")]
    assert [(one.kind, one.text) for one in row.after if one.kind != "same"] == [
        ("ins", "şirketlerine")]


def test_a_new_paragraph_stands_alone_on_its_side() -> None:
    first, second = side_by_side("Bir.", "Bir.\n\nİki.")
    assert not first.changed
    assert second.before == ()
    assert second.after[0].kind == "ins"


@given(st.text("ab \n.", max_size=120), st.text("ab \n.", max_size=120))
@settings(max_examples=150, deadline=None)
def test_each_side_holds_its_own_text(before: str, after: str) -> None:
    rows = side_by_side(before, after)
    for text, sides in ((before, [r.before for r in rows]), (after, [r.after for r in rows])):
        kept = ["".join(piece.text for piece in side) for side in sides if side]
        assert kept == [one.strip() for one in text.split("\n\n") if one.strip()]


def test_a_rewritten_text_is_shown_whole_where_comparing_its_words_would_take_minutes() -> None:
    def text(paragraphs: int, words: int, other: str) -> str:
        return "\n\n".join(" ".join(f"p{p}w{n} {other}{n}" for n in range(words // 4))
                           for p in range(paragraphs))

    (row,) = side_by_side(text(1, 3_000, "x"), text(1, 3_000, "y"))
    assert [one.kind for one in (*row.before, *row.after)] == ["del", "ins"]
    rows = side_by_side(text(12, 900, "x"), text(12, 900, "y"))
    compared = [any(one.kind == "same" for one in row.before) for row in rows]
    assert compared == [True, True, *[False] * 10]  # the room is used up by two of them


def test_case_and_commas_are_no_new_words() -> None:
    assert not changed_words("Adınızı, İşleriz.", "adınızı işleriz")
    assert changed_words("Kargoya", "Kargoya ve bankaya")


PURPOSE = {"id": 1, "name": "Üyelik", "ground": "5/2-c", "data": ["kimlik"], "recipients": [],
           "abroad": False, "period": "10 yıl"}


def test_r61_a_notice_is_told_anew_when_words_or_purposes_change() -> None:
    before = Shown("", "Metin bir.", [PURPOSE], {})
    assert required("AYDINLATMA", before, Shown("", "Metin bir", [PURPOSE], {})) == NONE
    assert required("AYDINLATMA", before, Shown("", "Metin iki.", [PURPOSE], {})) == INFORM
    assert required("AYDINLATMA", before, Shown(
        "", "Metin bir.", [PURPOSE | {"recipients": ["Kargo"]}], {})) == INFORM
    assert required("AYDINLATMA", before, Shown(
        "", "Metin bir.", [PURPOSE | {"period": "20 yıl"}], {})) == INFORM
    assert required("AYDINLATMA", None, before) == NONE


def test_r17_a_consent_is_asked_anew_when_its_words_change() -> None:
    assert required("ETK_ONAYI", Shown("", "a", [], {}), Shown("", "b", [], {})) == ASK
    assert required("ETK_ONAYI", Shown("", "a", [], {}), Shown("", "a.", [], {})) == NONE
    assert required("ETK_ONAYI", Shown("x", "a", [], {}), Shown("y", "a", [], {})) == ASK
    for old, new, rule in (("A A.Ş.", "B A.Ş.", ASK), ("A A.Ş.", "a a.ş.", NONE)):
        assert required("ETK_ONAYI", Shown("", "a", [], {"unvan": old}),
                        Shown("", "a", [], {"unvan": new})) == rule
    assert required("ETK_ONAYI", Shown("", "a", [], {"adres": "x"}),
                    Shown("", "a", [], {"adres": "y"})) == NONE
    assert required("CAGRI_METNI", Shown("", "a", [], {}), Shown("", "b", [], {})) == NONE


def test_less_than_the_rule_needs_a_reason() -> None:
    assert decide("AYDINLATMA", INFORM, None, None) == (INFORM, None)
    assert decide("AYDINLATMA", NONE, INFORM, "") == (INFORM, None)
    with pytest.raises(InvalidInput):
        decide("AYDINLATMA", INFORM, NONE, "kısa")
    assert decide("AYDINLATMA", INFORM, NONE, "Yalnız yazım hatası düzeltildi.")[0] == NONE
    with pytest.raises(InvalidInput):
        decide("AYDINLATMA", INFORM, ASK, "")
