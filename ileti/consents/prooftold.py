"""One record of a bundle in words a court reads: who, what, when, where, on which text.

Why this module exists: the files of a bundle are for machines; here the same parts become
sentences. Nothing is said that the parts do not hold: what a record lacks is said to be lacking.
Turkish only; every string of strangers goes through :func:`ileti.evidence.paper.drawable`.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, Final

from ileti.consents.bundled import Proven
from ileti.consents.recount import Told
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core.clock import to_istanbul
from ileti.evidence.paper import drawable
from ileti.recipients.address import pretty

Row = tuple[str, str]
LONGEST: Final = 1_000
_VERIFIED: Final = "KVKK m. 4, Kurul 2020/966: adresin doğrulanması"
_WANTED: Final = {  # what is wanted on a channel: accepted (dative), refused (accusative)
    Channel.MESAJ: ("numarasına kısa mesaj göndermesine", "numarasına kısa mesaj göndermesini"),
    Channel.ARAMA: ("numarasını aramasına", "numarasını aramasını"),
    Channel.EPOSTA: ("adresine e-posta göndermesine", "adresine e-posta göndermesini"),
}
#: parts of the evidence as people read them, in the order in which they are told
_NAMES: Final = {
    "place": "Yer", "page": "Sayfa", "origin": "Köken",
    "shownAt": "Metnin gösterildiği an", "receipt": "Makbuz", "kind": "Arayüz", "by": "Giriş",
    "flow": "Yol", "channels": "Kanallar", "import": "İçe aktarma", "file": "Listenin dosyası",
    "fileSha256": "Dosyanın SHA-256 özeti", "note": "Not",
}
_ORDER: Final = {name: n for n, name in enumerate(_NAMES)}
#: told elsewhere on the page, or by the numbers of rows
_LEFT_OUT: Final = frozenset({"texts", "boxes", "policy", "vouch", "notice", "mapping", "v",
                              "submission", "verification", "form", "site", "formVersion",
                              "language"})
_LANGUAGES: Final = {"tr": "Türkçe", "en": "İngilizce"}
_TIMED: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.:+Z-]{1,16}", re.ASCII)


def moment(at: datetime) -> str:
    """``23.11.2026 12:00:07``, in Istanbul's time."""
    return f"{to_istanbul(at):%d.%m.%Y %H:%M:%S}"


def name_of(one: Proven) -> str:
    """The person's name as it was typed, or nothing."""
    said = one.parts["person"]
    name = said.get("name") if isinstance(said, dict) else None
    return drawable(str(name)[:LONGEST]).strip() if name else ""


def address_of(one: Proven) -> str:
    """The address in full."""
    return drawable(pretty(one.parts["claim"]["recipient"]).replace(" ", "\u00a0"))


def sentence(one: Proven, brand: str) -> str:
    """What the record says, in one sentence."""
    entry, channel = one.entry, Channel(one.entry.channel)
    accepted, refused = _WANTED[channel]
    consent = entry.status == Status.ONAY
    who = name_of(one) or "Adı kayıtta bulunmayan kişi"
    way = "İYS üzerinden, " if Source(entry.source).is_iys else ""
    if "import" in _evidence(one):
        way = "içe aktarılan listedeki beyana göre, "
    said = (f"{who}, {way}{moment(entry.consent_date)} tarihinde {brand} markasının "
            f"{address_of(one)} {accepted if consent else refused} "
            f"{'onay verdi' if consent else 'reddetti'}.")
    if entry.standing == Standing.UNVERIFIED:
        said += " Adres doğrulanmamıştır; bu kayıt tek başına izin sayılmaz."
    return said


def chosen(one: Proven) -> str:
    """The choice as a title of the story."""
    there = "Kişi İYS’de" if Source(one.entry.source).is_iys else "Kişi"
    if one.entry.status == Status.RET:
        return f"{there} reddetti"
    return "Kişi kutuyu işaretledi" if one.entry.standing == Standing.UNVERIFIED \
        else f"{there} onay verdi"


def shown_at(one: Proven) -> datetime | None:
    """When the text was shown, as the form told it; None when it told none."""
    return _time(str(_evidence(one).get("shownAt"))) if one.parts.get("text") else None


def particulars(one: Proven, taker: str) -> list[Row]:
    """Label and value of what the record holds."""
    entry, person = one.entry, one.parts["person"]
    person = person if isinstance(person, dict) else {}
    rows = [
        ("Kişi", name_of(one) or "kayıtta yok"),
        ("Adres", address_of(one)),
        ("Seçimin zamanı", moment(entry.consent_date)),
        ("Deftere yazıldığı an", moment(entry.captured_at)),
        ("Kaynak", Source(entry.source).tr),
        *_where(_evidence(one), told={"shownAt"} if shown_at(one) else set()),
        ("Ağ adresi", _said(person.get("ip"))), ("Tarayıcı", _said(person.get("agent"))),
        ("Adresin doğrulanması", how_verified(one)), ("Kaydı alan", taker),
    ]
    return [(label, value) for label, value in rows if value]


def _evidence(one: Proven) -> dict[str, Any]:
    said = one.parts["evidence"]
    return said if isinstance(said, dict) else {}


