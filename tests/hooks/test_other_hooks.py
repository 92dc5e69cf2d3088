"""The hooks ``gateway``, ``lint_check``, ``consent_columns``, ``import_sources``, ``panel_pages``:
what a plug-in brings is there where it is on, and its faults are told in its name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from config import settings
from ileti.channels.base import Envelope, Retry, Sent
from ileti.channels.registry import gateway_for
from ileti.consents.vocabulary import Channel, Source
from ileti.core.errors import CallerMistake, RuleBroken
from ileti.documents.facts import facts_of, judge
from ileti.documents.publish import publish
from ileti.documents.standard import consent_text
from ileti.hooks import manager
from ileti.hooks.kinds import ERROR, HINT, Column, ImportSource, PanelPage, Remark, Said
from ileti.hooks.limits import PluginFailed
from ileti.imports import plugged
from ileti.imports.mapping import Fixed
from ileti.web.plugpages import add_pages
from tests.hooks.conftest import switch_on
from tests.panel.people import sign_in, take, user_with

PHONE = "+905994200001"
WORDS = Said("Söz", "Word")


class Carrier:
    """A plug-in's gateway."""

    def __init__(self, answer: Any, name: str = "ornek-sms") -> None:
        self.answer, self.name = answer, name

    def send(self, message: Envelope) -> Any:
        return self.answer() if callable(self.answer) else self.answer


def sms(place: Any = None) -> Any:
    return gateway_for(Channel.MESAJ, settings(), place and place.provider_id)


MESSAGE = Envelope(1, Channel.MESAJ, PHONE, "", "Merhaba")


# -- gateway ---------------------------------------------------------------------------------------


def test_gateway_of_a_plug_in_carries_for_its_provider(place: Any, place_b: Any,
                                                       put_in: Any) -> None:
    put_in(place, gateway=lambda channel: Carrier(Sent("9")) if channel == "MESAJ" else None)
    assert (sms(place).name, sms(place).send(MESSAGE)) == ("ornek-sms", Sent("9"))
    assert [sms(place_b).name, sms().name] == ["demo", "demo"]
    assert gateway_for(Channel.EPOSTA, settings(), place.provider_id).name == "demo"


@pytest.mark.parametrize("answer", [lambda: 1 / 0, lambda: None, True])
def test_gateway_that_fails_leaves_its_message_in_doubt_by_name(place: Any, put_in: Any,
                                                                answer: Any) -> None:
    """It may have sent before it failed; who sends marks such a message before it goes."""
    put_in(place, gateway=lambda channel: Carrier(answer))
    said = sms(place).send(MESSAGE)
    assert isinstance(said, Retry)
    assert said.doubt
    assert "deneme" in said.reason
    assert sms(place).once


def test_gateway_that_cannot_be_had_leaves_its_messages_to_nobody_else(
    conn: Any, place: Any, put_in: Any
) -> None:
    put_in(place, gateway=lambda channel: 1 / 0)
    assert isinstance(sms(place).send(MESSAGE), Retry)
    switch_on(conn, place, "kayip", "gateway")
    conn.execute("delete from provider_plugin where name = 'deneme'")
    assert "kayip" in sms(place).send(MESSAGE).reason
    conn.execute("delete from provider_plugin where name = 'kayip'")


def test_gateway_switched_on_last_carries_and_bears_no_name_of_ours(
    place: Any, put_in: Any
) -> None:
    put_in(place, name="once", gateway=lambda channel: Carrier(Sent("1")))
    put_in(place, name="sonra", gateway=lambda channel: Carrier(Sent("2"), "demo"))
    assert (sms(place).send(MESSAGE), sms(place).name) == (Sent("2"), "sonra")


# -- lint_check ------------------------------------------------------------------------------------


def document(conn: Any, place: Any) -> int:
    return int(conn.execute(
        "insert into document (provider_id, brand_id, kind, channel, name) "
        "values (%s, %s, 'ETK_ONAYI', 2, 'Onay') returning id",
        (place.provider_id, place.brand_id)).fetchone()[0])


