"""The commands themselves, thin: read arguments, call the room that does it, say what happened."""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime
from pathlib import Path

import click

import config
from config import WrongSetting
from ileti.cli import guide_commands, proof_commands, report_commands
from ileti.cli.sentences import Sentences, language
from ileti.cli.services import begin, running, with_services
from ileti.cli.supervise import Lifeline, follow_parent
from ileti.core.doer import operator, working_as
from ileti.core.logs import configure_command_logs, configure_logs
from ileti.core.memory import loading

QUEUES = ("messages", "iys", "campaigns", "upkeep")
# Their log is what they say; every other command's standard output is its answer.
SERVICES = frozenset({"web", "worker", "scheduler", "simulator"})


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-v", "--verbose", is_flag=True, help="Also say on the error stream what the program "
              "logs while it works (LOG_LEVEL chooses how much).")
@click.pass_context
def main(ctx: click.Context, verbose: bool) -> None:
    """İleti takes marketing consents, proves them, reports them to İYS and guards every sending.

    Start with `ileti up`: it brings everything it needs. Settings are environment variables,
    listed in docs/settings.md.
    """
    if ctx.invoked_subcommand in SERVICES:
        configure_logs()
    else:
        configure_command_logs(verbose=verbose)
        ctx.with_resource(working_as(operator()))
    ctx.obj = follow_parent()


@main.command()
@click.option("--quiet/--no-quiet", default=True, help="Keep the processes' log in the file only.")
def up(quiet: bool) -> None:
    """Start everything on this machine and keep it running until Ctrl-C.

    Brings PostgreSQL and Redis along unless DATABASE_URL and REDIS_URL name your own, prepares the
    database, and starts web server, workers, scheduler and (without IYS_BASE_URL) the İYS
    simulator. The first start of a development installation also makes a demo company.
    """
    from ileti.cli.up import up as run

    run(config.load_settings(), quiet=quiet)


@main.command()
@click.pass_obj
def web(lifeline: Lifeline | None) -> None:
    """Serve the panel, the public pages and the API (needs DATABASE_URL and REDIS_URL)."""
    from ileti.cli.serve import serve

    serve(lifeline)


@main.command()
@click.option("--queue", "queues", multiple=True, default=QUEUES, type=click.Choice(QUEUES),
              show_default=True, help="Queue to serve; may be given several times.")
@click.option("--burst", is_flag=True, help="End when nothing is left to do.")
@click.pass_obj
def worker(lifeline: Lifeline | None, queues: tuple[str, ...], burst: bool) -> None:
    """Do the background work of the named queues."""
    begin(lifeline, _load_jobs)
    from ileti.cli.worker import work

    work(list(queues), burst=burst)


@main.command()
@click.pass_obj
def scheduler(lifeline: Lifeline | None) -> None:
    """Ask for every job at its interval; one per installation is enough, more do no harm."""
    begin(lifeline, _load_jobs)
    from ileti.cli.worker import schedule

    schedule()


def _load_jobs() -> None:
    from ileti.cli.worker import load_jobs

    load_jobs()


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, help="Port; by default PORT + 1.")
@click.option("--database", help="File for the registry's state; by default below ILETI_VAR.")
@click.option("--clock", help="Istanbul time to start at, YYYY-MM-DD HH:mm:ss.")
@click.option("--fault", "faults", multiple=True, help="Fault to arm, see docs/simulator.md.")
@click.option("--quota", "quotas", multiple=True, help="Limits, e.g. off or per_second=5.")
@click.option("--delay", "delays", multiple=True,
              help="Delays in seconds, e.g. batch=2,pull=0,latency=0.1.")
def simulator(host: str, port: int | None, database: str | None, clock: str | None,
              faults: tuple[str, ...], quotas: tuple[str, ...], delays: tuple[str, ...]) -> None:
    """Run the İYS simulator: a registry of your own to try everything against."""
    with loading():
        from ileti.simulator.options import SettingError
        from ileti.simulator.server import serve

    settings = config.load_settings()
    settings.ileti_var.mkdir(parents=True, exist_ok=True)
    try:
        serve(
            host=host, port=port if port is not None else settings.simulator_port,
            database=database or str(settings.ileti_var / "simulator.sqlite"), clock=clock,
            faults=faults, quotas=quotas, delays=delays or ("batch=2,pull=0",),
            mail_port=settings.mail_port,
        )
    except (SettingError, OSError, OverflowError, sqlite3.Error) as error:
        reason = str(error) or type(error).__name__
        raise WrongSetting(f"The simulator cannot start: {reason}") from None


