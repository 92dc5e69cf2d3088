"""Pictures of mails: written anew, kept by their content, and kept as long as a mail shows them.

Why this module exists: a mail that was sent asks for its pictures for years, each time somebody
opens it. So a picture lies in the database like the words it belongs to, its name never changes
(:mod:`ileti.templates.picturenames`), and it is only removed when no published version, no draft
and no single message names it; publishing and removing lock the same row. Whose it is follows
whose a template is (:mod:`ileti.templates.owners`).
"""

from __future__ import annotations

import base64
import hmac
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec
import psycopg

from config import settings
from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict, FieldError, NotFound, RuleBroken
from ileti.core.failpoints import reach
from ileti.core.secrets import secrets
from ileti.templates.picturenames import SCHEME, Named, named
from ileti.templates.pictureworded import REFUSED, gone
from ileti.tenancy import deeds

LONGEST_NAME: Final = 120
LONGEST_ALT: Final = 200
_MODULE: Final = "from ileti.templates.picturework import main; main()"
_SECONDS: Final = 40.0
#: decoding is the dearest thing a form can ask of a web process
_turns: Final = threading.BoundedSemaphore(2)


class Variant(msgspec.Struct, array_like=True):
    """One size, as the child tells it; pixels and the file."""

    width: int
    height: int
    file: bytes


class _Made(msgspec.Struct, array_like=True):
    ext: str = ""
    frames: int = 1
    variants: list[Variant] = []
    error: str = ""


@dataclass(frozen=True)
class Place:
    """Whose a picture is; ``brand_id`` None: every brand's, ``dealer_id``: a dealer's own."""

    provider_id: int
    brand_id: int | None = None
    dealer_id: int | None = None


@dataclass(frozen=True)
class Kept:
    """A picture that is there: its number, and the names of its sizes, the smaller first."""

    id: int
    names: tuple[str, ...]
    again: bool = False


def name_of(key: str, width: int, ext: str) -> str:
    """The name of one size, as a mail has it."""
    return SCHEME + Named(key, width, ext).file


# -- taking ---------------------------------------------------------------------------------------


