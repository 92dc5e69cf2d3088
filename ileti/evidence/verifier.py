#!/usr/bin/env python3
"""Checks a proof bundle of İleti without trusting İleti: Python's standard library and openssl.

Why this module exists: a proof that only its maker can check is none. This one file is put into
every bundle as ``verify.py`` and runs anywhere with Python 3.8 or later::

    python3 verify.py kanit.zip [--ca authorities.pem] [--against seals.jsonl]

It imports nothing of İleti. What it asks, per record: do its parts have the digests that its claim
names; is its leaf that of its claim, under its salt; does its path lead to the root of its seal;
does each seal hold the digest of the one before, up to one that a time stamp covers; is that stamp
over that seal, and (openssl) signed by an authority. The format: docs/proof-bundle.md.

Exit code 0: everything holds and somebody outside vouches for it; 3: the parts fit each other, but
nothing outside was compared (who makes everything up can make that up too); 1: something does not
hold, the first wrong record is named; 2: this is no bundle.
"""

from __future__ import annotations

import argparse
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
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

INDEX = "bundle.json"
CHAIN = "seals/chain.jsonl"
LARGEST = 2 << 30
DEEPEST = 200
_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_HEX = re.compile(r"[0-9a-f]{64}\Z")
_NAME = re.compile(r"[A-Za-z0-9_\-]+(/[A-Za-z0-9_.\-]+)*(\.[A-Za-z0-9]+)?\Z")


class NoBundle(Exception):
    """The file is no bundle, or none that this version reads."""


class Said(NamedTuple):
    """One answer: whether it holds, what it is about, in Turkish and in English; ``outside``:
    somebody who is not in the bundle vouches for it."""

    good: bool
    about: str
    tr: str
    en: str
    outside: bool = False


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

    def refuse(word: str) -> Any:
        raise ValueError(word)

    try:
        content = json.loads(text.decode(), object_pairs_hook=once, parse_constant=refuse)
        if _depth(text.decode()) > DEEPEST:
            raise ValueError("too deep")
    except (ValueError, RecursionError) as error:
        raise NoBundle(f"not JSON: {error}") from None
    return content


def _depth(text: str) -> int:
    """How many brackets are open at once."""
    deepest = depth = 0
    for sign in _SIGN.findall(text):
        depth += 1 if sign in "[{" else -1 if sign in "]}" else 0
        deepest = max(deepest, depth)
    return deepest


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
    person = entry.get("person")
    if person is not None and digest(canonical(person)).hex() != claim["person"]:
        raise Wrong("kişi bilgisi beyanındaki özete uymuyor", "its person is not what it claims")
    text = entry.get("text")
    if text is not None:
        if digest(canonical(text)).hex() != claim["text"]:
            raise Wrong("gösterilen metin beyanındaki özete uymuyor",
                        "the text shown is not what it claims")
    elif claim["text"] is not None:
        raise Wrong("gösterilen metin pakette yok", "the text shown is missing")
    check_sealed(entry, seals)


def check_link(link: dict[str, Any], seals: dict[int, dict[str, Any]], leaves: set[str],
               proofs: dict[str, str]) -> None:
    """Raises Wrong when a file does not belong to a record of the bundle as it was sealed;
    ``leaves`` are the records' that hold, ``proofs`` names of files by their digest."""
    claim = link["claim"]
    if claim["entry"] not in leaves:
        raise Wrong("kanıt dosyası bu paketteki bir kayda bağlı değil",
                    "its proof file belongs to no record of this bundle")
    if claim["file"] not in proofs:
        raise Wrong("kanıt dosyası pakette yok", "its proof file is missing")
    check_sealed(link, seals)


def check_sealed(entry: dict[str, Any], seals: dict[int, dict[str, Any]]) -> None:
    """Raises Wrong when the leaf is not that of the claim, or the path leads elsewhere."""
    leaf = leaf_of(entry)
    if leaf.hex() != entry["leaf"]:
        raise Wrong("beyanı taahhüdüne uymuyor", "its claim is not what its leaf commits to")
    seal = seals.get(_whole(entry["seal"]))
    if seal is None:
        raise Wrong("mührü pakette yok", "its seal is missing")
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


def covers(number: int, seals: dict[int, dict[str, Any]], stamped: set[int]) -> bool:
    """Whether seals lead without a gap from this one to one that is stamped."""
    while number in seals:
        if number in stamped:
            return True
        number += 1
    return False


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


