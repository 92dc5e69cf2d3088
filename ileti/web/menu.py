"""The panel's views in the order of the menu, and the frame around every page.

Each entry names the permission that opens it; an entry somebody may not open is absent (look §6).
"""

from __future__ import annotations

from typing import Any

from flask import session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select, update

from ileti.callcentre.agentviews import CallView
from ileti.callcentre.leadviews import CallLeadView
from ileti.calllists.views import CallListView
from ileti.campaigns.panel.listviews import CampaignListView
from ileti.campaigns.panel.views import CampaignView
from ileti.capture.dealerviews import DealerPageView
from ileti.capture.eventviews import EventView
from ileti.capture.kioskviews import KioskItemView
from ileti.capture.paperviews import PaperView
from ileti.capture.preview import PreviewView
from ileti.capture.views import SiteView
from ileti.channels.accountviews import GatewayView
from ileti.channels.packviews import MessageView
from ileti.channels.senderviews import SenderView
from ileti.channels.voiceviews import VoiceNumberView
from ileti.consents.momentpage import MomentView
from ileti.consents.proof_views import ProofView
from ileti.consents.views import ConsentView
from ileti.core import clock, formats, orm
from ileti.documents.editor import DraftView
from ileti.documents.purposeviews import PurposeView
from ileti.documents.versionviews import OnShowView, VersionView
from ileti.documents.views import DocumentView
from ileti.exports.views import ExportView
from ileti.fields.views import FieldView
from ileti.imports.panel.proof_views import ImportProofView
from ileti.imports.panel.rest_views import ImportRestView
from ileti.imports.panel.source_views import ImportSourceView
from ileti.imports.panel.views import ImportView
from ileti.inbound import listpage as inbound_list
from ileti.inbound.numberviews import InboundNumberView
from ileti.inbound.views import InboundView
from ileti.iys.access_chosen_views import ChosenAccessView
from ileti.iys.access_views import AccessView
from ileti.iys.ask_views import AskView
from ileti.iys.book_views import BookView, StoppedView
from ileti.iys.dayviews import DayView
from ileti.iys.dealer_views import DealerSyncView
from ileti.iys.silence import hearing
from ileti.iys.views import IysView, QueueView
from ileti.kvkk.deskviews import DeskView
from ileti.kvkk.seenview import SeenView
from ileti.kvkk.views import KvkkView
from ileti.mailroom.readviews import UnreadMailView
from ileti.mailroom.views import MailView
from ileti.programs.views import ApiAccountView
from ileti.radar.views import RadarView
from ileti.reports.daily.views import DailyReportView
from ileti.reports.views import ComplianceReportView, ConsentReportView
from ileti.requests.desk import listpage as requests_list
from ileti.requests.desk.deeds import RequestDeedView
from ileti.requests.desk.endings import RequestEndView
from ileti.requests.desk.textviews import ReplyTextView
from ileti.requests.desk.views import RequestView
from ileti.retention.views import RetentionView
from ileti.rosters.views import DealerListView, UserListView
from ileti.signin.confirmview import ConfirmView
from ileti.signin.inviteviews import InviteView
from ileti.signin.keyviews import PasskeyView
from ileti.signin.logviews import OwnLogView, SecurityLogView
from ileti.signin.ownviews import TwoStepResetView, TwoStepView
from ileti.signin.sessionsview import SessionsView
from ileti.signin.stepupviews import StepUpView
from ileti.singles.views import SingleView
from ileti.templates.draftviews import TemplateDraftView, TemplatePreviewView
from ileti.templates.pictureviews import PictureView
from ileti.templates.senderviews import SenderRecordView
from ileti.templates.templateviews import TemplateView
from ileti.tenancy import audit, rolebook, scope, security
from ileti.tenancy.approvalviews import ApprovalView
from ileti.tenancy.dealerrightviews import DealerRightView
from ileti.tenancy.dealers import DealerView
from ileti.tenancy.limitviews import LimitView
from ileti.tenancy.models import Membership, Provider
from ileti.tenancy.moveviews import MembershipMoveView
from ileti.tenancy.pluginviews import PluginView
from ileti.tenancy.roleviews import RoleView
from ileti.tenancy.trailpage import AuditView
from ileti.tenancy.users import ProfileView, UserView
from ileti.tenancy.viewpages import SavedViewView
from ileti.tenancy.views import BrandView, ProviderView
from ileti.web import figures
from ileti.web.guideviews import GuideView, help_url
from ileti.web.moduleviews import ModuleView
from ileti.web.plugpages import add_pages
from ileti.web.theme import Count, Shell, Workspace
from ileti.web.wizard_forms import WizardCompanyView, WizardLoginView, WizardSiteView
from ileti.web.wizard_views import WizardView
from ileti.webhooks.views import WebhookView