def test_lint_check_adds_its_remarks_and_an_error_stops_publishing(
    conn: Any, place: Any, put_in: Any
) -> None:
    number, words = document(conn, place), consent_text("tr", "MESAJ", "Defne Ev")
    put_in(place, lint_check=lambda text: [Remark("x", HINT, WORDS, WORDS, 0, 5),
                                           Remark("y", ERROR, WORDS, WORDS)])
    found = judge(facts_of(conn, number), "tr", *words).findings
    assert [one.code for one in found if one.rule == "deneme"] == ["deneme:y", "deneme:x"]
    assert found[0].code == "deneme:y"  # what stops publishing comes first
    with pytest.raises(RuleBroken):
        publish(number, "tr", *words)


@pytest.mark.parametrize("check", [lambda text: 1 / 0, lambda text: [1], lambda text: 3])
def test_lint_check_that_fails_stops_publishing_in_its_name(
    conn: Any, place: Any, place_b: Any, put_in: Any, check: Any
) -> None:
    put_in(place, name="kirik", lint_check=check)
    with pytest.raises(RuleBroken) as stopped:
        publish(document(conn, place), "tr", *consent_text("tr", "MESAJ", "Defne Ev"))
    assert "“kirik”" in stopped.value.tr
    assert publish(document(conn, place_b), "tr", *consent_text("tr", "MESAJ", "Defne Ev")).id


# -- consent_columns -------------------------------------------------------------------------------


def listed(app: Any, place: Any) -> str:
    take(place, PHONE)
    return sign_in(app, user_with(app, "provider_admin", place)).get("/izinler/").text


def test_consent_columns_stand_in_the_list(app: Any, place: Any, put_in: Any) -> None:
    seen: list[Any] = []

    def values(rows: Any) -> list[str]:
        seen.extend(rows)
        return ["<b>değer</b>" for _ in rows]

    put_in(place, consent_columns=lambda: [Column("k", Said("Sütunum", "Mine"), values)])
    text = listed(app, place)
    assert "Sütunum" in text
    assert "&lt;b&gt;değer&lt;/b&gt;" in text
    assert PHONE not in repr(seen)


@pytest.mark.parametrize("values", [lambda rows: 1 / 0, lambda rows: [], lambda rows: [7]])
def test_consent_columns_that_fail_leave_the_list_and_are_named(
    app: Any, place: Any, put_in: Any, values: Any
) -> None:
    put_in(place, name="kirik", consent_columns=lambda: [Column("k", WORDS, values)])
    text = listed(app, place)
    assert "IZN-" in text
    assert "“kirik” eklentisi" in text


# -- import_sources --------------------------------------------------------------------------------


def test_import_sources_are_offered_where_they_are_on(place: Any, place_b: Any,
                                                      put_in: Any) -> None:
    put_in(place, import_sources=lambda: [ImportSource(
        "kasa", WORDS, "kasa.csv", lambda since: [b"a", b"b"], "HS_FIZIKSEL_ORTAM")])
    found = plugged.find(place.provider_id, "deneme:kasa")
    assert b"".join(found.pieces(None)) == b"ab"
    assert found.fixed(Fixed()).source is Source.HS_FIZIKSEL_ORTAM
    assert plugged.offered(place_b.provider_id) == []
    with pytest.raises(CallerMistake):
        plugged.find(place_b.provider_id, "deneme:kasa")


def test_import_sources_that_break_off_are_named(place: Any, put_in: Any) -> None:
    def broken(since: Any) -> Any:
        yield b"telefon\n"
        raise OSError

    put_in(place, import_sources=lambda: [ImportSource("k", WORDS, "k.csv", broken)])
    with pytest.raises(PluginFailed):
        list(plugged.find(place.provider_id, "deneme:k").pieces(None))


# -- panel_pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "said"), [
    (PanelPage("a", SimpleNamespace(endpoint="A", route_base="/izinler"), WORDS, "report:read"),
     "route_base"),
    (PanelPage("a", SimpleNamespace(endpoint="A", route_base="/eklenti/deneme"), WORDS, "yok:yok"),
     "no right"),
    (PanelPage("a", SimpleNamespace(endpoint="ConsentView", route_base="/eklenti/deneme"), WORDS,
               "report:read"), "is taken"),
    ("sayfa", "no PanelPage")])
def test_panel_pages_that_do_not_fit_are_left_out_and_said(app: Any, put_in: Any, page: Any,
                                                           said: str) -> None:
    put_in(panel_pages=lambda: [page])
    add_pages(app.extensions["appbuilder"])
    found = manager.find("deneme")
    assert found is not None
    assert said in found.trouble[0]
    assert found.problem == ""
