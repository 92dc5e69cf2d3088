"""``kanit.pdf``: a bundle as pages for a judge or an inspector (R-23, R-69).

Why this module exists: who decides about a proof reads paper first and runs programs later, or
never. The pages say what each record proves and what not, name the duty it answers and end with
every digest, so that page and files can be laid side by side. They are made from the bundle's own
parts and prove nothing by themselves; the setting is :mod:`ileti.evidence.paper`.

A stamp is called a *zaman damgası* only when it is valid by an authority that was named (R-68).
"""

from __future__ import annotations

from hashlib import new as new_hash
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from ileti.consents import prooftold
from ileti.consents.bundled import Bundle, Proven
from ileti.consents.ledger import ActorKind
from ileti.consents.prooftold import moment
from ileti.consents.recount import Told, recounted
from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing, Status
from ileti.core import clock, db
from ileti.evidence import seal, stamping
from ileti.evidence.authorities import trusted
from ileti.evidence.leaf import canonical_json
from ileti.evidence.paper import drawable, typeset
from ileti.evidence.stamps import CLOCKS_DIFFER, Judged, Verdict, judge

NAME: Final = "kanit.pdf"
TEMPLATE: Final = Path(__file__).with_name("proof.typ")
IN_LAW: Final = "zaman damgası (5070 m.3/1-h)"
NOT_IN_LAW: Final = "iç/deneme damgası, hukuken zaman damgası değildir"
#: with more records than this each is told in one sentence: nobody reads a thousand pages, and a
#: request must not wait for them
FULL: Final = 250
_FOOTED: Final = 3  # record numbers in the footer
_WHY: Final = {
    Verdict.VALID: "Damga, bu kurulumda güvenilir olarak adlandırılan bir makamındır. Makamın "
                   "yetkili elektronik sertifika hizmet sağlayıcısı olduğunu BTK’nın listesinden "
                   "denetleyin.",
    Verdict.SIGNED: "İmza damganın kendi sertifikasıyla tutuyor; kurulumda güvenilen bir makam "
                    "adlandırılmadığı için kimin verdiği denetlenmedi.",
    Verdict.STRANGER: "İmzalayan, kurulumda adlandırılan makamlardan biri değil.",
}


class Stamped(NamedTuple):
    """The stamp over a seal: which seal it stands on, and what it is worth now."""

    over: seal.Header
    judged: Judged
    name: str


def page(made: Bundle) -> bytes:
    """The PDF of a bundle whose other files are all there. Raises NotSet."""
    return typeset(TEMPLATE, content(made), made.made)


def content(made: Bundle) -> dict[str, Any]:
    """What stands on the pages, for the template: texts, already harmless to show."""
    around = _around(made.proven)
    told = recounted(made.proven[0].entry.provider_id, made.proven)
    stamps = {number: _stamp_of(number) for number in {one.seal.number for one in made.proven}}
    records = _records(made, around, told, stamps)
    newest = max((one.seal for one in made.proven), key=lambda one: one.number)
    numbers = [one.record for one in made.proven]
    more = f" ve {len(numbers) - _FOOTED} kayıt daha" if len(numbers) > _FOOTED else ""
    return {
        "made": moment(made.made), "provider": around["provider"],
        "brands": sorted({f"{name} ({code})" for name, code in (
            around["brands"][one.entry.brand_id] for one in made.proven)}),
        "people": _people(made.proven), "records": records, "full": len(numbers) <= FULL,
        "footer": ", ".join(numbers[:_FOOTED]) + more,
        "seal": f"mühür {newest.number} · {newest.digest.hex()}",
        "stamped": _how_many([one is not None for one in stamps.values()]),
        "in_law": all(one.judged.verdict is Verdict.VALID
                      for one in stamps.values() if one is not None),
        "digests": _digests(made, stamps),
    }


def _how_many(each: list[bool]) -> str:
    """``all``, ``some`` or ``none``."""
    return "all" if all(each) else "some" if any(each) else "none"


