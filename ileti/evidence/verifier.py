#!/usr/bin/env python3
"""Checks a proof bundle of İleti without trusting İleti: Python's standard library and openssl.

Why this module exists: a proof that only its maker can check is none. This one file is put into
every bundle as ``verify.py`` and runs anywhere with Python 3.8 or later::

    python3 verify.py kanit.zip [--ca authorities.pem] [--against seals.jsonl] [--keys keys.json]

It imports nothing of İleti. What it asks, per record: do its parts have the digests that its claim
names; is its leaf that of its claim, under its salt; does its path lead to the root of its seal;
does each seal stand on the one before, up to one that a time stamp covers; is that stamp over it,
and (openssl) signed by an authority; was it there soon after the moment it names, or is the stamp
alone its date; is every file a record names here. Of the rest, which stands
under no seal (numbers, pages, İYS's answers): is it signed, by the key that the records' own seals
or whoever checks name. Format: docs/proof-bundle.md.

Exit code 0: everything holds and somebody outside vouches for it; 4: what the seals cover holds,
the rest is not proven; 3: the parts fit each other, but nothing outside was compared (who makes
everything up can make that up too); 1: something does not hold, the first wrong record is named;
2: this is no bundle.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Collection
from decimal import Decimal
from itertools import accumulate
from typing import Any, NamedTuple

INDEX = "bundle.json"
CHAIN = "seals/chain.jsonl"
LARGEST = 2 << 30
# Where evidence names files of the list a record came with, its own files, texts of its form.
LISTS = ("origin.files.sha256",)
OWN = ("file.sha256", "recording.sha256")
TEXTS = ("texts.hash", "privacy.notice.hash", "privacy.texts.hash")
DEEPEST = 200
SIGNATURE = "signature"
SHA_256, SHA_384 = (bytes.fromhex("6086480165030402" + end) for end in ("01", "02"))
# The field and the group of Ed25519 (RFC 8032 §5.1).
P = 2 ** 255 - 19
ORDER = 2 ** 252 + 27742317777372353535851937790883648493
# A record is sealed seconds after it was taken; clocks may differ by so much, and so long may a
# seal or a stamp be late before it is the record's only date.
APART, LATE = dt.timedelta(minutes=5), dt.timedelta(days=2)
CURVE = -121665 * pow(121666, P - 2, P) % P
_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_HEX = re.compile(r"[0-9a-f]{64}\Z")
_SIGNED = re.compile(r"[A-Za-z0-9+/]{86}==\Z")
_KEY = re.compile(r"[A-Za-z0-9+/]{43}=\Z")
_NAME = re.compile(r"[A-Za-z0-9_\-]+(/[A-Za-z0-9_.\-]+)*(\.[A-Za-z0-9]+)?\Z")


class NoBundle(Exception):
    """The file is no bundle, or none that this version reads."""


class Said(NamedTuple):
    """One answer: whether it holds, what it is about, in Turkish and in English; ``outside``:
    somebody who is not in the bundle vouches for it; ``unproven``: nothing speaks against it, and
    nobody vouches."""

    good: bool
    about: str
    tr: str
    en: str
    outside: bool = False
    unproven: bool = False


class Wrong(Exception):
    """Something does not hold."""

    def __init__(self, tr: str, en: str) -> None:
        super().__init__(en)
        self.tr, self.en = tr, en


def canonical(content: Any) -> bytes:
    """RFC 8785 JSON; ValueError for what has none (half a character, no number)."""
    return _written(content).encode()


def _written(content: Any) -> str:
    if isinstance(content, dict):
        members = sorted(content.items(), key=lambda one: one[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_written(name)}:{_written(one)}" for name, one in members) + "}"
    if isinstance(content, list):
        return "[" + ",".join(map(_written, content)) + "]"
    if isinstance(content, float):
        return _fraction(content)
    return json.dumps(content, ensure_ascii=False)


def _fraction(number: float) -> str:
    """As ECMAScript writes it: the shortest digits, 1e+21 and 1e-7 with an exponent."""
    sign, parts, exponent = Decimal(repr(number)).as_tuple()
    if not isinstance(exponent, int):
        raise ValueError("no number")
    digits = "".join(map(str, parts)).rstrip("0")
    point = len(parts) + exponent
    if not digits:
        return "0"
    minus = "-" if sign else ""
    if not -6 < point <= 21:
        tail = f".{digits[1:]}" if digits[1:] else ""
        return f"{minus}{digits[0]}{tail}e{point - 1:+d}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    whole = digits[:point].ljust(point, "0")
    return minus + whole + (f".{digits[point:]}" if digits[point:] else "")


def digest(content: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(content).digest()


def strict(text: bytes) -> Any:
    """JSON in UTF-8 without a name twice in one object, nested 200 deep at most."""
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise NoBundle("a name stands twice in one object")
        return found

    try:  # int refuses NaN and Infinity, the only constants there are
        content = json.loads(text.decode(), object_pairs_hook=once, parse_constant=int)
        if _depth(text.decode()) > DEEPEST:
            raise ValueError("too deep")
    except (ValueError, RecursionError) as error:
        raise NoBundle(f"not JSON: {error}") from None
    return content


def _depth(text: str) -> int:
    """How many brackets are open at once."""
    return max(accumulate(1 if sign in "[{" else -1 if sign in "]}" else 0
                          for sign in _SIGN.findall(text)), default=0)


def _bytes32(value: Any) -> bytes:
    if not isinstance(value, str) or not _HEX.match(value):
        raise Wrong("özet yerinde özet olmayan bir şey var", "something that is no digest")
    return bytes.fromhex(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Wrong("sayı yerinde sayı olmayan bir şey var", "something that is no whole number")
    return value


def leaf_of(entry: dict[str, Any]) -> bytes:
    """The leaf that follows from an entry's claim, salt and time of capture."""
    micros = _whole(entry["capturedMicros"])
    return digest(_bytes32(entry["salt"]) + digest(canonical(entry["claim"]))
                  + micros.to_bytes(8, "big", signed=True))


