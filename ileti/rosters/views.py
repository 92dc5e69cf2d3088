"""Bringing a list of dealers or users: file, trial with a line per row, and the deed.

Why this module exists: nobody should find out after the deed what a list did. The trial changes
nothing. Between it and the button the file is nowhere in the house: it goes sealed into the page
and comes back with the button, for the one who brought it and for an hour.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from ileti.core import clock, db, orm
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import CallerMistake, Conflict, Gone, IletiError, NotFound
from ileti.core.formats import language, say
from ileti.core.secrets import secrets
from ileti.rosters import dealers, people, sheet
from ileti.rosters.sheet import DEALERS, USERS, Column, Line, Sheet
from ileti.rosters.verdict import Fate, Verdict, counts
from ileti.tenancy import confirm, doors, limits, scope
from ileti.tenancy.users import giver
from ileti.tenancy.views import COMMON_LABELS

SECONDS: Final = 3_600
SHOWN: Final = 500
FORM_ROOM: Final = 100_000
_FATES: Final = {Fate.NEW: _l("New"), Fate.CHANGED: _l("Changed"), Fate.SAME: _l("Already so"),
                 Fate.REFUSED: _l("Not taken")}
_ORDER: Final = (Fate.REFUSED, Fate.NEW, Fate.CHANGED, Fate.SAME)


class _ListView(BaseView):
    """What both lists have in common; ``kind`` also seals the file to one of them."""

    kind = ""
    columns: Sequence[Column] = ()
    thing = ""
    words: dict[str, Any] = {}
    back = ""

    def _judge(self, lines: Sequence[Line]) -> list[Verdict]:
        raise NotImplementedError

    def _apply(self, lines: Sequence[Line]) -> list[Verdict]:
        raise NotImplementedError

    def _start(self, wrong: str = "", status: int = 200) -> ResponseReturnValue:
        columns = [(one.heading(language()), one.needed) for one in self.columns]
        return self.render_template(
            "panel/roster.html", words=self.words, back_url=url_for(self.back), wrong=wrong,
            columns=columns, action=url_for(f"{self.endpoint}.trial"), most=sheet.MOST_ROWS,
            templates=[(name, url_for(f"{self.endpoint}.template", language=key))
                       for key, name in (("tr", _("Template with Turkish headings")),
                                         ("en", _("Template with English headings")))]), status

    def _try(self) -> ResponseReturnValue:
        brought = doors.brought()
        raw = brought[0].getvalue() if brought else b""
        if not raw:
            return self._start(_("Choose a file."), 422)
        try:
            found = sheet.read(request.files["file"].filename or "", raw, self.columns)
            verdicts = self._judge(found.lines)
        except IletiError as error:
            return self._start(say(error), 422)
        return self._trial_page(found, verdicts)

    def _trial_page(self, found: Sheet, verdicts: list[Verdict]) -> ResponseReturnValue:
        number = counts(verdicts)
        todo = number[Fate.NEW] + number[Fate.CHANGED]
        rows = sorted(verdicts, key=lambda one: (_ORDER.index(one.fate), one.line))
        room = self._room(number[Fate.NEW])
        return self.render_template(
            "panel/roster_trial.html", words=self.words, unknown=found.unknown, room=room,
            tiles=[{"label": _FATES[fate], "number": number[fate], "note": ""} for fate in Fate],
            rows=[self._row(one) for one in rows[:SHOWN]], more=max(0, len(rows) - SHOWN),
            todo=todo, action=url_for(f"{self.endpoint}.deed"), refused=number[Fate.REFUSED],
            sealed=_sealed(self.kind, found.lines), back_url=url_for(f"{self.endpoint}.start"),
            verb=self._verb(todo))

    def _row(self, one: Verdict) -> dict[str, Any]:
        said = [tr if language() == "tr" else en for tr, en in one.reasons]
        if one.fate is Fate.CHANGED:
            said = [str(COMMON_LABELS.get(name, _("Role"))) for name in one.changes]
        return {"line": one.line, "name": one.name, "fate": one.fate.value, "said": said}

    def _room(self, new: int) -> str:
        """What a limit of the provider lets in, when that is less than the list brings."""
        provider = scope.current().provider_id
        if provider is None or self.thing != "dealers":  # who is invited may have a place already
            return ""
        use = next(one for one in limits.uses(db.system_connection(), provider)
                   if one.key == self.thing)
        if use.left is None or use.left >= new:
            return ""
        return ngettext("The limit leaves room for %(num)s more.",
                        "The limit leaves room for %(num)s more.", use.left)

    def _verb(self, todo: int) -> str:
        raise NotImplementedError

    def _do(self) -> ResponseReturnValue:
        try:
            done = counts(self._apply(_opened(self.kind, request.form.get("sealed", ""))))
        except Conflict as error:
            orm.db.session.rollback()
            return self._start(say(error), 409)
        flash(_("Done: %(new)s new, %(changed)s changed, %(same)s already so, %(refused)s refused.",
                new=done[Fate.NEW], changed=done[Fate.CHANGED], same=done[Fate.SAME],
                refused=done[Fate.REFUSED]), "success")
        return redirect(url_for(self.back))

    def _template(self, language: str) -> Response:
        if language not in ("tr", "en"):
            raise NotFound()
        name = {"dealers": "bayiler", "users": "kullanicilar"}[self.kind]
        return Response(sheet.template(self.columns, language), mimetype="text/csv", headers={
            "Content-Disposition": f'attachment; filename="{name}-sablonu-{language}.csv"'})


class DealerListView(_ListView):
    """A list of dealers."""

    route_base = "/bayiler/liste"
    class_permission_name = "dealer"
    default_view = "start"
    kind = thing = "dealers"
    columns = DEALERS
    back = "DealerView.list"
    words = {"title": _l("Bring a list of dealers"), "list": _l("Dealers"),
             "lead": _l("Rows that are there already are left as they are; the same file again "
                        "adds nothing. Nobody is added at İYS by it.")}

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("write")
    def start(self) -> ResponseReturnValue:
        """Templates and the way to bring a file."""
        return self._start()

    @expose("/sablon-<language>.csv")
    @has_access
    @permission_name("write")
    def template(self, language: str) -> Response:
        """A file to fill in."""
        return self._template(language)

    @expose("/deneme", methods=["POST"])
    @has_access
    @permission_name("write")
    def trial(self) -> ResponseReturnValue:
        """What the file would do."""
        return self._try()

    @expose("/uygula", methods=["POST"])
    @has_access
    @permission_name("write")
    def deed(self) -> ResponseReturnValue:
        """Do it."""
        return self._do()

    def _judge(self, lines: Sequence[Line]) -> list[Verdict]:
        return dealers.judge(lines)

    def _apply(self, lines: Sequence[Line]) -> list[Verdict]:
        return dealers.apply(lines)

    def _verb(self, todo: int) -> str:
        return ngettext("Apply %(num)s row", "Apply %(num)s rows", todo)


class UserListView(_ListView):
    """A list of users, who are invited by mail."""

    route_base = "/kullanicilar/liste"
    class_permission_name = "user"
    default_view = "start"
    kind = thing = "users"
    columns = USERS
    back = "InviteView.list"
    words = {"title": _l("Bring a list of users"), "list": _l("Users"),
             "lead": _l("Each gets a mail with a link and chooses the password alone. Who has the "
                        "role there already, or is invited to it, gets none.")}

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("write")
    def start(self) -> ResponseReturnValue:
        """Templates and the way to bring a file."""
        return self._start()

    @expose("/sablon-<language>.csv")
    @has_access
    @permission_name("write")
    def template(self, language: str) -> Response:
        """A file to fill in."""
        return self._template(language)

    @expose("/deneme", methods=["POST"])
    @has_access
    @permission_name("write")
    def trial(self) -> ResponseReturnValue:
        """What the file would do."""
        return self._try()

    @expose("/uygula", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def deed(self) -> ResponseReturnValue:
        """Do it."""
        return self._do()

    def _judge(self, lines: Sequence[Line]) -> list[Verdict]:
        return people.judge(lines, giver())

    def _apply(self, lines: Sequence[Line]) -> list[Verdict]:
        by = f"{current_user.first_name} {current_user.last_name}".strip()
        return people.apply(lines, giver(), by)

    def _verb(self, todo: int) -> str:
        return ngettext("Invite %(num)s person", "Invite %(num)s people", todo)


# -- between trial and deed ------------------------------------------------------------------------


def _sealed(kind: str, lines: Sequence[Line]) -> str:
    told = json.dumps({"until": int(clock.now().timestamp()) + SECONDS,
                       "lines": [[one.number, one.cells] for one in lines]}, ensure_ascii=False)
    packed = base64.b85encode(zlib.compress(told.encode(), 6)).decode()
    return secrets().keyring.encrypt_text(packed, _bound(kind))


def _opened(kind: str, text: str) -> list[Line]:
    """The rows of the trial. Raises CallerMistake for a page that is not this user's, Gone for an
    old one."""
    try:
        packed = secrets().keyring.decrypt_text(text, _bound(kind))
        told = json.loads(zlib.decompress(base64.b85decode(packed)))
    except (CannotDecrypt, ValueError, binascii.Error, zlib.error, LookupError):
        raise CallerMistake("Bu deneme sizin değil ya da bozuk; listeyi yeniden getirin.",
                            "This trial is not yours or broken; bring the list again.",
                            code="forged_list") from None
    if told["until"] < clock.now().timestamp():
        raise Gone("Denemenin süresi doldu; listeyi yeniden getirin.",
                   "The trial is too old; bring the list again.", code="old_list")
    return [Line(number, cells) for number, cells in told["lines"]]


def _bound(kind: str) -> str:
    here = scope.current()
    return f"roster:{kind}:{current_user.id}:{here.provider_id}:{here.brand_id}:{here.dealer_id}"


class _Held(BytesIO):
    """A file of a form in memory, never on the disk; what is beyond the bound is not kept."""

    def write(self, data: Any) -> int:
        if self.tell() <= sheet.MOST_BYTES:
            super().write(data)
        return len(data)


for _view, _right in ((DealerListView, "dealer:write"), (UserListView, "user:write")):
    doors.register(doors.Door(f"{_view.__name__}.trial", _right,
                              lambda: 2 * sheet.MOST_BYTES + FORM_ROOM, _Held))
