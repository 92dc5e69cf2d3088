"""The service ``/api/v1/proofs``: a program adds a signed form, a recording or a mail.

Why this module exists: recordings are made by call-centre software and forms scanned by branches,
not by people at our panel (R-09, R-46). The file comes as a stream into the vault and is linked in
one call: to a record, to all records of a receipt, or to an import that is still being prepared. A
call may come twice: the vault knows the content, the link knows itself, and the key tells a repeat
from another wish. What was cut short is no proof, so its length or its digest must be said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from ileti.api.desk import Answer, Call
from ileti.api.taking import KeyReused
from ileti.capture.takeaway import entries_of
from ileti.consents.numbers import entry_of, record_number, submission_of
from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict, FieldError, InvalidInput, NotFound
from ileti.evidence import kinds, links, vault
from ileti.evidence.kinds import Role
from ileti.evidence.vault import Kept
from ileti.imports import proofs as of_imports
from ileti.programs import deeds

PATH: Final = "/api/v1/proofs"
FIELDS: Final = ("record", "receipt", "import", "whole", "role", "name")
_TARGETS: Final = ("record", "receipt", "import")
_FLAG: Final = {"true": True, "false": False, "": False}


@dataclass(frozen=True)
class Wish:
    """What is asked: exactly one of the entries' numbers and the import."""

    entries: tuple[int, ...]
    run_id: int | None
    whole: bool
    role: Role | None
    name: str
    asked: dict[str, Any]

    @property
    def subject(self) -> str:
        """What it is about, as the trail names it."""
        if self.run_id is not None:
            return f"import:{self.run_id}"
        return f"consent:{record_number(self.entries[0])}"


def bring(call: Call) -> Answer:
    """``POST /proofs``: the file itself as the body, what it proves in the query."""
    caller, key = call.caller, call.idempotency_key
    wish = _read(call)
    known = _known(caller.account_id, key, wish)
    if known is not None and call.body.digest is not None and call.body.digest != known:
        raise _another_file()
    if not call.body.tells_its_end:
        raise CallerMistake("Dosyanın Content-Length ya da Content-Digest başlığı gerekir.",
                            "A file needs Content-Length or Content-Digest.", code="bad_length")
    file = vault.put(caller.provider_id, call.body.pieces(caller.account_id), wish.name)
    if known is not None and known != file.sha256:
        raise _another_file()
    role = kinds.check_role(wish.role or kinds.role_of(file.media_type), file.media_type)
    with db.transaction() as conn:  # no file is linked under a key that is another's
        new = _remember(caller.account_id, caller.provider_id, key, wish, file)
        if new:
            deeds.note(caller, "proof:add", wish.subject, call.address,
                       file=file.sha256.hex()[:12], role=role.name)
        _join(conn, wish, file, role)
    return Answer(201 if new else 200, {
        "records": [record_number(one) for one in wish.entries], "import": wish.run_id,
        "role": role.name, "file": {"sha256": file.sha256.hex(), "size": file.size,
                                    "mediaType": file.media_type}})


def _join(conn: Any, wish: Wish, file: Kept, role: Role) -> None:
    """Link the file; again the same changes nothing. What was added to an import before stays added
    when it has moved on."""
    if wish.run_id is None:
        links.link_all(wish.entries, file, role, wish.name, by=None)
        return
    try:
        of_imports.attach_within(conn, wish.run_id, file, wish.name, whole=wish.whole, role=role)
    except Conflict:
        if conn.execute(
                "select 1 from import_file where import_id = %s and file_id = %s and whole = %s",
                (wish.run_id, file.id, wish.whole)).fetchone() is None:
            raise


# -- what is asked ---------------------------------------------------------------------------------


