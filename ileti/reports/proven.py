"""What proves a standing consent, as a report counts it (R-09, R-23, R-46).

Why this module exists: a consent without its proof is worth nothing before an inspector (R-48), and
what is missing differs by how it was given: a signed form without its scan, a call without its
recording, a list of which somebody only said where the proofs are. One place says which is which,
by number and in words.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from ileti.consents.vocabulary import Source


class Proof(IntEnum):
    """The smallint in the database; never renumbered."""

    FILE = 1
    SHOWN = 2
    WROTE = 3
    LINK = 4
    WORD = 5
    NO_SCAN = 6
    NO_RECORDING = 7
    NOTHING = 8

    @property
    def tr(self) -> str:
        """In Turkish."""
        return _WORDS[self][0]

    @property
    def en(self) -> str:
        """In English."""
        return _WORDS[self][1]


_WORDS: Final = {
    Proof.FILE: ("Dosya kanıt kasasında", "File in the vault"),
    Proof.SHOWN: ("Gösterilen metin kayıtta", "Text shown, on record"),
    Proof.WROTE: ("Kişinin kendi yazdığı kayıtta", "What the person wrote, on record"),
    Proof.LINK: ("Ses kaydı santralde, bağlantıyla", "Recording at the exchange, by link"),
    Proof.WORD: ("Kanıt başka yerde, yalnız beyan", "Elsewhere, by somebody’s word"),
    Proof.NO_SCAN: ("İmzalı formun taraması yok", "No scan of the signed form"),
    Proof.NO_RECORDING: ("Görüşmenin ses kaydı yok", "No recording of the call"),
    Proof.NOTHING: ("Metin de dosya da yok", "Neither text nor file"),
}
#: nothing here or elsewhere is known to prove these
MISSING: Final = (Proof.NO_SCAN, Proof.NO_RECORDING, Proof.NOTHING)
#: these are said to be proven elsewhere
ELSEWHERE: Final = (Proof.LINK, Proof.WORD)

#: of a state ``s``, its entry ``e`` and the submission ``u`` it came with; the call it was taken in
#: is ``c``. What is named first holds.
JUDGED: Final = f"""
case when exists (select from entry_file f where f.provider_id = e.provider_id
                     and f.entry_id = e.id)
       or u.evidence -> 'file' ->> 'id' is not null or c.recording_file is not null
       or coalesce(u.evidence -> 'origin' -> 'files', '[]'::jsonb)
          not in ('[]'::jsonb, '{{}}'::jsonb, 'null'::jsonb)
     then {int(Proof.FILE)}
     when c.recording_link is not null then {int(Proof.LINK)}
     when jsonb_typeof(u.evidence -> 'import') = 'number' then {int(Proof.WORD)}
     when s.source = any(%(scanned)s) then {int(Proof.NO_SCAN)}
     when s.source = {int(Source.HS_CAGRI_MERKEZI)} then {int(Proof.NO_RECORDING)}
     when e.text_id is not null then {int(Proof.SHOWN)}
     when s.source in ({int(Source.HS_MESAJ)}, {int(Source.HS_EPOSTA)})
          and u.evidence ->> 'flow' is not null then {int(Proof.WROTE)}
     else {int(Proof.NOTHING)} end"""
#: as :data:`JUDGED` is told
SCANNED: Final = [int(one) for one in Source if one.needs_scan]
