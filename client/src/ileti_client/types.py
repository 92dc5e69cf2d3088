"""What the API takes and gives, field by field.

Written from its document by ``python -m tools.client --write``; do not edit. A name that Python
keeps for itself has a ``_`` behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

#: a moment with its offset; text is sent as it is
When: TypeAlias = datetime | str
#: a day of Istanbul; text is sent as it is
Day: TypeAlias = date | str

ActKind: TypeAlias = Literal["GIVEN", "READ", "SHOWN", "WITHDRAWN"]
Extent: TypeAlias = Literal["ALOUD", "LINKED", "ON_PAPER", "OPENED", "TO_THE_END", "UNKNOWN"]
Source: TypeAlias = Literal[
    "HS_2015", "HS_ATM", "HS_CAGRI_MERKEZI", "HS_EORTAM", "HS_EPOSTA", "HS_ETKINLIK",
    "HS_FIZIKSEL_ORTAM", "HS_ISLAK_IMZA", "HS_KARAR", "HS_MESAJ", "HS_MOBIL", "HS_SOSYAL_MEDYA",
    "HS_WEB", "IYS_AHS_HAT_KAPATMA", "IYS_BILINMEYEN", "IYS_CM", "IYS_EPOSTA",
    "IYS_FRAME_EPOSTA", "IYS_FRAME_SMS", "IYS_KISAMESAJ", "IYS_MOBIL", "IYS_WEB",
    "IYS_WEB_YENI", "NONE",
]
TextKind: TypeAlias = Literal[
    "ACIK_RIZA", "AYDINLATMA", "CAGRI_METNI", "CEREZ", "ETK_ONAYI", "YURT_DISI",
]
TakenBy: TypeAlias = Literal["API", "IYS", "SYSTEM", "USER", "VISITOR"]
Direction: TypeAlias = Literal["INBOUND", "OUTBOUND"]
Ending: TypeAlias = Literal[
    "CUT_OFF", "DONE", "LEFT_OPEN", "NOT_NOW", "REFUSED", "WRONG_PERSON",
]
Channel: TypeAlias = Literal["ARAMA", "EPOSTA", "MESAJ"]
Kept: TypeAlias = Literal["LINK", "VAULT"]
CallListState: TypeAlias = Literal["CLOSED", "OPEN", "PAUSED"]
RecipientType: TypeAlias = Literal["BIREYSEL", "TACIR"]
Result: TypeAlias = Literal["CALL_AGAIN", "NOT_REACHED", "REACHED", "REFUSED", "WRONG_NUMBER"]
CampaignState: TypeAlias = Literal[
    "CANCELLED", "DONE", "DRAFT", "PAUSED", "PREPARING", "READY", "RUNNING",
]
MessageClass: TypeAlias = Literal[
    "ABONELIK", "BILGI_GUNCELLEME", "KULLANIM_BAKIM", "SATIN_ALMA_TESLIMAT", "TAHSILAT",
    "TICARI", "YASAL_BILGI",
]
Denial: TypeAlias = Literal[
    "enough", "erased", "no_record", "not_at_iys", "not_in_force", "other_dealer",
    "other_topic", "plugin", "promotes", "refused", "stale", "undeliverable", "unreadable",
    "unverified",
]
Delivery: TypeAlias = Literal["BLOCKED_BY_IYS", "DELIVERED", "NOT_DELIVERED", "SENT", "WAITING"]
CampaignMessageState: TypeAlias = Literal[
    "BLOCKED", "CANCELLED", "FAILED", "HANDING", "IN_DOUBT", "SENT", "WAITING",
]
ComplianceReportBy: TypeAlias = Literal[
    "brand", "channel", "day", "month", "retailerCode", "source", "week",
]
ProofHeld: TypeAlias = Literal[
    "FILE", "LINK", "NOTHING", "NO_RECORDING", "NO_SCAN", "SHOWN", "WORD", "WROTE",
]
DestructionKind: TypeAlias = Literal[
    "ALARM", "ARCHIVE", "CAMPAIGN", "CASE", "CODE", "FILE", "LIST", "MESSAGE", "MOVEMENT",
    "PERSON", "RUN", "SUBMISSION", "TRAIL",
]
Status: TypeAlias = Literal["ONAY", "RET"]
IysStatus: TypeAlias = Literal[
    "CHANGED_THERE", "LOCAL_ONLY", "NONE", "OVERDUE", "QUEUED", "REFUSED", "REGISTERED",
    "WAITING",
]
Outcome: TypeAlias = Literal["LOCAL_ONLY", "OUTDATED", "RECORDED", "UNCHANGED", "UNVERIFIED"]
DailyReportReconciliationResult: TypeAlias = Literal[
    "AWAITING_FILE", "DIFFERENT", "LOST", "MATCHED", "NO_MOVEMENT",
]
DealerStatus: TypeAlias = Literal["active", "passive", "suspended"]
ExportState: TypeAlias = Literal[
    "CANCELLED", "ENDED", "EXPIRED", "FAILED", "READY", "REFUSED", "RUNNING", "WAITING",
]
Subject: TypeAlias = Literal["consent", "recipient"]
ValueType: TypeAlias = Literal["choice", "choices", "date", "number", "text", "yesno"]
Required: TypeAlias = Literal["api", "form", "import", "panel"]
ImportState: TypeAlias = Literal[
    "applied", "applying", "approval", "cancelled", "checked", "checking", "failed", "mapping",
    "paused", "undoing", "undone", "uploading",
]
ListFormat: TypeAlias = Literal["csv", "ndjson", "xls", "xlsx"]
ImportApplyAsked: TypeAlias = Literal["all", "none"]
Decided: TypeAlias = Literal["applied", "corrected", "held", "nothing", "revoked"]
Unit: TypeAlias = Literal["bytes", "chunks", "consents"]
ReasonCode: TypeAlias = Literal[
    "ADRES_BOS", "ALAN_EKSIK", "ALINACAK", "BAYI_BASKA", "BAYI_YOK", "BIZDEKI_YENI",
    "DOGRULANMADI", "DOSYADA_IKI", "DOSYADA_RET", "EPOSTA_BICIM", "EPOSTA_BOSLUK",
    "EPOSTA_KARAKTER", "EPOSTA_TURKCE", "EPOSTA_UZUNLUK", "H112", "H113", "H119", "H120",
    "H121", "H155", "H156", "H162", "H175", "H408", "H462", "H463", "H467", "HS_2015_KAPALI",
    "ILK_RET", "KANAL_BICIM", "KANIT_EKSIK", "KANIT_YOK", "KAYNAK_BICIM", "NUMARA_EKSIK",
    "NUMARA_GECERSIZ", "NUMARA_KARAKTER", "NUMARA_SIFIR", "NUMARA_UZUN", "RET_GECIKTI",
    "RET_KORUNDU", "SATIR_BOZUK", "SECIM_BICIM", "SECIM_YOK", "SUTUN_FAZLA", "TACIR_DAYANAK",
    "TARIH_BICIM", "TIP_BICIM", "ZATEN_VAR",
]
Verdict: TypeAlias = Literal["left", "taken", "waits"]
Deed: TypeAlias = Literal["apply", "undo"]
Cause: TypeAlias = Literal[
    "MISSING_AT_IYS", "MISSING_HERE", "OTHER_DATE", "OTHER_SIDE_OF_MIDNIGHT", "OTHER_SOURCE",
    "OTHER_STATUS", "UNKNOWN_TRANSACTION",
]
ColumnRole: TypeAlias = Literal[
    "basis", "channel", "date", "dealer", "email", "name", "phone", "proof", "recipient",
    "recipient_type", "source", "status", "status_call", "status_email", "status_sms",
    "verified",
]
OwnSource: TypeAlias = Literal[
    "HS_2015", "HS_ATM", "HS_CAGRI_MERKEZI", "HS_EORTAM", "HS_EPOSTA", "HS_ETKINLIK",
    "HS_FIZIKSEL_ORTAM", "HS_ISLAK_IMZA", "HS_KARAR", "HS_MESAJ", "HS_MOBIL", "HS_SOSYAL_MEDYA",
    "HS_WEB",
]
Encoding: TypeAlias = Literal[
    "cp857", "iso-8859-9", "utf-16", "utf-16-be", "utf-16-le", "utf-8", "windows-1254",
]
MessageKind: TypeAlias = Literal[
    "ACTS", "ANSWER", "CODE", "CONFIRMATION", "SINGLE", "TAKEN_BACK",
]
MessageState: TypeAlias = Literal["BLOCKED", "FAILED", "SENT", "WAITING"]
Why: TypeAlias = Literal[
    "no_record", "not_at_iys", "not_in_force", "plugin", "refused", "stale", "undeliverable",
    "unsure", "unverified",
]
ProofRole: TypeAlias = Literal[
    "DOCUMENT", "MAIL", "OTHER", "RECORDING", "SCREENSHOT", "SIGNED_FORM",
]
ReportBy: TypeAlias = Literal[
    "brand", "channel", "day", "month", "recipientType", "retailerCode", "source", "status",
    "week",
]
RequestWay: TypeAlias = Literal["EMAIL", "FORM", "IN_PERSON", "KEP", "PAPER", "SIGNED"]
RequestState: TypeAlias = Literal["ASKED", "CLOSED", "OPEN", "SENDING"]
Right: TypeAlias = Literal[
    "CORRECT", "DAMAGE", "ERASE", "FORWARD", "INFORM", "LEARN", "OBJECT", "PURPOSE", "STOP",
    "THIRD", "WITHDRAW",
]
RequestDecision: TypeAlias = Literal["GRANTED", "NO_DATA", "PARTLY", "REFUSED"]
SentReportBy: TypeAlias = Literal["brand", "channel", "day", "kind", "month", "state", "week"]
TemplatePreviewEncoding: TypeAlias = Literal["GSM-7", "GSM-7 (TR)", "UCS-2"]
Language: TypeAlias = Literal["en", "tr"]
TokenType: TypeAlias = Literal["Bearer"]
UndoKind: TypeAlias = Literal["counter", "take_back"]
CallEndInEnding: TypeAlias = Literal["CUT_OFF", "DONE", "NOT_NOW", "REFUSED", "WRONG_PERSON"]
Service: TypeAlias = Literal[
    "ABONELIK", "BILGI_GUNCELLEME", "KULLANIM_BAKIM", "SATIN_ALMA_TESLIMAT", "TAHSILAT",
    "YASAL_BILGI",
]
ExportInKind: TypeAlias = Literal["consents"]
ExportInFormat: TypeAlias = Literal["csv", "xlsx"]
Addresses: TypeAlias = Literal["full", "masked"]
Choice: TypeAlias = Literal["given", "in_force", "refusal", "unverified"]
IysFilter: TypeAlias = Literal[
    "blocked_here", "changed_there", "late", "overdue", "queued", "refused", "registered",
    "waiting",
]
ImportOrigin: TypeAlias = Literal[
    "customers", "forms", "iys", "other_system", "partner", "purchased", "takeover",
]
OwnWay: TypeAlias = Literal["EMAIL", "IN_PERSON", "KEP", "PAPER", "SIGNED"]
SingleMessageInChannel: TypeAlias = Literal["EPOSTA", "MESAJ"]
Occasion: TypeAlias = Literal["anket", "kutlama"]
GrantType: TypeAlias = Literal["client_credentials"]
Rows: TypeAlias = Literal["all", "left"]
ListCallsQueryState: TypeAlias = Literal["ENDED", "OPEN"]
Recording: TypeAlias = Literal["HERE", "MISSING"]


class Act(TypedDict):
    record: str
    act: ActKind
    extent: Extent
    brand: int | None
    address: str | None
    document: int
    textId: int
    source: Source
    verified: bool
    at: str
    recordedAt: str
    commitment: str
    retailerCode: int | None


class Acts(TypedDict):
    items: list[Act]
    next: str | None


class ActsAtStateRecordText(TypedDict):
    title: str
    version: int
    language: str
    sha256: str
    path: str


class ActsAtStateRecord(TypedDict):
    number: str
    takenAt: str
    takenBy: TakenBy | None
    retailerCode: int | None
    text: ActsAtStateRecordText | None
    commitment: str
    seal: int | None
    sealedAt: str | None
    stampedAt: str | None
    files: list[dict[str, Any]]


class ActsAtState(TypedDict):
    document: int
    textKind: TextKind
    name: str
    brand: int | None
    act: ActKind
    extent: Extent
    verified: bool
    at: str
    source: Source
    holds: bool
    record: ActsAtStateRecord | None
    complete: bool


class ActsAt(TypedDict):
    at: str
    states: list[ActsAtState]


class ActsTakenRecord(TypedDict):
    record: str
    act: ActKind
    textId: int
    commitment: str


class ActsTaken(TypedDict):
    receipt: str
    recordedAt: str
    records: list[ActsTakenRecord]


class Brand(TypedDict):
    brand: int
    name: str
    master: bool
    createdAt: str


class Brands(TypedDict):
    items: list[Brand]
    next: str | None


class CallConsent(TypedDict):
    channel: Channel | None
    saidAt: str
    proven: bool


class CallRecording(TypedDict):
    sha256: str
    at: str
    kept: Kept


class Call(TypedDict):
    id: int
    brand: int | None
    retailerCode: int | None
    direction: Direction
    number: str | None
    startedAt: str
    endedAt: str | None
    ending: Ending | None
    taken: bool
    noticeHeard: bool
    consents: list[CallConsent]
    recording: CallRecording | None
    recordingDueAt: str | None
    screen: str


class CallListPeople(TypedDict):
    WAITING: int
    OUT: int
    DONE: int
    TAKEN_AWAY: int


class CallListResults(TypedDict):
    REACHED: int
    NOT_REACHED: int
    CALL_AGAIN: int
    REFUSED: int
    WRONG_NUMBER: int


class CallList(TypedDict):
    id: int
    name: str
    brand: int | None
    state: CallListState
    recipientType: RecipientType
    opens: str
    closes: str
    madeAt: str
    endsAt: str
    people: CallListPeople
    results: CallListResults


class CallLists(TypedDict):
    items: list[CallList]
    next: str | None


class CallResult(TypedDict):
    id: int
    result: Result
    repeated: bool
    refusalRecorded: bool
    callAgainAt: str | None


class CallTakenCall(TypedDict):
    id: int
    list: int
    listName: str
    brand: int | None
    phone: str
    recipientType: RecipientType
    tries: int
    until: str


class CallTaken(TypedDict):
    call: CallTakenCall | None


class Calls(TypedDict):
    items: list[Call]
    next: str | None


class CampaignDenial(TypedDict):
    denial: Denial
    people: int


class CampaignPreflight(TypedDict):
    at: str
    goes: int
    blocked: int
    reasons: list[CampaignDenial]


class CampaignDelivery(TypedDict):
    delivery: Delivery
    messages: int


class CampaignResults(TypedDict):
    asked: int
    handed: int
    blocked: int
    inDoubt: int
    failed: int
    reasons: list[CampaignDenial]
    unreported: int
    deliveries: list[CampaignDelivery]
    refusedAfter: int


class Campaign(TypedDict):
    id: int
    name: str
    state: CampaignState
    brand: int
    retailerCode: int | None
    channel: Channel
    recipientType: RecipientType
    messageClass: MessageClass
    people: int
    problem: str | None
    createdAt: str
    preparedAt: str | None
    releasedAt: str | None
    beginAt: str | None
    endedAt: str | None
    sender: str | None
    templateVersion: int | None
    perSecond: int | None
    preflight: CampaignPreflight | None
    results: CampaignResults | None


class CampaignMessage(TypedDict):
    no: int
    address: str | None
    state: CampaignMessageState
    denial: Denial | None
    record: str | None
    gateway: str | None
    delivery: Delivery | None
    deliveryReason: str | None
    at: str | None
    deliveredAt: str | None
    refusedAt: str | None


class CampaignMessages(TypedDict):
    items: list[CampaignMessage]
    next: str | None


class CampaignShort(TypedDict):
    id: int
    name: str
    state: CampaignState
    brand: int
    retailerCode: int | None
    channel: Channel
    recipientType: RecipientType
    messageClass: MessageClass
    people: int
    problem: str | None
    createdAt: str
    preparedAt: str | None
    releasedAt: str | None
    beginAt: str | None
    endedAt: str | None


class Campaigns(TypedDict):
    items: list[CampaignShort]
    next: str | None


class ComplianceReportRow(TypedDict):
    key: str | None
    records: int
    accepted: int
    rejected: int
    late: int
    lateShare: float | None
    medianSeconds: int | None
    p95Seconds: int | None
    slowestSeconds: int | None


class ComplianceReportCode(TypedDict):
    code: str | None
    meaning: str | None
    records: int


class ComplianceReportProof(TypedDict):
    source: Source
    missing: bool
    elsewhere: bool
    proof: ProofHeld
    consents: int


class ComplianceReportText(TypedDict):
    documentVersion: int | None
    name: str | None
    version: int | None
    language: str | None
    consents: int


class ComplianceReportDue(TypedDict):
    kind: DestructionKind
    now: int
    withinYear: int


class ComplianceReportFinesRow(TypedDict):
    article: str
    acts: int
    least: int
    most: int


class ComplianceReportFines(TypedDict):
    year: int
    known: bool
    source: str | None
    rows: list[ComplianceReportFinesRow]


class ComplianceReport(TypedDict):
    since: str
    until: str
    by: ComplianceReportBy
    countedAt: str | None
    standingAt: str | None
    rows: list[ComplianceReportRow]
    records: int
    accepted: int
    rejected: int
    late: int
    lateShare: float | None
    medianSeconds: int | None
    p95Seconds: int | None
    slowestSeconds: int | None
    codes: list[ComplianceReportCode]
    proofs: list[ComplianceReportProof]
    texts: list[ComplianceReportText]
    due: list[ComplianceReportDue] | None
    fines: ComplianceReportFines | None


class ConsentIys(TypedDict):
    status: IysStatus
    code: str | None
    due: str | None


class Consent(TypedDict):
    record: str
    address: str | None
    brand: int
    channel: Channel
    recipientType: RecipientType
    status: Status
    verified: bool
    source: Source
    consentDate: str
    iys: ConsentIys
    retailerCode: int | None
    recordedAt: str
    inForce: bool
    late: bool
    fields: dict[str, Any]
    columns: NotRequired[dict[str, str | None]]


class ConsentTaken(TypedDict):
    record: str
    outcome: Outcome
    commitment: str
    receipt: str
    recordedAt: str


class Consents(TypedDict):
    items: list[Consent]
    next: str | None


class FieldFault(TypedDict):
    field: str
    code: str
    message: str
    rule: NotRequired[str]


class ConsentsTakenResult(TypedDict):
    index: int
    record: NotRequired[str]
    outcome: NotRequired[Outcome]
    commitment: NotRequired[str]
    errors: NotRequired[list[FieldFault]]


class ConsentsTaken(TypedDict):
    receipt: str
    recordedAt: str
    recorded: int
    refused: int
    results: list[ConsentsTakenResult]


class DailyReportDayBefore(TypedDict):
    consents: int
    refusals: int


class DailyReportChannel(TypedDict):
    channel: Channel
    consents: int
    refusals: int


class DailyReportBrand(TypedDict):
    brand: str
    consents: int
    refusals: int
    accepted: int
    rejected: int


class DailyReportReason(TypedDict):
    code: str
    records: int


class DailyReportWaiting(TypedDict):
    late: int
    withinHours: int
    today: int
    tomorrow: int
    later: int
    withoutDeadline: int
    forPerson: int


class DailyReportReconciliation(TypedDict):
    brand: str
    differences: int
    result: DailyReportReconciliationResult


class DailyReportMessages(TypedDict):
    sent: int
    failed: int
    blocked: int
    waiting: int


class DailyReportImports(TypedDict):
    came: int
    applied: int
    written: int
    leftOut: int
    failed: int


class DailyReport(TypedDict):
    day: str
    soFar: bool
    countedAt: str | None
    consents: int
    refusals: int
    accepted: int
    rejected: int
    dayBefore: DailyReportDayBefore
    weekBefore: DailyReportDayBefore
    channels: list[DailyReportChannel]
    brands: list[DailyReportBrand]
    reasons: list[DailyReportReason]
    waiting: DailyReportWaiting
    missed: DailyReportDayBefore
    changes: list[DailyReportChannel]
    reconciliation: list[DailyReportReconciliation]
    messages: DailyReportMessages
    campaigns: DailyReportMessages
    complaints: int
    imports: DailyReportImports


class Dealer(TypedDict):
    id: int
    brand: int
    retailerCode: int | None
    title: str
    name: str
    alias: str | None
    mersis: str | None
    mobile: str | None
    cityCode: str
    townCode: str
    status: DealerStatus
    createdAt: str
    tckn: NotRequired[str]
    tin: NotRequired[str]


class Dealers(TypedDict):
    items: list[Dealer]
    next: str | None


class Export(TypedDict):
    id: int
    kind: str
    format: str
    addresses: str
    state: ExportState
    rows: int
    expectedRows: int | None
    bytes: int | None
    createdAt: str
    endedAt: str | None
    expiresAt: str | None


class FieldsFieldName(TypedDict):
    tr: str
    en: str


class FieldsFieldChoice(TypedDict):
    key: str
    tr: str
    en: str


class FieldsField(TypedDict):
    key: str
    subject: Subject
    valueType: ValueType
    name: FieldsFieldName
    personal: bool
    searchable: bool
    required: list[Required]
    choices: list[FieldsFieldChoice]
    schema: dict[str, Any]


class Fields(TypedDict):
    fields: list[FieldsField]


class HistoryRecord(TypedDict):
    record: str
    recordedAt: str
    consentDate: str
    brand: int
    channel: Channel
    recipientType: RecipientType
    status: Status
    verified: bool
    source: Source
    outcome: Outcome
    retailerCode: int | None
    textId: int | None
    commitment: str


class History(TypedDict):
    records: list[HistoryRecord]


class ImportCounts(TypedDict):
    rows: int
    consents: int
    taken: int
    repaired: int
    waits: int
    already: int
    refused: int


class ImportApply(TypedDict):
    asked: ImportApplyAsked
    mostRefused: int | None
    decided: Decided | None


class ImportProgress(TypedDict):
    unit: Unit
    done: int
    total: int
    perSecond: int | None


class ImportReason(TypedDict):
    code: ReasonCode
    verdict: Verdict
    rule: str
    count: int
    firstLine: int | None
    lastLine: int | None
    text: str
    advice: str


class ImportTotals(TypedDict):
    channel: NotRequired[dict[str, int]]
    status: NotRequired[dict[str, int]]
    source: NotRequired[dict[str, int]]
    recipientType: NotRequired[dict[str, int]]
    dealer: NotRequired[dict[str, int]]


class ImportSending(TypedDict):
    seconds: int
    pastDue: int


class ImportApproval(TypedDict):
    deed: Deed
    expiresAt: str


class ImportAtIysCount(TypedDict):
    there: int
    absent: int


class ImportAtIys(TypedDict):
    ONAY: ImportAtIysCount
    RET: ImportAtIysCount
    problem: str | None


class Import(TypedDict):
    id: int
    state: ImportState
    brand: int
    retailerCode: int | None
    name: str
    key: str
    size: int
    sha256: str | None
    format: ListFormat | None
    createdAt: str | None
    checkedAt: str | None
    startedAt: str | None
    endedAt: str | None
    undoneAt: str | None
    counts: ImportCounts | None
    written: int
    leftOut: int
    problem: str | None
    apply: ImportApply
    progress: ImportProgress | None
    uploading: bool | None
    seconds: float | None
    reasons: list[ImportReason]
    totals: ImportTotals
    sending: ImportSending | None
    approval: ImportApproval | None
    due: dict[str, int]
    atIys: ImportAtIys | None


class ImportShort(TypedDict):
    id: int
    state: ImportState
    brand: int
    retailerCode: int | None
    name: str
    key: str
    size: int
    sha256: str | None
    format: ListFormat | None
    createdAt: str | None
    checkedAt: str | None
    startedAt: str | None
    endedAt: str | None
    undoneAt: str | None
    counts: ImportCounts | None
    written: int
    leftOut: int
    problem: str | None
    apply: ImportApply


class Imports(TypedDict):
    imports: list[ImportShort]
    next: int | None


class IysDay(TypedDict):
    brand: int
    day: str
    archivedAt: str | None
    comparedAt: str | None
    agreedAt: str | None
    doneAt: str | None
    rows: int | None
    differences: int
    unreadable: int
    hashFits: bool | None
    problem: str | None


class IysDays(TypedDict):
    items: list[IysDay]
    next: str | None


class IysDifferenceSide(TypedDict):
    status: Status
    source: Source
    consentDate: str | None


class IysDifference(TypedDict):
    id: int
    cause: Cause
    open: bool
    record: str | None
    channel: Channel
    recipientType: RecipientType
    theirs: IysDifferenceSide | None
    ours: IysDifferenceSide | None


class IysDifferences(TypedDict):
    items: list[IysDifference]
    next: str | None


class IysStateBrand(TypedDict):
    brand: int
    waiting: int
    stopped: int
    oldest: str | None
    changesHeardAt: str | None
    gapSince: str | None


class IysState(TypedDict):
    checkedAt: str | None
    problem: str | None
    capped: bool
    brands: list[IysStateBrand]


class MappingColumn(TypedDict):
    number: int
    heading: str
    role: ColumnRole | str | None
    samples: list[str]


class MappingMapping(TypedDict):
    columns: dict[str, str | int] | None
    status: Status | None
    source: OwnSource | None
    date: str | None
    recipientType: RecipientType | None
    retailerCode: int | None
    basis: str | None
    channels: list[Channel] | None
    delimiter: str | None
    encoding: Encoding | None
    sheet: str | None
    header: bool | None
    skip: int | None


Mapping = TypedDict("Mapping", {
    "import": "int",
    "state": "ImportState",
    "format": "ListFormat",
    "sheets": "list[str]",
    "columns": "list[MappingColumn]",
    "mapping": "MappingMapping",
    "missing": "list[FieldFault]",
    "templates": "list[str]",
    "problem": "str | None",
})


class Message(TypedDict):
    id: int
    kind: MessageKind
    channel: Channel
    brand: int | None
    address: str | None
    state: MessageState
    messageClass: MessageClass | None
    denial: Denial | None
    createdAt: str
    dueAt: str | None
    sentAt: str | None
    gateway: str | None
    problem: str | None
    delivery: Delivery | None
    deliveredAt: str | None


class Messages(TypedDict):
    items: list[Message]
    next: str | None


class MomentStateIys(TypedDict):
    status: IysStatus
    code: str | None
    due: str | None


class MomentStateRecordFile(TypedDict):
    role: ProofRole
    sha256: str
    addedAt: str


class MomentStateRecord(TypedDict):
    number: str
    takenAt: str
    takenBy: TakenBy | None
    retailerCode: int | None
    text: ActsAtStateRecordText | None
    commitment: str
    seal: int | None
    sealedAt: str | None
    stampedAt: str | None
    files: list[MomentStateRecordFile]


class MomentState(TypedDict):
    brand: int
    channel: Channel
    recipientType: RecipientType
    status: Status
    source: Source
    verified: bool
    consentDate: str
    iys: MomentStateIys
    mayBeSent: bool
    why: Why | None
    record: MomentStateRecord | None
    complete: bool


class Moment(TypedDict):
    at: str
    states: list[MomentState]


class Part(TypedDict):
    number: int
    size: int


class Parts(TypedDict):
    partBytes: int
    parts: list[Part]


class Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str
    rule: NotRequired[str]
    errors: NotRequired[Sequence[FieldFault]]


class ProofFile(TypedDict):
    sha256: str
    size: int
    mediaType: str


Proof = TypedDict("Proof", {
    "records": "list[str]",
    "import": "int | None",
    "role": "ProofRole",
    "file": "ProofFile",
})


class RecipientFields(TypedDict):
    fields: dict[str, Any]


class RecipientFound(TypedDict):
    address: str | None
    fields: dict[str, Any]


class RecipientsFound(TypedDict):
    items: list[RecipientFound]
    next: str | None


class Reconcile(TypedDict):
    brand: int
    days: int


class ReportRow(TypedDict):
    key: str | None
    consents: int
    refusals: int
    accepted: int | None
    rejected: int | None
    overdue: int | None
    sameDay: int | None
    secondsToIys: int | None


class Report(TypedDict):
    since: str
    until: str
    by: ReportBy
    countedAt: str | None
    rows: list[ReportRow]
    consents: int
    refusals: int
    accepted: int | None
    rejected: int | None
    overdue: int | None
    sameDay: int | None
    secondsToIys: int | None


class Request(TypedDict):
    number: str
    brand: int | None
    way: RequestWay
    state: RequestState
    rights: list[Right]
    receivedAt: str
    dueAt: str
    daysLeft: int | None
    closedAt: str | None
    decision: RequestDecision | None


class Requests(TypedDict):
    items: list[Request]
    next: str | None


class SentReportRow(TypedDict):
    key: str | None
    messages: int


class SentReport(TypedDict):
    since: str
    until: str
    by: SentReportBy
    rows: list[SentReportRow]
    messages: int


class StatusesResultState(TypedDict):
    brand: int
    channel: Channel
    recipientType: RecipientType
    status: Status
    verified: bool
    source: Source
    consentDate: str
    iys: ConsentIys
    mayBeSent: bool
    why: Why | None


class StatusesResult(TypedDict):
    index: int
    errors: NotRequired[list[FieldFault]]
    states: NotRequired[list[StatusesResultState]]


class Statuses(TypedDict):
    results: list[StatusesResult]


class TemplateVersion(TypedDict):
    versionId: int
    version: int
    messageClass: MessageClass
    subject: str | None
    body: str
    html: str | None
    reason: str | None
    reference: str | None
    terms: str | None
    ends: str | None
    tags: list[str]
    declaredAt: str
    sha256: str


class Template(TypedDict):
    id: int
    name: str
    channel: Channel
    brand: int | None
    inherited: bool
    retired: bool
    versions: list[TemplateVersion]


class TemplatePreviewLack(TypedDict):
    code: str
    rule: str
    message: str


class TemplatePreview(TypedDict):
    versionId: int
    channel: Channel
    messageClass: MessageClass
    subject: str | None
    body: str
    html: str | None
    encoding: TemplatePreviewEncoding | None
    segments: int | None
    unitsLeft: int | None
    cost: str | None
    emptyFields: list[str]
    lacks: list[TemplatePreviewLack]


class TemplateInUse(TypedDict):
    id: int
    name: str
    channel: Channel
    brand: int | None
    inherited: bool
    versionId: int
    version: int
    messageClass: MessageClass
    subject: str | None
    body: str
    html: str | None
    reason: str | None
    reference: str | None
    terms: str | None
    ends: str | None
    tags: list[str]
    declaredAt: str
    sha256: str


class Templates(TypedDict):
    items: list[TemplateInUse]
    next: str | None


class TextVersion(TypedDict):
    textId: int
    version: int
    language: Language
    title: str
    body: str
    sha256: str
    effectiveFrom: str
    publishedAt: str


class Text(TypedDict):
    id: int
    name: str
    kind: TextKind
    channel: Channel | None
    brand: int | None
    versions: list[TextVersion]


class TextOnShow(TypedDict):
    id: int
    name: str
    kind: TextKind
    channel: Channel | None
    inherited: bool
    textId: int
    version: int
    language: Language
    title: str
    body: str
    sha256: str
    effectiveFrom: str


class Texts(TypedDict):
    items: list[TextOnShow]


class Token(TypedDict):
    access_token: str
    token_type: TokenType
    expires_in: int
    scope: str


class TokenRefused(TypedDict):
    error: str
    error_description: str | None


class Undo(TypedDict):
    kind: UndoKind
    counters: dict[str, int]
    reported: int
    consents: int
    refusals: int
    changed: int


class UserMembership(TypedDict):
    role: str
    brand: int | None
    retailerCode: int | None


class User(TypedDict):
    id: int
    username: str
    firstName: str
    lastName: str
    email: str
    active: bool
    memberships: list[UserMembership]


class Users(TypedDict):
    items: list[User]
    next: str | None


class ActsAtIn(TypedDict):
    address: str
    at: When
    brand: NotRequired[int]


class ActsInNotice(TypedDict):
    textId: int
    extent: NotRequired[Extent]
    read: NotRequired[bool]


class ActsInAnswer(TypedDict):
    textId: int
    given: bool


class ActsIn(TypedDict):
    address: str
    brand: NotRequired[int]
    source: OwnSource
    at: NotRequired[When]
    name: NotRequired[str]
    notice: NotRequired[ActsInNotice]
    answers: NotRequired[Sequence[ActsInAnswer]]


class CallEndIn(TypedDict):
    ending: NotRequired[CallEndInEnding]


class CallIn(TypedDict):
    brand: NotRequired[int]
    number: str
    direction: NotRequired[Direction]
    reference: NotRequired[str]
    service: NotRequired[Service]
    language: NotRequired[Language]


class CallResultIn(TypedDict):
    result: Result
    callAgainAt: NotRequired[When]
    everything: NotRequired[bool]
    recording: NotRequired[str]


class CallWish(TypedDict):
    list: NotRequired[int]
    seconds: NotRequired[int]


class ConsentIn(TypedDict):
    brand: NotRequired[int]
    address: str
    channel: Channel
    status: Status
    source: NotRequired[OwnSource]
    consentDate: NotRequired[When]
    recipientType: NotRequired[RecipientType]
    merchantBasis: NotRequired[str]
    retailerCode: NotRequired[int]
    textId: NotRequired[int]
    fields: NotRequired[dict[str, Any]]


class ConsentItem(TypedDict):
    address: str
    channel: Channel
    status: Status
    source: NotRequired[OwnSource]
    consentDate: NotRequired[When]
    recipientType: NotRequired[RecipientType]
    merchantBasis: NotRequired[str]
    retailerCode: NotRequired[int]
    textId: NotRequired[int]
    fields: NotRequired[dict[str, Any]]


class ConsentsIn(TypedDict):
    brand: NotRequired[int]
    items: Sequence[ConsentItem]


class DealerChange(TypedDict):
    title: NotRequired[str]
    name: NotRequired[str]
    alias: NotRequired[str]
    tckn: NotRequired[str]
    tin: NotRequired[str]
    mersis: NotRequired[str]
    mobile: NotRequired[str]
    townCode: NotRequired[str]
    status: NotRequired[DealerStatus]


class DealerIn(TypedDict):
    brand: NotRequired[int]
    retailerCode: NotRequired[int]
    title: str
    name: str
    alias: NotRequired[str]
    tckn: str
    tin: str
    mersis: NotRequired[str]
    mobile: NotRequired[str]
    townCode: str
    status: NotRequired[DealerStatus]


class ExportInFilters(TypedDict):
    brand: NotRequired[Sequence[int]]
    channel: NotRequired[Sequence[Channel]]
    source: NotRequired[Sequence[Source]]
    choice: NotRequired[Sequence[Choice]]
    iys: NotRequired[Sequence[IysFilter]]
    retailerCode: NotRequired[Sequence[int]]
    field: NotRequired[Sequence[str]]
    since: NotRequired[Day]
    until: NotRequired[Day]


class ExportIn(TypedDict):
    kind: ExportInKind
    format: NotRequired[ExportInFormat]
    addresses: NotRequired[Addresses]
    filters: NotRequired[ExportInFilters]


class FileIn(TypedDict):
    size: NotRequired[int]
    sha256: NotRequired[str]


class HistoryIn(TypedDict):
    address: str
    brand: NotRequired[int]
    channel: NotRequired[Channel]
    recipientType: NotRequired[RecipientType]


class ImportIn(TypedDict):
    brand: NotRequired[int]
    name: NotRequired[str]
    origin: ImportOrigin
    ground: str
    proof: str
    notice: str
    proofAttached: NotRequired[bool]
    columns: NotRequired[dict[str, str | int]]
    status: NotRequired[Status]
    source: NotRequired[OwnSource]
    date: NotRequired[str]
    recipientType: NotRequired[RecipientType]
    retailerCode: NotRequired[int]
    basis: NotRequired[str]
    channels: NotRequired[Sequence[Channel]]
    delimiter: NotRequired[str]
    encoding: NotRequired[Encoding]
    sheet: NotRequired[str]
    header: NotRequired[bool]
    skip: NotRequired[int]
    askIys: NotRequired[bool]
    apply: NotRequired[ImportApplyAsked]
    mostRefused: NotRequired[int]


class MappingIn(TypedDict):
    columns: NotRequired[dict[str, str | int] | None]
    status: NotRequired[Status | None]
    source: NotRequired[OwnSource | None]
    date: NotRequired[str | None]
    recipientType: NotRequired[RecipientType | None]
    retailerCode: NotRequired[int | None]
    basis: NotRequired[str | None]
    channels: NotRequired[Sequence[Channel] | None]
    delimiter: NotRequired[str | None]
    encoding: NotRequired[Encoding | None]
    sheet: NotRequired[str | None]
    header: NotRequired[bool | None]
    skip: NotRequired[int | None]
    template: NotRequired[str | None]


class MomentIn(TypedDict):
    address: str
    at: When
    brand: NotRequired[int | None]
    channel: NotRequired[Channel | None]
    recipientType: NotRequired[RecipientType | None]


class PersonProofIn(TypedDict):
    address: str
    brand: NotRequired[int]


class RecipientFieldsIn(TypedDict):
    address: str
    fields: dict[str, Any]


class RecipientIn(TypedDict):
    address: str


class RecipientSearch(TypedDict):
    field: str
    value: str | float | bool | Sequence[str]
    addresses: NotRequired[Addresses]
    limit: NotRequired[int]
    cursor: NotRequired[str]


class ReconcileIn(TypedDict):
    brand: NotRequired[int]


class RecordingIn(TypedDict):
    link: str
    sha256: str


class RequestInPerson(TypedDict):
    name: NotRequired[str]
    nationality: NotRequired[str]
    passport: NotRequired[str]
    foreign_id: NotRequired[str]
    postal: NotRequired[str]
    tckn: NotRequired[str]
    email: NotRequired[str]
    phone: NotRequired[str]


class RequestIn(TypedDict):
    brand: NotRequired[int]
    way: OwnWay
    receivedAt: When
    person: RequestInPerson
    rights: NotRequired[Sequence[Right]]
    wish: NotRequired[str]
    language: NotRequired[Language]
    signed: NotRequired[bool]


class SingleMessageIn(TypedDict):
    brand: NotRequired[int]
    channel: SingleMessageInChannel
    address: str
    recipientType: NotRequired[RecipientType]
    template: NotRequired[int]
    values: NotRequired[dict[str, Any]]
    messageClass: NotRequired[MessageClass]
    subject: NotRequired[str]
    text: NotRequired[str]
    html: NotRequired[str]
    reason: NotRequired[str]
    reference: NotRequired[str]
    terms: NotRequired[str]
    ends: NotRequired[Day]
    tags: NotRequired[Sequence[str]]
    occasion: NotRequired[Occasion]
    sender: NotRequired[str]
    validMinutes: NotRequired[int]


class StatusIn(TypedDict):
    addresses: Sequence[str]
    brand: NotRequired[int]
    channel: NotRequired[Channel]
    recipientType: NotRequired[RecipientType]


class TemplatePreviewIn(TypedDict):
    brand: NotRequired[int]
    values: NotRequired[dict[str, Any]]


class TokenIn(TypedDict):
    grant_type: GrantType
    client_id: NotRequired[str]
    client_secret: NotRequired[str]
    scope: NotRequired[str]


class UndoIn(TypedDict):
    kind: UndoKind


class ListConsentsQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]
    addresses: NotRequired[Addresses]
    brand: NotRequired[int | Sequence[int]]
    since: NotRequired[Day]
    until: NotRequired[Day]
    channel: NotRequired[Channel | Sequence[Channel]]
    source: NotRequired[Source | Sequence[Source]]
    choice: NotRequired[Choice | Sequence[Choice]]
    iys: NotRequired[IysFilter | Sequence[IysFilter]]
    retailerCode: NotRequired[int | Sequence[int]]
    field: NotRequired[str | Sequence[str]]


class ShowConsentQuery(TypedDict):
    addresses: NotRequired[Addresses]


class ExportConsentsQuery(TypedDict):
    addresses: NotRequired[Addresses]
    brand: NotRequired[int | Sequence[int]]
    since: NotRequired[Day]
    until: NotRequired[Day]
    channel: NotRequired[Channel | Sequence[Channel]]
    source: NotRequired[Source | Sequence[Source]]
    choice: NotRequired[Choice | Sequence[Choice]]
    iys: NotRequired[IysFilter | Sequence[IysFilter]]
    retailerCode: NotRequired[int | Sequence[int]]
    field: NotRequired[str | Sequence[str]]


class AddProofQuery(TypedDict):
    record: NotRequired[str]
    receipt: NotRequired[str]
    import_: NotRequired[int]
    whole: NotRequired[bool]
    role: NotRequired[ProofRole]
    name: NotRequired[str]


class ListImportsQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]
    before: NotRequired[int]
    state: NotRequired[ImportState]
    key: NotRequired[str]


class ImportReportQuery(TypedDict):
    rows: NotRequired[Rows]


class ListActsQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]
    addresses: NotRequired[Addresses]
    brand: NotRequired[int | Sequence[int]]
    since: NotRequired[Day]
    until: NotRequired[Day]
    act: NotRequired[ActKind | Sequence[ActKind]]
    document: NotRequired[int | Sequence[int]]


class ListTextsQuery(TypedDict):
    brand: NotRequired[int]
    at: NotRequired[When]


class ListMessagesQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]
    addresses: NotRequired[Addresses]
    brand: NotRequired[int | Sequence[int]]
    since: NotRequired[Day]
    until: NotRequired[Day]
    channel: NotRequired[Channel | Sequence[Channel]]
    state: NotRequired[MessageState | Sequence[MessageState]]


class ShowMessageQuery(TypedDict):
    addresses: NotRequired[Addresses]


class ListBrandsQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]


class ListDealersQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]
    brand: NotRequired[int | Sequence[int]]
    status: NotRequired[DealerStatus]


class ListUsersQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]


class IysDaysQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]
    brand: NotRequired[int | Sequence[int]]
    since: NotRequired[Day]
    until: NotRequired[Day]


class IysDifferencesQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]


class ReportConsentsQuery(TypedDict):
    brand: NotRequired[int | Sequence[int]]
    since: NotRequired[Day]
    until: NotRequired[Day]
    by: NotRequired[ReportBy]
    channel: NotRequired[Channel | Sequence[Channel]]
    source: NotRequired[Source | Sequence[Source]]
    status: NotRequired[Status | Sequence[Status]]
    recipientType: NotRequired[RecipientType | Sequence[RecipientType]]
    retailerCode: NotRequired[int | Sequence[int]]
    field: NotRequired[str | Sequence[str]]


class ReportMessagesQuery(TypedDict):
    brand: NotRequired[int | Sequence[int]]
    since: NotRequired[Day]
    until: NotRequired[Day]
    by: NotRequired[SentReportBy]
    channel: NotRequired[Channel | Sequence[Channel]]
    kind: NotRequired[MessageKind | Sequence[MessageKind]]
    state: NotRequired[MessageState | Sequence[MessageState]]


class ReportComplianceQuery(TypedDict):
    brand: NotRequired[int | Sequence[int]]
    since: NotRequired[Day]
    until: NotRequired[Day]
    by: NotRequired[ComplianceReportBy]
    channel: NotRequired[Channel | Sequence[Channel]]
    source: NotRequired[Source | Sequence[Source]]
    retailerCode: NotRequired[int | Sequence[int]]


class ReportDailyQuery(TypedDict):
    day: NotRequired[Day]


class ListRequestsQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]
    brand: NotRequired[int | Sequence[int]]
    state: NotRequired[RequestState | Sequence[RequestState]]


class ListCallsQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]
    addresses: NotRequired[Addresses]
    brand: NotRequired[int | Sequence[int]]
    since: NotRequired[Day]
    until: NotRequired[Day]
    reference: NotRequired[str]
    state: NotRequired[ListCallsQueryState]
    recording: NotRequired[Recording]


class ListCallListsQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]
    brand: NotRequired[int | Sequence[int]]
    state: NotRequired[CallListState | Sequence[CallListState]]


class ListTemplatesQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]
    brand: NotRequired[int | Sequence[int]]
    channel: NotRequired[Channel | Sequence[Channel]]


class ListCampaignsQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]
    brand: NotRequired[int | Sequence[int]]
    since: NotRequired[Day]
    until: NotRequired[Day]
    channel: NotRequired[Channel | Sequence[Channel]]
    state: NotRequired[CampaignState | Sequence[CampaignState]]


class ListCampaignMessagesQuery(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str]
    addresses: NotRequired[Addresses]
    state: NotRequired[CampaignMessageState | Sequence[CampaignMessageState]]
    denial: NotRequired[Denial | Sequence[Denial]]
    delivery: NotRequired[Delivery | Sequence[Delivery]]
