"""The proof of some consents as one file, for somebody who does not believe us (R-23, R-69).

Why this module exists: whoever has to show a consent in court hands over what was said, what was
shown and who vouches for it, and nothing about anybody else. Of each record the bundle holds its
claim with all parts, the salt of its leaf, the path to the root of its seal, the seals from there
to one that is time-stamped, the stamp, and what checks all of it: a program
(:mod:`ileti.evidence.verifier`) and a page that does the same in a browser (``verify.html``).
Records of other kinds come from the rooms that know them: those that belong to a consent
(:func:`proves`) and those that are asked for themselves (``others``). Higher floors add files of
their own (:func:`attaches`): what İYS answered, a page to read. The format: docs/proof-bundle.md.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files as resources
from typing import IO, Any, Final

import psycopg

from config import settings
from ileti.consents import consentreceipt, prooffiles, proofpage, prooftexts
from ileti.consents.audit import gone_of
from ileti.consents.bundled import Beside, Bundle, Found, Proven, Sealable
from ileti.consents.claims import Claims, Entry, Unreadable, read_these
from ileti.consents.numbers import record_number
from ileti.consents.places import not_as_sealed, places, readable
from ileti.core import db
from ileti.core.errors import Conflict, Gone, NotFound
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.evidence import seal, stamping
from ileti.evidence.authorities import trusted_pem
from ileti.evidence.leaf import canonical_claim, canonical_json, iso_utc, micros_of
from ileti.evidence.paper import NotSet
from ileti.evidence.stamping import Stamp

log = get_logger("ileti.consents")

FORMAT: Final = 1
MOST: Final = 2_000
RECEIPT: Final = "receipt.jsonld"
# Entries of one bundle are alike to the second: nobody learns from it when it was zipped.
_TIME: Final = (1980, 1, 1, 0, 0, 0)


#: records of another kind that are asked for themselves; called inside a transaction, it raises
#: NotFound, Gone, and Conflict for one that is not as it was sealed
Others = Callable[["psycopg.Connection[Any]"], list[Found]]
Finder = Callable[["psycopg.Connection[Any]", Sequence[Entry]], list[Found]]
_finders: list[Finder] = []


def proves(finder: Finder) -> Finder:
    """Register records of another kind that belong to entries; called inside a transaction, it
    raises Conflict for one that is not as it was sealed and leaves out what is erased."""
    if finder not in _finders:
        _finders.append(finder)
    return finder


Attacher = Callable[[Sequence[Proven]], dict[str, bytes]]
_attachers: list[Attacher] = []


def attaches(attacher: Attacher) -> Attacher:
    """Register files that belong to records: their names in the bundle, and content."""
    if attacher not in _attachers:
        _attachers.append(attacher)
    return attacher


def build(provider_id: int, entry_ids: Sequence[int], more: Mapping[str, bytes] | None = None,
          others: Others | None = None, *, found: bool = True) -> Bundle:
    """The bundle of a provider's entries, with ``others`` and ``more`` files beside. ``found``
    False: nothing is looked for that belongs to the entries, because whoever asks for ``others``
    has named it within its own reach. Raises NotFound, Conflict while one of them waits for its
    seal, Gone when one can no longer be put together (the person is erased)."""
    if len(entry_ids) > MOST:
        raise _too_large()
    proven = _prove(provider_id, entry_ids)
    made = Bundle(provider_id, proven, beside=_beside(
        [one.entry for one in proven], others, _finders if found else ()))
    if not made.records:
        raise NotFound()
    for number, one in enumerate(made.records, 1):
        made.files[f"entries/{number:04}.json"] = readable(one.parts)
    if proven:
        made.files[RECEIPT] = readable(consentreceipt.receipt(
            provider_id, [one.entry.id for one in proven]))
    prooftexts.add(made)
    prooffiles.add(made, provider_id)
    _chain(made)
    for attacher in _attachers if proven else ():
        made.files |= attacher(proven)
    made.files |= more or {}
    for name, source in (("verify.py", "verifier.py"), ("verify.html", "verify.html")):
        made.files[name] = resources("ileti.evidence").joinpath(source).read_bytes()
    made.files["README.txt"] = _README.encode()
    made.files |= _pages(made)
    return made


def _too_large() -> Conflict:
    return Conflict(f"Bir pakete en çok {MOST} kayıt girer.",
                    f"A bundle holds at most {MOST} records.", code="bundle_too_large")


def write(bundle: Bundle, file: IO[bytes]) -> None:
    """The bundle as a zip; its index comes first, signed: what stands under no seal is our word,
    and nobody else's may look like it."""
    body = {
        "entries": len(bundle.records), "links": len(bundle.links),
        "format": FORMAT, "made": iso_utc(bundle.made),
        "records": [one.record for one in bundle.records], "left": bundle.left,
        "files": {name: sha256(content).hexdigest() for name, content in bundle.files.items()},
    }
    index = canonical_json(body | {"signature": consentreceipt.sign(body) | {
        "key": secrets().receipts.public}})
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in [("bundle.json", index), *sorted(bundle.files.items())]:
            archive.writestr(zipfile.ZipInfo(name, _TIME), content)