COUNTED = 1000

# name in the menu, view, label, icon, heading, permission that opens it
ENTRIES: tuple[tuple[str, Any, Any, str, Any, str], ...] = (
    ("reports", ConsentReportView, _l("Reports"), "chart-column", "", "report:read"),
    ("daily", DailyReportView, _l("Daily report"), "sun", "", "daily:read"),
    ("consents", ConsentView, _l("Consents"), "clipboard-list", "", "consent:read"),
    ("privacy", KvkkView, _l("Notices and explicit consents"), "book-open", "", "consent:read"),
    ("inbound", InboundView, _l("Incoming SMS"), "message-square", "", "inbound:read"),
    ("radar", RadarView, _l("Deadline radar"), "radar", "", "radar:read"),
    ("imports", ImportView, _l("Import"), "upload", "", "import:read"),
    ("queue", QueueView, _l("On the way to İYS"), "send", "", "queue:read"),
    ("reconciliation", DayView, _l("Reconciliation"), "git-compare-arrows", "",
     "reconciliation:read"),
    ("ask", AskView, _l("Status query"), "file-search", "", "iys:ask"),
    ("calls", CallView, _l("Calls"), "headphones", "", "call:take"),
    ("call_lists", CallListView, _l("Call lists"), "phone", _l("Outgoing messages"), "call:read"),
    ("requests", RequestView, _l("Data requests"), "id-card", "", "request:read"),
    ("book", BookView, _l("Error book"), "book-open", "", "iys:read"),
    ("campaigns", CampaignView, _l("Campaigns"), "megaphone", _l("Outgoing messages"),
     "campaign:read"),
    ("singles", SingleView, _l("Single messages"), "message-square-text", _l("Outgoing messages"),
     "single:read"),
    ("documents", DocumentView, _l("Texts"), "file-text", _l("Collection"), "document:read"),
    ("purposes", PurposeView, _l("Processing inventory"), "list-checks", _l("Collection"),
     "purpose:read"),
    ("sites", SiteView, _l("Sites and forms"), "globe", _l("Collection"), "site:read"),
    ("posters", DealerPageView, _l("Dealer pages"), "qr-code", _l("Collection"), "poster:read"),
    ("events", EventView, _l("Fairs and events"), "calendar", _l("Collection"), "site:read"),
    ("paper", PaperView, _l("Consent on paper"), "pencil", _l("Collection"), "consent:take"),
    ("fields", FieldView, _l("Custom fields"), "sliders-horizontal", _l("Collection"),
     "field:read"),
    ("templates", TemplateView, _l("Templates"), "message-square", _l("Outgoing messages"),
     "template:read"),
    ("providers", ProviderView, _l("Providers"), "building-2", _l("Organisation"),
     "provider:read"),
    ("brands", BrandView, _l("Brands"), "tag", _l("Organisation"), "brand:read"),
    ("dealers", DealerView, _l("Dealers"), "store", _l("Organisation"), "dealer:read"),
    ("users", UserView, _l("Users"), "users", _l("Organisation"), "user:read"),
    ("roles", RoleView, _l("Roles"), "shield-check", _l("Organisation"), "role:read"),
    ("api", ApiAccountView, _l("API accounts"), "key-round", _l("Organisation"), "api:read"),
    ("webhooks", WebhookView, _l("Webhooks"), "plug", _l("Organisation"), "webhook:read"),
    ("gateways", GatewayView, _l("Sending accounts"), "server", _l("Organisation"),
     "gateway:read"),
    ("mail", MailView, _l("Mail"), "mail", _l("Organisation"), "mail:read"),
    ("numbers", VoiceNumberView, _l("Numbers for callers"), "phone", _l("Organisation"),
     "webhook:write"),
    ("approvals", ApprovalView, _l("Waiting for approval"), "eye", _l("Organisation"),
     "user:read"),
    ("retention", RetentionView, _l("Retention and destruction"), "archive", _l("Organisation"),
     "retention:read"),
    ("plugins", PluginView, _l("Plug-ins"), "layers", _l("Organisation"), "plugin:read"),
    ("audit", AuditView, _l("Audit trail"), "history", _l("Organisation"), "audit:read"),
    ("security", SecurityLogView, _l("Security log"), "shield", _l("Organisation"), "audit:read"),
)