def anew(data: bytes) -> tuple[str, int, list[Variant]]:
    """A file's picture written anew: ending, frames, sizes. Raises CallerMistake for what is no
    picture, or one that is too much for a mail."""
    if len(data) > settings().picture_longest_mb * 1_000_000:
        raise refused("too_large")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" and b"<svg" in data[:4_096].lower():
        raise refused("svg")
    with _turns:
        try:
            done = subprocess.run(  # noqa: S603 (our own module; no shell)
                [sys.executable, "-c", _MODULE], input=data, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, timeout=_SECONDS, check=False,
                env={"PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "C.UTF-8"})
        except subprocess.TimeoutExpired:
            raise refused("too_many_pixels") from None
    try:
        made = msgspec.msgpack.decode(done.stdout, type=_Made)
    except msgspec.DecodeError:
        raise refused("broken" if done.returncode >= 0 else "too_many_pixels") from None
    if made.error or not made.variants or made.ext not in ("png", "jpg", "gif"):
        raise refused(made.error if made.error in REFUSED else "broken")
    return made.ext, made.frames, made.variants[:2]


def refused(word: str) -> CallerMistake:
    """The sentence for a word of the child's."""
    tr, en = REFUSED[word]
    most = settings().picture_longest_mb
    return CallerMistake(tr.format(mb=most), en.format(mb=most), code=f"picture_{word}")


def keep(place: Place, data: bytes, *, name: str, alt: str, user_id: int | None) -> Kept:
    """Keep a file's picture; the same one again is the one that is there. ``alt`` empty: it only
    decorates. Raises CallerMistake, RuleBroken (no room left)."""
    ext, frames, sizes = anew(data)
    digest = sha256(sizes[-1].file).digest()
    key = _key(place, digest)
    small, large = sizes[0], sizes[-1] if len(sizes) > 1 else None
    with db.transaction(system=True) as conn:
        _refuse_full(conn, place.provider_id, key, sum(len(one.file) for one in sizes))
        row = conn.execute(
            "insert into mail_picture (provider_id, brand_id, dealer_id, key, ext, digest, name, "
            "alt, frames, small_width, small_height, small_bytes, small, large_width, "
            "large_height, large_bytes, large, added_by) values (%s, %s, %s, %s, %s, %s, %s, %s, "
            "%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (key) do nothing returning id",
            (place.provider_id, place.brand_id, place.dealer_id, key, ext, digest,
             _clean(name, LONGEST_NAME), _clean(alt, LONGEST_ALT), frames, small.width,
             small.height, len(small.file), small.file, *_of_large(large), user_id)).fetchone()
        again = row is None
        if row is None:
            row = conn.execute("update mail_picture set seen_at = now() where key = %s "
                               "returning id", (key,)).fetchone()
            if row is None:
                raise Conflict("Resim bu arada silindi; yeniden yükleyin.",
                               "The picture was removed meanwhile; upload it again.")
        else:
            deeds.note(conn, "picture:add", f"mail_picture:{row[0]}",
                       provider_id=place.provider_id, brand_id=place.brand_id,
                       dealer_id=place.dealer_id, user_id=user_id,
                       detail={"hash": digest.hex()[:16]})
    reach("picture.kept")
    return Kept(row[0], tuple(name_of(key, one.width, ext) for one in sizes), again)


def _of_large(large: Variant | None) -> tuple[Any, ...]:
    return (None, None, 0, None) if large is None else (
        large.width, large.height, len(large.file), large.file)


def _key(place: Place, digest: bytes) -> str:
    """Nobody guesses it; the same picture at the same place has the same one."""
    said = f"{place.provider_id}:{place.brand_id or 0}:{place.dealer_id or 0}:".encode() + digest
    made = hmac.digest(secrets().key_for("mail-picture"), said, "sha256")[:20]
    return base64.b32encode(made).decode().lower()


def _refuse_full(conn: psycopg.Connection[Any], provider_id: int, key: str, more: int) -> None:
    row = conn.execute("select coalesce(sum(small_bytes + large_bytes), 0) from mail_picture "
                       "where provider_id = %s and key <> %s", (provider_id, key)).fetchone()
    if row is not None and row[0] + more > settings().picture_room_mb * 1_000_000:
        most = settings().picture_room_mb
        raise RuleBroken(f"Resimler için ayrılan {most} MB doldu; kullanılmayanları silin.",
                         f"The {most} MB for pictures are full; remove those nothing uses.",
                         code="picture_room")


def _clean(said: str, longest: int) -> str:
    return " ".join(said.replace("\0", "").split())[:longest]


# -- what a mail names ----------------------------------------------------------------------------


_OF_PLACE: Final = (
    "select key, ext, small_width, large_width from mail_picture p where key = any(%(keys)s) "
    "and ((p.provider_id = %(provider)s and (p.brand_id is null or p.brand_id = %(brand)s) "
    "and (p.dealer_id is null or p.dealer_id = %(dealer)s)) or p.provider_id = "
    "(select sandbox_of from provider where id = %(provider)s))")


def missing(conn: psycopg.Connection[Any], place: Place, html: str, *, hold: bool = False
            ) -> list[Named]:
    """The names in a mail that are no pictures of its place; ``hold``: those that are stay until
    the transaction's end. In a sandbox its home's pictures count."""
    wanted = named(html)
    if not wanted:
        return []
    rows = conn.execute(
        f"{_OF_PLACE} for share" if hold else _OF_PLACE,
        {"keys": [one.key for one in wanted], "provider": place.provider_id,
         "brand": place.brand_id, "dealer": place.dealer_id}).fetchall()
    there = {Named(key, width, ext) for key, ext, *widths in rows for width in widths if width}
    return [one for one in wanted if one not in there]


def refuse_missing(conn: psycopg.Connection[Any], place: Place, html: str) -> None:
    """Raises RuleBroken when a mail names a picture that is not there; holds the others."""
    if missing(conn, place, html, hold=True):
        found = gone("html")
        raise RuleBroken(found.tr, found.en, code=found.code, errors=(
            FieldError(found.field, found.code, found.tr, found.en),))


def mark_sent(conn: psycopg.Connection[Any], place: Place, html: str) -> None:
    """A message in words of its own names them: they stay. Raises RuleBroken for one that is not
    there."""
    keys = [one.key for one in named(html)]
    if keys:
        refuse_missing(conn, place, html)
        conn.execute("update mail_picture set sent_at = coalesce(sent_at, now()), seen_at = now() "
                     "where key = any(%s)", (keys,))


def weight(names: Iterable[Named]) -> int:
    """Bytes that a recipient loads for these."""
    wanted = list(names)
    if not wanted:
        return 0
    rows = db.system_connection().execute(
        "select key, small_width, small_bytes, large_width, large_bytes from mail_picture "
        "where key = any(%s)", ([one.key for one in wanted],)).fetchall()
    heavy = {(key, width): size for key, small, light, large, much in rows
             for width, size in ((small, light), (large, much))}
    return sum(heavy.get((one.key, one.width), 0) for one in wanted)


# -- what is used, what goes ----------------------------------------------------------------------

_SAID: Final = (
    "(select v.provider_id, v.template_id, v.html as said, true as published "  # noqa: S608
    f"from message_template_version v where v.html like '%%{SCHEME}%%' "
    "union all select t.provider_id, t.id, t.draft::text, false from message_template t "
    f"where t.retired_at is null and t.draft::text like '%%{SCHEME}%%')")
_KEYS: Final = (
    f"{_SAID} x cross join lateral "
    f"regexp_matches(x.said, '{SCHEME}([a-z2-7]{{32}})', 'g') m")


@dataclass(frozen=True)
class Use:
    """A template that names a picture; ``published``: in a version, else in its draft alone."""

    template_id: int
    name: str
    published: bool


def uses(keys: Sequence[str]) -> dict[str, list[Use]]:
    """Which templates in the asker's sight name which of these."""
    found: dict[str, list[Use]] = {}
    if not keys:
        return found
    for key, number, name, published in db.connection().execute(
            "select m[1], t.id, t.name, bool_or(x.published) "  # noqa: S608
            f"from {_KEYS} join message_template t on t.id = x.template_id "
            "where m[1] = any(%s) group by 1, 2, 3 order by 3, 2", (list(keys),)).fetchall():
        found.setdefault(key, []).append(Use(number, name, published))
    return found


def remove(picture_id: int, *, user_id: int | None) -> None:
    """Remove one that nothing uses. Raises NotFound, RuleBroken (a template or a message that was
    sent shows it)."""
    with db.transaction(system=True) as conn:
        if not _removed(conn, picture_id, "picture:remove", user_id):
            raise RuleBroken(
                "Bu resmi bir şablon ya da gönderilmiş bir ileti gösteriyor; gönderilenlerde "
                "görünmeye devam etsin diye silinmez. Taslaklardan çıkarın; yayımlanmışsa kalır.",
                "A template or a message that was sent shows this picture; it stays, so that what "
                "was sent goes on showing it. Take it out of drafts; once published it stays.",
                code="picture_used")


def _removed(conn: psycopg.Connection[Any], picture_id: int, deed: str, user_id: int | None
             ) -> bool:
    """Whether it was removed; False when something uses it. The lock comes first: what was
    published meanwhile is then seen."""
    row = conn.execute("select provider_id, brand_id, dealer_id, digest from mail_picture "
                       "where id = %s for update", (picture_id,)).fetchone()
    if row is None:
        raise NotFound()
    gone_now = conn.execute(
        "delete from mail_picture p where p.id = %s and p.sent_at is null "  # noqa: S608
        f"and not exists (select from {_SAID} x where strpos(x.said, p.key) > 0 "
        "and x.provider_id in (select id from provider o where o.id = p.provider_id "
        "or o.sandbox_of = p.provider_id)) returning p.id", (picture_id,)).fetchone()
    if gone_now is None:
        return False
    deeds.note(conn, deed, f"mail_picture:{picture_id}", provider_id=row[0], brand_id=row[1],
               dealer_id=row[2], user_id=user_id, detail={"hash": bytes(row[3]).hex()[:16]})
    return True


def destroy_unused(days: int) -> dict[str, int]:
    """Remove what nothing has used for so many days. What is used is seen first, so that a picture
    taken out of a draft today has its days from today."""
    conn = db.system_connection()
    conn.execute("update mail_picture set seen_at = now() where sent_at is not null "  # noqa: S608
                 f"or key in (select m[1] from {_KEYS})", ())
    due = conn.execute("select id from mail_picture where seen_at < now() - make_interval(days => "
                       "%s) order by id limit 1000", (days,)).fetchall()
    count = 0
    for (number,) in due:
        with db.transaction(system=True) as work:
            try:
                count += _removed(work, number, "picture:destroy", None)
            except NotFound:  # somebody removed it meanwhile
                continue
        reach("picture.destroyed")
    return {"destroyed": count}
