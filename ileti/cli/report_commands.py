"""`ileti reports`: whether the numbers of reports are the ledger's, and counting them anew."""

from __future__ import annotations

import click

from ileti.cli.services import with_services


@click.group()
def reports() -> None:
    """Numbers of reports: compare them with the ledger, count them anew."""


@reports.command("check")
@click.option("--mend", is_flag=True, help="Put a full count in the place of numbers that differ.")
def check(*, mend: bool) -> None:
    """Count the whole ledger and compare; reads every entry once per table.

    Ends with 1 when a number differs and was not mended.
    """
    with_services()
    from ileti.core import db
    from ileti.reports import recount
    from ileti.tenancy import deeds

    found = recount.compare()
    for table, lines in found.items():
        click.echo(f"{table}: " + ("equal" if not lines else f"{lines} lines differ"))
    if not any(found.values()):
        return
    if not mend:
        click.echo("Run `ileti reports check --mend` to count anew.")
        raise SystemExit(1)
    recount.mend()
    deeds.note(db.connection(), "report:mend", f"report_mark:{recount.MARK}", provider_id=None)
    click.echo("Counted anew.")
