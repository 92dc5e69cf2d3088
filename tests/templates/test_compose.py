"""A message as it goes out: golden files, and what an author cannot do to the blocks of the law."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.channels.segments import count
from ileti.consents.vocabulary import Channel
from ileti.templates import mailbuild
from ileti.templates.blocks import CannotCompose, Refusal, Sender
from ileti.templates.compose import REFUSE, compose
from ileti.templates.design import Block, Colour, Design, Kind
from ileti.templates.designmjml import mjml
from ileti.templates.mailclean import clean
from ileti.templates.mailcss import BOX, parted
from ileti.templates.vocabulary import MessageClass, Trade
from ileti.templates.written import Content

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "messages"
SENDER = Sender("Liman Kahve Gıda A.Ş.", Trade.TACIR, "0123456789012345", "0850 000 00 00",
                "Liman Kahve")
REFUSAL = Refusal("3338", "RET", "9", f"{{{REFUSE}}}")
LINK = "https://ileti.ornek.com.tr/r/jeton?a=1&b=2"
PERSON = {"ad": "Ayşe Nur", "soyad": "O'Neill & <Kızı>", "alan.sehir": "İzmir", REFUSE: LINK}
MJML = """<mjml><mj-head><mj-style>.k { color: #7a3e12 } @media (prefers-color-scheme: dark) {
 .k { color: #e9a56b } div { display: none } }</mj-style></mj-head><mj-body>
<mj-section><mj-column><mj-text css-class="k">Sayın {ad|değerli müşterimiz} {soyad},</mj-text>
<mj-image src="https://liman.ornek.com.tr/cekirdek.png" alt="Çekirdek" />
<mj-button href="https://liman.ornek.com.tr/k?k={ad}">İncele</mj-button></mj-column>
<mj-column><mj-text>{alan.sehir|Size yakın} mağazamızda %20 indirim.</mj-text></mj-column>
</mj-section></mj-body></mjml>"""
BLOCKS = Design((
    Block(Kind.HEADING, "Yeni hasat geldi"),
    Block(Kind.TEXT, "Sayın {ad|değerli müşterimiz},\n\n**Yemen** ve *Etiyopya* çekirdekleri "
          "raflarda; [tadım günlerimiz](https://liman.ornek.com.tr/tadim) için sizi bekliyoruz."
          "\n\n- Taze kavrulmuş\n- Küçük paketlerde"),
    Block(Kind.IMAGE, src="https://liman.ornek.com.tr/cekirdek.png", alt="Kavrulmuş çekirdekler",
          href="https://liman.ornek.com.tr"),
    Block(Kind.COLUMNS, "**Yemen**\nÇikolata ve kuru meyve.", label="İncele",
          href="https://liman.ornek.com.tr/yemen", text2="**Etiyopya**\nYasemin ve limon.",
          label2="İncele", href2="https://liman.ornek.com.tr/etiyopya"),
    Block(Kind.DIVIDER), Block(Kind.HEADING, "Şubelerimiz"),
    Block(Kind.TEXT, "Alsancak, Moda & Konak <yakında>"), Block(Kind.SPACER, size="small"),
    Block(Kind.BUTTON, label="Yol tarifi", href="https://liman.ornek.com.tr/k?k={ad}"),
), Colour.BROWN)
MESSAGES = {
    "bulten.blok": Content(Channel.EPOSTA, subject="Kampanya: yeni hasat", html=mjml(BLOCKS),
                           preheader="Tadım günlerine bekleriz", design=BLOCKS),
    "kampanya.sms": Content(
        Channel.MESAJ, body="Sayın {ad|müşterimiz}, {alan.sehir} mağazamızda %20 indirim.",
        terms="https://liman.ornek.com.tr/k", ends=date(2026, 12, 31)),
    "teslimat.sms": Content(Channel.MESAJ, MessageClass.PURCHASE_AND_DELIVERY,
                            body="Sayın {ad}, siparişiniz yolda."),
    "tanitim.arama": Content(Channel.ARAMA, body="Merhaba {ad}, yeni şubemiz açıldı."),
    "kampanya.mjml": Content(Channel.EPOSTA, subject="{ad}, hafta sonu sizin",
                             preheader="Yalnız bu hafta", html=MJML,
                             terms="https://liman.ornek.com.tr/k", ends=date(2026, 12, 31)),
    "bulten.duz": Content(Channel.EPOSTA, subject="Kampanya: yeni hasat", html=(
        "<style>h1{color:#7a3e12}</style><h1>Yeni hasat</h1><p>Sayın {ad},</p><ul><li>Yemen</li>"
        "<li>Etiyopya</li></ul><p><a href='https://liman.ornek.com.tr'>Gelin</a></p>")),
    "fatura.bildirim": Content(Channel.EPOSTA, MessageClass.COLLECTION, subject="Faturanız",
                               body="Sayın {ad}, faturanız ektedir."),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_reads_as_its_golden_file(name: str) -> None:
    """The golden files in tests/golden/messages are the rendering; change both together."""
    said = compose(MESSAGES[name], SENDER, REFUSAL).fill(PERSON)
    text = f"{said.subject}\n\n{said.body}" if said.subject else said.body
    assert f"{text.strip()}\n" == (GOLDEN / f"{name}.txt").read_text()
    if said.html:
        assert said.html == (GOLDEN / f"{name}.html").read_text()


def test_every_commercial_message_says_who_sends_it_and_how_to_refuse() -> None:
    """R-24 to R-29, with a link of the person's own."""
    for name in ("kampanya.mjml", "bulten.duz"):
        said = compose(MESSAGES[name], SENDER, REFUSAL).fill(PERSON)
        assert LINK in said.body
        assert f'href="{LINK.replace("&", "&amp;")}"' in said.html
        assert all(SENDER.identity in one and SENDER.contact in one
                   for one in (said.body, said.html))
        assert said.subject.startswith("Kampanya: ")


def test_no_name_pushes_the_word_of_its_nature_away() -> None:
    """R-26: in the first twenty letters, whoever gets it."""
    for body in ("{ad} kampanya var", "{ad|kampanya} geldi"):
        said = compose(Content(Channel.MESAJ, body=body), SENDER, REFUSAL)
        assert said.fill({"ad": "Muhammed Abdurrahman"}).body.startswith("Kampanya: Muhammed")
    mail = Content(Channel.EPOSTA, subject="{ad}, hafta sonu indirimi", body="x")
    assert compose(mail, SENDER, REFUSAL).fill(PERSON).subject == "Ayşe Nur, hafta sonu indirimi"
    one = compose(Content(Channel.MESAJ, body="Firsat: {ad}"), SENDER, REFUSAL)
    assert one.fill({"ad": "Ali"}).body.startswith("Firsat: Ali")


def test_an_exempt_message_has_no_prefix_and_no_refusal() -> None:
    assert compose(MESSAGES["teslimat.sms"], SENDER, REFUSAL).fill(PERSON).body == (
        "Sayın Ayşe Nur, siparişiniz yolda.")
    said = compose(MESSAGES["fatura.bildirim"], SENDER, REFUSAL)
    assert REFUSE not in said.fields
    assert SENDER.title in said.fill(PERSON).body


def test_without_the_record_no_commercial_message_is_made() -> None:
    with pytest.raises(CannotCompose):
        compose(MESSAGES["kampanya.sms"], replace(SENDER, identity=""), REFUSAL)


def test_braces_in_the_record_are_no_fields() -> None:
    said = compose(MESSAGES["bulten.duz"], replace(SENDER, contact="{ad}"), REFUSAL)
    assert "\n{ad}\n" in said.fill(PERSON).body
    assert ">{ad}</p>" in said.fill(PERSON).html


def test_the_segments_of_a_whole_sms_are_counted() -> None:
    said = compose(MESSAGES["kampanya.sms"], SENDER, REFUSAL).fill(PERSON)
    assert count(said.body).number == 2
    assert "ş" in count(said.body).forced_by


def test_the_record_costs_no_segment_in_a_text_of_plain_letters() -> None:
    said = compose(Content(Channel.MESAJ, body="Yeni hasat geldi."), SENDER, REFUSAL).fill({})
    assert "Liman Kahve Gida A.S." in said.body
    assert count(said.body).encoding == "GSM-7"


class _Page(HTMLParser):
    """What stands at which depth, with the styles around it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.path: list[tuple[str, dict[str, str | None]]] = []
        self.scripts = 0
        self.tracks: list[list[tuple[str, dict[str, str | None]]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.scripts += tag in ("script", "iframe", "object", "form", "input", "svg", "base")
        self.scripts += any(name.startswith("on") for name in given)
        if tag in ("meta", "img", "br", "hr", "col", "wbr"):
            return
        self.path.append((tag, given))
        if given.get("class") == "ileti-kunye":
            self.tracks.append(list(self.path))

    def handle_endtag(self, tag: str) -> None:
        if self.path and self.path[-1][0] == tag:
            self.path.pop()
        else:
            self.path.append(("?", {}))  # unbalanced: nothing is at its place any more


EVIL = ("</div>", "</body></html>", "<!--", "-->", "<style>*{display:none}", "</style>", "<table>",
        "<td>", "<div style='display:none'>", "<div style='position:fixed;top:0'>", "<textarea>",
        "<plaintext>", "<svg><style>", "<b>", "<a href=x>", "<select>", "<title>", "<noscript>",
        "<!--[if mso]><td><![endif]-->", "<template>", "<p", "'", '"', "<a href=\"javascript:x\">",
        "<script>", "<img src=x onerror=y>", "<form>", "x", "<![CDATA[", "&lt;", "<math><mi>", "\0",
        "<style>@media all{.ileti-kunye{display:none}}</style>", "<iframe srcdoc='",
        "<base href=x>")


@given(st.lists(st.sampled_from(EVIL) | st.text(max_size=8), max_size=12))
def test_nothing_an_author_writes_reaches_the_blocks(parts: list[str]) -> None:
    html = "".join(parts).replace("{", "{{").replace("}", "}}")
    mail = Content(Channel.EPOSTA, subject="x", body="x", html=html or "x")
    made = compose(mail, SENDER, REFUSAL)
    page = _Page(made.fill(PERSON).html)
    assert page.scripts == 0
    (track,) = page.tracks
    assert [tag for tag, _given in track] == ["html", "body", "div"]
    assert "display:block !important" in (track[-1][1]["style"] or "")
    assert not page.path


@given(st.text(alphabet="ab.{}:;@media()*,>~/\\\"'<#!- 0px", max_size=120))
def test_no_rule_of_the_author_leaves_the_box(css: str) -> None:
    media = parted(f"@media all{{{css}}}{css}").media
    for rule in media.replace("@media all{", "").split("}"):
        head, brace, _block = rule.partition("{")
        assert not brace or all(one.startswith(f".{BOX}") for one in head.split(","))
    assert "<" not in media


@pytest.mark.parametrize("picture", [
    '<img src="https://a.com/p.gif" width="1" height="1">',
    '<img src="https://a.com/p.gif" style="height:0px">',
    '<img src="https://a.com/p.gif" style="display: none">', '<img src="http://a.com/p.gif">',
    '<img src="javascript:x">', '<img src="https://a.com/{ad}.gif">'])
def test_a_picture_counts_nobody(picture: str) -> None:
    assert "<img" not in clean(picture).html
    assert clean(picture).dropped


def test_what_a_designer_makes_stays() -> None:
    html = '<table width="600"><tr><td style="padding:10px" align="left"><b>x</b></td></tr></table>'
    assert clean(html).html == html
    assert clean('<img src="https://a.com/p.png" width="200" alt="Ş">').html == (
        '<img src="https://a.com/p.png" width="200" alt="Ş">')


def test_cleaning_twice_changes_nothing() -> None:
    once = mailbuild.built(MJML).html
    assert clean(once).html == once


def test_mjml_brings_in_no_file() -> None:
    with pytest.raises(mailbuild.BadMarkup):
        mailbuild.built('<mjml><mj-body><mj-include path="/etc/passwd" /></mj-body></mjml>')
    with pytest.raises(mailbuild.BadMarkup):
        mailbuild.built("<mjml><mj-body>")
