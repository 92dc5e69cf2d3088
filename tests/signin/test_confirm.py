"""“Confirm it is you”: an old proof opens nothing that matters, and no form is lost in silence."""

from __future__ import annotations

import inspect
from typing import Any
from urllib.parse import urlsplit

import pytest

from ileti.core import db
from ileti.tenancy import logins
from ileti.web.sessions import COOKIE
from tests.panel.people import PASSWORD, sign_in, token_of, user_with
from tests.signin.people import code, deeds_of, password_step, post, send_code, user_id, with_app

GATED = {
    "ApiAccountView.add", "ApiAccountView.edit", "ApiAccountView.make_key",
    "ApiAccountView.new_key", "ApiAccountView.change_key", "ApiAccountView.clear_sandbox",
    "CallLeadView.hosts", "VoiceNumberView.add", "VoiceNumberView.change",
    "CallLeadView.outbound", "CampaignView.release", "CampaignView.doubt",
    "GatewayView.add", "GatewayView.edit", "GatewayView.address",
    "SiteView.change_secret", "SiteView.show_secret", "WebhookView.make_secret",
    "ProviderView.edit", "WizardLoginView.edit", "WizardCompanyView.edit",
    "UserView.add", "UserView.edit", "UserView.give", "UserView.take", "UserView.switch",
    "DealerRightView.of_brand", "DealerRightView.of_dealer",
    "RoleView.add", "RoleView.edit", "RoleView.retire", "InviteView.add", "InviteView.renew",
    "UserListView.deed", "MembershipMoveView.suspend",
    "MembershipMoveView.resume", "MembershipMoveView.move", "MembershipMoveView.hand_over",
    "MailView.add_key", "MailView.switch_key", "MailView.add_box", "MailView.box",
    "PluginView.switch", "ModuleView.switch",
    "InboundNumberView.add", "InboundNumberView.edit",
    "InboundNumberView.make_address",
    "SenderRecordView.edit", "SenderRecordView.save",
    "UserView.give_password", "TwoStepResetView.reset", "TwoStepView.enrol", "TwoStepView.codes",
    "PasskeyView.new", "PasskeyView.options", "PasskeyView.add", "PasskeyView.remove",
    "RequestEndView.take_copy", "ConsentView.prove", "ConsentView.export", "MessageView.bundle",
    "KvkkView.prove", "MessageView.person",
    "MessageView.complaint", "DayView.download", "ImportView.report", "ImportView.workbook",
    "AuditView.export", "SecurityLogView.export", "ApprovalView.decide", "StepUpView.begin",
    "CallListView.take_out", "ExportView.file", "KvkkView.export", "ImportProofView.open",
}
#: views that answer with a file and ask for no fresh proof, and why none is needed
UNGATED_FILES = {
    "CallLeadView.listen": "one call's recording, in the work of whoever judges it; written down",
    "CampaignView.people": "addresses are masked; written down",
    "ConsentView.receipt": "one record's receipt without an address; written down",
    "ConsentReportView.pages": "counts, with no person in it; written down",
    "ConsentReportView.table": "counts, with no person in it; written down",
    "ConsentReportView.workbook": "counts, with no person in it; written down",
    "ComplianceReportView.pages": "counts, with no person in it; written down",
    "ComplianceReportView.table": "counts, with no person in it; written down",
    "ComplianceReportView.workbook": "counts, with no person in it; written down",
    "DailyReportView.pages": "counts, with no person in it; written down",
    "DealerPageView.paper": "a poster that hangs in the shop",
    "EventView.paper": "a poster that hangs at the event",
    "KvkkView.file": "one act's proof, beside the act; written down",
    "KvkkView.receipt": "one act's receipt without an address; written down",
    "PaperView.pdf": "an empty form to be filled in",
    "PaperView.scan": "one sheet at a time while it is being typed in; written down",
    "ProofView.open": "one record's proof, beside the record; written down",
    "PurposeView.export": "the inventory, with no person in it",
    "RequestDeedView.letter": "one case's letter, in the case's own work; written down",
    "RequestDeedView.open_file": "one case's file, in the case's own work; written down",
    "RequestView.file": "the list without anything personal; written down",
    "RequestView.preview": "one case's letter before it is sent, by whoever writes it",
    "RetentionView.log": "what was destroyed, with no person in it; written down",
    "SenderView.document": "a company's own contract, with no recipient in it; written down",
    "StepUpView.text": "the very text that whoever asked is about to sign",
    "preferences.data_file": "the person's own data, behind their own code",
    "preferences.receipt": "the person's own receipt, behind their own code",
    "preferences.standard_receipt": "the person's own receipt, behind their own code",
    "public.mailed_receipt": "the person's own receipt, behind a secret address",
    "public.receipt_file": "the person's own receipt, behind a secret address",
    "public.standard_receipt": "the person's own receipt, behind a secret address",
    "requests_public.take_copy": "the person's own copy, behind their own code",
}


