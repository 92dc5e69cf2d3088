"""Seals carried to places the operator cannot rewrite: by mail, and into a bucket that locks."""

from __future__ import annotations

import email
import email.policy
import threading
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest

import config
from ileti.channels import sealmail
from ileti.channels.base import Answer, Envelope, Refused, Retry, Sent
from ileti.channels.gateways.smtp import SmtpGateway
from ileti.channels.registry import carry
from ileti.cli import auditing, doctor
from ileti.consents.audit import audit
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import CallerMistake
from ileti.evidence import bucket as buckets
from ileti.evidence import copies, export, seal
from ileti.evidence.copies import Way
from tests.evidence.s3_house import KEY_ID, REGION, SECRET, Bucket, serving_s3
from tests.evidence.sealed_house import seal_all, take


@pytest.fixture
def sealed(shop: Any) -> Any:
    """Three seals."""
    for n in range(3):
        take(shop, 2, first=2 * n)
        seal_all()
    return shop


class Post:
    """A mail gateway that answers as told."""

    name = "post"

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.got = list(answers), list[Envelope]()

    def send(self, message: Envelope) -> Answer:
        self.got.append(message)
        return self.answers.pop(0) if self.answers else Sent("x")


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    found = Post()
    monkeypatch.setattr(config.settings(), "seal_export_mail",
                        "noter@ornek.test, denetci@ornek.test")
    carry(Channel.EPOSTA, found)
    yield found
    carry(Channel.EPOSTA, None)


