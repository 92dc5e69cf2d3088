"""What `ileti audit` says: progress while it reads, the findings, one sentence in the end."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from ileti.consents.audit import Finding, Report, audit, read_export
from ileti.core.clock import to_istanbul
from ileti.core.errors import CallerMistake
from ileti.kvkk import claims as _acts  # noqa: F401 (registers how its leaves are read)


def run_audit(*, first: int, last: int | None, exports: tuple[Path, ...], most: int, language: str,
              as_json: bool) -> int:
    """Audit and say what was found; the exit code. Raises CallerMistake for an unreadable file."""
    report = audit(first=first, last=last, exported=_exported(exports), most=most)
    if as_json:
        click.echo(json.dumps(_plain(report), ensure_ascii=False))
    else:
        for line in _lines(report, language, most):
            click.echo(line)
    return 1 if report.findings else 0


def _exported(paths: tuple[Path, ...]) -> dict[int, str]:
    found: dict[int, str] = {}
    for path in paths:
        try:
            with path.open("rb") as file:
                found |= read_export(file)
        except OSError as error:
            raise CallerMistake(f"{path} okunamıyor ({error.strerror}).",
                                f"{path} cannot be read ({error.strerror}).",
                                code="unreadable_file") from error
        except ValueError as error:
            raise CallerMistake(f"{path} bir mühür dosyası değil: {error}.",
                                f"{path} is no file of seals: {error}.",
                                code="unreadable_file") from error
    found.pop(0, None)  # lines of stamps
    return found


def _plain(report: Report) -> dict[str, object]:
    last = report.newest
    return {
        "seals": report.seals, "entries": report.entries, "files": report.files,
        "acts": report.acts, "erased": report.erased,
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
        f"{report.files} kanıt dosyası bağı, {report.stamps} zaman damgası okundu." if turkish else
        f"{report.seals} seals, {report.entries} records, {report.acts} KVKK records, "
        f"{report.files} links to proof files, {report.stamps} time stamps were read.")
    if report.erased:
        lines.append(f"{report.erased} kaydın sahibi silinmiş: yalnız mühürle doğrulanır."
                     if turkish else f"The persons of {report.erased} records are erased: only the "
                     "seal vouches for those.")
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
