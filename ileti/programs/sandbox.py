"""The sandbox: a provider's twin, made when its first sandbox account is, and kept in step.

Why this module exists: whoever writes software against us must be able to try everything without a
record, a message or a word to İYS being real. A sandbox account works in a provider of its own, so
that nothing has to be told apart row by row: the ledger, evidence, exports, statistics and queues
of the home never meet those of the twin, by the walls that stand between providers anyway
(docs/adr/0055). The twin has the home's names, brands, dealers, texts, templates and fields under
numbers of its own; identity numbers and dealers' phones are not taken along. Clearing retires the
twin and starts another, since a ledger is only added to. All of it is idempotent and killed safely.
"""

from __future__ import annotations

import json
import secrets as chance
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import psycopg

from config import settings
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import Conflict
from ileti.core.http import NoAnswer, OutgoingClient
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets

log = get_logger("ileti.programs")

#: numbers of twins and their brands begin here; İYS's are shorter
FIRST_NUMBER: Final = 900_000_000
#: an identity and a tax number that are well formed and nobody's
_TCKN, _TIN = "10000000146", "1111111114"
_LOCK: Final = 445

# Without a user name nobody logs in: it comes once the simulator knows it, else a first try would
# be refused, and remembered as refused.
_MAKE: Final = """
insert into provider (title, short_name, iys_code, alarm_mails, iys_password, sandbox_of,
                      activation_date, data_management)
select p.title, p.short_name, n.code, 'off', %(password)s, p.id, p.activation_date,
       p.data_management
  from provider p, (select coalesce(max(iys_code), %(first)s) + 1 as code from provider
                     where iys_code > %(first)s) n
 where p.id = %(home)s and p.sandbox_of is null returning id"""
