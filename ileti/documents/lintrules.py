"""The linter's rules as tables: what may not be said, what must be, in which kind of text.

Why tables: a lawyer reads them line by line, and a new decision of the Board is a new line.
Patterns work on folded text (:mod:`ileti.documents.fold`): plain small Latin letters, Turkish
suffixes by ``\\w*``. Each rule names its R-number of the law table. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

ERROR, HINT = "error", "hint"
ALL: Final = frozenset({"AYDINLATMA", "ACIK_RIZA", "YURT_DISI", "ETK_ONAYI", "CAGRI_METNI",
                        "CEREZ"})
NOTICES: Final = frozenset({"AYDINLATMA"})
TOLD: Final = frozenset({"AYDINLATMA", "CEREZ"})
CONSENTS: Final = frozenset({"ACIK_RIZA", "YURT_DISI"})
BOXES: Final = CONSENTS | {"ETK_ONAYI"}
ETK: Final = frozenset({"ETK_ONAYI"})
COOKIE: Final = frozenset({"CEREZ"})


@dataclass(frozen=True)
class Rule:
    """One rule. ``titles``: a forbidden word counts in the title too; a wanted one is looked for
    in the title alone. ``contracts``: only for texts inside a contract."""

    code: str
    level: str
    number: str
    kinds: frozenset[str]
    pattern: re.Pattern[str]
    tr: str
    en: str
    why_tr: str
    why_en: str
    proposal_tr: str | None = None
    proposal_en: str | None = None
    titles: bool = False
    contracts: bool = False

    def applies(self, kind: str, in_contract: bool) -> bool:
        """Whether a text of this kind is judged by it."""
        return kind in self.kinds and (in_contract or not self.contracts)


def _p(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in alternatives))


_NOTHING = re.compile(r"(?!)")
_YOU_GIVE = r"(?:onay|izin|riza)\w*"
_SERVICE = (r"(?:uye\w*|kayit\w*|siparis\w*|alisveris\w*|satis\w*|satin\w*|hizmet\w*|urun\w*|"
            r"kampanya\w*|indirim\w*|basvuru\w*|islem\w*|hesab\w*|sozlesme\w*|teslimat\w*|"
            r"randevu\w*|cekilis\w*)")
_CANNOT = (r"(?:yapilam\w*|olunam\w*|olamaz\w*|yapamaz\w*|sunulam\w*|sunam\w*|veremey\w*|"
           r"verilem\w*|yararlanam\w*|yararlanilam\w*|faydalanam\w*|tamamlanam\w*|"
           r"tamamlanmaz\w*|alama(?:z|y)\w*|kullanam\w*|tamamlayam\w*|devam\s+edem\w*|gerceklestirilem\w*|katilam\w*|acilam\w*|"
           r"onaylanmaz|alinam\w*)")
#: what one may do then, as the other side of ``_CANNOT``; to be written to is no service, and what
#: the company may do with a consent is no price
_CAN = (r"(?:(?:katil|yararlan|faydalan|uye\s+ol|tamamlay|satin\s+al|kullan|devam\s+ed)\w*"
        r"bilirsiniz|(?:katil|yararlan|faydalan|uye\s+olun)\w*bilir\b|"
        r"(?:katil|yararlan|faydalan)ilir\b)")

FORBIDDEN: Final[tuple[Rule, ...]] = (
    Rule("acceptance", ERROR, "R-58 · Kurul 2026/347", TOLD, _p(
        r"(?:okudum[^.\n]{0,40})?\bkabul(?:(?:\s*,|\s+ve)\s*\w+){0,3}\s+(?:ediyor\w*|ederi\w*|"
        r"ettim|ettigim\w*|etmekte\w*)",
        r"(?:okudum[^.\n]{0,40})?\bonayl(?:iyor\w*|ari[mz]\b|adim)",
        r"\bonayladigim(?!iz)\w*", r"\bonayladigimizi\s+(?:\w+\s+){0,2}(?:beyan|kabul|taahhut)\w*",
        r"\bonay(?:imi)?\s+veriyor\w*", r"\bmuvafakat\w*", r"\btasdik\s+ed(?:iyor|er|il)\w*",
        r"\buygun\s+bul(?:uyorum|dum|dugumu)\b",
        r"\b(?:onay|izin)\w*\s+(?:veriyorum|veririm|verdim|verdigimi)\b",
        r"\briza(?:m|miz)\s+(?:vardir|bulunmakta\w*|oldugunu|bulundugunu)\b",
        r"\briza\w*\s+(?:gosteriyor|veriyor|gosteriri|veriri|gosterdi|beyan\s+edi)\w*",
        r"\bi\s+(?:(?:have|hereby|read|understood|understand|acknowledge|confirm|declare|that|i|it|this|"
        r"the|privacy|notice|above|fully|and)\W+){0,12}(?:accept|agree|consent|approve)(?:e?d)?\b"),
        "Aydınlatma metni onay istemez", "A privacy notice asks for no acceptance",
        "Okunduğu söylenir, kabul edilmez. Kabul sözü metni rızaya çevirir.",
        "One says it was read, not that it is accepted. Acceptance would make it a consent.",
        "Okudum, anladım.", "I have read and understood it.", titles=True),
    # a cookie text may name the buttons of its banner, a notice has none
    Rule("acceptance", ERROR, "R-58 · Kurul 2026/347", NOTICES, _p(
        r"(?:\b(?:tumunu|hepsini)\s+)?\bkabul\s+et\b", r"\baccept\s+all\b"),
        "Aydınlatma metni onay istemez", "A privacy notice asks for no acceptance",
        "Kabul düğmesi okunan metni rızaya çevirir; okunduğu söylenir, kabul edilmez.",
        "A button to accept would make it a consent; one says it was read, not accepted.",
        "Okudum, anladım.", "I have read and understood it.", titles=True),
    Rule("silence", ERROR, "R-12", ALL, _p(
        r"(?:kabul\s+(?:etmis|edilmis)|onay\w*\s+(?:vermis|verilmis)|onaylamis|"
        r"riza\w*\s+(?:vermis|gostermis|verilmis)|izin\s+vermis|benimsemis)\s+(?:sayil(?!ma)\w*|olur\w*|"
        r"olacak\w*|bulun\w*|addedil\w*)",
        r"aksi\w*\s+(?:belirt|bildir|beyan)\w*\s*(?:surece|muddetce|takdirde|halde)?[^.\n]{0,40}"
        r"(?:kabul|onay|riza|izin)\w*",
        r"kullanmaya\s+devam\s+(?:ed|et)\w*[^.\n]{0,60}(?:kabul|onay|riza|izin)\w*",
        r"(?:deemed|considered)\s+to\s+have\s+(?:accepted|agreed|consented)",
        r"by\s+(?:continuing|using)[^.\n]{0,60}\b(?:agree|accept|consent)\b",
        r"unless\s+you\s+(?:object|opt\s+out|tell\s+us\s+otherwise)"),
        "Susmak rıza değildir", "Silence is no consent",
        "Onay, kişinin kendi yaptığı açık bir hareketle verilir; sayılmaz, varsayılmaz.",
        "Consent is the person’s own active statement; it is never assumed."),
    Rule("opt_out", ERROR, "R-12", BOXES | {"CAGRI_METNI"}, _p(
        r"(?:almak|aranmak|gonderilmesini|islenmesini|aktarilmasini)\s+istemiyorsa\w*[^.\n]{0,60}"
        r"(?:isaretle|kaldir|tikla|bildir)\w*",
        r"(?:isareti|tiki|onayi)\s+kaldir\w*", r"onceden\s+(?:isaretli|secili)",
        r"\[\s*[xX✓✔]\s*\]|[☑☒✅]", r"untick|uncheck|pre-?(?:ticked|checked)"),
        "Kutu boş durur, işaretleyen kişidir", "The box is empty and the person ticks it",
        "İşaretli gelen ya da istemeyenin kaldıracağı kutu onay değildir.",
        "A box that comes ticked, or that one must untick, gives no consent."),
    Rule("condition", ERROR, "R-13 · R-57", ALL, _p(
        rf"\b(?:ancak|yalniz\w*|sadece)\b[^.\n]{{0,60}}\b{_YOU_GIVE}[^.\n]{{0,60}}{_CAN}",
        rf"\b{_YOU_GIVE}\s+(?:ver|goster)\w*\s+(?:sarti|kosulu|kaydi)yla[^.\n]{{0,80}}{_CAN}",
        rf"\b{_SERVICE}[^.\n]{{0,60}}\b(?:onay|izin|riza)\w*\s+(?:ver|goster)\w*\s+"
        r"(?:sart|kosul)(?:una|ina)\s+bagli\w*",
        r"\byou\s+(?:can|may)\s+(?!receive|get|be\b)[^.\n]{0,60}\bonly\s+(?:if|when|after)\s+you\s+"
        r"(?:\w+\s+){0,2}(?:consent|accept|agree|tick)\w*",
        rf"{_YOU_GIVE}\s+(?:verme|gosterme|onaylama)\w*[^.\n]{{0,80}}{_CANNOT}",
        rf"(?:kabul\s+etme|onaylama|isaretleme)\w*[^.\n]{{0,80}}{_CANNOT}",
        rf"\b(?:yalniz\w*|sadece)\s+{_YOU_GIVE}\s+verenler\w*[^.\n]{{0,60}}yararlan\w*",
        rf"{_SERVICE}[^.\n]{{0,60}}{_YOU_GIVE}[^.\n]{{0,40}}(?:zorunlu|sart|gerekli|"
        r"mecburi|gerek(?:ir|mekte))(?!\w*\s+degil)\w*",
        rf"{_YOU_GIVE}[^.\n]{{0,40}}(?:vermeniz|vermek|gostermeniz|verilmesi)\s+(?:zorunlu|sart(?!iyla)|"
        r"gerekli|mecburi|gerekmekte|gerekir)(?!\w*\s+degil)\w*",
        r"(?:consent|accept|agree|tick)\w*[^.\n]{0,60}(?:is|are)\s+(?:required|mandatory|"
        r"necessary)", r"(?:cannot|can't|unable\s+to)[^.\n]{0,60}(?:without|unless)[^.\n]{0,40}"
        r"(?:consent|permission|accept|tick)\w*"),
        "Onay, hizmetin şartı olamaz", "Consent may not be the price of a service",
        "Onay vermeyen de üye olabilmeli, alışveriş yapabilmeli; yoksa onay özgür değildir.",
        "Whoever says no must be able to join and buy all the same; else it is not free.",
        "Onay vermeden de sürdürebilirsiniz.", "You can go on without consenting."),
    Rule("code_as_consent", ERROR, "R-22 · Kurul 2025/1072", ALL, _p(
        r"\b(?:kod|sifre)\w*\s+(?:\w+\s+){0,5}?(?:paylas|gir|soyle|ilet|bildir|yaz|onayla)\w*"
        r"[^.\n]{0,60}\b(?:onay\s+ver|onayla|kabul\s+e|riza\w*|izin\s+v)\w*",
        r"\b(?:by|when)\s+(?:\w+\s+){0,3}(?:enter|shar|giv|read)\w*\s+(?:\w+\s+){0,3}code\b"
        r"[^.\n]{0,60}\b(?:consent|agree|accept)\w*"),
        "Kod onay yerine geçmez", "A code is no consent",
        "Doğrulama kodu yalnız adresin size ait olduğunu gösterir; izin ayrı bir seçimdir.",
        "A code only shows that the address is yours; consent is a choice of its own."),
    Rule("kvkk_in_etk", ERROR, "R-58", ETK, _p(
        r"\bacik\s+riza\w*", r"\bexplicit\s+consent", r"\bkisisel\s+veri\w*",
        r"\bpersonal\s+data", r"\baydinlatma\s+metni\w*[^.\n]{0,40}(?:okudum|anladim)",
        r"\bkvkk\b", r"\b(?:veriler|bilgiler)\w*\s+(?:\w+\s+){0,3}(?:islen|aktaril|paylasil|"
        r"kullanil)\w*",
        r"\bmy\s+(?:data|information)\b[^.\n]{0,40}\b(?:process|shar|transferr|used)\w*"),
        "Bir kutu, iki ayrı konu", "One box for two things",
        "Ticari elektronik ileti onayı ile kişisel veri rızası ayrı metinler, ayrı kutulardır.",
        "Commercial consent and consent to data processing are separate texts and boxes.",
        titles=True),
    Rule("etk_in_kvkk", ERROR, "R-58", CONSENTS | NOTICES, _p(
        r"(?:ticari\s+(?:elektronik\s+)?ileti|kampanya\s+mesaj|sms|kisa\s+mesaj|e-?posta|"
        r"bulten)\w*[^.\n]{0,60}(?:almay[iı]|gonderilmesi\w*|alma[ky]\w*)\s+(?:\w+\s+){0,2}"
        r"(?:kabul|onay|ist|riza|izin)\w*",
        r"\b(?:sms|kisa\s+mesaj|e-?posta|telefon|arama)\w*\s+(?:ile|yoluyla|uzerinden)\s+"
        r"[^.\n]{0,40}(?:tanitim|reklam|pazarlama|kampanya)\w*[^.\n]{0,40}(?:izin|onay)\s+ver\w*",
        r"\b(?:receive|get)\b[^.\n]{0,60}(?:messages|sms|newsletter|promotions)"),
        "Bir kutu, iki ayrı konu", "One box for two things",
        "İleti onayı burada istenmez; kanal başına ayrı bir onay metni ve kutusu vardır.",
        "Commercial consent is not asked for here; it has a text and a box per channel."),
    Rule("notice_in_consent", ERROR, "R-58 · Kurul 2026/347", CONSENTS, _p(
        r"(?:aydinlatma\s+metni\w*|metn?i\w*)[^.\n]{0,30}(?:okudum|okuyup|okuyarak|okudugumu)"
        r"[^.\n]{0,80}(?:riza|kabul|onay)\w*", r"okudum\W+(?:anladim\W+)?(?:ve\s+)?(?:kabul|"
        r"onayl|acik\s+riza)\w*", r"read\s+(?:and\s+)?(?:understood\s+)?[^.\n]{0,40}and\s+"
        r"(?:accept|agree|consent)"),
        "Okumak ile rıza ayrı iki beyandır", "Having read and consenting are two statements",
        "Aydınlatma ayrı sunulur; rıza metni yalnız rızayı sorar.",
        "The notice is given apart; this text asks for the consent alone."),
    Rule("blanket", ERROR, "R-57", CONSENTS, _p(
        r"\b(?:tum|butun|her\s+turlu|sinirsiz|suresiz)\s+(?:kisisel\s+)?(?:veri|bilgi|amac)\w*",
        r"\bher\s+turlu\s+\w+\s+(?:amac|islem)\w*", r"(?:sinirsiz|suresiz)\s+(?:olarak|surey)\w*",
        r"\b(?:all|any)\s+(?:of\s+)?(?:my\s+)?(?:personal\s+)?(?:data|purposes?)\b"),
        "Rıza belirli bir konuya verilir", "A consent is about one certain thing",
        "Battaniye rıza geçersizdir: hangi veri, hangi amaç, yazın.",
        "A blanket consent is void: write which data and what for."),
    Rule("others", ERROR, "R-15", ETK, _p(
        r"\b(?:is|cozum|proje|hizmet)\s+ortak\w*", r"\bgrup\s+sirket\w*",
        r"\b(?:istirak|bagli\s+ortaklik|topluluk\s+sirket)\w*", r"\bucuncu\s+(?:kisi|taraf)\w*",
        r"\bgroup\s+compan\w*", r"\b(?:business\s+)?partners\b", r"\bthird\s+part\w*"),
        "Onay başkasına geçmez", "Consent does not pass to others",
        "Onay yalnız adı yazılı hizmet sağlayıcıyadır; ortaklar kendi onayını alır.",
        "Consent is given to the company named; partners take their own."),
    Rule("vague_ground", ERROR, "R-59 · KVKK m. 10", NOTICES, _p(
        r"(?:kvkk|kanun|6698)\w*(?:'?\w+)?\s*(?:\w+\s+){0,4}?\(?(?:madde\s+)?5\W{0,3}(?:inci|nci)?"
        r"\s*ve\s*6\W{0,3}(?:nci|inci)?\s*madde\w*(?:\s+(?:uygun\s+olarak|uyarinca|kapsaminda|"
        r"belirtilen|cercevesinde|gereg\w*|sayilan)\w*)?",
        r"\b5\.?\s*ve\s*6\.?\s*madde\w*\s*(?:\w+\s+){0,2}(?:uygun|belirtilen|sayilan|kapsam|"
        r"cercevesinde|uyarinca)\w*(?:\s+olarak)?",
        r"\b(?:ilgili|yururlukteki|tabi\s+oldugumuz)\s+mevzuat\w*\s+(?:hukumleri\s+)?(?:uyarinca|"
        r"uygun\s+olarak|cercevesinde|kapsaminda|geregi\w*|dogrultusunda)",
        r"\bhukuki\s+sebep\w*\s+(?:cercevesinde|dogrultusunda|dayanarak|kapsaminda)",
        r"articles?\s+5\s+and\s+6\b", r"in\s+accordance\s+with\s+(?:the\s+)?(?:relevant|applicable)"
        r"\s+(?:law|legislation)\w*"),
        "Hukuki sebep her amaç için ayrı yazılmalı", "Each purpose needs its own legal ground",
        "Madde numarasına genel atıf yeterli değil.", "A general reference to articles is not "
        "enough.", "Üyelik için: sözleşmenin kurulması ve ifası (m. 5/2-c)",
        "For membership: making and performing the contract (art. 5/2-c)"),
    Rule("vague_recipient", HINT, "R-59", NOTICES | CONSENTS, _p(
        r"\b(?:is|cozum|proje|hizmet)\s+ortak\w*", r"\bucuncu\s+(?:kisi|taraf)\w*",
        r"\bgrup\s+sirket\w*", r"\bilgili\s+(?:kisi\s+ve\s+)?kurum\s+ve\s+kuruluslar\w*",
        r"\byurt\s*ici\s+ve\s+yurt\s*disi\w*\s+(?:kisi|kurum|firma)\w*",
        r"\b(?:business\s+)?partners\b", r"\bthird\s+part\w*", r"\baffiliates?\b"),
        "Alıcı kim?", "Who is the recipient?",
        "Alıcı grubunu ve aktarma amacını adıyla yazın.",
        "Name the group of recipients and what they get the data for.",
        "çağrı merkezi hizmeti aldığımız şirkete", "to the company that runs our call centre"),
    Rule("vague_purpose", HINT, "R-59", NOTICES | CONSENTS, _p(
        r"\b(?:ve\s+)?benzeri\s+(?:amac|konu|islem|faaliyet)\w*", r"\bgibi\s+amac\w*",
        r"\bve\s?b(?:\.|enzeri\b)", r"\b(?:cesitli|diger|sair)\s+amac\w*",
        r"\bhizmet\s+kalite\w*\s+(?:\w+\s+)?(?:art|gelistir|iyilestir|yukselt)\w*",
        r"\bgerekli\s+gorulen\b", r"\bother\s+purposes\b", r"\b(?:and\s+so\s+on|etc\.)",
        r"\bimprove\s+(?:our\s+)?services?\b"),
        "Amaç belirsiz", "The purpose is vague", "Her amacı adıyla yazın; açık uçlu söz kalmasın.",
        "Name each purpose; leave no open end."),
    Rule("abroad_by_consent", HINT, "R-66 · KVKK m. 9", NOTICES, _p(
        r"\bacik\s+riza\w*[^.\n]{0,80}\byurt\s*disi\w*", r"\byurt\s*disi\w*[^.\n]{0,80}"
        r"\bacik\s+riza\w*", r"\bconsent\w*[^.\n]{0,80}\babroad\b"),
        "Yurt dışına aktarımın dayanağı", "The basis of a transfer abroad",
        "Açık rıza artık sürekli aktarımın dayanağı değildir; standart sözleşme ya da yeterlilik "
        "kararı gerekir.", "Explicit consent no longer carries standing transfers; a standard "
        "contract or an adequacy decision is needed."),
    Rule("cookie_needless", HINT, "R-67", COOKIE, _p(
        r"\bzorunlu\s+cerez\w*[^.\n]{0,60}\b(?:riza|onay|izn|izin)\w*\s+(?:ver|al|iste|ile\b)\w*",
        r"\b(?:riza|onay|izn)\w*\s+(?:ver\w*|ile)[^.\n]{0,60}\bzorunlu\s+cerez\w*",
        r"\bconsent\w*[^.\n]{0,40}\bnecessary\s+cookies\b"),
        "Zorunlu çerez rıza istemez", "Necessary cookies need no consent",
        "Kesin olarak gerekli çerez rızasız kullanılır; rıza istemek kişiyi yanıltır. Rıza yalnız "
        "ötekiler için sorulur.", "What is strictly necessary is used without consent; asking "
        "would mislead. Consent is asked for the others alone."),
    Rule("cookie_unequal", HINT, "R-67", COOKIE, _p(
        r"\b(?:tumunu|hepsini)\s+kabul\s+et\w*(?![^\n]{0,200}\b(?:tumunu|hepsini)?\s*redd[et]\w*)",
        r"\baccept\s+all\b(?![^\n]{0,200}\b(?:reject|refuse|decline)\b)"),
        "Kabul var, ret yok", "There is a yes and no equal no",
        "Reddetme, kabul kadar görünür ve kolay olmalı: iki düğme yan yana durur.",
        "Refusing is as visible and easy as accepting: two buttons stand side by side.",
        "“Tümünü kabul et” ya da “Tümünü reddet”", "“Accept all” or “Reject all”"),
    Rule("small_print", ERROR, "R-14", ETK, _p(
        r"\b(?:[1-9]|1[01])\s*(?:punto|pt|point)\w*", r"<small|font-size"),
        "Sözleşmede en az 12 punto", "At least 12 point in a contract",
        "Sözleşme içindeki onay metni en az 12 punto yazılır.",
        "A consent inside a contract is set in at least 12 point.", contracts=True),
    Rule("unfinished", ERROR, "R-17", ALL, _p(
        r"\bxx+\b", r"\.{5,}|_{3,}|…{2,}", r"\blorem\s+ipsum\b",
        r"\[(?!\s*[xX✓✔]?\s*\])[^\]\n]{1,80}\]",
        r"\b(?:doldurulacak|tbd|todo)\b"),
        "Doldurulmamış yer kaldı", "A gap is not filled in",
        "Köşeli ayraçlı yerleri ve noktaları kendi bilginizle doldurun.",
        "Fill in the places in square brackets and the dots."),
    Rule("sample_mark", ERROR, "R-59", ALL, _p(
        r"\bornek\s+metin\w*", r"\bhukukcu\w*\s+denetle\w*", r"\bsample\s+text\b"),
        "Örnek olduğu yazıyor", "It still says that it is a sample",
        "Örneği bir hukukçu denetlesin; sonra bu satırı silin.",
        "Have a lawyer check the sample, then delete this line."),
)

CHANNEL_WORDS: Final[dict[str, re.Pattern[str]]] = {
    "MESAJ": _p(r"\bkisa\s+mesaj\w*", r"\bsms\b", r"\btext\s+messages?\b", r"\bmms\b"),
    "ARAMA": _p(r"\baran(?:arak|may|mak|ma)\w*", r"\btelefon(?:la|\s+ile)\b", r"\barama\w*",
                r"\b(?:phone|telephone|voice)\s+calls?\b", r"\bcall\s+me\b", r"\bsesli\b",
                r"\bby\s+phone\b"),
    "EPOSTA": _p(r"\be-?\s?posta\w*", r"\be-?mails?\b", r"\be-?bulten\w*", r"\belektronik\s+posta"),
}
#: ways of advertising that are no channel of İYS, and have no box at all (R-58)
OTHER_WAYS: Final = _p(
    r"\bwhats\s?app\w*", r"\btelegram\b", r"\bviber\b", r"\bmessenger\b", r"\bfaks\w*", r"\bfax\b",
    r"\b(?:anlik|mobil|push)\s+bildirim\w*", r"\bpush\s+notifications?\b", r"\bsosyal\s+medya\w*",
    r"\bsocial\s+media\b", r"\bmektup\w*", r"\bby\s+post\b")
_POSITIVE = _p(
    r"\bkabul\s+edi(?:yor|y)\w*", r"\bkabul\s+ederi[mz]\b", r"\bistiyoru[mz]\b", r"\bisterim\b",
    r"\bonayliyoru[mz]\b", r"\b(?:onay|izin)(?:im\w*)?\s+veriyoru[mz]\b", r"\briza\s+gosteriyoru",
    r"\biletilmesini\s+(?:kabul|ist|onay)\w*", r"\bevet\b",
    r"\b(?:i\s+)?(?:accept|agree|consent|want|wish)\b", r"\bi\s+would\s+like\b", r"\byes\b")
_CONSENTING = _p(
    r"\b(?:acik\s+)?riza\w*\s+(?:gosteriyoru|veriyoru|beyan\s+ediyoru)\w*",
    r"\bkabul\s+ediyoru[mz]\b", r"\bonayliyoru[mz]\b", r"\b(?:onay|izin)(?:im\w*)?\s+veriyoru[mz]",
    r"\bi\s+(?:hereby\s+)?(?:give|consent|agree|accept)\w*")
_WAY_BACK = _p(
    r"\bvazgec\w*", r"\bgeri\s+(?:al|cek)\w*", r"\bret\s+hakk\w*", r"\bredd[et]\w*",
    r"\b(?:iptal|cik)\w*\s+(?:ed|et|icin|mak|abil)\w*", r"\bistemedig\w*\s+(?:an|zaman)\w*",
    r"\bwithdraw\w*", r"\brefus\w*", r"\bunsubscribe\w*", r"\bopt\s+out\b", r"\breject\w*",
    r"\balmak\s+istemiyoru[mz]\b")

ETK_HEADING: Final = _p(r"ticari\s+elektronik\s+ileti", r"commercial\s+electronic\s+messages?")

WANTED: Final[tuple[Rule, ...]] = (
    Rule("no_positive", ERROR, "R-09", ETK, _POSITIVE,
         "Olumlu beyan yok", "There is no positive statement",
         "Kişinin iletiyi almayı kabul ettiğini söyleyen bir cümle gerekir.",
         "A sentence must say that the person accepts to receive the messages.",
         "… almayı kabul ediyorum.", "I accept to receive …"),
    Rule("no_consent_words", ERROR, "R-57", CONSENTS, _CONSENTING,
         "Rıza cümlesi yok", "There is no sentence of consent",
         "Metin, kişinin neye rıza verdiğini kendi ağzından söylemeli.",
         "The text must say, in the person’s own words, what is consented to.",
         "… açık rıza veriyorum.", "I give my explicit consent to …"),
    Rule("no_withdrawal", ERROR, "R-62", CONSENTS, _WAY_BACK,
         "Rızadan dönüş yolu yazmıyor", "It does not say how to withdraw",
         "Rıza her an, verildiği kadar kolay geri alınabilmeli ve bu metinde yazmalı.",
         "A consent can be withdrawn at any time as easily as given, and the text says so.",
         "Rızamı dilediğim an geri alabilirim.", "I can withdraw my consent at any time."),
    Rule("no_refusal", HINT, "R-10", ETK, _WAY_BACK,
         "Ret yolu yazmıyor", "It does not say how to refuse later",
         "Form bunu altta söyler; metin başka yerde de kullanılacaksa içine yazın.",
         "The form says so below the boxes; write it in if the text is used elsewhere.",
         "Dilediğiniz an, ücretsiz vazgeçebilirsiniz.",
         "You can withdraw at any time, free of charge."),
    Rule("contract_refusal", ERROR, "R-14", ETK,
         _p(r"\b(?:kabul\s+etmiyoru|istemiyoru|onaylamiyoru|izin\s+vermiyoru)[mz]\b",
            r"\bhayir\b", r"\bret(?:\b|\s+secene)\w*", r"\bi\s+do\s+not\b", r"\bno\b"),
         "Sözleşmede ret seçeneği yok", "No way to refuse inside the contract",
         "Sözleşmedeki onayın yanında, aynı yerde ret seçeneği bulunur.",
         "A consent inside a contract stands beside a way to refuse.",
         "☐ Kabul etmiyorum.", "☐ I do not accept.", contracts=True),
    Rule("contract_heading", ERROR, "R-14", ETK, ETK_HEADING,
         "Başlık “Ticari elektronik ileti” olmalı", "The heading must be “Ticari elektronik ileti”",
         "Sözleşmedeki onay kendi başlığı altında, sözleşmenin sonunda, en az 12 punto durur.",
         "Inside a contract it stands at the end, under its own heading, in at least 12 point.",
         "Ticari elektronik ileti", "Commercial electronic message", titles=True, contracts=True),
    Rule("abroad_missing", ERROR, "R-66", frozenset({"YURT_DISI"}),
         _p(r"\byurt\s*disi\w*", r"\babroad\b", r"\boutside\s+(?:of\s+)?turk\w*"),
         "Yurt dışına aktarım adıyla geçmiyor", "The transfer abroad is not named",
         "Verinin yurt dışına, kime ve neden aktarılacağı yazmalı.",
         "It must say that the data go abroad, to whom and why."),
    Rule("data_missing", HINT, "R-57 · R-59", CONSENTS | NOTICES,
         _p(r"\b(?:ad|isim|soyad|telefon|e-?posta|adres|kimlik|t\.?c\.?|dogum|ip\s+adres|konum|"
            r"fotograf|goruntu|ses\s+kayd|alisveris\s+gecmis|siparis|saglik|odeme|kart|cerez)\w*",
            r"\b(?:name|phone|e-?mail|address|birth|location|photo|order|payment|health|ip)\w*"),
         "Hangi veri olduğu yazmıyor", "It does not say which data",
         "Verileri adıyla sayın: ad, telefon, e-posta gibi.",
         "Name the data: name, phone, e-mail and so on."),
    Rule("no_period", HINT, "R-59", NOTICES,
         _p(r"\bsakl\w*", r"\bsure\w*", r"\bimha\w*", r"\bsilin\w*", r"\bkeep\b", r"\bretain\w*",
            r"\byears?\b", r"\bhow\s+long\b"),
         "Saklama süresi yazmıyor", "The period of keeping is missing",
         "Zorunlu değildir; yazarsanız VERBİS’e bildirdiğiniz süre olsun.",
         "Not mandatory; if you write it, write the one registered at VERBİS."),
    Rule("script_refusal", ERROR, "R-12 · R-22", frozenset({"CAGRI_METNI"}),
         _p(r"\bhayir\b", r"\bistemi(?:yor|yorsa)\w*", r"\bredd[et]\w*", r"\bvazgec\w*", r"\bno\b",
            r"\bdecline\w*", r"\brefus\w*"),
         "Hayır deme yolu yok", "There is no way to say no",
         "Arayan, “hayır” seçeneğini de sormalı; susmak onay sayılmaz.",
         "The script must offer a “no”; silence is no consent."),
    Rule("script_question", ERROR, "R-12", frozenset({"CAGRI_METNI"}), _p(r"\?"),
         "Soru yok", "There is no question",
         "Kişinin kendi ağzından yanıtlayacağı açık bir soru gerekir.",
         "A clear question is needed, for the person to answer aloud."),
    Rule("script_recording", HINT, "R-60", frozenset({"CAGRI_METNI"}),
         _p(r"\bkay(?:it|d)\w*", r"\brecord\w*"),
         "Görüşmenin kaydedildiği söylenmiyor", "It does not say that the call is recorded",
         "Kayıt alınıyorsa görüşmenin başında söylenir.",
         "If the call is recorded, it is said at its beginning."),
    Rule("script_notice", HINT, "R-60 · R-22", frozenset({"CAGRI_METNI"}),
         _p(r"\baydinlatma\w*", r"\bprivacy\s+notice\b"),
         "Aydınlatma metnine yol yok", "It does not lead to the privacy notice",
         "Aydınlatma veri alınmadan önce yapılır; metnin nerede olduğu söylenir.",
         "People are informed before data are taken; say where the notice is."),
    Rule("cookie_kinds", HINT, "R-59 · R-67", COOKIE,
         _p(r"\b(?:zorunlu|analitik|performans|islevsel|pazarlama|reklam)\w*",
            r"\b(?:necessary|analytic|performance|functional|marketing|advertis)\w*"),
         "Çerez türleri yazmıyor", "The kinds of cookies are not named",
         "Zorunlu olanlar ile rıza isteyenler ayrı ayrı sayılır.",
         "Name those that are necessary and those that need consent."),
    Rule("cookie_period", HINT, "R-59 · R-67", COOKIE,
         _p(r"\b(?:sure|oturum)\w*", r"\b\d+\s+(?:gun|ay|yil|saat)\w*", r"\bdurations?\b",
            r"\bsessions?\b", r"\b\d+\s+(?:days?|months?|years?|hours?)\b"),
         "Çerezlerin süresi yazmıyor", "It does not say how long cookies stay",
         "Her tür için ne kadar kaldığını yazın: oturum boyunca, 90 gün gibi.",
         "Say of each kind how long it stays: for the session, 90 days and so on."),
    Rule("cookie_refusal", ERROR, "R-67", COOKIE, _p(
        _WAY_BACK.pattern, r"\b(?:redd[et]\w*|kapat|sil|devre\s+disi|engelle)\w*",
        r"\b(?:disable|block|delete)\w*"),
         "Reddetme yolu yazmıyor", "It does not say how to refuse",
         "Zorunlu olmayan çerezler, kabul edildiği kadar kolay reddedilebilmeli.",
         "What is not necessary must be as easy to refuse as to accept."),
)

NAMED: Final[dict[str, Rule]] = {
    kind: Rule("no_name", ERROR, number, frozenset({kind}), _NOTHING, tr, en, why_tr, why_en,
               "{unvan}", "{unvan}")
    for kind, number, tr, en, why_tr, why_en in (
        ("ETK_ONAYI", "R-15", "Onay metni şirketin adını taşımalı",
         "A consent text names the company it is given to",
         "Onay yalnız adı yazılı hizmet sağlayıcıya verilmiş olur.",
         "Consent is given to the named company only."),
        *((kind, "R-57", "Rızanın kime verildiği yazmıyor", "It does not say who gets the consent",
           "Rıza belirli olmalı: veri sorumlusunun adı metinde durur.",
           "A consent is specific: the controller’s name stands in it.")
          for kind in ("ACIK_RIZA", "YURT_DISI")),
        ("CAGRI_METNI", "R-22 · R-60", "Kimin aradığı söylenmiyor",
         "It does not say who is calling", "Arayan, şirketin adını baştan söyler.",
         "The caller names the company first."),
        ("CEREZ", "R-59", "Veri sorumlusunun adı yok", "The controller is not named",
         "Çerezleri kimin kullandığı yazmalı.", "It must say who uses the cookies."),
    )
}


def _whole(code: str, number: str, kinds: frozenset[str], tr: str, en: str, why_tr: str,
           why_en: str, proposal_tr: str | None = None, proposal_en: str | None = None) -> Rule:
    return Rule(code, ERROR, number, kinds, _NOTHING, tr, en, why_tr, why_en, proposal_tr,
                proposal_en)


#: what may not stand in a contract's text before the box's sentence, which is its last: a signature
#: (R-14), and behind the consent's own heading another one
SIGNED: Final = _p(r"\bimza\w*\s*[:.…_]", r"\bsignature\w*\s*[:.…_]")
LAST_HEADING: Final = re.compile(r"^##\s+(.+)$(?![\s\S]*^##\s)", re.MULTILINE)
CONTRACT_END: Final = _whole(
    "contract_end", "R-14", ETK, "Onay sözleşmenin sonunda durmuyor",
    "The consent is not at the end of the contract",
    "Sözleşmedeki onay en sonda, kendi başlığı altında ve imzadan önce gelir; arkasından başka "
    "bölüm, önünde imza olmaz.",
    "Inside a contract the consent comes last, under its own heading and before the signature.")
BOX_SENTENCE: Final = re.compile(r"\*\*[^*\n]+\*\*[^\n]*\Z")
NO_BOX_SENTENCE: Final = _whole(
    "no_channel_sentence", "R-58", ETK,
    "Son paragraf kutunun cümlesi olmalı", "The last paragraph must be the box’s sentence",
    "Metnin son paragrafı kutunun cümlesidir; kanalı ** işaretleri arasına alın.",
    "The last paragraph is the sentence of the box, its channel between ** marks.",
    "**kısa mesajla** almayı kabul ediyorum.", "**by text message** on my phone.")
NO_CHANNEL: Final = _whole(
    "no_channel", "R-09 · R-17", ETK, "Kanal yazmıyor", "The channel is missing",
    "Onay, hangi yolla ulaşılacağını söylemeli; bu belgenin kanalı metinde geçmiyor.",
    "A consent says by which way people are reached; this text’s channel is not in it.")
OTHER_CHANNEL: Final = _whole(
    "other_channel", "R-58", ETK, "Bir kutu, birden çok kanal", "One box for several channels",
    "Her kanalın kendi kutusu ve kendi metni vardır; burada yalnız belgenin kanalı geçer.",
    "Each channel has its own box and text; only this text’s channel may stand here.")
NO_PURPOSE: Final = _whole(
    "no_purpose", "R-57", CONSENTS, "Amaca bağlanmamış", "No purpose is linked",
    "Her rıza beyanı bir amaç içindir; envanterden seçin.",
    "Each statement of consent is for one purpose; choose it from the inventory.")
ONE_PURPOSE: Final = _whole(
    "many_purposes", "R-57 · R-58", CONSENTS, "Bir beyan, birden çok amaç",
    "One statement for several purposes", "Her amacın rızası ayrı sorulur, ayrı geri alınır.",
    "Each purpose is asked for, and withdrawn, on its own.")
NEEDLESS: Final = _whole(
    "needless", "R-57", CONSENTS, "Bu amaç için rıza sorulmaz",
    "This purpose needs no consent", "Amacın hukuki sebebi açık rıza değil; rıza istemek kişiyi "
    "yanıltır. Kutu gösterilmez.", "Its legal ground is another than consent; asking would "
    "mislead. No box is shown.")
NEEDLESS_ABROAD: Final = _whole(
    "needless", "R-57 · R-66", frozenset({"YURT_DISI"}), "Bu aktarım için rıza sorulmaz",
    "This transfer needs no consent", "Amacın hukuki sebebi açık rıza değil. Aktarım 9. maddenin "
    "yeterlilik kararına ya da güvencelerine dayanıyorsa rıza istenmez, kutu gösterilmez; yalnız "
    "rızaya dayanıyorsa amacın hukuki sebebini “Açık rıza” yapın.",
    "Its purpose rests on another ground than consent. A transfer that rests on adequacy or "
    "safeguards of article 9 asks for none and no box is shown; where it rests on consent alone, "
    "make explicit consent the ground of the purpose.")
