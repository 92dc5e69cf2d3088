"""The two modules the product is offered as, and what belongs to which: the one table.

Why this module exists: a provider has *data access* or both; what it does not have is absent from
its menus, pages (404), API and documents, and never grey (product.md). Rights are the handle: one
of a module that the provider lacks is nobody's there, so buttons and menu entries go with it, and
:mod:`ileti.tenancy.security` closes the pages. A switch deletes nothing: rows, roles and scopes lie
where they are until the module is back.

``base`` is what every provider has. There stand, beside the frame, the duties that no purchase
ends: answering people about their data and erasing in time (R-63, R-64), refusals and the centre
where somebody takes consents back (R-30, R-62), proving what was taken (R-46), and shutting out a
user who left. Jobs run for everybody but those that the second module has to itself.

A page is a view, or one of its methods where that differs; a test fails for a view, service, right
or job that is not named here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from ileti.tenancy.roles import PERMISSIONS


class Module(StrEnum):
    """What a provider has; everybody has the first two."""

    BASE = "base"
    ACCESS = "access"
    MANAGEMENT = "management"


_TABLE: Final = """
right     base        home provider user api audit request retention restricted plugin
right     base        mail
right     base        consent:reveal consent:prove proof:read
right     base        inbound
right     access      daily brand dealer import radar queue reconciliation iys
right     access      consent:read consent:refuse
right     management  site document purpose role webhook report
right     management  campaign call
right     management  consent:take consent:share proof:write poster field template
right     management  gateway single

page      base        TodayView ProviderView WizardView WizardCompanyView WizardLoginView IysView
page      base        UserView InviteView TwoStepResetView ApiAccountView AuditView SecurityLogView
page      base        ProfileView ConfirmView TwoStepView SessionsView OwnLogView PasskeyView
page      base        RequestView RequestDeedView RequestEndView ReplyTextView RetentionView
page      base        ProofView MessageView PluginView ModuleView UtilView appbuilder
page      access      ExportView
page      access      ConsentView MomentView AskView RadarView QueueView StoppedView BookView
page      access      ImportView ImportRestView ImportProofView ImportSourceView DayView
page      base        ApprovalView UserListView LimitView MembershipMoveView SavedViewView
page      base        StepUpView MailView UnreadMailView GuideView
page      base        InboundView InboundNumberView
page      access      BrandView DealerView DealerSyncView DealerListView DealerRightView
page      access      DailyReportView
page      management  SiteView PreviewView DocumentView DraftView VersionView OnShowView SeenView
page      management  PurposeView KvkkView DeskView RoleView WebhookView AccessView ChosenAccessView
page      management  WizardSiteView WizardView.form WizardView.consent WizardView.texts
page      management  CallView CallLeadView
page      management  CampaignView CampaignListView CallListView VoiceNumberView
page      management  ProofView.add DealerPageView FieldView TemplateView TemplateDraftView
page      management  TemplatePreviewView PictureView SenderView SenderRecordView
page      management  GatewayView SingleView ConsentReportView ComplianceReportView
page      management  KioskItemView PaperView EventView

scope     base        proofs:read addresses:read requests:read requests:write
scope     access      compat consents:write consents:ask consents:list imports:write iys:read
scope     access      brands:read dealers:read dealers:write dealers:numbers
scope     management  acts:read acts:write documents:read proofs:write messages:read users:read
scope     access      iys:run
scope     management  calllists:read calllists:work calls:read calls:write
scope     management  reports:read fields:read recipients:read recipients:write
scope     management  templates:read messages:send
scope     management  campaigns:read campaigns:pause

service   base        giveToken ownDocument refusalPage refuse notice mailedReceipt receiptKeys
service   management  readForm readNotice submit confirm sendCode formPage submitPage noticeOfSite
service   management  codePage newCodePage receiptPage receiptFile standardReceipt

public    base        public.api public.api_document public.receipt_keys public.refusal
public    base        public.refuse public.notice public.mailed_receipt preferences
public    base        requests_public mailroom_public daily_public demo static
public    management  dealer_page public.form public.send_form public.send_code
public    management  kiosk
public    management  public.new_code public.receipt public.receipt_file
public    management  public.standard_receipt public.site_notice

job       base        channels.jobs consents.jobs evidence.jobs iys.jobs imports.jobs requests.jobs
job       base        mailroom.jobs
job       base        calllists.jobs callcentre.jobs
job       base        retention.jobs radar.jobs signin.jobs tenancy.jobs programs.jobs capture.jobs
job       management  webhooks.jobs campaigns.jobs
job       base        campaigns.jobs.find_forgotten
job       base        inbound.jobs reports.jobs templates.jobs exports.jobs
"""


def _read_table() -> dict[str, dict[str, Module]]:
    found: dict[str, dict[str, Module]] = {}
    for line in _TABLE.split("\n"):
        kind, module, *names = line.split() or ("", "base")
        found.setdefault(kind, {}).update(dict.fromkeys(names, Module(module)))
    return found


_OF: Final = _read_table()


def of(kind: str, name: str) -> Module | None:
    """The module of a right, page, scope, service, public address or job, by its own name, else by
    the part before the sign that parts its kind's names; None for what nobody has named."""
    named = _OF[kind]
    if name in named:
        return named[name]
    return named.get(name.partition(":")[0] if kind == "right" else name.rpartition(".")[0])


def has(provider: Any, module: Module | None) -> bool:
    """Whether a provider's row has a module; without a provider (the whole installation) there is
    nothing one lacks. What nobody has named counts as the second module's."""
    return provider is None or module in (Module.BASE, Module.ACCESS) or bool(
        provider.data_management)


_SECOND: Final = frozenset(one for one in PERMISSIONS if of("right", one) is Module.MANAGEMENT)


def held(rights: frozenset[str], provider: Any) -> frozenset[str]:
    """Of these rights those that are anybody's at the provider."""
    return rights if has(provider, Module.MANAGEMENT) else rights - _SECOND


def scopes_held(scopes: frozenset[str], *, management: bool) -> frozenset[str]:
    """Of an API account's scopes those that open something at its provider."""
    if management:
        return scopes
    return frozenset(one for one in scopes if of("scope", one) is not Module.MANAGEMENT)
