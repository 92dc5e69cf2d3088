"""Beginnings for common messages, so that nobody starts before an empty page.

Each is marked as a sample until somebody writes it over; what stands in square brackets is for the
writer to fill in. Our own wording after R-01 to R-04 and R-17 to R-29, and no legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ileti.consents.vocabulary import Channel
from ileti.templates.design import Block, Design, Kind
from ileti.templates.designmjml import mjml
from ileti.templates.vocabulary import MessageClass, Occasion
from ileti.templates.written import Content


@dataclass(frozen=True)
class Sample:
    """A sample: what it is for, and its content."""

    key: str
    tr: str
    en: str
    content: Content

    def say(self, language: str) -> str:
        """What it is for, in ``tr`` or ``en``."""
        return self.en if language == "en" else self.tr


_NEWS: Final = """<mjml>
  <mj-head>
    <mj-attributes>
      <mj-all font-family="system-ui, 'Segoe UI', Roboto, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="24px" color="#171a21" />
      <mj-button background-color="#1d4c9c" font-size="16px" border-radius="6px" />
    </mj-attributes>
    <mj-style>
      @media (prefers-color-scheme: dark) {
        .zemin { background: #161a20 !important; background-color: #161a20 !important; }
        .zemin table { background: #161a20 !important; }
        .yazi div { color: #e9ebee !important; }
      }
    </mj-style>
  </mj-head>
  <mj-body>
    <mj-section css-class="zemin" background-color="#ffffff">
      <mj-column>
        <mj-text css-class="yazi" font-size="24px" line-height="30px">[Başlık]</mj-text>
        <mj-text css-class="yazi">Sayın {ad|değerli müşterimiz},</mj-text>
        <mj-text css-class="yazi">[Bu ayın haberleri burada.]</mj-text>
        <mj-button href="https://www.ornek.com.tr/haberler">Devamını okuyun</mj-button>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>"""

_BLOCKS: Final = Design((
    Block(Kind.HEADING, "[Başlık]"),
    Block(Kind.TEXT, "Sayın {ad|değerli müşterimiz},\n\n[Bu ayın haberleri burada.]"),
    Block(Kind.COLUMNS, "**[Birinci haber]**\n[Kısaca ne oldu.]",
          text2="**[İkinci haber]**\n[Kısaca ne oldu.]"),
    Block(Kind.BUTTON, label="Devamını okuyun", href="https://www.ornek.com.tr/haberler"),
))

SAMPLES: Final[tuple[Sample, ...]] = (
    Sample("kampanya-sms", "Kampanya duyurusu", "Announcement of a campaign", Content(
        Channel.MESAJ, body="Sayin {ad|musterimiz}, [urun] [gun.ay.yil] gunune dek %20 indirimli.",
        tags=("kampanya",))),
    Sample("siparis-sms", "Sipariş yola çıktı", "Order on its way", Content(
        Channel.MESAJ, MessageClass.PURCHASE_AND_DELIVERY,
        reason="Verilmiş bir siparişin teslimatını bildirir.",
        body="Sayin {ad|musterimiz}, siparisiniz kargoya verildi. Bugun 14:00-18:00 arasinda "
             "teslim edilecek.")),
    Sample("odeme-sms", "Ödeme hatırlatma", "Reminder of a payment", Content(
        Channel.MESAJ, MessageClass.COLLECTION,
        reason="Süren aboneliğin fatura borcunu hatırlatır.",
        body="Sayin {ad|musterimiz}, [ay] faturanizin son odeme gunu [gun.ay.yil].")),
    Sample("bakim-sms", "Bakım günü", "Date of maintenance", Content(
        Channel.MESAJ, MessageClass.USE_AND_MAINTENANCE, reference="[sözleşme ya da ürün]",
        reason="Satılmış cihazın bakım gününü bildirir.",
        body="Sayin {ad|musterimiz}, cihazinizin yillik bakim gunu geldi. Randevu icin "
             "[telefon].")),
    Sample("kutlama-sms", "Bayram kutlaması", "Greeting for a holiday", Content(
        Channel.MESAJ, occasion=Occasion.GREETING,
        body="Sayin {ad|musterimiz}, bayraminizi kutlar, saglik ve mutluluk dileriz.")),
    Sample("bulten-blok", "Aylık bülten (bloklar)", "Monthly newsletter (blocks)", Content(
        Channel.EPOSTA, subject="[Konu]", preheader="[Konu satırının yanında görünen kısa söz]",
        html=mjml(_BLOCKS), design=_BLOCKS, tags=("bülten",))),
    Sample("bulten-eposta", "Aylık bülten (MJML)", "Monthly newsletter (MJML)", Content(
        Channel.EPOSTA, subject="[Konu]", preheader="[Konu satırının yanında görünen kısa söz]",
        html=_NEWS, tags=("bülten",))),
    Sample("fatura-eposta", "Fatura bildirimi", "Notice of an invoice", Content(
        Channel.EPOSTA, MessageClass.PURCHASE_AND_DELIVERY, subject="Faturanız hazır",
        reason="Verilmiş bir siparişin faturasını bildirir.",
        html="<p>Sayın {ad|müşterimiz},</p>\n<p>[gün.ay.yıl] tarihli siparişinizin faturası "
             "hazır.</p>")),
    Sample("anket-arama", "Memnuniyet anketi", "Satisfaction survey", Content(
        Channel.ARAMA, occasion=Occasion.SURVEY,
        body="Merhaba {ad|efendim}, [hizmet] hakkında iki sorumuz var. Uygun musunuz?")),
)
BY_KEY: Final = {one.key: one for one in SAMPLES}
