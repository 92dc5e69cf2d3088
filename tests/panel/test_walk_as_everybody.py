"""Every route, asked by everybody: nothing foreign, nothing unprivileged, no 500.

The walk is made from the application's own table of addresses, so that a new page is in it without
anybody remembering. Numbers in an address are those of another provider's rows; whatever a page
answers, nothing of the other provider stands in it, and no row of theirs changes.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest

from ileti.core import db
from ileti.core.secrets import secrets
from ileti.tenancy import roles
from ileti.tenancy.roles import Level
from ileti.tenancy.security import is_public
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with

STRANGE = "Yabancı Ocak"
LEVELS = {Level.INSTALLATION: "installation", Level.PROVIDER: "provider", Level.BRAND: "brand",
          Level.DEALER: "dealer"}
TABLES = ("provider", "brand", "dealer", "site", "api_account", "document", "document_version",
          "membership", "ab_user", "outbox")


@dataclass
class Strange:
    """Another provider with one of everything, all called :data:`STRANGE`."""

    place: Any
    dealer: int
    site: int
    document: int
    version: int
    purpose: int
    user: int
    membership: int
    entry: int
    account: int

    def numbers(self, rule: Any) -> dict[str, Any]:
        """What to put into the variables of an address."""
        own = {
            "ProviderView": self.place.provider_id, "WizardCompanyView": self.place.provider_id,
            "WizardLoginView": self.place.provider_id, "BrandView": self.place.brand_id,
            "DealerView": self.dealer, "SiteView": self.site, "DocumentView": self.document,
            "UserView": self.user, "AuditView": 1,
            "DraftView": self.document, "PreviewView": self.document,
            "VersionView": self.version, "SeenView": self.version, "PurposeView": self.purpose,
            "ApiAccountView": self.account,
        }.get(rule.endpoint.partition(".")[0], self.entry)
        named = {"provider_id": self.place.provider_id, "entry_id": self.entry,
                 "membership_id": self.membership, "pk": own, "language": "tr"}
        return {name: named.get(name, own) for name in rule.arguments}


@pytest.fixture(scope="module")
def strange(app: Any) -> Strange:
    from tests.conftest import _new_place

    conn = db.connection()
    place = _new_place(conn)
    conn.execute("update provider set title = %s, short_name = %s where id = %s",
                 (STRANGE, STRANGE, place.provider_id))
    return _furnished(app, place, user_with(app, "provider_admin", place))


def _furnished(app: Any, place: Any, user_name: str) -> Strange:
    """One of everything at a brand, all called :data:`STRANGE`."""
    conn = db.connection()
    conn.execute("update brand set name = %s where id = %s", (STRANGE, place.brand_id))
    dealer = dealer_of(place, STRANGE)
    site = conn.execute(
        "insert into site (provider_id, brand_id, dealer_id, name, public_key, secret, origins, "
        "policy) values (%s, %s, %s, %s, %s, %s, '{https://yabanci.ornek.test}', 'signed') "
        "returning id", (place.provider_id, place.brand_id, dealer, STRANGE,
                         f"pk_yabanci_{dealer}",
                         secrets().keyring.encrypt_text("gizli", "site-secret"))).fetchone()[0]
    document = conn.execute(
        "insert into document (provider_id, brand_id, kind, channel, name) "
        "values (%s, %s, 'ETK_ONAYI', 2, %s) returning id",
        (place.provider_id, place.brand_id, STRANGE)).fetchone()[0]
    version = conn.execute(
        "insert into document_version (provider_id, document_id, version, language, title, body, "
        "content_hash) values (%s, %s, 1, 'tr', %s, %s, 'x') returning id",
        (place.provider_id, document, STRANGE, STRANGE)).fetchone()[0]
    conn.execute("insert into document_draft (provider_id, brand_id, document_id, language, title, "
                 "body) values (%s, %s, %s, 'tr', %s, %s)",
                 (place.provider_id, place.brand_id, document, STRANGE, STRANGE))
    purpose = conn.execute(
        "insert into purpose (provider_id, brand_id, name, ground, period) values "
        "(%s, %s, %s, 'RIZA', '1') returning id",
        (place.provider_id, place.brand_id, STRANGE)).fetchone()[0]
    user, membership = conn.execute(
        "select u.id, m.id from ab_user u join membership m on m.user_id = u.id "
        "where u.username = %s", (user_name,)).fetchone()
    conn.execute("update ab_user set first_name = %s, last_name = '' where id = %s",
                 (STRANGE, user))
    entry = take(place, "+905997000001", dealer_id=dealer).items[0].entry_id
    account = conn.execute(
        "insert into api_account (provider_id, brand_id, dealer_id, name, username) "
        "values (%s, %s, %s, %s, %s) returning id",
        (place.provider_id, place.brand_id, dealer, STRANGE,
         f"api-yabanci-{dealer}")).fetchone()[0]
    return Strange(place, dealer, site, document, version, purpose, user, membership, entry,
                   account)


def _rules(app: Any) -> list[Any]:
    return [rule for rule in app.url_map.iter_rules()
            if not is_public(app, rule.endpoint, rule.endpoint.partition(".")[0])]


def _path(app: Any, rule: Any, numbers: dict[str, Any]) -> str:
    with app.test_request_context():
        built = app.url_map.bind("localhost").build(rule.endpoint, numbers, "GET" if "GET" in
                                                    rule.methods else "POST")
    return str(built)


def _rows(strange: Strange) -> Any:
    conn = db.connection()
    ids = {"provider": strange.place.provider_id, "brand": strange.place.brand_id,
           "dealer": strange.dealer, "site": strange.site, "document": strange.document,
           "purpose": strange.purpose, "document_version": strange.version,
           "ab_user": strange.user, "membership": strange.membership,
           "api_account": strange.account}
    rows = {table: conn.execute(f"select t.* from {table} t where id = %s", (number,)).fetchone()
            for table, number in ids.items()}
    rows["texts"] = conn.execute(
        "select count(*), max(v.id), (select string_agg(x.title || x.body || x.state, '') from "
        "document_draft x where x.document_id = %(d)s), (select count(*) from document_event e "
        "where e.document_id = %(d)s) from document_version v where v.document_id = %(d)s",
        {"d": strange.document}).fetchone()
    rows["states"] = conn.execute("select * from consent_state where provider_id = %s",
                                  (strange.place.provider_id,)).fetchall()
    rows["counts"] = [conn.execute(f"select count(*) from {table} where provider_id = %s",
                                   (strange.place.provider_id,)).fetchone()
                      for table in ("brand", "dealer", "site", "document", "membership",
                                    "api_account")]
    return rows


def _evil(strange: Strange) -> dict[str, Any]:
    """Every name any form knows, with the other provider's numbers, and some no form knows."""
    place = strange.place
    return {
        "id": "1", "provider": str(place.provider_id), "provider_id": str(place.provider_id),
        "brand": str(place.brand_id), "brand_id": str(place.brand_id), "dealer": str(
            strange.dealer), "dealer_id": str(strange.dealer), "title": "Ele Geçti",
        "name": "Ele Geçti", "short_name": "Ele Geçti", "iys_code": "777777",
        "iys_password": "ele-gecti-parola", "brand_code": "777778", "master": "y",
        "accent": "#112233", "tckn": "10000000146", "tin": "1234567890", "town_code": "400",
        "status": "passive", "origins": "https://kotu.ornek.test", "policy": "later",
        "channels": "2", "active": "", "kind": "ETK_ONAYI", "channel": "2", "language": "tr",
        "body": "Ele Geçti", "username": "ele.gecti", "first_name": "Ele", "last_name": "Geçti",
        "email": "ele.gecti@ornek.com.tr", "password": "uzun-ve-guzel-parola", "given":
        "uzun-ve-guzel-parola", "role": "platform_admin", "roles": "1", "place": "all",
        "user_id": str(strange.user), "is_admin": "1", "workspace": str(strange.membership),
        "wish": "replace", "ref": f"{place.provider_id}-{strange.entry}", "q": "+905997000001",
        "source": "HS_CAGRI_MERKEZI", "secret": "ele-gecti", "form_version": "99",
        "public_key": "pk_ele_gecti", "revision": "1", "reason": "Ele geçirildi, işte",
        "note": "Ele Geçti", "purpose": str(strange.purpose), "ground": "5/2-c", "data": "kimlik",
        "subjects": "musteri", "period": "1 yıl", "marka": str(place.brand_id),
        "old": "x", "new": "uzun-ve-guzel-parola",
    }


