"""Every address of the panel with a world's numbers in it, made from the application's own table.

Why this module exists: a page somebody adds tomorrow must be in the walk without anybody thinking
of it. Where an address has a variable nobody told us the meaning of, :func:`variables` fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final
from urllib.parse import unquote_plus

from ileti.tenancy.security import is_public
from tests.isolation.world import World

#: what a view's numbers name; a view of a model names its own table
VIEWS: Final = {
    "DealerSyncView": "dealer", "UserView": "ab_user", "TwoStepResetView": "ab_user",
    "PasskeyView": "passkey", "DraftView": "document", "PreviewView": "document",
    "VersionView": "document_version", "SeenView": "document_version",
    "ImportView": "import_run", "ImportRestView": "import_run", "ImportProofView": "import_run",
    "InviteView": "invitation", "RetentionView": "legal_hold", "RequestView": "case",
    "RequestDeedView": "case", "RequestEndView": "case", "MessageView": "message_number",
    "KvkkView": "kvkk_number", "AccessView": "record", "ConsentView": "record",
    "ProofView": "record", "DayView": "iys_archive", "RoleView": "role_key",
    "DealerPageView": "dealer", "FieldView": "custom_field", "ApprovalView": "approval",
    "StepUpView": "step_up", "LimitView": "provider", "DealerRightView": "dealer",
    "MembershipMoveView": "ab_user", "SavedViewView": "saved_view",
    "GatewayView": "gateway_account", "SenderView": "sender",
    "InboundView": "inbound_message", "InboundNumberView": "inbound_number",
    "KioskItemView": "kiosk_item",
    "PaperView": "paper_batch", "EventView": "site",
    "CallView": "call", "CallLeadView": "call", "CampaignView": "campaign",
    "SingleView": "message",
    "CampaignListView": "campaign_list", "CallListView": "call_list",
    "VoiceNumberView": "voice_number", "ExportView": "export_run",
    "MailView": "mailbox", "UnreadMailView": "returned_mail",
    "TemplateView": "message_template", "TemplateDraftView": "message_template",
    "TemplatePreviewView": "message_template", "PictureView": "mail_picture",
    "SenderRecordView": "provider",
}
#: what a variable names, by view where it is not the same everywhere
NAMES: Final = {
    "provider_id": "provider", "brand_id": "brand", "membership_id": "membership", "day": "day",
    "PaperView.scan.pk": "paper_look", "PaperView.aside.pk": "paper_look",
    "TemplateView.version.pk": "message_template_version",
    "PictureView.choose.pk": "message_template", "PictureView.chosen.pk": "message_template",
    "link": "entry_file", "ApiAccountView.key": "api_key", "RequestDeedView.no": "",
    "CallLeadView.sample.pk": "call_sample", "CampaignView.doubt.batch": "campaign_batch",
    "RequestDeedView.letter.no": "data_request_answer",
    "RequestDeedView.open_file.no": "data_request_file",
    "MailView.switch_key.number": "mail_key", "MailView.clear.recipient_id": "recipient",
    "RequestView.of_mail.pk": "returned_mail",
    "RequestEndView.no": "data_request_export", "ImportProofView.no": "import_file",
}
#: variables that name nothing of anybody
FIXED: Final = {"language": "tr", "lang": "tr", "form": "csv", "code": "H174",
                "GatewayView.kind": "netgsm", "GuideView.chapter": "admin",
                "PluginView.name": "ornek", "MailView.clear.kind": "1", "ConsentView.key": "alan",
                "ReplyTextView.key": "opening", "ImportView.number": "1"}
#: what a stranger of a level has in common with whoever asks
SHARED: Final = {"provider": (), "brand": ("provider",), "dealer": ("provider", "brand")}
#: who ends the walk itself: out, another work space, another password, another second step
LEFT_OUT: Final = frozenset({
    "UtilView.back", "TodayView.switch", "ProfileView.userinfo", "SessionsView.end",
    "TwoStepView.off", "TwoStepView.enrol", "TwoStepView.codes", "PasskeyView.add",
    "PasskeyView.options", "PasskeyView.proof", "appbuilder.static"})


@dataclass(frozen=True)
class Ask:
    """One request: its kind (what is proven able to fail once), what is sent, and the same with
    numbers of nobody, whose answer must not differ."""

    kind: str
    path: str
    twin: str
    method: str = "GET"
    needs: str = ""
    data: tuple[tuple[str, str], ...] = ()
    twin_data: tuple[tuple[str, str], ...] = ()

    def of_nobody(self) -> Ask:
        """The same, naming nobody's rows."""
        return replace(self, path=self.twin, data=self.twin_data)


