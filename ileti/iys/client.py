"""The one that speaks to İYS: calls in, what we understand out, every failure as one IysTrouble.

Why this module exists: a call to İYS needs a turn (:mod:`ileti.iys.budget`), a token
(:mod:`ileti.iys.tokens`), strict reading (:mod:`ileti.iys.answers`) and the meaning of its codes
(:mod:`ileti.iys.errors`). Whoever forwards or pulls must not think about any of them. What may be
sent again, and when, is decided here in one function, :func:`next_step`, for a whole call as well
as for one record of it. Adding consents always uses V2, which answers a repeat with its first
numbers, so that a call in doubt is simply sent again (İYS API §6.2, §6.4; fault rows 4, 18, 19).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

import httpx

from config import settings
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import db
from ileti.core.crypto import CannotDecrypt, QuickMac
from ileti.core.errors import OutsideRetryable
from ileti.core.http import NoAnswer, OutgoingClient
from ileti.core.secrets import secrets
from ileti.iys import answers, faults
from ileti.iys.accountcalls import AccountCalls
from ileti.iys.budget import RequestBudget, budget_for
from ileti.iys.daycalls import DayCalls
from ileti.iys.errors import RATE_WINDOWS, Kind, kind_of_status, meaning
from ileti.iys.hourly import HourlyBudget, history_hour, kept_for_work, status_hour
from ileti.iys.linkcalls import LinkCalls
from ileti.iys.placecalls import PlaceCalls
from ileti.iys.pushcalls import PushCalls
from ileti.iys.retailercalls import RetailerCalls
from ileti.iys.share import note_answer
from ileti.iys.tokens import HOUR, LogInRefused, TokenKeeper, TokenRefused, TokensBlocked
from ileti.iys.viacalls import ViaCalls
from ileti.iys.wire import MOST_IN_BATCH, ConsentKey, Movement, status_query

T = TypeVar("T")

MOST_TURNS_LOST = 6


class IysTrouble(OutsideRetryable):
    """A call that brought no usable answer. ``kind`` says what to do; ``in_doubt`` that İYS may
    have carried it out; ``errors`` name single items of a list; ``wait`` in seconds if known."""

    def __init__(self, kind: Kind, code: str, http_status: int | None = None, *,
                 errors: Sequence[faults.IysError] = (), in_doubt: bool = False,
                 wait: float | None = None) -> None:
        said = meaning(code, http_status)
        super().__init__(said.tr, said.en, code=code)
        self.kind, self.http_status, self.in_doubt, self.wait = kind, http_status, in_doubt, wait
        self.faults = tuple(errors)


class Step(StrEnum):
    """What follows a failure; the only answer of :func:`next_step`."""

    RENEW_TOKEN = "renew-token"  # noqa: S105 (no password)
    SEND_AGAIN = "send-again"
    LATER = "later"
    HOLD = "hold"
    SPLIT = "split"
    VERIFY = "verify"
    SETTLE = "settle"


def next_step(kind: Kind, code: str, attempt: int) -> Step:
    """What to do after a failure of that kind; ``attempt`` counts from 0 (İYS API §14, §1.1).

    RENEW_TOKEN and SEND_AGAIN are done inside the client; LATER with a doubling delay; HOLD until a
    person repairs the account; SPLIT the list; VERIFY by asking for the status (row 23); SETTLE as
    refused, since sending again cannot help.
    """
    if kind is Kind.AUTH:
        return Step.RENEW_TOKEN if attempt == 0 else Step.LATER
    if kind is Kind.RATE:
        short = RATE_WINDOWS.get(code, 1) <= 1
        return Step.SEND_AGAIN if short and attempt < MOST_TURNS_LOST else Step.LATER
    if kind is Kind.RETRY:
        return Step.LATER
    if kind.needs_somebody:
        return Step.HOLD
    if kind is Kind.BATCH:
        return Step.SPLIT
    return Step.VERIFY if kind is Kind.ALREADY else Step.SETTLE


@dataclass(frozen=True)
class Account:
    """A provider's way in; ``base_url`` is İYS's or the simulator's."""

    provider_id: int
    iys_code: int
    username: str
    password: str = field(repr=False)
    base_url: str