def _answers(app: Any, client: Any, strange: Strange) -> Any:
    """Every route, both ways, with the stranger's numbers; yields (name, answer)."""
    token = token_of(client)
    for rule in _rules(app):
        path = _path(app, rule, strange.numbers(rule))
        for method in sorted(rule.methods & {"GET", "POST"}):
            evil = _evil(strange) if method == "POST" else {}
            data = {**evil, "csrf_token": token} if method == "POST" else None
            yield f"{method} {path}", client.open(path, method=method, data=data)


def said(answer: Any) -> str:
    """What an answer says; of a packed file (a workbook, a bundle) what its parts say."""
    data = answer.data
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            data = b"\n".join(packed.read(name) for name in packed.namelist())
    return str(data.decode("utf-8", "replace"))


@pytest.mark.parametrize("role", [one for one in roles.ROLES if one.key != "platform_admin"],
                         ids=lambda one: one.key)
def test_nothing_of_another_provider_is_shown_or_changed(app: Any, place: Any, strange: Strange,
                                                         role: Any) -> None:
    level = LEVELS[role.levels[-1]]
    dealer = dealer_of(place) if level == "dealer" else None
    client = sign_in(app, user_with(app, role.key, place, level=level, dealer_id=dealer))
    before = _rows(strange)
    for name, answer in _answers(app, client, strange):
        assert answer.status_code < 500, name
        text = said(answer)
        for word in (STRANGE, "gizli", "yabanci.ornek.test", "997 000 00 01", "9970000001"):
            assert word not in text, (name, word)
    assert _rows(strange) == before


