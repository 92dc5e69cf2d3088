"""What plug-ins hand over and are handed: the values of the hooks, and nothing of ours behind them.

Why this module exists: a plug-in is written by somebody else and lives longer than our tables, so
it never gets a row of the ORM. Everything here is plain and frozen, words are İYS's (``MESAJ``,
``ONAY``, ``HS_WEB``). What gateways speak with stands in :mod:`ileti.channels.base`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

#: of the contract between the product and its plug-ins; raised when a hook changes its meaning
VERSION: Final = 1
ERROR: Final = "error"
HINT: Final = "hint"


@dataclass(frozen=True)
class Said:
    """A sentence people read, in both languages."""

    tr: str
    en: str

    def say(self, language: str) -> str:
        """It in ``tr`` or ``en``."""
        return self.en if language == "en" else self.tr


@dataclass(frozen=True)
class GateQuestion:
    """Recipients to whom a message may go by law, asked about once more. ``addresses`` canonical:
    ``+905321234567``, ``ad@ornek.com``; ``channel`` and ``recipient_type`` İYS's words;
    ``brand_code`` the brand's number at İYS."""

    provider_id: int
    brand_id: int
    channel: str
    recipient_type: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Wording:
    """A text to be judged. ``kind``: ``ETK_ONAYI``, ``AYDINLATMA``, ``ACIK_RIZA`` or
    ``YURT_DISI``; ``channel`` İYS's word or None; ``body`` as it was written, fields unfilled."""

    kind: str
    language: str
    title: str
    body: str
    channel: str | None


@dataclass(frozen=True)
class Remark:
    """What a plug-in finds in a wording. ``level`` :data:`ERROR` stops publishing, :data:`HINT`
    does not; ``start`` and ``end`` a span of the body in characters, both 0 for the whole."""

    code: str
    level: str
    said: Said
    why: Said
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class ConsentRow:
    """A row of the list of consents, without the address. ``record``: ``IZN-…``."""

    record: str
    brand_id: int
    channel: str
    recipient_type: str
    status: str
    source: str
    taken_at: datetime
    dealer_id: int | None


@dataclass(frozen=True)
class Column:
    """A column of the list of consents. ``values`` gets all rows of a page at once and answers one
    text (or None) per row, in their order. ``key`` is its name for programs."""

    key: str
    title: Said
    values: Callable[[Sequence[ConsentRow]], Sequence[str | None]]


@dataclass(frozen=True)
class ImportSource:
    """A place customer lists come from. ``pieces`` answers a list as bytes, as a person would have
    uploaded it (CSV with a heading, NDJSON or a workbook), of what came since a day (None: all).
    ``source`` is the İYS source (``HS_…``, R-43) of rows that name none."""

    key: str
    title: Said
    file_name: str
    pieces: Callable[[date | None], Iterable[bytes]]
    source: str | None = None


@dataclass(frozen=True)
class PanelPage:
    """A page of the panel: a view of Flask-AppBuilder with ``route_base``, whose methods all carry
    ``@has_access`` and name a right of the role table. ``permission`` is the right that shows the
    menu entry; ``icon`` a lucide name. ``name`` is the entry's own, with the plug-in's in it."""

    name: str
    view: Any
    title: Said
    permission: str
    icon: str = "plug"


@dataclass(frozen=True)
class KindField:
    """What an account of a kind needs to be known. ``secret``: kept sealed and never shown again;
    ``check`` answers the typed text as it is kept, or raises ValueError (with ``tr`` and ``en`` for
    people); ``lines``: it is longer than a line."""

    key: str
    title: Said
    secret: bool = False
    required: bool = True
    hint: Said | None = None
    check: Callable[[str], str] | None = None
    lines: bool = False


@dataclass(frozen=True)
class GatewayKind:
    """A kind of account messages can go by. ``channel`` is İYS's word; ``make`` gets the fields'
    values by their keys and answers a gateway (of ``MESAJ`` a
    :class:`ileti.channels.sms.SmsGateway`), or raises :class:`Unfit`. ``pushes``: the provider can
    push its reports to an address of ours."""

    key: str
    channel: str
    title: Said
    fields: tuple[KindField, ...]
    make: Callable[[Mapping[str, str]], Any]
    pushes: bool = False


class Unfit(ValueError):
    """Values no gateway can be made of: which field, and why."""

    def __init__(self, field: str, said: Said) -> None:
        self.field, self.said, self.tr, self.en = field, said, said.tr, said.en
        super().__init__(said.en)
