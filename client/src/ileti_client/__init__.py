"""İleti for Python programs: record consents, ask about them, bring lists, read reports.

``Client`` and ``AsyncClient`` have the same rooms and methods. What they take and give is in
``ileti_client.types``, under the API's own names.
"""

from __future__ import annotations

from . import types
from ._async.client import AsyncClient
from ._async.files import AsyncDownload
from ._async.pages import AsyncListing, AsyncPage
from ._sync.client import Client
from ._sync.files import Download
from ._sync.pages import Listing, Page
from .answers import About, RateLimit, about
from .batches import Batch, Taken
from .credentials import ClientCredentials, Credentials, Key, Signature
from .errors import (
    BatchInterrupted,
    CallerMistake,
    Changed,
    Conflict,
    FieldError,
    Gone,
    IletiError,
    InvalidInput,
    KeyReused,
    NotAllowed,
    NotFound,
    NotLoggedIn,
    NotReached,
    NotUnderstood,
    Refused,
    RuleBroken,
    ServerFault,
    StorageAway,
    TimedOut,
    TokenRefused,
    TooLarge,
    TooMany,
    TryLater,
    WebhookRefused,
)
from .options import Options
from .version import __version__
from .webhooks import Event, verify_webhook

__all__ = [
    "About", "AsyncClient", "AsyncDownload", "AsyncListing", "AsyncPage", "Batch",
    "BatchInterrupted", "CallerMistake", "Changed", "Client", "ClientCredentials", "Conflict",
    "Credentials", "Download", "Event", "FieldError", "Gone", "IletiError", "InvalidInput", "Key",
    "KeyReused", "Listing", "NotAllowed", "NotFound", "NotLoggedIn", "NotReached", "NotUnderstood",
    "Options", "Page", "RateLimit", "Refused", "RuleBroken", "ServerFault", "Signature",
    "StorageAway", "Taken", "TimedOut", "TokenRefused", "TooLarge", "TooMany", "TryLater",
    "WebhookRefused", "__version__", "about", "types", "verify_webhook",
]
