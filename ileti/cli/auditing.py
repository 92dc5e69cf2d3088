"""What `ileti audit` says: progress while it reads, the findings, one sentence in the end."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from ileti.consents import auditbeside as _beside  # noqa: F401 (states and texts)
from ileti.consents import traillines as _lines_of_trail  # noqa: F401 (as its leaves are read)
from ileti.consents.audit import Finding, Report, audit, read_export
from ileti.core.clock import to_istanbul
from ileti.core.errors import CallerMistake, OutsideFinal, OutsideRetryable
from ileti.evidence.bucket import Bucket
from ileti.kvkk import auditbeside as _acts_beside  # noqa: F401 (states and files of acts)
from ileti.kvkk import claims as _acts  # noqa: F401 (registers how its leaves are read)
from ileti.retention import witness as _witness  # noqa: F401 (it says what was destroyed)

_COMPARED: Final = {
    "texts": ("yayımlanmış metin", "published texts"),
    "states": ("geçerli izin durumu", "states of consent"),
    "act_states": ("geçerli KVKK durumu", "states of personal data"),
    "act_files": ("KVKK kanıt dosyası", "files of KVKK records"),
}


def run_audit(*, first: int, last: int | None, exports: tuple[str, ...], most: int, language: str,
              as_json: bool) -> int:
    """Audit and say what was found; the exit code. Raises CallerMistake for an unreadable file."""
    report = audit(first=first, last=last, exported=_exported(exports), most=most)
    if as_json:
        click.echo(json.dumps(_plain(report), ensure_ascii=False))
    else:
        for line in _lines(report, language, most):
            click.echo(line)
    return 1 if report.findings else 0


def _exported(places: tuple[str, ...]) -> dict[int, set[str]]:
    """Digests by seal number of all copies: files, folders of them, mails, the bucket."""
    found: dict[int, set[str]] = {}
    for place in places:
        try:
            for name, content in _copies(place):
                try:
                    told = read_export(content.splitlines())
                except ValueError as error:
                    raise CallerMistake(f"{name} bir mühür dosyası değil: {error}.",
                                        f"{name} is no file of seals: {error}.",
                                        code="unreadable_file") from error
                for number, digest in told.items():
                    found.setdefault(number, set()).add(digest)
        except OSError as error:
            raise CallerMistake(f"{place} okunamıyor ({error.strerror}).",
                                f"{place} cannot be read ({error.strerror}).",
                                code="unreadable_file") from error
    found.pop(0, None)  # lines of stamps
    return found


def _copies(place: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file of seals at a place; ``s3`` is SEAL_EXPORT_S3_URL."""
    path = Path(place)
    if place == "s3" and not path.exists():
        try:
            yield from Bucket.from_settings().read()
        except (OutsideFinal, OutsideRetryable) as error:
            raise CallerMistake(error.tr, error.en, code=error.code) from error
    elif path.is_dir():
        for one in sorted(path.glob("seals-*.jsonl")):
            yield str(one), one.read_bytes()
    elif path.suffix.lower() == ".eml":
        yield from _attached(path)
    else:
        yield place, path.read_bytes()


def _attached(path: Path) -> Iterator[tuple[str, bytes]]:
    """The files of seals in a mail that was kept."""
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    seen = False
    for part in mail.walk():
        name = part.get_filename() or ""
        if name.startswith("seals-") and name.endswith(".jsonl"):
            seen = True
            content = part.get_payload(decode=True)
            yield f"{path}: {name}", content if isinstance(content, bytes) else b""
    if not seen:
        raise CallerMistake(f"{path} mühür dosyası eki taşımıyor.",
                            f"{path} carries no file of seals.", code="unreadable_file")


def _plain(report: Report) -> dict[str, object]:
    last = report.newest
    return {
        "seals": report.seals, "entries": report.entries, "files": report.files,
        "compared": report.compared, "acts": report.acts,
        "trail": report.trail, "erased": report.erased,
        "stamps": report.stamps, "stamped_upto": report.stamped_upto,
        "unsealed": report.unsealed,
        "newest": {"number": last.number, "digest": last.digest.hex()} if last else None,
        "findings": [asdict(one) | {"at": one.at and one.at.isoformat()}
                     for one in report.findings],
    }


def _line(one: Finding, language: str) -> str:
    day = f"{to_istanbul(one.at):%d.%m.%Y %H:%M:%S}  " if one.at else ""
    return f"✗ {day}{one.en if language == 'en' else one.tr}"


def _lines(report: Report, language: str, most: int) -> list[str]:
    turkish, found = language != "en", len(report.findings)
    lines = [_line(one, language) for one in report.findings]
    if found >= most:
        lines.append(f"İlk {most} bulgudan sonra duruldu." if turkish
                     else f"Stopped after the first {most} findings.")
    last = report.newest
    if last is None and not found:
        return ["Henüz mühür yok." if turkish else "There is no seal yet."]
    lines.append(
        f"{report.seals} mühür, {report.entries} kayıt, {report.acts} KVKK kaydı, "
        f"{report.files} kanıt dosyası bağı, {report.trail} denetim izi satırı, "
        f"{report.stamps} zaman damgası okundu." if turkish else
        f"{report.seals} seals, {report.entries} records, {report.acts} KVKK records, "
        f"{report.files} links to proof files, {report.trail} lines of the audit trail, "
        f"{report.stamps} time stamps were read.")
    if report.compared:
        lines.append("Kayıtlarla karşılaştırıldı: " + ", ".join(
            f"{number} {_COMPARED[word][0]}" for word, number in report.compared.items()) + "."
            if turkish else "Compared with the records: " + ", ".join(
                f"{number} {_COMPARED[word][1]}" for word, number in report.compared.items()) + ".")
    if report.erased:
        lines.append(f"{report.erased} kaydın kişisi ya da içeriği silinmiş: mühür ve imha "
                     "günlüğüyle doğrulanır." if turkish else f"The person or content of "
                     f"{report.erased} records is erased: seal and log of destruction vouch for "
                     "those.")
    if last is not None:
        lines.append(f"Son mühür {last.number}, özeti {last.digest.hex()}." if turkish
                     else f"The last seal is {last.number}, its digest {last.digest.hex()}.")
        if report.stamped_upto < last.number:
            lines.append(f"Damgalı son mühür: {report.stamped_upto or 'yok'}." if turkish
                         else f"The last stamped seal: {report.stamped_upto or 'none'}.")
    if report.unsealed:
        lines.append("Henüz mühürlenmemiş kayıtlar var." if turkish
                     else "There are records without a seal yet.")
    lines.append((f"{found} bulgu: defter mühürlendiği gibi değil." if turkish
                  else f"{found} findings: the ledger is not as it was sealed.") if found else
                 ("Defter mühürlendiği gibi." if turkish else "The ledger is as it was sealed."))
    return lines