def account_of(provider_id: int) -> Account:
    """The provider's İYS account, a sandbox's at the simulator and nowhere else; IysTrouble of kind
    CONFIG when there is none to use."""
    row = db.connection().execute(
        "select iys_code, iys_username, iys_password, sandbox_of is not null from provider "
        "where id = %s", (provider_id,)).fetchone()
    if row is None or not row[1] or not row[2]:
        raise IysTrouble(Kind.CONFIG, "invalid_request")
    try:
        password = secrets().keyring.decrypt_text(row[2], "iys-password")
    except (CannotDecrypt, ValueError) as error:
        raise IysTrouble(Kind.CONFIG, "invalid_request") from error
    url = settings().sandbox_url if row[3] else settings().iys_url
    if not url:  # a sandbox without a simulator: İYS itself hears nothing of it
        raise IysTrouble(Kind.CONFIG, "no_sandbox")
    return Account(provider_id, row[0], row[1], password, url)


class IysClient(AccountCalls, DayCalls, LinkCalls, PlaceCalls, PushCalls, RetailerCalls, ViaCalls):
    """İYS's calls for one account; safe for several threads."""

    def __init__(self, account: Account, *, http: OutgoingClient | None = None,
                 budget: RequestBudget | None = None) -> None:
        self.account = account
        self._http = http or _outgoing(account.base_url)
        self._budget = budget or budget_for(account.base_url)
        self._tokens = TokenKeeper(
            account.base_url, account.username, log_in=self._log_in, refresh=self._refresh,
            login_mark=_login_mark(account),
        )

    def brands(self) -> list[answers.RegisteredBrand]:
        """The brands of the account (§5.1)."""
        path = f"/sps/{self.account.iys_code}/brands"
        return self._read(answers.parse_brands, self._call("GET", path, "brands"))

    def responds(self) -> bool:
        """Whether İYS answers this account at all, so that a failure speaks about what was asked
        and İYS is not away."""
        try:
            self.brands()
        except IysTrouble:
            return False
        return True

    def prove_log_in(self) -> None:
        """Log in by user name and password although a token may be good, since a person asks
        whether they are right; at most once a minute (İYS allows few token calls an hour)."""
        self._tokens.knock_again()
        try:
            self._tokens.log_in_anew()
        except TokensBlocked as blocked:
            raise IysTrouble(Kind.RATE, "H084", 429, wait=min(blocked.seconds, HOUR)) from None
        except LogInRefused:
            raise IysTrouble(Kind.CONFIG, "invalid_request", 400) from None

    def add(self, brand_code: int, item: Mapping[str, Any]) -> answers.Added:
        """Add one consent by V2 (§6.2); İYS answers at once."""
        path = f"/v2{self._brand(brand_code)}/consents"
        return self._read(answers.parse_added, self._call("POST", path, "add", item))

    def add_batch(self, brand_code: int, items: Sequence[Mapping[str, Any]]) -> answers.Accepted:
        """Hand over up to 1 000 consents by V2 (§6.4); refused whole when one is faulty."""
        if not 0 < len(items) <= MOST_IN_BATCH:
            raise ValueError("a list holds 1 to 1 000 consents")
        path = f"/v2{self._brand(brand_code)}/consents/request"
        answer = self._call("POST", path, "add_batch", items)
        return self._read(
            lambda body: answers.match_subrequests(items, faults.read_json(body)), answer
        )

    def batch_result(self, brand_code: int, request_id: str) -> list[answers.ItemResult]:
        """What became of a list (§6.6); empty means not finished."""
        path = f"/v2{self._brand(brand_code)}/consents/request/{request_id}"
        return self._read(answers.parse_batch_result, self._call("GET", path, "batch_result"))

    def status(self, brand_code: int, recipient: str, recipient_type: RecipientType,
               channel: Channel, *, by_person: bool = False) -> Movement | None:
        """What İYS holds for one key (§6.7); None when it holds nothing (judgement 9).

        An answer about another key is none: IysTrouble, as for one that cannot be read. One of the
        hour's questions (H086); a person leaves some to the forwarder.
        """
        _take(status_hour(self.account.base_url), "H086", kept_for_work() if by_person else 0)
        path = f"{self._brand(brand_code)}/consents/status"
        answer = self._about(path, "status", status_query(recipient, recipient_type, channel))
        if answer is None or answer.content.strip() in (b"", b"{}"):
            return None
        asked = ConsentKey(recipient.strip().lower(), recipient_type.name, channel.name)
        return self._read(lambda body: answers.parse_status(body, asked), answer)

    def history(self, brand_code: int, recipient: str, recipient_type: RecipientType,
                channel: Channel, offset: int = 0) -> answers.History:
        """The newest 100 movements of one key behind ``offset`` (§6.9); one of the hour's (H089).

        Nothing about the key is an empty history, as for the status.
        """
        _take(history_hour(self.account.base_url), "H089")
        path = f"{self._brand(brand_code)}/consents/history"
        answer = self._about(path, "history", status_query(recipient, recipient_type, channel),
                             {"limit": 100, "offset": offset})
        if answer is None:
            return answers.History(movements=(), total=0)
        asked = ConsentKey(recipient.strip().lower(), recipient_type.name, channel.name)
        return self._read(lambda body: answers.parse_history(body, asked), answer)

    def approved(self, brand_code: int, recipient_type: RecipientType, channel: Channel,
                 recipients: Sequence[str]) -> frozenset[str]:
        """Which of up to 1 000 addresses are ONAY at İYS, in lower case (§6.8)."""
        path = f"{self._brand(brand_code)}/consents/{recipient_type.name}/status/{channel.name}"
        answer = self._call("POST", path, "approved", {"recipients": list(recipients)})
        return self._read(answers.parse_multi_status, answer)

    def pull(self, brand_code: int, after: str | None, limit: int = 1000) -> answers.PullPage:
        """The next page of citizens' changes behind İYS's cursor ``after`` (§6.10)."""
        params: dict[str, Any] = {"source": "IYS", "limit": limit}
        if after:
            params["after"] = after
        path = f"{self._brand(brand_code)}/consents/changes"
        answer = self._call("GET", path, "pull", params=params)
        return self._read(lambda body: answers.parse_pull(answer.status_code, body), answer)

    def _about(self, path: str, note: str, question: Mapping[str, str],
               params: dict[str, Any] | None = None) -> httpx.Response | None:
        """The answer about one key; None when İYS says that it has no such record."""
        try:
            answer = self._call("POST", path, note, question, params)
        except IysTrouble as trouble:
            # Undocumented: H401 stands with 400 in the table, and services say 404 as well.
            if trouble.code == "H401" or (trouble.http_status, trouble.code) == (404, "HTTP_404"):
                return None
            raise
        return None if answer.status_code == 204 else answer

    def _call(self, method: str, path: str, note: str, body: Any = None,
              params: dict[str, Any] | None = None,
              into: Callable[[Iterator[bytes]], None] | None = None) -> httpx.Response:
        """Send with turn and token until İYS takes it or :func:`next_step` says to stop."""
        content = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        attempt = 0
        token = self._token()
        while True:
            try:
                return self._send(method, path, note, content, params, token, into)
            except IysTrouble as trouble:
                step = next_step(trouble.kind, trouble.code, attempt)
                if step is Step.RENEW_TOKEN:
                    token = self._token(bad=token)
                elif step is not Step.SEND_AGAIN:
                    raise
            attempt += 1

    def _send(self, method: str, path: str, note: str, content: bytes | None,
              params: dict[str, Any] | None, token: str | None,
              into: Callable[[Iterator[bytes]], None] | None = None) -> httpx.Response:
        headers = {"Accept": "application/json" if into is None else "*/*"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        db.refuse_open_transaction()
        try:
            self._budget.take()
            if into is not None:
                answer = self._http.download(path, into=into, headers=headers, note=f"iys.{note}")
            else:
                answer = self._http.send(method, path, content=content, headers=headers,
                                         params=params, note=f"iys.{note}")
        except TimeoutError:
            raise IysTrouble(Kind.RATE, "H124", wait=5.0) from None
        except NoAnswer as error:
            raise IysTrouble(Kind.RETRY, "H192", in_doubt=error.arrived) from error
        note_answer(self.account.base_url, answer.status_code)
        if 200 <= answer.status_code < 300:
            return answer
        raise self._trouble(answer)

    def _trouble(self, answer: httpx.Response) -> IysTrouble:
        """The failure an answer speaks of, and the quota it says is used up."""
        errors = faults.parse_errors(answer.status_code, answer.content) or [faults.IysError(
            code=f"HTTP_{answer.status_code}", status=answer.status_code)]
        first = next((one for one in errors if one.index is None), errors[0])
        kind = meaning(first.code, answer.status_code).kind
        if answer.status_code in (401, 429) and kind not in (Kind.AUTH, Kind.RATE):
            kind = kind_of_status(answer.status_code)
        wait = None
        if kind is Kind.RATE:
            wait = float(RATE_WINDOWS.get(first.code, 1))
            if first.code == "H084":
                self._tokens.block()
            elif first.code in ("H086", "H089"):
                hour = status_hour if first.code == "H086" else history_hour
                hour(self.account.base_url).full()
            elif wait <= 1:
                self._budget.pause(1.1)
        return IysTrouble(
            kind, first.code, answer.status_code, errors=errors, wait=wait,
            in_doubt=answer.status_code >= 500,
        )

    def _read(self, parse: Callable[[bytes], T], answer: httpx.Response) -> T:
        """The parsed answer; one that cannot be read leaves the call in doubt (row 20)."""
        try:
            return parse(answer.content)
        except faults.Unreadable as error:
            raise IysTrouble(
                Kind.RETRY, f"HTTP_{answer.status_code}", answer.status_code, in_doubt=True
            ) from error

    def _token(self, bad: str | None = None) -> str:
        try:
            return self._tokens.get() if bad is None else self._tokens.renew(bad)
        except TokensBlocked as blocked:
            raise IysTrouble(Kind.RATE, "H084", 429, wait=min(blocked.seconds, HOUR)) from None
        except TokenRefused:
            raise IysTrouble(Kind.CONFIG, "H351", 401) from None
        except LogInRefused:
            raise IysTrouble(Kind.CONFIG, "invalid_request", 400) from None

    def _log_in(self) -> answers.Token:
        try:
            return self._grant({
                "grant_type": "password", "username": self.account.username,
                "password": self.account.password,
            })
        except IysTrouble as trouble:
            if _is_refusal(trouble):
                self._tokens.note_refusal()
            raise

    def _refresh(self, refresh_token: str) -> answers.Token | None:
        try:
            return self._grant({"grant_type": "refresh_token", "refresh_token": refresh_token})
        except IysTrouble as trouble:
            if _is_refusal(trouble):
                return None
            raise

    def _grant(self, body: Mapping[str, str]) -> answers.Token:
        content = json.dumps(body).encode()
        answer = self._send("POST", "/oauth2/token", "token", content, None, None)
        return self._read(answers.parse_token, answer)


def _is_refusal(trouble: IysTrouble) -> bool:
    """Whether İYS itself refused what was shown to it, and not a page before İYS."""
    return trouble.http_status in (400, 401) and trouble.kind is not Kind.RETRY


def _take(hour: HourlyBudget, code: str, keep: int = 0) -> None:
    """One question of the hour; IysTrouble of kind RATE, without a call, when there is none."""
    wait = hour.take(keep)
    if wait > 0:
        raise IysTrouble(Kind.RATE, code, 429, wait=wait)


def _login_mark(account: Account) -> str:
    """A keyed hash of user name and password."""
    known = f"{account.username}\x1f{account.password}".encode()
    return QuickMac(secrets().key_for("iys-login")).of(known).hex()[:24]


@lru_cache(maxsize=8)
def _outgoing(base_url: str) -> OutgoingClient:
    return OutgoingClient(base_url)


@lru_cache(maxsize=256)
def _client(account: Account) -> IysClient:
    return IysClient(account)


def client_for(provider_id: int) -> IysClient:
    """The client of a provider, one per process and account; IysTrouble without an account."""
    return _client(account_of(provider_id))