@main.command()
@click.option("--first-run", is_flag=True, hidden=True,
              help="Also the administrator and the demo company; for `ileti up`.")
@click.pass_obj
def setup(lifeline: Lifeline | None, first_run: bool) -> None:
    """Prepare the database: tables, rights, permissions. Run it before each new version serves."""
    settings = config.load_settings()
    if not settings.production:
        config.make_secrets_file(settings.ileti_var)
    settings = begin(lifeline, _load_setup) if lifeline else with_services()
    from ileti.cli.setup import prepare

    prepare(settings)
    click.echo("The database is ready.")
    if first_run:
        from ileti.cli.first_run import await_simulator, furnish

        await_simulator(settings)
        furnish(settings)
        click.echo("The demo is ready.")


def _load_setup() -> None:
    import ileti.cli.first_run
    import ileti.cli.setup  # noqa: F401


@main.command()
@click.option("--settings-table", is_flag=True, help="Print docs/settings.md's table and end.")
def doctor(settings_table: bool) -> None:
    """Check settings, database, Redis, clocks, queues, mail and the İYS login; say what to do."""
    if settings_table:
        click.echo(config.settings_table(), nl=False)
        return
    from ileti.cli.doctor import examine

    found = running(config.load_settings())
    for name in ("database_url", "redis_url"):
        os.environ[name.upper()] = getattr(found, name)
    config.settings.cache_clear()
    findings = examine(found)
    for finding in findings:
        click.echo(f"{'ok  ' if finding.good else 'LOOK'}  {finding.what}")
        if finding.remedy:
            click.echo(f"      → {finding.remedy}")
    if not all(finding.good for finding in findings):
        raise SystemExit(1)


@main.command()
@click.argument("action", type=click.Choice(["on", "off"]))
@click.argument("iys_code", type=int)
def push(action: str, iys_code: int) -> None:
    """Ask İYS to report citizens' changes here at once (on), or to stop (off); pull goes on.

    İYS's support opens push on request, and İYS must reach PUBLIC_URL over https.
    """
    with_services()
    from ileti.core import db
    from ileti.core.errors import NotFound
    from ileti.iys.pushing import register_push, unregister_push
    from ileti.tenancy import deeds

    row = db.connection().execute("select id from provider where iys_code = %s",
                                  (iys_code,)).fetchone()
    if row is None:
        raise NotFound("Bu İYS numarasıyla bir sağlayıcı yok.",
                       "There is no provider with this İYS number.")
    done = (register_push if action == "on" else unregister_push)(row[0])
    deeds.note(db.connection(), f"iys:push_{action}", f"provider:{row[0]}", provider_id=row[0])
    for one in done:
        said = "done" if one.trouble is None else f"{one.trouble.en} ({one.trouble.code})"
        click.echo(f"{one.brand_code} {one.channel.name}: {said}")
    if any(one.trouble for one in done):
        raise SystemExit(1)


@main.group()
def user() -> None:
    """Accounts of people who use the panel."""


@user.command("create")
@click.argument("username")
@click.option("--role", required=True, help="Role, e.g. provider_admin; the panel lists them.")
@click.option("--email", help="Mail address; by default USERNAME@localhost.localdomain.")
@click.option("--provider", type=int, help="Provider's İYS number the user works for.")
@click.option("--dealer", type=int, help="Dealer's id, for dealer roles.")
@click.password_option(help="Password; asked for when it is not given.")
def create_user(username: str, role: str, email: str | None, provider: int | None,
                dealer: int | None, password: str) -> None:
    """Create a user with one role, or give an existing user a new password and role."""
    with_services()
    from ileti.cli.users import ensure_user

    ensure_user(username, password, role=role, email=email, iys_code=provider, dealer_id=dealer)
    click.echo(f"{username} may log in as {role}.")


@user.command("reset-two-step")
@click.argument("username")
def reset_two_step(username: str) -> None:
    """Take away a lost second step: app, recovery codes and passkeys.

    The user is signed out everywhere and gets a mail; the next sign-in leads to setting up a new
    one where the role or the provider requires it.
    """
    with_services()
    from ileti.cli.users import reset_second_step

    reset_second_step(username)
    click.echo(f"{username} signs in by password alone until a new second step is set up.")


@main.command("import", short_help="Bring a customer list into the ledger, dry run first.")
@click.argument("file", required=False,
                type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "url", help="A database instead of a file, e.g. postgresql://…, with "
              "--query.")
@click.option("--query", help="What to read there; only read, never written.")
@click.option("--query-seconds", type=click.IntRange(1, 86_400), default=600, show_default=True,
              help="How long the query may take.")
