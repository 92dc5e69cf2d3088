"""Declared settings: why they live in one file.

Whoever runs İleti must find every switch in one place, with its type, its default and one line of
meaning; a wrong value must stop the start with one sentence instead of a stack trace at 3 a.m.
`docs/settings.md` is generated from this file (``ileti doctor --settings-table``), and a test fails
when the two differ.

Secrets have no default. In development ``ileti up`` and ``ileti setup`` make random ones once and
keep them in ``<ILETI_VAR>/secrets.env`` (mode 600); in production a missing or weak one refuses to
start (ASVS 13.2.3, 13.3.1).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import ipaddress
import os
import threading
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent


class WrongSetting(Exception):
    """A setting is missing, malformed or too weak; the message is one sentence with the remedy."""


def _key_bytes(text: str) -> bytes:
    """Decode one base64 key and insist on 32 bytes."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("is not base64; make one with: openssl rand -base64 32") from error
    if len(raw) != 32:
        raise ValueError("must be 32 bytes; make one with: openssl rand -base64 32")
    if len(set(raw)) < 12:
        raise ValueError("is too regular to be random; make one with: openssl rand -base64 32")
    return raw


def _check_key(text: str) -> str:
    if text:
        _key_bytes(text)
    return text


def _check_keyring(text: str) -> str:
    if text:
        parse_keyring(text)
    return text


def parse_keyring(text: str) -> dict[int, bytes]:
    """``"1:base64,2:base64"`` → ``{1: bytes, 2: bytes}``; the highest number encrypts.

    Raises ValueError with the remedy when a number repeats or a key is not 32 random bytes.
    """
    ring: dict[int, bytes] = {}
    for part in text.split(","):
        number, colon, key = part.strip().partition(":")
        if not colon or not number.isdigit() or not 1 <= int(number) <= 32_767:
            raise ValueError("must look like 1:BASE64,2:BASE64 with numbers from 1 to 32767")
        if int(number) in ring:
            raise ValueError(f"names key {number} twice")
        ring[int(number)] = _key_bytes(key)
    return ring


HOLIDAY_KINDS = ("holiday", "half", "workday")


def parse_holiday_changes(text: str) -> dict[dt.date, str]:
    """``"2033-03-11=holiday,2033-03-10=half"`` → days with one of ``HOLIDAY_KINDS``.

    Raises ValueError with the remedy.
    """
    days: dict[dt.date, str] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        day, _equals, kind = part.partition("=")
        if kind.strip() not in HOLIDAY_KINDS:
            raise ValueError(f"must look like 2033-03-11=holiday; kinds are "
                             f"{', '.join(HOLIDAY_KINDS)}")
        try:
            days[dt.date.fromisoformat(day.strip())] = kind.strip()
        except ValueError:
            raise ValueError(f"has {day.strip()!r}, which is no day like 2033-03-11") from None
    return days


def _check_holidays(text: str) -> str:
    parse_holiday_changes(text)
    return text


def _check_networks(text: str) -> str:
    for one in text.split(","):
        if one.strip():
            ipaddress.ip_network(one.strip())
    return text


def _check_ca_file(path: Path) -> Path:
    from cryptography import x509

    try:
        x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise ValueError("holds no certificates in PEM form") from None
    return path


CaFile = Annotated[Path, AfterValidator(_check_ca_file)]
Networks = Annotated[str, AfterValidator(_check_networks)]
Key = Annotated[str, AfterValidator(_check_key)]
Holidays = Annotated[str, AfterValidator(_check_holidays)]
Keyring = Annotated[str, AfterValidator(_check_keyring)]


def _field(default: Any, text: str, **more: Any) -> Any:
    return Field(default, description=text, **more)