def _pages(made: Bundle) -> dict[str, bytes]:
    """The bundle as pages; a word in their place when they cannot be set: the proof itself does not
    wait for them."""
    try:
        return {proofpage.NAME: proofpage.page(made)}
    except NotSet as error:
        log.error("proof_pages_not_set", records=len(made.records), why=str(error))
        return {"kanit-pdf-yok.txt": _NO_PAGES.encode()}


def _prove(provider_id: int, entry_ids: Sequence[int]) -> list[Proven]:
    if not entry_ids:
        return []
    with db.transaction() as conn:
        entries = read_these(conn, provider_id, entry_ids)
        if len(entries) != len(set(entry_ids)):
            raise NotFound()
        claims = Claims(conn)
        claims.prepare(entries)
        parts = [_parts(one, claims) for one in entries]
        _add_texts(conn, entries, parts)
    placed = places(entries)
    return [Proven(one, said["record"], said | placed[one.at][1], placed[one.at][0])
            for one, said in zip(entries, parts, strict=True)]


def _beside(entries: Sequence[Entry], others: Others | None, finders: Iterable[Finder]
            ) -> list[Beside]:
    """What other rooms have to prove of these entries, and what was asked for beside them: each
    once, with its text, seal and path."""
    with db.transaction() as conn:
        asked = others(conn) if others is not None else []
        some = {one.row.id: one for finder in finders if entries for one in finder(conn, entries)}
        found = sorted((some | {one.row.id: one for one in asked}).values(),
                       key=lambda one: (one.row.epoch, one.row.at))
        if len(entries) + len(asked) > MOST:
            raise _too_large()
        _add_texts(conn, [one.row for one in found], [one.parts for one in found])
    placed = places([one.row for one in found]) if found else {}
    return [Beside(one.row, one.record, one.parts | placed[one.row.at][1], one.tell,
                   placed[one.row.at][0]) for one in found]


def _parts(one: Entry, claims: Claims) -> dict[str, Any]:
    """The claim with what it is made of."""
    if gone_of(one, claims) is not None or one.leaf_key is None:
        raise Gone("Bu kaydın sahibi silinmiş; kanıtı artık kurulamaz.",
                   "The person of this record is erased; its proof can no longer be put together.",
                   code="erased")
    try:
        claim, said = claims.claim(one), claims.said(one)
        if not claims.fits(one):
            raise Unreadable("leaf")
    except Unreadable as unreadable:
        raise not_as_sealed(record_number(one.id), unreadable.part) from unreadable
    return {
        "record": record_number(one.id), "claim": json.loads(canonical_claim(claim)),
        "captured": iso_utc(one.captured_at), "capturedMicros": micros_of(one.captured_at),
        "evidence": said.evidence_json, "person": json.loads(said.person_json),
        "salt": sha256(one.leaf_key + one.id.to_bytes(8, "big")).hexdigest(),
        "leaf": one.leaf.hex(),
    }


def _add_texts(conn: Any, entries: Sequence[Entry | Sealable],
               parts: list[dict[str, Any]]) -> None:
    wanted = {one.text_id for one in entries if one.text_id is not None}
    rows = conn.execute(
        "select v.id, d.kind, d.channel, v.language, v.title, v.body, v.version, v.published_at "
        "from document_version v join document d on d.id = v.document_id where v.id = any(%s)",
        (list(wanted),)).fetchall()
    texts = {row[0]: row[1:] for row in rows}
    for one, said in zip(entries, parts, strict=True):
        if one.text_id is None:
            continue
        kind, channel, language, title, body, version, published = texts[one.text_id]
        said["text"] = prooftexts.parts_of(kind, channel, language, title, body)
        said["textVersion"] = {"version": version, "published": iso_utc(published)}