@click.option("--fetch", metavar="PLUGIN:SOURCE", help="A plug-in's source instead of a file; "
              "`ileti plugins` lists plug-ins.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="With --fetch: what came since.")
@click.option("--brand", type=int, required=True, help="Brand's İYS number.")
@click.option("--provider", type=int, default=None,
              help="Provider's İYS number, when two have a brand of that number.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen; keep nothing.")
@click.option("--origin", default="", help="Where the list comes from: customers, forms, "
              "other_system, iys, takeover, partner.")
@click.option("--ground", default="", help="Legal ground, in a sentence.")
@click.option("--proof", default="", help="Where the proofs are kept, in a sentence.")
@click.option("--notice", default="", help="How and when people were or will be informed.")
@click.option("--proof-attached", is_flag=True, help="You declare to hold the "
              "proof of every row; signed forms need their scan all the same (R-09).")
@click.option("--column", "columns", multiple=True, metavar="ROLE=NUMBER",
              help="What a column means, e.g. phone=3 or field.city=7; the rest is recognised.")
@click.option("--status", type=click.Choice(["ONAY", "RET"]), help="For all rows.")
@click.option("--source", help="For all rows, e.g. HS_WEB.")
@click.option("--date", "day", help="For all rows, e.g. '2026-11-23 14:05:00'.")
@click.option("--type", "kind", type=click.Choice(["BIREYSEL", "TACIR"]), default="BIREYSEL",
              show_default=True, help="For rows that do not say it.")
@click.option("--basis", help="For merchants: what shows that they are (R-05).")
@click.option("--channel", "channels", multiple=True,
              type=click.Choice(["ARAMA", "MESAJ", "EPOSTA"]),
              help="What a phone or an e-mail stands for when no column says it.")
@click.option("--dealer", type=int, help="Retailer code at İYS, for rows that name no dealer.")
@click.option("--delimiter", help="Separator, when it is not found out; \\t is a tab.")
@click.option("--encoding", help="E.g. windows-1254, when it is not found out.")
@click.option("--sheet", help="Of a workbook; by default the first that has rows.")
@click.option("--header/--no-header", "header", default=None,
              help="Whether the first row names the columns, when it is not found out.")
@click.option("--ask-iys", is_flag=True, help="Ask İYS how many of the addresses it holds as ONAY.")
@click.option("--proof-file", "proof_files", multiple=True,
              type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A file that proves all of the list; may be given again.")
@click.option("--proof-role", default="document",
              type=click.Choice(["signed_form", "recording", "screenshot", "document", "mail",
                                 "other"]),
              help="What each --proof-file is; signed_form: a scan of all rows' forms (R-09).")
@click.option("--proof-dir", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder with the files that rows name in their proof column.")
@click.option("--report", "report_to", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the row report here: CSV, or .xlsx, .ndjson by its name.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")
def import_list(file: Path | None, url: str | None, query: str | None, query_seconds: int,
                fetch: str | None, since: datetime | None, brand: int,
                provider: int | None, dry_run: bool, origin: str, ground: str,
                proof: str, notice: str, proof_attached: bool, columns: tuple[str, ...],
                status: str | None, source: str | None, day: str | None, kind: str,
                basis: str | None, channels: tuple[str, ...], dealer: int | None,
                delimiter: str | None, encoding: str | None, sheet: str | None,
                header: bool | None, ask_iys: bool,
                proof_files: tuple[Path, ...], proof_role: str, proof_dir: Path | None,
                report_to: Path | None, as_json: bool) -> None:
    """Bring a customer list into the ledger: read, judge every row, then apply.

    CSV, Excel and NDJSON are told by their content. Exit code 0: every row was taken or is already
    so; 1: some were not (the reasons are listed); 2: the call or the file has to be mended first,
    and nothing was written.
    """
    named = sum(one is not None for one in (file, url, fetch))
    if named != 1 or (url is None) != (query is None):
        raise click.UsageError("Name a FILE, a database with --from and --query, or a plug-in's "
                               "source with --fetch.")
    with_services()
    from ileti.cli import importing
    from ileti.core.errors import CallerMistake
    from ileti.hooks.limits import PluginFailed

    corrections = {"delimiter": (delimiter or "").replace("\\t", "\t") or None,
                   "encoding": encoding, "sheet": sheet, "header": header}
    try:
        if file is not None:
            source_of = importing.file_source(
                file, {k: v for k, v in corrections.items() if v is not None})
        elif fetch is not None:
            source_of = importing.plugin_source(fetch, since.date() if since else None,
                                                brand=brand, provider=provider)
        else:
            source_of = importing.query_source(url or "", query or "", query_seconds)
        code = importing.run_import(
            source_of, brand=brand, provider=provider, dry_run=dry_run, language=language(),
            columns=importing.columns_of(columns), dealer=dealer,
            fixed=importing.fixed_of(status, source, day, kind, None, basis, channels),
            origin={"origin": origin, "ground": ground, "proof": proof, "notice": notice,
                    "proof_attached": proof_attached},
            as_json=as_json, report_to=report_to, ask_iys=ask_iys,
            proof_files=proof_files, proof_role=proof_role, proof_dir=proof_dir)
    except (CallerMistake, PluginFailed) as mistake:
        for one in mistake.errors:
            click.echo(f"{one.field}: {one.say(language())}", err=True)
        click.echo(mistake.say(language()), err=True)
        raise SystemExit(2) from mistake
    raise SystemExit(code)


@main.command("plugins")
def list_plugins() -> None:
    """List the plug-ins that are installed, what each does and what is wrong with it.

    They are switched on per provider in the panel, on the page of plug-ins.
    """
    import ileti.channels.registry  # noqa: F401 (ours are plug-ins too)
    from ileti.hooks.manager import installed

    bad = False
    for one in installed():
        state = "BROKEN" if one.problem else "ours" if one.core else "ready"
        click.echo(f"{state:<7} {one.name} {one.version}".rstrip()
                   + (f": {', '.join(one.hooks)}" if one.hooks else ""))
        for trouble in filter(None, (one.problem, *one.trouble)):
            click.echo(f"        → {trouble}")
        bad = bad or bool(one.problem)
    if bad:
        raise SystemExit(1)


@main.group()
def keys() -> None:
    """Encryption keys: bring in a new one, rewrite what old ones keep, let them go."""


@keys.command("list")
def list_keys() -> None:
    """Which keys there are and how many rows each keeps (reads every table once)."""
    settings = with_services()
    from ileti.cli.keys import owner, usage

    ring = config.parse_keyring(settings.encryption_keys)
    with owner(settings) as conn:
        kept = usage(conn)
    for number in sorted({*ring, *kept}):
        does = ("encrypts" if number == max(ring) else "decrypts" if number in ring
                else "MISSING from ENCRYPTION_KEYS")
        found = sorted(kept.get(number, {}).items())
        rows = ", ".join(f"{count} {column}" for column, count in found)
        click.echo(f"{number:>5}  {does}  {rows or 'nothing'}")


@keys.command("add")
def add_key() -> None:
    """Make a new key.

    In development it is put into secrets.env; in production it is printed once: append it to
    ENCRYPTION_KEYS on every host, restart them all, then run re-encrypt.
    """
    settings = config.load_settings()
    from ileti.cli.keys import add

    number, part = add(settings)
    click.echo(f"Append to ENCRYPTION_KEYS on every host: ,{part}" if settings.production
               else f"Key {number} stands in secrets.env; restart, then `ileti keys re-encrypt`.")


@keys.command("re-encrypt")
def re_encrypt_all() -> None:
    """Rewrite everything under the newest key, as the owner of the tables (DATABASE_OWNER_URL).

    May be stopped and run again at any moment, and while the application works.
    """
    settings = with_services()
    from ileti.cli.keys import re_encrypt
    from ileti.core import db
    from ileti.tenancy import deeds

    deeds.note(db.connection(), "keys:re_encrypt", "encryption_key:newest", provider_id=None)
    done = re_encrypt(settings, lambda column, rows: click.echo(f"{column}: {rows}", err=True))
    for progress in done:
        click.echo(f"{progress.column}: {progress.rewritten} rewritten"
                   + (f", {progress.unreadable} could not be read" if progress.unreadable else ""))
    if any(progress.unreadable for progress in done):
        raise SystemExit(1)


@keys.command("retire")
@click.argument("number", type=int)
def retire_key(number: int) -> None:
    """Let an old key go; refused while a single row is kept under it. Old backups still need it."""
    settings = with_services()
    from ileti.cli.keys import retire
    from ileti.core import db
    from ileti.tenancy import deeds

    retire(settings, number)
    deeds.note(db.connection(), "keys:retire", f"encryption_key:{number}", provider_id=None)
    click.echo(f"Nothing is kept under key {number}: take it out of ENCRYPTION_KEYS on every host; "
               "keep it as long as a backup from before is kept." if settings.production
               else f"Key {number} is out of secrets.env.")


for command in (*proof_commands.COMMANDS, report_commands.reports, guide_commands.guide):
    main.add_command(command)