@pytest.mark.parametrize(("role", "level"), [
    ("brand_manager", "brand"), ("compliance_officer", "brand"), ("marketer", "brand"),
    ("call_centre_agent", "brand"), ("report_viewer", "brand"), ("dealer_manager", "dealer"),
    ("dealer_user", "dealer"), ("report_viewer", "dealer")])
def test_nothing_of_another_brand_and_dealer_of_the_same_provider_is_shown_or_changed(
    app: Any, place: Any, role: str, level: str
) -> None:
    number = db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'x') returning id",
        (place.provider_id, place.brand_code + 700)).fetchone()[0]
    other = type(place)(place.provider_id, place.iys_code, number, place.brand_code + 700)
    strange = _furnished(app, other, user_with(app, "brand_manager", other, level="brand"))
    dealer = dealer_of(place) if level == "dealer" else None
    client = sign_in(app, user_with(app, role, place, level=level, dealer_id=dealer))
    before = _rows(strange)
    for name, answer in _answers(app, client, strange):
        assert answer.status_code < 500, name
        text = said(answer)
        for word in (STRANGE, "gizli", "yabanci.ornek.test", "997 000 00 01", "9970000001"):
            assert word not in text, (name, word)
    after = _rows(strange)
    for name in ("provider", "counts"):  # the provider is their own; they may add to it
        del before[name], after[name]
    assert after == before


@pytest.mark.parametrize("role", roles.ROLES, ids=lambda one: one.key)
def test_what_the_role_table_does_not_grant_is_refused(app: Any, place: Any, role: Any) -> None:
    """Flask-AppBuilder names the permission of each method; the table says who has it."""
    level = LEVELS[role.levels[-1]]
    dealer = dealer_of(place) if level == "dealer" else None
    client = sign_in(app, user_with(app, role.key, None if level == "installation" else place,
                                    level=level, dealer_id=dealer))
    token, seen = token_of(client), 0
    for rule, needed in _guarded(app):
        if needed in roles.GRANTS[role.key]:
            continue
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in rule.methods & {"GET", "POST"}:
            answer = client.open(path, method=method, data={"csrf_token": token})
            assert answer.status_code in (403, 404), f"{method} {path} needs {needed}"
            seen += 1
    assert seen or role.key == "platform_admin"