@pytest.fixture
def locker(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket with Object Lock that the settings name."""
    monkeypatch.setattr("ileti.evidence.s3.FIRST_WAIT", 0.01)
    with serving_s3() as found:
        for name, value in (("url", found.url), ("key_id", KEY_ID), ("secret", SECRET),
                            ("region", REGION)):
            monkeypatch.setattr(config.settings(), f"seal_export_s3_{name}", value)
        yield found


def next_day() -> Any:
    return clock.freeze(clock.now() + timedelta(days=1))


def kept(post: Post, folder: Path, n: int = 0) -> Path:
    """A mail as a mail program keeps it."""
    path = folder / f"{n}.eml"
    path.write_bytes(bytes(SmtpGateway("smtp://x", "ileti@ornek.test").compose(post.got[n])))
    return path


# -- by mail ---------------------------------------------------------------------------------------


def test_each_address_gets_the_days_seals_once(sealed: Any, post: Post) -> None:
    assert sealmail.mail_due() == {"sent": 2}
    assert sealmail.mail_due() == {}
    take(sealed, 1, first=90)
    seal_all()
    assert sealmail.mail_due() == {}
    with next_day():
        assert sealmail.mail_due() == {"sent": 2}
        assert sealmail.mail_due() == {}
    assert [one.to for one in post.got[:2]] == ["noter@ornek.test", "denetci@ornek.test"]
    (first,), (later,) = post.got[0].attachments, post.got[2].attachments
    assert first.data.count(b'"root"') == 3
    assert later.name.startswith("seals-000000004-000000004-")


def test_the_mail_says_the_last_digest_in_words(sealed: Any, post: Post) -> None:
    sealmail.mail_due()
    last = seal.newest()
    assert last is not None
    assert last.digest.hex() in post.got[0].text


def test_what_fails_is_told_and_tried_again_for_that_address_only(sealed: Any, post: Post) -> None:
    post.answers = [Retry("SMTP 450"), Sent("x")]
    assert sealmail.mail_due() == {"failed": 1, "sent": 1}
    post.answers = [Refused("SMTP 550")]
    assert sealmail.mail_due() == {"failed": 1}
    assert sealmail.mail_due() == {"sent": 1}
    assert [one.to for one in post.got] == ["noter@ornek.test", "denetci@ornek.test",
                                            "noter@ornek.test", "noter@ornek.test"]


def test_a_retry_is_the_same_mail_whatever_was_sealed_meanwhile(
        sealed: Any, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings(), "seal_export_mail", "noter@ornek.test")
    post.answers = [Retry("no answer")]  # it may have come all the same
    assert sealmail.mail_due() == {"failed": 1}
    take(sealed, 1, first=95)
    seal_all()
    assert sealmail.mail_due() == {"sent": 1}
    first, again = post.got
    assert (first.series, first.message_id) == (again.series, again.message_id)
    assert first.attachments == again.attachments
    with next_day():
        assert sealmail.mail_due() == {"sent": 1}
    assert post.got[2].attachments[0].name.startswith("seals-000000004-000000004-")


def test_a_mail_that_was_kept_shows_what_was_changed_afterwards(
        sealed: Any, owner: Any, post: Post, tmp_path: Path) -> None:
    sealmail.mail_due()
    path = kept(post, tmp_path)
    assert email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["Message-ID"]
    assert audit(exported=auditing._exported((str(path),))).findings == []
    owner.execute("delete from seal where number = 3")
    found = audit(exported=auditing._exported((str(path),)))
    assert "behind_export" in [one.kind for one in found.findings]


def test_a_killed_process_sends_the_same_once_more(
        sealed: Any, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(point: str) -> None:
        if point == "seals.carried":
            raise Killed

    monkeypatch.setattr("ileti.evidence.copies.reach", die)
    with pytest.raises(Killed):
        sealmail.mail_due()
    monkeypatch.undo()
    monkeypatch.setattr(config.settings(), "seal_export_mail", "noter@ornek.test")
    assert sealmail.mail_due() == {"sent": 1}
    first, again = post.got
    assert first.attachments == again.attachments
    assert (first.message_id, first.series) == (again.message_id, again.series)


def test_no_address_stands_in_the_database(sealed: Any, post: Post) -> None:
    sealmail.mail_due()
    rows = db.connection().execute("select place, name from seal_export").fetchall()
    assert len(rows) == 4  # begun and sent, for two
    assert "ornek" not in str(rows)


def test_the_demo_mailbox_is_no_place_for_them(
        sealed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings(), "seal_export_mail", "noter@ornek.test")
    assert sealmail.mail_due() == {"failed": 1}
    assert copies.newest(Way.MAIL, "noter@ornek.test") == (0, None)


@pytest.mark.parametrize("text", ["noter", "a@b, c", "@", "a b@c", "a@b;c@d@e"])
def test_what_is_no_list_of_addresses_stops_the_start(text: str) -> None:
    with pytest.raises(config.WrongSetting, match="SEAL_EXPORT_MAIL"):
        config.load_settings(seal_export_mail=text)


# -- into a bucket ---------------------------------------------------------------------------------


def test_the_bucket_gets_them_once_a_day_and_locked_for_ten_years(
        sealed: Any, locker: Bucket) -> None:
    assert buckets.carry_due() == {"sent": 1}
    assert buckets.carry_due() == {}
    [(name, _, body, lock)] = locker.versions
    assert name.startswith("/kova/ileti/seals-000000001-000000003-")
    assert body == b"".join(export.lines(1, 3))
    assert lock["x-amz-object-lock-mode"] == "COMPLIANCE"
    until = lock["x-amz-object-lock-retain-until-date"]
    assert until[:4] == str((clock.now() + timedelta(days=3_660)).year)
    assert locker.refusals == []


@pytest.mark.attack
def test_a_bucket_that_does_not_lock_is_no_such_place(sealed: Any, locker: Bucket) -> None:
    locker.locks = False
    assert buckets.carry_due() == {"failed": 1}
    assert copies.newest(Way.BUCKET, locker.url) == (0, None)
    locker.locks = True
    assert buckets.carry_due() == {"sent": 1}


@pytest.mark.parametrize("fault", [[503, 503, 503, 503], [403], ["drop"] * 4])
def test_a_store_that_is_away_is_tried_again_later(
        sealed: Any, locker: Bucket, fault: list[int | str]) -> None:
    locker.answers = list(fault)
    assert buckets.carry_due() == {"failed": 1}
    assert buckets.carry_due() == {"sent": 1}


@pytest.mark.parametrize("later", [False, True])
def test_while_the_bucket_does_not_say_whether_it_locked_no_further_copy_is_made(
        sealed: Any, locker: Bucket, later: bool) -> None:
    """A copy locked for ten years cannot be removed by anybody."""
    locker.answers = ["true", 503, 503, 503, 503]  # PUT, then four times HEAD
    assert buckets.carry_due() == {"failed": 1}
    for fault in ([403], [503] * 4, ["drop"] * 4):
        if later:
            take(sealed, 1, first=60)
            seal_all()
        locker.answers = list(fault)
        assert buckets.carry_due() == {"failed": 1}
    assert len(locker.versions) == 1
    with clock.freeze(clock.now() + timedelta(days=5)):
        assert buckets.carry_due() == {"sent": 1}
    assert len(locker.versions) == 1
    assert copies.newest(Way.BUCKET, locker.url)[0] == 3


def test_a_process_killed_after_the_put_makes_no_second_locked_copy(
        sealed: Any, locker: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any) -> bool:
        raise Killed

    monkeypatch.setattr(buckets.Bucket, "has", die)
    with pytest.raises(Killed):
        buckets.carry_due()
    monkeypatch.undo()
    for name, value in (("url", locker.url), ("key_id", KEY_ID), ("secret", SECRET),
                        ("region", REGION)):
        monkeypatch.setattr(config.settings(), f"seal_export_s3_{name}", value)
    assert buckets.carry_due() == {"sent": 1}
    assert len(locker.versions) == 1


def test_a_place_is_a_keyed_hash_and_only_a_mail_address_has_no_case(database: str) -> None:
    mail, bucket = Way.MAIL, Way.BUCKET
    assert copies.place_of(mail, "Noter@Ornek.test ") == copies.place_of(mail, "noter@ornek.test")
    assert copies.place_of(bucket, "https://x/Kova") != copies.place_of(bucket, "https://x/kova")
    assert copies.place_of(mail, "a@ornek.test") != sha256(b"a@ornek.test").hexdigest()


def test_the_audit_reads_the_bucket(sealed: Any, owner: Any, locker: Bucket) -> None:
    buckets.carry_due()
    for n in range(3):
        take(sealed, 1, first=50 + n)
        seal_all()
        with clock.freeze(clock.now() + timedelta(days=n + 1)):
            assert buckets.carry_due() == {"sent": 1}
    told = auditing._exported(("s3",))
    assert sorted(told) == [1, 2, 3, 4, 5, 6]
    assert audit(exported=told).findings == []
    owner.execute("delete from seal where number > 4")
    assert "behind_export" in [one.kind for one in audit(exported=told).findings]


@pytest.mark.attack
def test_a_newer_version_hides_no_older_one(sealed: Any, locker: Bucket) -> None:
    buckets.carry_due()
    name, _, body, lock = locker.versions[0]
    line = body.splitlines()[0]
    forged = line.replace(b'"leaves":4', b'"leaves":5')
    assert forged != line
    locker.versions.append((name, "v9", body.replace(line, forged), lock))
    told = auditing._exported(("s3",))
    assert len(told[1]) == 2
    assert "export_differs" in [one.kind for one in audit(exported=told).findings]


def test_copies_that_differ_cannot_both_be_right_in_whatever_order(
        sealed: Any, tmp_path: Path) -> None:
    good = export.write(tmp_path, 1, 3)
    other = tmp_path / "b.jsonl"
    other.write_bytes(good.read_bytes().replace(b'"leaves":4', b'"leaves":5'))
    for places in ((good, other), (other, good)):
        found = audit(exported=auditing._exported(tuple(map(str, places))))
        assert "export_differs" in [one.kind for one in found.findings]
    folder = auditing._exported((str(tmp_path),))
    assert audit(exported=folder).findings == []


@pytest.mark.parametrize("place", ["yok.jsonl", "s3"])
def test_a_place_that_cannot_be_read_is_said(ledger: str, place: str) -> None:
    with pytest.raises(CallerMistake):
        auditing._exported((place,))


def test_a_mail_without_seals_is_said(ledger: str, tmp_path: Path) -> None:
    path = tmp_path / "x.eml"
    path.write_bytes(b"Subject: merhaba\r\n\r\nek yok\r\n")
    with pytest.raises(CallerMistake, match="no file of seals"):
        auditing._exported((str(path),))


# -- seen by the operator --------------------------------------------------------------------------


def test_doctor_tells_of_a_place_that_has_not_got_them(
        sealed: Any, owner: Any, post: Post, locker: Bucket, ledger: str) -> None:
    post.answers = [Retry("SMTP 450"), Sent("x")]
    sealmail.mail_due()
    buckets.carry_due()
    with psycopg.connect(ledger, autocommit=True) as conn:
        said = [(one.good, one.what) for one in doctor._seals(conn, config.settings())
                if "has the seals" in one.what]
    assert said == [(False, "an address of SEAL_EXPORT_MAIL has the seals up to 0"),
                    (True, "an address of SEAL_EXPORT_MAIL has the seals up to 3"),
                    (True, "the bucket has the seals up to 3")]


def test_captures_never_wait_for_it(sealed: Any, locker: Bucket) -> None:
    locker.answers = [503] * 4
    thread = threading.Thread(target=buckets.carry_due)
    thread.start()
    take(sealed, 1, first=70)
    thread.join(20)
    assert not thread.is_alive()
