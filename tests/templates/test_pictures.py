"""Pictures of mails are kept by content, named in words, and stay as long as a mail shows them."""

from __future__ import annotations

import json
from threading import Thread
from typing import Any

import pytest

from config import settings
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.errors import NotFound, RuleBroken
from ileti.programs import sandbox
from ileti.templates import lifecycle, pages, picturedoor, pictures
from ileti.templates.compose import compose
from ileti.templates.design import Block, Design, Kind, faults
from ileti.templates.designmjml import mjml
from ileti.templates.mailbuild import built
from ileti.templates.picturenames import PATH, named, read
from ileti.templates.pictures import Kept, Place
from ileti.templates.previewing import preview
from ileti.templates.senders import sending
from ileti.templates.written import Content
from tests.panel.people import dealer_of
from tests.retention.test_killed import killed
from tests.singles.house import whole_record
from tests.templates import drawn


def of(place: Any, dealer: int | None = None, *, brand: bool = True) -> Place:
    return Place(place.provider_id, place.brand_id if brand else None, dealer)


def kept(place: Place, file: bytes | None = None, alt: str = "Yaz çantası") -> Kept:
    return pictures.keep(place, file or drawn.jpeg(), name="canta.jpg", alt=alt, user_id=1)


def showing(*names: str) -> Content:
    blocks = tuple(Block(Kind.IMAGE, src=one, alt="Çanta") for one in names)
    return pages.designed(Content(Channel.EPOSTA, subject="Yaz", terms="https://a.test/k"),
                          Design((*blocks, Block(Kind.TEXT, "Yeni çantalar geldi."))))


def template(place: Any, draft: Content, dealer: int | None = None, *, brand: bool = True) -> int:
    return lifecycle.create(place.provider_id, place.brand_id if brand else None, Channel.EPOSTA,
                            "Yaz", user_id=1, draft=draft, dealer_id=dealer)


def there(one: Kept) -> bool:
    return db.connection().execute("select from mail_picture where id = %s",
                                   (one.id,)).fetchone() is not None


def asked(path: str, method: str = "GET", **more: str) -> tuple[str, dict[str, str], bytes]:
    said: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        said.update(status=status, headers=dict(headers))

    body = b"".join(picturedoor.application(
        {"PATH_INFO": path, "REQUEST_METHOD": method, **more}, start))
    return said["status"][:3], said["headers"], body


def address(name: str) -> str:
    found = read(name)
    assert found is not None
    return PATH + found.file


def test_the_same_picture_at_the_same_place_is_kept_once(place: Any) -> None:
    first, second = kept(of(place)), kept(of(place))
    assert (first.id, first.names, second.again) == (second.id, second.names, True)
    assert kept(of(place, brand=False)).names != first.names


def test_a_mail_loads_it_from_the_public_address_and_everybody_the_same(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_record(place)
    name = kept(of(place)).names[-1]
    monkeypatch.setattr(settings(), "public_url", "https://ileti.defne.test")
    who = sending(place.provider_id, place.brand_id, Channel.EPOSTA)
    made = compose(showing(name), who.sender, who.refusal)
    letters = {made.fill({"ad": ad, "ret_baglantisi": "https://r.test/x"}).html.split(
        'src="')[1].split('"')[0] for ad in ("Ayşe", "Bora")}
    assert letters == {"https://ileti.defne.test" + address(name)}


def test_whoever_has_the_address_gets_the_picture_and_nothing_else(place: Any) -> None:
    one = kept(of(place))
    for name in one.names:
        status, headers, body = asked(address(name))
        assert (status, headers["Content-Type"]) == ("200", "image/jpeg")
        assert drawn.opened(body).width == (read(name) or [0, 0])[1]
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]
        assert "Set-Cookie" not in headers
    path = address(one.names[0])
    assert asked(path, "HEAD")[2] == b""
    assert asked(path, HTTP_IF_NONE_MATCH=headers["ETag"])[0] == "200"
    assert asked(path, HTTP_IF_NONE_MATCH=asked(path)[1]["ETag"])[::2] == ("304", b"")


