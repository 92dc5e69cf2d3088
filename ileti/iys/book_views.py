"""The error book's pages, and the deeds on what stopped in the queue with a code.

Reading is open to whoever may see codes at all (``iys:read``); records stand on a code's page only
for those who may read consents, and only theirs. Sending again and taking out of the queue are
rights of the queue.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import ngettext

from ileti.consents.numbers import entry_of
from ileti.core import db, jobs, orm
from ileti.core.errors import NotFound
from ileti.iys import book, book_page
from ileti.iys.batches import IYS_TOPIC
from ileti.iys.errors import MEANINGS
from ileti.outbox import relay
from ileti.tenancy import audit


class BookView(BaseView):
    """Every code, and one code."""

    route_base = "/hata-kitabi"
    class_permission_name = "iys"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """The list of codes with how many records have each now."""
        return self.render_template("panel/errorbook.html", **book_page.index())

    @expose("/<code>")
    @has_access
    @permission_name("read")
    def show(self, code: str) -> ResponseReturnValue:
        """One code with its records; also one that İYS's list does not have yet."""
        if book.CODE.fullmatch(code) is None or (len(code) > 4 and code not in MEANINGS):
            raise NotFound()
        return self.render_template("panel/errorcode.html", **book_page.detail(code))


class StoppedView(BaseView):
    """Records that stopped with a code: send again, or take out of the queue."""

    route_base = "/iletim/duran"
    class_permission_name = "queue"
    default_view = "resend"

    @expose("/<code>/yeniden", methods=["POST"])
    @has_access
    @permission_name("resend")
    def resend(self, code: str) -> ResponseReturnValue:
        """Put the ticked records, or all of the code, back into the queue as they are."""
        done = _each_provider("queue:resend", code, _chosen(code, or_all=True), _revive)
        for name in [known for known in jobs.JOBS if known.startswith("iys.")]:
            jobs.ring(name)
        flash(ngettext("%(num)s record goes out again.", "%(num)s records go out again.", done),
              "success")
        return redirect(url_for("BookView.show", code=code))

    @expose("/<code>/cikar", methods=["POST"])
    @has_access
    @permission_name("drop")
    def drop(self, code: str) -> ResponseReturnValue:
        """Take the ticked consents out of the queue for good; refusals stay in it (R-33)."""
        chosen = _chosen(code, or_all=False)
        done = _each_provider("queue:drop", code, chosen, book.drop)
        left = sum(len(refs) for refs in chosen.values()) - done
        if done:
            flash(ngettext("%(num)s consent was taken out of the queue; it cannot be used.",
                           "%(num)s consents were taken out of the queue; they cannot be used.",
                           done), "success")
        if left:
            flash(ngettext("%(num)s refusal stays in the queue: İYS must be told of it.",
                           "%(num)s refusals stay in the queue: İYS must be told of them.", left),
                  "warning")
        return redirect(url_for("BookView.show", code=code))


def _chosen(code: str, *, or_all: bool) -> dict[int, list[int]]:
    """The visible stopped entries that were ticked, by provider; all of the code when nothing was
    and that is meant. NotFound for somebody else's."""
    if book.CODE.fullmatch(code) is None:
        raise NotFound()
    ticked = [entry_of(one) for one in request.form.getlist("rowid")[:book.PAGE]]
    if ticked:
        found = book.visible_stopped([one for one in ticked if one is not None])
        if not found:
            raise NotFound()
        return found
    by_provider: dict[int, list[int]] = {}
    for provider, entry in book.stopped(code) if or_all else []:
        by_provider.setdefault(provider, []).append(entry)
    return by_provider


def _each_provider(deed: str, code: str, chosen: dict[int, list[int]],
                   act: Callable[[int, list[int]], int]) -> int:
    """Do it per provider, each noted in the audit trail."""
    done = 0
    for provider, entries in chosen.items():
        done += act(provider, entries)
        audit.record(deed, f"outbox:{len(entries)}", {"code": code, "refs": entries[:50]},
                     provider_id=provider)
    orm.db.session.commit()
    return done


def _revive(provider_id: int, entries: list[int]) -> int:
    with db.transaction() as conn:
        return relay.revive(conn, topic=IYS_TOPIC, provider_id=provider_id, ref_ids=entries)
