"""Whether outbound calls may ask for consents: off, unless a provider says why and on which ground.

Why this module exists: asking on the phone whom one called oneself is lawful, if at all, as a side
question in a call that serves the person (R-20; R-11 forbids the rest). So it is a decision of the
provider's admin, with a reason and the exempt grounds, in the trail, by two people where the
provider wants two for rights (:mod:`ileti.tenancy.foureyes`). Switching it off takes one. Where
recordings lie is the same admin's: a link proves something only at a host the company trusts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ileti.callcentre.vocabulary import Service
from ileti.core import clock, db, target
from ileti.core.errors import FieldError, InvalidInput, NotAllowed
from ileti.tenancy import accounts, deeds, foureyes
from ileti.tenancy.foureyes import Carrier, Request, Wish

DEED: Final = "call_outbound"
LONGEST_REASON: Final = 400
MOST_HOSTS: Final = 10
_RIGHT: Final = "call:allow"


def allow(provider_id: int, reason: str, grounds: Sequence[Service], *, by: int) -> None:
    """Let outbound calls ask beside these notices. Raises InvalidInput, and Waits where a second
    person has to agree."""
    said = " ".join(reason.split())
    faults = []
    if not 10 <= len(said) <= LONGEST_REASON or not said.isprintable():
        faults.append(FieldError("reason", "missing", "Gerekçeyi yazın: 10–400 karakter.",
                                 "Write the reason: 10 to 400 characters."))
    if not grounds:
        faults.append(FieldError("grounds", "missing", "En az bir arama nedeni seçin (R-02, R-03).",
                                 "Choose at least one reason to call (R-02, R-03)."))
    if faults:
        raise InvalidInput(errors=tuple(faults))
    wish = Wish("rights", DEED, f"provider:{provider_id}", _RIGHT,
                {"reason": said, "grounds": sorted(one.value for one in grounds)}, provider_id)
    foureyes.needed(wish, by=by)
    _set(wish, by)


def forbid(provider_id: int, *, by: int) -> None:
    """Outbound calls ask no more; calls that are open may end."""
    with db.transaction(system=True) as conn:
        done = conn.execute(
            "update call_rule set outbound = false, changed_at = now(), changed_by = %s "
            "where provider_id = %s and outbound", (by, provider_id))
        if done.rowcount:
            deeds.note(conn, "call:outbound_off", f"provider:{provider_id}",
                       provider_id=provider_id, user_id=by, detail={})


def read(provider_id: int) -> tuple[bool, str, list[str]]:
    """On or off, the reason that was given, and the grounds."""
    row = db.system_connection().execute(
        "select outbound, reason, grounds from call_rule where provider_id = %s",
        (provider_id,)).fetchone()
    return (bool(row[0]), row[1], list(row[2])) if row else (False, "", [])


def set_hosts(provider_id: int, text: str, *, by: int) -> None:
    """Name the hosts an agent's link may lead to, one a line; none shuts links of agents. Raises
    InvalidInput for what is no public host."""
    found = sorted({one.strip().lower().removeprefix("https://").rstrip("/")
                    for one in text.split() if one.strip()})
    if len(found) > MOST_HOSTS or not all(_is_host(one) for one in found):
        raise InvalidInput(errors=(FieldError(
            "hosts", "invalid", f"Her satıra bir sunucu adı yazın (kayit.ornek.com.tr); en çok "
            f"{MOST_HOSTS}.", f"Write one host name a line (kayit.ornek.com.tr), {MOST_HOSTS} at "
            "most."),))
    with db.transaction(system=True) as conn:
        conn.execute(
            "insert into call_rule (provider_id, recording_hosts, changed_at, changed_by) "
            "values (%s, %s, %s, %s) on conflict (provider_id) do update set recording_hosts = "
            "excluded.recording_hosts, changed_at = excluded.changed_at, "
            "changed_by = excluded.changed_by", (provider_id, found, clock.now(), by))
        deeds.note(conn, "call:recording_hosts", f"provider:{provider_id}",
                   provider_id=provider_id, user_id=by, detail={"hosts": found})


def _is_host(text: str) -> bool:
    try:
        return target.parse(f"https://{text}/").host == text
    except target.WrongAddress:
        return False


def _set(wish: Wish, by: int | None) -> None:
    with db.transaction(system=True) as conn:
        conn.execute(
            "insert into call_rule (provider_id, outbound, reason, grounds, changed_at, "
            "changed_by) values (%s, true, %s, %s, %s, %s) on conflict (provider_id) do update set "
            "outbound = true, reason = excluded.reason, grounds = excluded.grounds, "
            "changed_at = excluded.changed_at, changed_by = excluded.changed_by",
            (wish.provider_id, wish.act["reason"], list(wish.act["grounds"]), clock.now(), by))
        deeds.note(conn, "call:outbound_on", wish.subject, provider_id=wish.provider_id,
                   user_id=by, detail={"reason": wish.act["reason"],
                                       "grounds": list(wish.act["grounds"])})


def _do(request: Request) -> None:
    if not any(_RIGHT in one.permissions
               and one.scope.provider_id in (None, request.wish.provider_id)
               for one in accounts.givers_of(request.asked_by)):
        raise NotAllowed("Bunu isteyen kişinin artık bu yetkisi yok.",
                         "Whoever asked for it has this right no more.", code="right_lost")
    _set(request.wish, request.asked_by)


def _mark(wish: Wish) -> str:
    on, reason, grounds = read(wish.provider_id or 0)
    return f"{on} {len(reason)} {','.join(sorted(grounds))}"[:200]


def _about(request: Request, language: str) -> list[tuple[str, str]]:
    act: Any = request.wish.act
    english = language == "en"
    names = [Service(one).en if english else Service(one).tr for one in act["grounds"]]
    return [("Outbound calls may ask" if english else "Giden çağrılarda sorulabilir",
             ", ".join(names)), ("Reason" if english else "Gerekçe", act["reason"])]


foureyes.carries_out(DEED, Carrier("rights", _do, _mark, _about,
                                   "the rule is set to what was asked"))