def _guarded(app: Any) -> list[tuple[Any, str]]:
    """Every route of a view with the permission it asks, as ``resource:action``."""
    views = {view.endpoint: view for view in app.extensions["appbuilder"].baseviews}
    found = []
    for rule in _rules(app):
        name, _dot, method = rule.endpoint.partition(".")
        view = views.get(name)
        function = getattr(view, method, None)
        action = getattr(function, "_permission_name", None)
        if view is None or action is None:
            continue
        action = (getattr(view, "method_permission_name", None) or {}).get(method, action)
        found.append((rule, f"{view.class_permission_name}:{action.removeprefix('can_')}"))
    return found


def test_nearly_every_route_of_the_panel_asks_for_a_permission(app: Any) -> None:
    guarded = {rule.endpoint for rule, _needed in _guarded(app)}
    free = {rule.endpoint for rule in _rules(app)} - guarded
    assert free <= {"UtilView.back", "appbuilder.static", "TodayView.switch"}, free
    assert {needed for _rule, needed in _guarded(app)} <= set(roles.PERMISSIONS)


@pytest.mark.parametrize("path", ["show", "edit"])
@pytest.mark.parametrize("number", ["0", "-1", "99999999999", "9" * 40, "abc", "1;--", "%00", "²"])
def test_a_number_that_cannot_be_one_is_not_found(app: Any, place: Any, path: str,
                                                  number: str) -> None:
    client = sign_in(app, user_with(app, "platform_admin"))
    for base in ("/saglayicilar", "/markalar", "/bayiler", "/kullanicilar", "/siteler"):
        assert client.get(f"{base}/{path}/{number}").status_code == 404, base
    assert client.get(f"/denetim/show/{number}").status_code == 404


QUERIES = (
    "page_{v}=abc", "page_{v}=-1", "page_{v}=99999999999999", "psize_{v}=1000000", "psize_{v}=x",
    "_oc_{v}=tckn&_od_{v}=asc", "_oc_{v}=password&_od_{v}=desc", "_oc_{v}=yok&_od_{v}=asc",
    "_flt_0_password=x", "_flt_9_title=x", "_flt_0_title=%00", "_flt_1_tckn=1", "_flt_0_yok=1",
    "_flt_0_brand=abc", "_flt_0_brand=999999999999", "_flt_0_at=abc", "_flt_1_at=31.12.2026",
    "_flt_0_active=%27", "_flt_0_action=%27;drop", "_flt_0_status=%F0%9F%98%80", "rol=yok",
)


@pytest.mark.parametrize("view", ["Provider", "Brand", "Dealer", "User", "Audit", "Site",
                                  "Document"])
def test_no_query_string_breaks_a_list_or_sorts_by_what_is_hidden(app: Any, place: Any,
                                                                  view: str) -> None:
    client = sign_in(app, user_with(app, "provider_admin", place))
    base = {"Provider": "saglayicilar", "Brand": "markalar", "Dealer": "bayiler",
            "User": "kullanicilar", "Audit": "denetim", "Site": "siteler",
            "Document": "metinler"}[view]
    for query in QUERIES:
        answer = client.get(f"/{base}/list/?{query.format(v=view + 'View')}")
        assert answer.status_code in (200, 302), query
        if "tckn" in query or "password" in query or "page_" in query:
            assert answer.status_code == 302 or "_flt" in query, query


def test_a_list_keeps_one_visitors_filter_to_that_visitor(app: Any, place: Any) -> None:
    from ileti.tenancy.dealers import DealerView

    view = next(one for one in app.extensions["appbuilder"].baseviews
                if isinstance(one, DealerView))
    with app.test_request_context("/bayiler/list/?_flt_0_title=Akasya"):
        mine = view._filters
        assert view._filters is mine
    with app.test_request_context("/bayiler/list/"):
        assert view._filters is not mine
