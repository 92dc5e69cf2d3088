"""What a file is, told by its content, and whether the vault takes it.

Why this module exists: a name and a browser's word say nothing about bytes. Only kinds that prove a
consent are taken (scans, recordings, screenshots, documents, mails); what a browser or a machine
would run, what hides other files, and what is two kinds at once is refused with a sentence
(ASVS 5.2.2). Pure: knows no file and no database.
"""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from typing import Final

from ileti.core.errors import CallerMistake

HEAD: Final = 4_096
TAIL: Final = 66_000
LONGEST_NAME: Final = 180

PDF, PNG, JPEG, TIFF, WEBP = ("application/pdf", "image/png", "image/jpeg", "image/tiff",
                              "image/webp")
WAV, MP3, OGG, M4A = "audio/wav", "audio/mpeg", "audio/ogg", "audio/mp4"
EML, TEXT = "message/rfc822", "text/plain"
SUFFIXES: Final[dict[str, tuple[str, ...]]] = {
    PDF: (".pdf",), PNG: (".png",), JPEG: (".jpg", ".jpeg"), TIFF: (".tif", ".tiff"),
    WEBP: (".webp",), WAV: (".wav",), MP3: (".mp3",), OGG: (".ogg", ".opus", ".oga"),
    M4A: (".m4a", ".m4b"), EML: (".eml",), TEXT: (".txt", ".log", ".csv"),
}
SCANS: Final = frozenset({PDF, PNG, JPEG, TIFF, WEBP})


class Role(IntEnum):
    """As what a file proves; the smallint in the database, never renumbered."""

    SIGNED_FORM = 1
    RECORDING = 2
    SCREENSHOT = 3
    DOCUMENT = 4
    MAIL = 5
    OTHER = 9

    @property
    def tr(self) -> str:
        """The Turkish label."""
        return _ROLES[self][0]

    @property
    def en(self) -> str:
        """The English label."""
        return _ROLES[self][1]


_ROLES: Final = {
    Role.SIGNED_FORM: ("İmzalı form", "Signed form"),
    Role.RECORDING: ("Ses kaydı", "Call recording"),
    Role.SCREENSHOT: ("Ekran görüntüsü", "Screenshot"),
    Role.DOCUMENT: ("Belge", "Document"),
    Role.MAIL: ("E-posta kaynağı", "Mail source"),
    Role.OTHER: ("Diğer", "Other"),
}
_FITS: Final = {
    Role.SIGNED_FORM: SCANS, Role.SCREENSHOT: SCANS - {PDF},
    Role.RECORDING: frozenset({WAV, MP3, OGG, M4A}), Role.MAIL: frozenset({EML, TEXT, PDF}),
}
_EXECUTABLE: Final = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe",
                      b"\xcf\xfa\xed\xfe", b"#!", b"L\x00\x00\x00\x01\x14\x02\x00")
_ARCHIVE: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"Rar!", b"7z\xbc\xaf\x27\x1c",
                   b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"MSCF")
_END_OF_ZIP: Final = b"PK\x05\x06\0\0\0\0"
_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP: Final = re.compile(
    rb"\s*(<!--.*?-->\s*)*<(!doctype|html|head|body|script|svg|iframe|\?xml|\?php|math|style)\b",
    re.IGNORECASE | re.DOTALL)
_MAIL_LINE: Final = re.compile(rb"[!-9;-~]+:[ \t]?.*")
_MAIL_NAMES: Final = (b"from", b"date", b"received", b"message-id", b"subject", b"return-path")


def tell(head: bytes, tail: bytes, *, textual: bool) -> str:
    """The media type of a file by its first HEAD and last TAIL bytes; ``textual``: no byte of the
    whole is a control character. Raises CallerMistake for what the vault does not take."""
    start = head.removeprefix(b"\xef\xbb\xbf")
    if start.startswith(_EXECUTABLE):
        raise _refused("bir program", "a program")
    if start.startswith(_ARCHIVE) or head[257:262] == b"ustar" or _END_OF_ZIP in tail:
        raise _refused("bir arşiv ya da Office dosyası; PDF olarak kaydedin",
                       "an archive or an Office file; save it as PDF")
    if start.startswith(_OFFICE):
        raise _refused("eski bir Office dosyası; PDF olarak kaydedin",
                       "an old Office file; save it as PDF")
    if _MARKUP.match(start):
        raise _refused("bir web sayfası ya da SVG", "a web page or SVG")
    found = _picture(head) or _sound(head)
    if head.startswith(b"%PDF-1.") or head.startswith(b"%PDF-2."):
        found = PDF
    if found is None and textual:
        found = EML if _is_mail(start) else TEXT
    if found is None:
        raise _refused("bilinen bir tür değil", "of no kind the vault knows")
    return found


