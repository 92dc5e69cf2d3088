"""The commands about proof: audit, bundle, verify, export-seals, vault, retention."""

from __future__ import annotations

from pathlib import Path

import click

from ileti.cli.sentences import language
from ileti.cli.services import with_services


@click.command("audit")
@click.option("--from", "first", type=click.IntRange(min=1), default=1, metavar="N",
              help="First seal to look at (default 1).")
@click.option("--to", "last", type=click.IntRange(min=1), metavar="N", help="Last seal.")
@click.option("--against", "exports", multiple=True, metavar="PLACE",
              help="Seals that were carried out of the house: a file, a folder of them, a mail "
              "that was kept (.eml), or s3 for SEAL_EXPORT_S3_URL; may be given several times.")
@click.option("--most", type=click.IntRange(min=1), default=100, help="Stop after that many "
              "findings (default 100).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def audit_ledger(first: int, last: int | None, exports: tuple[str, ...], most: int,
                 as_json: bool) -> None:
    """Check the whole ledger against its seals, time stamps and exported seals; read only.

    Exit code 0: everything is as it was sealed; 1: something is not, and the first wrong record is
    named; 2: the call has to be mended first.
    """
    with_services()
    from ileti.cli.auditing import run_audit
    from ileti.core.errors import CallerMistake

    try:
        code = run_audit(first=first, last=last, exports=exports, most=most, language=language(),
                         as_json=as_json)
    except CallerMistake as mistake:
        click.echo(mistake.say(language()), err=True)
        raise SystemExit(2) from mistake
    raise SystemExit(code)


@click.command("bundle")
@click.argument("records", nargs=-1, metavar="RECORD...")
@click.option("--address", help="Everything of a phone number or an e-mail address: "
              "consents, notices, explicit consents, messages.")
@click.option("--message", metavar="NUMBER", help="The bundle of one message (ILT-…, or its id).")
@click.option("--complaint", metavar="ADDRESS", help="The pack that answers a complaint about this "
              "address; with --at.")
@click.option("--at", metavar="TIME", help="When, in Istanbul's time: 2026-05-03T10:00.")
@click.option("--title", default="", help="The sender's title in the complaint.")
@click.option("--provider", type=int, metavar="IYS", help="The provider's İYS number; needed with "
              "an address when there are several.")
@click.option("--out", required=True, metavar="FILE",
              type=click.Path(dir_okay=False, path_type=Path), help="The zip file to write.")
def make_bundle(records: tuple[str, ...], address: str | None, message: str | None,
                complaint: str | None, at: str | None, title: str, provider: int | None,
                out: Path) -> None:
    """Write the proof bundle of some records (consents, notices, explicit consents), of a person,
    of a message, or for a complaint: everything that proves them, and the verifier."""
    if sum(map(bool, (records, address, message, complaint))) != 1:
        raise click.UsageError("Name RECORDs, or an --address, a --message or a --complaint.")
    if bool(complaint) != bool(at):
        raise click.UsageError("--complaint and --at go together.")
    with_services()
    from ileti.cli import bundling
    from ileti.core.errors import IletiError

    try:
        if message:
            number = bundling.write_message(out, message, provider)
        elif complaint:
            number = bundling.write_complaint(out, complaint, at or "", title, provider)
        elif address:
            number = bundling.write_person(out, address, provider)
        else:
            number = bundling.write_bundle(out, records)
    except IletiError as error:
        click.echo(error.say(language()), err=True)
        raise SystemExit(2) from error
    click.echo(f"{out}: {number} " + ("kayıt" if language() == "tr" else "records"))


