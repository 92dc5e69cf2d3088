"""The linter says what the law says, about texts as one meets them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ileti.documents.fold import fold
from ileti.documents.lint import Finding, Written, check, errors, parts
from ileti.documents.lintrules import FORBIDDEN, NAMED, WANTED
from ileti.documents.samples import SAMPLES
from ileti.documents.vocabulary import KINDS
from tests.documents.golden_texts import FIRM, TEXTS, WHOLE, Golden


def found(one: Golden) -> list[Finding]:
    return check(Written(one.kind, one.language, one.title, one.body, one.channel,
                         one.names or (FIRM,),
                         one.grounds, one.in_contract))


def test_there_are_enough_of_them() -> None:
    assert len(TEXTS) >= 60
    assert {one.kind for one in TEXTS} == set(KINDS)
    assert len({one.name for one in TEXTS}) == len(TEXTS)


@pytest.mark.parametrize("one", TEXTS, ids=lambda one: one.name)
def test_what_is_wrong_is_found_and_nothing_else_stops_it(one: Golden) -> None:
    said = found(one)
    codes = {finding.code for finding in said}
    assert set(one.must) <= codes
    assert not set(one.quiet) & codes
    stopping = {finding.code for finding in errors(said)}
    assert stopping <= set(one.must)


@pytest.mark.parametrize("one", [one for one in TEXTS if one.marks], ids=lambda one: one.name)
def test_the_mark_stands_under_the_very_words(one: Golden) -> None:
    for code, words in one.marks.items():
        spans = [one.body[f.start:f.end] for f in found(one) if f.code == code]
        assert words in spans


@pytest.mark.parametrize(("kind", "code", "sentence"), [
    ("ACIK_RIZA", "condition", "Rıza vermezseniz siparişiniz tamamlanmaz."),
    ("ACIK_RIZA", "condition", "Rıza vermeden hizmet alamazsınız."),
    ("ETK_ONAYI", "condition", "İndirimden yalnız onay verenler yararlanır."),
    ("ACIK_RIZA", "etk_in_kvkk", "SMS ile tanıtım yapılmasına izin veriyorum."),
    ("AYDINLATMA", "acceptance", "Okudum, uygun buluyorum."),
    ("AYDINLATMA", "acceptance", "Bu metni okuduğumu tasdik ederim."),
    ("AYDINLATMA", "silence", "Siteyi kullandığınızda bu metni benimsemiş olursunuz."),
])
def test_ways_to_say_it_that_are_met(kind: str, code: str, sentence: str) -> None:
    said = check(Written(kind, "tr", "Metin", sentence, None, (FIRM,), (), False))
    assert code in {one.code for one in errors(said)}


@pytest.mark.parametrize(("kind", "sentence"), [
    ("ACIK_RIZA", "Rıza vermezseniz siparişiniz aynı biçimde tamamlanır."),
    ("AYDINLATMA", "Kurul, başvurunuzu uygun bulursa size bildirir."),
    ("AYDINLATMA", "Siparişinizin durumunu SMS ile bildiririz; tanıtım için ayrıca izin isteriz."),
])
def test_what_only_sounds_like_it_stops_nothing(kind: str, sentence: str) -> None:
    said = check(Written(kind, "tr", "Metin", sentence, None, (FIRM,), (), False))
    assert not {"condition", "etk_in_kvkk", "acceptance", "silence"} & {
        one.code for one in errors(said)}


def test_every_rule_says_why_and_cites_a_rule_in_both_languages() -> None:
    for rule in (*FORBIDDEN, *WANTED, *NAMED.values()):
        assert rule.number.startswith("R-")
        assert all(len(text) > 5 for text in (rule.tr, rule.en, rule.why_tr, rule.why_en))
        assert rule.tr != rule.en


def test_every_rule_of_words_is_tried_by_a_golden_text() -> None:
    tried = {code for one in TEXTS for code in one.must}
    rules = {rule.code for rule in (*FORBIDDEN, *WANTED) if rule.level == "error"}
    assert rules <= tried


def test_r59_the_parts_of_a_notice_are_counted() -> None:
    whole = Written("AYDINLATMA", "tr", "x", WHOLE, names=(FIRM,))
    assert [part.state for part in parts(whole)] == ["there"] * 6
    bare = Written("AYDINLATMA", "tr", "x", "Verilerinizin hukuki sebebi ve haklarınız.",
                   names=(FIRM,))
    states = {part.key: part.state for part in parts(bare)}
    assert states["identity"] == "missing"
    assert states["ground"] == states["rights"] == "half"


def test_errors_come_before_hints() -> None:
    for text in TEXTS:
        levels = [one.level for one in found(text)]
        assert levels == sorted(levels)


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_folding_keeps_every_place(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.places)
    for start in range(0, len(folded.text), 7):
        a, b = folded.span(start, len(folded.text))
        assert 0 <= a < b <= len(text)


def test_turkish_letters_fold_in_both_cases() -> None:
    assert fold("IŞIKLI İĞDE ÇÖL").text == fold("ışıklı iğde çöl").text == "isikli igde col"


@pytest.mark.parametrize("part", ["a ", "kod ", "onay vermek ", "5 ve 6 ", "aktar", "[", "**",
                                  "kabul ve ", "sms, ", "hizmet ", ".", "\n", "İ"])
def test_a_hostile_text_is_judged_in_time(part: str) -> None:
    body = (part * 60_000)[:60_000]
    started = time.perf_counter()
    for kind in KINDS:
        check(Written(kind, "tr", "x", body, "MESAJ", (FIRM,)))
    assert time.perf_counter() - started < 6


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.key)
def test_a_sample_is_wrong_only_in_being_a_sample(sample: object) -> None:
    said = check(Written(sample.kind, "tr", sample.title, sample.body,  # type: ignore[attr-defined]
                         sample.channel, ("{unvan}",), ("RIZA",)))  # type: ignore[attr-defined]
    assert {one.code for one in errors(said)} <= {"sample_mark", "unfinished"}
    assert "sample_mark" in {one.code for one in said}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_r66_a_transfer_on_another_ground_is_told_in_words_of_its_own(language: str) -> None:
    one = next(one for one in TEXTS if one.name == "transfer that rests on article 9")
    said = next(finding for finding in found(one) if finding.code == "needless")
    assert said.level == "error"
    assert "9" in said.why(language)
    assert "R-66" in said.rule