def add_views(builder: Any) -> None:
    """Register every view with its menu entry."""
    builder.add_link("today", href="TodayView.index", label=_l("Today"), icon="house")
    needed = {"today": "home:read"}
    for name, view, label, icon, heading, permission in ENTRIES:
        group = str(heading._args[0]) if heading else ""
        builder.add_view(view, name, label=label, icon=icon, category=group,
                         category_label=heading)
        needed[name] = permission
        builder.sm.menu_views[name] = view.__name__
        if group:
            needed[group] = "home:read"
    builder.add_view_no_menu(IysView)
    builder.add_view_no_menu(CampaignListView)
    builder.add_view_no_menu(ExportView)
    builder.add_view_no_menu(CallLeadView)
    builder.add_view_no_menu(ComplianceReportView)
    builder.add_view_no_menu(SavedViewView)
    builder.add_view_no_menu(InboundNumberView)
    builder.add_view_no_menu(UnreadMailView)
    builder.add_view_no_menu(TemplateDraftView)
    builder.add_view_no_menu(TemplatePreviewView)
    builder.add_view_no_menu(PictureView)
    builder.add_view_no_menu(SenderRecordView)
    builder.add_view_no_menu(DealerSyncView)
    builder.add_view_no_menu(DealerRightView)
    builder.add_view_no_menu(KioskItemView)
    builder.add_view_no_menu(LimitView)
    builder.add_view_no_menu(MembershipMoveView)
    builder.add_view_no_menu(ProofView)
    builder.add_view_no_menu(MomentView)
    builder.add_view_no_menu(MessageView)
    builder.add_view_no_menu(SenderView)
    builder.add_view_no_menu(ImportProofView)
    builder.add_view_no_menu(ImportRestView)
    builder.add_view_no_menu(AccessView)
    builder.add_view_no_menu(ChosenAccessView)
    for wizard in (WizardView, WizardCompanyView, WizardLoginView, WizardSiteView):
        builder.add_view_no_menu(wizard)
    for page in (DraftView, VersionView, OnShowView, SeenView, PreviewView):
        builder.add_view_no_menu(page)
    builder.add_view_no_menu(StoppedView)
    builder.add_view_no_menu(RequestDeedView)
    builder.add_view_no_menu(RequestEndView)
    builder.add_view_no_menu(ReplyTextView)
    builder.add_view_no_menu(DeskView)
    builder.add_view_no_menu(InviteView)
    builder.add_view_no_menu(DealerListView)
    builder.add_view_no_menu(UserListView)
    builder.add_view_no_menu(ModuleView)
    builder.add_view_no_menu(GuideView)
    builder.add_view_no_menu(ImportSourceView)
    for own in (ConfirmView, TwoStepView, TwoStepResetView, SessionsView, OwnLogView,
                PasskeyView, StepUpView):
        builder.add_view_no_menu(own)
    builder.sm.menu_permissions = needed
    builder.sm.user_view = builder.add_view_no_menu(ProfileView)
    add_pages(builder)