# Each step is one statement: what is new at home, what has changed there or is gone. Where both
# are alike it writes nothing, locks no row and takes no number of a sequence: it runs every other
# minute. Purposes are known by place and name, since nothing of a twin hangs on their numbers;
# templates by the home's number in the draft, as in a twin nobody writes one.
_STEPS: Final = (
    """update provider t set title = p.title, short_name = p.short_name, mersis = p.mersis,
       contact = p.contact, address = p.address, kep = p.kep, verbis = p.verbis,
       application = p.application, activation_date = p.activation_date,
       data_management = p.data_management, trade = p.trade,
       service_number = p.service_number, refusal_number = p.refusal_number,
       refusal_word = p.refusal_word, call_digit = p.call_digit, segment_price = p.segment_price
  from provider p where t.id = %(twin)s and p.id = %(home)s
   and (t.title, t.short_name, t.mersis, t.contact, t.address, t.kep, t.verbis, t.application,
        t.activation_date, t.data_management, t.trade, t.service_number, t.refusal_number,
        t.refusal_word, t.call_digit, t.segment_price) is distinct from
       (p.title, p.short_name, p.mersis, p.contact, p.address, p.kep, p.verbis, p.application,
        p.activation_date, p.data_management, p.trade, p.service_number, p.refusal_number,
        p.refusal_word, p.call_digit, p.segment_price)""",
    """insert into brand (provider_id, brand_code, name, master, accent, twin_of)
select %(twin)s, n.code + row_number() over (order by h.id), h.name, h.master, h.accent, h.id
  from brand h, (select coalesce(max(brand_code), %(first)s) as code from brand
                  where twin_of is not null) n
 where h.provider_id = %(home)s and not exists (
       select from brand t where t.provider_id = %(twin)s and t.twin_of = h.id)""",
    """update brand t set name = h.name, master = h.master, accent = h.accent from brand h
 where t.provider_id = %(twin)s and h.id = t.twin_of
   and (t.name, t.master, t.accent) is distinct from (h.name, h.master, h.accent)""",
    """insert into dealer (provider_id, brand_id, retailer_code, title, name, tckn, tin, alias,
                    city_code, town_code, status, twin_of)
select %(twin)s, b.id, h.retailer_code, h.title, h.title, %(tckn)s, %(tin)s, h.alias, h.city_code,
       h.town_code, h.status, h.id
  from dealer h join brand b on b.provider_id = %(twin)s and b.twin_of = h.brand_id
 where h.provider_id = %(home)s and not exists (
       select from dealer t where t.provider_id = %(twin)s and (
              t.twin_of = h.id or t.retailer_code = h.retailer_code))""",
    """update dealer t set title = h.title, name = h.title, alias = h.alias, status = h.status,
       city_code = h.city_code, town_code = h.town_code, brand_id = b.id,
       retailer_code = h.retailer_code
  from dealer h join brand b on b.provider_id = %(twin)s and b.twin_of = h.brand_id
 where t.provider_id = %(twin)s and h.id = t.twin_of
   and (t.title, t.name, t.alias, t.status, t.city_code, t.town_code, t.brand_id,
        t.retailer_code) is distinct from
       (h.title, h.title, h.alias, h.status, h.city_code, h.town_code, b.id, h.retailer_code)
   and not exists (select from dealer o where o.provider_id = %(twin)s and o.id <> t.id
                      and o.retailer_code = h.retailer_code)""",
    """delete from dealer_right t where t.provider_id = %(twin)s and not exists (
       select from dealer_right h join brand b on b.id = t.brand_id and b.twin_of = h.brand_id
         left join dealer d on d.id = t.dealer_id
        where h.provider_id = %(home)s and h.right_key = t.right_key
          and h.dealer_id is not distinct from d.twin_of)""",
    """insert into dealer_right (provider_id, brand_id, dealer_id, right_key, allowed)
select %(twin)s, b.id, d.id, h.right_key, h.allowed
  from dealer_right h join brand b on b.provider_id = %(twin)s and b.twin_of = h.brand_id
  left join dealer d on d.provider_id = %(twin)s and d.twin_of = h.dealer_id
 where h.provider_id = %(home)s and (h.dealer_id is null or d.id is not null)
except select provider_id, brand_id, dealer_id, right_key, allowed
  from dealer_right where provider_id = %(twin)s
    on conflict on constraint uq_dealer_right_place do update set
       allowed = excluded.allowed, changed_at = now()""",
    """insert into document (provider_id, brand_id, kind, channel, name, in_contract, twin_of)
select %(twin)s, b.id, h.kind, h.channel, h.name, h.in_contract, h.id
  from document h left join brand b on b.provider_id = %(twin)s and b.twin_of = h.brand_id
 where h.provider_id = %(home)s and (h.brand_id is null or b.id is not null)
   and exists (select from document_version v where v.document_id = h.id)
   and not exists (select from document t where t.provider_id = %(twin)s and t.twin_of = h.id)""",
    """update document t set name = h.name, in_contract = h.in_contract from document h
 where t.provider_id = %(twin)s and h.id = t.twin_of
   and (t.name, t.in_contract) is distinct from (h.name, h.in_contract)""",
    """delete from document_purpose l
 using document t, purpose x left join brand b on b.id = x.brand_id
 where l.provider_id = %(twin)s and t.id = l.document_id and x.id = l.purpose_id and not exists (
       select from document_purpose h join purpose p on p.id = h.purpose_id
        where h.provider_id = %(home)s and h.document_id = t.twin_of and p.name = x.name
          and p.brand_id is not distinct from b.twin_of)""",
    """delete from purpose t where t.provider_id = %(twin)s and not exists (
       select from purpose h left join brand b on b.id = t.brand_id
        where h.provider_id = %(home)s and h.name = t.name
          and h.brand_id is not distinct from b.twin_of)""",
    """insert into purpose (provider_id, brand_id, name, ground, ground_note, data, subjects,
                     recipients, period, abroad, abroad_note, active)
select %(twin)s, b.id, h.name, h.ground, h.ground_note, h.data, h.subjects, h.recipients,
       h.period, h.abroad, h.abroad_note, h.active
  from purpose h left join brand b on b.provider_id = %(twin)s and b.twin_of = h.brand_id
 where h.provider_id = %(home)s and (h.brand_id is null or b.id is not null)
except select provider_id, brand_id, name, ground, ground_note, data, subjects, recipients,
       period, abroad, abroad_note, active from purpose where provider_id = %(twin)s
    on conflict on constraint uq_purpose_place_name do update set
       ground = excluded.ground, ground_note = excluded.ground_note, data = excluded.data,
       subjects = excluded.subjects, recipients = excluded.recipients, period = excluded.period,
       abroad = excluded.abroad, abroad_note = excluded.abroad_note, active = excluded.active""",
    """insert into document_purpose (document_id, purpose_id, provider_id)
select t.id, x.id, %(twin)s
  from document_purpose h join document t on t.provider_id = %(twin)s and t.twin_of = h.document_id
  join purpose p on p.id = h.purpose_id
  left join brand b on b.provider_id = %(twin)s and b.twin_of = p.brand_id
  join purpose x on x.provider_id = %(twin)s and x.name = p.name
                and x.brand_id is not distinct from b.id
 where h.provider_id = %(home)s and (p.brand_id is null or b.id is not null)
    on conflict do nothing""",
    """insert into document_version (provider_id, document_id, version, language, title, body,
                              content_hash, published_at, effective_from, source, purposes,
                              renewal, renewal_reason, topics)
select %(twin)s, t.id, h.version, h.language, h.title, h.body, h.content_hash, h.published_at,
       h.effective_from, h.source, h.purposes, h.renewal, h.renewal_reason,
       h.topics
  from document_version h join document t on t.provider_id = %(twin)s
                                          and t.twin_of = h.document_id
 where h.provider_id = %(home)s and not exists (
       select from document_version v where v.document_id = t.id and v.version = h.version
          and v.language = h.language) order by h.id""",
    """insert into document_event (provider_id, document_id, kind, at, reason)
select %(twin)s, t.id, h.kind, h.at, h.reason
  from document_event h join document t on t.provider_id = %(twin)s and t.twin_of = h.document_id
 where h.provider_id = %(home)s and not exists (
       select from document_event e where e.document_id = t.id and e.kind = h.kind
          and e.at = h.at) order by h.id""",
    """insert into custom_field (provider_id, subject, key, kind, name_tr, name_en, hint_tr,
                          hint_en, required, personal, searchable, mask, least, most, decimals,
                          choices, position, retired_at)
select %(twin)s, subject, key, kind, name_tr, name_en, hint_tr, hint_en, required, personal,
       searchable, mask, least, most, decimals, choices, position, retired_at
  from custom_field h where h.provider_id = %(home)s and not exists (
       select from custom_field t where t.provider_id = %(twin)s and t.key = h.key)""",
    """update custom_field t set name_tr = h.name_tr, name_en = h.name_en, hint_tr = h.hint_tr,
       hint_en = h.hint_en, required = h.required, searchable = h.searchable, mask = h.mask,
       least = h.least, most = h.most, decimals = h.decimals, choices = h.choices,
       position = h.position, retired_at = h.retired_at from custom_field h
 where t.provider_id = %(twin)s and h.provider_id = %(home)s and h.key = t.key
   and (t.name_tr, t.name_en, t.hint_tr, t.hint_en, t.required, t.searchable, t.mask, t.least,
        t.most, t.decimals, t.choices, t.position, t.retired_at) is distinct from
       (h.name_tr, h.name_en, h.hint_tr, h.hint_en, h.required, h.searchable, h.mask, h.least,
        h.most, h.decimals, h.choices, h.position, h.retired_at)""",
    # what decides how values lie stays, as at home, while the twin's own hold any
    """update custom_field t set subject = h.subject, kind = h.kind, personal = h.personal
  from custom_field h where t.provider_id = %(twin)s and h.provider_id = %(home)s
   and h.key = t.key and (t.subject, t.kind, t.personal) <> (h.subject, h.kind, h.personal)
   and not exists (select from recipient_value v where v.provider_id = %(twin)s
                      and v.field_id = t.id)
   and not exists (select from entry_value v where v.provider_id = %(twin)s
                      and v.field_id = t.id)
   and not exists (select from submission s where s.provider_id = %(twin)s
                      and s.evidence ? 'fields' and s.evidence -> 'fields' @>
                          jsonb_build_object('keys', jsonb_build_array(t.key)))""",
    """update custom_field t set retired_at = now() where t.provider_id = %(twin)s
   and t.retired_at is null and not exists (
       select from custom_field h where h.provider_id = %(home)s and h.key = t.key)""",
    """insert into message_template (provider_id, brand_id, channel, name, draft, retired_at)
select %(twin)s, b.id, h.channel, h.name, jsonb_build_object('twin_of', h.id), h.retired_at
  from message_template h left join brand b on b.provider_id = %(twin)s and b.twin_of = h.brand_id
 where h.provider_id = %(home)s and (h.brand_id is null or b.id is not null)
   and h.dealer_id is null
   and exists (select from message_template_version v where v.template_id = h.id)
   and not exists (select from message_template t where t.provider_id = %(twin)s
                      and t.draft -> 'twin_of' = to_jsonb(h.id)) order by h.id""",
    """update message_template t set name = h.name, retired_at = h.retired_at
  from message_template h where t.provider_id = %(twin)s and h.provider_id = %(home)s
   and t.draft -> 'twin_of' = to_jsonb(h.id)
   and (t.name, t.retired_at) is distinct from (h.name, h.retired_at)""",
    """insert into message_template_version (provider_id, template_id, version, channel, declared,
                                      subject, preheader, body, html, occasion, reference, terms,
                                      ends, tags, declared_at, reason, content_hash, published_at)
select %(twin)s, t.id, h.version, h.channel, h.declared, h.subject, h.preheader, h.body, h.html,
       h.occasion, h.reference, h.terms, h.ends, h.tags, h.declared_at, h.reason, h.content_hash,
       h.published_at
  from message_template_version h join message_template t on t.provider_id = %(twin)s
                                  and t.draft -> 'twin_of' = to_jsonb(h.template_id)
 where h.provider_id = %(home)s and not exists (
       select from message_template_version v where v.template_id = t.id
          and v.version = h.version) order by h.id""",
)


