"""One act of a bundle in words a court reads: notices and explicit consents (R-57 … R-62, R-23).

Why this module exists: as :mod:`ileti.consents.prooftold` does for consents to messages; an act has
no channel and no status, and other duties answer for it. Turkish only; nothing is said that the
record does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ileti.consents import prooftold, proofwords
from ileti.consents.bundled import Paged, Tone
from ileti.consents.proofwords import LONGEST, moment, said
from ileti.consents.vocabulary import Source, Standing
from ileti.evidence.paper import drawable
from ileti.kvkk.claims import Row
from ileti.kvkk.vocabulary import Act, Extent
from ileti.recipients.address import pretty

TITLES: Final[dict[Act, tuple[str, Tone]]] = {
    Act.SHOWN: ("Aydınlatma metni gösterildi", "mute"),
    Act.READ: ("Aydınlatma metni okundu, anlaşıldı", "ok"),
    Act.GIVEN: ("Açık rıza verildi", "accent"),
    Act.WITHDRAWN: ("Açık rıza geri alındı", "ret"),
}
_TONES: Final[dict[Act, Tone]] = {
    Act.SHOWN: "mute", Act.READ: "ok", Act.GIVEN: "ok", Act.WITHDRAWN: "ret"}


def page(row: Row, parts: Mapping[str, Any], brand: str) -> Paged:
    """What the pages tell of an act whose file is whole."""
    act = Act(row.act)
    title, _tone = TITLES[act]
    extent = Extent(row.extent).tr if act.of_notice and row.extent else ""
    return Paged(
        sentence=_sentence(row, parts, brand), subject="Aydınlatma" if act.of_notice
        else "Açık rıza", choice=act.tr, tone=_TONES[act], kind=extent, at=row.act_at, title=title,
        facts=" · ".join(one for one in (extent, Source(row.source).tr) if one),
        particulars=_particulars(row, parts, extent), duties=_duties(row, parts, extent))


def _sentence(row: Row, parts: Mapping[str, Any], brand: str) -> str:
    who = _name(parts) or ("Adı kayıtta bulunmayan kişi" if row.recipient_id is not None
                           else "Adres bırakmayan bir kişi")
    when, text = f"{moment(row.act_at)} tarihinde", _title(parts)
    told = {
        Act.SHOWN: f"{who}, {when} {brand} markasının aydınlatma metnini{text} gördü.",
        Act.READ: f"{who}, {when} gösterilen {brand} aydınlatma metnini{text} okuyup anladığını "
                  "bildirdi.",
        Act.GIVEN: f"{who}, {when} {brand} markasına{text} açık rıza verdi.",
        Act.WITHDRAWN: f"{who}, {when} {brand} markasına verdiği{text} açık rızayı geri aldı.",
    }[Act(row.act)]
    if row.recipient_id is not None and row.standing == Standing.UNVERIFIED:
        told += " Adres doğrulanmamıştır; kaydın kimin olduğu bununla gösterilemez."
    return told


def _title(parts: Mapping[str, Any]) -> str:
    text = parts.get("text")
    title = drawable(str(text["title"])[:LONGEST]).strip() if text else ""
    return f" (“{title}”)" if title else ""


def _name(parts: Mapping[str, Any]) -> str:
    person = parts.get("person")
    name = person.get("name") if isinstance(person, dict) else None
    return drawable(str(name)[:LONGEST]).strip() if name else ""


def _particulars(row: Row, parts: Mapping[str, Any], extent: str) -> list[tuple[str, str]]:
    evidence, person = (one if isinstance(one, dict) else {}
                        for one in (parts["evidence"], parts.get("person")))
    recipient = parts["claim"]["recipient"]
    found = [
        ("Kişi", _name(parts) or "kayıtta yok"),
        ("Adres", drawable(pretty(recipient).replace(" ", "\u00a0")) if recipient
         else "bırakılmadı"),
        ("Olayın zamanı", moment(row.act_at)),
        ("Deftere yazıldığı an", moment(row.captured_at)),
        ("Ne kadarı gösterildi", extent),
        ("Kaynak", Source(row.source).tr),
        *proofwords.rows(evidence, told={"shownAt"}),
        ("Ağ adresi", said(person.get("ip"))), ("Tarayıcı", said(person.get("agent"))),
        ("Adresin doğrulanması", _verified(row, evidence)),
    ]
    return [(label, value) for label, value in found if value]


def _verified(row: Row, evidence: Mapping[str, Any]) -> str:
    if row.recipient_id is None:
        return ""
    if row.standing == Standing.VERIFIED and isinstance(evidence.get("file"), dict):
        return "saklanan kanıt dosyasıyla: imzalı kâğıt ya da görüşme kaydı"
    return prooftold.verified_by(evidence, Standing(row.standing), Source(row.source))


def _duties(row: Row, parts: Mapping[str, Any], extent: str
            ) -> list[tuple[str, str, str, bool]]:
    """(rule, article, what answers it, whether it is answered)."""
    act, text = Act(row.act), bool(parts.get("text"))
    shown = "gösterilen metin yukarıda" if text else "gösterilen metin kayıtta yok"
    if act is Act.WITHDRAWN:
        return [("R-62", "KVKK m. 3, 7: rızanın geri alınması", f"{moment(row.act_at)} anında "
                 "kaydedildi; ileriye etkilidir", True)]
    if act.of_notice:
        return [("R-60", "KVKK m. 10, Aydınlatma Tebliği m. 5: aydınlatmanın ispatı",
                 f"{shown}; {extent.lower() or 'nasıl gösterildiği kayıtta yok'}", text)]
    name = _name(parts)
    return [
        ("R-57", "KVKK m. 3: belirli konuya ilişkin, özgür iradeyle rıza",
         f"tek amaçlı metne ayrı bir seçim; {shown}", text),
        ("R-58", "Kurul 2026/347: aydınlatmadan ve ticari ileti onayından ayrı kayıt",
         "kendi başına bir kayıt; başka bir izinle birleşmez", True),
        ("R-57", "Rızayı verenin adı", name or "kayıtta yok", bool(name)),
    ]