def shell() -> Shell:
    """What stands around every page of the signed-in user."""
    own = security.membership()
    search = url_for("ConsentView.search") if security.may("consent:read") else ""
    ok, text = _iys_light(own)
    return Shell(
        workspace=workspace(own) if own else None,
        workspaces=[workspace(one) for one in security.memberships()],
        switch_url=url_for("TodayView.switch"),
        counts=_counts(),
        iys_ok=ok,
        iys_text=text,
        search_url=search,
        help_url=help_url(),
        role=_title(own),
    )


def workspace(one: Membership) -> Workspace:
    """A membership as the switcher shows it."""
    if one.provider_id is None:
        return Workspace(str(one.id), _("All providers"), _title(one))
    if one.dealer_id is not None:
        return Workspace(str(one.id), str(one.dealer),
                         _("dealer of %(brand)s", brand=str(one.brand)))
    if one.brand is not None:
        return Workspace(str(one.id), str(one.brand), str(one.brand.brand_code))
    number = one.provider.iys_code if one.provider else ""
    return Workspace(str(one.id), str(one.provider), str(number))


def choose_workspace(key: str) -> bool:
    """Move to another of the user's own memberships, and begin there the next time; False when it
    is not one of them."""
    own = next((one for one in security.memberships() if str(one.id) == key), None)
    if own is None:
        return False
    session["workspace"] = own.id
    with scope.system_scope(), orm.unit_of_work() as work:
        work.execute(update(Membership).where(Membership.id == own.id).values(
            chosen_at=clock.now()).execution_options(synchronize_session=False))
        audit.record("workspace:switch", f"ab_user:{current_user.id}", {"role": own.role},
                     provider_id=own.provider_id)
    return True


def role_title(key: str) -> str:
    """A role's title in the page's language; for templates."""
    return rolebook.title(key, formats.language())


def _written_to_us() -> dict[str, Count]:
    """Data requests and messages that wait for a person, in one statement."""
    asked: list[Any] = []
    if security.may("request:read") and scope.current().dealer_id is None:
        cases, due = requests_list.waiting()
        asked += [cases.label("cases"), due.label("due")]
    if security.may("inbound:read"):
        asked.append(inbound_list.waiting().label("inbound"))
    if not asked:
        return {}
    found = orm.db.session.execute(select(*asked)).mappings().one()
    counts = {}
    if found.get("cases"):
        counts["requests"] = Count(found["cases"], urgent=found["due"] < clock.now())
    if found.get("inbound"):
        counts["inbound"] = Count(found["inbound"])
    return counts


def _title(one: Membership | None) -> str:
    return role_title(one.role) if one else ""


def _counts() -> dict[str, Count]:
    """What waits, and in red what becomes late today or already is."""
    if not current_user.is_authenticated:
        return {}
    counts = _written_to_us()
    if not security.may("radar:read"):
        return counts
    rows = figures.open_rows(COUNTED)
    counts |= {"radar": Count(rows.due, urgent=True)} if rows.due else {}
    if rows.waiting and security.may("queue:read"):
        counts["queue"] = Count(min(rows.waiting, COUNTED))
    return counts


def _iys_light(own: Membership | None) -> tuple[bool | None, str]:
    """Whether the registry answers this provider; nothing for somebody without one."""
    if own is None or own.provider_id is None:
        return None, ""
    provider = orm.db.session.get(Provider, own.provider_id)
    if provider is None or not provider.iys_username:
        return None, _("İYS is not connected yet")
    said = hearing()
    if provider.iys_problem or said.problem or said.unheard_since:
        return False, _("İYS does not answer as it should")
    if said.heard_at is None:
        return True, _("İYS is connected")
    return True, _("İYS is connected · %(at)s", at=formats.clock(said.heard_at))
