"""For every documented code the request that causes it, spoken by hand and not by our client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.simulator.caller import CONSENT, IYS, RETAILER, Caller, consent, many

PARTNER = 900001
KEY = {"recipient": CONSENT["recipient"], "recipientType": "BIREYSEL", "type": "MESAJ"}
LIST = {"recipients": [CONSENT["recipient"]], "recipientType": "BIREYSEL", "type": "MESAJ"}
PUSH = {"url": "https://push.ornek.test/", "type": "MESAJ", "username": "a", "password": "b"}
BAYI = {"title": "Örnek Bayi", "name": "Ayşe Örnek", "tckn": "10000000146", "tin": "10000000146",
        "city": {"code": "34", "name": "İstanbul"}, "town": {"code": "449", "name": "Kadıköy"}}
YESTERDAY = "2026-11-22"

Cause = Callable[[Caller], Any]


def add(**changes: Any) -> Cause:
    """Single add with changes."""
    return lambda c: c.add(**changes)


def post(path: str, body: Any, method: str = "POST") -> Cause:
    """A call below the brand."""
    return lambda c: c.under(method, path, body)


def get(path: str) -> Cause:
    """A question below the brand."""
    return lambda c: c.under("GET", path)


def retailer(**changes: Any) -> Cause:
    """A retailer with changes; a value of ``...`` leaves the field out."""
    body = {name: value for name, value in {**BAYI, **changes}.items() if value is not ...}
    return post("/retailers", body)


def after(act: Callable[[Caller], Any], cause: Cause) -> Cause:
    """``cause`` when ``act`` has been done."""
    def both(caller: Caller) -> Any:
        act(caller)
        return cause(caller)
    return both


def state(name: str) -> Cause:
    """Pull under a subscription in that state."""
    return after(lambda c: c.control("subscription", state=name), get("/consents/changes"))


def quota(name: str, cause: Cause) -> Cause:
    """The call after the one that used up a quota."""
    return after(lambda c: (c.ask("GET", f"/sps/{IYS}/subscription"),
                            c.control("quota", **{name: 1}), cause(c)), cause)


def partner(path: str) -> Cause:
    """A question of a partner with a right at the brand."""
    def ask(caller: Caller) -> Any:
        login = {"grant_type": "password", "username": "ortak", "password": "ortak"}
        caller.control("partner", integratorCode=PARTNER, username="ortak", password="ortak",
                       rights=[{"brandCode": IYS, "MESAJ": "write"}])
        caller.token = caller.http.post("/oauth2/token", json=login).json["access_token"]
        return caller.ask("GET", path)
    return ask


def linked(caller: Caller) -> None:
    """A consent that the retailer took."""
    caller.add(retailerCode=RETAILER)


def merchant(caller: Caller) -> None:
    """A merchant's first record, without source and date."""
    caller.add(recipientType="TACIR", source=..., consentDate=...)


TWO = many(2)
ACCESS = "/consents/retailers/access"
_now = lambda c: c.add()  # noqa: E731

