"""``kanit.pdf``: a bundle as pages for a judge or an inspector (R-23, R-69).

Why this module exists: who decides about a proof reads paper first and runs programs later, or
never. The pages say what each record proves and what not, name the duty it answers and end with
every digest, so that page and files can be laid side by side. They are made from the bundle's own
parts and prove nothing by themselves; the setting is :mod:`ileti.evidence.paper`.

A stamp is called a *zaman damgası* only when it is valid by an authority that was named (R-68).
"""

from __future__ import annotations

from datetime import datetime
from hashlib import new as new_hash
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from ileti.consents import proofform, prooftold
from ileti.consents.bundled import Beside, Bundle, Proven
from ileti.consents.ledger import ActorKind
from ileti.consents.proofwords import moment
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
#: whether the authority is a licensed one, and its stamp one in law (R-68), no program can tell
NAMED: Final = "adı verilen makamın zaman damgası"
NOT_IN_LAW: Final = "iç/deneme damgası, hukuken zaman damgası değildir"
#: whose stamps are never more than a trial: the simulator's, whatever an installation trusts
TRIAL: Final = "Deneme Zaman Damgası"
_TRIAL: Final = ("Damga İYS simülatörünündür: denemek içindir, makamı kurulumda adlandırılmış olsa "
                 "da hiçbir şey kanıtlamaz.")
