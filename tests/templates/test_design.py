"""A mail put together of blocks: what it becomes, and what nobody can put into it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.consents.vocabulary import Channel
from ileti.templates import design as designs
from ileti.templates import lifecycle, mailbuild
from ileti.templates.design import Block, Colour, Design, Kind
from ileti.templates.designmjml import mjml
from ileti.templates.judging import CLIPPED_AT, judge
from ileti.templates.written import Content, drafted, hashed, kept, read

TODAY = date(2026, 11, 30)
PICTURE = "https://liman.ornek.com.tr/cekirdek.png"
WHOLE = Design((
    Block(Kind.HEADING, "Yeni hasat"),
    Block(Kind.TEXT, "Sayın {ad|müşterimiz},\n\n**Yemen** geldi."),
    Block(Kind.IMAGE, src=PICTURE, alt="Çekirdek", href="https://liman.ornek.com.tr"),
    Block(Kind.COLUMNS, "Sol", text2="Sağ", src2=PICTURE, alt2="Fincan"),
    Block(Kind.DIVIDER), Block(Kind.SPACER, size="small"),
    Block(Kind.BUTTON, label="Gelin", href="https://liman.ornek.com.tr/k")), Colour.BROWN)


def mail(design: Design) -> Content:
    return Content(Channel.EPOSTA, subject="Haberler", html=mjml(design), design=design)


def found(design: Design) -> dict[str, str]:
    return {one.code: one.field for one in judge(mail(design), today=TODAY)}


def html(text: str) -> str:
    return mailbuild.built(mjml(Design((Block(Kind.TEXT, text),)))).html


def test_every_kind_of_block_arrives_and_nothing_is_cleaned_away() -> None:
    box = mailbuild.built(mjml(WHOLE))
    assert box.dropped == ()
    assert not box.light
    assert all(one in box.html for one in (
        ">Yeni hasat</h1>", "<b>Yemen</b>", "mj-column-per-50", PICTURE, "Çekirdek", "Gelin"))
    assert box.text.index("Sol") < box.text.index("Sağ") < box.text.index("Gelin")
    assert found(WHOLE) == {}


def test_marks_of_a_paragraph_are_bold_slanted_links_and_lists() -> None:
    said = html("**kalın *ve eğik***, *eğik*, [söz](https://a.com/{ad})\n\n- bir\n- iki")
    assert "<b>kalın <i>ve eğik</i></b>, <i>eğik</i>" in said
    assert 'href="https://a.com/{ad}"' in said
    assert "<li>bir</li><li>iki</li></ul>" in said


@pytest.mark.parametrize("text", [
    "2 * 3 * 4", "[söz](javascript:alert(1))", "[söz](//a.com)", "<b>kalın</b>",
    "</mj-text><mj-raw><script>x</script></mj-raw>", "a * b ** c", "[ürün] (yeni)"])
def test_other_signs_are_themselves(text: str) -> None:
    box = mailbuild.built(mjml(Design((Block(Kind.TEXT, text),))))
    assert box.text == text
    assert "<script" not in box.html
    assert "<a " not in box.html


def test_addresses_and_words_arrive_with_every_sign_they_have() -> None:
    box = mailbuild.built(mjml(Design((
        Block(Kind.BUTTON, label='A & B "q"', href="https://a.com/?a=1&b=2"),
        Block(Kind.IMAGE, src=f"{PICTURE}?a=1&b='2'", alt='Fincan & "kaşık" <yeni>')))))
    assert 'href="https://a.com/?a=1&amp;b=2"' in box.html
    assert f'src="{PICTURE}?a=1&amp;b=&#x27;2&#x27;"' in box.html
    assert 'alt="Fincan &amp; ”kaşık” (yeni)"' in box.html
    assert 'A & B "q" (https://a.com/?a=1&b=2)' in box.text


_WORDS = st.text(alphabet="ab*[]()<>&\"'{}|/-: \n", max_size=60)


@given(st.builds(Block, st.sampled_from(Kind), *[_WORDS] * 5), st.sampled_from(Colour))
def test_nothing_typed_into_a_block_leaves_its_place(block: Block, colour: Colour) -> None:
    """Whatever stands in a block, the mail can be read as MJML and ends as every other one."""
    source = mjml(Design((block, Block(Kind.TEXT, "SON")), colour))
    box = mailbuild.built(source)
    assert box.dropped == ()
    assert box.html.count("SON") == 1
    assert box.html.count("<div") == box.html.count("</div>")
    assert "<script" not in box.html


@given(st.lists(st.builds(Block, st.sampled_from(Kind), *[st.text(max_size=20)] * 10), max_size=5))
def test_a_design_is_read_as_it_was_kept(blocks: list[Block]) -> None:
    once = designs.read(designs.kept(Design(tuple(blocks))))
    assert once is not None
    assert designs.read(designs.kept(once)) == once
    assert [one.kind for one in once.blocks] == [one.kind for one in blocks]


@pytest.mark.parametrize("said", [
    None, [], {}, {"blocks": 1}, {"blocks": [None, 1, {"kind": "script"}, {"kind": []}]},
    {"blocks": [], "colour": {}}])
def test_what_is_no_design_is_none_or_an_empty_one(said: Any) -> None:
    assert (designs.read(said) or Design()).blocks == ()


def test_blocks_are_added_moved_and_dropped_and_nothing_else_happens() -> None:
    two = Design((Block(Kind.TEXT, "a"), Block(Kind.TEXT, "b")))

    def words(wish: str) -> tuple[str, int]:
        made, place = designs.changed(two, wish)
        return "".join(one.text or "-" for one in made.blocks), place

    assert [words(one) for one in ("up:2", "down:1", "drop:1", "add:divider")] == [
        ("ba", 1), ("ba", 2), ("b", 1), ("ab-", 3)]
    assert [words(one)[0] for one in ("up:1", "down:2", "drop:9", "add:x", "up:²", "", "up:")] == [
        "ab"] * 7
    full = Design((Block(Kind.DIVIDER),) * designs.MOST_BLOCKS)
    assert designs.changed(full, "add:text")[0] is full


def test_a_form_holds_at_most_so_many_blocks_and_only_what_they_ask() -> None:
    form = {f"b{n}.kind": "heading" for n in range(1, 100)} | {"b1.text": "A", "b1.src": PICTURE}
    made = designs.typed(form | {"colour": "red"})
    assert len(made.blocks) == designs.MOST_BLOCKS
    assert made.blocks[0] == Block(Kind.HEADING, "A")
    assert made.colour is Colour.RED


@pytest.mark.parametrize(("block", "code"), [
    (Block(Kind.IMAGE), "picture_address"),
    (Block(Kind.IMAGE, src="http://a.com/x.png", alt="x"), "picture_address"),
    (Block(Kind.IMAGE, src="https://a.com/{ad}.png", alt="x"), "picture_address"),
    (Block(Kind.COLUMNS, src2="https://a.com/{ad}.png", alt2="x"), "picture_address"),
    (Block(Kind.BUTTON, label="Gelin"), "button"),
    (Block(Kind.BUTTON, href="https://a.com"), "button"),
    (Block(Kind.BUTTON, label="Gelin", href="www.a.com"), "address"),
    (Block(Kind.BUTTON, label="Gelin", href="javascript:x"), "address")])
def test_a_block_that_cannot_stand_keeps_the_mail_from_being_published(
    block: Block, code: str
) -> None:
    remarks = judge(mail(Design((Block(Kind.TEXT, "a"), block))), today=TODAY)
    assert [(one.field, one.level) for one in remarks if one.code == code] == [
        ("design.2", "error")]


def test_pictures_without_words_are_told_and_stop_nothing() -> None:
    assert found(Design((Block(Kind.IMAGE, src=PICTURE),))) == {
        "picture_words": "design.1", "pictures_only": "html"}


def test_the_law_reads_the_words_of_the_blocks() -> None:
    """R-03, R-27."""
    design = Design((Block(Kind.BUTTON, label="%20 indirimi al", href="https://a.com"),))
    assert {"terms", "ends"} <= set(found(design))


def test_a_mail_that_gmail_would_clip_is_told_since_the_refusal_stands_below() -> None:
    """R-28."""
    text = "\n\n".join("kahve " * 160 for _ in range(4))[:4000]
    long = Design((Block(Kind.TEXT, text),) * 30)
    assert len(mjml(long).encode()) > CLIPPED_AT
    assert found(long) == {"clipped": "html"}


def test_the_hash_is_over_the_words_and_not_over_the_blocks() -> None:
    """ADR 0054: the same words are published once, whatever they were made of."""
    content = mail(WHOLE)
    assert hashed(content) == hashed(replace(content, design=None))
    assert read(Channel.EPOSTA, drafted(content)) == content
    assert read(Channel.EPOSTA, kept(content)).design is None
    assert read(Channel.MESAJ, drafted(content)).design is None


def test_what_is_published_of_blocks_is_what_stood_there(place: Any) -> None:
    number = lifecycle.create(place.provider_id, place.brand_id, Channel.EPOSTA, "Bülten",
                              user_id=1, draft=mail(WHOLE))
    version = lifecycle.content(lifecycle.publish(number, 0, user_id=1))
    assert version.html == mjml(WHOLE)
    assert version.design is None
    assert "Yeni hasat" in version.body