def _in_url(host: str) -> str:
    """A host as an address on the web writes it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


class Settings(BaseSettings):
    """All settings. Environment variables have these names in capitals."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False, env_ignore_empty=True)

    # -- place
    ileti_env: Literal["development", "production", "test"] = _field(
        "development",
        "`production` refuses weak secrets, demo data, plain-HTTP cookies and the demo gateways.",
    )
    ileti_var: Path = _field(ROOT / "var", "Folder for embedded services, secrets, files.")
    demo_company: bool = _field(
        True, "Whether the first start makes an invented company to look at; never in production.",
    )
    host: str = _field("127.0.0.1", "Address the web server listens on.")
    port: int = _field(8080, "Port of the web server.", ge=1, le=65535)
    public_url: str = _field(
        "", "Address people reach the installation at, e.g. `https://izin.ornek.com.tr`; "
        "empty means `http://HOST:PORT`.", pattern=r"^(https?://[^/\s]+)?$",
    )
    trusted_proxies: int = _field(
        0, "How many reverse proxies stand in front and set X-Forwarded-For; 0 trusts none.",
        ge=0, le=5,
    )

    # -- services
    database_url: str = _field(
        "", "PostgreSQL 15 or newer, `postgresql://…`; empty starts the embedded one below "
        "ILETI_VAR (never in production).", pattern=r"^(postgres(ql)?(\+psycopg)?://.+)?$",
    )
    database_owner_url: str = _field(
        "", "Login that owns the tables, used by `ileti setup` only; empty means DATABASE_URL. "
        "With it set, DATABASE_URL needs no right but membership in the role `ileti_app`.",
    )
    redis_url: str = _field(
        "", "Redis 6 or newer or Valkey; empty starts the embedded one.",
        pattern=r"^((rediss?|unix)://.+)?$",
    )
    db_pool_size: int = _field(5, "Database connections per web or worker process.", ge=1, le=100)
    db_statement_timeout_ms: int = _field(15_000, "Longest SQL statement of a page, ms.", ge=100,
                                       le=45_000)
    db_lock_timeout_ms: int = _field(4_000, "Longest wait for a row lock, ms.", ge=50)

    # -- secrets
    secret_key: Key = _field("", "Signs sessions, form tokens and links (base64, 32 bytes).")
    pepper: Key = _field(
        "", "Keys the hash by which an address is found (base64, 32 bytes). Keep it outside "
        "database backups: with it a stolen dump can be searched for a number.",
    )
    encryption_keys: Keyring = _field(
        "", "AES-256-GCM keys for addresses, names and İYS passwords, `1:BASE64,2:BASE64`; the "
        "highest number encrypts, all decrypt.",
    )
    signing_key: Key = _field(
        "", "Ed25519 seed that signs receipts (base64, 32 bytes)."
    )
    signing_keys_before: str = _field(
        "", "Public keys (base64, comma between) of earlier SIGNING_KEYs, published further on so "
        "that old receipts and the log of destruction can still be checked.",
        pattern=r"^([A-Za-z0-9+/]{43}=(\s*,\s*[A-Za-z0-9+/]{43}=)*)?$",
    )

    # -- processes
    web_workers: int = _field(2, "Web processes.", ge=1, le=64)
    web_threads: int = _field(8, "Threads per web process. Captures of one moment share a "
                             "call to the database, so more threads cost it less.", ge=1)
    job_workers: int = _field(1, "Job worker processes.", ge=1, le=64)

    # -- İYS
    iys_base_url: str = _field(
        "", "İYS's address; empty means the simulator in the box (never in production).",
        pattern=r"^(https?://[^\s]+[^/\s])?$",
    )
    iys_simulator_port: int = _field(0, "Port of the simulator; 0 means PORT + 1.", ge=0, le=65535)
    sandbox_iys_url: str = _field(
        "", "Address of an İYS simulator (`ileti simulator`) for API accounts of the sandbox; "
        "empty means the simulator in the box where there is one, else there is no sandbox.",
        pattern=r"^(https?://[^\s]+[^/\s])?$",
    )
    mail_simulator_port: int = _field(
        0, "Port of the mail server in the simulator; 0 means the simulator's + 2000.",
        ge=0, le=65535)
    iys_requests_per_second: float = _field(
        10.0, "Requests per second this installation's address may make (iys-api §1.1).", gt=0
    )
    iys_token_requests_per_hour: int = _field(
        10, "Token requests per hour we allow ourselves; İYS prints both 10 and 100.", ge=1
    )
    iys_status_requests_per_hour: int = _field(
        1_000, "Single status queries per hour (iys-api §1.1); people leave a fifth to the "
        "forwarder.", ge=1
    )
    iys_history_requests_per_hour: int = _field(
        100, "Queries of a consent's history per hour (iys-api §1.1).", ge=1
    )
    iys_first_poll_seconds: float = _field(
        300.0, "Wait before a batch result is asked for the first time (İYS advises 300).", ge=0
    )
    iys_pull_seconds: float = _field(60.0, "How often citizens' changes are pulled.", gt=0)
    iys_single_below: int = _field(
        20, "Backlogs smaller than this go record by record, which İYS answers at once.", ge=0
    )

    # -- the three business days
    holiday_changes: Holidays = _field(
        "", "What the calendar of Turkish holidays does not say or says wrongly, "
        "`2033-03-11=holiday,2033-03-10=half,2033-03-15=workday`; half days are shown and counted "
        "as business days. Deadlines of consents already taken stay as they are.",
    )
    holiday_years_known: str = _field(
        "", "Years (comma between) whose feasts the calendar only estimates and that you have "
        "entered in HOLIDAY_CHANGES: the warning about them ends.",
        pattern=r"^(\d{4}(\s*,\s*\d{4})*)?$",
    )
    three_days_for_merchants: bool = _field(
        False, "Whether the three business days bind merchants' records (TACIR) too; law and İYS "
        "speak of consumers, so they have no deadline unless you switch it on.",
    )
    export_dir: Path | None = _field(
        None, "Folder of large exports, encrypted, until they expire. Unset means `exports` below "
        "ILETI_VAR. With several hosts it must be one folder for all of them.",
    )
    export_keep_hours: int = _field(
        24, "How long a large export can be fetched before it is destroyed, hours.", ge=1, le=168)
    export_at_once_rows: int = _field(
        20_000, "Rows up to which a list comes at once; a longer one is made by a job.", ge=0)
    export_processes: int = _field(
        1, "Processes that write one large export beside the job worker and the database.", ge=0,
        le=32)
    import_dir: Path | None = _field(
        None, "Folder of imported customer lists, encrypted; they stay as proof. Unset means "
        "`imports` below ILETI_VAR. With several hosts it must be one folder for all of them.",
    )
    import_four_eyes_rows: int = _field(
        0, "Imports of more consents than this need a second person's approval; 0 asks for none.",
        ge=0,
    )
    import_longest_mb: int = _field(4_096, "Largest file that may be imported, MB.", ge=1)
    import_open_uploads: int = _field(
        50, "Uploads of a provider that may be unfinished at once.", ge=1)
    import_open_mb: int = _field(
        20_000, "How much a provider's unfinished uploads and lists that wait to be applied may "
        "hold together, MB.", ge=1)
    import_processes: int = _field(2, "Processes that read one import.", ge=1, le=32)
    import_keep_days: int = _field(
        365, "How long the rows an import did not take stay retrievable for correction, days after "
        "it ended.", ge=1,
    )
    archive_dir: Path | None = _field(
        None, "Folder of what İYS gave out per day (mutabakat), encrypted; unset means `archive` "
        "below ILETI_VAR. Keep it as long as the database and back both up together.",
    )

    # -- the vault of proofs
    vault_dir: Path | None = _field(
        None, "Folder of proofs (signed forms, recordings, mails), encrypted; unset means `vault` "
        "below ILETI_VAR. With VAULT_S3_URL set only what is on its way lies there. With several "
        "hosts and no VAULT_S3_URL it must be one folder for all of them.",
    )
    vault_s3_url: str = _field(
        "", "A bucket of a store that speaks S3, or a folder in it, for new proofs: "
        "`https://s3.eu-central-1.amazonaws.com/bucket/ileti`; files put elsewhere before are "
        "still read there.", pattern=r"^(https?://[^\s/]+/[^\s?#]*[^\s?#/])?$",
    )
    vault_s3_region: str = _field("us-east-1", "The region that signatures name.")
    vault_s3_key_id: str = _field("", "Access key id for VAULT_S3_URL.")
    vault_s3_secret: str = _field("", "Secret access key for VAULT_S3_URL.")
    vault_longest_mb: int = _field(100, "Largest proof, MB.", ge=1, le=4_096)
    vault_quota_mb: int = _field(
        20_000, "Room for a provider's proofs, MB, unless `ileti vault quota` gives it another.",
        ge=0,
    )
    vault_scan_command: str = _field(
        "", "A virus scanner that gets each new proof on its standard input, "
        "`clamdscan --no-summary -`: exit code 0 clean, 1 infected, anything else: not known. Only "
        "clean files are taken.",
    )
    vault_scan_seconds: float = _field(60.0, "Longest wait for the scanner.", gt=0, le=600)

    esign_ca_file: CaFile | None = _field(
        None, "PEM file with the certificates of the authorities whose electronic signatures "
        "people prove themselves with before messages are sent (R-51). Unset: there is no such "
        "method.",
    )
    step_up_hours: int = _field(
        8, "Hours for which such a proof counts, and for what was signed alone.", ge=1, le=168)
    stamp_ca_file: CaFile | None = _field(
        None, "PEM file with the certificates of the authorities whose time stamps you trust, over "
        "İYS's daily files and over seals (Kamu SM's roots and what stands between). Unset: a "
        "stamp must be signed by the key it carries and fit what it stamps; whose key that is "
        "nobody checks.",
    )

    # -- retention
    destruction_days: int = _field(
        30, "How often what is due is destroyed, days; the law allows six months at most.", ge=1,
        le=180,
    )

    # -- pictures of mails
    picture_longest_mb: int = _field(10, "Largest file a picture may come in, MB.", ge=1, le=50)
    picture_room_mb: int = _field(500, "Room for a provider's pictures of mails, MB.", ge=1)
    picture_keep_days: int = _field(
        90, "How long a picture stays that no template and no message that was sent names, days.",
        ge=1,
    )

    # -- seals over the ledger
    seal_seconds: float = _field(5.0, "How often new entries are sealed.", gt=0)
    seal_export_dir: Path | None = _field(
        None, "Folder to which each day's seals are written, on storage that whoever runs this "
        "installation cannot rewrite; unset writes none.",
    )
    seal_export_mail: str = _field(
        "", "Mail addresses (comma between) of people outside who keep each day's seals: a notary, "
        "an auditor. Sent by SMTP_URL.", pattern=r"^(\s*[^\s,@]+@[^\s,@]+\s*(,\s*[^\s,@]+@[^\s,@]+"
        r"\s*)*)?$",
    )
    seal_export_s3_url: str = _field(
        "", "A bucket with Object Lock, or a folder in it, for each day's seals: "
        "`https://s3.eu-central-1.amazonaws.com/bucket/seals`.",
        pattern=r"^(https?://[^\s/]+/[^\s?#]*[^\s?#/])?$",
    )
    seal_export_s3_region: str = _field("us-east-1", "The region that its signatures name.")
    seal_export_s3_key_id: str = _field("", "Access key id for SEAL_EXPORT_S3_URL.")
    seal_export_s3_secret: str = _field("", "Secret access key for SEAL_EXPORT_S3_URL.")
    seal_export_lock_mode: str = _field(
        "COMPLIANCE", "How the bucket locks: in `COMPLIANCE` nobody shortens it, in `GOVERNANCE` "
        "whoever has the right may.", pattern=r"^(COMPLIANCE|GOVERNANCE)$",
    )
    seal_export_lock_days: int = _field(
        3_660, "How long a file of seals is locked there, in days; ten years by default (R-46).",
        ge=1, le=36_500,
    )
    stamp_url: str = _field(
        "", "Address of the time stamp authority (RFC 3161 over HTTP) that stamps seals; name and "
        "password may stand in it. Empty: the simulator's, which proves nothing; in production "
        "none, and seals wait.", pattern=r"^(https?://[^\s]+)?$",
    )
    stamp_seconds: float = _field(
        600.0, "Least time between two stamps; one stamp covers all seals before it, and "
        "authorities count them.", gt=0,
    )

    # -- mail and SMS
    smtp_url: str = _field(
        "", "Outgoing mail, `smtp://user:password@host:587?starttls=1` or `smtps://…`; empty "
        "delivers to the demo mailbox (never in production).",
        pattern=r"^(smtps?://.+)?$",
    )
    mail_from: str = _field("", "Sender address of mails, e.g. `izin@ornek.com.tr`.")

    # -- data subjects' requests
    request_link_days: int = _field(
        14, "How many days the link to the copy of their data opens for a person.", ge=1, le=90)

    # -- webhooks
    webhook_networks: Networks = _field(
        "", "Networks of your own (comma between, `10.20.0.0/16`) that webhooks, gateways and "
        "mailboxes may be in although they are private; without it only public addresses are "
        "called.",
    )

    # -- public capture
    capture_ip_per_minute: int = _field(60, "Submissions per minute and address.", ge=1)
    capture_network_per_minute: int = _field(600, "Submissions per minute and /24 or /56.", ge=1)
    capture_site_per_minute: int = _field(6_000, "Submissions per minute and site.", ge=1)
    capture_recipient_per_hour: int = _field(
        6, "Codes per hour and recipient address, over all providers.", ge=1
    )
    capture_recipient_per_day: int = _field(
        12, "Codes per day and recipient address, over all providers.", ge=1
    )
    capture_block_per_hour: int = _field(
        60, "Codes per hour to a block of a thousand phone numbers: whoever owns a block and earns "
        "from each SMS asks for codes to all of it.", ge=1,
    )
    code_phone_prefixes: str = _field(
        "+905", "Phone numbers that may get a code by SMS, by how they begin (comma between).",
        pattern=r"^\+[0-9]{1,14}(\s*,\s*\+[0-9]{1,14})*$",
    )
    codes_per_site_per_day: int = _field(
        5_000, "Daily cap of codes of one site; an alarm in the log from 80 % on.", ge=0
    )
    codes_per_provider_per_day: int = _field(
        20_000, "Daily cap of codes of one provider over all its sites; the same alarm.", ge=0
    )
    form_least_seconds: float = _field(
        1.0, "A form sent in sooner after it was given out was filled by no person: it is answered "
        "like any other and nothing is recorded. Nobody reads, ticks and presses in a second; a "
        "larger number would lose real consents.", ge=0, le=10,
    )
    specimen_numbers: bool | None = _field(
        None, "Whether the invented numbers +90 599 … pass as phone numbers; unset means yes, "
        "except in production.",
    )
    form_token_minutes: int = _field(30, "How long a shown form may be sent in.", ge=1, le=1440)

    # -- programs that speak İYS's protocol to us
    compat_requests_per_second: int = _field(
        50, "Requests per second of one API account at `/iys-compat/`; İYS itself takes 10 per "
        "address.", ge=1,
    )

    # -- plug-ins
    plugins_skipped: str = _field(
        "", "Names of installed plug-ins that are not to be loaded, comma between; for one that "
        "would take the process down. `ileti plugins` lists them.",
    )

    # -- programs that bring lists
    api_requests_per_second: int = _field(
        20, "Requests per second of one API account at `/api/v1/`. Of what is long (lists coming "
        "in, reports going out) a web process does WEB_THREADS / 2 at a time.", ge=1,
    )

    # -- panel
    two_step_by_role: bool | None = _field(
        None, "Whether roles that may open or take out addresses must sign in in two steps; unset "
        "means yes in production only. A provider can ask it of everybody who works for it.",
    )
    session_minutes: int = _field(480, "A panel session ends after so many idle minutes.", ge=5)
    oidc_issuer: str = _field(
        "", "Your organisation's identity provider (OpenID Connect), `https://login.ornek.com.tr`; "
        "empty means there is none. It lets in users who exist here, and makes none. Its redirect "
        "address is `PUBLIC_URL/login/kurum/donus`.", pattern=r"^(https?://[^\s]+)?$",
    )
    oidc_client_id: str = _field("", "Name of this installation at OIDC_ISSUER.")
    oidc_client_secret: str = _field("", "Secret of this installation at OIDC_ISSUER.")
    oidc_label: str = _field("", "Words on the button, e.g. `Örnek hesabıyla gir`.", max_length=60)
    oidc_domains: str = _field(
        "", "Domains (comma between) whose e-mail addresses may come that way; empty: any that a "
        "user has here.", pattern=r"^([\w.-]+(\s*,\s*[\w.-]+)*)?$",
    )
    oidc_claim: str = _field(
        "", "A claim that must be in the token, `groups=ileti`.", pattern=r"^([\w:/.-]+=.+)?$")
    log_level: Literal["debug", "info", "warning", "error"] = _field(
        "info", "From which level on something is logged; commands that answer and end log "
        "warnings alone when it is not set.")

    @property
    def production(self) -> bool:
        """Whether the strict checks of production apply."""
        return self.ileti_env == "production"

    @property
    def specimens(self) -> bool:
        """Whether invented phone numbers are taken (docs/adr/0011)."""
        return not self.production if self.specimen_numbers is None else self.specimen_numbers

    @property
    def two_steps(self) -> bool:
        """Whether a role alone makes the second step a duty (docs/adr/0035)."""
        return self.production if self.two_step_by_role is None else self.two_step_by_role

    @property
    def oidc_domain_list(self) -> frozenset[str]:
        """OIDC_DOMAINS, one by one."""
        return frozenset(one.strip().lower() for one in self.oidc_domains.split(",") if one.strip())

    @property
    def base_url(self) -> str:
        """Public address without a slash at the end."""
        return self.public_url or f"http://{_in_url(self.host)}:{self.port}"

    @property
    def base_local(self) -> str:
        """The web server's own address on this machine."""
        every = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104
        return f"http://{_in_url(every.get(self.host, self.host))}:{self.port}"

    @property
    def export_folder(self) -> Path:
        """Where large exports lie until they expire."""
        return self.export_dir or self.ileti_var / "exports"

    @property
    def import_folder(self) -> Path:
        """Where imported lists lie."""
        return self.import_dir or self.ileti_var / "imports"

    @property
    def vault_folder(self) -> Path:
        """Where proofs lie, or come through on their way to S3."""
        return self.vault_dir or self.ileti_var / "vault"

    @property
    def archive_folder(self) -> Path:
        """Where İYS's days are kept (docs/adr/0014)."""
        return self.archive_dir or self.ileti_var / "archive"

    @property
    def simulator_port(self) -> int:
        """Port the simulator in the box listens on."""
        return self.iys_simulator_port or self.port + 1

    @property
    def mail_port(self) -> int:
        """Port the mail server of the simulator listens on; 0 when there is no simulator."""
        if self.iys_base_url:
            return 0
        return self.mail_simulator_port or (self.simulator_port + 2_000) % 65_536

    @property
    def stamp_service(self) -> str:
        """The time stamp authority's address, or the simulator's; empty when there is none."""
        return self.stamp_url or ("" if self.iys_base_url else f"{self.iys_url}/_tsa")

    @property
    def sandbox_url(self) -> str:
        """The simulator that stands in for İYS in sandboxes; empty when there is none."""
        return self.sandbox_iys_url or ("" if self.iys_base_url else self.iys_url)

    @property
    def iys_url(self) -> str:
        """İYS's base address, or the simulator's."""
        return self.iys_base_url or f"http://127.0.0.1:{self.simulator_port}"


