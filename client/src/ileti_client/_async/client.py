"""The client: an address, credentials, and a room for each part of the API."""

from __future__ import annotations

import os
from dataclasses import replace
from types import TracebackType
from typing import Any

import httpx

from .. import types as t
from ..credentials import Credentials, Key
from ..options import Options
from ..wire import checked_base
from .calls import AsyncCalls
from .consents import AsyncActs, AsyncConsents, AsyncProofs
from .imports import AsyncImports
from .records import (
    AsyncAccount,
    AsyncBrands,
    AsyncCallLists,
    AsyncCampaigns,
    AsyncDealers,
    AsyncDocuments,
    AsyncFields,
    AsyncIys,
    AsyncMessages,
    AsyncRecipients,
    AsyncReports,
    AsyncRequests,
    AsyncTemplates,
    AsyncUsers,
)
from .transport import AsyncTransport


class AsyncClient:
    """Speaks to one installation for one API account; may be shared by everything a program does at
    a time. ``credentials``: a key, or one of Key, Signature, ClientCredentials. ``http``: a client
    of httpx of your own, for a proxy or a certificate; it is not closed with this one."""

    def __init__(self, base_url: str, credentials: str | Credentials, *,
                 options: Options | None = None, insecure: bool = False,
                 http: httpx.AsyncClient | None = None) -> None:
        known = Key(credentials) if isinstance(credentials, str) else credentials
        self._open(AsyncTransport(checked_base(base_url, insecure=insecure), known,
                                  options or Options(), http))

    @classmethod
    def from_env(cls, **more: Any) -> AsyncClient:
        """For the address in ``ILETI`` and the key in ``ILETI_KEY``."""
        try:
            return cls(os.environ["ILETI"], os.environ["ILETI_KEY"], **more)
        except KeyError as error:
            raise ValueError(f"The environment has no {error.args[0]}.") from None

    def _open(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self.account = AsyncAccount(transport)
        self.consents = AsyncConsents(transport)
        self.proofs = AsyncProofs(transport)
        self.imports = AsyncImports(transport)
        self.acts = AsyncActs(transport)
        self.calls = AsyncCalls(transport)
        self.documents = AsyncDocuments(transport)
        self.messages = AsyncMessages(transport)
        self.templates = AsyncTemplates(transport)
        self.campaigns = AsyncCampaigns(transport)
        self.fields = AsyncFields(transport)
        self.recipients = AsyncRecipients(transport)
        self.brands = AsyncBrands(transport)
        self.dealers = AsyncDealers(transport)
        self.users = AsyncUsers(transport)
        self.iys = AsyncIys(transport)
        self.reports = AsyncReports(transport)
        self.requests = AsyncRequests(transport)
        self.call_lists = AsyncCallLists(transport)

    @property
    def options(self) -> Options:
        """How it behaves."""
        return self._transport.options

    def with_options(self, **changed: Any) -> AsyncClient:
        """The same client over the same line, with other options: ``with_options(total=5)``."""
        other = AsyncClient.__new__(AsyncClient)
        other._open(self._transport.with_options(replace(self.options, **changed)))
        return other

    async def token(self) -> t.Token:
        """A new token for another program. This client gets and renews its own by itself."""
        found: t.Token = await self._transport.token()
        return found

    async def aclose(self) -> None:
        """Close the line."""
        await self._transport.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncClient({self._transport.base}, {self._transport.credentials!r})"
