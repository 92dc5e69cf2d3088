"""What lies at the address of a recording, read once, so that its digest is ours and nobody's word.

Why this module exists: an agent who may type any address and any digest could prove a consent that
nobody gave. So the address leads to a host that the company named, the guarded way out is taken
(:mod:`ileti.core.target`: public, https, no redirect), and what comes has to be sound. Nothing is
kept of it but its digest: the recording stays where it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

from ileti.core import db, target
from ileti.core.errors import CallerMistake, FieldError, InvalidInput, TryLater
from ileti.core.http import NoAnswer, OutgoingClient, Transport
from ileti.evidence import kinds

_LONGEST_SECONDS: Final = 60.0


def _way_out() -> Transport:
    return target.CheckedTransport()


def hosts(provider_id: int) -> list[str]:
    """Where the provider's telephone system keeps recordings, as its admin said
    (:func:`ileti.callcentre.allowing.set_hosts`)."""
    row = db.system_connection().execute(
        "select recording_hosts from call_rule where provider_id = %s", (provider_id,)).fetchone()
    return list(row[0]) if row else []


def digest_of(link: str, hosts: Sequence[str]) -> bytes:
    """The SHA-256 of the sound that lies at a link. Raises InvalidInput for a link that leads
    elsewhere or to no sound, TryLater when it cannot be fetched now."""
    try:
        place = target.parse(link)
    except target.WrongAddress as error:
        raise _refused("invalid", error.tr, error.en) from None
    if place.host not in hosts or place.port != 443:
        raise _refused(
            "not_allowed", "Bu sunucu izinli değil; ses dosyasını ekleyin ya da yöneticinizden "
            "santralin kayıt sunucusunu izinli yapmasını isteyin.",
            "This host is not allowed; add the sound file, or ask your administrator to allow the "
            "host where the telephone system keeps recordings.")
    read = _Read()
    client = OutgoingClient(f"https://{place.authority}", transport=_way_out())
    try:
        answer = client.download(place.path, into=read.take, headers={}, note="call recording")
    except NoAnswer as error:
        raise _away() from error
    finally:
        client.close()
    if answer.status_code != 200:
        raise _away() if answer.status_code >= 500 else _refused(
            "not_there", f"Bağlantıda kayıt yok (HTTP {answer.status_code}).",
            f"There is no recording at this link (HTTP {answer.status_code}).")
    if not read.is_sound:
        raise _refused("no_recording", "Bağlantıdaki dosya ses kaydı değil.",
                       "What lies at this link is no sound.")
    return read.digest


class _Read:
    """The digest and the first bytes of what comes."""

    def __init__(self) -> None:
        self._hash, self._head = sha256(), b""

    def take(self, pieces: Iterator[bytes]) -> None:
        """Read all of it, but not for ever."""
        until = time.monotonic() + _LONGEST_SECONDS
        for piece in pieces:
            self._hash.update(piece)
            self._head = (self._head + piece)[:kinds.HEAD]
            if time.monotonic() > until:
                raise NoAnswer("TooSlow", arrived=True)

    @property
    def digest(self) -> bytes:
        """The SHA-256 of all that came."""
        return self._hash.digest()

    @property
    def is_sound(self) -> bool:
        """Whether it begins as sound does."""
        try:
            return kinds.tell(self._head, b"", textual=False).startswith("audio/")
        except CallerMistake:
            return False


def _refused(code: str, tr: str, en: str) -> InvalidInput:
    return InvalidInput(errors=(FieldError("link", code, tr, en),))


def _away() -> TryLater:
    return TryLater("Kaydın sunucusu şu anda yanıt vermiyor; biraz sonra yeniden deneyin.",
                    "The recording’s host does not answer now; try again in a while.",
                    code="recording_away", retry_after=60)