@pytest.fixture
def name(app: Any, place: Any) -> str:
    return user_with(app, "provider_admin", place)


def _grow_old(client: Any) -> None:
    key = logins.session_key(client.get_cookie(COOKIE).value)
    db.connection().execute("update user_session set data = jsonb_set(data, '{proved_at}', '1') "
                            "where key = %s", (key,))


def test_these_views_and_no_others_ask_for_a_fresh_proof(app: Any) -> None:
    found = {endpoint for endpoint, view in app.view_functions.items()
             if getattr(view, "_ileti_confirmed", False)}
    assert found | {"WizardCompanyView.edit"} == GATED


@pytest.mark.parametrize("endpoint", sorted(GATED))
def test_an_old_proof_opens_none_of_them(app: Any, endpoint: str, aged: Any) -> None:
    rule = next(one for one in app.url_map.iter_rules() if one.endpoint == endpoint)
    method = "POST" if "POST" in rule.methods else "GET"
    path = app.url_map.bind("localhost").build(
        endpoint, {name: "2026-11-30" if name == "day" else 1 for name in rule.arguments},
        method=method)
    client, token = aged
    answer = client.open(path, method=method, data={"csrf_token": token})
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/onay/")


def test_every_view_that_gives_a_file_is_gated_or_says_why_it_need_not_be(app: Any) -> None:
    """A file leaves the house: whoever adds one decides whether a stranger at an open screen may
    take it."""
    files = {endpoint for endpoint, view in app.view_functions.items() if _gives_a_file(view)}
    assert files - GATED == UNGATED_FILES.keys()
    assert all(len(reason) > 15 for reason in UNGATED_FILES.values())
    assert {"KvkkView.export", "ImportView.report", "ConsentView.prove"} <= files


def _gives_a_file(view: Any) -> bool:
    """Whether an attachment is named in the view, or in what of this program it calls."""
    return _names_one(inspect.unwrap(view), set(), 4)


def _names_one(function: Any, seen: set[Any], deep: int) -> bool:
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or code in seen or not function.__module__.startswith("ileti."):
        return False
    seen.add(code)
    names, said = _of(code)
    if any(one.startswith("attachment; filename") for one in said):
        return True
    around = inspect.unwrap(function).__globals__
    own = around.get(function.__qualname__.partition(".")[0])
    near = [around[name] for name in names if name in around]
    called = [*near, *(vars(one)[name] for one in (*filter(inspect.ismodule, near), own)
                       if one is not None for name in names if name in vars(one))]
    return deep > 0 and any(_names_one(one, seen, deep - 1) for one in called
                            if inspect.isfunction(one))


def _of(code: Any) -> tuple[set[str], set[str]]:
    """The names a function uses and the words it says, with the functions inside it."""
    names, said = set(code.co_names), {one for one in code.co_consts if isinstance(one, str)}
    for one in code.co_consts:
        if inspect.iscode(one):
            more = _of(one)
            names, said = names | more[0], said | more[1]
    return names, said


