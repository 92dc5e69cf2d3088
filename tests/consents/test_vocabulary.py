"""The vocabulary is a database format: numbers, words and labels must hold still."""

import pytest

from ileti.consents.vocabulary import (
    LABELS,
    SHORT_LABELS,
    AddressKind,
    Channel,
    IysStatus,
    Outcome,
    RecipientType,
    Source,
    Standing,
    Status,
    Word,
)

WORDS: list[type[Word]] = [
    Channel,
    RecipientType,
    Status,
    Standing,
    Outcome,
    IysStatus,
    Source,
]


@pytest.mark.parametrize("enum", WORDS)
def test_every_word_has_a_label_in_both_languages(enum: type[Word]) -> None:
    for word in enum:
        assert word.tr.strip()
        assert word.en.strip()
        assert word.label("tr") == word.tr
        assert word.label("en") == word.en


@pytest.mark.parametrize("enum", WORDS)
def test_no_label_stands_for_a_word_that_does_not_exist(enum: type[Word]) -> None:
    assert set(LABELS[enum]) == {word.value for word in enum}


def test_labels_tell_words_of_one_kind_apart() -> None:
    for enum in WORDS:
        assert len({word.tr for word in enum}) == len(enum)
        assert len({word.en for word in enum}) == len(enum)


def test_every_iys_status_has_a_short_label() -> None:
    assert set(SHORT_LABELS) == set(IysStatus)
    assert IysStatus.WAITING.short_label() == "Bekleniyor"
    assert IysStatus.WAITING.short_label("en") == "Waiting"


def test_the_numbers_in_the_database_never_change() -> None:
    assert [(c.name, c.value) for c in Channel] == [("ARAMA", 1), ("MESAJ", 2), ("EPOSTA", 3)]
    assert [(s.name, s.value) for s in Status] == [("ONAY", 1), ("RET", 2)]
    assert [(t.name, t.value) for t in RecipientType] == [("BIREYSEL", 1), ("TACIR", 2)]
    assert (Source.HS_WEB, Source.HS_KARAR, Source.IYS_KISAMESAJ) == (6, 13, 31)
    assert (IysStatus.REGISTERED, IysStatus.CHANGED_THERE) == (3, 7)


def test_iys_accepts_exactly_thirteen_sources_from_us() -> None:
    """H119 names 13 HS values; nine and our own IYS_BILINMEYEN belong to İYS (R-43)."""
    assert sum(source.is_hs for source in Source) == 13
    assert sum(source.is_iys for source in Source) == 10
    assert all(source.name.startswith("HS_") for source in Source if source.is_hs)
    assert all(source.name.startswith("IYS_") for source in Source if source.is_iys)


def test_only_email_is_a_mail_channel() -> None:
    assert Channel.EPOSTA.address_kind is AddressKind.EMAIL
    assert Channel.ARAMA.address_kind is Channel.MESAJ.address_kind is AddressKind.PHONE


def test_only_iys_own_word_puts_a_state_in_force() -> None:
    """R-08, R-33: nothing counts before İYS has it."""
    in_force = {status for status in IysStatus if status.in_force}
    assert in_force == {IysStatus.REGISTERED, IysStatus.CHANGED_THERE}


def test_a_word_is_read_by_its_spelling_only() -> None:
    assert Source.from_word("HS_WEB") is Source.HS_WEB
    with pytest.raises(KeyError):
        Source.from_word("hs_web")
