"""SMS by any provider that takes one message per HTTP call: described, not programmed.

Why this module exists: there are dozens of small providers, and most differ in the names of three
parameters. An address, a body and a pattern of a good answer are enough for them. The description
is filled in by escaping, so that no text of a message can become part of the call's form: JSON
strings in a JSON body, percent-encoding in an address or a form. What the pattern does not
recognise was not understood: a good status is then in doubt, a refused one never. Its host is no
machine of ours: that is looked at when the account is kept and at every call (ileti/core/target).

The patterns are a stranger's, and one worker serves everybody: they are matched by RE2, whose time
grows with the answer's length alone, so no pattern can hold a worker up. It knows no look-around
and no back-references; a pattern with one is refused when the account is saved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import re2

from config import settings
from ileti.channels.gateways.spoken import undescribed
from ileti.channels.links import has_link
from ileti.channels.replies import fold
from ileti.channels.sms import Batch, Handed, InDoubt, Later, Never, Report, Taken, Unreadable
from ileti.core.http import NoAnswer, OutgoingClient, Transport
from ileti.core.target import CheckedTransport, check_gateway
from ileti.hooks.kinds import GatewayKind, KindField, Said, Unfit
from ileti.hooks.specs import hookimpl

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
_PLACE: Final = re.compile(r"\{(to|plain_to|text|sender|id|kind)\}")
_LONGEST_ANSWER: Final = 1_000


@dataclass(frozen=True)
class Description:
    """How a provider is called. ``url`` and ``body`` hold the places ``{to}`` (E.164),
    ``{plain_to}`` (without +), ``{text}``, ``{sender}``, ``{id}`` and ``{kind}`` (``0``,
    ``BIREYSEL`` or ``TACIR``); ``taken`` is a pattern of a good answer whose first group, if any,
    is the provider's number; ``no_more`` one of answers that blame the account."""

    url: str
    body: str = ""
    content_type: str = FORM
    headers: Mapping[str, str] = field(default_factory=dict)
    taken: str = ""
    no_more: str = ""

    def faults(self, *, trial: bool = False) -> list[str]:
        """What is wrong with the description, in English sentences; ``trial`` lets it go to a
        server of one's own without TLS."""
        found = []
        if urlsplit(self.url).scheme != "https" and not trial:
            found.append("The address must begin with https://.")
        if self.content_type not in (FORM, JSON):
            found.append("The body is a form or JSON.")
        said = self.url + self.body
        found += [f"The call does not name {{{name}}}." for name in ("text",)
                  if f"{{{name}}}" not in said]
        if "{to}" not in said and "{plain_to}" not in said:
            found.append("The call does not name {to} or {plain_to}.")
        if self.content_type == JSON and self.body and not found:
            try:
                json.loads(_PLACE.sub("x", self.body))
            except ValueError:
                found.append("The body is no JSON; write places inside quotation marks.")
        for pattern in (self.taken, self.no_more):
            try:
                _pattern(pattern)
            except ValueError:
                found.append("A pattern cannot be read.")
        return found


class PlainHttp:
    """One account at a described provider."""

    name = "http"
    most = 1
    many_texts = True

    def __init__(self, described: Description, *, abroad: bool = False, trial: bool = False,
                 transport: Transport | None = None) -> None:
        if faults := described.faults(trial=trial):
            raise ValueError(" ".join(faults))
        self.abroad = abroad
        self._described = described
        self._taken = _pattern(described.taken)
        self._no_more = _pattern(described.no_more) if described.no_more else None
        parts = urlsplit(described.url)
        self._path = described.url.removeprefix(f"{parts.scheme}://{parts.netloc}") or "/"
        self._client = OutgoingClient(f"{parts.scheme}://{parts.netloc}", read=30.0,
                                      transport=transport)

    def send(self, batch: Batch) -> Handed:
        """Hand the batch's one message over."""
        (one,) = batch.messages
        if self.abroad and has_link(one.text):
            return Never("A text with a link does not go abroad (R-52)")
        values = {"to": one.to, "plain_to": one.to.removeprefix("+"), "text": one.text,
                  "sender": batch.sender, "id": str(one.id),
                  "kind": batch.commercial.name if batch.commercial else "0"}
        inside = _json_string if self._described.content_type == JSON else _percent
        body = _filled(self._described.body, values, inside)
        try:
            answer = self._client.send(
                "POST" if body else "GET", _filled(self._path, values, _percent),
                content=body.encode() or None, note="http sms",
                headers={**({"Content-Type": self._described.content_type} if body else {}),
                         **self._described.headers})
        except NoAnswer as error:
            return InDoubt(error.reason) if error.arrived else Later(error.reason)
        return self._read(answer.status_code, _readable(answer.text))

    def _read(self, status: int, text: str) -> Handed:
        if status < 300 and (found := self._taken.search(text)):
            number = found[1] if self._taken.groups else ""
            return Taken((number or "")[:120])
        if self._no_more is not None and self._no_more.search(text):
            return Never(f"The provider refuses the account (HTTP {status})", account=True)
        if status in (401, 403):
            return Never(f"The provider refuses the account (HTTP {status})", account=True)
        if status == 429:
            return Later("HTTP 429")
        return undescribed("The provider", status)

    def reports(self, outside_id: str) -> list[Report]:
        """A described provider is not asked."""
        return []

    def pushed(self, body: bytes) -> list[Report]:
        """A described provider pushes nothing we could read."""
        raise Unreadable("not described")

    def senders(self) -> list[str] | None:
        """A described provider is not asked."""
        return None