def _where(evidence: dict[str, Any], told: set[str]) -> list[Row]:
    """What the evidence says, without what is ``told`` elsewhere on the page."""
    form = [_said(evidence.get("form") or evidence.get("site")),
            f"sürüm {_said(version)}" if (version := evidence.get("formVersion")) else "",
            _LANGUAGES.get(str(evidence.get("language")), _said(evidence.get("language")))]
    rows = [("Form", " · ".join(part for part in form if part))]
    names = sorted(evidence.keys() - _LEFT_OUT - told, key=lambda one: (_ORDER.get(one, 99), one))
    rows += [(_NAMES.get(name, name), _said(evidence[name])) for name in names]
    notice = evidence.get("notice")
    if isinstance(notice, dict):
        rows.append(("Aydınlatma metni", f"okundu · {_said(notice.get('at'))}"))
        rows.append(("Aydınlatmanın özeti", _said(notice.get("hash"))))
    return [(drawable(label[:60]), value) for label, value in rows]


def _said(value: Any) -> str:
    """A value of the evidence; what is long ends with a word about where the rest is."""
    if value is None or value == "":
        return ""
    text = " · ".join(f"{name}: {_plain(part)}" for name, part in value.items()) \
        if isinstance(value, dict) else _plain(value)
    if (at := _time(text)) is not None:
        return moment(at)
    rest = " … (tamamı kaydın JSON dosyasında)" if len(text) > LONGEST else ""
    return drawable(text[:LONGEST]) + rest


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _time(text: str) -> datetime | None:
    """A moment with its zone, or None."""
    if not _TIMED.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo and to_istanbul(at) else None
    except (ValueError, OverflowError):
        return None


def how_verified(one: Proven) -> str:
    """How the address was proven to be the person's (R-21), as far as the record tells."""
    evidence, entry = _evidence(one), one.entry
    if entry.standing == Standing.UNVERIFIED:
        return "doğrulanmadı"
    if Source(entry.source).is_iys:
        return "seçim İYS’de yapıldı; doğrulama İYS’nindir"
    if "verification" in evidence:
        return "adrese gönderilen kod doğru girildi"
    if evidence.get("vouch"):
        return "sitenin sunucusu, oturum açmış müşterisinin adresi olduğunu imzasıyla bildirdi"
    if "import" in evidence:
        return "listeyi yükleyenin beyanı"
    return "kaydı alanın beyanı"


def duties(one: Proven, told: list[Told]) -> list[tuple[str, str, str, bool]]:
    """(rule, article, what answers it, whether it is answered) for a consent."""
    if one.entry.status != Status.ONAY:
        return []
    name, text = name_of(one), one.parts.get("text")
    shown = "olumlu seçim kayıtlı; gösterilen metin " + ("yukarıda" if text else "kayıtta yok")
    rows = [
        ("R-09", "Yönetmelik m. 7: olumlu irade beyanı", shown, bool(text)),
        ("R-09", "Yönetmelik m. 7: ad ve soyad", name or "kayıtta yok", bool(name)),
        ("R-09", "Yönetmelik m. 7: elektronik iletişim adresi", address_of(one), True),
    ]
    if one.entry.standing == Standing.UNVERIFIED:
        return [*rows, ("R-21", _VERIFIED, how_verified(one), False)]
    if one.entry.source in (Source.HS_WEB, Source.HS_MOBIL, Source.HS_EORTAM):
        rows.append(_confirmed(one, [step for step in told if step.duty == "confirmed"]))
    rows.append(("R-21", _VERIFIED, how_verified(one), True))
    at_iys = [step for step in told if step.duty == "iys"]
    rows.append(("R-33", "Kanun m. 11/5: İYS’e aktarım",
                 f"{at_iys[0].title} · {moment(at_iys[0].at)}" if at_iys else
                 "İYS’in kabul ettiğine ilişkin kayıt bu pakette yok", bool(at_iys)))
    return rows


def _confirmed(one: Proven, told: list[Told]) -> tuple[str, str, str, bool]:
    duty = "Yönetmelik m. 7: onayın aynı gün bildirilmesi"
    if not told:
        return "R-10", duty, "gönderildiğine ilişkin kayıt bu pakette yok", False
    at = min(step.at for step in told)
    same = to_istanbul(at).date() == to_istanbul(one.entry.captured_at).date()
    return "R-10", duty, f"{moment(at)} · {'aynı gün' if same else 'aynı gün DEĞİL'}", same


def shown_text(one: Proven) -> dict[str, Any] | None:
    """The text that was shown, in full and laid out as pages show it; None when there was none."""
    text = one.parts.get("text")
    if not text:
        return None
    version = one.parts["textVersion"]
    return {"title": drawable(text["title"]), "language": text["language"],
            "version": version["version"], "digest": one.parts["claim"]["text"],
            "blocks": paragraphs(text["body"])}


def paragraphs(body: str) -> list[dict[str, Any]]:
    """Blank lines part paragraphs, ``## `` opens a heading and ``**words**`` stand out, as where
    the text was shown (:func:`ileti.documents.views.emphasised`); the rest is plain."""
    blocks = [one.strip() for one in body.replace("\r\n", "\n").split("\n\n") if one.strip()]
    return [{"heading": one.startswith("## "), "runs": [
        {"text": drawable(run), "strong": n % 2 == 1} for n, run in enumerate(
            re.split(r"\*\*(.+?)\*\*", one.removeprefix("## "))) if run]} for one in blocks]
