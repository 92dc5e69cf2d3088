"""What an operator should know before something breaks, each finding with what to do."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import redis

from config import Settings, WrongSetting
from config import settings as read_settings
from ileti.channels import accounts, sealmail
from ileti.channels.gateways.smtp import SmtpGateway
from ileti.consents.deadlines import unknown_years
from ileti.core import clock
from ileti.core.clock import to_istanbul, today
from ileti.core.db import dsn
from ileti.core.errors import IletiError, StorageAway
from ileti.core.secrets import open_secrets
from ileti.evidence import copies, vault
from ileti.evidence.copies import Way
from ileti.evidence.stores import newest_store
from ileti.hooks import manager
from ileti.iys.alarms import Level as Urgency
from ileti.iys.alarms import missing_days, open_alarms
from ileti.iys.connection import Level, try_connection
from ileti.iys.stampcheck import bad_stamps
from ileti.kvkk.integrity import COUNTED, untold
from ileti.reports import fines
from ileti.retention import holds, plan
from ileti.webhooks.events import TOPIC as WEBHOOKS

DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": ("on", "remote_apply",
           "remote_write")}
CLOCK_TOLERANCE = 2.0
_SEALED_WITHIN = 900.0  # seconds
_CARRIED_WITHIN = timedelta(hours=26)


@dataclass(frozen=True)
class Finding:
    """One thing looked at; ``remedy`` says what to do when it is not good."""

    good: bool
    what: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order an operator would mend them."""
    return [*_secrets(settings), _calendar(), _fines(), *_plugins(), *_database(settings),
            *_redis(settings), _mail(settings), *_accounts(settings), *_iys(settings)]


def _secrets(settings: Settings) -> list[Finding]:
    try:
        open_secrets(settings)
    except WrongSetting as error:
        return [Finding(False, "secrets", str(error))]
    kind = "production" if settings.production else settings.ileti_env
    return [Finding(True, f"settings and secrets ({kind})")]


def _plugins() -> list[Finding]:
    """Plug-ins that cannot be used; where one was on that checked, nothing is sent meanwhile."""
    found = [one for one in manager.installed() if not one.core]
    wrong = [Finding(False, f"plug-in {one.name} {one.version}: {trouble}", "Install a version "
                     "that fits, or switch it off on the page of plug-ins. A provider whose gate "
                     "it checked sends to nobody until then.")
             for one in found for trouble in filter(None, (one.problem, *one.trouble))]
    return wrong or [Finding(True, f"{len(found)} plug-ins, all well" if found
                             else "no plug-ins are installed")]


def _calendar() -> Finding:
    """Whether the feasts are known of every year that deadlines soon fall into (R-40)."""
    years = ", ".join(map(str, unknown_years(today())))
    if not years:
        return Finding(True, "the calendar of business days is known")
    return Finding(False, f"the feasts of {years} are only estimated",
                   "Deadlines come out too early, never too late. Update the package `holidays` or "
                   "enter the feasts in HOLIDAY_CHANGES, the year in HOLIDAY_YEARS_KNOWN.")


def _fines() -> Finding:
    """Whether this year's fines are known (R-50). Without them one report has no estimate: nobody's
    duty hangs on it, so it is said and is no fault."""
    year = today().year
    known = fines.of_year(year) is not None
    return Finding(True, f"the fines of {year} are known" if known else
                   f"the fines of {year} are not known: the report of compliance has no estimate "
                   "until a version of İleti has them")


def _database(settings: Settings) -> list[Finding]:
    if not settings.database_url:
        return [Finding(False, "database", "Nothing is running: start `ileti up` or set "
                        "DATABASE_URL.")]
    try:
        conn = psycopg.connect(dsn(settings), connect_timeout=5, autocommit=True)
    except psycopg.OperationalError as error:
        return [Finding(False, "database does not answer",
                        f"Check DATABASE_URL and the server ({str(error).splitlines()[0]}).")]
    with conn:
        found = [Finding(conn.info.server_version >= 150_000,
                         f"PostgreSQL {conn.info.server_version // 10_000}",
                         "" if conn.info.server_version >= 150_000 else "Version 15 is the oldest "
                         "that works; upgrade the server.")]
        found += _durability(conn)
        row = conn.execute("select clock_timestamp()").fetchone()
        assert row is not None
        apart = abs((datetime.now(UTC) - row[0]).total_seconds())
        found.append(Finding(apart < CLOCK_TOLERANCE, f"clocks {apart:.1f} s apart",
                             "" if apart < CLOCK_TOLERANCE else "Synchronise this host and the "
                             "database by NTP: İYS refuses dates in the future (R-39)."))
        found += _queues(conn, settings)
    return found


