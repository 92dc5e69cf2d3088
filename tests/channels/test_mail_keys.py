"""Keys of mail domains: sealed, changed without a gap, and never another company's."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.channels import mailkeys
from ileti.channels.dkimsign import new_key, record_value
from ileti.core.errors import InvalidInput, NotFound

DOMAIN = "magaza.com.tr"


@pytest.fixture
def keys() -> mailkeys.KeptSigners:
    mailkeys.forget()
    return mailkeys.KeptSigners()


def test_a_key_is_made_shown_and_used_only_when_somebody_says_so(
        conn: Any, place: Any, keys: Any) -> None:
    number = mailkeys.add(conn, place.provider_id, "Magaza.com.tr.")
    key = mailkeys.find(conn, place.provider_id, number)
    assert key.host == f"{key.selector}._domainkey.{DOMAIN}"
    assert key.record.startswith("v=DKIM1; k=rsa; p=")
    assert keys.of(place.provider_id, DOMAIN) is None
    assert mailkeys.use(conn, place.provider_id, number).in_use
    signer = keys.of(place.provider_id, DOMAIN)
    assert record_value(signer.pem) == key.record
    kept = conn.execute("select private from mail_key where id = %s", (number,)).fetchone()[0]
    assert "PRIVATE" not in kept


def test_the_next_key_takes_over_and_the_one_before_rests(
        conn: Any, place: Any, keys: Any) -> None:
    first = mailkeys.add(conn, place.provider_id, DOMAIN, selector="a")
    second = mailkeys.add(conn, place.provider_id, DOMAIN, selector="b", brought=new_key())
    for number in (first, second, second):
        mailkeys.use(conn, place.provider_id, number)
    assert keys.of(place.provider_id, DOMAIN).selector == "b"
    assert [one.in_use for one in mailkeys.listed(conn, place.provider_id)] == [True, False]
    mailkeys.stop(conn, place.provider_id, second)
    assert keys.of(place.provider_id, DOMAIN) is None


def test_another_company_signs_nothing_with_it(
        conn: Any, place: Any, place_b: Any, keys: Any) -> None:
    number = mailkeys.add(conn, place.provider_id, DOMAIN)
    mailkeys.use(conn, place.provider_id, number)
    assert keys.of(place_b.provider_id, DOMAIN) is None
    for deed in (mailkeys.use, mailkeys.stop, mailkeys.find):
        with pytest.raises(NotFound):
            deed(conn, place_b.provider_id, number)


@pytest.mark.parametrize(("wrong", "field"), [
    ({"domain": "magaza"}, "domain"), ({"domain": "a b.com"}, "domain"),
    ({"domain": DOMAIN, "selector": "a.b"}, "selector"),
    ({"domain": DOMAIN, "brought": "-----BEGIN"}, "private")])
def test_what_cannot_be_used_is_said(conn: Any, place: Any, wrong: dict[str, str],
                                     field: str) -> None:
    with pytest.raises(InvalidInput) as said:
        mailkeys.add(conn, place.provider_id, **wrong)
    assert said.value.code == field


def test_a_selector_is_a_domains_only_once(conn: Any, place: Any) -> None:
    mailkeys.add(conn, place.provider_id, DOMAIN, selector="s")
    with pytest.raises(InvalidInput):
        mailkeys.add(conn, place.provider_id, DOMAIN, selector="S")
