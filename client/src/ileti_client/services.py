"""The services of the API: one table, from which both clients call.

Why this module exists: method, path, what may be repeated and where the method lives are said once.
A test holds the table, both clients and the API's own document equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Generic, TypeVar

from . import types as t

T = TypeVar("T")
PREFIX: Final = "/api/v1"


class Repeat(Enum):
    """Why the same request may be sent again when no answer came."""

    SAFE = "it changes nothing"
    KEYED = "an idempotency key tells the repeat from another wish"
    SAME = "a step that was taken is answered as taken"


@dataclass(frozen=True)
class Service(Generic[T]):
    """One service. ``operation`` is its name in the API's document, ``method`` the client's method
    that calls it; T is what a good answer holds."""

    operation: str
    verb: str
    path: str
    method: str
    repeat: Repeat = Repeat.SAFE


_KEYED: Final = Repeat.KEYED
_SAME: Final = Repeat.SAME
GIVE_TOKEN: Final = Service[t.Token]("giveToken", "POST", "/oauth2/token", "token")
OWN_DOCUMENT: Final = Service[dict[str, Any]](
    "ownDocument", "GET", "/openapi.json", "account.document")

TAKE_CONSENT: Final = Service[t.ConsentTaken](
    "takeConsent", "POST", "/consents", "consents.take", _KEYED)
TAKE_CONSENTS: Final = Service[t.ConsentsTaken](
    "takeConsents", "POST", "/consents/batch", "consents.take_many", _KEYED)
LIST_CONSENTS: Final = Service[t.Consents]("listConsents", "GET", "/consents", "consents.list")
EXPORT_CONSENTS: Final = Service[bytes](
    "exportConsents", "GET", "/consents/export", "consents.export")
ASK_EXPORT: Final = Service[t.Export](
    "askExport", "POST", "/exports", "consents.ask_export", _KEYED)
SHOW_EXPORT: Final = Service[t.Export](
    "showExport", "GET", "/exports/{id}", "consents.show_export")
EXPORT_FILE: Final = Service[bytes](
    "exportFile", "GET", "/exports/{id}/file", "consents.export_file")
CANCEL_EXPORT: Final = Service[t.Export](
    "cancelExport", "POST", "/exports/{id}/cancel", "consents.cancel_export", _SAME)
ASK_STATUS: Final = Service[t.Statuses](
    "askStatus", "POST", "/consents/status", "consents.status")
ASK_HISTORY: Final = Service[t.History](
    "askHistory", "POST", "/consents/history", "consents.history")
CONSENTS_AT: Final = Service[t.Moment]("consentsAt", "POST", "/consents/at", "consents.at")
SHOW_CONSENT: Final = Service[t.Consent](
    "showConsent", "GET", "/consents/{record}", "consents.show")
PROOF_BUNDLE: Final = Service[bytes](
    "proofBundle", "GET", "/consents/{record}/proof", "consents.proof")
PERSON_PROOF: Final = Service[bytes](
    "personProof", "POST", "/consents/proof", "consents.person_proof")
ADD_PROOF: Final = Service[t.Proof]("addProof", "POST", "/proofs", "proofs.add", _KEYED)

CREATE_IMPORT: Final = Service[t.Import](
    "createImport", "POST", "/imports", "imports.create", _KEYED)
LIST_IMPORTS: Final = Service[t.Imports]("listImports", "GET", "/imports", "imports.list")
SHOW_IMPORT: Final = Service[t.Import]("showImport", "GET", "/imports/{id}", "imports.show")
LIST_PARTS: Final = Service[t.Parts]("listParts", "GET", "/imports/{id}/parts", "imports.parts")
PUT_PART: Final = Service[t.Part](
    "putPart", "PUT", "/imports/{id}/parts/{n}", "imports.put_part", _SAME)
COMPLETE_IMPORT: Final = Service[t.Import](
    "completeImport", "POST", "/imports/{id}/complete", "imports.complete", _SAME)
SHOW_MAPPING: Final = Service[t.Mapping](
    "showMapping", "GET", "/imports/{id}/mapping", "imports.mapping")
PUT_MAPPING: Final = Service[t.Import](
    "putMapping", "PUT", "/imports/{id}/mapping", "imports.put_mapping", _SAME)
IMPORT_REPORT: Final = Service[bytes](
    "importReport", "GET", "/imports/{id}/report", "imports.report")
APPLY_IMPORT: Final = Service[t.Import](
    "applyImport", "POST", "/imports/{id}/apply", "imports.apply", _SAME)
PAUSE_IMPORT: Final = Service[t.Import](
    "pauseImport", "POST", "/imports/{id}/pause", "imports.pause", _SAME)
RESUME_IMPORT: Final = Service[t.Import](
    "resumeImport", "POST", "/imports/{id}/resume", "imports.resume", _SAME)
CANCEL_IMPORT: Final = Service[t.Import](
    "cancelImport", "POST", "/imports/{id}/cancel", "imports.cancel", _SAME)
PREVIEW_UNDO: Final = Service[t.Undo](
    "previewUndo", "GET", "/imports/{id}/undo", "imports.preview_undo")
UNDO_IMPORT: Final = Service[t.Import](
    "undoImport", "POST", "/imports/{id}/undo", "imports.undo", _SAME)

LIST_ACTS: Final = Service[t.Acts]("listActs", "GET", "/acts", "acts.list")
TAKE_ACTS: Final = Service[t.ActsTaken]("takeActs", "POST", "/acts", "acts.take", _KEYED)
ACTS_AT: Final = Service[t.ActsAt]("actsAt", "POST", "/acts/at", "acts.at")
ACT_PROOF: Final = Service[bytes]("actProof", "GET", "/acts/{record}/proof", "acts.proof")
START_CALL: Final = Service[t.Call]("startCall", "POST", "/calls", "calls.start", _KEYED)
LIST_CALLS: Final = Service[t.Calls]("listCalls", "GET", "/calls", "calls.list")
SHOW_CALL: Final = Service[t.Call]("showCall", "GET", "/calls/{id}", "calls.show")
LINK_RECORDING: Final = Service[t.Call](
    "linkRecording", "POST", "/calls/{id}/recording", "calls.link_recording", _SAME)
PUT_RECORDING: Final = Service[t.Call](
    "putRecording", "PUT", "/calls/{id}/recording", "calls.put_recording", _SAME)
END_CALL: Final = Service[t.Call]("endCall", "POST", "/calls/{id}/end", "calls.end", _SAME)
LIST_TEXTS: Final = Service[t.Texts]("listTexts", "GET", "/documents", "documents.on_show")
SHOW_TEXT: Final = Service[t.Text]("showText", "GET", "/documents/{id}", "documents.show")
LIST_MESSAGES: Final = Service[t.Messages]("listMessages", "GET", "/messages", "messages.list")
SHOW_MESSAGE: Final = Service[t.Message](
    "showMessage", "GET", "/messages/{id}", "messages.show")
SEND_MESSAGE: Final = Service[t.Message](
    "sendMessage", "POST", "/messages", "messages.send", _KEYED)

LIST_FIELDS: Final = Service[t.Fields]("listFields", "GET", "/fields", "fields.in_use")
ACCOUNT_DOCUMENT: Final = Service[dict[str, Any]](
    "accountDocument", "GET", "/fields/openapi.json", "fields.document")
ASK_RECIPIENT_FIELDS: Final = Service[t.RecipientFields](
    "askRecipientFields", "POST", "/recipients/fields", "recipients.fields")
SET_RECIPIENT_FIELDS: Final = Service[t.RecipientFields](
    "setRecipientFields", "PUT", "/recipients/fields", "recipients.set_fields", _SAME)
SEARCH_RECIPIENTS: Final = Service[t.RecipientsFound](
    "searchRecipients", "POST", "/recipients/search", "recipients.search")

LIST_TEMPLATES: Final = Service[t.Templates](
    "listTemplates", "GET", "/templates", "templates.list")
SHOW_TEMPLATE: Final = Service[t.Template](
    "showTemplate", "GET", "/templates/{id}", "templates.show")
PREVIEW_TEMPLATE: Final = Service[t.TemplatePreview](
    "previewTemplate", "POST", "/templates/{id}/preview", "templates.preview")

LIST_CAMPAIGNS: Final = Service[t.Campaigns](
    "listCampaigns", "GET", "/campaigns", "campaigns.list")
SHOW_CAMPAIGN: Final = Service[t.Campaign](
    "showCampaign", "GET", "/campaigns/{id}", "campaigns.show")
LIST_CAMPAIGN_MESSAGES: Final = Service[t.CampaignMessages](
    "listCampaignMessages", "GET", "/campaigns/{id}/messages", "campaigns.messages")
PAUSE_CAMPAIGN: Final = Service[t.Campaign](
    "pauseCampaign", "POST", "/campaigns/{id}/pause", "campaigns.pause", _SAME)

LIST_BRANDS: Final = Service[t.Brands]("listBrands", "GET", "/brands", "brands.list")
LIST_DEALERS: Final = Service[t.Dealers]("listDealers", "GET", "/dealers", "dealers.list")
ADD_DEALER: Final = Service[t.Dealer]("addDealer", "POST", "/dealers", "dealers.add", _KEYED)
SHOW_DEALER: Final = Service[t.Dealer]("showDealer", "GET", "/dealers/{id}", "dealers.show")
CHANGE_DEALER: Final = Service[t.Dealer](
    "changeDealer", "PATCH", "/dealers/{id}", "dealers.change", _KEYED)
LIST_USERS: Final = Service[t.Users]("listUsers", "GET", "/users", "users.list")

IYS_STATE: Final = Service[t.IysState]("iysState", "GET", "/iys/state", "iys.state")
IYS_DAYS: Final = Service[t.IysDays]("iysDays", "GET", "/iys/days", "iys.days")
IYS_DIFFERENCES: Final = Service[t.IysDifferences](
    "iysDifferences", "GET", "/iys/days/{brand}/{day}/differences", "iys.differences")
RECONCILE: Final = Service[t.Reconcile](
    "reconcile", "POST", "/iys/reconcile", "iys.reconcile", _KEYED)
REPORT_CONSENTS: Final = Service[t.Report](
    "reportConsents", "GET", "/reports/consents", "reports.consents")
REPORT_COMPLIANCE: Final = Service[t.ComplianceReport](
    "reportCompliance", "GET", "/reports/compliance", "reports.compliance")
REPORT_DAILY: Final = Service[t.DailyReport](
    "reportDaily", "GET", "/reports/daily", "reports.daily")
REPORT_MESSAGES: Final = Service[t.SentReport](
    "reportMessages", "GET", "/reports/messages", "reports.messages")

LIST_REQUESTS: Final = Service[t.Requests]("listRequests", "GET", "/requests", "requests.list")
ADD_REQUEST: Final = Service[t.Request]("addRequest", "POST", "/requests", "requests.add", _KEYED)
SHOW_REQUEST: Final = Service[t.Request](
    "showRequest", "GET", "/requests/{case}", "requests.show")

LIST_CALL_LISTS: Final = Service[t.CallLists](
    "listCallLists", "GET", "/call-lists", "call_lists.list")
TAKE_CALL: Final = Service[t.CallTaken](
    "takeCall", "POST", "/call-lists/entries/next", "call_lists.take", _KEYED)
CALL_RESULT: Final = Service[t.CallResult](
    "callResult", "POST", "/call-lists/entries/{id}/result", "call_lists.result", _SAME)

SERVICES: Final[tuple[Service[object], ...]] = tuple(
    one for one in list(globals().values()) if isinstance(one, Service))
