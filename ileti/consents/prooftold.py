"""One record of a bundle in words a court reads: who, what, when, where, on which text.

Why this module exists: the files of a bundle are for machines; here the same parts become
sentences. Nothing is said that the parts do not hold: what a record lacks is said to be lacking.
Turkish only; every string of strangers goes through :func:`ileti.evidence.paper.drawable`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ileti.consents import proofwords
from ileti.consents.bundled import Proven, Recorded
from ileti.consents.proofwords import LONGEST, Row, moment, time_of
from ileti.consents.recount import Told
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core.clock import to_istanbul
from ileti.evidence.paper import drawable
from ileti.recipients.address import pretty

_VERIFIED: Final = "KVKK m. 4, Kurul 2020/966: adresin doğrulanması"
_WANTED: Final = {  # what is wanted on a channel: accepted (dative), refused (accusative)
    Channel.MESAJ: ("numarasına kısa mesaj göndermesine", "numarasına kısa mesaj göndermesini"),
    Channel.ARAMA: ("numarasını aramasına", "numarasını aramasını"),
    Channel.EPOSTA: ("adresine e-posta göndermesine", "adresine e-posta göndermesini"),
}


def name_of(one: Recorded) -> str:
    """The person's name as it was typed, or nothing."""
    said = one.parts["person"]
    name = said.get("name") if isinstance(said, dict) else None
    return drawable(str(name)[:LONGEST]).strip() if name else ""


def address_of(one: Recorded) -> str:
    """The address in full; of somebody who left none, that."""
    if one.parts["claim"]["recipient"] is None:
        return "adres bırakılmadı"
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
    if _evidence(one).get("flow") == "sms":
        return "Kişi SMS ile onay verdi"
    return "Kişi kutuyu işaretledi" if one.entry.standing == Standing.UNVERIFIED \
        else f"{there} onay verdi"


def shown_at(one: Recorded) -> datetime | None:
    """When the text was shown, as the form told it; None when it told none."""
    return time_of(str(_evidence(one).get("shownAt"))) if one.parts.get("text") else None


def particulars(one: Proven, taker: str) -> list[Row]:
    """Label and value of what the record holds."""
    entry, person = one.entry, one.parts["person"]
    person = person if isinstance(person, dict) else {}
    found = [
        ("Kişi", name_of(one) or "kayıtta yok"),
        ("Adres", address_of(one)),
        ("Seçimin zamanı", moment(entry.consent_date)),
        ("Deftere yazıldığı an", moment(entry.captured_at)),
        ("Kaynak", Source(entry.source).tr),
        ("Onay için yazdığı SMS", proofwords.said(person.get("firstSms"))),
        ("Yazdığı SMS", proofwords.said(person.get("sms"))),
        *proofwords.rows(_evidence(one), told={"shownAt"} if shown_at(one) else set()),
        ("Ağ adresi", proofwords.said(person.get("ip"))),
        ("Tarayıcı", proofwords.said(person.get("agent"))),
        ("Adresin doğrulanması", how_verified(one)), ("Kaydı alan", taker),
    ]
    return [(label, value) for label, value in found if value]


def _evidence(one: Recorded) -> dict[str, Any]:
    said = one.parts["evidence"]
    return said if isinstance(said, dict) else {}


def how_verified(one: Proven) -> str:
    """How the address was proven to be the person's (R-21), as far as the record tells."""
    return verified_by(_evidence(one), Standing(one.entry.standing), Source(one.entry.source))


def verified_by(evidence: Mapping[str, Any], standing: Standing, source: Source) -> str:
    """The same of a record of any kind."""
    if standing is Standing.UNVERIFIED:
        return "doğrulanmadı"
    if source.is_iys:
        return "seçim İYS’de yapıldı; doğrulama İYS’nindir"
    if evidence.get("flow") == "sms":
        return "SMS’i gönderen numara, operatörün bildirdiği gibi"
    if "verification" in evidence:
        return "adrese gönderilen kod doğru girildi"
    if (known := proofwords.known_by(evidence)) is not None:
        return f"kişi {known} tanındı"
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
    if one.entry.source in (Source.HS_WEB, Source.HS_MOBIL, Source.HS_EORTAM) or (
            _evidence(one).get("flow") == "sms"):
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


def shown_text(one: Recorded) -> dict[str, Any] | None:
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