class NoSandbox(Conflict):
    """There is no simulator that could stand in for İYS."""

    code = "no_sandbox"
    tr = ("Bu kurulumda deneme ortamı yok: SANDBOX_IYS_URL ayarıyla bir İYS simülatörü "
          "gösterilmeli.")
    en = ("This installation has no sandbox: its setting SANDBOX_IYS_URL has to name an İYS "
          "simulator.")


def refuse_without_simulator() -> None:
    """Raise NoSandbox where test data would have nowhere to go."""
    if not settings().sandbox_url:
        raise NoSandbox()


def twin_of(conn: psycopg.Connection[Any], home_id: int) -> int | None:
    """The twin in use of a provider."""
    row = conn.execute("select id from provider where sandbox_of = %s "
                       "and sandbox_retired_at is null", (home_id,)).fetchone()
    return int(row[0]) if row else None


def ensure(conn: psycopg.Connection[Any], home_id: int) -> int:
    """The twin of a provider, made if there is none, in step with its home; in the caller's
    transaction, one at a time. Raises NoSandbox."""
    refuse_without_simulator()
    conn.execute("select pg_advisory_xact_lock(%s, 0)", (_LOCK,))
    twin = twin_of(conn, home_id)
    box = secrets().keyring
    if twin is None:
        row = conn.execute(_MAKE, {
            "home": home_id, "first": FIRST_NUMBER,
            "password": box.encrypt_text(chance.token_urlsafe(24), "iys-password")}).fetchone()
        if row is None:
            raise Conflict("Deneme ortamının deneme ortamı olmaz.",
                           "A sandbox has no sandbox.", code="no_sandbox")
        twin = int(row[0])
    said = {"home": home_id, "twin": twin, "first": FIRST_NUMBER,
            "tckn": box.encrypt_text(_TCKN, "dealer-tckn"),
            "tin": box.encrypt_text(_TIN, "dealer-tin")}
    for step in _STEPS:
        conn.execute(step, said)
    return twin