#: with more records than this each is told in one sentence: nobody reads a thousand pages, and a
#: request must not wait for them
FULL: Final = 250
_FOOTED: Final = 3  # record numbers in the footer
_WHY: Final = {
    Verdict.VALID: "Damga, bu kurulumda güvenilir olarak adlandırılan bir makamındır. Hukuken "
                   "zaman damgası olması için (5070 m.3/1-h) makamın yetkili elektronik sertifika "
                   "hizmet sağlayıcısı olması gerekir: BTK’nın listesinden denetleyin.",
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
    around = _around(made)
    told = recounted(made.provider_id, made.proven) if made.proven else {}
    stamps = {number: _stamp_of(number) for number in {one.seal.number for one in made.records}}
    records = _records(made, around, told, stamps)
    newest = max((one.seal for one in made.records), key=lambda one: one.number)
    numbers = [one.record for one in made.records]
    more = f" ve {len(numbers) - _FOOTED} kayıt daha" if len(numbers) > _FOOTED else ""
    return {
        "made": moment(made.made), "about": _about(made), "acts": bool(made.beside),
        "provider": around["provider"],
        "brands": sorted({f"{name} ({code})" for name, code in (
            around["brands"][_brand(one)] for one in made.records)}),
        "people": _people(made), "records": records, "full": len(numbers) <= FULL,
        "timeline": _timeline(made, records) if made.beside else [],
        "footer": ", ".join(numbers[:_FOOTED]) + more,
        "seal": f"mühür {newest.number} · {newest.digest.hex()}",
        "stamped": _how_many([one is not None for one in stamps.values()]),
        "named": all(_is_named(one.judged)
                      for one in stamps.values() if one is not None),
        "digests": _digests(made, stamps),
    }


def _about(made: Bundle) -> str:
    """What the bundle proves, as its title goes on."""
    if not made.beside:
        return "Ticari elektronik ileti izinlerinin kanıtı"
    return ("Ticari elektronik ileti izinlerinin, aydınlatma ve açık rıza kayıtlarının kanıtı"
            if made.proven else "Aydınlatma ve açık rıza kayıtlarının kanıtı")


def _brand(one: Proven | Beside) -> int:
    return one.entry.brand_id if isinstance(one, Proven) else one.row.brand_id


def _timeline(made: Bundle, records: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Moment, sentence and number of every record in the order in which people acted, when there
    are records of several kinds: their files are in the order of the ledgers."""
    acted = [one.entry.consent_date if isinstance(one, Proven) else one.tell(one.parts, "").at
             for one in made.records]
    return [(said["when"], said["sentence"], said["record"]) for _, said in sorted(
        zip(acted, records, strict=True), key=lambda one: one[0])]


def _how_many(each: list[bool]) -> str:
    """``all``, ``some`` or ``none``."""
    return "all" if all(each) else "some" if any(each) else "none"


def _records(made: Bundle, around: dict[str, Any], told: dict[int, list[Told]],
             stamps: dict[int, Stamped | None]) -> list[dict[str, Any]]:
    printed: dict[str, str] = {}
    drawn = proofform.forms(made)
    records = []
    for number, one in enumerate(made.records, 1):
        stamp = stamps[one.seal.number]
        text = prooftold.shown_text(one)
        if text is not None:
            before = printed.setdefault(text["digest"], one.record)
            text |= {"printed": before, "blocks": text["blocks"] if before == one.record else []}
        name, code = around["brands"][_brand(one)]
        own = (_consent(one, name, around["takers"][one.entry.id], told[one.entry.id], stamp)
               if isinstance(one, Proven)
               else _other(one, name, around["takers"][one.row.id], stamp))
        records.append({
            "record": one.record, "file": f"entries/{number:04}.json", "brand": f"{name} ({code})",
            "text": text, "form": drawn.get(one.record),
            "seal": {"number": str(one.seal.number), "at": moment(one.seal.sealed_at),
                     "root": one.seal.root.hex(), "leaf": one.parts["leaf"],
                     "place": f"{one.parts['place'] + 1} / {one.seal.leaves}"},
            "stamp": _stamp_words(stamp),
        } | own)
    return records


def _consent(one: Proven, brand: str, taker: str, told: list[Told], stamp: Stamped | None
             ) -> dict[str, Any]:
    """What is said of a consent to messages."""
    entry = one.entry
    refused, unverified = entry.status == Status.RET, entry.standing == Standing.UNVERIFIED
    return {
        "sentence": prooftold.sentence(one, brand), "channel": Channel(entry.channel).tr,
        "choice": Status(entry.status).tr, "kind": RecipientType(entry.recipient_type).tr,
        "tone": "ret" if refused else "mute" if unverified else "ok",
        "when": moment(entry.consent_date), "particulars": prooftold.particulars(one, taker),
        "steps": _steps(one, told, stamp), "duties": prooftold.duties(one, told),
    }


def _other(one: Beside, brand: str, taker: str, stamp: Stamped | None) -> dict[str, Any]:
    """What is said of a record of another kind, in its own room's words."""
    page, number = one.tell(one.parts, brand), one.row.id
    shown = prooftold.shown_at(one)
    own = [Told(number, shown, "Form gösterildi", "", "mute")] if shown and (
        shown.replace(microsecond=0) != page.at) else []  # a notice is dated by its showing
    own += [Told(number, page.at, page.title, page.facts, page.tone),
            *_kept(number, one, one.row.captured_at, stamp)]
    return {
        "sentence": page.sentence, "channel": page.subject, "choice": page.choice,
        "kind": page.kind, "tone": page.tone, "when": moment(page.at),
        "particulars": [*page.particulars, ("Kaydı alan", taker)], "steps": _in_order(own),
        "duties": page.duties,
    }


def _steps(one: Proven, told: list[Told], stamp: Stamped | None) -> list[dict[str, str]]:
    """The story of a consent."""
    entry = one.entry
    refused = entry.status == Status.RET
    shown = prooftold.shown_at(one)
    own = [Told(entry.id, shown, "Metin gösterildi", "", "mute")] if shown else []
    written, *sealed = _kept(entry.id, one, entry.captured_at, stamp)
    return _in_order([
        *own,
        Told(entry.id, entry.consent_date, prooftold.chosen(one), Source(entry.source).tr,
             "ret" if refused else "accent"),
        *(step for step in told if step.duty in ("code", "verified")), written,
        *(step for step in told if step.duty not in ("code", "verified")), *sealed])


def _kept(number: int, one: Proven | Beside, captured: datetime, stamp: Stamped | None
          ) -> list[Told]:
    """That a record was written, sealed, and covered by a stamp."""
    found = [Told(number, captured, "İleti’nin defterine yazıldı", f"kayıt {one.record}", "mute"),
             Told(number, one.seal.sealed_at,
                  f"{one.seal.number} numaralı mühürle mühürlendi", "", "seal")]
    if stamp is not None and stamp.judged.at is not None:
        words = _stamp_words(stamp)
        found.append(Told(number, stamp.judged.at, "Mührü örten damga alındı",
                          f"{words['signer']} · {words['label']}", "seal"))
    return found


def _in_order(steps: list[Told]) -> list[dict[str, str]]:
    """In order of time; what is of one second keeps the order of cause."""
    return [{"at": moment(step.at), "title": drawable(step.title), "facts": drawable(step.facts),
             "tone": step.tone, "code": drawable(step.code)}
            for step in sorted(steps, key=lambda step: step.at.replace(microsecond=0))]


def _around(made: Bundle) -> dict[str, Any]:
    """Names that no claim holds: provider, brands, and who took each record."""
    provider_id = made.provider_id
    rows = [one.entry if isinstance(one, Proven) else one.row for one in made.records]
    with db.transaction() as conn:
        provider = conn.execute(
            "select title, mersis, iys_code::text from provider where id = %s",
            (provider_id,)).fetchone()
        brands = conn.execute("select id, name, brand_code from brand where provider_id = %s",
                              (provider_id,)).fetchall()
        dealers = conn.execute(
            "select id, title, retailer_code from dealer where provider_id = %s and id = any(%s)",
            (provider_id, [one.dealer_id for one in rows if one.dealer_id])
        ).fetchall()
        actors = conn.execute(
            "select s.id, s.actor_kind, concat_ws(' ', u.first_name, u.last_name) "
            "from submission s left join ab_user u on s.actor_kind = %s and u.id = s.actor_id "
            "where s.provider_id = %s and s.id = any(%s)",
            (int(ActorKind.USER), provider_id, list({one.submission_id for one in rows}))
        ).fetchall()
    assert provider is not None
    names = {number: drawable(title) + (f" (bayi {code})" if code else "")
             for number, title, code in dealers}
    who = {number: (ActorKind(kind), drawable(name)) for number, kind, name in actors}
    return {
        "provider": {"title": drawable(provider[0]), "mersis": drawable(provider[1] or ""),
                     "code": provider[2]},
        "brands": {number: (drawable(name), code) for number, name, code in brands},
        "takers": {one.id: _taker(who[one.submission_id], names.get(one.dealer_id or 0))
                   for one in rows},
    }


def _taker(actor: tuple[ActorKind, str], dealer: str | None) -> str:
    kind, name = actor
    said = {
        ActorKind.VISITOR: "kişinin kendisi, formda", ActorKind.API: "sağlayıcının yazılımı",
        ActorKind.IYS: "İYS", ActorKind.SYSTEM: "İleti, kendiliğinden",
        ActorKind.USER: f"panel kullanıcısı {name}" if name else "panel kullanıcısı",
    }[kind]
    return f"{said} · {dealer}" if dealer else said


def _people(made: Bundle) -> list[tuple[str, str]]:
    """Name and addresses of each person, in the records' order; an address without a name is told
    where no record names its owner."""
    found: dict[str, list[str]] = {}
    for one in made.records:
        addresses = found.setdefault(prooftold.name_of(one), [])
        if (address := prooftold.address_of(one)) not in addresses:
            addresses.append(address)
    named = {address for name, some in found.items() if name for address in some}
    told = [(name or "Adı kayıtta yok", [one for one in some if name or one not in named])
            for name, some in found.items()]
    return [(name, " · ".join(addresses)) for name, addresses in told if addresses]


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


def _is_named(found: Judged) -> bool:
    """Whether a stamp holds for an authority that the installation names, and is no trial's."""
    return found.verdict is Verdict.VALID and TRIAL not in str(found.signer)


def _stamp_words(stamp: Stamped | None) -> dict[str, Any]:
    if stamp is None:
        return {"label": "henüz damgalanmadı", "signer": "", "at": "", "over": "", "file": "",
                "why": "Mührü örten bir damga yok; kaydın ne zaman var olduğunu yalnız bu "
                       "kurulumun saati söyler.", "named": False}
    found = stamp.judged
    named = _is_named(found)
    trial = found.verdict is Verdict.VALID and not named
    return {
        "label": NAMED if named else NOT_IN_LAW, "named": named,
        "signer": drawable(found.signer or "imzalayan okunamadı"),
        "at": moment(found.at) if found.at else "okunamadı", "over": str(stamp.over.number),
        "file": stamp.name, "why": _TRIAL if trial else _WHY.get(
            found.verdict, "Damga denetimden GEÇMEDİ."),
    }


def _digests(made: Bundle, stamps: dict[int, Stamped | None]) -> dict[str, Any]:
    """Everything that can be compared with the files."""
    seals = {one.seal.number: one.seal for one in made.records}
    seals |= {one.over.number: one.over for one in stamps.values() if one is not None}
    return {
        "files": [(name, sha256(held).hexdigest()) for name, held in sorted(made.files.items())],
        "records": [(one.record, sha256(canonical_json(one.parts["claim"])).hexdigest(),
                     one.parts["leaf"]) for one in made.records],
        "seals": [(str(number), moment(one.sealed_at), one.root.hex(), one.digest.hex())
                  for number, one in sorted(seals.items())],
    }
