"""A mail somebody read that is a data subject's request: its form filled in, the mail as its paper.

Why this module exists: people ask by answering whatever they got (KVKK art. 13, R-63), and the
thirty days run from the moment it came, whoever reads it when. So the mail that no machine
understood becomes a case in one step: what stands in it is filled in and checked by whoever opens
the case, since anybody may write in anybody's name; the mail itself lies in the case and no longer
among the unread ones. Both happen in one transaction.
"""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _

from ileti.core import db, orm
from ileti.core.errors import FieldError, NotFound
from ileti.evidence import vault
from ileti.mailroom import deciding, readviews
from ileti.mailroom.extract import shown
from ileti.mailroom.models import ReturnedMail
from ileti.mailroom.readviews import Other
from ileti.requests import people
from ileti.requests.desk.newcase import Typed, brands
from ileti.requests.numbers import case_number
from ileti.requests.people import LONGEST_WISH, Person
from ileti.requests.vocabulary import Way
from ileti.tenancy import security

FIELD: Final = "posta"
NAME: Final = "basvuru.eml"


def idem_of(mail_id: int) -> str:
    """The occasion of the case: a mail makes one, however often the button is pressed."""
    return f"mail:{mail_id}"


def chosen(said: Any) -> ReturnedMail | None:
    """The mail a form is about, None of one typed by hand. Raises NotFound for a mail that is not
    for whoever is at work to decide on."""
    number = said.get(FIELD, "")
    if not number:
        return None
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotFound()
    return mail(int(number))


def mail(number: int) -> ReturnedMail:
    """A mail, for who may decide on it; raises NotFound."""
    if not security.may("mail:decide"):
        raise NotFound()
    return readviews.mail(number)


def typed(one: ReturnedMail) -> Typed:
    """What stands in it, to be checked. Raises Conflict when somebody decided on it already,
    NotFound when none of its words are kept."""
    found = deciding.waiting(one.provider_id, one.id)
    if found.kept is None:
        raise NotFound()
    read = shown(found.kept)
    name, address = parseaddr(read.author)
    told, _wrong = people.read_person({"name": "" if "@" in name else name, "email": address})
    own = [brand for brand in brands() if brand.provider_id == one.provider_id]
    return Typed(
        brand=next((brand for brand in own if brand.id == found.brand_id), own[0] if own else None),
        way=Way.EMAIL, received_at=found.at, person=told or Person(),
        wish="\n\n".join(filter(None, (read.subject, read.words)))[:LONGEST_WISH])


def wrong_brand(one: ReturnedMail, said: Typed) -> list[FieldError]:
    """The mail is its company's: a case of it is too (R-15)."""
    if said.brand is None or said.brand.provider_id == one.provider_id:
        return []
    return [FieldError("brand", "other_provider", "Posta başka bir hizmet sağlayıcının.",
                       "The mail is another provider’s.")]


def keep(one: ReturnedMail, *, by: int) -> vault.Kept:
    """Its extract in the vault, where the case's papers lie; outside any transaction. Raises
    Conflict when somebody decided on it already, and what the vault raises."""
    found = deciding.waiting(one.provider_id, one.id)
    if found.kept is None:
        raise NotFound()
    orm.db.session.commit()
    return vault.put(one.provider_id, [found.kept], NAME, by=by)


# -- on the page of the mail -----------------------------------------------------------------------


def _offer(one: ReturnedMail) -> dict[str, Any] | None:
    return {"method": "post", "url": url_for("RequestView.of_mail", pk=one.id),
            "label": _("Open as a data subject’s request"), "icon": "id-card",
            } if security.may("request:write") else None


def _became(one: ReturnedMail) -> dict[str, Any] | None:
    if not security.may("request:read"):
        return None
    row = db.connection().execute(
        "select id, received_at from data_request where provider_id = %s and idem = %s",
        (one.provider_id, idem_of(one.id))).fetchone()
    return None if row is None else {
        "number": case_number(row[0]), "at": row[1], "what": _("Data subject’s request"),
        "url": url_for("RequestView.show", number=case_number(row[0]))}


readviews.taken_by(Other(_offer, _became))
