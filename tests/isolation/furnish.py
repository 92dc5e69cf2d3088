"""A row in every table behind the wall, made from the tables' own columns.

Why this module exists: a list of rows kept by hand forgets the next table. Here a table's columns
say what a row needs: numbers of other rows by their name, a mark nobody else has in every text, and
of what the law of the table forbids the few values that stand in :data:`ONLY`.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from flask_appbuilder import Model
from sqlalchemy import Boolean, Date, DateTime, Integer, LargeBinary, String, Table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

import ileti.models
from ileti.core import db
from ileti.core.columns import EncryptedText

assert ileti.models.metadata is Model.metadata
DAY: Final = date(2026, 11, 2)
NOW: Final = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

#: columns that may hold certain words only, by table ("" for every table)
ONLY: Final[dict[str, dict[str, Any]]] = {
    "": {"language": "tr", "media_type": "text/plain", "format": "csv", "gateway": None,
         "sent_at": None, "tries": 0, "fence": 0, "addr_hash": None, "idem": None,
         "address": None},
    "audit_entry": {"action": "dealer:change"},
    "deadline_count": {"source": 3, "status": 1},
    "daily_subscription": {"hour": 8, "closed_at": None},
    "document": {"kind": "ETK_ONAYI", "channel": 2},
    "document_version": {"renewal": "NONE", "renewal_reason": None, "effective_from": NOW,
                         "published_at": NOW, "version": 1},
    "iys_batch": {"state": 1, "request_id": None},
    "own_role": {"level": "brand"},
    "purpose": {"ground": "RIZA"},
    "site": {"policy": "later", "secret_before": None},
    "api_key": {"prefix": None, "signing": None},
    "api_usage": {"status": 200},
    "dealer_right": {"right_key": "desk"}, "approval": {
        "state": 1, "kind": "rights", "deed": "membership", "subject": "ab_user:0",
        "permission": "user:write", "act": {"user": 0, "role": "report_viewer"},
        "expires_at": NOW + timedelta(days=3_650)},
    "entry_value": {"value": "x"}, "recipient_value": {"value": "x"},
    "custom_field": {"kind": "text", "subject": 1, "key": "alan", "required": []},
    "data_request": {"state": 1, "rights": ["B"], "due_at": NOW + timedelta(days=30),
                     "received_at": NOW},
    "data_request_event": {"kind": "noted"},
    "data_request_answer": {"decision": 1, "sending": 2, "reason": "",
                            "body": '{"text": "x"}'},
    "data_request_correction": {"field": "name"},
    "data_request_template": {"key": "opening"},
    "document_draft": {"state": "DRAFT", "note": None},
    "document_event": {"kind": "ON_FORMS"},
    "iys_day": {"process_status": "x", "hash_value": "x", "own_hash": "x", "result": None},
    "iys_difference": {"cause": 1, "state": 1, "their_status": 1, "their_source": 3,
                       "our_status": 2, "our_source": 3, "their_date": NOW, "our_date": NOW},
    "iys_receipt": {"code": "H174", "accepted": False},
    "iys_repair": {"cause": 1},
    "iys_stamp_check": {"verdict": 1, "trusted": "no"},
    "invitation": {"role": "report_viewer", "email": "davet@ornek.test"},
    "kvkk_entry": {"act": 3, "standing": 1, "source": 3, "extent": 1},
    "kvkk_state": {"act": 3, "standing": 1, "source": 3, "extent": 1},
    "legal_hold": {"from_at": None, "to_at": None, "recipient_id": None},
    "message": {"kind": 1, "content_key": 1},
    "call": {"direction": 1, "language": "tr", "service": None, "recording_file": None,
             "recording_sha256": None, "recording_at": None, "agent_id": None, "ended_at": None},
    "call_step": {"kind": 2, "said": None, "channel": None},
    "call_sample": {"share": 5},
    "campaign": {"channel": 2, "recipient_type": 1, "class": 1, "state": 3, "step_up_id": None,
                 "quiet_from": None, "quiet_until": None, "most_messages": None,
                 "most_days": None, "per_second": None, "content": {"text": "x"}, "topics": [],
                 "audience": {}, "preflight": None},
    "campaign_list": {"channel": 2},
    "campaign_message": {"no": 1, "state": 1, "reason": None, "delivery": None,
                         "iys_status": None},
    "campaign_batch": {"no": 1, "first_no": 1, "last_no": 1, "state": 2},
    "message_template": {"channel": 2, "retired_at": None},
    "message_template_version": {"channel": 2, "declared": 1, "occasion": None, "version": 1,
                                 "approved_by": None},
    "mail_picture": {"ext": "png"},
    "gateway_account": {"kind": "netgsm", "sealed": '{"user": "8500000000", "password": "x"}'},
    "address_trouble": {"kind": 1, "channel": 3},
    "mailbox": {"secret": None, "address": "kutu@ornek.test", "tls": "tls"},
    "returned_mail": {"kind": 6, "outcome": 5, "decided_at": None, "decided_by": None,
                      "submissions": []},
    "mail_key": {"used_from": None, "used_until": None},
    "inbound_number": {"gateway": "http", "number": "4609", "token_hash": None},
    "inbound_message": {"deed": 1, "meant": 0, "answered": None, "waits_until": None,
                        "decided_by": None, "submissions": []},
    "inbound_words": {"consent_words": ["ONAY"], "refusal_words": [], "info_words": []},
    "deadline_alarm": {"level": 50},
    "kiosk_item": {"state": 1}, "paper_look": {"state": 1},
    "paper_batch": {"copies": 3, "texts": []},
    "export_run": {"account_id": None, "key_id": None, "kind": "consents", "form": "csv",
                   "language": "tr", "asked": {}, "path": "", "file_key": ""},
    "webhook": {"url": "https://kanca.ornek.test/", "events": ["consent.taken"],
                "secret_before": None},
    "webhook_delivery": {"event": "consent.taken", "body": "{}"},
}
#: which row of the world a column names, where its own name does not say so
NAMES: Final = {
    "daily_mail.subscription_id": "daily_subscription",
    "ref_id": "consent_entry", "entry_id": "consent_entry", "text_id": "document_version",
    "batch_id": "iys_batch", "request_id": "data_request", "alarm_id": "deadline_alarm",
    "notice_id": "document_version", "hold_id": "legal_hold",
    "import_id": "import_run", "file_id": "evidence_file",
    "archive_id": "iys_archive", "account_id": "api_account", "key_id": "api_key",
    "user_id": "ab_user", "created_by": "ab_user", "added_by": "ab_user", "made_by": "ab_user",
    "by": "ab_user", "asked_by": "ab_user", "published_by": "ab_user", "invited_by": "ab_user",
    "started_by": "ab_user", "assignee_id": "ab_user",
    "sender.account_id": "gateway_account", "delivery_batch.account_id": "gateway_account",
    "message.account_id": "gateway_account",
    "number_id": "inbound_number",
    "template_id": "message_template",
    "declared_by": "ab_user", "field_id": "custom_field",
}


def fill(table: Table, world: Any, **given: Any) -> None:
    """One more row of the table for a world; remembers its number."""
    values = {}
    for column in table.columns:
        value = given.get(column.name, ...)
        if value is ...:
            value = _value(table.name, column, world)
        if value is not ...:
            values[column.name] = value
    with_id = "id" in table.c and "id" not in values
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(["%s"] * len(values))
    made = db.system_connection().execute(
        f"insert into {table.name} ({names}) values ({places}) "  # type: ignore[arg-type]
        "on conflict do nothing" + (" returning id" if with_id else ""),
        [_bound(table, name, value) for name, value in values.items()])
    if with_id:
        row = made.fetchone()
        if row is not None:  # else the level above has the only one there may be
            world.ids[table.name] = row[0]


def _bound(table: Table, name: str, value: Any) -> Any:
    kind = table.c[name].type
    if isinstance(kind, JSONB):
        from psycopg.types.json import Jsonb

        return Jsonb(value)
    return kind.process_bind_param(value, None) if isinstance(kind, EncryptedText) else value  # type: ignore[arg-type]


def _value(table: str, column: Any, world: Any) -> Any:
    """What stands in a column; ``...`` leaves it to the database."""
    for words in (ONLY.get(table, {}), ONLY[""]):
        if column.name in words:
            return words[column.name] if words[column.name] is not None else _least(column)
    known = NAMES.get(f"{table}.{column.name}",
                      NAMES.get(column.name, column.name.removesuffix("_id")))
    if (column.name.endswith("_id") or column.name in NAMES) and known in world.ids:
        return world.ids[known]
    if column.identity is not None or (column.primary_key and column.autoincrement is True):
        return ...
    if column.name.endswith("_ct"):  # sealed under a key, which the commands about keys look at
        return _least(column)
    if isinstance(column.type, EncryptedText) or (
            isinstance(column.type, String) and column.server_default is None):
        return _mark(column, world)
    return _least(column)


def _mark(column: Any, world: Any) -> str:
    length = getattr(column.type, "length", None) or 200
    word = f"{world.mark} {column.name}"
    return word[:length] if length >= len(world.mark) else "x"[:length]


def _least(column: Any) -> Any:
    """The least a column takes, where it must have something."""
    if column.nullable or column.server_default is not None or column.identity is not None:
        return ...
    if column.primary_key and column.autoincrement is True:
        return ...
    for kind, value in ((ARRAY, []), (JSONB, {}), (Boolean, False), (DateTime, NOW), (Date, DAY),
                        (Integer, 1)):
        if isinstance(column.type, kind):
            return value
    if isinstance(column.type, LargeBinary):
        return os.urandom(16)
    return os.urandom(6).hex()[:getattr(column.type, "length", None) or 12]