def _durability(conn: psycopg.Connection) -> list[Finding]:
    found = []
    for name, wanted in DURABLE.items():
        row = conn.execute("select current_setting(%s)", [name]).fetchone()
        value = row[0] if row else ""
        good = value in wanted if isinstance(wanted, tuple) else value == wanted
        found.append(Finding(good, f"{name} = {value}", "" if good else
                             f"Set {name} = on: a consent that was answered may not be lost."))
    return found


def _queues(conn: psycopg.Connection, settings: Settings) -> list[Finding]:
    try:
        row = conn.execute(
            "select count(*), coalesce(extract(epoch from now() - min(ref_at)), 0), "
            "count(*) filter (where dead_at is not null), (select count(*) from outbox "
            "where topic = %s and dead_at is not null) from outbox where topic <> %s "
            "and provider_id <> all(array(select id from provider where sandbox_of is not null))",
            (WEBHOOKS, WEBHOOKS)).fetchone()
    except psycopg.errors.UndefinedTable:
        return [Finding(False, "the database is empty", "Run `ileti setup`.")]
    assert row is not None
    waiting, age, dead = int(row[0]), float(row[1]), int(row[2])
    return [
        *_deadlines(conn),
        *_days(conn),
        *_stamps(conn),
        *_seals(conn, settings),
        *_vault(conn),
        *_retention(),
        *_switched_on(conn),
        _notices(conn),
        Finding(age < 86_400, f"{waiting} waiting in the outbox, oldest {age / 3600:.1f} h",
                "" if age < 86_400 else "Look at the queue page: something holds up İYS (R-33)."),
        Finding(dead == 0, f"{dead} parked", "" if not dead else
                "Open the queue page, read the reason, then send again."),
        Finding(row[3] == 0, f"{row[3]} webhook deliveries given up", "" if not row[3] else
                "Open the webhook's page: it says what the address answered; mend it, send again."),
    ]


def _seals(conn: psycopg.Connection, settings: Settings) -> list[Finding]:
    """Whether new entries are sealed in time, and seals stamped (R-68, R-69)."""
    row = conn.execute(
        "select (select system_identifier::text from pg_control_system()) = e.system, s.number, "
        "(select coalesce(max(number), 0) from seal_stamp), "
        "extract(epoch from now() - (select max(received_at) from seal_stamp)), "
        "(select extract(epoch from now() - l.captured_at) from consent_entry l "
        " where l.epoch >= coalesce(s.epoch, 0) and (l.xid, l.id) > "
        " (coalesce(s.upto_xid, 0)::text::xid8, coalesce(s.upto_id, 0)) "
        " order by l.xid, l.id limit 1) "
        "from (select system from seal_epoch order by epoch desc limit 1) e "
        "left join (select * from seal order by number desc limit 1) s on true").fetchone()
    assert row is not None
    here, number, stamped, stamp_age, waits = row
    if not here:
        return [Finding(False, "this database came from another cluster and nothing is sealed",
                        "Stop all writers and run `ileti setup`: it begins a new epoch.")]
    found = [Finding((waits or 0) < _SEALED_WITHIN, f"{number or 0} seals, the oldest entry "
                     f"without one waits {float(waits or 0) / 60:.0f} min",
                     "" if (waits or 0) < _SEALED_WITHIN else "Look whether the workers run and "
                     "whether a transaction has been open for long (pg_stat_activity).")]
    found += _copies(settings, number or 0)
    if not settings.stamp_service:
        return [*found, Finding(False, "no authority stamps the seals",
                                "Set STAMP_URL: without a time stamp only copies outside "
                                "(SEAL_EXPORT_DIR) show that nothing was made anew (R-68).")]
    late = number is not None and stamped < number and (
        stamp_age is None or stamp_age > _SEALED_WITHIN + 3 * settings.stamp_seconds)
    return [*found, Finding(not late, f"the last time stamp is over seal {stamped}", "" if not late
                            else "See the log for `seal_not_stamped`: what the authority at "
                            "STAMP_URL answers.")]