def stamp_says(token: bytes) -> tuple[bytes, dt.datetime]:
    """The SHA-256 imprint and the time in an RFC 3161 reply; ValueError for anything else. Whether
    it is signed is openssl's question."""
    try:
        reply = _parts(_parts(token)[0][1])
        signed = _parts(_parts(_parts(reply[1][1])[1][1])[0][1])
        content = _parts(_parts(signed[2][1])[1][1])[0][1]
        info = _parts(_parts(content)[0][1])
        algorithm, imprint = (part[1] for part in _parts(info[2][1]))
        said = next(part[1] for part in info if part[0] == 0x18).decode("ascii")
    except (IndexError, StopIteration, UnicodeDecodeError) as error:
        raise ValueError("not a time stamp") from error
    if _parts(algorithm)[0][1] != bytes.fromhex("608648016503040201"):
        raise ValueError("not over SHA-256")
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
        if len(seal["at"]) != 20:
            raise ValueError("no moment as seals write it")
        sealed = dt.datetime.strptime(seal["at"], "%Y-%m-%dT%H:%M:%SZ").replace(
            tzinfo=dt.timezone.utc)
    except (KeyError, TypeError, ValueError):
        return Said(False, name, "mühür okunamıyor", "the seal cannot be read")
    if at < sealed - dt.timedelta(minutes=5):
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


def verify(path: str, *, ca: bytes | None = None, against: bytes | None = None) -> list[Said]:
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
    found: tuple[set[str], set[str]] = (set(), set())
    said += _entries(index, files, seals, *found) + _links(index, files, seals, *found)
    return said + _stamps(files, seals, ca) + ([] if against is None else _against(against, seals))


def files_named(entry: dict[str, Any]) -> list[str]:
    """Digests of the files that prove the whole list a record came with, as its evidence says."""
    evidence = entry["evidence"]
    origin = evidence.get("origin") if isinstance(evidence, dict) else None
    files = origin.get("files") if isinstance(origin, dict) else None
    found = [one.get("sha256") for one in (files if isinstance(files, list) else [])
             if isinstance(one, dict)]
    return [one for one in found if isinstance(one, str)]


def _each(files: dict[str, bytes], folder: str, check: Callable[[dict[str, Any]], None],
          tr: str, en: str) -> tuple[list[Said], int]:
    """What does not hold of a folder's parts, and how many hold."""
    said, good = [], 0
    for name in sorted(one for one in files if one.startswith(folder)):
        try:
            part = strict(files[name])
            record = part.get("record")
            about = record if isinstance(record, str) else name
            check(part)
            good += 1
        except Wrong as wrong:
            said.append(Said(False, about, wrong.tr, wrong.en))
        except (KeyError, TypeError, AttributeError, ValueError, NoBundle, OverflowError):
            said.append(Said(False, name, tr, en))
    return said, good


def _entries(index: dict[str, Any], files: dict[str, bytes], seals: dict[int, dict[str, Any]],
             leaves: set[str], named: set[str]) -> list[Said]:
    """Every record; ``leaves`` gets those that hold, ``named`` the files their evidence names."""
    def check(entry: dict[str, Any]) -> None:
        check_entry(entry, seals)
        leaves.add(entry["leaf"])
        named.update(files_named(entry))

    said, good = _each(files, "entries/", check, "kayıt eksik ya da okunamıyor",
                       "the record is incomplete or cannot be read")
    if good + len(said) != index.get("entries"):
        said.append(Said(False, INDEX, "kayıt sayısı tutmuyor", "the number of records differs"))
    if good:
        said.append(Said(True, "entries", f"{good} kayıt mühürlendiği gibi",
                         f"{good} records are as they were sealed"))
    return said


def _links(index: dict[str, Any], files: dict[str, bytes], seals: dict[int, dict[str, Any]],
           leaves: set[str], named: set[str]) -> list[Said]:
    """Every proof file of a record, and those of whole lists that records name themselves."""
    proofs = {digest(content).hex(): name for name, content in files.items()
              if name.startswith("proofs/")}
    linked = set()

    def check(link: dict[str, Any]) -> None:
        check_link(link, seals, leaves, proofs)
        linked.add(link["claim"]["file"])

    said, good = _each(files, "links/", check, "bağ eksik ya da okunamıyor",
                       "the link is incomplete or cannot be read")
    if good + len(said) != index.get("links", 0):
        said.append(Said(False, INDEX, "bağ sayısı tutmuyor", "the number of links differs"))
    said += [Said(False, name, "dosya hiçbir kayda bağlı değil", "the file belongs to no record")
             for mark, name in sorted(proofs.items(), key=lambda one: one[1])
             if mark not in linked and mark not in named and not said]
    if good:
        said.append(Said(True, "links", f"{good} kanıt dosyası bağlandığı gibi",
                         f"{good} proof files are as they were linked"))
    here = len(named & set(proofs))
    if here:
        said.append(Said(True, "lists", f"{here} dosya, kayıtların adını andığı liste kanıtı",
                         f"{here} files prove whole lists, as the records themselves say"))
    if len(named) > here:
        said.append(Said(True, "lists", f"liste kanıtı {len(named) - here} dosya pakette yok",
                         f"{len(named) - here} files that prove whole lists are not in the bundle"))
    return said