def _records(made: Bundle, around: dict[str, Any], told: dict[int, list[Told]],
             stamps: dict[int, Stamped | None]) -> list[dict[str, Any]]:
    printed: dict[str, str] = {}
    records = []
    for number, one in enumerate(made.proven, 1):
        entry, stamp = one.entry, stamps[one.seal.number]
        text = prooftold.shown_text(one)
        if text is not None:
            before = printed.setdefault(text["digest"], one.record)
            text |= {"printed": before, "blocks": text["blocks"] if before == one.record else []}
        brand, code = around["brands"][entry.brand_id]
        records.append({
            "record": one.record, "file": f"entries/{number:04}.json",
            "sentence": prooftold.sentence(one, brand), "channel": Channel(entry.channel).tr,
            "choice": Status(entry.status).tr, "kind": RecipientType(entry.recipient_type).tr,
            "refused": entry.status == Status.RET,
            "unverified": entry.standing == Standing.UNVERIFIED,
            "when": moment(entry.consent_date), "brand": f"{brand} ({code})",
            "particulars": prooftold.particulars(one, around["takers"][entry.id]),
            "text": text, "steps": _steps(one, told[entry.id], stamp),
            "duties": prooftold.duties(one, told[entry.id]),
            "seal": {"number": str(one.seal.number), "at": moment(one.seal.sealed_at),
                     "root": one.seal.root.hex(), "leaf": entry.leaf.hex(),
                     "place": f"{one.parts['place'] + 1} / {one.seal.leaves}"},
            "stamp": _stamp_words(stamp),
        })
    return records


def _steps(one: Proven, told: list[Told], stamp: Stamped | None) -> list[dict[str, str]]:
    """The story in order of time; what is of one second keeps the order of cause."""
    entry = one.entry
    refused = entry.status == Status.RET
    shown = prooftold.shown_at(one)
    own = [Told(entry.id, shown, "Metin gösterildi", "", "mute")] if shown else []
    own += [
        Told(entry.id, entry.consent_date, prooftold.chosen(one), Source(entry.source).tr,
             "ret" if refused else "accent"),
        *(step for step in told if step.duty in ("code", "verified")),
        Told(entry.id, entry.captured_at, "İleti’nin defterine yazıldı", f"kayıt {one.record}",
             "mute"),
        *(step for step in told if step.duty not in ("code", "verified")),
        Told(entry.id, one.seal.sealed_at, f"{one.seal.number} numaralı mühürle mühürlendi", "",
             "seal"),
    ]
    if stamp is not None and stamp.judged.at is not None:
        words = _stamp_words(stamp)
        own.append(Told(entry.id, stamp.judged.at, "Mührü örten damga alındı",
                        f"{words['signer']} · {words['label']}", "seal"))
    return [{"at": moment(step.at), "title": drawable(step.title), "facts": drawable(step.facts),
             "tone": step.tone, "code": drawable(step.code)}
            for step in sorted(own, key=lambda step: step.at.replace(microsecond=0))]


def _around(proven: list[Proven]) -> dict[str, Any]:
    """Names that no claim holds: provider, brands, and who took each record."""
    provider_id = proven[0].entry.provider_id
    with db.transaction() as conn:
        provider = conn.execute(
            "select title, mersis, iys_code::text from provider where id = %s",
            (provider_id,)).fetchone()
        brands = conn.execute("select id, name, brand_code from brand where provider_id = %s",
                              (provider_id,)).fetchall()
        dealers = conn.execute(
            "select id, title, retailer_code from dealer where provider_id = %s and id = any(%s)",
            (provider_id, [one.entry.dealer_id for one in proven if one.entry.dealer_id])
        ).fetchall()
        actors = conn.execute(
            "select s.id, s.actor_kind, concat_ws(' ', u.first_name, u.last_name) "
            "from submission s left join ab_user u on s.actor_kind = %s and u.id = s.actor_id "
            "where s.provider_id = %s and s.id = any(%s)",
            (int(ActorKind.USER), provider_id, list({one.entry.submission_id for one in proven}))
        ).fetchall()
    assert provider is not None
    names = {number: drawable(title) + (f" (bayi {code})" if code else "")
             for number, title, code in dealers}
    who = {number: (ActorKind(kind), drawable(name)) for number, kind, name in actors}
    return {
        "provider": {"title": drawable(provider[0]), "mersis": drawable(provider[1] or ""),
                     "code": provider[2]},
        "brands": {number: (drawable(name), code) for number, name, code in brands},
        "takers": {one.entry.id: _taker(who[one.entry.submission_id],
                                        names.get(one.entry.dealer_id or 0)) for one in proven},
    }


