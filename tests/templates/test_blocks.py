"""Who writes, that it is an advertisement, and how to refuse (R-24 to R-29)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ileti.channels.segments import count
from ileti.consents.vocabulary import Channel
from ileti.templates import blocks
from ileti.templates.blocks import CannotCompose, Refusal, Sender, lacking
from ileti.templates.vocabulary import Trade

DEFNE = Sender("Defne Ev Tekstili San. ve Tic. A.Ş.", Trade.TACIR, "0291012345600018",
               "0850 000 00 00", brand="Defne Ev")
FREE = Refusal(number="4607", url="https://ornek.test/ret/x", key="9")


def test_an_sms_of_a_merchant_names_title_and_mersis_and_a_free_way_out() -> None:
    """R-24, R-25, R-28: the 16 digits and the title stand in it."""
    text = blocks.sms("Yeni nevresimler mağazada", DEFNE, FREE)
    assert text == (
        "Kampanya: Yeni nevresimler mağazada Defne Ev Tekstili San. ve Tic. A.Ş. "
        "Mersis:0291012345600018 0850 000 00 00 Ret icin RET yazip 4607'e ucretsiz gonderin")
    assert count(text).number == 2


def test_a_craftsman_names_person_and_identity_number() -> None:
    text = blocks.sms("Yeni tatlılar", replace(DEFNE, trade=Trade.ESNAF, title="Nazlı Kır",
                                               identity="10000000146", brand=""), FREE)
    assert "Nazlı Kır TCKN:10000000146" in text


@pytest.mark.parametrize("text", ["KAMPANYA bugün", "Tanıtım: yeni ürün", "İndirim var", "fırsat"])
def test_a_text_that_shows_its_nature_gets_no_second_prefix(text: str) -> None:
    """R-26: within the first twenty letters."""
    assert blocks.prefixed(text) == text
    assert blocks.prefixed(f"Merhaba değerli müşterimiz, {text}").startswith("Kampanya: Merhaba")


def test_a_dealers_message_says_in_whose_name_it_is_sent() -> None:
    """R-24: «… adına»."""
    dealer = replace(DEFNE, title="Bornova Akasya Ltd.", principal="Defne Ev A.Ş.")
    assert "Bornova Akasya Ltd. (Defne Ev A.Ş. adına)" in blocks.sms(
        "Yeni ürün", dealer, FREE, by_dealer=True)
    with pytest.raises(CannotCompose) as told:
        blocks.sms("Yeni ürün", replace(dealer, principal=" "), FREE, by_dealer=True)
    assert [one.code for one in told.value.lacks] == ["principal"]


@pytest.mark.parametrize(("sender", "refusal", "code"), [
    (replace(DEFNE, identity=""), FREE, "identity"), (replace(DEFNE, title=""), FREE, "identity"),
    (replace(DEFNE, contact=""), FREE, "contact"),
    (DEFNE, Refusal(url="https://ornek.test/ret"), "refusal_sms"),
    (replace(DEFNE, trade=Trade.ESNAF, identity=""), FREE, "identity_esnaf"),
])
def test_without_its_blocks_an_sms_cannot_be_made(
        sender: Sender, refusal: Refusal, code: str) -> None:
    """R-24, R-29: a link alone is no way out of an SMS."""
    with pytest.raises(CannotCompose) as told:
        blocks.sms("Yeni ürün", sender, refusal)
    assert [one.code for one in told.value.lacks] == [code]


def test_each_channel_wants_a_refusal_of_its_own() -> None:
    nothing = Refusal(word="")
    assert [lacking(channel, DEFNE, nothing)[0].code for channel in Channel] == [
        {"MESAJ": "refusal_sms", "ARAMA": "refusal_call", "EPOSTA": "refusal_mail"}[channel.name]
        for channel in Channel]
    assert all(not lacking(channel, DEFNE, FREE) for channel in Channel)


def test_a_mail_shows_its_nature_in_the_subject_and_its_sender_below() -> None:
    assert blocks.subject("Yeni sezon\n geldi") == "Kampanya: Yeni sezon geldi"
    assert blocks.subject("Kasım fırsatları") == "Kasım fırsatları"
    assert blocks.mail_lines(DEFNE) == (
        "Defne Ev Tekstili San. ve Tic. A.Ş.", "MERSİS No: 0291012345600018", "0850 000 00 00")


def test_a_call_begins_with_what_it_is_who_calls_and_the_key_to_refuse() -> None:
    """R-25: in a call the title is enough."""
    said = blocks.call_opening(DEFNE, FREE)
    assert said.startswith("Bu bir tanıtım aramasıdır. Defne Ev Tekstili San. ve Tic. A.Ş. arıyor;")
    assert "9 tuşuna basın" in said
    assert "4607 numarasını ücretsiz arayın" in blocks.call_opening(DEFNE, replace(FREE, key=""))