@pytest.fixture(scope="module")
def aged(app: Any) -> tuple[Any, str]:
    """A platform admin whose proof is old, and a token of the session."""
    client = sign_in(app, user_with(app, "platform_admin"))
    _grow_old(client)
    return client, token_of(client)


def test_a_form_that_was_stopped_did_nothing_and_says_so_after_the_proof(
    app: Any, name: str, place: Any
) -> None:
    other = user_with(app, "marketer", place)
    client, page = sign_in(app, name), f"/kullanicilar/show/{user_id(other)}"
    _grow_old(client)
    stopped = client.post(f"/kullanicilar/{user_id(other)}/ac-kapat", data={
        "csrf_token": token_of(client), "active": "0"},
        headers={"Referer": f"http://localhost{page}"})
    asked = client.get(stopped.location)
    assert "Henüz hiçbir şey yapılmadı" in asked.text
    wrong = post(client, stopped.location, by="password", password="yanlis-parola-x", next=page,
                 form="1")
    assert wrong.status_code == 200
    done = post(client, stopped.location, by="password", password=PASSWORD, next=page, form="1")
    assert done.location == page
    assert "düğmeye yeniden basın" in client.get(page).text
    active = db.connection().execute("select active from ab_user where username = %s",
                                     (other,)).fetchone()
    assert active == (True,)
    post(client, f"/kullanicilar/{user_id(other)}/ac-kapat", active="0")
    active = db.connection().execute("select active from ab_user where username = %s",
                                     (other,)).fetchone()
    assert active == (False,)
    assert "confirm_failed" in deeds_of(name)


def test_a_code_confirms_too_and_is_used_up(app: Any, name: str) -> None:
    secret, _codes = with_app(app, name)
    client = password_step(app, name)
    send_code(client, code(secret))
    _grow_old(client)
    assert client.get("/hesabim/iki-adim/kur").location.startswith("/onay/")
    assert post(client, "/onay/?next=/", by="code", code=code(secret)).status_code == 200
    done = post(client, "/onay/?next=/hesabim/iki-adim/kur", by="code",
                code=code(secret, later=1))
    assert done.location == "/hesabim/iki-adim/kur"
    assert client.get("/hesabim/iki-adim/kur").status_code == 200


def test_the_way_back_leads_to_no_other_host(app: Any, name: str) -> None:
    client = sign_in(app, name)
    for target in ("https://kotu.ornek.test/", "//kotu.ornek.test/", "/\\kotu.ornek.test"):
        answer = post(client, "/onay/", by="password", password=PASSWORD, next=target)
        assert urlsplit(answer.location).netloc == ""
        assert answer.location[1:2] not in ("/", "\\")
    _grow_old(client)
    stopped = client.post("/kullanicilar/1/ac-kapat", data={"csrf_token": token_of(client)},
                          headers={"Referer": "https://kotu.ornek.test/x"})
    assert "kotu" not in stopped.location


def test_the_password_cannot_be_guessed_there(app: Any, name: str) -> None:
    client = sign_in(app, name)
    codes = [post(client, "/onay/", by="password", password=f"tahmin-edilen-{number}",
                  next="/").status_code for number in range(7)]
    assert codes[:5] == [200] * 5
    assert codes[-1] == 429


def test_every_deed_about_rights_and_sign_in_is_in_the_security_log() -> None:
    from ileti.signin.logviews import ACCOUNT_DEEDS
    from ileti.tenancy.deedwords import DEEDS

    rooms = ("membership:", "passkey:", "two_step:", "session:", "outside:", "step_up:", "login",
             "user:invite", "user:uninvite", "user:join", "user:forgot", "user:choose")
    assert {one for one in DEEDS if one.startswith(rooms)} <= set(ACCOUNT_DEEDS)
    assert set(ACCOUNT_DEEDS) <= DEEDS.keys()
