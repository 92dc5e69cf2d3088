"""A consent's bundle proves that the person was informed before it (R-60), and tells no more."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ileti.consents import bundle
from ileti.consents.numbers import record_number
from ileti.evidence.verifier import outcome, verify
from ileti.kvkk import proof as _acts  # noqa: F401 (registers)
from ileti.kvkk.ledger import record
from ileti.kvkk.vocabulary import Act
from tests.evidence.sealed_house import seal_all
from tests.kvkk.house import act, click, text


@pytest.fixture
def taken(shop: Any) -> dict[str, list[int]]:
    """A notice read in one click, a consent with a notice and a rıza in a later one, another rıza
    after both, somebody else's click between; the ids by what they are."""
    notice, rıza, other = text(shop, "AYDINLATMA"), text(shop), text(shop)
    before = record(click(shop), [act(notice, Act.READ)])[1]
    stranger = replace(act(notice, Act.READ), address="+905994445566")
    record(click(shop), [stranger])
    done, acts = record(click(shop, consents=True), [act(notice, Act.SHOWN, at=60),
                                                     act(rıza, Act.GIVEN, at=60)])
    later = record(click(shop), [act(other, Act.GIVEN, at=90)])[1]
    seal_all()
    return {"consent": [done.items[0].entry_id],
            "in": [one.entry_id for one in [*before, *acts]],
            "out": [one.entry_id for one in later]}


def packed(shop: Any, ids: list[int], folder: Path) -> Path:
    made = bundle.build(shop.provider_id, ids)
    file = folder / "kanit.zip"
    with file.open("wb") as out:
        bundle.write(made, out)
    return file


def records(file: Path) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()
                if name.startswith("entries/")}


def test_r60_the_notice_stands_beside_the_consent_and_holds(
    shop: Any, taken: dict[str, list[int]], tmp_path: Path
) -> None:
    file = packed(shop, taken["consent"], tmp_path)
    numbers = [one["record"] for one in records(file).values()]
    assert numbers == [record_number(one) for one in [*taken["consent"], *taken["in"]]]
    said = verify(str(file))
    assert [one for one in said if not one.good] == []
    assert "4 kayıt mühürlendiği gibi" in [one.tr for one in said]
    assert outcome(said) == 3
    acts = [one["claim"]["act"] for one in records(file).values() if "act" in one["claim"]]
    assert acts == ["READ", "SHOWN", "GIVEN"]
    assert all(one["text"]["kind"] in ("AYDINLATMA", "ACIK_RIZA")
               for one in records(file).values() if "act" in one["claim"])


@pytest.mark.attack
@pytest.mark.parametrize("change", [
    lambda one: one["claim"].update(act="WITHDRAWN"), lambda one: one["text"].update(body="Başka"),
    lambda one: one["person"].update(name="Başkası"), lambda one: one.update(salt="0" * 64),
    lambda one: one["claim"].update(at="2020-01-01T00:00:00Z")])
def test_a_changed_act_is_named(
    shop: Any, taken: dict[str, list[int]], tmp_path: Path, change: Any
) -> None:
    file = packed(shop, taken["consent"], tmp_path)
    forged = io.BytesIO()
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(forged, "w") as out:
        files = {name: archive.read(name) for name in archive.namelist()}
        one = json.loads(files["entries/0004.json"])
        change(one)
        files["entries/0004.json"] = json.dumps(one, ensure_ascii=False).encode()
        for name, content in files.items():
            out.writestr(name, content)
    file.write_bytes(forged.getvalue())
    wrong = [one.about for one in verify(str(file)) if not one.good]
    assert record_number(taken["in"][2]) in wrong


def test_an_act_that_is_not_as_it_was_sealed_gives_no_bundle(
    shop: Any, taken: dict[str, list[int]], owner: Any
) -> None:
    owner.execute("update kvkk_entry set extent = 3 where id = %s", (taken["in"][1],))
    with pytest.raises(bundle.Conflict, match=record_number(taken["in"][1])):
        bundle.build(shop.provider_id, taken["consent"])


def test_the_pages_tell_it_among_the_steps(
    shop: Any, taken: dict[str, list[int]]
) -> None:
    made = bundle.build(shop.provider_id, taken["consent"])
    from ileti.consents.recount import recounted

    told = recounted(shop.provider_id, made.proven)[taken["consent"][0]]
    titles = [one.title for one in told if one.code]
    assert titles == ["Aydınlatma metni gösterildi", "Açık rıza verildi"]
