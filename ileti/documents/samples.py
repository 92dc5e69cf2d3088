"""A starter set of Turkish texts for common cases, so that nobody begins before an empty page.

Each is marked as a sample in its first line, and the linter refuses to publish that line: a lawyer
reads the text, fills in what stands in square brackets and takes the line out. They are our own
wording after R-09 to R-22 and R-57 to R-62, and no legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MARK: Final = ("ÖRNEK METİN: Yayına almadan önce bir hukukçu denetlesin; köşeli ayraçlı yerleri "
               "doldurup bu satırı silin.")


@dataclass(frozen=True)
class Sample:
    """A sample for one kind; ``channel`` is İYS's word where the kind has one."""

    key: str
    kind: str
    tr: str
    en: str
    title: str
    text: str
    channel: str | None = None

    @property
    def body(self) -> str:
        """The text with its mark."""
        return f"{MARK}\n\n{self.text}"

    def say(self, language: str) -> str:
        """What it is for, in ``tr`` or ``en``."""
        return self.en if language == "en" else self.tr


_WHO: Final = "## Veri sorumlusu\n\n{unvan}, MERSİS {mersis}, {adres}, KEP {kep}."
_RIGHTS: Final = ("## Haklarınız\n\n6698 sayılı Kanun’un 11. maddesindeki haklarınızı şu yollarla "
                  "kullanabilirsiniz: {basvuru}. Başvurunuzu en geç 30 günde, ücretsiz "
                  "yanıtlarız.")


def _notice(*sections: str) -> str:
    return "\n\n".join((_WHO, *sections, _RIGHTS))