SECRETS = ("secret_key", "pepper", "encryption_keys", "signing_key")


def read_secrets_file(folder: Path) -> dict[str, str]:
    """Secrets that ``ileti up`` made for development; {} when there is no such file."""
    path = folder / "secrets.env"
    if not path.exists():
        return {}
    lines = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in lines}


def make_secrets_file(folder: Path) -> Path:
    """Write fresh random secrets to ``folder/secrets.env`` (mode 600) unless it exists."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "secrets.env"
    if path.exists():
        return path

    def fresh() -> str:
        return base64.b64encode(os.urandom(32)).decode()

    text = "".join(
        f"{name.upper()}={'1:' if name == 'encryption_keys' else ''}{fresh()}\n" for name in SECRETS
    )
    handle = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    path.with_suffix(".new").rename(path)
    return path


def _reason(error: Any) -> str:
    """What is wrong with a value, in words; the value itself may be a secret and is not said."""
    if error["type"] == "string_pattern_mismatch":
        field = Settings.model_fields.get(str(error["loc"][0]))
        text = (field.description or "").rstrip(".") if field else ""
        return f"does not have the form of one. It is: {text}"
    return str(error["msg"]).removeprefix("Value error, ")


def load_settings(**overrides: Any) -> Settings:
    """Read the environment, then ``secrets.env``; raise WrongSetting with one sentence."""
    try:
        settings = Settings(**overrides)
        if not settings.production:
            kept = read_secrets_file(settings.ileti_var)
            missing = {n: kept[n.upper()] for n in SECRETS
                       if not getattr(settings, n) and n.upper() in kept}
            if missing:
                settings = Settings(**{**overrides, **missing})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "a setting"
        raise WrongSetting(f"{name}: {_reason(first)} (see docs/settings.md).") from None
    if settings.oidc_issuer and not (settings.oidc_client_id and settings.oidc_client_secret):
        raise WrongSetting("OIDC_CLIENT_ID and OIDC_CLIENT_SECRET are missing; OIDC_ISSUER needs "
                           "both (see docs/settings.md).")
    _refuse_weakness(settings)
    return settings


def _private(url: str) -> bool:
    """Whether nobody on the way can read along: TLS, or this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "::1", "localhost")