def rules(app: Any) -> list[Any]:
    """The panel's routes behind the login."""
    return [rule for rule in app.url_map.iter_rules()
            if not is_public(app, rule.endpoint, rule.endpoint.partition(".")[0])
            and rule.endpoint not in LEFT_OUT]


def variables(app: Any, rule: Any, world: World) -> dict[str, Any]:
    """What stands for the variables of an address. Fails for one nobody knows."""
    return {name: _variable(app, rule, name, world.numbers()) for name in rule.arguments}


def _variable(app: Any, rule: Any, name: str, numbers: dict[str, Any]) -> Any:
    view = rule.endpoint.partition(".")[0]
    for key in (f"{rule.endpoint}.{name}", f"{view}.{name}", name):
        if key in FIXED:
            return FIXED[key]
        if NAMES.get(key):
            return numbers.get(NAMES[key], 0)
    return numbers.get(table_of(app, view), 0)


def table_of(app: Any, view: str) -> str:
    """What a view's own numbers are numbers of."""
    if view in VIEWS:
        return VIEWS[view]
    found = next(one for one in app.extensions["appbuilder"].baseviews if one.endpoint == view)
    model = getattr(getattr(found, "datamodel", None), "obj", None)
    assert model is not None, f"{view}: say in VIEWS which table its numbers are of"
    return str(model.__tablename__)


def names_somebody(rule: Any) -> bool:
    """Whether an address names a row."""
    view = rule.endpoint.partition(".")[0]
    return any(key not in FIXED and f"{view}.{key}" not in FIXED for key in rule.arguments)


def asks(app: Any, world: World, nobody: World) -> Iterator[Ask]:
    """Every address both ways, every filter and order of every list, for a world's numbers."""
    with app.test_request_context():
        bound = app.url_map.bind("localhost")
        for rule in rules(app):
            if _names_shared_alone(app, rule, world):
                continue
            paths = [bound.build(rule.endpoint, variables(app, rule, one), method)
                     for one in (world, nobody)
                     for method in [next(iter(sorted(rule.methods & {"GET", "POST"})))]]
            named = "one" if names_somebody(rule) else "all"
            if "GET" in rule.methods:
                yield Ask(f"GET {named} {rule.rule}", *paths, needs=needs(app, rule.endpoint))
            if "POST" in rule.methods:
                yield Ask(f"POST {named} {rule.rule}", *paths, "POST", needs(app, rule.endpoint),
                          form(world), form(nobody))
        yield from _lists(app, world, nobody)


def _names_shared_alone(app: Any, rule: Any, world: World) -> bool:
    """Whether an address names nothing but what a stranger of the level has in common with whoever
    asks: one's own provider may be seen."""
    shared = SHARED[world.level]
    rest = {name: value if name in shared else 0 for name, value in world.numbers().items()}
    return bool(shared) and names_somebody(rule) and all(
        _variable(app, rule, name, rest) == _variable(app, rule, name, world.numbers())
        for name in rule.arguments)


def needs(app: Any, endpoint: str) -> str:
    """The permission a route asks for, as ``resource:action``; "" where it asks for none."""
    name, _dot, method = endpoint.partition(".")
    view = next((one for one in app.extensions["appbuilder"].baseviews
                 if one.endpoint == name), None)
    action = getattr(getattr(view, method, None), "_permission_name", None)
    if view is None or action is None:
        return ""
    action = (getattr(view, "method_permission_name", None) or {}).get(method, action)
    return f"{view.class_permission_name}:{action.removeprefix('can_')}"


def needs_of(app: Any, path: str) -> str:
    """The permission the address of a link asks for."""
    from werkzeug.exceptions import HTTPException

    try:
        endpoint, _ = app.url_map.bind("localhost").match(path.partition("?")[0])
    except HTTPException:
        return ""
    return needs(app, endpoint)