def _picture(head: bytes) -> str | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return TIFF
    return WEBP if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def _sound(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WAV
    if head.startswith(b"OggS\0"):
        return OGG
    if head[4:8] == b"ftyp":
        brands = head[8:max(16, min(int.from_bytes(head[:4], "big"), HEAD))]
        return M4A if b"M4A " in brands or b"M4B " in brands else None
    if head.startswith(b"ID3") and len(head) > 10 and head[3] < 5:
        return MP3
    return MP3 if _is_frame(head) else None


def _is_frame(head: bytes) -> bool:
    """An MPEG audio frame of layer III: sync, version, layer, bit rate and sampling rate."""
    return (len(head) > 4 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] >> 3 & 3 != 1
            and head[1] >> 1 & 3 == 1 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3)


def _is_mail(start: bytes) -> bool:
    lines = start.split(b"\n", 40)[:40]
    names = set()
    for line in lines:
        line = line.rstrip(b"\r")
        if not line:
            break
        if line[:1] in b" \t":
            continue
        if not _MAIL_LINE.fullmatch(line):
            return False
        names.add(line.partition(b":")[0].lower())
    return b"from" in names and len(names.intersection(_MAIL_NAMES)) >= 2


def role_of(media_type: str) -> Role:
    """As what a file proves when nobody says so."""
    if media_type in SCANS:
        return Role.SIGNED_FORM
    if media_type.startswith("audio/"):
        return Role.RECORDING
    return Role.MAIL if media_type == EML else Role.OTHER


def check_role(role: Role, media_type: str) -> Role:
    """The role, when a file of this kind can have it; raises CallerMistake. A signed form is a scan
    (R-09): a text is none."""
    if media_type not in _FITS.get(role, SUFFIXES.keys()):
        raise CallerMistake(
            f"Bu dosya “{role.tr}” olamaz: içeriği {media_type}.",
            f"This file cannot be a “{role.en}”: its content is {media_type}.", code="wrong_role")
    return role


def clean_name(name: str) -> str:
    """A file's own name as it may be shown and written: no folders, no invisible or turning
    characters, NFC, at most LONGEST_NAME characters with its suffix kept."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in base if unicodedata.category(c)[0] != "C" or c in "\t ")
    kept = " ".join(kept.translate(_FORBIDDEN).split()).strip(". ")
    if len(kept) > LONGEST_NAME:
        stem, dot, suffix = kept.rpartition(".")
        kept = (f"{stem[:LONGEST_NAME - len(suffix) - 1]}.{suffix}" if dot and len(suffix) < 10
                else kept[:LONGEST_NAME])
    return kept or "dosya"


_FORBIDDEN: Final = str.maketrans(dict.fromkeys('<>:"|?*', "_"))


def download_name(name: str, media_type: str) -> str:
    """The name under which a file is given out: with a suffix of what it is."""
    suffixes = SUFFIXES.get(media_type, (".bin",))
    return name if name.lower().endswith(suffixes) else name + suffixes[0]


def fold_name(name: str) -> str:
    """What two spellings of one file's name have in common: its last part, NFC, without case, with
    Turkish dotted and dotless i alike."""
    base = unicodedata.normalize("NFC", name.strip()).replace("\\", "/").rpartition("/")[2].strip()
    return unicodedata.normalize("NFC", base.replace("İ", "i").replace("ı", "i").casefold())


def _refused(tr: str, en: str) -> CallerMistake:
    return CallerMistake(
        f"Dosya alınmadı: {tr}. Alınanlar: PDF, PNG, JPEG, TIFF, WEBP, WAV, MP3, OGG, M4A, EML ve "
        "düz metin.",
        f"The file was not taken: it is {en}. Taken are PDF, PNG, JPEG, TIFF, WEBP, WAV, MP3, OGG, "
        "M4A, EML and plain text.", code="kind_refused")