def clear(conn: psycopg.Connection[Any], home_id: int) -> tuple[int | None, int]:
    """Retire the twin of a provider and start a new one, in the caller's transaction; both. What
    was recorded in the old one stays there until its periods end, out of everybody's reach; its
    account at the simulator and the answers kept for repeats are gone. Raises NoSandbox."""
    refuse_without_simulator()
    conn.execute("select pg_advisory_xact_lock(%s, 0)", (_LOCK,))
    old = twin_of(conn, home_id)
    if old is not None:
        conn.execute("update provider set sandbox_retired_at = %s, iys_username = null, "
                     "iys_password = null where id = %s", (clock.now(), old))
        conn.execute("delete from api_call where provider_id = %s", (old,))
        conn.execute("delete from outbox where provider_id = %s and topic = 1 "
                     "and batch_id is null", (old,))  # nobody could send it any more
        conn.execute("delete from api_proof where provider_id = %s", (old,))
    return old, ensure(conn, home_id)


def keep_in_step() -> dict[str, int]:
    """Bring every twin in step with its home, and tell the simulator what it does not know;
    answers how many were told."""
    if not settings().sandbox_url:
        return {"told": 0}
    homes = db.connection().execute(
        "select p.sandbox_of from provider p where p.sandbox_of is not null "
        "and p.sandbox_retired_at is null order by 1").fetchall()
    told = 0
    for (home_id,) in homes:
        with db.transaction() as conn:
            twin = ensure(conn, home_id)
        told += tell_simulator(twin)
    return {"told": told}