def test_nobody_gets_anything_by_guessing(place: Any) -> None:
    path = address(kept(of(place)).names[0])
    other = path.replace(path[7:9], "aa" if path[7:9] != "aa" else "bb", 1)
    for wrong in (other, path.replace("-600", "-601"), path.replace(".jpg", ".png"), PATH,
                  f"{PATH}../etc/passwd", path + "/", path.upper(), f"{path}%00"):
        status, headers, body = asked(wrong)
        assert (status, body, headers["Cache-Control"]) == ("404", b"", "no-store")
    assert asked(path, "POST")[0] == "405"


def test_the_server_answers_without_a_session(place: Any) -> None:
    from werkzeug.test import Client

    from app import app

    answer = Client(app).get(address(kept(of(place)).names[0]))
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")


def test_a_picture_is_drawn_no_wider_than_it_is(place: Any) -> None:
    small = kept(of(place), drawn.png(120, 40)).names[0]
    wide = kept(of(place)).names[-1]
    assert 'width="120px"' in mjml(Design((Block(Kind.IMAGE, src=small),)))
    assert 'width="' not in mjml(Design((Block(Kind.IMAGE, src=wide),))).split("mj-image src")[1]
    assert 'width="120"' in built(mjml(Design((Block(Kind.IMAGE, src=small),)))).html


def test_what_it_shows_is_written_or_it_only_decorates(place: Any) -> None:
    name = kept(of(place)).names[0]
    words = Block(Kind.TEXT, "Merhaba")
    found = [[one.code for one in faults(Design((block, words))) if one.stops] for block in (
        Block(Kind.IMAGE, src=name), Block(Kind.IMAGE, src=name, alt="Çanta"),
        Block(Kind.IMAGE, src=name, decor="1"), Block(Kind.COLUMNS, src2=name),
        Block(Kind.COLUMNS, src2=name, decor2="1"))]
    assert found == [["picture_words"], [], [], ["picture_words"], []]


def test_the_weight_of_a_mail_is_told(place: Any) -> None:
    whole_record(place)
    one = kept(of(place))
    content = showing(one.names[0], "https://baska.test/r.png")
    made = preview(content, sending(place.provider_id, place.brand_id, Channel.EPOSTA), {})
    assert made.size == len(made.said.html.encode())
    assert (len(made.pictures), made.outside) == (1, 1)
    assert pictures.weight(made.pictures) == len(asked(address(one.names[0]))[2])


@pytest.mark.parametrize("whose", ["stranger", "brand", "dealer"])
def test_a_template_shows_no_picture_that_is_not_its_own(
    place: Any, place_b: Any, whose: str
) -> None:
    foreign = kept({"stranger": of(place_b), "brand": of(place),
                    "dealer": of(place, dealer_of(place))}[whose])
    number = template(place, showing(foreign.names[0]), brand=whose != "brand")
    with pytest.raises(RuleBroken) as error:
        lifecycle.publish(number, 0, user_id=1)
    assert error.value.code == "picture_gone"
    assert lifecycle.latest(number) is None


def test_a_dealers_template_may_show_what_stands_above_it(place: Any) -> None:
    whole_record(place)
    names = [kept(one).names[0] for one in (of(place), of(place, brand=False))]
    number = template(place, showing(*names), dealer=dealer_of(place))
    assert lifecycle.publish(number, 0, user_id=1)


def test_a_name_nobody_gave_stops_the_publication(place: Any) -> None:
    name = kept(of(place)).names[0].replace("-600", "-599")
    with pytest.raises(RuleBroken):
        lifecycle.publish(template(place, showing(name)), 0, user_id=1)