def _refuse_weakness(settings: Settings) -> None:
    """Production starts only with strong secrets and real outside services; test data reach İYS
    nowhere."""
    host = urlsplit(settings.sandbox_iys_url).hostname or ""
    if host and (host == urlsplit(settings.iys_base_url).hostname
                 or f".{host}".endswith(".iys.org.tr")):
        raise WrongSetting("SANDBOX_IYS_URL names İYS itself: it must be a simulator, since what "
                           "sandbox accounts record is invented.")
    if not settings.production:
        return
    if os.environ.get("ILETI_CLOCK_FILE"):
        raise WrongSetting("ILETI_CLOCK_FILE is set; production has no clock but the machine's.")
    for name in SECRETS:
        if not getattr(settings, name):
            raise WrongSetting(
                f"{name.upper()} is missing; production starts with secrets of your own only "
                "(make one with: openssl rand -base64 32, see docs/settings.md)."
            )
    keys = [base64.b64decode(getattr(settings, name)) for name in SECRETS if "keys" not in name]
    keys += parse_keyring(settings.encryption_keys).values()
    if len(set(keys)) < len(keys):
        raise WrongSetting("SECRET_KEY, PEPPER, ENCRYPTION_KEYS and SIGNING_KEY must be four "
                           "different keys: whoever learns one would have the others.")
    if not settings.database_url:
        raise WrongSetting("DATABASE_URL is missing; production never starts an empty database of "
                           "its own, in which refusals made before would be unknown.")
    if not settings.public_url.startswith("https://"):
        raise WrongSetting("PUBLIC_URL must be an https:// address in production.")
    if not settings.iys_base_url:
        raise WrongSetting("IYS_BASE_URL is missing; production never reports to the simulator.")
    if not _private(settings.iys_base_url):
        raise WrongSetting("IYS_BASE_URL must be an https:// address in production: İYS's password "
                           "travels to it.")
    if settings.vault_s3_url and not _private(settings.vault_s3_url):
        raise WrongSetting("VAULT_S3_URL must be an https:// address in production.")
    if settings.seal_export_s3_url and not _private(settings.seal_export_s3_url):
        raise WrongSetting("SEAL_EXPORT_S3_URL must be an https:// address in production.")
    if settings.oidc_issuer and not _private(settings.oidc_issuer):
        raise WrongSetting("OIDC_ISSUER must be an https:// address in production.")
    if not settings.smtp_url or not settings.mail_from:
        raise WrongSetting("SMTP_URL and MAIL_FROM are missing; production never uses demo mail.")


class _Kept:
    """The settings of this process, read once, the same object for every thread.

    A plain cache lets two threads read at the same time and gives each an object of its own, of
    which one is forgotten; what somebody then changes on it (tests do) would never be seen.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._read: Settings | None = None

    def __call__(self) -> Settings:
        read = self._read
        if read is None:
            with self._lock:
                if self._read is None:
                    self._read = load_settings()
                read = self._read
        return read

    def cache_clear(self) -> None:
        """Read the environment anew at the next call."""
        with self._lock:
            self._read = None


settings = _Kept()


def settings_table() -> str:
    """The Markdown table of `docs/settings.md`."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, Path):
            default = default.name
        text = "none" if default == "" else f"`{default}`"
        rows.append(f"| `{name.upper()}` | {text} | {field.description} |")
    return "\n".join(rows) + "\n"