def _read(call: Call) -> Wish:
    if call.content_type.startswith("multipart/"):
        raise CallerMistake("Dosyanın kendisini gönderin, form olarak değil.",
                            "Send the file itself, not as a form.", code="multipart")
    said = call.args
    faults = [FieldError(name[:80], "unknown_field", "Böyle bir alan yok.",
                         "There is no such field.") for name in said if name not in FIELDS]
    targets = [name for name in _TARGETS if said.get(name)]
    if len(targets) != 1:
        faults.append(FieldError("record", "missing" if not targets else "invalid",
                                 "record, receipt ya da import: yalnız birini yazın.",
                                 "Write exactly one of record, receipt, import."))
    role = _role(said.get("role"), faults)
    whole = _FLAG.get(said.get("whole", ""))
    if whole is None or (whole and targets != ["import"]):
        faults.append(FieldError("whole", "invalid", "Yalnız import ile: true ya da false.",
                                 "With import only: true or false."))
    if faults:
        raise InvalidInput(errors=tuple(faults))
    name = kinds.clean_name(said.get("name") or _file_name(call))
    target = targets[0]
    run_id = call.import_of(said["import"]) if target == "import" else None
    entries = () if run_id is not None else _entries(call, target, said[target])
    return Wish(entries, run_id, bool(whole), role, name, {
        "entries": list(entries), "import": run_id, "whole": bool(whole),
        "role": role and role.name})


def _role(said: str | None, faults: list[FieldError]) -> Role | None:
    if not said:
        return None
    found = next((one for one in Role if one.name == said), None)
    if found is None:
        known = ", ".join(one.name for one in Role)
        faults.append(FieldError("role", "invalid", f"Şunlardan biri: {known}.",
                                 f"One of {known}."))
    return found


def _file_name(call: Call) -> str:
    found = re.search(r'filename="?([^";]{1,200})', call.header("Content-Disposition"))
    return unquote(found[1]) if found else ""


def _entries(call: Call, target: str, said: str) -> tuple[int, ...]:
    """The records a program may add to: of its provider and brand, a dealer's its own (ADR 0024);
    none that is kept for the law alone (ADR 0029)."""
    caller = call.caller
    if target == "record":
        entry = entry_of(said)
        named = [] if entry is None else [entry]
    else:
        submission = submission_of(said)
        named = [] if submission is None else entries_of(caller.provider_id, submission)
    found = tuple(row[0] for row in db.connection().execute(
        "select id from consent_entry where provider_id = %s and id = any(%s) "
        "and (%s::int is null or brand_id = %s) and (%s::int is null or dealer_id = %s) "
        "and not is_restricted(provider_id, recipient_id, captured_at) order by id",
        (caller.provider_id, named, caller.brand_id, caller.brand_id, caller.dealer_id,
         caller.dealer_id)))
    if not found:
        raise NotFound("Böyle bir kayıt yok.", "There is no such record.", code="no_such_record")
    return found


# -- repeats ---------------------------------------------------------------------------------------


def _known(account_id: int, key: str, wish: Wish) -> bytes | None:
    """The content that was brought under the key. Raises KeyReused when it was asked otherwise.
    """
    row = db.connection().execute(
        "select asked, sha256 from api_proof where account_id = %s and idem = %s",
        (account_id, key)).fetchone()
    if row is None:
        return None
    if row[0] != wish.asked:
        raise KeyReused()
    return bytes(row[1])


def _remember(account_id: int, provider_id: int, key: str, wish: Wish, file: Kept) -> bool:
    """Whether this was the first time. Two at once with one key: the later one must agree."""
    done = db.connection().execute(
        "insert into api_proof (account_id, idem, provider_id, asked, sha256) "
        "values (%s, %s, %s, %s, %s) on conflict do nothing",
        (account_id, key, provider_id, msgspec.json.encode(wish.asked).decode(), file.sha256))
    if done.rowcount == 1:
        return True
    if _known(account_id, key, wish) != file.sha256:
        raise _another_file()
    return False


def _another_file() -> Conflict:
    return Conflict("Bu anahtarla başka bir dosya gelmişti. Yeni bir anahtar kullanın.",
                    "Another file came with this key. Take a new key.", code="file_differs")