def _copies(settings: Settings, number: int) -> list[Finding]:
    """Whether those outside who keep seals have got them."""
    places = [(Way.MAIL, one) for one in sealmail.addresses()]
    if settings.seal_export_s3_url:
        places.append((Way.BUCKET, settings.seal_export_s3_url))
    found = []
    for way, address in places:
        upto, at = copies.newest(way, address)
        late = upto < number and (at is None or clock.now() - at > _CARRIED_WITHIN)
        what = "the bucket" if way is Way.BUCKET else "an address of SEAL_EXPORT_MAIL"
        found.append(Finding(not late, f"{what} has the seals up to {upto}", "" if not late else
                             "See the log for `seal_export_failed`: who does not take them."))
    return found


def _deadlines(conn: psycopg.Connection) -> list[Finding]:
    """Groups of waiting records that have used up half of their three business days, or more."""
    return [
        Finding(False, f"{alarm.brand_name}: {alarm.count} records, İYS takes them until "
                f"{to_istanbul(alarm.due_at):%d.%m. %H:%M}, "
                + ("too late" if alarm.level is Urgency.OVERDUE else f"{int(alarm.level)} % gone"),
                "Open the deadline radar and mend what holds İYS up: later they are void (R-33).")
        for alarm in open_alarms(conn=conn)
    ] or [Finding(True, "no record is short of its three business days")]


def _days(conn: psycopg.Connection) -> list[Finding]:
    """Days of İYS that are not wholly archived while İYS is about to drop them, or has."""
    return [
        Finding(False, f"{one.brand_name}: İYS's day {one.day:%d.%m.%Y} is not wholly archived, "
                + (f"{one.days_left} days left" if one.days_left >= 0 else "İYS no longer has it"),
                "Look whether the workers run and what İYS answers; it keeps seven days."
                if one.days_left >= 0 else "Ask İYS's support for the file; note why it is gone.")
        for one in missing_days(conn=conn)
    ] or [Finding(True, "every day İYS is about to drop is archived")]


def _stamps(conn: psycopg.Connection) -> list[Finding]:
    """Days whose time stamp does not vouch for the archived file."""
    return [
        Finding(False, f"{one.brand_name}: the time stamp of {one.day:%d.%m.%Y} does not hold "
                f"({one.verdict.name.lower().replace('_', ' ')})",
                "Open the day's page: it says what is wrong. When all stamps say so, look at "
                "STAMP_CA_FILE; else ask İYS's support for the stamp (R-46).")
        for one in bad_stamps(conn=conn)
    ] or [Finding(True, "every time stamp of the last two weeks holds")]


def _notices(conn: psycopg.Connection) -> Finding:
    """Consents of the last week that no privacy notice precedes (R-60)."""
    found = len(untold(conn, since=datetime.now(UTC) - timedelta(days=7), most=COUNTED + 1))
    if not found:
        return Finding(True, "every consent of the last week has a notice before it")
    count = f"at least {COUNTED}" if found > COUNTED else str(found)
    return Finding(False, f"{count} consents of the last week have no notice before them",
                   "Publish a privacy notice for the brand; the panel's page of notices lists them "
                   "(R-60).")


def _vault(conn: psycopg.Connection) -> list[Finding]:
    """Whether proofs can be kept and the newest can be read; quotas that are nearly used up."""
    trouble = newest_store().trouble()
    found = [Finding(not trouble, "the vault of proofs can be written to" if not trouble
                     else f"the vault of proofs cannot be written to: {trouble}",
                     "" if not trouble else "Mend VAULT_DIR or VAULT_S3_URL: nobody can add a "
                     "signed form or a recording until then (R-09).")]
    for provider_id, file_id in conn.execute(
            "select provider_id, id from evidence_file where erased_at is null "
            "order by id desc limit 3").fetchall():
        try:
            vault.verify(provider_id, file_id)
        except IletiError as error:
            found.append(Finding(False, error.en, "Bring it back from a backup, then read all by "
                                 "`ileti vault check` (R-46)."))
    for name, taken, quota in conn.execute(
            "select p.short_name, sum(f.size)::bigint, "
            "coalesce(p.vault_quota_mb, %s) * 1000000::bigint as quota from provider p "
            "join evidence_file f on f.provider_id = p.id and p.sandbox_of is null group by p.id "
            "having sum(f.size) > coalesce(p.vault_quota_mb, %s) * 900000::bigint",
            [read_settings().vault_quota_mb] * 2).fetchall():
        found.append(Finding(False, f"{name}: {taken / 1e6:.0f} of {quota / 1e6:.0f} MB of the "
                             "vault are taken", "Give it more room: `ileti vault quota`."))
    return found