def _taker(actor: tuple[ActorKind, str], dealer: str | None) -> str:
    kind, name = actor
    said = {
        ActorKind.VISITOR: "kişinin kendisi, formda", ActorKind.API: "sağlayıcının yazılımı",
        ActorKind.IYS: "İYS", ActorKind.SYSTEM: "İleti, kendiliğinden",
        ActorKind.USER: f"panel kullanıcısı {name}" if name else "panel kullanıcısı",
    }[kind]
    return f"{said} · {dealer}" if dealer else said


def _people(proven: list[Proven]) -> list[tuple[str, str]]:
    """Name and addresses of each person, in the records' order."""
    found: dict[str, list[str]] = {}
    for one in proven:
        addresses = found.setdefault(prooftold.name_of(one) or "Adı kayıtta yok", [])
        if (address := prooftold.address_of(one)) not in addresses:
            addresses.append(address)
    return [(name, " · ".join(addresses)) for name, addresses in found.items()]


def _stamp_of(number: int) -> Stamped | None:
    """The stamp that covers a seal, judged by the authorities named now."""
    stamp = stamping.stamp_over(number)
    if stamp is None:
        return None
    header = next(iter(seal.chain(stamp.number, stamp.number)))
    found = judge(stamping.token_of(stamp),
                  lambda name: new_hash(name, header.canonical()).digest(),
                  after=header.sealed_at - CLOCKS_DIFFER,
                  before=max(stamp.received_at, clock.now()),
                  trusted=trusted()[0])
    return Stamped(header, found, f"stamps/{stamp.number:09}.tsr")


def _stamp_words(stamp: Stamped | None) -> dict[str, Any]:
    if stamp is None:
        return {"label": "henüz damgalanmadı", "signer": "", "at": "", "over": "", "file": "",
                "why": "Mührü örten bir damga yok; kaydın ne zaman var olduğunu yalnız bu "
                       "kurulumun saati söyler.", "in_law": False}
    found = stamp.judged
    in_law = found.verdict is Verdict.VALID
    return {
        "label": IN_LAW if in_law else NOT_IN_LAW, "in_law": in_law,
        "signer": drawable(found.signer or "imzalayan okunamadı"),
        "at": moment(found.at) if found.at else "okunamadı", "over": str(stamp.over.number),
        "file": stamp.name, "why": _WHY.get(found.verdict, "Damga denetimden GEÇMEDİ."),
    }


def _digests(made: Bundle, stamps: dict[int, Stamped | None]) -> dict[str, Any]:
    """Everything that can be compared with the files."""
    seals = {one.seal.number: one.seal for one in made.proven}
    seals |= {one.over.number: one.over for one in stamps.values() if one is not None}
    return {
        "files": [(name, sha256(held).hexdigest()) for name, held in sorted(made.files.items())],
        "records": [(one.record, sha256(canonical_json(one.parts["claim"])).hexdigest(),
                     one.entry.leaf.hex()) for one in made.proven],
        "seals": [(str(number), moment(one.sealed_at), one.root.hex(), one.digest.hex())
                  for number, one in sorted(seals.items())],
    }