SAMPLES: Final[tuple[Sample, ...]] = (
    Sample("uyelik", "AYDINLATMA", "Üyelik ve alışveriş", "Membership and purchase",
           "Üyelik aydınlatma metni", _notice(
               "## İşlediğimiz veriler, amaçlar ve hukuki sebepler\n\nAdınızı, soyadınızı, telefon "
               "numaranızı, e-posta ve teslimat adresinizi üyeliğinizi kurmak, siparişinizi "
               "hazırlamak ve ulaştırmak için işleriz. Hukuki sebep: sözleşmenin kurulması ve "
               "ifası (m. 5/2-c).\n\nFatura bilgilerinizi vergi mevzuatının yüklediği kayıt "
               "ödevi için işleriz. Hukuki sebep: hukuki yükümlülük (m. 5/2-ç).\n\nİşlem "
               "kayıtlarınızı bir uyuşmazlıkta hakkımızı kanıtlamak için saklarız. Hukuki sebep: "
               "bir hakkın tesisi, kullanılması veya korunması (m. 5/2-e).",
               "## Kimlere, neden aktarırız\n\nTeslimat bilgilerinizi siparişi taşıyan [kargo "
               "şirketinin unvanı]’na; ödeme bilginizi ödemeyi alan [ödeme kuruluşunun unvanı]’na; "
               "kanunun istediği hâllerde yetkili kamu kurumlarına aktarırız.",
               "## Nasıl topluyoruz\n\nÜyelik ve sipariş formunu doldurduğunuzda, elektronik yolla "
               "ve otomatik olarak.",
               "## Ne kadar saklıyoruz\n\nÜyelik bilgilerinizi üyeliğiniz sürdükçe, sipariş ve "
               "fatura kayıtlarını 10 yıl saklarız.")),
    Sample("iletisim", "AYDINLATMA", "İletişim formu", "Contact form",
           "İletişim formu aydınlatma metni", _notice(
               "## İşlediğimiz veriler, amaç ve hukuki sebep\n\nAdınızı, e-posta adresinizi ve "
               "mesajınızı sorunuzu yanıtlamak için işleriz. Hukuki sebep: temel haklarınıza zarar "
               "vermemek kaydıyla meşru menfaat (m. 5/2-f).",
               "## Kimlere aktarırız\n\nKimseye aktarmayız.",
               "## Nasıl topluyoruz\n\nİletişim formunu doldurduğunuzda, elektronik yolla.",
               "## Ne kadar saklıyoruz\n\nYazışmayı [süre] saklar, sonra sileriz.")),
    Sample("cagri", "AYDINLATMA", "Çağrı merkezi", "Call centre",
           "Çağrı merkezi aydınlatma metni", _notice(
               "## İşlediğimiz veriler, amaçlar ve hukuki sebepler\n\nTelefon numaranızı, adınızı "
               "ve ses kaydınızı talebinizi karşılamak ve söylediklerinizi kanıtlayabilmek için "
               "işleriz. Hukuki sebep: sözleşmenin kurulması ve ifası (m. 5/2-c); bir hakkın "
               "tesisi, kullanılması veya korunması (m. 5/2-e).",
               "## Kimlere, neden aktarırız\n\nÇağrıları bizim adımıza yanıtlayan [çağrı merkezi "
               "şirketinin unvanı]’na aktarırız.",
               "## Nasıl topluyoruz\n\nGörüşme sırasında, sözlü olarak ve ses kaydıyla alırız.",
               "## Ne kadar saklıyoruz\n\nSes kaydını [süre] saklarız.")),
    Sample("sms", "ETK_ONAYI", "Kısa mesaj onayı", "Consent to text messages",
           "Ticari elektronik ileti", "{unvan} tarafından gönderilecek ürün ve kampanya "
           "tanıtımlarını,\n\n**kısa mesajla** almayı kabul ediyorum. Dilediğim an, ücretsiz "
           "vazgeçebilirim.", "MESAJ"),
    Sample("arama", "ETK_ONAYI", "Arama onayı", "Consent to calls", "Ticari elektronik ileti",
           "{unvan} tarafından yapılacak ürün ve kampanya tanıtımlarını,\n\n**telefonla "
           "aranarak** almayı kabul ediyorum. Dilediğim an, ücretsiz vazgeçebilirim.", "ARAMA"),
    Sample("eposta", "ETK_ONAYI", "E-posta onayı", "Consent to e-mails",
           "Ticari elektronik ileti", "{unvan} tarafından gönderilecek ürün ve kampanya "
           "tanıtımlarını,\n\n**e-postayla** almayı kabul ediyorum. Dilediğim an, ücretsiz "
           "vazgeçebilirim.", "EPOSTA"),
    Sample("profil", "ACIK_RIZA", "Kişiye özel öneri", "Personal offers",
           "Kişiye özel öneri için açık rıza", "{unvan} tarafından alışveriş geçmişimin, ilgimi "
           "çekebilecek ürünleri seçip bana önermek amacıyla işlenmesine açık rıza veriyorum.\n\n"
           "Rıza vermeden de alışveriş yapabilirim. Rızamı dilediğim an, tek tıkla geri "
           "alabilirim; geri alınca bu amaçla işleme durur."),
    Sample("fotograf", "ACIK_RIZA", "Fotoğrafın yayımlanması", "Publishing a photo",
           "Fotoğraf yayımlama için açık rıza", "{unvan} tarafından [etkinlik] sırasında çekilen "
           "fotoğrafımın [yayın yeri] sayfasında, etkinliği tanıtmak amacıyla yayımlanmasına açık "
           "rıza veriyorum.\n\nRıza vermeden de etkinliğe katılabilirim. Rızamı dilediğim an geri "
           "alabilirim; fotoğraf kaldırılır."),
    Sample("aktarim", "YURT_DISI", "Arızi aktarım", "Occasional transfer abroad",
           "Yurt dışına aktarım rızası", "{unvan} tarafından adımın ve e-posta adresimin, [tek "
           "seferlik iş] amacıyla [ülke]’deki [alıcının unvanı]’na, yurt dışına aktarılmasına açık "
           "rıza veriyorum. Bu ülkede yeterli koruma bulunmayabileceği bana söylendi.\n\nRızamı "
           "dilediğim an geri alabilirim."),
    Sample("konusma", "CAGRI_METNI", "Onay sorusu", "Asking for consent in a call",
           "Onay sorma metni", "İyi günler, ben [adınız], {unvan} adına konuşuyorum. Görüşmemiz "
           "kaydedilir; aydınlatma metnimizi [adres] sayfasında bulursunuz.\n\nÜrün ve "
           "kampanyalarımızı size kısa mesajla duyurmamızı ister misiniz? Evet ya da hayır "
           "diyebilirsiniz; hayır derseniz hizmetimiz değişmez.\n\nTeşekkür ederim. Fikrinizi "
           "dilediğiniz an değiştirebilirsiniz."),
    Sample("cerez", "CEREZ", "İnternet sitesi çerezleri", "Cookies of a website", "Çerez metni",
           "{unvan} bu sitede iki tür çerez kullanır.\n\n## Zorunlu çerezler\n\nSepet ve oturum "
           "için gerekir; bunlar olmadan site çalışmaz. Süre: oturum boyunca.\n\n## Analitik "
           "çerezler\n\nHangi sayfaların okunduğunu saymak için, yalnız siz seçerseniz "
           "kullanılır. Süre: [süre].\n\nSeçiminizi sayfanın altındaki “Çerez ayarları” "
           "bağlantısından değiştirebilir, analitik çerezleri reddedebilirsiniz."),
    Sample("cerez-zorunlu", "CEREZ", "Yalnız zorunlu çerezler", "Necessary cookies alone",
           "Çerez metni", "{unvan} bu sitede yalnız zorunlu çerezleri kullanır; sizi izleyen, "
           "reklam ya da ölçüm için konan çerez yoktur.\n\n## Hangi çerez, ne için\n\nOturum "
           "çerezi, giriş yaptığınızı ve sepetinizi hatırlar. Süre: oturum boyunca.\n\nBu çerez "
           "olmadan site çalışmaz, bu yüzden seçiminize sunulmaz. Tarayıcınızın ayarlarından "
           "silebilir ya da engelleyebilirsiniz."),
    Sample("cerez-pazarlama", "CEREZ", "Reklam ve ölçüm çerezleri", "Advertising and analytics",
           "Çerez metni", "{unvan} bu sitede üç tür çerez kullanır. Zorunlu olmayanlar, siz "
           "seçmeden konmaz.\n\n## Zorunlu çerezler\n\nSepet ve oturum için gerekir. Süre: "
           "oturum boyunca.\n\n## Analitik çerezler\n\nHangi sayfaların okunduğunu sayarız; "
           "verileri [ölçüm şirketinin unvanı] bizim adımıza işler. Süre: [süre].\n\n## Reklam "
           "çerezleri\n\nBaşka sitelerde ilginizi çekebilecek reklamları [reklam şirketinin "
           "unvanı] gösterir. Süre: [süre].\n\n## Seçiminiz\n\nİlk gelişinizde “Tümünü kabul "
           "et”, “Tümünü reddet” ve “Seç” yan yana durur; reddetseniz de siteyi kullanırsınız. "
           "Seçiminizi sayfanın altındaki “Çerez ayarları” bağlantısından dilediğiniz an "
           "değiştirebilirsiniz."),
)


def samples_for(kind: str, channel: str | None) -> list[Sample]:
    """The samples of a kind; of a commercial consent those of its channel."""
    return [one for one in SAMPLES if one.kind == kind and one.channel in (None, channel)]
