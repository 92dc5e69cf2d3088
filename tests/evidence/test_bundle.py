"""A bundle is checked by one file with Python alone, and whatever is changed in it is found."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785

import config
from ileti.consents import bundle as bundling
from ileti.core.errors import Conflict, Gone, NotFound
from ileti.evidence import export, links, seal, stamping, vault
from ileti.evidence import verifier as judge
from ileti.evidence.kinds import Role
from ileti.simulator.authority import authority
from ileti.simulator.stamp import stamp as forged_stamp
from tests.evidence.samples import pdf
from tests.evidence.sealed_house import seal_all, take, wait_for_horizon

Files = dict[str, bytes]


@pytest.fixture
def entries(shop: Any, authority_url: str) -> list[int]:
    """Three clicks of two entries, each in a seal of its own; the first and the last are stamped.
    """
    ids = []
    for n in range(3):
        ids += [item.entry_id for item in take(shop, 1, first=n)[0].items]
        take(shop, 3, first=10 * (n + 1))
        seal_all()
        if n != 1:
            assert stamping.stamp_due() == {"stamped": 1}
    return ids


_kept: dict[str, bytes] = {}


def bundle_of(shop: Any, entries: list[int]) -> bytes:
    file = io.BytesIO()
    bundling.write(bundling.build(shop.provider_id, entries), file)
    return file.getvalue()


@pytest.fixture
def packed(request: Any, tmp_path: Path) -> Path:
    """A bundle of six records; made once, each test has a copy."""
    if "packed" not in _kept:
        entries = request.getfixturevalue("entries")
        _kept["packed"] = bundle_of(request.getfixturevalue("shop"), entries)
        _kept["copy"] = export.write(tmp_path, 1, 3).read_bytes()
    path = tmp_path / "kanit.zip"
    path.write_bytes(_kept["packed"])
    return path


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    path = tmp_path / "makam.pem"
    path.write_text(authority().bundle)
    return path


def verdict(path: Path, *more: str) -> tuple[int, str]:
    """What the verifier of the bundle says, run as a stranger runs it: no İleti, no packages."""
    with zipfile.ZipFile(path) as archive:
        (path.parent / "verify.py").write_bytes(archive.read("verify.py"))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", str(path), *more], cwd=path.parent,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}, capture_output=True, text=True,
        check=False)
    return done.returncode, done.stdout + done.stderr


def unpack(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(files: Files, path: Path, *, listed: bool = True) -> Path:
    """Zip it again; the forger puts the digests of the list right."""
    files = dict(files)
    if listed:
        index = json.loads(files["bundle.json"])
        index["files"] = {name: sha256(content).hexdigest() for name, content in files.items()
                          if name != "bundle.json"}
        files["bundle.json"] = json.dumps(index).encode()
    made = path.with_name("forged.zip")
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made


def test_a_bundle_holds_before_a_stranger_who_names_the_authority(packed: Path, ca: Path) -> None:
    code, said = verdict(packed, "--ca", str(ca))
    assert (code, said.splitlines()[-1]) == (0, "The proof holds.")
    assert "6 records are as they were sealed" in said
    assert said.count("the time stamp holds") == 2


def test_it_speaks_turkish(packed: Path, ca: Path) -> None:
    assert verdict(packed, "--ca", str(ca), "--tr")[1].splitlines()[-1] == "Kanıt geçerli."


def test_without_anything_from_outside_it_only_fits_itself(packed: Path) -> None:
    code, said = verdict(packed)
    assert code == 3
    assert "its signature was not checked" in said


def test_a_copy_of_the_seals_vouches_too(packed: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(_kept["copy"])
    assert verdict(packed, "--against", str(copy))[0] == 0


@pytest.mark.attack
def test_another_authority_does_not_vouch(packed: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.pem"
    path.write_text(authority("Yabancı Zaman Damgası").bundle)
    assert verdict(packed, "--ca", str(path))[0] == 1


def test_nothing_of_anybody_else_is_in_it(packed: Path) -> None:
    everything = b"".join(content for name, content in unpack(packed).items()
                          if name != "verify.py")
    for n in (10, 11, 12, 20, 21, 22):
        assert f"+90599{n:07}".encode() not in everything
    assert b"+905990000001" in everything


def test_one_record_alone_is_a_bundle(shop: Any, entries: list[int], tmp_path: Path, ca: Path
                                      ) -> None:
    path = tmp_path / "bir.zip"
    with path.open("wb") as file:
        bundling.write(bundling.build(shop.provider_id, entries[2:3]), file)
    code, said = verdict(path, "--ca", str(ca))
    assert code == 0
    assert "1 records" in said
    assert len(unpack(path)["seals/chain.jsonl"].splitlines()) == 2


def _entry(change: Callable[[dict[str, Any]], None]) -> Callable[[Files], None]:
    def forge(files: Files) -> None:
        parts = json.loads(files["entries/0003.json"])
        change(parts)
        files["entries/0003.json"] = json.dumps(parts).encode()

    return forge


def _seal(number: int, change: Callable[[dict[str, Any]], None]) -> Callable[[Files], None]:
    def forge(files: Files) -> None:
        lines = [json.loads(line) for line in files["seals/chain.jsonl"].splitlines()]
        change(lines[number - 1])
        files["seals/chain.jsonl"] = b"".join(judge.canonical(one) + b"\n" for one in lines)

    return forge


def _relinked(files: Files) -> None:
    """Whoever makes up a leaf makes up root and chain with it; the stamp he cannot."""
    parts = json.loads(files["entries/0006.json"])
    parts["claim"]["status"] = "RET"
    parts["leaf"] = judge.leaf_of(parts).hex()
    lines = [json.loads(line) for line in files["seals/chain.jsonl"].splitlines()]
    lines[2]["root"] = judge.leads(
        bytes.fromhex(parts["leaf"]), parts["place"], lines[2]["leaves"],
        [bytes.fromhex(step) for step in parts["path"]]).hex()
    files["entries/0006.json"] = json.dumps(parts).encode()
    del files["entries/0005.json"]
    index = json.loads(files["bundle.json"])
    index["entries"] -= 1
    files["bundle.json"] = json.dumps(index).encode()
    files["seals/chain.jsonl"] = b"".join(judge.canonical(one) + b"\n" for one in lines)


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(parts: dict[str, Any]) -> None:
        *way, last = path.split(".")
        for step in way:
            parts = parts[step]
        parts[last] = value(parts[last]) if callable(value) else value

    return change


def _swap(one: str, other: str) -> Callable[[Files], None]:
    def forge(files: Files) -> None:
        files[one], files[other] = files[other], files[one]

    return forge


def _without(name: str) -> Callable[[Files], None]:
    return lambda files: files.pop(name) and None


def _stamped(how: str) -> Callable[[Files], None]:
    def forge(files: Files) -> None:
        from ileti.core import clock

        files["stamps/000000003.tsr"] = forged_stamp(b"x" * 48, clock.now(), how)

    return forge


ATTACKS: dict[str, tuple[Callable[[Files], None], str]] = {
    "another choice": (_entry(_set("claim.status", "RET")), "what its leaf commits to"),
    "another person": (_entry(_set("claim.recipient", "+905990000099")), "leaf commits to"),
    "another date": (_entry(_set("claim.consentDate", "2026-11-23T09:00:09Z")), "leaf commits"),
    "another brand": (_entry(_set("claim.brand", 1)), "what its leaf commits to"),
    "a later capture": (_entry(_set("capturedMicros", lambda n: n + 1)), "leaf commits to"),
    "another salt": (_entry(_set("salt", "00" * 32)), "what its leaf commits to"),
    "another leaf": (_entry(_set("leaf", "00" * 32)), "what its leaf commits to"),
    "other evidence": (_entry(_set("evidence.site", "elsewhere")), "its evidence"),
    "another name": (_entry(_set("person.name", "Ali V.")), "its person"),
    "a place beside": (_entry(_set("place", lambda n: n ^ 1)), "the root of seal 2"),
    "a place outside": (_entry(_set("place", 10_000)), "the root of seal 2"),
    "another path": (_entry(_set("path", lambda p: p[::-1])), "the root of seal 2"),
    "a shorter path": (_entry(_set("path", lambda p: p[:-1])), "the root of seal 2"),
    "another seal": (_entry(_set("seal", 3)), "the root of seal 3"),
    "no seal": (_entry(_set("seal", 9)), "its seal is missing"),
    "a claim without a part": (_entry(lambda parts: parts["claim"].pop("status")), "commits to"),
    "a record without a salt": (_entry(lambda parts: parts.pop("salt")), "incomplete"),
    "captured in another year": (_entry(_set("captured", "1999-01-01T00:00:00Z")),
                                 "time of its capture"),
    "no time of capture": (_entry(lambda parts: parts.pop("captured")), "incomplete"),
    "nobody": (_entry(_set("person", None)), "its person is missing"),
    "a person taken out": (_entry(lambda parts: parts.pop("person")), "its person is missing"),
    "a number as text": (_entry(_set("capturedMicros", "1")), "no whole number"),
    "a record taken out": (_without("entries/0003.json"), "number of records differs"),
    "a record twice": (lambda f: f.update({"entries/0007.json": f["entries/0001.json"]}),
                       "number of records differs"),
    "another root": (_seal(2, _set("root", "00" * 32)), "seal 3 does not stand on"),
    "a seal dated back": (_seal(2, _set("at", "2020-01-01T00:00:00Z")), "seal 3 does not stand"),
    "the last seal changed": (_seal(3, _set("at", "2026-01-01T00:00:00Z")), "something else"),
    "more leaves": (_seal(3, _set("leaves", 7)), "something else"),
    "a seal taken out": (lambda f: f.update({"seals/chain.jsonl": b"".join(
        line + b"\n" for n, line in enumerate(f["seals/chain.jsonl"].splitlines()) if n != 1)}),
        "seal is missing"),
    "seals in another order": (lambda f: f.update({"seals/chain.jsonl": b"\n".join(
        f["seals/chain.jsonl"].splitlines()[::-1])}), "does not stand on the one before"),
    "no seals": (_without("seals/chain.jsonl"), "there are no seals"),
    "leaf, root and chain made up": (_relinked, "something else"),
    "stamps exchanged": (_swap("stamps/000000001.tsr", "stamps/000000003.tsr"), "something else"),
    "a stamp taken out": (_without("stamps/000000003.tsr"), "no time stamp covers seal 2"),
    "a stamp over other bytes": (_stamped("imprint"), "cannot be read"),
    "a broken stamp": (_stamped("broken"), "cannot be read"),
    "a refused stamp": (_stamped("refused"), "cannot be read"),
    "a stamp cut short": (lambda f: f.update({
        "stamps/000000003.tsr": f["stamps/000000003.tsr"][:-9]}), "cannot be read"),
    "a stamp's signature changed": (lambda f: f.update({
        "stamps/000000003.tsr": f["stamps/000000003.tsr"][:-1] + b"\0"}), "does not hold"),
}


@pytest.mark.attack
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_found_and_named(packed: Path, ca: Path, attack: str) -> None:
    forge, expected = ATTACKS[attack]
    files = unpack(packed)
    forge(files)
    code, said = verdict(pack(files, packed), "--ca", str(ca))
    assert code == 1, said
    assert any(line.startswith("✗") and expected in line for line in said.splitlines()), said


@pytest.mark.attack
@pytest.mark.parametrize("name", ["entries/0001.json", "seals/chain.jsonl", "README.txt",
                                  "stamps/000000001.tsr", "verify.py", "verify.html"])
def test_any_changed_byte_is_in_the_list_of_hashes(packed: Path, ca: Path, name: str) -> None:
    files = unpack(packed)
    content = bytearray(files[name])
    content[len(content) // 2] ^= 1
    files[name] = bytes(content)
    forged = pack(files, packed, listed=False)
    assert any(not one.good and one.about == name and "changed" in one.en
               for one in judge.verify(str(forged), ca=ca.read_bytes()))


@pytest.mark.attack
def test_a_file_put_in_beside_the_list_is_told(packed: Path) -> None:
    files = unpack(packed) | {"entries/0009.json": b"{}"}
    forged = pack(files, packed, listed=False)
    assert any(not one.good and "not in the list" in one.en for one in judge.verify(str(forged)))


@pytest.mark.parametrize("content", [
    b"", b"no zip", base64.b64decode("UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="),
])
def test_what_is_no_bundle_is_said_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(judge.NoBundle):
        judge.verify(str(path))
    assert judge.main([str(path)]) == 2


@pytest.mark.parametrize("option", ["--ca", "--against"])
@pytest.mark.parametrize("value", ["", "yok.pem"])
def test_a_file_to_compare_with_that_is_not_there_is_not_passed_over(
        packed: Path, capsys: pytest.CaptureFixture[str], option: str, value: str) -> None:
    """An empty variable in a script must not make a proof that was compared with nothing."""
    assert judge.main([str(packed), option, value]) == 2
    assert "No such file" in capsys.readouterr().err


@pytest.mark.attack
@pytest.mark.parametrize("name", ["../x", "/etc/x", "a\\b", "entries/../../x", ".hidden"])
def test_names_that_lead_elsewhere_are_refused(packed: Path, name: str) -> None:
    with pytest.raises(judge.NoBundle):
        judge.verify(str(pack(unpack(packed) | {name: b""}, packed)))


@pytest.mark.attack
def test_a_name_twice_in_an_object_is_refused(packed: Path) -> None:
    files = unpack(packed)
    files["bundle.json"] = b'{"format":1,' + files["bundle.json"].lstrip(b"{")
    with pytest.raises(judge.NoBundle):
        judge.verify(str(pack(files, packed, listed=False)))


def test_what_is_written_as_fractions_has_one_form() -> None:
    for content in ([1.0, -0.0, 1e21, 1e-7, 0.1, 123456.75], {"\uffff": 1, "😀": [True, None]}):
        assert judge.canonical(content) == rfc8785.dumps(content)
    for content in (float("nan"), float("inf"), "\ud800"):
        with pytest.raises(ValueError, match=r"number|surrogates"):
            judge.canonical(content)


@pytest.mark.parametrize("text", [b'{"a":NaN}', b'"\xff"', "1".encode("utf-16"), b"\xef\xbb\xbf1",
                                  b"[" * 201 + b"]" * 201, b"[" * 100_000])
def test_what_is_not_quite_json_is_refused(text: bytes) -> None:
    with pytest.raises(judge.NoBundle):
        judge.strict(text)


@pytest.mark.parametrize("copy", [b"no JSON", b'{"root":1}', b"1"])
def test_a_copy_that_cannot_be_read_is_told(packed: Path, copy: bytes) -> None:
    said = judge.verify(str(packed), against=copy)
    assert (said[-2].good, said[-2].en) == (False, "the copy cannot be read")


def test_an_openssl_that_knows_no_times_is_asked_for_today(
        packed: Path, ca: Path, tmp_path: Path, monkeypatch: Any) -> None:
    real = shutil.which("openssl")
    mock = tmp_path / "bin" / "openssl"
    mock.parent.mkdir()
    mock.write_text(f"""#!/bin/sh