def _stamps(files: dict[str, bytes], seals: dict[int, dict[str, Any]],
            ca: bytes | None) -> list[Said]:
    names = [one for one in sorted(files) if one.startswith("stamps/") and one.endswith(".tsr")]
    own = files.get("stamps/authorities.pem")
    said = [check_stamp(name, files[name], seals, ca if ca is not None else own,
                        outside=ca is not None) for name in names]
    stamped = {_number(one.about) for one in said if one.good}
    needed = sorted({_seal_of(files[name]) for name in files
                     if name.startswith(("entries/", "links/"))})
    for number in needed if names else ():
        if not covers(number, seals, stamped):
            said.append(Said(False, "stamps", f"{number} numaralı mührü örten zaman damgası yok",
                             f"no time stamp covers seal {number}"))
    mark = "" if ca is not None or own is None or not names else digest(own).hex()
    return said + ([Said(True, "stamps/authorities.pem",
                         f"makam sertifikaları paketten okundu; parmak izi {mark}",
                         f"the authorities came with the bundle; their fingerprint is {mark}")]
                   if mark else [])


def _number(name: str) -> int:
    """The seal's number in a stamp's name; 0 when there is none."""
    text = name.rpartition("/")[2].partition(".")[0]
    return int(text) if text.isascii() and text.isdigit() else 0


def _seal_of(content: bytes) -> int:
    try:
        return _whole(strict(content)["seal"])
    except (NoBundle, Wrong, KeyError, TypeError):
        return 0


def _against(lines: bytes, seals: dict[int, dict[str, Any]]) -> list[Said]:
    """Seals of the bundle that stand in a copy somebody kept."""
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
    return [Said(True, CHAIN, f"{len(both)} mühür saklanan kopyayla aynı",
                 f"{len(both)} seals are those of the copy", True)]


def main(arguments: list[str] | None = None) -> int:
    """Check a bundle and say what was found."""
    turkish = os.environ.get("LANG", "").startswith("tr")
    asked = argparse.ArgumentParser(description="Checks a proof bundle of İleti, offline.")
    asked.add_argument("bundle", help="the zip file")
    asked.add_argument("--ca", help="PEM file of the time stamp authorities you trust")
    asked.add_argument("--against", help="seals somebody kept (JSON lines)")
    asked.add_argument("--json", action="store_true", help="one JSON object")
    asked.add_argument("--tr", action="store_true", help="Türkçe yanıt")
    given = asked.parse_args(arguments)
    turkish |= given.tr
    try:
        said = verify(given.bundle, ca=_read(given.ca), against=_read(given.against))
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
            print(f"{'✓' if one.good else '✗'} {one.about}: {one.tr if turkish else one.en}")
        print(_OUTCOMES[code][0 if turkish else 1])
    return code


def outcome(said: list[Said]) -> int:
    """0: all holds and somebody outside vouches; 3: all holds in itself; 1: something does not."""
    if not all(one.good for one in said):
        return 1
    return 0 if any(one.outside for one in said) else 3


_OUTCOMES = {
    0: ("Kanıt geçerli.", "The proof holds."),
    1: ("Kanıt geçerli DEĞİL.", "The proof does NOT hold."),
    3: ("Paketin parçaları birbirine uyuyor, ama dışarıdan hiçbir şeyle karşılaştırılmadı: "
        "güvendiğiniz zaman damgası makamlarını --ca ile ya da saklanan mühürleri --against ile "
        "verin.",
        "The bundle's parts fit each other, but nothing outside it was compared: name the time "
        "stamp authorities you trust with --ca, or seals somebody kept with --against."),
}


def _read(path: str | None) -> bytes | None:
    if path is None:
        return None
    with open(path, "rb") as file:
        return file.read()


if __name__ == "__main__":
    sys.exit(main())