def _retention() -> list[Finding]:
    """Whether what is due is destroyed in time, and holds nobody may remember (R-64)."""
    late = plan.overdue()
    found = [Finding(not late, "the last periodic destruction is older than six months" if late
                     else "what is due is destroyed in time", "Look whether the workers run, then "
                     "`ileti retention run`: the law allows six months." if late else "")]
    return found + [
        Finding(False, f"legal hold {one.id} of provider {one.provider_id} holds since "
                f"{to_istanbul(one.since):%d.%m.%Y}", "Ask whether it is still needed; a hold ends "
                "on the page `Saklama ve imha`.") for one in holds.to_review()[:20]]


def _switched_on(conn: psycopg.Connection) -> list[Finding]:
    """Plug-ins that are on for somebody and not installed."""
    known = {one.name for one in manager.installed()}
    return [Finding(False, f"plug-in {name} is on for {count} providers and not installed",
                    "Install it again, or have it switched off on the page of plug-ins.")
            for name, count in conn.execute(
                "select name, count(*) from provider_plugin group by name order by name")
            if name not in known]


def _redis(settings: Settings) -> list[Finding]:
    if not settings.redis_url:
        return [Finding(False, "Redis", "Nothing is running: start `ileti up` or set REDIS_URL.")]
    try:
        redis.Redis.from_url(settings.redis_url, socket_timeout=2).ping()
    except redis.RedisError as error:
        return [Finding(False, "Redis does not answer", f"Check REDIS_URL "
                        f"({type(error).__name__}); until then jobs run slower, nothing is lost.")]
    return [Finding(True, "Redis answers")]


def _mail(settings: Settings) -> Finding:
    """Whether the mail server lets us in and takes our sender; nothing is sent."""
    if not settings.smtp_url:
        return Finding(True, "mails go to the demo mailbox (SMTP_URL is not set)")
    gateway = SmtpGateway(settings.smtp_url, settings.mail_from or "ileti@localhost")
    problem = gateway.try_connection()
    if problem is None:
        return Finding(True, "the mail server takes our mails")
    return Finding(False, f"the mail server does not take our mails: {problem}",
                   "Check SMTP_URL, MAIL_FROM and the server; codes, confirmations (R-10) and "
                   "alarms wait until then.")


def _accounts(settings: Settings) -> list[Finding]:
    """Accounts at providers of messages that rest, or whose last answer was bad."""
    if not settings.database_url:
        return []
    try:
        found = accounts.troubles()
    except (psycopg.Error, StorageAway, WrongSetting):
        return []
    return [Finding(False, f"{company}: the account {name} "
                    f"{'rests' if rests else 'had a problem'}: {why}",
                    "Mend it at the provider or on the page of sending accounts; messages go over "
                    "the next account, or wait.") for company, name, why, rests in found]


def _iys(settings: Settings) -> list[Finding]:
    started = time.monotonic()
    try:
        httpx.get(settings.iys_url + "/", timeout=5)
    except httpx.HTTPError as error:
        return [Finding(False, f"İYS at {settings.iys_url} does not answer",
                        f"Check IYS_BASE_URL and the network ({type(error).__name__}).")]
    found = [Finding(True, f"İYS at {settings.iys_url} answers in "
                     f"{(time.monotonic() - started) * 1000:.0f} ms")]
    return found + (_connections(settings) if settings.database_url else [])


def _connections(settings: Settings) -> list[Finding]:
    """What each provider lacks at İYS, in the words of its page (ileti/iys/connection)."""
    try:
        with psycopg.connect(dsn(settings), autocommit=True) as conn:
            rows = conn.execute("select id, short_name from provider where sandbox_of is null "
                                "order by id limit 20").fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.OperationalError):
        return []
    return [finding for provider_id, name in rows for finding in _connection(provider_id, name)]


def _connection(provider_id: int, name: str) -> list[Finding]:
    try:
        found = try_connection(provider_id)
    except (StorageAway, WrongSetting) as error:
        return [Finding(False, f"{name}: İYS connection not tried", str(error))]
    return [Finding(one.level is Level.NOTE, f"{name}: {one.en}", "" if one.level is Level.NOTE
                    else "Mend it at İYS or on the provider's page, then try again there.")
            for one in found.open_points] or [Finding(True, f"{name}: the İYS connection works")]