case "$*" in *attime*) echo "unknown option '-attime'"; exit 1;; esac
exec {real} "$@"
""")
    mock.chmod(0o755)
    monkeypatch.setenv("PATH", f"{mock.parent}:{os.environ['PATH']}")
    assert judge.outcome(judge.verify(str(packed), ca=ca.read_bytes())) == 0


def test_what_waits_for_its_seal_has_no_bundle_yet(shop: Any) -> None:
    done = take(shop)
    with pytest.raises(Conflict, match="no seal yet"):
        bundling.build(shop.provider_id, [done[0].items[0].entry_id])


def test_somebody_elses_entry_is_not_found(shop: Any, new_place: Any) -> None:
    done = take(shop)
    seal_all()
    with pytest.raises(NotFound):
        bundling.build(new_place().provider_id, [done[0].items[0].entry_id])


def test_an_erased_persons_proof_cannot_be_put_together(shop: Any, owner: Any) -> None:
    done = take(shop)
    seal_all()
    owner.execute("update recipient set addr_hash = null, addr_ct = null, leaf_key = null")
    with pytest.raises(Gone):
        bundling.build(shop.provider_id, [done[0].items[0].entry_id])


@pytest.mark.attack
@pytest.mark.parametrize("deed", [
    "update consent_entry set status = 3 - status", "update consent_entry set leaf = sha256(leaf)",
    "delete from consent_entry where id = (select max(id) from consent_entry)",
])
def test_a_ledger_that_was_tampered_with_gives_no_bundle(shop: Any, owner: Any, deed: str) -> None:
    done = take(shop, 2)
    seal_all()
    owner.execute(deed)
    with pytest.raises(Conflict, match="ileti audit"):
        bundling.build(shop.provider_id, [done[0].items[0].entry_id])


def test_fifty_events_of_one_bundle_are_read_in_a_few_statements(
        shop: Any, monkeypatch: Any) -> None:
    ids = [item.entry_id for one in take(shop, 25) for item in one.items]
    wait_for_horizon()
    seal_all()
    calls: list[str] = []
    real = seal.leaves_of
    monkeypatch.setattr(seal, "leaves_of", lambda one: calls.append("x") or real(one))
    made = bundling.build(shop.provider_id, ids)
    assert (len(made.proven), len(calls)) == (50, 1)
    out = io.BytesIO()
    bundling.write(made, out)
    assert out.tell() > 10_000


def test_a_bundle_has_its_newest_seal_stamped_when_none_covers_it(
        shop: Any, entries: list[int], tmp_path: Path, ca: Path) -> None:
    late = [item.entry_id for item in take(shop, 1, first=90)[0].items]
    seal_all()
    path = tmp_path / "yeni.zip"
    with path.open("wb") as file:
        bundling.write(bundling.build(shop.provider_id, [*entries, *late]), file)
    assert "stamps/000000004.tsr" in unpack(path)
    assert verdict(path, "--ca", str(ca))[0] == 0


def test_while_the_authority_is_away_a_half_stamped_bundle_waits(
        shop: Any, entries: list[int], monkeypatch: Any) -> None:
    monkeypatch.setattr(config.settings(), "stamp_url", "http://127.0.0.1:9/tsa")
    late = [item.entry_id for item in take(shop, 1, first=90)[0].items]
    seal_all()
    with pytest.raises(Conflict, match="no time stamp yet"):
        bundling.build(shop.provider_id, [*entries, *late])
    assert not bundling.build(shop.provider_id, late).stamped
    assert bundling.build(shop.provider_id, entries).stamped


@pytest.fixture
def scanned(shop: Any, entries: list[int], folder: Path) -> list[int]:
    """Six records, the first with a form linked later and the third with two files."""
    scans = [vault.put(shop.provider_id, [pdf(name)], f"{name}.pdf") for name in ("bir", "iki")]
    for entry, scan, role in ((entries[0], scans[0], Role.SIGNED_FORM),
                              (entries[2], scans[0], Role.SIGNED_FORM),
                              (entries[2], scans[1], Role.DOCUMENT)):
        links.link(entry, scan, role, "form.pdf", by=7)
    seal_all()
    return entries


@pytest.fixture
def with_scans(request: Any, tmp_path: Path) -> Path:
    """Their bundle; made once, each test has a copy."""
    if "scans" not in _kept:
        entries = request.getfixturevalue("scanned")
        _kept["scans"] = bundle_of(request.getfixturevalue("shop"), entries)
    path = tmp_path / "formlu.zip"
    path.write_bytes(_kept["scans"])
    return path


def test_proof_files_are_in_the_bundle_and_belong_to_their_records(
        with_scans: Path, ca: Path) -> None:
    code, said = verdict(with_scans, "--ca", str(ca))
    assert code == 0, said
    assert "3 proof files are as they were linked" in said
    files = unpack(with_scans)
    assert sorted(content for name, content in files.items() if name.startswith("proofs/")) == (
        sorted([pdf("bir"), pdf("iki")]))


def _another_scan(files: Files) -> None:
    name = next(name for name in sorted(files) if name.startswith("proofs/"))
    files[name] = pdf("uydurma")


def _link(change: Callable[[dict[str, Any]], None]) -> Callable[[Files], None]:
    def forge(files: Files) -> None:
        parts = json.loads(files["links/0001.json"])
        change(parts)
        files["links/0001.json"] = json.dumps(parts).encode()

    return forge


def _to_another_record(files: Files) -> None:
    parts = json.loads(files["links/0001.json"])
    parts["claim"]["entry"] = json.loads(files["entries/0005.json"])["leaf"]
    files["links/0001.json"] = json.dumps(parts).encode()


def _counted(less: str) -> Callable[[Files], None]:
    def forge(files: Files) -> None:
        del files[less]
        index = json.loads(files["bundle.json"])
        index["links"] -= less.startswith("links/")
        files["bundle.json"] = json.dumps(index).encode()

    return forge


LINK_ATTACKS: dict[str, tuple[Callable[[Files], None], str]] = {
    "another file in its place": (_another_scan, "its proof file is missing"),
    "a file of another record": (_to_another_record, "what its leaf commits to"),
    "of nobody": (_link(_set("claim.entry", "00" * 32)), "belongs to no record"),
    "as something else": (_link(_set("claim.role", 2)), "what its leaf commits to"),
    "by somebody else": (_link(_set("claim.by", 8)), "what its leaf commits to"),
    "linked earlier": (_link(_set("capturedMicros", lambda n: n - 1)), "leaf commits to"),
    "under another record's number": (_link(_set("record", "IZN-0000-0000-0000")),
                                      "another record's"),
    "linked in another year": (_link(_set("captured", "1999-01-01T00:00:00Z")),
                               "time of its capture"),
    "in another seal": (_link(_set("seal", 1)), "the root of seal 1"),
    "a link without a claim": (_link(lambda parts: parts.pop("claim")), "link is incomplete"),
    "a link taken out": (_without("links/0001.json"), "number of links differs"),
    "a link and its count taken out": (_counted("links/0003.json"), "belongs to no record"),
    "a file nobody linked": (lambda f: f.update({"proofs/x.pdf": pdf("x")}), "to no record"),
}


@pytest.mark.attack
@pytest.mark.parametrize("attack", LINK_ATTACKS)
def test_an_attack_on_proof_files_is_found(with_scans: Path, ca: Path, attack: str) -> None:
    forge, expected = LINK_ATTACKS[attack]
    files = unpack(with_scans)
    forge(files)
    code, said = verdict(pack(files, with_scans), "--ca", str(ca))
    assert code == 1, said
    assert any(line.startswith("✗") and expected in line for line in said.splitlines()), said


def test_files_beyond_the_room_stay_in_the_vault_and_are_named(
        shop: Any, scanned: list[int], tmp_path: Path, monkeypatch: Any, ca: Path) -> None:
    monkeypatch.setattr("ileti.consents.prooffiles.MOST_FILE_BYTES", len(pdf("bir")))
    path = tmp_path / "kalan.zip"
    path.write_bytes(bundle_of(shop, scanned))
    files = unpack(path)
    assert len([name for name in files if name.startswith("proofs/")]) == 1
    assert len(files["proofs-left.txt"].split()[-1]) == 64
    assert verdict(path, "--ca", str(ca))[0] == 0
