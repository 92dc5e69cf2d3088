"""The recording of a call: kept in the vault or at the telephone system, by its SHA-256 either way.

Why this module exists: what somebody said on the phone is proven by the recording alone (R-20,
R-23), so a consent of a call counts only when it is here, and İYS takes it for three business days
(R-33). A call has one recording and it is never replaced; the same again is the same, and one
recording proves one call. What proves is a file in the vault, a link by the telephone system itself
(API), or an agent's link to a host the company allows, fetched and hashed here: an agent's word for
a digest is none. Of a call in which nothing was asked no recording is
kept, since there is nothing to prove (KVKK 4).
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from psycopg.errors import UniqueViolation

from ileti.callcentre import calls, fetching, settle
from ileti.callcentre.calls import CallNow
from ileti.callcentre.vocabulary import Said, Step
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import Conflict, FieldError, InvalidInput
from ileti.core.failpoints import reach
from ileti.evidence import links, vault
from ileti.evidence.kinds import Role
from ileti.evidence.vault import Kept

LONGEST_LINK: Final = 1_000
_SHA: Final = re.compile(r"[0-9a-f]{64}\Z")


def attach_file(call: CallNow, file: Kept, *, by: int | None) -> CallNow:
    """A recording that lies in the vault. Raises InvalidInput for a file that is no sound,
    Conflict for a call that has another one or nothing to prove."""
    refuse_silent(file.media_type)
    return _attach(call, file.sha256, by, file=file.id)


def attach_link(call: CallNow, link: str, sha256: str) -> CallNow:
    """A recording that lies at the telephone system, by its address and SHA-256 in hex, as that
    system says (API). Raises as :func:`attach_file`."""
    faults = []
    if not _is_link(link):
        faults.append(FieldError("link", "invalid", "https ile başlayan bir bağlantı yazın.",
                                 "Write a link that begins with https."))
    if not _SHA.match(sha256.lower()):
        faults.append(FieldError("sha256", "invalid", "SHA-256 özeti 64 onaltılık hanedir.",
                                 "A SHA-256 digest has 64 hexadecimal digits."))
    if faults:
        raise InvalidInput(errors=tuple(faults))
    return _attach(call, bytes.fromhex(sha256), None, link=link)


def fetch_link(call: CallNow, link: str, *, by: int) -> CallNow:
    """A recording at an address that somebody typed: fetched from a host the provider allows and
    hashed. Raises as :func:`attach_file`; InvalidInput too for another host and what is no sound,
    TryLater when the host does not answer. No transaction may be open."""
    refuse_needless(call)
    return _attach(call, fetching.digest_of(link, fetching.hosts(call.place.provider_id)), by,
                   link=link)


def refuse_silent(media_type: str) -> None:
    """Raise InvalidInput for a file that is no sound."""
    if not media_type.startswith("audio/"):
        raise InvalidInput(errors=(FieldError(
            "file", "no_recording", "Görüşmenin ses kaydını ekleyin; bu dosya ses kaydı değil.",
            "Add the recording of the call; this file is none."),))


def refuse_other(call: CallNow, digest: bytes) -> None:
    """Raise Conflict when a call has another recording than this; asked before a file is kept."""
    if call.recording_sha256 not in (None, digest):
        raise _other()


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (len(text) <= LONGEST_LINK and parts.scheme == "https" and bool(parts.hostname)
                and all(ord(one) > 32 for one in text))
    except ValueError:
        return False


def refuse_needless(call: CallNow) -> None:
    """Raise Conflict for a call in which there is nothing to prove; asked before a file comes."""
    if not call.did(Step.ANSWER, Step.REFUSAL):
        raise Conflict("Bu çağrıda sorulan ya da reddedilen bir şey yok; kaydı saklanmaz.",
                       "Nothing was asked or refused in this call; its recording is not kept.",
                       code="nothing_to_prove")


def _attach(call: CallNow, digest: bytes, by: int | None, *, file: int | None = None,
            link: str | None = None) -> CallNow:
    refuse_needless(call)
    try:
        db.system_connection().execute(
            "update call set recording_file = %s, recording_link = %s, recording_sha256 = %s, "
            "recording_at = %s, recording_by = %s where id = %s and recording_at is null",
            (file, calls.sealed(link, calls.LINK), digest, clock.now(), by, call.id))
    except UniqueViolation:
        raise Conflict("Bu kayıt başka bir çağrının kaydı; bir kayıt tek bir çağrıyı kanıtlar.",
                       "This is the recording of another call; a recording proves one call.",
                       code="recording_used") from None
    now = calls.load_any(call.id)
    refuse_other(now, digest)
    reach("call.recorded")
    finish(call.id)
    return calls.load_any(call.id)


def _other() -> Conflict:
    return Conflict("Bu çağrının başka bir kaydı var; kayıt değiştirilmez.",
                    "This call has another recording; a recording is never replaced.",
                    code="other_recording")


def finish(call_id: int) -> None:
    """Let the recording prove what it can, and hang it on the records of the call. Runs twice
    without harm; a sweeper calls it for whoever was killed in between."""
    settle.settle(call_id)
    settle.verify(call_id)
    call = calls.load_any(call_id)
    if call.ended_at is not None:
        settle.confirm(call_id)
        db.system_connection().execute(
            "update call set name = null where id = %s and name is not null", (call_id,))
    _hang(call)


def _hang(call: CallNow) -> None:
    if call.recording_file is None:
        return
    kept = vault.describe(call.place.provider_id, [call.recording_file]).get(call.recording_file)
    entries = _entries(call)
    if kept is not None and entries:
        links.link_all(entries, kept, Role.RECORDING, f"cagri-{call.id}", by=call.agent_id)


def _entries(call: CallNow) -> list[int]:
    """The consents and refusals of the call; acts about personal data carry the hash in their
    evidence."""
    numbers = {number for one in call.did(Step.ANSWER, Step.REFUSAL)
               for number in (one.entry_id, one.verified_entry)
               if number is not None and (one.channel is not None or one.kind is Step.REFUSAL)}
    return sorted(numbers)


def lacks(call: CallNow) -> bool:
    """Whether a yes of a call that is over waits for its recording."""
    return call.recording_at is None and any(
        one.said is Said.YES for one in call.did(Step.ANSWER))


def channels_of(call: CallNow) -> list[Channel]:
    """The channels somebody said yes to, in order."""
    return [one.channel for one in call.did(Step.ANSWER)
            if one.said is Said.YES and one.channel is not None]