def _lists(app: Any, world: World, nobody: World) -> Iterator[Ask]:
    """Filters and orders of Flask-AppBuilder's lists."""
    for view in app.extensions["appbuilder"].baseviews:
        if getattr(view, "datamodel", None) is None or not hasattr(view, "order_columns"):
            continue
        base, name = f"{view.route_base}/list/", type(view).__name__
        if not any(rule.rule == base for rule in app.url_map.iter_rules()):
            continue
        for column in view.order_columns or ():
            for way in ("asc", "desc"):
                path = f"{base}?_oc_{name}={column}&_od_{name}={way}"
                yield Ask(f"GET order {base} {column} {way}", path, path,
                          needs=needs(app, f"{name}.list"))
        filters = view._filters.get_search_filters() if view._filters else {}
        for column, some in filters.items():
            if column in SHARED[world.level] or not _names(view.datamodel, column):
                continue
            for number in range(min(len(some), 3)):
                yield Ask(f"GET filter {base} {column} {number}", *(
                    f"{base}?_flt_{number}_{column}={_sought(view, column, one)}"
                    for one in (world, nobody)), needs=needs(app, f"{name}.list"))


def _names(model: Any, column: str) -> bool:
    """Whether a column can be asked for something of a stranger's."""
    return bool(model.is_relation(column) or model.is_string(column) or model.is_text(column))


def _sought(view: Any, column: str, world: World) -> Any:
    return world.ids.get(column, world.mark) if view.datamodel.is_relation(
        column) else world.mark


def form(world: World) -> tuple[tuple[str, str], ...]:
    """Every name any form knows, with a world's numbers, and some no form knows. The world's mark
    is not among them: what is typed comes back on a page that refuses it."""
    n = world.numbers()
    return tuple((key, str(value)) for key, value in {
        "id": 1, "provider": n["provider"], "provider_id": n["provider"],
        "saglayici": n["provider"], "brand": n["brand"], "brand_id": n["brand"],
        "marka": n["brand"], "dealer": n["dealer"], "dealer_id": n["dealer"],
        "bayi": n["dealer"], "title": "Ele Geçti", "name": "Ele Geçti",
        "short_name": "Ele Geçti", "accent": "#112233", "town_code": "400", "status": "passive",
        "origins": "https://kotu.ornek.test", "policy": "later", "channels": "2",
        "channel": "2", "kind": "ETK_ONAYI", "language": "tr", "body": "Ele Geçti",
        "username": "ele.gecti", "first_name": "Ele", "last_name": "Geçti",
        "email": "ele.gecti@ornek.com.tr", "role": "report_viewer", "place": "all",
        "user_id": n["ab_user"], "document": n.get("document", 0), "site": n.get("site", 0),
        "purpose": n.get("purpose", 0), "version": n.get("document_version", 0),
        "text": n.get("document_version", 0), "recipient": n["recipient"],
        "wish": "replace", "dealers": n["dealer"], "ref": f"{n['provider']}-{n['consent_entry']}",
        "q": world.phone, "adres": world.phone, "address": world.phone, "revision": 0,
        "reason": "Ele geçirildi, işte", "note": "Ele Geçti", "ground": "5/2-c",
        "data": "kimlik", "subjects": "musteri", "period": "1 yıl", "day": n["day"],
        "number": n["record"], "case": n.get("case", ""), "member": n["membership"],
        "assignee": n["ab_user"], "export": n.get("data_request_export", 0), "sablon": n.get(
            "import_template", 0), "url": "https://kotu.ornek.test/", "key": "opening",
    }.items())


_NOISE: Final = re.compile(
    r'name="csrf_token"[^>]*>|nonce="[^"]*"|"csrf[^"]*"\s*:\s*"[^"]*"|content="[^"]{40,}"')


@cache
def _numbers_of(words: frozenset[str]) -> re.Pattern[str]:
    longest = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest)})(?!\w)")


def plain(text: str, *worlds: World) -> str:
    """A page without what differs by chance, and without the numbers it was asked for."""
    words = frozenset(str(value) for one in worlds for value in one.numbers().values()).union(
        *(one.marks for one in worlds))
    # what was asked for stands in a page's own addresses and fields too, encoded
    return _numbers_of(words).sub("·", _NOISE.sub("", unquote_plus(text)))
