"""Texts as one meets them, good and bad, with what the linter must say about each.

All firms are invented. ``must``: codes that have to be found; ``quiet``: codes that must not. A
text without ``must`` errors has to be free of errors. ``marks``: the words of the text each finding
with a place points at, by code.
"""

from __future__ import annotations

from dataclasses import dataclass, field

FIRM = "Defne Ev Tekstili San. ve Tic. A.Ş."
NOTICE, ETK, CONSENT = "AYDINLATMA", "ETK_ONAYI", "ACIK_RIZA"
ABROAD, SCRIPT, COOKIES = "YURT_DISI", "CAGRI_METNI", "CEREZ"


@dataclass(frozen=True)
class Golden:
    name: str
    kind: str
    body: str
    must: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    channel: str | None = None
    language: str = "tr"
    title: str = "Metin"
    grounds: tuple[str, ...] = ("RIZA",)
    in_contract: bool = False
    marks: dict[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()


WHOLE = f"""## Veri sorumlusu

{FIRM}, MERSİS 0291045678900017, Kemalpaşa Mah. 7408 Sok. No: 12 Bornova/İzmir.

## İşlediğimiz veriler ve amaçlar

Adınızı, telefon numaranızı ve e-posta adresinizi üyeliğinizi kurmak ve siparişinizi ulaştırmak \
için işleriz (sözleşmenin kurulması ve ifası, m. 5/2-c).

## Kimlere aktarırız

Adresinizi siparişi taşıyan kargo şirketine aktarırız.

## Yöntem

Verilerinizi üyelik formuyla elektronik ortamda toplarız.

## Haklarınız

KVKK’nın 11. maddesindeki haklarınız için kvkk@defneev.ornek.test adresine yazabilirsiniz. \
Verilerinizi 10 yıl saklarız."""
RIZA = (f"{FIRM} tarafından alışveriş geçmişimin bana özel öneri hazırlanması amacıyla işlenmesine "
        "açık rıza veriyorum. Rızamı dilediğim an geri alabilirim.")
GIDER = (f"{FIRM} tarafından adımın ve e-posta adresimin, bülten gönderen Example Inc. şirketine "
         "Almanya’ya, yurt dışına aktarılmasına açık rıza veriyorum. Rızamı geri alabilirim.")


def box(words: str, *, intro: str = f"{FIRM} tarafından gönderilecek tanıtımları,") -> str:
    return f"{intro}\n\n{words}"


SMS = "**kısa mesajla** almayı kabul ediyorum."
CALL = (f"İyi günler, {FIRM} adına arıyorum; görüşmemiz kaydedilir. Aydınlatma metnimiz "
        "defneev.ornek.test adresindedir. Kampanyalarımızı telefonla aranarak öğrenmek ister "
        "misiniz? Evet ya da hayır diyebilirsiniz.")
COOKIE = (f"{FIRM} bu sitede zorunlu ve analitik çerezler kullanır. Analitik olanlar 90 gün kalır. "
          "Analitik çerezleri ayarlardan reddedebilirsiniz.")

TEXTS: tuple[Golden, ...] = (
    # -- notices
    Golden("whole notice", NOTICE, WHOLE, quiet=("vague_recipient", "no_period", "data_missing")),
    Golden("notice in capitals", NOTICE, WHOLE.replace("için işleriz", "İÇİN İŞLERİZ")),
    Golden("read and accepted", NOTICE, WHOLE + "\n\nOkudum ve kabul ediyorum.",
           ("acceptance",), marks={"acceptance": "Okudum ve kabul ediyorum."}),
    Golden("read and approve, in capitals", NOTICE, WHOLE + "\n\nOKUDUM, ONAYLIYORUM.",
           ("acceptance",)),
    Golden("typed without Turkish letters", NOTICE, WHOLE + "\n\nOkudum, onayliyorum.",
           ("acceptance",)),
    Golden("accept and declare", NOTICE, WHOLE + "\n\nKabul ve beyan ederim.", ("acceptance",)),
    Golden("accept and undertake", NOTICE, WHOLE + "\n\nŞartları kabul ve taahhüt ederim.",
           ("acceptance",)),
    Golden("muvafakat", NOTICE, WHOLE + "\n\nİşlenmesine muvafakatim vardır.", ("acceptance",)),
    Golden("hidden by a soft hyphen", NOTICE, WHOLE + "\n\nkabul edi\u00adyorum", ("acceptance",)),
    Golden("hidden by zero width", NOTICE, WHOLE + "\n\nka\u200bbul e\u200bdiyorum",
           ("acceptance",)),
    Golden("declares to have approved", NOTICE, WHOLE
           + "\n\nOkuduğumu, anladığımı ve onayladığımı beyan ederim.", ("acceptance",),
           marks={"acceptance": "onayladığımı"}),
    Golden("we declare to have approved", NOTICE, WHOLE
           + "\n\nOkuduğumuzu ve onayladığımızı beyan ederiz.", ("acceptance",)),
    Golden("a button that accepts all", NOTICE, WHOLE + "\n\nTümünü kabul et",
           ("acceptance",), marks={"acceptance": "Tümünü kabul et"}),
    Golden("an English button that accepts all", NOTICE, WHOLE + "\n\nAccept all",
           ("acceptance",), language="en"),
    Golden("no order without the notice's box", NOTICE, WHOLE
           + "\n\nBu kutuyu işaretlemeden siparişinizi tamamlayamazsınız.", ("condition",)),
    Golden("firms we approved are no acceptance", NOTICE, WHOLE.replace(
        "kargo şirketine aktarırız", "onayladığımız Örnek Kargo A.Ş.’ye aktarırız"),
        quiet=("acceptance",)),
    Golden("not accepting is no acceptance", NOTICE, WHOLE
           + "\n\nİletileri kabul etmezseniz size ileti gönderilmez.", quiet=("acceptance",)),
    Golden("read and understood", NOTICE, WHOLE + "\n\nOkudum, anladım.", quiet=("acceptance",)),
    Golden("speaks of consent without asking", NOTICE, WHOLE
           + "\n\nAçık rızanıza dayanan işlemeler için ayrı bir metin sunarız; rızanızı geri "
           "alabilirsiniz.", quiet=("acceptance", "silence")),
    Golden("notice with the consent to messages", NOTICE, WHOLE
           + "\n\nKampanya mesajlarını almayı kabul ediyorum.", ("acceptance", "etk_in_kvkk")),
    Golden("silence counts", NOTICE, WHOLE
           + "\n\nSiteyi kullanmakla metni kabul etmiş sayılırsınız.", ("silence",),
           marks={"silence": "kabul etmiş sayılırsınız"}),
    Golden("silence does not count", NOTICE, WHOLE
           + "\n\nOkumanız onay vermiş sayılmanız anlamına gelmez; susan onay vermiş sayılmaz.",
           quiet=("silence", "acceptance")),
    Golden("articles 5 and 6", NOTICE, WHOLE.replace(
        "üyelik formuyla", "KVKK’nın 5. ve 6. maddelerine uygun olarak üyelik formuyla"),
        ("vague_ground",), marks={"vague_ground": "KVKK’nın 5. ve 6. maddelerine uygun olarak"}),
    Golden("relevant legislation", NOTICE, WHOLE.replace(
        "üyelik formuyla", "ilgili mevzuat uyarınca üyelik formuyla"), ("vague_ground",)),
    Golden("named grounds are not vague", NOTICE, WHOLE.replace(
        "(sözleşmenin kurulması ve ifası, m. 5/2-c)", "(m. 5/1 ve 5/2-ç)"),
        quiet=("vague_ground", "no_ground")),
    Golden("business partners", NOTICE, WHOLE.replace(
        "kargo şirketine aktarırız", "kargo şirketine ve iş ortaklarımıza aktarırız"),
        ("vague_recipient",), marks={"vague_recipient": "iş ortaklarımıza"}),
    Golden("and similar purposes", NOTICE, WHOLE.replace(
        "için işleriz", "ve benzeri amaçlarla işleriz"), ("vague_purpose",)),
    Golden("no controller", NOTICE, WHOLE.replace(FIRM, "Şirketimiz"), ("no_identity",)),
    Golden("no recipients", NOTICE, WHOLE.replace(
        "## Kimlere aktarırız\n\nAdresinizi siparişi taşıyan kargo şirketine aktarırız.\n\n", ""),
        ("no_recipients",)),
    Golden("nobody gets them", NOTICE, WHOLE.replace(
        "Adresinizi siparişi taşıyan kargo şirketine aktarırız.", "Kimseye aktarmayız."),
        quiet=("no_recipients",)),
    Golden("no method", NOTICE, WHOLE.replace(
        "## Yöntem\n\nVerilerinizi üyelik formuyla elektronik ortamda toplarız.\n\n", ""),
        ("no_method",)),
    Golden("no ground", NOTICE, WHOLE.replace(
        " (sözleşmenin kurulması ve ifası, m. 5/2-c)", ""), ("no_ground",)),
    Golden("no rights", NOTICE, WHOLE.replace(
        "KVKK’nın 11. maddesindeki haklarınız", "Sorularınız"), ("no_rights",)),
    Golden("rights by the law's name", NOTICE, WHOLE.replace(
        "KVKK’nın 11. maddesindeki", "6698 sayılı Kanunun 11 inci maddesindeki"),
        quiet=("no_rights",)),
    Golden("abroad by consent", NOTICE, WHOLE
           + "\n\nVerilerinizi açık rızanızla yurt dışına aktarırız.", ("abroad_by_consent",)),
    Golden("a gap left", NOTICE, WHOLE + "\n\nVERBİS: [sicil numaranız]", ("unfinished",)),
    Golden("dots left", NOTICE, WHOLE + "\n\nKEP: ..........", ("unfinished",)),
    Golden("still a sample", NOTICE, "ÖRNEK METİN: bir hukukçu denetlesin.\n\n" + WHOLE,
           ("sample_mark",)),
    Golden("English notice that agrees", NOTICE, WHOLE + "\n\nI agree to the above.",
           ("acceptance",), language="en"),
    Golden("accept, declare and undertake", NOTICE, WHOLE
           + "\n\nKabul, beyan ve taahhüt ederim.", ("acceptance",),
           marks={"acceptance": "Kabul, beyan ve taahhüt ederim."}),
    Golden("gives leave to process", NOTICE, WHOLE + "\n\nİşlenmesine izin veriyorum.",
           ("acceptance",), marks={"acceptance": "izin veriyorum."}),
    Golden("declares to have consented", NOTICE, WHOLE
           + "\n\nAçık rızam olduğunu beyan ederim.", ("acceptance",)),
    Golden("there is my consent", NOTICE, WHOLE + "\n\nAçık rızam vardır.", ("acceptance",)),
    Golden("approved in the past", NOTICE, WHOLE + "\n\nOkudum, anladım, onay verdim.",
           ("acceptance",)),
    Golden("have read and accept, English", NOTICE, WHOLE
           + "\n\nI have read and accept this notice.", ("acceptance",), language="en"),
    Golden("understood and approve, English", NOTICE, WHOLE
           + "\n\nI confirm that I have read, understood and approve the above.",
           ("acceptance",), language="en"),
    Golden("how to withdraw a consent is no acceptance", NOTICE, WHOLE
           + "\n\nHow can I withdraw my consent? Write to us.", quiet=("acceptance",),
           language="en"),
    Golden("leave that was given elsewhere is no acceptance", NOTICE, WHOLE
           + "\n\nAramamıza izin veriyorsanız sizi telefonla ararız. Rızanız varsa öneri "
           "hazırlarız.", quiet=("acceptance",)),
    Golden("what the company permits and does with a consent", NOTICE, WHOLE
           + "\n\nErişime yalnız yetkililere izin veriyoruz. Konumunuzu ancak rıza verirseniz "
           "kullanabiliriz; açık rıza vermeniz şartıyla öneri hazırlanır. Verileri, işlemesine "
           "izin verdiğimiz firmaya aktarırız.", quiet=("acceptance", "condition")),
    Golden("messages only with a consent, English", NOTICE, WHOLE
           + "\n\nWe send you offers only if you consent.", quiet=("condition",), language="en"),
    *(Golden(f"a method in other words, {n}", NOTICE, WHOLE.replace(
        "Verilerinizi üyelik formuyla elektronik ortamda toplarız.", words), quiet=("no_method",))
      for n, words in enumerate((
          "Verilerinizi form aracılığıyla elektronik olarak topluyoruz.",
          "Verilerinizi elektronik ortamda alıyoruz.",
          "Verileriniz otomatik yollarla temin edilmektedir.",
          "Verileriniz internet sitemiz üzerinden edinilir."))),
    Golden("the controller's name inside another word", NOTICE, WHOLE.replace(
        FIRM, "Burada anlatılan şirket"), ("no_identity",), names=("Ada",)),
    Golden("the controller's name with its ending", NOTICE, WHOLE.replace(
        FIRM, "Veri sorumlusu Ada’dır"), names=("Ada",), quiet=("no_identity",)),
    Golden("the controller's title with an ending and no apostrophe", NOTICE, WHOLE.replace(
        FIRM, f"Bu metin {FIRM}nindir"), quiet=("no_identity",)),
    # -- commercial consent
    Golden("the company's name inside another word", ETK, box(
        SMS, intro="Burada yazılan tanıtımları,"), ("no_name",), channel="MESAJ", names=("Ada",)),
    Golden("processing in the same box", ETK, box(SMS, intro=(
        f"{FIRM} tanıtımlarını ve verilerimin işlenmesini")), ("kvkk_in_etk",), channel="MESAJ",
        marks={"kvkk_in_etk": "verilerimin işlenmesini"}),
    Golden("ways that are no channel of İYS", ETK, box(
        "**whatsapp, faks ve kısa mesajla** almayı kabul ediyorum."), ("other_channel",),
        channel="MESAJ", marks={"other_channel": "whatsapp"}),
    Golden("only who consents takes part", ETK, box(
        "Kampanyaya ancak onay verirseniz katılabilirsiniz. " + SMS), ("condition",),
        channel="MESAJ"),
    Golden("on condition of consenting", ETK, box(
        "İndirimden onay vermek koşuluyla yararlanılır. " + SMS), ("condition",),
        channel="MESAJ"),
    Golden("only who consents is written to", ETK, box(
        "Size ancak onay verirseniz ileti göndeririz. " + SMS), quiet=("condition",),
        channel="MESAJ"),
    Golden("only with a consent, English", ETK, box(
        "You can join the campaign only if you consent.\n\n**by text message**.",
        intro=f"I accept to receive promotions of {FIRM}"), ("condition",), channel="MESAJ",
        language="en"),
    Golden("contract that goes on behind the consent", ETK,
           f"## Ticari elektronik ileti\n\nKabul etmiyorum.\n\n## Teslimat\n\n{box(SMS)}",
           ("contract_end",), channel="MESAJ", title="Ticari elektronik ileti", in_contract=True),
    Golden("contract signed before the consent", ETK, box(
        SMS, intro=f"İmza: ______ Kabul etmiyorum.\n\n{FIRM} tanıtımlarını,"),
        ("contract_end", "unfinished"), channel="MESAJ", title="Ticari elektronik ileti",
        in_contract=True),
    Golden("contract that ends with the consent", ETK,
           f"## Teslimat\n\nÜç günde teslim ederiz.\n\n## Ticari elektronik ileti\n\n"
           f"Kabul etmiyorum.\n\n{box(SMS)}", channel="MESAJ", title="Ticari elektronik ileti",
           in_contract=True),
    Golden("good SMS consent", ETK, box(SMS), channel="MESAJ"),
    Golden("good call consent", ETK, box("**telefonla aranarak** almayı kabul ediyorum."),
           channel="ARAMA"),
    Golden("good e-mail consent, English", ETK, box(
        "**by e-mail**.", intro=f"I accept to receive promotions of {FIRM}"), channel="EPOSTA",
        language="en"),
    Golden("two channels in one box", ETK, box(
        "**SMS ve e-posta ile** almayı kabul ediyorum."), ("other_channel",), channel="MESAJ",
        marks={"other_channel": "e-posta"}),
    Golden("no channel", ETK, box("**bana** iletilmesini kabul ediyorum."), ("no_channel",),
           channel="MESAJ"),
    Golden("no positive statement", ETK, box("**kısa mesajla** bilgilendirilebilirim."),
           ("no_positive",), channel="MESAJ"),
    Golden("KVKK in the same box", ETK, box(
        "kişisel verilerimin işlenmesini ve **kısa mesajla** ileti almayı kabul ediyorum."),
        ("kvkk_in_etk",), channel="MESAJ", marks={"kvkk_in_etk": "kişisel verilerimin"}),
    Golden("notice in the same box", ETK, box(
        "Aydınlatma metnini okudum, **kısa mesajla** almayı kabul ediyorum."), ("kvkk_in_etk",),
        channel="MESAJ"),
    Golden("partners too", ETK, box(SMS, intro=f"{FIRM} ve iş ortaklarının tanıtımlarını,"),
           ("others",), channel="MESAJ"),
    Golden("group companies too", ETK, box(SMS, intro=f"{FIRM} ve grup şirketlerinin,"),
           ("others",), channel="MESAJ"),
    Golden("names nobody", ETK, box(SMS, intro="Tanıtımlarınızı,"), ("no_name",),
           channel="MESAJ"),
    Golden("price of a campaign", ETK, box(
        "Kampanyadan yararlanmak için onay verilmesi zorunludur. " + SMS), ("condition",),
        channel="MESAJ"),
    Golden("no membership without", ETK, box(
        "Onay vermeden üye olamazsınız. " + SMS), ("condition",), channel="MESAJ"),
    Golden("no order without the box", ETK, box(
        "Bu kutuyu işaretlemeden siparişinizi tamamlayamazsınız. " + SMS), ("condition",),
        channel="MESAJ", marks={"condition": "işaretlemeden siparişinizi tamamlayamazsınız."}),
    Golden("no going on without approving", ETK, box(
        "Onaylamadan alışverişe devam edemezsiniz. " + SMS), ("condition",), channel="MESAJ"),
    Golden("no membership without accepting", ETK, box(
        "Kabul etmeden üyeliğinizi tamamlayamazsınız. " + SMS), ("condition",), channel="MESAJ"),
    Golden("no order without ticking, English", ETK, box(
        "You cannot complete your order without ticking this box.\n\n**by text message**.",
        intro=f"I accept to receive promotions of {FIRM}"), ("condition",), channel="MESAJ",
        language="en"),
    Golden("an order without the box", ETK, box(
        "Kutuyu işaretlemeden de siparişinizi tamamlayabilirsiniz. " + SMS), quiet=("condition",),
        channel="MESAJ"),
    Golden("free to say no", ETK, box("Onay vermeden de üye olabilirsiniz. " + SMS),
           quiet=("condition",), channel="MESAJ"),
    Golden("says that it is not required", ETK, box(
        "Üye olmak için onay vermeniz zorunlu değildir. " + SMS), quiet=("condition",),
        channel="MESAJ"),
    Golden("opt out", ETK, box(
        "Almak istemiyorsanız kutunun işaretini kaldırın. " + SMS), ("opt_out",),
        channel="MESAJ"),
    Golden("ticked before", ETK, box("[x] " + SMS), ("opt_out",), channel="MESAJ"),
    Golden("code as a yes", ETK, box(
        "Gelen kodu kasiyerle paylaşarak onay vermiş olursunuz. " + SMS),
        ("code_as_consent", "silence"), channel="MESAJ"),
    Golden("no box sentence", ETK, f"{FIRM} tanıtımlarını kısa mesajla almayı kabul ediyorum.",
           ("no_channel_sentence",), channel="MESAJ"),
    Golden("hint on the way back only", ETK, box(SMS), ("no_refusal",), channel="MESAJ"),
    Golden("contract without heading and no", ETK, box(SMS),
           ("contract_heading", "contract_refusal"), channel="MESAJ", in_contract=True),
    Golden("contract as it should be", ETK, box("☐ Kabul etmiyorum. ☐ " + SMS), channel="MESAJ",
           title="Ticari elektronik ileti", in_contract=True),
    Golden("small print", ETK, box("(8 punto) Kabul etmiyorum. " + SMS), ("small_print",),
           channel="MESAJ", title="Ticari elektronik ileti", in_contract=True),
    # -- explicit consent
    Golden("good consent", CONSENT, RIZA, quiet=("blanket", "data_missing")),
    Golden("all data", CONSENT, RIZA.replace("alışveriş geçmişimin", "tüm kişisel verilerimin"),
           ("blanket",)),
    Golden("no way back", CONSENT, RIZA.replace(" Rızamı dilediğim an geri alabilirim.", ""),
           ("no_withdrawal",)),
    Golden("read and consent", CONSENT, "Aydınlatma metnini okudum, anladım ve rıza veriyorum. "
           + RIZA, ("notice_in_consent",)),
    Golden("messages in the consent", CONSENT, RIZA + " SMS almayı da kabul ediyorum.",
           ("etk_in_kvkk",)),
    Golden("no sentence of consent", CONSENT, RIZA.replace("açık rıza veriyorum", "izin verilir"),
           ("no_consent_words",)),
    Golden("no purpose linked", CONSENT, RIZA, ("no_purpose",), grounds=()),
    Golden("two purposes", CONSENT, RIZA, ("many_purposes",), grounds=("RIZA", "RIZA")),
    Golden("contract is the ground", CONSENT, RIZA, ("needless",), grounds=("5/2-c",)),
    Golden("price of the service", CONSENT, RIZA
           + " Hizmetin sunulabilmesi için rıza vermeniz zorunludur.", ("condition",)),
    Golden("good transfer abroad", ABROAD, GIDER),
    Golden("transfer that rests on article 9", ABROAD, GIDER, ("needless",), grounds=("9",)),
    Golden("transfer that rests on a contract", ABROAD, GIDER, ("needless",),
           grounds=("5/2-c",)),
    Golden("abroad not named", ABROAD, GIDER.replace("Almanya’ya, yurt dışına ", ""),
           ("abroad_missing",)),
    # -- scripts and cookies
    Golden("script whose campaign is the price", SCRIPT, CALL
           + " Kampanyaya ancak onay verirseniz katılabilirsiniz.", ("condition",)),
    Golden("good script", SCRIPT, CALL, quiet=("script_notice", "script_recording")),
    Golden("script without a no", SCRIPT, CALL.replace(" Evet ya da hayır diyebilirsiniz.", ""),
           ("script_refusal",)),
    Golden("script without a question", SCRIPT, CALL.replace("ister misiniz?", "istersiniz."),
           ("script_question",)),
    Golden("script without a name", SCRIPT, CALL.replace(FIRM, "firmamız"), ("no_name",)),
    Golden("script that takes silence", SCRIPT, CALL
           + " Aksini belirtmediğiniz sürece onay verdiğiniz kabul edilir.", ("silence",)),
    Golden("script with the code", SCRIPT, CALL
           + " Telefonunuza gelen kodu söyleyerek onay verebilirsiniz.", ("code_as_consent",)),
    Golden("good cookies", COOKIES, COOKIE),
    Golden("the banner's two buttons are named", COOKIES, COOKIE
           + " Seçiminizi “Tümünü kabul et” ve “Tümünü reddet” düğmeleriyle yaparsınız.",
           quiet=("acceptance",)),
    Golden("cookies by going on", COOKIES, COOKIE
           + " Siteyi kullanmaya devam ederek çerezleri kabul etmiş olursunuz.", ("silence",)),
    Golden("cookies without a no", COOKIES, COOKIE.replace(
        " Analitik çerezleri ayarlardan reddedebilirsiniz.", ""), ("cookie_refusal",)),
    Golden("cookies with a yes alone", COOKIES, COOKIE
           + " Pencerede “Tümünü kabul et” düğmesine basabilirsiniz.", ("cookie_unequal",)),
    Golden("necessary cookies that ask", COOKIES, COOKIE
           + " Zorunlu çerezler için rıza vermeniz beklenir.", ("cookie_needless",)),
    Golden("cookies without a period", COOKIES, COOKIE.replace(
        " Analitik olanlar 90 gün kalır.", ""), ("cookie_period",)),
)