def _pattern(text: str) -> Any:
    """A pattern as RE2 reads it. Raises ValueError."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise ValueError("a pattern cannot be read") from error


def _readable(answer: str) -> str:
    """What the patterns are held against: the beginning of an answer, without the line break at its
    end, which ``$`` does not pass over here."""
    return answer[:_LONGEST_ANSWER].rstrip("\r\n").encode("utf-8", "replace").decode()


def _filled(template: str, values: Mapping[str, str], escaped: Callable[[str], str]) -> str:
    return _PLACE.sub(lambda match: escaped(values[match[1]]), template)


def _percent(text: str) -> str:
    return quote(text, safe="")


def _json_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


_PLACES: Final = "{to} {plain_to} {text} {sender} {id} {kind} {user} {password}"
_TR: Final = {
    "The address must begin with https://.": "Adres https:// ile başlamalı.",
    "The body is a form or JSON.": "Gövde form ya da JSON olur.",
    "The call does not name {text}.": "Çağrıda {text} geçmiyor.",
    "The call does not name {to} or {plain_to}.": "Çağrıda {to} ya da {plain_to} geçmiyor.",
    "The body is no JSON; write places inside quotation marks.":
        "Gövde JSON değil; yer tutucuları tırnak içine yazın.",
    "A pattern cannot be read.": "Kalıp okunamıyor.",
}


@hookimpl
def gateway_kinds() -> Sequence[GatewayKind]:
    """Accounts at a provider that is described."""
    return [GatewayKind("plainhttp", "MESAJ", Said("Başka sağlayıcı (HTTP)",
                                                   "Another provider (HTTP)"), (
        KindField("url", Said("Çağrı adresi", "Address called"), check=check_gateway, hint=Said(
            f"Yer tutucular: {_PLACES}", f"Places: {_PLACES}")),
        KindField("body", Said("Gövde", "Body"), required=False, lines=True, hint=Said(
            "Boşsa adres GET ile çağrılır; { ile başlayan gövde JSON’dur, ötekiler formdur.",
            "Without one the address is called by GET; a body that begins with { is JSON, "
            "all others are a form.")),
        KindField("user", Said("Kullanıcı adı", "User name"), required=False),
        KindField("password", Said("Parola", "Password"), secret=True, required=False),
        KindField("headers", Said("Başlıklar", "Headers"), secret=True, required=False, lines=True,
                  hint=Said("Satır başına bir tane: Ad: değer", "One a line: Name: value")),
        KindField("taken", Said("Alındı kalıbı", "Pattern of “taken”"), hint=Said(
            "İyi yanıtı tanıyan düzenli ifade (RE2); ilk grubu sağlayıcının numarasıdır.",
            "A regular expression (RE2) of a good answer; its first group is the provider’s "
            "number.")),
        KindField("no_more", Said("Hesap kalıbı", "Pattern of “account”"), required=False,
                  hint=Said("Hesabı suçlayan yanıtı tanıyan düzenli ifade.",
                            "A regular expression of answers that blame the account.")),
        KindField("country", Said("Nereden gönderiyor", "Where it sends from"), required=False,
                  check=_country, hint=Said(
            "“yurt içi” ya da “yurt dışı”; boşsa yurt içi. Yurt dışından bağlantılı SMS iletilmez "
            "(R-52).", "“domestic” or “abroad”; domestic when empty. No SMS with a link is "
            "delivered from abroad (R-52)."))), _made)]


_COUNTRIES: Final = {"": "", "yurt ici": "", "yurtici": "", "domestic": "",
                     "yurt disi": "abroad", "yurtdisi": "abroad", "abroad": "abroad"}


def _country(typed: str) -> str:
    """As it is kept: empty, or ``abroad``."""
    found = _COUNTRIES.get(fold(typed))
    if found is None:
        raise Unfit("country", Said("“yurt içi” ya da “yurt dışı” yazın.",
                                    "Write “domestic” or “abroad”."))
    return found


def _made(values: Mapping[str, str]) -> PlainHttp:
    body = values.get("body", "")
    is_json = body.lstrip().startswith("{")

    def known(template: str, escaped: Callable[[str], str]) -> str:
        for name in ("user", "password"):
            template = template.replace(f"{{{name}}}", escaped(values.get(name, "")))
        return template

    described = Description(
        known(values["url"], _percent), known(body, _json_value if is_json else _percent),
        JSON if is_json else FORM, _headers(values.get("headers", "")), values["taken"],
        values.get("no_more", ""))
    trial = not settings().production
    if faults := described.faults(trial=trial):
        raise Unfit("body" if is_json and "JSON" in faults[0] else
                    "taken" if "pattern" in faults[0] else "url",
                    Said(" ".join(_TR.get(one, one) for one in faults), " ".join(faults)))
    return PlainHttp(described, abroad=_country(values.get("country", "")) == "abroad", trial=trial,
                     transport=CheckedTransport())


def _json_value(text: str) -> str:
    """Inside a JSON string, and no place of ours."""
    return _json_string(text).replace("{", "\\u007b")


def _headers(lines: str) -> dict[str, str]:
    found = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        name, colon, value = line.partition(":")
        if not (colon and re.fullmatch(r"[A-Za-z0-9-]{1,60}", name) and value.strip().isascii()):
            raise Unfit("headers", Said("Başlıkları satır satır “Ad: değer” diye yazın.",
                                        "Write headers line by line as “Name: value”."))
        found[name] = value.strip()
    return found
