"""What the address of the queue to İYS asks: filters, columns and saved views of its tabs.

Why this module exists: records on their way, those that stopped and submissions are three lists at
one address, whose rows know different things; a filter is offered where its rows can answer it.
"""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import func

from ileti.consents.models import ConsentEntry
from ileti.consents.vocabulary import Channel, Status
from ileti.core.formats import say
from ileti.iys.models import IysBatch
from ileti.outbox.models import OutboxRow
from ileti.tenancy import narrowing
from ileti.tenancy import offered as offers

TABS = ("bekleyen", "duran", "gonderim")


def read(tab: str) -> narrowing.Asked:
    """The address of this request, for the rows of a tab."""
    batches = tab == "gonderim"
    one: Any = IysBatch if batches else OutboxRow
    columns = [("olan", _("What happened")), ("marka", _("Brand"))]
    if tab != "duran":
        columns.append(("sonra-dene", _("Next try")))
    columns.append(("an", _("Sent") if batches else _("Taken")))
    picks = [narrowing.Pick("marka", _("Brand"), narrowing.by_number(
        one.brand_id, {each.id: each.name for each in offers.brands()}))]
    if not batches:
        picks += [
            narrowing.Pick("kanal", _("Channel"), narrowing.by_number(
                ConsentEntry.channel, {int(each): say(each) for each in Channel})),
            narrowing.Pick("izin", _("Consent or refusal"), narrowing.by_number(
                ConsentEntry.status, {int(each): say(each) for each in Status}))]
    found = narrowing.read(
        "QueueView.list", columns, picks,
        func.coalesce(IysBatch.sent_at, IysBatch.created_at) if batches else OutboxRow.ref_at,
        label=_("Date"), always=("durum",))
    found.drawn["clear_url"] = url_for("QueueView.list", durum=tab, gorunum=0)
    return found