def _stamps(wanted: Sequence[int]) -> dict[int, Stamp]:
    """The stamp that covers each seal. The newest seal is stamped now when one of them has none:
    a bundle is worth what somebody else vouches for. Raises Conflict when some are covered and
    others cannot be; without an authority none is."""
    found = stamping.stamps_over(wanted)
    last = seal.newest()
    if len(found) < len(wanted) and last is not None and settings().stamp_service:
        try:
            stamping.ask(last)
        except stamping.NoStamp as error:
            log.warning("bundle_not_stamped", why=error.en)
        found = stamping.stamps_over(wanted)
    if found and len(found) < len(wanted):
        raise Conflict(
            "Kayıtların bir bölümünün zaman damgası henüz yok; birkaç dakika sonra yeniden "
            "deneyin.",
            "Some of the records have no time stamp yet; try again in a few minutes.",
            code="not_stamped_yet")
    return found


def _chain(made: Bundle) -> None:
    """From each record's seal to the first that is stamped, with the stamps."""
    numbers: set[int] = set()
    wanted = sorted({one.seal.number for one in made.records}
                    | {one.seal.number for one in made.links})
    stamps = _stamps(wanted)
    tokens = stamping.tokens_of(stamps.values())
    for number in wanted:
        stamp = stamps.get(number)
        numbers |= set(range(number, (stamp.number if stamp else number) + 1))
        if stamp is not None:
            made.files[f"stamps/{stamp.number:09}.tsr"] = tokens[stamp.id]
            made.stamped = True
    made.files["seals/chain.jsonl"] = b"".join(
        header.canonical() + b"\n" for first, last in _stretches(sorted(numbers))
        for header in seal.chain(first, last))
    authorities = trusted_pem()
    if authorities and made.stamped:
        made.files["stamps/authorities.pem"] = authorities


def _stretches(numbers: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


_NO_PAGES: Final = """\
Okunacak sayfalar (kanit.pdf) bu paket için hazırlanamadı. Kanıt eksik değildir: sayfalar yalnızca
buradaki dosyaları anlatır. verify.py paketi onlarsız denetler.

The pages to read (kanit.pdf) could not be made for this bundle. The proof lacks nothing: the pages
only tell what these files hold. verify.py checks the bundle without them.
"""

_README: Final = """\
İLETİ · KANIT PAKETİ

Bu paket, kayıtlı ticari ileti izinlerinin, gösterilen aydınlatmaların ve açık rızaların kanıtıdır:
kimin, ne zaman, hangi metni görerek ne seçtiği (entries/), formda duran bütün metinler (texts/),
bunların sonradan değiştirilmediğini gösteren mühürler (seals/) ve zaman
damgaları (stamps/). Okumak için kanit.pdf ile başlayın.

Denetlemek için İleti'ye güvenmeniz ya da internete bağlanmanız gerekmez. verify.html dosyasını bir
tarayıcıda açıp paketi seçin, ya da Python ve openssl ile:

    python3 verify.py PAKET.zip --ca MAKAMLAR.pem --tr

MAKAMLAR.pem, güvendiğiniz zaman damgası makamlarının (örneğin Kamu SM) sertifikalarıdır; makamın
kendi sitesinden alın. verify.html ve verify.py dosyalarını da bu paketten değil, İleti'nin
yayımlanan kaynağından alırsanız paketi hazırlayana hiç güvenmemiş olursunuz.

Mühürlerin kapsamadığı (okunacak sayfalar, İYS'in yanıtları, kişinin ve iletilerin dosyaları)
şirketin sözüdür; imzası bundle.json içindedir ve kayıtların mühürlerinin andığı anahtarla
atılmıştır. Denetleyici neyin kanıtlanmadığını "?" ile söyler.

Paket kişisel veri içerir; yalnızca kanıt olarak kullanın.


İLETİ · PROOF BUNDLE

This bundle proves recorded consents to commercial messages, privacy notices that were shown, and
explicit consents: who chose what, when, seeing which text (entries/), all texts of the form
(texts/), the seals that show nothing was changed afterwards (seals/), and time stamps (stamps/). To
read it, begin with kanit.pdf (Turkish).

To check it you need neither trust İleti nor be online. Open verify.html in a browser and choose the
bundle, or with Python and openssl:

    python3 verify.py BUNDLE.zip --ca AUTHORITIES.pem

AUTHORITIES.pem holds the certificates of the time stamp authorities you trust; take them from the
authority itself. Take verify.html and verify.py from İleti's published source rather than from this
bundle, and you need not trust whoever made it at all.

What no seal covers (the pages, İYS's answers, files of person and messages) is the company's word,
signed in bundle.json with the key that the records' seals name. What is not proven is marked "?".

The bundle holds personal data; use it as proof only.
"""
