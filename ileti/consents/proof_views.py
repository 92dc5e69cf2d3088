"""Adding a file to a consent and opening one; each opening is written down first."""

from __future__ import annotations

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from ileti.consents import search
from ileti.consents.detail import record_url
from ileti.consents.models import ConsentEntry
from ileti.consents.proofs import is_own
from ileti.core import orm
from ileti.core.errors import IletiError, NotFound
from ileti.core.formats import say
from ileti.evidence import giving, links
from ileti.evidence.kinds import role_of
from ileti.evidence.models import EntryFile
from ileti.tenancy import audit

LARGEST = 2**63 - 1


class ProofView(BaseView):
    """Files of one consent."""

    route_base = "/izinler"
    class_permission_name = "proof"
    default_view = "add"

    @expose("/<number>/kanit", methods=["POST"])
    @has_access
    @permission_name("write")
    def add(self, number: str) -> ResponseReturnValue:
        """Take files and link them to the entry; a link cannot be taken back."""
        entry = _own_entry(number)
        role = giving.asked_role()
        brought = giving.take(entry.provider_id, by=current_user.id)
        count = 0
        for file, name in brought.kept:
            chosen = role or role_of(file.media_type)
            try:
                link = links.link(entry.id, file, chosen, name, by=current_user.id)
            except IletiError as error:
                brought.refused.append((name, error))
                continue
            audit.record("proof:add", f"consent:{number}", {
                "link": link, "file": file.id, "role": chosen.name}, provider_id=entry.provider_id)
            count += 1
        orm.db.session.commit()
        if giving.wants_json():
            return giving.told(brought.refused, count)
        for _name, refusal in brought.refused:
            flash(say(refusal), "danger")
        if count:
            flash(_("The file is kept in the vault and belongs to this record."), "success")
        return redirect(record_url(entry), code=303)

    @expose("/<number>/kanit/<int:link>")
    @has_access
    @permission_name("read")
    def open(self, number: str, link: int) -> ResponseReturnValue:
        """One file as a download."""
        entry = _own_entry(number)
        found = None if link > LARGEST else orm.db.session.scalars(select(EntryFile).where(
            EntryFile.provider_id == entry.provider_id, EntryFile.id == link,
            EntryFile.entry_id == entry.id)).first()
        if found is None:
            raise NotFound()
        audit.record("proof:open", f"consent:{number}", {"link": link, "file": found.file_id},
                     provider_id=entry.provider_id)
        return giving.give(entry.provider_id, found.file_id, found.name)


giving.door("ProofView.add", "proof:write")


def _own_entry(number: str) -> ConsentEntry:
    """The entry of a record number whose files are the user's to see; NotFound for any other."""
    entry = search.entry_by_number(number)
    if entry is None or not is_own(entry):
        raise NotFound()
    return entry
