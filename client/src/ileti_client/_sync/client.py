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
from .calls import Calls
from .consents import Acts, Consents, Proofs
from .imports import Imports
from .records import (
    Account,
    Brands,
    CallLists,
    Campaigns,
    Dealers,
    Documents,
    Fields,
    Iys,
    Messages,
    Recipients,
    Reports,
    Requests,
    Templates,
    Users,
)
from .transport import Transport


class Client:
    """Speaks to one installation for one API account; may be shared by everything a program does at
    a time. ``credentials``: a key, or one of Key, Signature, ClientCredentials. ``http``: a client
    of httpx of your own, for a proxy or a certificate; it is not closed with this one."""

    def __init__(self, base_url: str, credentials: str | Credentials, *,
                 options: Options | None = None, insecure: bool = False,
                 http: httpx.Client | None = None) -> None:
        known = Key(credentials) if isinstance(credentials, str) else credentials
        self._open(Transport(checked_base(base_url, insecure=insecure), known,
                                  options or Options(), http))

    @classmethod
    def from_env(cls, **more: Any) -> Client:
        """For the address in ``ILETI`` and the key in ``ILETI_KEY``."""
        try:
            return cls(os.environ["ILETI"], os.environ["ILETI_KEY"], **more)
        except KeyError as error:
            raise ValueError(f"The environment has no {error.args[0]}.") from None

    def _open(self, transport: Transport) -> None:
        self._transport = transport
        self.account = Account(transport)
        self.consents = Consents(transport)
        self.proofs = Proofs(transport)
        self.imports = Imports(transport)
        self.acts = Acts(transport)
        self.calls = Calls(transport)
        self.documents = Documents(transport)
        self.messages = Messages(transport)
        self.templates = Templates(transport)
        self.campaigns = Campaigns(transport)
        self.fields = Fields(transport)
        self.recipients = Recipients(transport)
        self.brands = Brands(transport)
        self.dealers = Dealers(transport)
        self.users = Users(transport)
        self.iys = Iys(transport)
        self.reports = Reports(transport)
        self.requests = Requests(transport)
        self.call_lists = CallLists(transport)

    @property
    def options(self) -> Options:
        """How it behaves."""
        return self._transport.options

    def with_options(self, **changed: Any) -> Client:
        """The same client over the same line, with other options: ``with_options(total=5)``."""
        other = Client.__new__(Client)
        other._open(self._transport.with_options(replace(self.options, **changed)))
        return other

    def token(self) -> t.Token:
        """A new token for another program. This client gets and renews its own by itself."""
        found: t.Token = self._transport.token()
        return found

    def close(self) -> None:
        """Close the line."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._transport.base}, {self._transport.credentials!r})"
