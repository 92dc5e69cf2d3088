"""One call with its attempts: who calls, what is sent, what comes, and when it is tried again."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar, cast
from urllib.parse import unquote, urlencode

import httpx

from .. import answers
from ..answers import Kept
from ..bodies import Body, Once
from ..credentials import ClientCredentials, Credentials, Signed
from ..errors import IletiError, NotLoggedIn, NotReached, NotUnderstood, Refused, TimedOut
from ..options import Options
from ..retrying import Rounds
from ..services import GIVE_TOKEN, PREFIX
from ..version import __version__
from ..wire import Call
from . import waits

T = TypeVar("T")
log: Final = logging.getLogger("ileti_client")
#: when these happen, nothing of a request was sent
_UNSENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout,
                  httpx.UnsupportedProtocol, httpx.ProxyError)
_GOOD: Final = frozenset((200, 201, 202, 204))
#: a token is renewed so many seconds before its end
_EARLY: Final = 20.0
_LONGEST_ANSWER: Final = 64 << 20


@dataclass(frozen=True)
class AsyncHeard(Generic[T]):
    """An answer. ``raw``: its body; of a file, which comes while it is read, ``response``."""

    call: Call[T]
    status: int
    headers: Mapping[str, str]
    raw: bytes
    attempts: int
    response: httpx.Response | None = None


@dataclass
class _Tokens:
    """The token in force, shared by a client and its copies under other options."""

    lock: Any = field(default_factory=waits.Lock)
    text: str | None = field(default=None, repr=False)
    until: float = 0.0


class AsyncTransport:
    """Shared by all rooms of a client; good for many calls at a time."""

    def __init__(self, base: str, credentials: Credentials, options: Options,
                 http: httpx.AsyncClient | None = None) -> None:
        self.base, self.credentials, self.options = base, credentials, options
        self._owned = http is None
        self._http = http or httpx.AsyncClient(follow_redirects=False)
        self._tokens = _Tokens()
        self._kept = Kept(options.etags)

    def with_options(self, options: Options) -> AsyncTransport:
        """The same line and the same token under other options."""
        other = AsyncTransport(self.base, self.credentials, options, self._http)
        other._tokens = self._tokens
        return other

    async def aclose(self) -> None:
        """Close the line, unless it was given or is another client's."""
        if self._owned:
            await self._http.aclose()

    async def ask(self, call: Call[T]) -> T:
        """The answer of a service that gives JSON."""
        asked = call.service.verb == "GET"
        known = self._kept.known(call.target) if asked else None
        heard = await self._persist(call, Rounds(self.options), etag=known[0] if known else None)
        raw = known[1] if known is not None and heard.status == 304 else heard.raw
        said = answers.read(heard.status, heard.headers, raw, attempts=heard.attempts,
                            key=call.key)
        if asked:
            self._kept.keep(call.target, said.about.etag, raw)
        return cast(T, said)

    async def open(self, call: Call[T]) -> AsyncHeard[T]:
        """The answer of a service that gives a file; whoever takes it closes it."""
        return await self._persist(call, Rounds(self.options), stream=True)

    async def token(self, rounds: Rounds | None = None) -> Any:
        """A new token, by the account's user name and key."""
        found = self.credentials
        if not isinstance(found, ClientCredentials):
            raise TypeError("Tokens are for ClientCredentials(user name, key).")
        fields = {"grant_type": "client_credentials", "client_id": found.username,
                  "client_secret": found.text}
        if found.scopes:
            fields["scope"] = " ".join(found.scopes)
        heard = await self._persist(
            Call(GIVE_TOKEN, PREFIX + GIVE_TOKEN.path, content=urlencode(fields).encode(),
                 headers={"Content-Type": "application/x-www-form-urlencoded"}),
            rounds or Rounds(self.options))
        return answers.read(heard.status, heard.headers, heard.raw, attempts=heard.attempts)

    # -- attempts ----------------------------------------------------------------------------------

    async def _persist(self, call: Call[T], rounds: Rounds, *, etag: str | None = None,
                       stream: bool = False) -> AsyncHeard[T]:
        renewed = False
        while True:
            token = await self._token_in_force(call, rounds)
            rounds.begin()
            try:
                return await self._once(call, rounds, token, etag, stream=stream)
            except IletiError as error:
                if isinstance(call.content, Body | Once):
                    rounds.forgive()
                if isinstance(error, NotLoggedIn) and token and not renewed and call.again:
                    self._forget(token)
                    renewed = True
                    continue
                pause = rounds.pause(error, again=call.again)
                log.debug("%s %s, attempt %d: %s; %s", call.service.verb, call.path,
                          rounds.attempt, _said(error),
                          "given up" if pause is None else f"again in {pause:.2f} s")
                if pause is None:
                    raise
            await waits.sleep(pause)

    async def _once(self, call: Call[T], rounds: Rounds, token: str | None, etag: str | None, *,
                    stream: bool) -> AsyncHeard[T]:
        left = rounds.left
        request = self._request(call, token, etag, left)
        try:
            sending = self._http.send(request, stream=True, auth=None)
            response = await (sending if isinstance(call.content, Body | Once)
                              else waits.within(left, sending))
            status, headers = response.status_code, response.headers
            if stream and status == 200:
                return AsyncHeard(call, status, headers, b"", rounds.attempt, response)
            raw = await self._read(response)
        except httpx.TimeoutException as error:
            raise TimedOut(f"The line was silent for too long ({type(error).__name__}).",
                           unsent=isinstance(error, _UNSENT)) from None
        except httpx.HTTPError as error:
            raise NotReached(f"{self.base} cannot be reached: {error or type(error).__name__}",
                             unsent=isinstance(error, _UNSENT)) from None
        if status in _GOOD or (status == 304 and etag is not None):
            log.debug("%s %s, attempt %d: %d", call.service.verb, call.path, rounds.attempt, status)
            return AsyncHeard(call, status, headers, raw, rounds.attempt)
        raise answers.failure(status, headers, raw, service=call.service.operation, key=call.key)

    def _request(self, call: Call[T], token: str | None, etag: str | None, left: float
                 ) -> httpx.Request:
        options = self.options
        headers = {"Accept": "application/json", "Accept-Language": options.language,
                   "User-Agent": f"ileti-client/{__version__}", **call.headers}
        if etag is not None:
            headers["If-None-Match"] = etag
        content: Any = call.content
        if isinstance(content, Body | Once):
            if content.size is not None:
                headers["Content-Length"] = str(content.size)
            content = waits.pieces(content)
        request = self._http.build_request(
            call.service.verb, self.base + call.target, headers=headers, content=content,
            timeout=httpx.Timeout(connect=min(options.connect, left), read=min(options.read, left),
                                  write=min(options.write, left), pool=left))
        if call.service is not GIVE_TOKEN:
            request.headers["Authorization"] = f"Bearer {token}" if token else (
                self.credentials.header(_signed(call, request), time.time()))
        return request

    async def _read(self, response: httpx.Response) -> bytes:
        """The body, as long as it is no flood."""
        found = bytearray()
        try:
            async for piece in response.aiter_bytes():
                found += piece
                if len(found) > _LONGEST_ANSWER:
                    raise NotUnderstood("The answer is longer than any of İleti's.",
                                        response.status_code)
        finally:
            await response.aclose()
        return bytes(found)

    # -- tokens ------------------------------------------------------------------------------------

    async def _token_in_force(self, call: Call[Any], rounds: Rounds) -> str | None:
        """The token to call with; one caller gets it for all who wait for it."""
        if not isinstance(self.credentials, ClientCredentials) or call.service is GIVE_TOKEN:
            return None
        tokens = self._tokens
        async with tokens.lock:
            if tokens.text is None or tokens.until <= time.monotonic():
                asked = time.monotonic()
                said = await self.token(Rounds(self.options, within=rounds))
                life = float(said["expires_in"])
                tokens.text = str(said["access_token"])
                tokens.until = asked + max(life / 2, life - _EARLY)
            return tokens.text

    def _forget(self, token: str) -> None:
        """A token that is not taken any more; one that was got meanwhile stays."""
        if self._tokens.text == token:
            self._tokens.text = None


def _signed(call: Call[Any], request: httpx.Request) -> Signed:
    return Signed(call.service.verb, unquote(call.path), request.url.query.decode(),
                  request.headers.get("idempotency-key", ""),
                  request.headers.get("content-digest", ""))


def _said(error: IletiError) -> str:
    """An error for the log: no address, no secret, no sentence that repeats what was sent."""
    if isinstance(error, Refused):
        return f"{error.status} {error.code}"
    return type(error).__name__
