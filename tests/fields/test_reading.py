"""What a value may be is one rule for forms, lists and programs."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.fields import defining, reading
from ileti.fields.defining import Typed
from ileti.fields.reading import Refused
from ileti.fields.vocabulary import MOST_FIELDS, Choice, Field, Kind, Subject, Where

SHOPS = (Choice("izmir", "İzmir", "Izmir"), Choice("agri", "Ağrı", "Agri"),
         Choice("old", "Eski", "Old", retired=True))


def a(kind: str, **more: Any) -> Field:
    return Field(1, Subject.CONSENT, "x", Kind(kind), "Alan", "Field", **more)


@pytest.mark.parametrize(("field", "typed", "kept"), [
    (a("text"), "  Ayşe Gül ", "Ayşe Gül"), (a("text"), "   ", None),
    (a("text", mask="AA-99*"), "TR-12x", "TR-12x"),
    (a("number"), "1.234", "1234"), (a("number", decimals=2), "1.234,50", "1234.5"),
    (a("number", decimals=2), "1234.5", "1234.5"), (a("number", decimals=2), "1,234.50", "1234.5"),
    (a("number"), "-0", "0"), (a("date"), "5.3.2026", "2026-03-05"),
    (a("date"), "2026-03-05", "2026-03-05"), (a("yesno"), "Hayır", False), (a("yesno"), "1", True),
    (a("choice", choices=SHOPS), "AĞRI", "agri"), (a("choice", choices=SHOPS), "izmir", "izmir"),
    (a("choices", choices=SHOPS), "ağrı; İzmir;agri", ["izmir", "agri"]),
    (a("choices", choices=SHOPS), ["agri"], ["agri"]), (a("choices", choices=SHOPS), "", None),
])
def test_a_typed_value_is_kept_in_one_spelling(field: Field, typed: Any, kept: Any) -> None:
    assert reading.of_text(field, typed) == kept


@pytest.mark.parametrize(("field", "typed", "code"), [
    (a("text", most="3"), "abcd", "too_long"), (a("text", least="3"), "ab", "too_short"),
    (a("text", mask="9999"), "12a4", "wrong_shape"), (a("text"), "a\u202eb", "hidden_mark"),
    (a("text"), "a\nb", "hidden_mark"), (a("number"), "üç", "not_a_number"),
    (a("number"), "1e400", "not_a_number"), (a("number"), "1,5", "too_fine"),
    (a("number", decimals=3), "1.234", "ambiguous"), (a("number", least="5"), "4", "too_small"),
    (a("number", most="5"), "6", "too_large"), (a("number"), "9" * 16, "too_large"),
    (a("date"), "31.02.2026", "not_a_date"), (a("date", most="2026-01-01"), "2.1.2026", "too_late"),
    (a("yesno"), "belki", "not_yes_or_no"), (a("choice", choices=SHOPS), "old", "no_such_choice"),
    (a("choices", choices=SHOPS), "izmir;bursa", "no_such_choice"),
])
def test_what_will_not_do_says_why(field: Field, typed: Any, code: str) -> None:
    with pytest.raises(Refused) as refused:
        reading.of_text(field, typed)
    assert (refused.value.code, refused.value.tr != refused.value.en) == (code, True)


@pytest.mark.parametrize(("field", "sent"), [
    (a("yesno"), "true"), (a("yesno"), 1), (a("number"), "5"), (a("number"), True),
    (a("number"), float("nan")), (a("number"), 1e300), (a("choices", choices=SHOPS), "izmir"),
    (a("choices", choices=SHOPS), [["izmir"]]), (a("text"), 5), (a("date"), 20260101),
])
def test_json_has_types(field: Field, sent: Any) -> None:
    with pytest.raises(Refused):
        reading.of_json(field, sent)


def test_every_fault_is_told_at_once_with_the_field_s_name() -> None:
    number = Field(1, Subject.CONSENT, "age", Kind.NUMBER, "Yaş", "Age")
    shop = Field(2, Subject.CONSENT, "shop", Kind.CHOICE, "Mağaza", "Shop", choices=SHOPS,
                 required=frozenset({"form"}))
    values, faults = reading.all_of([number, shop], {"age": "x", "who": "y"}, Where.FORM)
    assert values == {}
    assert [(one.field, one.code) for one in faults] == [
        ("fields.who", "unknown_field"), ("fields.age", "not_a_number"),
        ("fields.shop", "missing")]
    assert faults[1].tr.startswith("Yaş: ")
    assert reading.all_of([shop], {}, Where.API) == ({}, [])


def test_a_mask_cannot_be_a_pattern_that_never_ends() -> None:
    field = a("text", mask="(A+)+$")
    assert reading.of_text(field, "(a+)+$") == "(a+)+$"


GOOD = Typed(subject="2", key="shop", kind="choice", tr="Mağaza", en="Shop", personal=True,
             choices="izmir = İzmir | Izmir\nAğrı")


def test_a_definition_is_read_from_its_form_and_back() -> None:
    made = defining.read(GOOD, []).field
    assert made is not None
    assert [one.key for one in made.choices] == ["izmir", "agri"]
    again = defining.read(defining.as_typed(made), []).field
    assert again == made


def test_a_field_answered_by_choosing_may_not_ask_for_a_consent_r58() -> None:
    from dataclasses import replace

    asks = replace(GOOD, tr="Kampanya izni veriyorum", en="Offers")
    assert [one.code for one in defining.read(asks, []).faults] == ["asks"]
    text = replace(asks, kind="text")
    assert defining.read(text, []).field is not None


def test_what_holds_values_keeps_its_kind_and_a_removed_answer_is_retired() -> None:
    from dataclasses import replace

    before = defining.read(GOOD, []).field
    assert before is not None
    for change in ({"kind": "text"}, {"subject": "1"}, {"personal": False}, {"key": "store"}):
        faults = defining.read(replace(GOOD, **change), [], before=before, used=True).faults
        assert [one.code for one in faults] == ["frozen"], change
        assert defining.read(replace(GOOD, **change), [], before=before).field is not None
    fewer = defining.read(replace(GOOD, choices="izmir = İzmir | Izmir"), [], before=before,
                          used=True).field
    assert fewer is not None
    assert [(one.key, one.retired) for one in fewer.choices] == [("izmir", False), ("agri", True)]


def test_a_provider_has_so_many_fields_and_no_more() -> None:
    others = [Field(n, Subject.CONSENT, f"f{n}", Kind.TEXT, "a", "b") for n in range(MOST_FIELDS)]
    assert "too_many" in {one.code for one in defining.read(GOOD, others).faults}