@click.command("verify", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify_bundle(arguments: tuple[str, ...]) -> None:
    """Check a proof bundle, as the verify.py within it does, or a receipt (.json, .jsonld) with
    --keys; `--help` says with what."""
    from ileti.evidence import receiptcheck, verifier

    receipt = any(one.endswith((".json", ".jsonld")) for one in arguments[:1])
    raise SystemExit((receiptcheck if receipt else verifier).main(list(arguments)))


@click.command("export-seals")
@click.argument("folder", type=click.Path(file_okay=False, writable=True, path_type=Path))
def export_seals(folder: Path) -> None:
    """Write the seals that no file in FOLDER holds yet, for storage you cannot rewrite."""
    with_services()
    from ileti.evidence import export

    folder.mkdir(parents=True, exist_ok=True)
    path = export.write_new(folder)
    click.echo(str(path) if path else ("Yeni mühür yok." if language() == "tr"
                                       else "There is no new seal."))


@click.group()
def vault() -> None:
    """The vault of proofs: room of each provider, and whether its files are whole."""


@vault.command("list")
def list_vault() -> None:
    """Files, megabytes and quota of each provider."""
    with_services()
    from ileti.cli.vault import rooms

    for iys_code, name, files, taken, quota in rooms():
        click.echo(f"{iys_code:>10}  {files:>8} files  {taken / 1e6:>10.1f} of {quota / 1e6:.0f} MB"
                   f"  {name}")


@vault.command("quota")
@click.argument("provider", type=int)
@click.argument("megabytes", type=int, required=False)
def vault_quota(provider: int, megabytes: int | None) -> None:
    """Give PROVIDER (its İYS code) room for MEGABYTES; without a number, as VAULT_QUOTA_MB says."""
    with_services()
    from ileti.cli.vault import set_quota

    if megabytes is not None and megabytes < 0:
        raise click.UsageError("MEGABYTES is 0 or more.")
    if not set_quota(provider, megabytes):
        raise click.ClickException(f"There is no provider {provider}.")


@vault.command("check")
@click.option("--provider", type=int, help="Only of this provider (its İYS code).")
def vault_check(provider: int | None) -> None:
    """Read every file against its seal and digest; exit code 1 names those that are not whole."""
    with_services()
    from ileti.cli.vault import check

    files, damaged = 0, 0
    for iys_code, file_id, problem in check(provider):
        files += 1
        if problem:
            damaged += 1
            click.echo(f"provider {iys_code}, file {file_id}: {problem}")
    click.echo(f"{files} files read, {damaged} not whole.")
    raise SystemExit(1 if damaged else 0)


@click.group()
def retention() -> None:
    """What must be kept, what falls due, and the signed log of what was destroyed (R-46, R-64)."""


_ONE_PROVIDER = click.option("--provider", type=int, metavar="IYS",
                             help="Only of this provider (its İYS code).")


@retention.command("plan")
@_ONE_PROVIDER
def plan_retention(provider: int | None) -> None:
    """Say what is due now, within three months and within a year; destroys nothing."""
    with_services()
    from ileti.cli.retention import planned

    for line in planned(provider, language()):
        click.echo(line)


@retention.command("run")
@click.option("--yes", is_flag=True, help="Do not ask.")
def run_retention(yes: bool) -> None:
    """Destroy what is due now, as the monthly run does. What is younger than its period or under a
    legal hold stays, whatever is asked."""
    with_services()
    from ileti.cli.retention import ran

    if not yes:
        click.confirm("Süresi dolan kayıtlar imha edilsin mi?" if language() == "tr"
                      else "Destroy what is due?", abort=True)
    click.echo(ran(language()))


@retention.command("log")
@_ONE_PROVIDER
@click.option("--csv", "file", is_flag=True, help="As a table with hashes and signatures.")
def retention_log(provider: int | None, file: bool) -> None:
    """Print the signed log of destruction."""
    with_services()
    from ileti.cli.retention import logged

    click.echo(logged(provider, language(), file=file), nl=False)


@retention.command("verify")
def verify_retention_log() -> None:
    """Check the log: chain, signatures, and that it tells of the rows that are gone. Exit code 1
    when it does not hold."""
    with_services()
    from ileti.cli.retention import verified

    holds, said = verified(language())
    for line in said:
        click.echo(line)
    raise SystemExit(0 if holds else 1)


COMMANDS = (audit_ledger, make_bundle, verify_bundle, export_seals, vault, retention)
