"""Which tables' changes go into the audit trail by themselves, and what of a value is told (R-58).

Why this module exists: a list of what is watched forgets the table that comes next. So everything
is watched that is not named here with its reason, and a guard test (tests/guards) holds that each
model is one or the other, and that every statement which passes the session by is in ``BESIDE``.

What of a change is told: the columns always; values before and after, but never a secret and never
anything personal: of those stands only that they changed. So the trail holds nobody's address, and
no erasure has to touch a sealed line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Column, LargeBinary

from ileti.core.columns import EncryptedText

_LEDGER: Final = "a row is its own record: added once, sealed or for ever, never changed"
_DERIVED: Final = "computed from the ledger by the database's own functions"
_MACHINE: Final = "the installation's own work: queues, clocks, counts and caches"
_SIGN_IN: Final = "written at every sign-in; what its owner decides is a deed of its own"
_MIRROR: Final = "Flask-AppBuilder's copy of rights, made from roles.py and own_role"
_CASE: Final = "its steps are deeds request:… and rows of data_request_event"
_IMPORT: Final = "its steps are deeds import:…"

UNWATCHED: Final[Mapping[str, str]] = {
    **dict.fromkeys((
        "audit_entry", "submission", "consent_entry", "kvkk_entry", "recipient", "entry_file",
        "evidence_file", "iys_receipt", "iys_movement", "iys_archive", "seal", "seal_epoch",
        "seal_stamp", "seal_export", "destruction_log", "destruction_part", "restriction",
        "legal_hold", "legal_hold_end", "document_event", "suppression", "step_up",
        "sender_event"), _LEDGER),
    **dict.fromkeys(("consent_state", "kvkk_state", "consent_access", "import_before"), _DERIVED),
    **dict.fromkeys((
        "outbox", "message", "verification", "api_call", "api_nonce", "api_proof", "api_token",
        "api_usage", "api_retailer_doubt", "account_mail", "webhook_delivery", "deadline_alarm",
        "report_brand_day", "report_dealer_day", "report_dealer_month", "report_site_day",
        "report_site_month", "report_agent_day", "report_agent_month", "report_day",
        "report_answer", "report_mark", "report_reply_day", "report_reply_month",
        "report_reply_dealer_day", "report_reply_dealer_month", "report_standing", "report_due",
        "report_walk", "daily_mail",
        "deadline_count", "deadline_mail", "evidence_coming", "iys_access_task", "iys_batch",
        "iys_block", "iys_cursor", "iys_day", "iys_day_row", "iys_difference", "iys_repair",
        "iys_stamp_check", "destruction_run", "login_limit", "wall_rule", "delivery_batch",
        "message_news"),
        _MACHINE),
    **dict.fromkeys(("user_session", "user_device", "user_security", "recovery_code", "passkey",
                     "outside_login"), _SIGN_IN),
    **dict.fromkeys((
        "ab_api_key", "ab_group", "ab_group_role", "ab_permission", "ab_permission_view",
        "ab_permission_view_role", "ab_register_user", "ab_role", "ab_user_group", "ab_user_role",
        "ab_view_menu"), _MIRROR),
    **dict.fromkeys((
        "data_request", "data_request_answer", "data_request_correction", "data_request_draft",
        "data_request_erasure", "data_request_event", "data_request_export", "data_request_file",
        "data_request_mail", "data_request_recipient", "data_request_template"), _CASE),
    **dict.fromkeys(("import_run", "import_chunk", "import_file", "import_template"), _IMPORT),
    **dict.fromkeys(("campaign", "campaign_list"), "deeds campaign:…, with what was released"),
    **dict.fromkeys(("campaign_message", "campaign_batch", "campaign_list_member"),
                    "a campaign’s people and calls, written by jobs; kept as they are"),
    "message_template": "deeds template:…, with the version's number, class and hash",
    "message_template_version": "added once by deed template:publish, never changed",
    "mail_picture": "deeds picture:… tell which came and which went",
    "address_trouble": "counted by what mail servers say; a person’s clearing is deed mail:clear",
    "mailbox": "deeds mailbox:… tell which was added, changed and ended",
    "returned_mail": "what came by itself, once for ever; a person's decision is deed mail:decide",
    "mail_key": "deeds mail:key_… tell which key was made, used and ended",
    **dict.fromkeys(("call", "call_step"), "what is said is recorded in the ledger at once"),
    "call_review": "deed call:judge tells what was heard",
    "call_rule": "deeds call:outbound_on and call:outbound_off, with the reason",
    "call_sample": "deed call:draw tells what was drawn",
    "call_training": "deed call:train tells whom and when",
    "own_role": "deeds own_role:… tell which permissions were added and taken, name and note",
    "invitation": "deeds user:invite, user:uninvite and user:join",
    "api_key": "deeds api:secret_…, with the key's prefix",
    "approval": "deeds approval:… tell who asked, who decided and what became of it",
    **dict.fromkeys(("recipient_value", "entry_value"),
                    "deed recipient:fields names the fields; values are somebody's"),
    "inbound_message": "what people wrote, as it came; a person's decision is deed inbound:decide",
    "dealer_right": "deed dealer:allow tells what was opened and closed",
    "provider_plugin": "deeds plugin:on and plugin:off",
    **dict.fromkeys(("call_list", "call_list_entry"), "deeds call_list:… tell what is done"),
    "call_attempt": "a row is its own record: who was handed which number, and what came of it",
    "voice_number": "deeds voice_number:… tell what is done",
    "voice_act": "the memory of keys that were pressed; the ledger holds what they did",
    "export_run": "deeds export:ask, export:take and export:cancel; a job does the rest",
    "saved_view": "how a reader likes a list: nobody's record",
    "daily_subscription": "a reader's own wish: deeds daily:on and daily:off",
    "iys_push": "deeds iys:push_on and iys:push_off",
    **dict.fromkeys(("paper_batch", "paper_look"),
                    "deeds paper:print, paper:take, paper:look and paper:aside"),
    "paper_scan": "found again only to be destroyed; what was done with it is a deed paper:…",
    "kiosk_item": "deeds kiosk:record and kiosk:aside; what it holds is somebody's",
    "document_draft": "a draft is nobody's text yet; review, return and publication are deeds",
    "document_purpose": "deed document:purposes tells which were linked and which are",
}

#: statements on a bare connection that change a watched table: (file, table) → who notes it, or
#: why nobody is to be named
BESIDE: Final[Mapping[tuple[str, str], str]] = {
    ("ileti/capture/jobs.py", "site"): "a job ends secrets whose time is over",
    ("ileti/webhooks/jobs.py", "webhook"): "a job ends secrets whose time is over",
    ("ileti/capture/seedsending.py", "gateway_account"): "the demo company",
    ("ileti/capture/seedsending.py", "sender"): "the demo company",
    ("ileti/capture/seed.py", "brand"): "the demo company and benchmarks",
    ("ileti/capture/seed.py", "dealer"): "the demo company and benchmarks",
    ("ileti/capture/seed.py", "document"): "the demo company and benchmarks",
    ("ileti/capture/seed.py", "provider"): "the demo company and benchmarks",
    ("ileti/capture/seed.py", "purpose"): "the demo company and benchmarks",
    ("ileti/capture/seed.py", "site"): "the demo company and benchmarks",
    ("ileti/channels/accounts.py", "gateway_account"): "what became of its last calls",
    ("ileti/channels/deliveries.py", "gateway_account"): "how often its provider was just asked",
    ("ileti/cli/vault.py", "provider"): "provider:change",
    ("ileti/inbound/seed.py", "inbound_number"): "the demo company",
    ("ileti/callcentre/seed.py", "document"): "the demo company",
    ("ileti/inbound/seed.py", "inbound_words"): "the demo company",
    ("ileti/compat/retailers.py", "dealer"): "dealer:add, dealer:change",
    ("ileti/documents/publish.py", "document"): "document:publish",
    ("ileti/documents/publish.py", "document_version"): "document:publish",
    ("ileti/iys/views.py", "provider"): "what İYS said when somebody asked; nothing of the record",
    ("ileti/fields/views.py", "site"): "a field that changes makes a form new; the field is noted",
    ("ileti/iys/forward.py", "provider"): "a job keeps what İYS said about the login",
    ("ileti/programs/accounts.py", "api_account"): "when it was last used",
    ("ileti/programs/sandbox.py", "brand"): "a copy of the home's, whose change is noted",
    ("ileti/programs/sandbox.py", "custom_field"): "a copy of the home's, whose change is noted",
    ("ileti/programs/sandbox.py", "dealer"): "a copy of the home's, whose change is noted",
    ("ileti/programs/sandbox.py", "document"): "a copy of the home's, whose change is noted",
    ("ileti/programs/sandbox.py", "document_version"): "a copy of the home's",
    ("ileti/programs/sandbox.py", "provider"): "a copy of the home's, whose change is noted",
    ("ileti/programs/sandbox.py", "purpose"): "a copy of the home's, whose change is noted",
}

#: columns that are counted, or noted by a deed of their own
NOISE: Final = frozenset({
    "login_count", "last_login", "fail_login_count", "changed_on", "changed_by_fk", "secret",
    "secret_at", "token_at", "secret_before", "secret_before_until", "form_version", "disabled_at",
    "last_used_at", "position", "iys_checked_at", "iys_problem",
})
#: parts of names of columns whose values are a secret or somebody's
_NEVER: Final = ("secret", "password", "hash", "digest", "token", "totp", "key", "mail", "phone",
                 "mobile", "tckn", "tin", "first_name", "last_name", "username", "person", "wish")
_ASIDE: Final = frozenset({"alarm_mails"})  # a choice of language


def watched(table: str) -> bool:
    """Whether changes of this table's rows are noted."""
    return table not in UNWATCHED


def told(column: Column[Any]) -> bool:
    """Whether values of this column may stand in the trail."""
    if column.name in _ASIDE:
        return True
    if isinstance(column.type, EncryptedText | LargeBinary):
        return False
    parts = column.name.split("_")
    return not any(word in column.name if len(word) > 3 else word in parts for word in _NEVER)