def tell_simulator(twin_id: int) -> bool:
    """Make the twin's account, brands and retailers known to the simulator, unless it was told the
    same today; whether it was told now. Never inside a transaction; what fails is tried again by
    :func:`keep_in_step`."""
    conn = db.system_connection()
    wish = _wish(conn, twin_id)
    if wish is None:
        return False
    text = json.dumps(wish, sort_keys=True).encode()
    mark = f"{clock.today()}:{sha256(settings().sandbox_url.encode() + text).hexdigest()[:32]}"
    if conn.execute("select sandbox_told from provider where id = %s",
                    (twin_id,)).fetchone() == (mark,):
        return False
    if not _put(text):
        return False
    conn.execute("update provider set sandbox_told = %s, iys_username = %s, iys_problem = null "
                 "where id = %s and sandbox_retired_at is null",
                 (mark, wish["username"], twin_id))
    return True


def _put(text: bytes) -> bool:
    db.refuse_open_transaction()
    client = OutgoingClient(settings().sandbox_url, read=5.0)
    try:
        answer = client.send("POST", "/_control/provider", content=text,
                             headers={"Content-Type": "application/json"}, note="sandbox")
    except NoAnswer:
        log.warning("sandbox_simulator_away")
        return False
    finally:
        client.close()
    if answer.status_code != 200:
        log.warning("sandbox_simulator_refused", status=answer.status_code)
    return answer.status_code == 200


def _wish(conn: psycopg.Connection[Any], twin_id: int) -> Mapping[str, Any] | None:
    row = conn.execute(
        "select iys_code, title, iys_password, activation_date::text from provider "
        "where id = %s and sandbox_of is not null and sandbox_retired_at is null",
        (twin_id,)).fetchone()
    if row is None or not row[2]:
        return None
    try:
        password = secrets().keyring.decrypt_text(row[2], "iys-password")
    except (CannotDecrypt, ValueError):
        log.error("sandbox_password_unreadable", provider=twin_id)
        return None
    brands = conn.execute("select id, brand_code, name, master from brand where provider_id = %s "
                          "order by id", (twin_id,)).fetchall()
    codes = {number: code for number, code, *_ in brands}
    return {
        "iysCode": row[0], "title": row[1], "username": f"sandbox-{row[0]}",
        "password": password, "activationDate": row[3],
        "brands": [{"brandCode": code, "name": name, "master": master}
                   for _, code, name, master in brands],
        "retailers": [
            {"brandCode": codes[brand], "retailerCode": code, "title": title, "name": title,
             "alias": alias, "tckn": _TCKN, "tin": _TIN}
            for brand, code, title, alias in conn.execute(
                "select brand_id, retailer_code, title, alias from dealer where provider_id = %s "
                "and retailer_code is not null order by id", (twin_id,))]}