CAUSES: dict[str, Cause] = {
    "H014": post("/consents/request", b"["), "H016": retailer(renk="mavi"),
    "H017": retailer(title="a" * 256),
    "H058": lambda c: c.under("DELETE", "/retailers/11111111"),
    "H061": after(linked, lambda c: c.under("DELETE", f"/retailers/{RETAILER}")),
    "H084": lambda c: (c.control("quota", token_per_hour=1), c.http.post("/oauth2/token"),
                       c.http.post("/oauth2/token"))[2],
    "H085": post("/consents", b"["),
    "H086": quota("status_per_hour", lambda c: c.status()),
    "H089": quota("history_per_hour", post("/consents/history", KEY)),
    "H090": post(ACCESS, b"["), "H091": post("/consents/request", many(1001)),
    "H092": post("/consents/request", {}),
    "H093": post("/push/registration", {"connection": [PUSH | {"password": ""}]}),
    "H097": post("/consents/status", b"["), "H098": get("/consents/changes?after=x"),
    "H110": add(status=...), "H111": add(type=...), "H112": add(consentDate=...),
    "H113": add(source=...), "H114": add(recipient=...), "H115": add(status="EVET"),
    "H116": add(recipientType="X"), "H117": add(type="X"), "H118": add(ad="Ayşe"),
    "H119": add(source="IYS_WEB"), "H120": add(type="EPOSTA"),
    "H121": add(recipient="a@ornek.test"),
    "H122": add(type="X", recipient="biri"),
    "H124": quota("per_second", get("/consents/changes")),
    "H125": post("/consents/BIREYSEL/status/MESAJ", {"recipients": ["+905992134117"] * 1001}),
    "H126": post(ACCESS, KEY | {"retailerAccess": list(range(101))}),
    "H127": post(ACCESS + "/remove/all", LIST | {"recipients": ["+905992134117"] * 101}),
    "H155": add(source="HS_2015"), "H156": add(consentDate="2015-04-30 10:00:00"),
    "H157": add(consentDate="2026-02-30 10:00:00"), "H158": add(consentDate="23.11.2026"),
    "H160": add(recipient="+905992134117222"), "H162": add(consentDate="2026-11-23 13:00:00"),
    "H163": add(retailerAccess=[]), "H164": post(ACCESS + "/remove/all", LIST | {"recipients": []}),
    "H166": lambda c: c.status(recipient="+905992134117222"),
    "H168": post(ACCESS + "/remove/all", {"recipientType": "BIREYSEL", "type": "MESAJ"}),
    "H169": post(ACCESS, KEY), "H170": lambda c: c.status(recipientType=...),
    "H171": post(ACCESS, [], "PUT"), "H172": post(ACCESS + "/remove", []),
    "H173": post("/consent/retailers/access/list", []),
    "H174": after(lambda c: (c.add(), c.add(status="RET", consentDate="2026-11-23 11:00:00")),
                  add(status="RET", consentDate="2026-11-23 11:30:00")),
    "H175": add(status="RET"), "H178": after(_now, add()),
    "H180": add(retailerCode=11111111),
    "H182": get("/retailers?offset=x"), "H183": get("/retailers?limit=x"),
    "H184": get("/retailers?all=x"), "H185": get("/retailers?short=x"),
    "H186": get("/retailers?limit=101"), "H187": get("/retailers?limit=0"),
    "H190": lambda c: c.ask("GET", "/sps/abc/brands"),
    "H191": lambda c: c.ask("GET", f"/sps/{IYS}/brands/abc/retailers"),
    "H193": post("/consents/BIREYSEL/status/MESAJ", {"recipients": ["+905992134117"] * 2}),
    "H194": post("/consents/request", [TWO[0], TWO[0]]),
    "H198": get("/consents/request/" + "a1-" * 13), "H199": get("/consents/request/abc"),
    "H400": get("/consents/request/123"),
    "H201": retailer(status="x"), "H214": retailer(title=""), "H215": retailer(name=""),
    "H216": retailer(tckn=...), "H217": retailer(city=...),
    "H218": retailer(city={"name": "İstanbul"}), "H219": retailer(city={"code": "34"}),
    "H220": retailer(town=...), "H221": retailer(town={"name": "Kadıköy"}),
    "H222": retailer(town={"code": "449"}), "H224": retailer(mobile="0599"),
    "H225": retailer(tckn="10000000147"), "H226": retailer(tckn="1"),
    "H227": retailer(mersis="0123456789112345"), "H228": retailer(mersis="1"),
    "H229": retailer(title="Bayi{"), "H243": retailer(tin="1234567891"), "H244": retailer(tin="1"),
    "H288": retailer(tin=...),
    "H230": after(retailer(mersis="0123456789012341"),
                  retailer(mersis="0123456789012341")),
    "H231": after(retailer(), retailer()),
    "H253": after(retailer(status="passive"), retailer()),
    "H241": lambda c: c.ask("GET", "/info/city/abc"),
    "H245": partner(f"/integrator/{IYS}/sps"),
    "H266": post("/consents/request", [consent(retailerCode="")]), "H267": add(retailerCode=""),
    "H268": partner(f"/integrator/{PARTNER}/sps/123456"),
    "H351": lambda c: c.http.get(f"/sps/{IYS}/brands"),
    "H353": lambda c: c.ask("GET", "/sps/999999/brands"),
    "H363": lambda c: c.ask("GET", f"/integrator/{IYS}/sps"),
    "H401": post(ACCESS, KEY | {"retailerAccess": [RETAILER]}),
    "H408": add(source="HS_KARAR"),
    "H437": after(lambda c: c.control("subscription", state="none"),
                  lambda c: c.ask("GET", f"/sps/{IYS}/subscription")),
    "H462": after(merchant, add(recipientType="TACIR", consentDate=...)),
    "H463": after(merchant, add(recipientType="TACIR", source=...)),
    "H464": post("/consents/BIREYSEL/status/MESAJ", {"recipients": ["a@ornek.test"]}),
    "H467": add(consentDate="2026-11-10 10:00:00"),
    "H478": post("/consents/BIREYSEL/status/MESAJ", {"recipients": "x"}),
    "H501": get("/agreements/dun"), "H502": get("/agreements/2026-10-01"),
    "H506": get("/consents/changes?source=X"), "H507": get("/consents/changes?limit=1001"),
    "H512": post(f"/agreements/{YESTERDAY}", {"agreementStatus": False}, "PUT"),
    "H520": state("PAUSED"), "H521": state("CLOSED"), "H524": state("none"),
    "H586": state("no_api"),
    "H522": lambda c: c.ask("GET", f"/integrator/{IYS}/subscription"),
    "H525": after(lambda c: c.control("subscription", state="limit_reached"), add()),
    "H530": post("/push/registration", {"connection": [PUSH | {"url": "https://127.0.0.1:1/"}]}),
    "H531": post("/push/registration", {"connection": [PUSH | {"url": "http://push.ornek.test/"}]}),
}