def test_what_a_template_shows_is_not_removed_and_what_was_published_never(place: Any) -> None:
    one, other = kept(of(place)), kept(of(place), drawn.png())
    number = template(place, showing(one.names[-1]))
    with pytest.raises(RuleBroken) as error:
        pictures.remove(one.id, user_id=1)
    assert error.value.code == "picture_used"
    lifecycle.publish(number, 0, user_id=1)
    revision = lifecycle.save(number, 0, showing(other.names[-1]), user_id=1)
    assert revision == 1
    lifecycle.retire(number, user_id=1)
    with pytest.raises(RuleBroken):
        pictures.remove(one.id, user_id=1)
    pictures.remove(other.id, user_id=1)  # a draft of what was taken off shows nobody anything
    assert (there(one), there(other)) == (True, False)
    with pytest.raises(NotFound):
        pictures.remove(other.id, user_id=1)


def test_who_removes_waits_for_who_publishes_and_is_told(place: Any) -> None:
    one = kept(of(place))
    draft = showing(one.names[-1])
    number = template(place, Content(Channel.EPOSTA, subject="Yaz", body="Henüz resimsiz"))
    said: list[str] = []

    def gone() -> None:
        try:
            pictures.remove(one.id, user_id=1)
        except RuleBroken as error:
            said.append(error.code)

    with db.transaction(system=True) as conn:
        pictures.refuse_missing(conn, of(place), draft.html)
        other = Thread(target=gone)
        other.start()
        conn.execute("update message_template set draft = %s where id = %s",
                     (json.dumps({"html": draft.html}), number))
        other.join(0.5)
        assert other.is_alive()
    other.join()
    assert (said, there(one)) == (["picture_used"], True)


def old(one: Kept, days: int = 91) -> None:
    db.connection().execute("update mail_picture set seen_at = now() - make_interval(days => %s) "
                            "where id = %s", (days, one.id))


def test_what_nothing_shows_is_destroyed_after_its_days_and_the_rest_stays(place: Any) -> None:
    used, fresh, idle = (kept(of(place), drawn.png(colour=(n, 0, 0))) for n in (1, 2, 3))
    template(place, showing(used.names[0]))
    for one, days in ((used, 4_000), (fresh, 89), (idle, 91)):
        old(one, days)
    assert pictures.destroy_unused(90)["destroyed"] >= 1
    assert [there(one) for one in (used, fresh, idle)] == [True, True, False]
    assert asked(address(idle.names[0]))[0] == "404"
    deeds = db.connection().execute(
        "select action from audit_entry where subject = %s", (f"mail_picture:{idle.id}",))
    assert {row[0] for row in deeds} == {"picture:add", "picture:destroy"}


def test_taken_out_of_a_draft_it_has_its_days_from_then(place: Any) -> None:
    one = kept(of(place))
    number = template(place, showing(one.names[0]))
    old(one)
    pictures.destroy_unused(90)
    lifecycle.save(number, 0, showing(), user_id=1)
    pictures.destroy_unused(90)
    assert there(one)


def test_a_job_that_is_killed_is_gone_on_with(place: Any) -> None:
    found = [kept(of(place), drawn.png(colour=(n, 9, 9))) for n in range(3)]
    for one in found:
        old(one)
    killed("picture.destroyed", "from ileti.templates import pictures; pictures.destroy_unused(90)")
    assert sum(there(one) for one in found) == 2
    pictures.destroy_unused(90)
    assert not any(there(one) for one in found)


def test_a_sandbox_shows_its_homes_pictures_and_no_strangers(place: Any, place_b: Any) -> None:
    whole_record(place)
    html, strange = (showing(kept(of(one)).names[0]).html for one in (place, place_b))
    with db.transaction(system=True) as conn:
        twin = Place(sandbox.ensure(conn, place.provider_id))
        assert pictures.missing(conn, twin, html) == []
        assert len(pictures.missing(conn, twin, strange)) == 1


def test_no_more_is_kept_than_there_is_room(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "picture_room_mb", 0)
    with pytest.raises(RuleBroken) as error:
        kept(of(place))
    assert error.value.code == "picture_room"


def test_names_are_found_wherever_they_stand() -> None:
    name = f"resim:{'a' * 32}-600.png"
    assert [one.file for one in named(f'x {name}" {name} resim:kisa-600.png')] == [name[6:]]
    assert built(f'<img src="{name}" alt="x">').html.count(name) == 1
    assert built('<img src="resim:../../etc-1.png">').html == ""
