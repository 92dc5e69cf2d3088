"""An example plug-in: each function below is a hook of İleti, told of in its docs/plugins.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from ileti.core.clock import to_istanbul
from ileti.hooks.kinds import (
    ERROR,
    HINT,
    Column,
    ConsentRow,
    GateQuestion,
    GatewayKind,
    ImportSource,
    KindField,
    PanelPage,
    Remark,
    Said,
    Wording,
)
from ileti.hooks.specs import hookimpl
from ileti_plugin_ornek.folder import FolderGateway, FolderSms, folder

#: the version of the contract this was made for; another one is refused with a sentence
ILETI_HOOKS = 1


@hookimpl
def gateway(channel: str, settings: Any) -> FolderGateway | None:
    """SMS only; mails go as before."""
    return FolderGateway(folder()) if channel == "MESAJ" else None


@hookimpl
def gateway_kinds() -> Sequence[GatewayKind]:
    """An account whose messages lie in a file of that name: one line per message, many in a call.
    """
    return [GatewayKind("ornek-dosya", "MESAJ", Said("Örnek klasör", "Example folder"), (
        KindField("file", Said("Dosyanın adı", "Name of the file")),), FolderSms.of)]


@hookimpl
def gate_check(asked: GateQuestion) -> Mapping[int, Said]:
    """No to whoever stands in ``durdur.txt``. It is read each time: a check that remembers would
    let a message go after somebody was added."""
    file = folder() / "durdur.txt"
    stopped = set(file.read_text("utf-8").split()) if file.is_file() else set()
    why = Said("Bu kişi şirketin durdurma listesinde.",
               "This person is on the company’s stop list.")
    return {place: why for place, address in enumerate(asked.addresses) if address in stopped}


@hookimpl
def lint_check(text: Wording) -> Iterable[Remark]:
    """The house style of an invented company."""
    for found in re.finditer("bedava", text.body, re.IGNORECASE):
        yield Remark("bedava", HINT, Said("“Bedava” yerine “ücretsiz”",
                                          "“Ücretsiz” instead of “bedava”"),
                     Said("Şirketin dil kılavuzu böyle ister.",
                          "The company’s style guide says so."),
                     found.start(), found.end())
    if "kesin kazanç" in text.body.lower():
        yield Remark("kazanc", ERROR, Said("Kazanç sözü verilmiş", "A gain is promised"),
                     Said("Hukuk birimi izin vermiyor.", "The legal department does not allow it."))


@hookimpl
def consent_columns() -> Sequence[Column]:
    """One column; its values are made for a whole page at once."""
    return [Column("mesai", Said("Mesai", "Office hours"), _office_hours)]


def _office_hours(rows: Sequence[ConsentRow]) -> list[str | None]:
    hours = [to_istanbul(one.taken_at).hour for one in rows]
    return ["mesai içi" if 9 <= hour < 18 else "mesai dışı" for hour in hours]


@hookimpl
def import_sources() -> Sequence[ImportSource]:
    """The list of the till. İYS knows no tills: what is taken there is taken on the spot (R-43)."""
    return [ImportSource("kasa", Said("Kasadaki liste", "The till’s list"), "kasa.csv", _till,
                         source="HS_FIZIKSEL_ORTAM")]


def _till(since: date | None) -> Iterator[bytes]:
    """Here a file; a real source would ask another system for what came since that day."""
    with (folder() / "kasa.csv").open("rb") as file:
        while piece := file.read(1 << 18):
            yield piece


@hookimpl
def panel_pages() -> Sequence[PanelPage]:
    """Imported here and not above: commands and workers have no use for Flask."""
    from ileti_plugin_ornek.pages import OrnekView

    return [PanelPage("giden", OrnekView, Said("Giden SMS’ler", "SMS sent"), "report:read",
                      icon="send")]
