"""The copy of a person's data: complete, nobody else's, sealed, and given out with a trace."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from ileti.consents.vocabulary import Channel
from ileti.core import clock, db, failpoints
from ileti.requests import cases, exports
from ileti.requests.numbers import case_number
from tests.panel.people import sign_in, take, token_of, user_with
from tests.requests.conftest import kinds_of, new_mail, verified

Case = cases.Case


def make(case: Case) -> int:
    """Ask for the copy and let the job make it."""
    db.connection().execute("update data_request_export set next_at = now() + interval '1 day' "
                            "where done_at is null")
    with db.transaction() as conn:
        number = exports.ask_for(conn, cases.read_case(conn, case.id), by=1)
    exports.make_waiting()
    return number


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.fixture
def person(place: Any, place_b: Any, new_case: Callable[..., Case]) -> tuple[Case, str, str]:
    """A case matched with a recipient who has a record; noise of others with the same address."""
    mail, noise = new_mail(), new_mail()
    mine = take(place, mail, channel=Channel.EPOSTA).items[0].recipient_id
    take(place, noise, channel=Channel.EPOSTA)
    take(place_b, mail, channel=Channel.EPOSTA)
    return verified(new_case(), mine), mail, noise


def test_the_copy_holds_all_of_the_person_and_nothing_of_others(
    person: tuple[Case, str, str]
) -> None:
    case, mail, noise = person
    name, data = exports.archive(case.provider_id, make(case))
    files = unpacked(data)
    assert name == f"{case_number(case.id)}-verilerim.zip"
    told = json.loads(files["verilerim.json"])
    held = told["held"]
    assert [one["address"] for one in held["addresses"]] == [mail]
    assert [one["status"]["code"] for one in held["history"]] == ["ONAY"]
    assert len(held["consents"]) == 1
    assert held["submissions"][0]["evidence"]["page"] == "https://www.ornek.com.tr"
    assert noise not in files["verilerim.json"].decode()
    assert files["verilerim.pdf"].startswith(b"%PDF-")
    for line in files["SHA256SUMS.txt"].decode().splitlines():
        digest, _, name = line.partition("  ")
        assert sha256(files[name]).hexdigest() == digest


def test_the_same_copy_is_the_same_bytes(person: tuple[Case, str, str]) -> None:
    case, *_ = person
    number = make(case)
    assert exports.archive(case.provider_id, number) == exports.archive(case.provider_id, number)


def test_a_killed_job_makes_the_copy_again_and_once(person: tuple[Case, str, str]) -> None:
    case, *_ = person
    with db.transaction() as conn:
        number = exports.ask_for(conn, case, by=1)

    def die(name: str) -> None:
        if name == "requests.exported":
            raise KeyboardInterrupt

    before = failpoints.hook if hasattr(failpoints, "hook") else None
    monkey = pytest.MonkeyPatch()
    monkey.setattr(exports, "reach", die)
    with pytest.raises(KeyboardInterrupt):
        exports.make_waiting()
    monkey.undo()
    assert before is None or before == failpoints.hook
    db.connection().execute("update data_request_export set next_at = now() where id = %s",
                            (number,))
    exports.make_waiting()
    assert kinds_of(case.id).count("exported") == 1


def test_the_persons_link_gives_nothing_by_get_and_ends(
    app: Any, person: tuple[Case, str, str]
) -> None:
    case, *_ = person
    number = make(case)
    path = re.sub(r"^https?://[^/]+", "", exports.link(number, "tr"))
    client = app.test_client()
    assert "Verilerimi indir" in client.get(path).text
    assert "taken" not in kinds_of(case.id)
    got = client.post(path)
    assert set(unpacked(got.data)) == {"verilerim.json", "verilerim.pdf", "SHA256SUMS.txt"}
    assert "taken" in kinds_of(case.id)
    assert client.post(path[:-3] + "abc").status_code == 403
    with clock.freeze(clock.now() + timedelta(days=15)):
        assert client.post(path).status_code == 410


def test_every_download_at_the_desk_is_audited_and_no_strangers(
    app: Any, place: Any, place_b: Any, person: tuple[Case, str, str],
    new_case: Callable[..., Case]
) -> None:
    case, *_ = person
    number = make(case)
    client = sign_in(app, user_with(app, "compliance_officer", place))
    path = f"/basvurular/{case_number(case.id)}/kopya/{number}"
    assert client.get(path).status_code == 405
    assert client.post(path, data={"csrf_token": token_of(client)}).status_code == 200
    audited = db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'request:take'",
        (place.provider_id,)).fetchone()
    assert audited == (1,)
    stranger = sign_in(app, user_with(app, "compliance_officer", place_b))
    theirs = new_case(place_b)
    for wrong in (path, f"/basvurular/{case_number(theirs.id)}/kopya/{number}"):
        assert stranger.post(wrong, data={"csrf_token": token_of(stranger)}).status_code == 404


def test_a_copy_lies_sealed(person: tuple[Case, str, str]) -> None:
    from config import settings

    case, mail, _ = person
    make(case)
    for path in settings().vault_folder.rglob("*"):
        if path.is_file():
            assert mail.encode() not in path.read_bytes()