def second_of(micros: int) -> str:
    """A time in microseconds since 1970 as bundles write it, in whole seconds."""
    try:
        at = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(
            seconds=micros // 1_000_000)
    except OverflowError:
        return ""
    return at.isoformat()[:19] + "Z"


def leads(leaf: bytes, place: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that the path leads to (RFC 9162 §2.1.3.2); None when it leads nowhere."""
    if not 0 <= place < size:
        return None
    here, last, made = place, size - 1, digest(b"\x00" + leaf)
    for beside in path:
        if last == 0:
            return None
        if here & 1 or here == last:
            made = digest(b"\x01" + beside + made)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            made = digest(b"\x01" + made + beside)
        here, last = here >> 1, last >> 1
    return made if last == 0 else None


def check_entry(entry: dict[str, Any], seals: dict[int, dict[str, Any]]) -> None:
    """Raises Wrong when a part, the leaf or the path of an entry does not hold."""
    claim = entry["claim"]
    if digest(canonical(entry["evidence"])).hex() != claim["evidence"]:
        raise Wrong("kanıtı (ne gösterildi, nereden alındı) beyanındaki özete uymuyor",
                    "its evidence (what was shown, where it was taken) is not what it claims")
    person, text = entry.get("person"), entry.get("text")
    if person is None and claim["person"] is not None:
        raise Wrong("kişi bilgisi pakette yok", "its person is missing")
    if person is not None and digest(canonical(person)).hex() != claim["person"]:
        raise Wrong("kişi bilgisi beyanındaki özete uymuyor", "its person is not what it claims")
    if text is not None and digest(canonical(text)).hex() != claim["text"]:
        raise Wrong("gösterilen metin beyanındaki özete uymuyor",
                    "the text shown is not what it claims")
    if text is None and claim["text"] is not None:
        raise Wrong("gösterilen metin pakette yok", "the text shown is missing")
    check_sealed(entry, seals)


def check_sealed(entry: dict[str, Any], seals: dict[int, dict[str, Any]]) -> None:
    """Raises Wrong when the leaf is not that of the claim, or the path leads elsewhere."""
    leaf = leaf_of(entry)
    if leaf.hex() != entry["leaf"]:
        raise Wrong("beyanı taahhüdüne uymuyor", "its claim is not what its leaf commits to")
    if entry["captured"] != second_of(entry["capturedMicros"]):
        raise Wrong("alındığı an mühürlenen an değil",
                    "the time of its capture is not the one that was sealed")
    seal = seals.get(_whole(entry["seal"]))
    if seal is None:
        raise Wrong("mührü pakette yok", "its seal is missing")
    if _moment(entry["captured"]) > _moment(seal["at"]) + APART:
        raise Wrong("mühründen sonra alınmış görünüyor", "it says it was taken after its seal")
    place, leaves, path = _whole(entry["place"]), _whole(seal["leaves"]), entry["path"]
    if not isinstance(path, list):
        raise TypeError("path")
    root = leads(leaf, place, leaves, [_bytes32(one) for one in path])
    if root is None or root.hex() != seal["root"]:
        raise Wrong(f"{entry['seal']} numaralı mührün köküne götürmüyor",
                    f"it does not lead to the root of seal {entry['seal']}")


def read_chain(content: bytes) -> dict[int, dict[str, Any]]:
    """Seals by number; raises Wrong at the first that does not stand on the one before. A gap in
    the numbers begins another stretch, which needs a stamp of its own."""
    seals: dict[int, dict[str, Any]] = {}
    last, before = 0, b""
    for line in content.splitlines():
        seal = strict(line)
        number = _whole(seal["number"])
        if canonical(seal) != line:
            raise Wrong(f"{number} numaralı mühür kurala göre yazılmamış",
                        f"seal {number} is not in canonical form")
        if number <= last or (number == last + 1 and last and
                              seal["previous"] != digest(before).hex()):
            raise Wrong(f"{number} numaralı mühür kendinden öncekine bağlı değil",
                        f"seal {number} does not stand on the one before it")
        seals[number], last, before = seal, number, line
    if not seals:
        raise Wrong("pakette mühür yok", "there are no seals")
    return seals


def _moment(text: Any) -> dt.datetime:
    """A time as seals write it; ValueError for anything else."""
    if not isinstance(text, str) or len(text) != 20:
        raise ValueError("no moment as seals write it")
    return dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.timezone.utc)


def covering(number: int, seals: dict[int, dict[str, Any]], stamped: Collection[int]) -> int | None:
    """The stamped seal to which seals lead from this one without a gap; None when there is none."""
    while number in seals and number not in stamped:
        number += 1
    return number if number in seals else None


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            if not 0 < count < 5:
                raise ValueError("no definite length")
            size, at = int.from_bytes(data[at:at + count], "big"), at + count
        if at + size > len(data):
            raise ValueError("too long")
        found.append((tag, data[at:at + size]))
        at += size
    return found


def stamp_says(token: bytes, over: bytes = SHA_256) -> tuple[bytes, dt.datetime]:
    """The imprint (of the algorithm ``over``) and the time in an RFC 3161 reply; ValueError for
    anything else. Whether it is signed is openssl's question."""
    try:
        reply = _parts(_parts(token)[0][1])
        signed = _parts(_parts(_parts(reply[1][1])[1][1])[0][1])
        content = _parts(_parts(signed[2][1])[1][1])[0][1]
        info = _parts(_parts(content)[0][1])
        algorithm, imprint = (part[1] for part in _parts(info[2][1]))
        said = next(part[1] for part in info if part[0] == 0x18).decode("ascii")
    except (IndexError, StopIteration, UnicodeDecodeError) as error:
        raise ValueError("not a time stamp") from error
    if _parts(algorithm)[0][1] != over:
        raise ValueError("over another kind of digest")
    whole = said.rstrip("Z").partition(".")[0]
    if len(whole) != 14:
        raise ValueError("no moment")
    return imprint, dt.datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=dt.timezone.utc)


def check_signature(token: bytes, header: bytes, ca: bytes, at: dt.datetime) -> str | None:
    """What openssl says against the stamp; None when it takes it. Certificates have to be valid at
    the time of the stamp, not today: a proof lives longer than they do (R-46)."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("seal", header), ("tsr", token), ("ca", ca)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        told = _openssl(folder, "-attime", str(int(at.timestamp())))
        if told is not None and "attime" in told:  # LibreSSL does not know it and asks for today
            told = _openssl(folder)
    return told


def _openssl(folder: str, *more: str) -> str | None:
    said = subprocess.run(  # noqa: S603 - our own arguments
        ["openssl", "ts", "-verify", "-data", "seal", "-in", "tsr", "-CAfile", "ca", *more],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60)
    told = said.stdout.decode("utf-8", "replace")
    return None if "Verification: OK" in told and said.returncode == 0 else told.strip()[-300:]


def check_stamp(name: str, token: bytes, seals: dict[int, dict[str, Any]],
                ca: bytes | None, *, outside: bool) -> Said:
    """Whether a stamp is over its seal, and signed by one of ``ca``; ``outside``: those were named
    by whoever checks, not by the bundle."""
    seal = seals.get(_number(name))
    if seal is None:
        return Said(False, name, "bu numarada mühür yok", "there is no seal of this number")
    header = canonical(seal)
    try:
        imprint, at = stamp_says(token)
    except ValueError:
        return Said(False, name, "zaman damgası okunamıyor", "the time stamp cannot be read")
    if imprint != digest(header):
        return Said(False, name, "zaman damgası bu mührün değil",
                    "the time stamp is over something else")
    try:
        sealed = _moment(seal.get("at"))
    except ValueError:
        return Said(False, name, "mühür okunamıyor", "the seal cannot be read")
    if at < sealed - APART:
        return Said(False, name, "zaman damgası mühürden eski", "the stamp is older than the seal")
    when = at.strftime("%Y-%m-%d %H:%M:%S UTC")
    if ca is None or shutil.which("openssl") is None:
        why = (("makam sertifikası verilmedi (--ca)", "no authority was named (--ca)")
               if ca is None else ("openssl yok", "there is no openssl"))
        return Said(True, name, f"bu mührün damgası, {when}; imzasına bakılmadı: {why[0]}",
                    f"over this seal, {when}; its signature was not checked: {why[1]}")
    told = check_signature(token, header, ca, at)
    if told is not None:
        return Said(False, name, f"damganın imzası geçerli değil: {told}",
                    f"the stamp's signature does not hold: {told}")
    return Said(True, name, f"zaman damgası geçerli, {when}", f"the time stamp holds, {when}",
                outside)


def read_bundle(path: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The index and the files; raises NoBundle."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if sum(one.file_size for one in archive.infolist()) > LARGEST:
                raise NoBundle("too large")
            if len(set(names)) != len(names) or INDEX not in names:
                raise NoBundle(f"no {INDEX}, or a name twice")
            for name in names:
                if not _NAME.match(name) or ".." in name:
                    raise NoBundle(f"a name that should not be there: {name!r}")
            files = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError,
            NotImplementedError) as error:
        raise NoBundle(str(error)) from error
    if not isinstance(index := strict(files.pop(INDEX)), dict) or index.get("format") != 1:
        raise NoBundle("another format; look for a newer verifier")
    return index, files


def check_files(index: dict[str, Any], files: dict[str, bytes]) -> list[Said]:
    """The list of hashes against the files."""
    listed = index["files"]
    if not isinstance(listed, dict):
        raise TypeError("files")
    said = [Said(False, name, "dosya listede yok", "the file is not in the list")
            for name in sorted(set(files) - set(listed))]
    for name in sorted(listed):
        if name not in files:
            said.append(Said(False, name, "dosya pakette yok", "the file is missing"))
        elif digest(files[name]).hex() != listed[name]:
            said.append(Said(False, name, "dosya değiştirilmiş", "the file was changed"))
    return said or [Said(True, INDEX, f"{len(listed)} dosyanın özeti tutuyor",
                         f"the digests of {len(listed)} files hold")]


def verify(path: str, *, ca: bytes | None = None, against: bytes | None = None,
           keys: bytes | None = None) -> list[Said]:
    """All answers, in the order in which they are asked; raises NoBundle."""
    index, files = read_bundle(path)
    try:
        said = check_files(index, files)
    except (KeyError, TypeError, AttributeError) as error:
        raise NoBundle("the index is incomplete") from error
    try:
        seals = read_chain(files.get(CHAIN, b""))
    except (Wrong, KeyError, TypeError, AttributeError, ValueError) as error:
        wrong = error if isinstance(error, Wrong) else Wrong(
            "mühürler okunamıyor", "the seals cannot be read")
        return [*said, Said(False, CHAIN, wrong.tr, wrong.en)]
    said.append(Said(True, CHAIN, f"{len(seals)} mühür birbirine bağlı",
                     f"{len(seals)} seals stand on each other"))
    holding: list[dict[str, Any]] = []
    said += _entries(index, files, seals, holding)
    said += _links(index, files, seals, holding) + _named(files, holding)
    said += _missing(index, files, holding) + _iys(files)
    stamps = _stamps(files, seals, ca)
    said += stamps + _dated(files, seals, holding, {
        _number(one.about): one.about for one in stamps if one.good and one.about.endswith(".tsr")})
    needed = _needed(files)
    said += [] if against is None else _against(against, seals, needed, ca is not None)
    return [*said, _signature(index, [seals[one] for one in needed if one in seals], keys)]


def named(entry: dict[str, Any], *ways: str) -> list[str]:
    """Digests that a record's evidence names in these ways (``LISTS``, ``OWN``, ``TEXTS``): members
    of objects within objects, the last of them of an object or of each in a list."""
    found = []
    for way in ways:
        said, *names = [entry["evidence"], *way.split(".")]
        for name in names[:-1]:
            said = said.get(name) if isinstance(said, dict) else None
        found += [one.get(names[-1]) for one in (said if isinstance(said, list) else [said])
                  if isinstance(one, dict)]
    return [one for one in found if isinstance(one, str)]


def _each(files: dict[str, bytes], folder: str, check: Callable[[dict[str, Any]], None],
          tr: str, en: str) -> tuple[list[Said], int]:
    """What does not hold of a folder's parts, and how many hold."""
    said, good = [], 0
    for name in sorted(one for one in files if one.startswith(folder)):
        try:
            part = strict(files[name])
            about = part["record"] if isinstance(part.get("record"), str) else name
            check(part)
            good += 1
        except Wrong as wrong:
            said.append(Said(False, about, wrong.tr, wrong.en))
        except (KeyError, TypeError, AttributeError, ValueError, NoBundle, OverflowError):
            said.append(Said(False, name, tr, en))
    return said, good


def _entries(index: dict[str, Any], files: dict[str, bytes], seals: dict[int, dict[str, Any]],
             holding: list[dict[str, Any]]) -> list[Said]:
    """Every record; ``holding`` gets those that hold."""
    def check(entry: dict[str, Any]) -> None:
        check_entry(entry, seals)
        holding.append(entry)
    said, good = _each(files, "entries/", check, "kayıt eksik ya da okunamıyor",
                       "the record is incomplete or cannot be read")
    if good + len(said) != index.get("entries"):
        said.append(Said(False, INDEX, "kayıt sayısı tutmuyor", "the number of records differs"))
    return said + _count("entries", good, "{} kayıt mühürlendiği gibi",
                         "{} records are as they were sealed")


def _count(about: str, number: int, tr: str, en: str) -> list[Said]:
    return [Said(True, about, tr.format(number), en.format(number))] if number else []


def _links(index: dict[str, Any], files: dict[str, bytes], seals: dict[int, dict[str, Any]],
           holding: list[dict[str, Any]]) -> list[Said]:
    """Every proof file of a record, and those of whole lists that records name themselves."""
    records = {entry["leaf"]: entry.get("record") for entry in holding}
    listed = {mark for entry in holding for mark in named(entry, *LISTS)}
    proofs = {digest(content).hex(): name for name, content in files.items()
              if name.startswith("proofs/")}
    linked = set()

    def check(link: dict[str, Any]) -> None:
        claim = link["claim"]
        if claim["entry"] not in records:
            raise Wrong("kanıt dosyası bu paketteki bir kayda bağlı değil",
                        "its proof file belongs to no record of this bundle")
        if claim["file"] not in proofs:
            raise Wrong("kanıt dosyası pakette yok", "its proof file is missing")
        check_sealed(link, seals)
        if link.get("record") != records[claim["entry"]]:
            raise Wrong("kanıt dosyası başka bir kaydın", "its proof file is another record's")
        linked.add(claim["file"])

    said, good = _each(files, "links/", check, "bağ eksik ya da okunamıyor",
                       "the link is incomplete or cannot be read")
    if good + len(said) != index.get("links", 0):
        said.append(Said(False, INDEX, "bağ sayısı tutmuyor", "the number of links differs"))
    said += [Said(False, name, "dosya hiçbir kayda bağlı değil", "the file belongs to no record")
             for mark, name in sorted(proofs.items(), key=lambda one: one[1])
             if mark not in linked and mark not in listed and not said]
    return [*said, *_count("links", good, "{} kanıt dosyası bağlandığı gibi",
                           "{} proof files are as they were linked"),
            *_count("lists", len(listed & set(proofs)),
                    "{} dosya, kayıtların adını andığı liste kanıtı",
                    "{} files prove whole lists, as the records themselves say")]


def _named(files: dict[str, bytes], holding: list[dict[str, Any]]) -> list[Said]:
    """Files and texts of forms have the digest of their name, which a record that holds names."""
    marks = {mark for entry in holding for mark in named(entry, *OWN, *TEXTS)}
    said, good = [], 0
    for name in sorted(one for one in files if one.startswith(("files/", "texts/"))):
        try:
            content = canonical(strict(files[name])) if name[0] == "t" else files[name]
        except (NoBundle, ValueError, OverflowError):
            content = b""
        mark = name[6:].partition(".")[0]
        if digest(content).hex() != mark:
            said.append(Said(False, name, "adının söylediği değil", "it is not what its name says"))
        elif mark not in marks:
            said.append(Said(False, name, "hiçbir kayıt bunu anmıyor", "no record names it"))
        else:
            good += 1
    return said + _count("files", good, "{} dosya ve form metni, kayıtların andığı",
                         "{} files and texts of forms are those that records name")


LEFT = {
    "size": ("boyutu nedeniyle kasada kalmış {} dosya",
             "{} files stay in the vault for their size"),
    "gone": ("kasada ve metinlerde bulunmayan {} dosya ya da metin",
             "{} files or texts are not in the vault or among the texts"),
    "foreign": ("kaydı getiren programın andığı {} dosya, burada saklanmıyor",
                "{} files that a program named are not kept here"),
}


def _missing(index: dict[str, Any], files: dict[str, bytes], holding: list[dict[str, Any]]
             ) -> list[Said]:
    """Files and texts that records name are here, or the index says why not."""
    here = {digest(content).hex() for name, content in files.items() if name.startswith("proofs/")}
    here |= {name[6:].partition(".")[0] for name in files if name.startswith(("files/", "texts/"))}
    here |= {entry["claim"]["text"] for entry in holding}
    named_by: dict[str, str] = {}
    for entry in holding:
        for mark in named(entry, *LISTS, *OWN, *TEXTS):
            if _HEX.match(mark) and mark not in here:
                record = entry.get("record")
                named_by.setdefault(mark, record if isinstance(record, str) else "?")
    told = index.get("left")
    if not isinstance(told, dict):  # as bundles were before they said so
        number = len(named_by)
        return [Said(True, "missing", f"kayıtların andığı {number} dosya ya da metin pakette yok",
                     f"{number} files or texts that records name are not in the bundle",
                     unproven=True)] if number else []
    why = {mark: told.get(mark) for mark in named_by}
    return [*(Said(False, mark, f"{named_by[mark]} numaralı kaydın andığı dosya pakette yok",
                   f"a file that record {named_by[mark]} names is missing")
              for mark in sorted(why) if not (isinstance(why[mark], str) and why[mark] in LEFT)),
            *(one for kind, (tr, en) in LEFT.items()
              for one in _count("missing", list(why.values()).count(kind), tr, en))]


def _iys(files: dict[str, bytes]) -> list[Said]:
    """İYS's time stamps are over the daily files whose digests its answers name."""
    stamped: dict[str, Said] = {}
    for name in sorted(one for one in files if one.startswith("iys/") and one.endswith(".json")):
        try:
            days = strict(files[name])["days"]
            if not isinstance(days, list):
                raise TypeError("days")
            for day in days:
                if day["stamp"]["file"] is not None:
                    about, wrong = day["stamp"]["file"], _iys_stamp(files, day)
                    stamped[about] = Said(False, about, *wrong) if wrong else stamped.get(
                        about, Said(True, about, "", ""))
        except (KeyError, TypeError, NoBundle, ValueError):
            stamped[name] = Said(False, name, "İYS yanıtı okunamıyor",
                                 "an answer of İYS cannot be read")
    said = [one for _, one in sorted(stamped.items()) if not one.good]
    said += [Said(False, name, "hiçbir İYS yanıtı bu damgayı anmıyor", "no answer of İYS names it")
             for name in sorted(files) if name.startswith("iys/") and name.endswith(".tsr")
             and name not in stamped]
    good = sum(one.good for one in stamped.values())
    return said + _count("iys", good, "İYS’in {} damgası, adı geçen günlük dosyanın; imzasına "
                         "bakılmadı", "{} stamps of İYS are over the daily files named; their "
                         "signatures were not checked")


def _iys_stamp(files: dict[str, bytes], day: dict[str, Any]) -> tuple[str, str] | None:
    """What is wrong with a day's stamp; that it did not hold when it came is no news."""
    stamp, wanted = day["stamp"], day["file"]["sha384"]
    if not isinstance(stamp["file"], str) or not isinstance(wanted, str):
        raise TypeError("stamp")
    if stamp["file"] not in files:
        return "İYS’in damgası pakette yok", "İYS's time stamp is missing"
    if stamp.get("verdict") not in ("VALID", "SIGNED", "STRANGER"):
        return None
    try:
        imprint = stamp_says(files[stamp["file"]], SHA_384)[0]
    except ValueError:
        return "İYS’in damgası okunamıyor", "İYS's time stamp cannot be read"
    return None if imprint.hex() == wanted else (
        "İYS’in damgası bu günlük dosyanın değil", "İYS's time stamp is over another daily file")


def _stamps(files: dict[str, bytes], seals: dict[int, dict[str, Any]],
            ca: bytes | None) -> list[Said]:
    names = [one for one in sorted(files) if one.startswith("stamps/") and one.endswith(".tsr")]
    own = files.get("stamps/authorities.pem")
    said = [check_stamp(name, files[name], seals, ca if ca is not None else own,
                        outside=ca is not None) for name in names]
    stamped = {_number(one.about) for one in said if one.good}
    for number in _needed(files) if names else ():
        if covering(number, seals, stamped) is None:
            said.append(Said(False, "stamps", f"{number} numaralı mührü örten zaman damgası yok",
                             f"no time stamp covers seal {number}"))
    mark = "" if ca is not None or own is None or not names else digest(own).hex()
    return said + ([Said(True, "stamps/authorities.pem",
                         f"makam sertifikaları paketten okundu; parmak izi {mark}",
                         f"the authorities came with the bundle; their fingerprint is {mark}")]
                   if mark else [])


def _dated(files: dict[str, bytes], seals: dict[int, dict[str, Any]],
           holding: list[dict[str, Any]], stamped: dict[int, str]) -> list[Said]:
    """Records that were not sealed and stamped soon after they say they were taken: whoever has the
    keys can seal one today that names a day of three years ago, and all its parts fit."""
    late: list[tuple[str, int, dt.datetime]] = []
    for entry in holding:
        number = covering(entry["seal"], seals, stamped)
        by = (_moment(seals[entry["seal"]]["at"]) if number is None
              else stamp_says(files[stamped[number]])[1])
        if (after := by - _moment(entry["captured"])) > LATE:
            record = entry.get("record")
            late.append((record if isinstance(record, str) else "?", after.days, by))
    if not late:
        return []
    record, days, by = late[0]
    when, more = by.strftime("%Y-%m-%d %H:%M:%S UTC"), len(late) - 1
    tr, en = (f"; {more} kayıt daha böyle", f"; so are {more} more") if more else ("", "")
    return [Said(True, record, f"söylediği andan {days} gün sonra mühürlenip damgalanmış; en geç "
                 f"{when} tarihinde vardı{tr}", f"sealed and stamped {days} days after the moment "
                 f"it names; it was there on {when} at the latest{en}", unproven=True)]


def _number(name: str) -> int:
    """The seal's number in a stamp's name; 0 when there is none."""
    text = name.rpartition("/")[2].partition(".")[0]
    return int(text) if text.isascii() and text.isdigit() else 0


def _seal_of(content: bytes) -> int:
    try:
        return _whole(strict(content)["seal"])
    except (NoBundle, Wrong, KeyError, TypeError):
        return 0


def _needed(files: dict[str, bytes]) -> list[int]:
    """The seals under which records and links stand."""
    return sorted({_seal_of(files[name]) for name in files
                   if name.startswith(("entries/", "links/"))})


def _against(lines: bytes, seals: dict[int, dict[str, Any]], needed: list[int], stamped: bool
             ) -> list[Said]:
    """Seals of the bundle that stand in a copy somebody kept; without stamps that somebody named
    an authority for (``stamped``) those of all records lead to one of them."""
    known = {}
    try:
        for line in lines.splitlines():
            told = json.loads(line) if line.strip() else {}
            if "root" in told:
                known[told["number"]] = digest(line.strip())
    except (ValueError, TypeError, KeyError, RecursionError):
        return [Said(False, CHAIN, "saklanan kopya okunamıyor", "the copy cannot be read")]
    both = sorted(set(known) & set(seals))
    for number in both:
        if digest(canonical(seals[number])) != known[number]:
            return [Said(False, CHAIN, f"{number} numaralı mühür saklanan kopyadaki değil",
                         f"seal {number} is not the one in the copy")]
    if not both:
        return [Said(False, CHAIN, "saklanan kopyada bu mühürlerden hiçbiri yok",
                     "the copy holds none of these seals")]
    beyond = [] if stamped else [
        one for one in needed if covering(one, seals, set(both)) is None]
    return [Said(True, CHAIN, f"{len(both)} mühür saklanan kopyayla aynı",
                 f"{len(both)} seals are those of the copy", True),
            *(Said(True, CHAIN, f"{one} numaralı mühür saklanan kopyanın dışında",
                   f"seal {one} is beyond the copy", unproven=True) for one in beyond)]


REST = ("kayıt numaraları, metin sürümleri, okunacak sayfalar, İYS’in yanıtları ve şirketin kendi "
        "sözü (messages/, person.json …)",
        "the records' numbers, versions of texts, pages to read, İYS's answers and the company's "
        "own word (messages/, person.json …)")


def _signature(index: dict[str, Any], seals: list[dict[str, Any]], keys: bytes | None) -> Said:
    """Who signed what stands under no seal; ``seals`` are those the records stand under."""
    signature = index.get("signature")
    if signature is None:
        if keys is not None or any("signer" in one for one in seals):
            return Said(False, SIGNATURE, "paket imzasız; oysa imzalanmış olmalı",
                        "the bundle is not signed, and should be")
        return Said(True, SIGNATURE, f"paket imzasız, eski bir biçimde; kanıtlanmayan: {REST[0]}",
                    f"the bundle is not signed, as older ones were; not proven: {REST[1]}",
                    unproven=True)
    key = _signed_by(index, signature)
    if key is None:
        return Said(False, SIGNATURE, "paket imzalandığı gibi değil",
                    "the bundle is not as it was signed")
    mark = digest(key).hex()
    if keys is not None:
        known = read_keys(keys)
        if known is None:
            return Said(False, SIGNATURE, "anahtarlar okunamıyor", "the keys cannot be read")
        if key not in known:
            return Said(False, SIGNATURE, f"verdiğiniz anahtarlardan biriyle imzalanmamış ({mark})",
                        f"not signed by one of the keys you named ({mark})")
        return Said(True, SIGNATURE, f"verdiğiniz anahtarla imzalı ({mark}); mührü olmayan, "
                    f"imzalayanın sözüdür: {REST[0]}", f"signed by a key you named ({mark}); under "
                    f"no seal, the signer's word: {REST[1]}")
    if seals and all(one.get("signer") == mark for one in seals):
        return Said(True, SIGNATURE, f"kayıtların mühürlerinin andığı anahtarla imzalı ({mark}); "
                    f"mührü olmayan, imzalayanın sözüdür: {REST[0]}",
                    f"signed by the key that the records' seals name ({mark}); under no seal, the "
                    f"signer's word: {REST[1]}")
    return Said(True, SIGNATURE, f"imzalayan anahtarı ({mark}) ne mühürlerin hepsi anıyor ne siz "
                f"verdiniz; kanıtlanmayan: {REST[0]}", f"the key that signed ({mark}) is neither "
                f"named by all the seals nor by you; not proven: {REST[1]}", unproven=True)


def _signed_by(index: dict[str, Any], signature: Any) -> bytes | None:
    """The Ed25519 key that signed the index; None when it was not signed as it is."""
    key, value = (signature.get("key"), signature.get("value")) if isinstance(
        signature, dict) else (None, None)
    if not (isinstance(key, str) and _KEY.match(key)
            and isinstance(value, str) and _SIGNED.match(value)):
        return None
    try:
        body = canonical({name: one for name, one in index.items() if name != "signature"})
    except (ValueError, OverflowError):
        return None
    public = base64.b64decode(key)
    return public if signed(public, body, base64.b64decode(value)) else None


def read_keys(content: bytes) -> set[bytes] | None:
    """The keys of a file as ``/.well-known/ileti-receipts.json`` publishes them."""
    try:
        told = [one["publicKey"] for one in strict(content)["keys"]]
    except (NoBundle, KeyError, TypeError):
        return None
    if not told or not all(isinstance(one, str) and _KEY.match(one) for one in told):
        return None
    return {base64.b64decode(one) for one in told}


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature (RFC 8032 §5.1.7) holds."""
    key, first = _point(public), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or first is None or scalar >= ORDER:
        return False
    factor = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little")
    base = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    assert base is not None
    one, other = _times(scalar, base), _plus(first, _times(factor % ORDER, key))
    return not ((one.x * other.z - other.x * one.z) % P or (one.y * other.z - other.y * one.z) % P)


class Point(NamedTuple):
    """A point of the curve: x/z, y/z, and t = x·y/z."""

    x: int
    y: int
    z: int
    t: int


def _point(written: bytes) -> Point | None:
    y = int.from_bytes(written, "little")
    odd, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(CURVE * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and odd):
        return None
    x = P - x if x & 1 != odd else x
    return Point(x, y, 1, x * y % P)


def _plus(one: Point, other: Point) -> Point:
    low, high = (one.y - one.x) * (other.y - other.x), (one.y + one.x) * (other.y + other.x)
    both, depth = 2 * CURVE * one.t * other.t, 2 * one.z * other.z
    e, f, g, h = (high - low) % P, (depth - both) % P, (depth + both) % P, (high + low) % P
    return Point(e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number: int, point: Point) -> Point:
    made = Point(0, 1, 1, 0)
    while number:
        made = _plus(made, point) if number & 1 else made
        point, number = _plus(point, point), number >> 1
    return made


def main(arguments: list[str] | None = None) -> int:
    """Check a bundle and say what was found."""
    asked = argparse.ArgumentParser(description="Checks a proof bundle of İleti, offline.")
    asked.add_argument("bundle", help="the zip file")
    asked.add_argument("--ca", help="PEM file of the time stamp authorities you trust")
    asked.add_argument("--against", help="seals somebody kept (JSON lines)")
    asked.add_argument("--keys", help="the company's signing keys (ileti-receipts.json)")
    asked.add_argument("--json", action="store_true", help="one JSON object")
    asked.add_argument("--tr", action="store_true", help="Türkçe yanıt")
    given = asked.parse_args(arguments)
    turkish = given.tr or os.environ.get("LANG", "").startswith("tr")
    try:
        said = verify(given.bundle, ca=_read(given.ca), against=_read(given.against),
                      keys=_read(given.keys))
    except (NoBundle, OSError) as error:
        why = "Bu bir kanıt paketi değil: %s" if turkish else "This is no proof bundle: %s"
        print(why % error if isinstance(error, NoBundle) else error, file=sys.stderr)
        return 2
    code = outcome(said)
    if given.json:
        print(json.dumps({"outcome": code, "said": [one._asdict() for one in said]},
                         ensure_ascii=False))
    else:
        for one in said:
            mark = "?" if one.unproven else "✓" if one.good else "✗"
            print(f"{mark} {one.about}: {one.tr if turkish else one.en}")
        print(_OUTCOMES[code][0 if turkish else 1])
    return code


def outcome(said: list[Said]) -> int:
    """0: all holds and somebody outside vouches; 4: for what the seals cover only; 3: all holds in
    itself; 1: something does not."""
    if not all(one.good for one in said):
        return 1
    if not any(one.outside for one in said):
        return 3
    return 4 if any(one.unproven for one in said) else 0


_OUTCOMES = {
    0: ("Kanıt geçerli.", "The proof holds."),
    1: ("Kanıt geçerli DEĞİL.", "The proof does NOT hold."),
    3: ("Paketin parçaları birbirine uyuyor, ama dışarıdan hiçbir şeyle karşılaştırılmadı: "
        "güvendiğiniz zaman damgası makamlarını --ca ile ya da saklanan mühürleri --against ile "
        "verin.",
        "The bundle's parts fit each other, but nothing outside it was compared: name the time "
        "stamp authorities you trust with --ca, or seals somebody kept with --against."),
    4: ("Mühürlerin kapsadığı geçerli; paketin “?” ile anılan yanı KANITLANMADI.",
        "What the seals cover holds; what is marked “?” is NOT proven."),
}


def _read(path: str | None) -> bytes | None:
    if path is None:
        return None
    with open(path, "rb") as file:
        return file.read()


if __name__ == "__main__":
    sys.exit(main())

