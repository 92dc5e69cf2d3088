"""Where imported data comes from, on what ground, with which proof: asked before anything is read.

Why this module exists: data that came from elsewhere needs a ground and a notice (Tebliğ m.5–6),
advertising to bought lists must stop and may be a crime (R-61), and whoever relies on a consent
must prove it (R-46). So every import states its origin, the statement stands in the evidence of
each entry, and "purchased" is refused whatever else is stated.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from ileti.core.errors import FieldError, InvalidInput, RuleBroken

LONGEST: Final = 1_000
_SHORTEST: Final = 10


class Origin(StrEnum):
    """Where the list comes from."""

    CUSTOMERS = "customers"
    FORMS = "forms"
    OTHER_SYSTEM = "other_system"
    IYS = "iys"
    TAKEOVER = "takeover"
    PARTNER = "partner"
    PURCHASED = "purchased"

    @property
    def tr(self) -> str:
        """The Turkish label."""
        return _LABELS[self][0]

    @property
    def en(self) -> str:
        """The English label."""
        return _LABELS[self][1]


_LABELS: Final = {
    Origin.CUSTOMERS: ("Kendi müşterilerimiz", "Our own customers"),
    Origin.FORMS: ("Toplanmış formlar", "Forms we collected"),
    Origin.OTHER_SYSTEM: ("Önceki izin sistemimiz", "Our former consent system"),
    Origin.IYS: ("İYS’den alınmış liste", "A list obtained from İYS"),
    Origin.TAKEOVER: ("Devir ya da birleşme", "Takeover or merger"),
    Origin.PARTNER: ("İş ortağı, açık rızayla", "A partner, with explicit consent"),
    Origin.PURCHASED: ("Satın alınmış liste", "A purchased list"),
}


@dataclass(frozen=True)
class Statement:
    """What a person states about an import. ``proof_attached``: that they hold the proof of every
    row (recordings, mails) elsewhere, so that no row waits for the file it names. It is a word and
    no file: who gave it and when stands in the evidence (:func:`ileti.imports.runs.state_origin`),
    a signature on paper waits for its scan all the same (R-09), no refusal is overturned by it
    (R-32), and whoever tells a proof says so (:mod:`ileti.imports.declared`)."""

    origin: Origin
    ground: str
    proof: str
    notice: str
    proof_attached: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the database and the evidence."""
        return asdict(self) | {"origin": self.origin.value}


def state(given: dict[str, Any]) -> Statement:
    """Check a statement. Raises InvalidInput naming the fields, RuleBroken for bought data."""
    faults = []
    try:
        origin = Origin(str(given.get("origin") or ""))
    except ValueError:
        origin = Origin.CUSTOMERS
        faults.append(FieldError("origin", "missing", "Verinin nereden geldiğini seçin.",
                                 "Choose where the data comes from."))
    if origin is Origin.PURCHASED and not faults:
        raise RuleBroken(
            "Satın alınmış listeler aktarılmaz: izinler kişilerden sizin adınıza alınmamıştır ve "
            "hukuka aykırı elde edilmiş veri suç oluşturabilir (R-61, TCK 136).",
            "Purchased lists are not imported: the consents were not given to you, and data "
            "obtained unlawfully may be a crime (R-61, Turkish Penal Code 136).",
            code="purchased", rule="R-61")
    asked = {
        "ground": ("Hukuki dayanağı yazın, örneğin üyelik sözleşmesindeki ETK onayı.",
                   "Write the legal ground, for example the consent in the membership form."),
        "proof": ("Kanıtların nerede durduğunu yazın.", "Write where the proofs are kept."),
        "notice": ("Kişilerin nasıl ve ne zaman bilgilendirildiğini ya da bilgilendirileceğini "
                   "yazın.", "Write how and when the people were or will be informed."),
    }
    texts = {}
    for name, (tr, en) in asked.items():
        texts[name] = " ".join(str(given.get(name) or "").split())
        if not _SHORTEST <= len(texts[name]) <= LONGEST:
            faults.append(FieldError(name, "missing", tr, en))
    if faults:
        raise InvalidInput(errors=tuple(faults))
    return Statement(origin, proof_attached=bool(given.get("proof_attached")), **texts)
