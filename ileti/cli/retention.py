"""What `ileti retention` says: the plan, a run, the log and whether it holds."""

from __future__ import annotations

import csv
import io

from ileti.core import clock, db, formats
from ileti.core.errors import NotFound
from ileti.retention import destroy, log, plan
from ileti.retention.export import as_csv
from ileti.retention.periods import BY_KIND, Kind
from ileti.tenancy import deeds


def providers(iys_code: int | None) -> list[tuple[int, str]]:
    """Id and name of the provider with this İYS number, or of all; NotFound."""
    rows = db.connection().execute(
        "select id, short_name from provider where sandbox_of is null and %s::int is null "
        "or iys_code = %s order by id",
        (iys_code, iys_code)).fetchall()
    if iys_code is not None and not rows:
        raise NotFound("Bu İYS numarasıyla bir sağlayıcı yok.",
                       "There is no provider with this İYS number.")
    return rows


def name_of(kind: int, language: str) -> str:
    """A kind's name; a run's end is one too."""
    if kind == Kind.RUN:
        return "Çalışmanın sonu" if language == "tr" else "End of the run"
    one = BY_KIND[Kind(kind)]
    return one.tr if language == "tr" else one.en


def planned(iys_code: int | None, language: str) -> list[str]:
    """A line per kind that is or falls due."""
    heads = (("bugün", "3 ay içinde", "12 ay içinde") if language == "tr"
             else ("now", "in 3 months", "in 12 months"))
    said = []
    for provider_id, name in providers(iys_code):
        said.append(name)
        said.append("".join(f"{head:>14}" for head in heads))
        found = plan.count(provider_id)
        said += [f"{one.now:>14}{one.soon:>14}{one.year:>14}  {name_of(kind, language)}"
                 for kind, one in sorted(found.items()) if one.year]
    return said


def ran(language: str) -> str:
    """Destroy what is due, to the end; what was done in a sentence."""
    number, rows = destroy.run_now()
    deeds.note(db.connection(), "retention:run", f"destruction_run:{number}", provider_id=None,
               detail={"count": rows})
    return (f"{number}. imha çalışması bitti: {rows} kayıt imha edildi." if language == "tr"
            else f"Run {number} has ended: {rows} rows were destroyed.")


def logged(iys_code: int | None, language: str, *, file: bool) -> str:
    """The log, for people or as CSV."""
    provider_id = providers(iys_code)[0][0] if iys_code is not None else None
    lines = log.lines(provider_id)
    if file:
        return as_csv(lines, language).decode("utf-8-sig")
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    for line in lines:
        writer.writerow((line.id, f"{clock.to_istanbul(line.at):%d.%m.%Y %H:%M}",
                         line.count if line.kind else "",
                         name_of(line.kind, language), line.rule, line.leaf.hex()[:16]))
    return out.getvalue()


def verified(language: str) -> tuple[bool, list[str]]:
    """Whether the log holds, and what is said of it."""
    count, faults = log.verify()
    if faults:
        return False, [one.tr if language == "tr" else one.en for one in faults]
    if language == "tr":
        return True, [f"İmha günlüğü bozulmamış: {formats.number(count)} satır."]
    lines = "1 line" if count == 1 else f"{count:,} lines"
    return True, [f"The log of destruction is whole: {lines}."]
