"""Importing in the panel by hand: all steps without a script, and everybody who must not."""

from __future__ import annotations

import io
import re
import time
from datetime import timedelta
from typing import Any

import pytest

from config import settings
from ileti.core import clock, db, formats
from ileti.imports import agreed, pace, runs, staging
from ileti.imports import apply as applying
from ileti.imports.mapping import Mapping
from ileti.imports.panel import incoming, result_page
from ileti.imports.panel.mapping_form import _PLACES, ROLES, read_layout
from ileti.imports.reading.reader import Layout
from ileti.imports.reading.sources import examine
from ileti.imports.states import RunState, Undo
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with

GROUND = {"ground": "Üyelik sözleşmesindeki ETK onayı", "proof": "Kanıtlar arşivde duruyor",
          "notice": "Üyelikte aydınlatma metni gösterildi"}


def csv_of(rows: int = 40, *, first: int = 0) -> bytes:
    """A list as people keep it: semicolons, phones in several forms, a fault here and there."""
    day = clock.to_istanbul(clock.now() - timedelta(hours=2)).strftime("%d.%m.%Y %H:%M")
    lines = ["Ad Soyad;Cep Telefonu;E-posta;SMS İzni;İzin Tarihi;İzin Kaynağı"]
    for n in range(first, first + rows):
        phone = f"0 (599) {n // 10000 % 1000:03d} {n // 100 % 100:02d} {n % 100:02d}"
        if n % 10 == 7:
            phone = "0599 12"
        choice = "Hayır" if n % 10 == 3 else "Evet"
        lines.append(f"Ada Yıldız;{phone};kisi{n}@ornek.test;{choice};{day};web")
    return "\n".join(lines).encode()


def bring(client: Any, data: bytes, *, name: str = "liste.csv", **more: str) -> Any:
    """Upload a list by one POST, as a browser without a script does."""
    return client.post("/ice-aktarma/yeni", data={
        "csrf_token": token_of(client), "dosya": (io.BytesIO(data), name), **more},
        content_type="multipart/form-data")


def number_of(answer: Any) -> int:
    found = re.search(r"/ice-aktarma/(\d+)/", answer.headers["Location"])
    assert found is not None, answer.headers["Location"]
    return int(found.group(1))


def post(client: Any, run: int, deed: str, **fields: Any) -> Any:
    return client.post(f"/ice-aktarma/{run}/{deed}", data={
        "csrf_token": token_of(client), **fields})


def columns_of(run: int) -> dict[str, str]:
    """The selects of the mapping page as the page proposes them."""
    mapping = runs.read_run(run).mapping
    return {f"sutun-{n}": role.value for role, n in mapping.columns.items()}


def checked(client: Any, data: bytes) -> int:
    """An import as far as its dry run."""
    run = number_of(bring(client, data))
    assert post(client, run, "esleme", **columns_of(run)).status_code == 302
    assert post(client, run, "koken", origin="customers", **GROUND).status_code == 302
    assert state_of(run) is RunState.CHECKING
    staging.check_due(time.monotonic() + 60)
    assert state_of(run) is RunState.CHECKED
    return run


def applied(run: int) -> None:
    for _again in range(20):
        if state_of(run) is RunState.APPLIED:
            return
        applying.apply_due(time.monotonic() + 60)
    raise AssertionError(state_of(run))


def state_of(run: int) -> RunState:
    return RunState(db.connection().execute(
        "select state from import_run where id = %s", [run]).fetchone()[0])  # type: ignore[index]


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


# -- the way through ------------------------------------------------------------------------------


def test_a_list_goes_through_all_steps_without_a_script(admin: Any, place: Any) -> None:
    assert "Henüz" in admin.get("/ice-aktarma/").text
    page = admin.get("/ice-aktarma/yeni").text
    assert 'enctype="multipart/form-data"' in page
    answer = bring(admin, csv_of(40))
    assert answer.status_code == 302
    run = number_of(answer)

    page = admin.get(f"/ice-aktarma/{run}/esleme").text
    assert "Cep Telefonu" in page
    assert "0 (599) 000 00 00" not in page  # the middle of every address is hidden
    assert "0 (599) 00•" in page or "••" in page
    assert post(admin, run, "esleme", **columns_of(run)).headers["Location"].endswith("/koken")

    page = admin.get(f"/ice-aktarma/{run}/koken").text
    assert "Satın alınmış liste" in page
    answer = post(admin, run, "koken", origin="customers", **GROUND)
    assert answer.status_code == 302
    page = admin.get(f"/ice-aktarma/{run}/").text
    assert 'http-equiv="refresh"' in page
    assert "data-import-live" in page

    staging.check_due(time.monotonic() + 60)
    page = admin.get(f"/ice-aktarma/{run}/").text
    assert "Deneme sonucu" in page
    assert "Telefon numarası geçersiz" in page
    assert "36 satırı uygula" in page

    answer = post(admin, run, "uygula")
    assert answer.status_code == 302
    assert "Uygulanıyor" in admin.get(f"/ice-aktarma/{run}/").text
    applied(run)
    page = admin.get(f"/ice-aktarma/{run}/").text
    assert "36" in page
    assert "kayıt yazıldı" in page
    assert db.connection().execute(
        "select count(*) from consent_entry where provider_id = %s",
        [place.provider_id]).fetchone() == (36,)
    row = admin.get("/ice-aktarma/").text
    assert "liste.csv" in row
    assert "Uygulandı" in row
    assert "Ada Yıldız" in row


def test_the_row_report_is_offered_as_a_workbook_and_as_csv(admin: Any) -> None:
    run = checked(admin, csv_of(10))
    page = admin.get(f"/ice-aktarma/{run}/").text
    assert re.findall(rf'href="/ice-aktarma/{run}/nedenler\.(\w+)"', page) == ["xlsx", "csv"]
    book = admin.get(f"/ice-aktarma/{run}/nedenler.xlsx")
    assert book.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert f'filename="ice-aktarma-{run}.xlsx"' in book.headers["Content-Disposition"]
    found = examine("rapor.xlsx", [book.data])
    assert found.layout.kind == "report"
    assert [one[1] for one in found.rows][:2] == ["0 (599) 000 00 00", "0 (599) 000 00 01"]
    assert admin.get(f"/ice-aktarma/{run}/nedenler.ndjson").status_code == 404


def test_a_programs_import_is_shown_with_the_programs_name(admin: Any, place: Any) -> None:
    from tests.api.api_house import Program, ndjson, work

    program = Program(place)
    run = program.bring(ndjson(3), apply="all").json["id"]
    work(run)
    assert re.search(r">\s*CRM\s*<", admin.get("/ice-aktarma/").text)
    page = admin.get(f"/ice-aktarma/{run}/").text
    assert page.count("CRM") >= 2, "uploaded and applied by it"
    trail = admin.get("/denetim/list/").text
    assert trail.count("CRM") == 2, "began an import, uploaded a list"


def test_every_deed_stands_in_the_audit_trail(admin: Any, place: Any) -> None:
    run = checked(admin, csv_of(12))
    post(admin, run, "uygula")
    deeds = [row[0] for row in db.connection().execute(
        "select action from audit_entry where provider_id = %s and subject = %s order by id",
        [place.provider_id, f"import:{run}"])]
    assert deeds == ["import:open", "import:upload", "import:map", "import:origin",
                     "import:check", "import:apply"]


def test_the_same_file_again_is_told_with_a_link(admin: Any) -> None:
    data = csv_of(12)
    first = number_of(bring(admin, data))
    second = number_of(bring(admin, data, name="ayni.csv"))
    page = admin.get(f"/ice-aktarma/{second}/esleme").text
    assert "Aynı dosya daha önce yüklendi" in page
    assert f'href="/ice-aktarma/{first}/"' in page
    third = checked(admin, data)
    post(admin, third, "uygula")
    page = admin.get(f"/ice-aktarma/{second}/esleme").text
    assert "Aynı dosya daha önce aktarıldı" in page
    assert f'href="/ice-aktarma/{third}/"' in page


def test_a_file_in_another_spelling_is_corrected_and_seen_anew(admin: Any) -> None:
    data = csv_of(12).decode().replace("SMS İzni", "İzin Şekli").encode("cp1254")
    run = number_of(bring(admin, data))
    assert "İzin Şekli" in admin.get(f"/ice-aktarma/{run}/esleme").text
    post(admin, run, "esleme", kodlama="windows-1254", ayirac=",", baslik="1", **{"is": "oku"})
    assert runs.read_run(run).layout.delimiter == ","
    post(admin, run, "esleme", kodlama="windows-1254", ayirac=";", atla="1", **{"is": "oku"})
    layout = runs.read_run(run).layout
    assert (layout.header, layout.skip, layout.encoding) == (False, 1, "windows-1254")


def test_what_is_missing_stands_at_its_field(admin: Any) -> None:
    run = number_of(bring(admin, csv_of(12)))
    answer = post(admin, run, "esleme", **{"sutun-1": "phone"})
    assert answer.status_code == 422
    for name in ("kanallar", "secim", "kaynak", "tarih"):
        assert f'href="#{name}"' in answer.text
    answer = post(admin, run, "esleme", **{"sutun-1": "phone", "sutun-2": "phone"})
    assert 'id="sutun-2-hata"' in answer.text
    answer = post(admin, run, "esleme", tarih="dün", **columns_of(run))
    assert 'id="tarih-hata"' in answer.text
    assert state_of(run) is RunState.MAPPING


def test_no_channel_is_ticked_beforehand(admin: Any) -> None:
    run = number_of(bring(admin, csv_of(12)))
    page = admin.get(f"/ice-aktarma/{run}/esleme").text
    boxes = re.findall(r'<input type="checkbox"[^>]*name="kanallar"[^>]*>', page)
    assert len(boxes) == 3
    assert not [box for box in boxes if "checked" in box]


def test_every_control_of_the_mapping_goes_with_its_form(admin: Any, place: Any) -> None:
    dealer_of(place)
    run = number_of(bring(admin, csv_of(12)))
    page = admin.get(f"/ice-aktarma/{run}/esleme").text
    controls = re.findall(r"<(?:select|input|button)[^>]* name=[^>]*>", page[page.index(
        'id="esleme"'):])
    mine = [one for one in controls if 'form="esleme"' in one]
    names = {re.search(r' name="([^"]+)"', one).group(1) for one in mine}  # type: ignore[union-attr]
    assert {"secim", "kaynak", "tarih", "tip", "dayanak", "bayi", "kanallar", "kodlama", "ayirac",
            "baslik", "atla", "sablon_adi", "sutun-0", "sutun-5", "is"} <= names


def test_every_role_and_every_problem_has_its_place_on_the_page() -> None:
    from ileti.imports.mapping import Role

    assert set(ROLES) == set(Role)
    assert {one.field for one in Mapping({}).problems()} == set(_PLACES)


def test_a_mapping_is_kept_by_name_and_used_again(admin: Any) -> None:
    run = number_of(bring(admin, csv_of(12)))
    answer = post(admin, run, "esleme", sablon_adi="Kasa listesi", dayanak="VKN",
                  **columns_of(run), **{"is": "sakla"})
    assert answer.status_code == 302
    other = number_of(bring(admin, csv_of(14)))
    page = admin.get(f"/ice-aktarma/{other}/esleme").text
    assert "Kasa listesi" in page
    found = re.search(r'value="(sablon-\d+)"', page)
    assert found is not None
    assert post(admin, other, "esleme", **{"is": found.group(1)}).status_code == 302
    assert runs.read_run(other).mapping.fixed.basis == "VKN"


def test_a_bought_list_is_refused_with_its_sentence(admin: Any) -> None:
    run = number_of(bring(admin, csv_of(12)))
    post(admin, run, "esleme", **columns_of(run))
    answer = post(admin, run, "koken", origin="purchased", **GROUND)
    assert answer.status_code == 422
    assert "Satın alınmış listeler aktarılmaz" in answer.text
    assert state_of(run) is RunState.MAPPING
    answer = post(admin, run, "koken", origin="customers", ground="x")
    for name in ("ground", "proof", "notice"):
        assert f'id="{name}-hata"' in answer.text


def test_a_corrected_file_takes_the_place_of_the_first_and_keeps_its_mapping(admin: Any) -> None:
    run = checked(admin, csv_of(12))
    answer = post(admin, run, "birak", degistir="1")
    assert answer.headers["Location"].endswith(f"?onceki={run}")
    assert state_of(run) is RunState.CANCELLED
    other = number_of(bring(admin, csv_of(12, first=50), onceki=str(run)))
    now = runs.read_run(other)
    assert now.origin["ground"] == GROUND["ground"]
    assert now.mapping == runs.read_run(run).mapping


def test_a_second_person_approves_and_never_the_first(app: Any, admin: Any, place: Any,
                                                      monkeypatch: Any) -> None:
    monkeypatch.setattr(settings(), "import_four_eyes_rows", 5)
    run = checked(admin, csv_of(12))
    assert "Önce ikinci bir kişi onaylar" in admin.get(f"/ice-aktarma/{run}/").text
    post(admin, run, "uygula")
    assert state_of(run) is RunState.APPROVAL
    assert "Bunu siz istediniz" in admin.get(f"/ice-aktarma/{run}/").text
    post(admin, run, "onayla")
    assert state_of(run) is RunState.APPROVAL
    other = sign_in(app, user_with(app, "compliance_officer", place))
    assert "Uygulamayı onayla" in other.get(f"/ice-aktarma/{run}/").text
    post(other, run, "onayla")
    assert state_of(run) is RunState.APPLYING
    assert other.get(f"/ice-aktarma/{run}/esleme").status_code in (302, 403)


@pytest.fixture
def two_people(place: Any, monkeypatch: Any) -> Any:
    """A provider that wants two people for many rows, and 5 are many."""
    monkeypatch.setattr(agreed, "MANY", 5)
    db.connection().execute("update provider set approvals = '{import,refusal}' where id = %s",
                            (place.provider_id,))
    return place


def test_many_rows_wait_where_the_provider_itself_wants_two_people(
        app: Any, admin: Any, two_people: Any) -> None:
    run = checked(admin, csv_of(12))
    post(admin, run, "uygula")
    assert state_of(run) is RunState.APPROVAL
    other = sign_in(app, user_with(app, "compliance_officer", two_people))
    post(other, run, "onayla")
    assert state_of(run) is RunState.APPLYING
    few = checked(admin, csv_of(3, first=80))
    post(admin, few, "uygula")
    assert state_of(few) is RunState.APPLYING


def test_undoing_many_rows_waits_where_the_provider_itself_wants_two_people(
        app: Any, admin: Any, two_people: Any) -> None:
    run, other = checked(admin, csv_of(12)), sign_in(
        app, user_with(app, "compliance_officer", two_people))
    post(admin, run, "uygula")
    post(other, run, "onayla")
    applied(run)
    answer = post(admin, run, "geri-al", yol=str(int(Undo.TAKE_BACK)))
    assert state_of(run) is RunState.APPLIED, answer.text
    [asked] = [one for one in db.connection().execute(
        "select id, encode(digest, 'hex'), deed from approval where subject = %s",
        (f"import:{run}",)) if one[2] == agreed.UNDO]
    admin.post(f"/onaylar/{asked[0]}/karar", data={
        "csrf_token": token_of(admin), "karar": "onay", "ozet": asked[1]})
    assert state_of(run) is RunState.APPLIED
    other.post(f"/onaylar/{asked[0]}/karar", data={
        "csrf_token": token_of(other), "karar": "onay", "ozet": asked[1]})
    assert state_of(run) is RunState.UNDOING


def test_a_thousand_rows_are_many_where_nobody_says_otherwise(place: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings(), "import_four_eyes_rows", 0)
    db.connection().execute("update provider set approvals = '{refusal}' where id = %s",
                            (place.provider_id,))
    assert [agreed.many("refusal", place.provider_id, rows) for rows in (1_000, 1_001)] == [
        False, True]
    assert not agreed.many("import", place.provider_id, 1_001)


def test_applying_pauses_goes_on_and_is_given_up(admin: Any) -> None:
    run = checked(admin, csv_of(12))
    post(admin, run, "uygula")
    post(admin, run, "duraklat")
    assert state_of(run) is RunState.PAUSED
    assert "Sürdür" in admin.get(f"/ice-aktarma/{run}/").text
    post(admin, run, "surdur")
    assert state_of(run) is RunState.APPLYING
    post(admin, run, "birak")
    assert state_of(run) is RunState.CANCELLED
    assert "Vazgeçildi" in admin.get(f"/ice-aktarma/{run}/").text


def test_a_stopped_import_says_why_in_the_language_of_the_page(admin: Any) -> None:
    run = checked(admin, csv_of(12))
    db.connection().execute("update import_run set state = %s, problem = %s where id = %s",
                            (RunState.FAILED, "Dosya okunamıyor.\nThe file cannot be read.", run))
    assert "Dosya okunamıyor." in admin.get(f"/ice-aktarma/{run}/").text
    admin.get("/lang/en")
    page = admin.get(f"/ice-aktarma/{run}/").text
    assert "The file cannot be read." in page
    post(admin, run, "dene")
    assert state_of(run) is RunState.CHECKING


def test_every_page_speaks_english_too(admin: Any) -> None:
    admin.get("/lang/en")
    run = checked(admin, csv_of(40))
    page = admin.get(f"/ice-aktarma/{run}/").text
    assert "Result of the dry run" in page
    assert "Apply 36 rows" in page
    assert "The phone number is not valid" in page


# -- a page that is old, somebody else ------------------------------------------------------------


def test_a_page_that_is_old_is_told_and_changes_nothing(admin: Any) -> None:
    run = checked(admin, csv_of(12))
    post(admin, run, "uygula")
    for deed in ("uygula", "dene", "surdur", "onayla"):
        answer = post(admin, run, deed)
        assert answer.status_code == 302
        assert state_of(run) is RunState.APPLYING
        assert "bu arada ilerledi" in admin.get(f"/ice-aktarma/{run}/").text
    for deed in ("esleme", "koken"):
        assert post(admin, run, deed, **columns_of(run)).status_code == 302
        assert admin.get(f"/ice-aktarma/{run}/{deed}").status_code == 302
    assert state_of(run) is RunState.APPLYING
    answer = admin.post(f"/ice-aktarma/{run}/parca/1", data=b"x",
                        headers={"X-CSRFToken": token_of(admin)})
    assert answer.status_code == 409


WAYS = ("", "esleme", "koken", "dene", "uygula", "onayla", "duraklat", "surdur", "birak", "bitti",
        "parca/", "parca/1", "nedenler.csv", "nedenler.xlsx")


def refused_everywhere(client: Any, run: int) -> None:
    before = db.connection().execute("select * from import_run where id = %s", [run]).fetchone()
    token = token_of(client)
    for way in WAYS:
        for method in ("GET", "POST"):
            answer = client.open(f"/ice-aktarma/{run}/{way}", method=method,
                                 data={"csrf_token": token} if method == "POST" else None)
            assert answer.status_code in (403, 404, 405), (method, way, answer.status_code)
    assert f"/ice-aktarma/{run}/" not in client.get("/ice-aktarma/").text
    assert before == db.connection().execute(
        "select * from import_run where id = %s", [run]).fetchone()


def test_another_provider_finds_nothing(app: Any, admin: Any, place_b: Any) -> None:
    run = checked(admin, csv_of(12))
    refused_everywhere(sign_in(app, user_with(app, "provider_admin", place_b)), run)


def test_a_dealer_finds_only_its_own_imports(app: Any, admin: Any, place: Any) -> None:
    run = checked(admin, csv_of(12))
    own, other = dealer_of(place), dealer_of(place, "Karşıyaka Akasya")
    dealer = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=own))
    refused_everywhere(dealer, run)
    mine = number_of(bring(dealer, csv_of(12)))
    assert f"/ice-aktarma/{mine}/" in dealer.get("/ice-aktarma/").text
    refused_everywhere(
        sign_in(app, user_with(app, "dealer_manager", place, dealer_id=other)), mine)
    post(dealer, mine, "esleme", bayi=str(other), **columns_of(mine))
    kept = runs.read_run(mine)
    assert kept.dealer_id == own
    assert kept.mapping.fixed.dealer_id == own


def test_a_dealers_user_and_a_marketer_may_not_import(app: Any, place: Any) -> None:
    dealer = dealer_of(place)
    for client in (sign_in(app, user_with(app, "dealer_user", place, dealer_id=dealer)),
                   sign_in(app, user_with(app, "marketer", place))):
        assert "ice-aktarma" not in client.get("/").text
        assert bring(client, csv_of(12)).status_code == 403
        assert client.get("/ice-aktarma/").status_code == 403


def test_a_brand_of_somebody_else_is_no_choice(app: Any, place: Any, place_b: Any) -> None:
    db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'İkinci')",
        (place.provider_id, place.brand_code + 1))
    client = sign_in(app, user_with(app, "provider_admin", place))
    answer = bring(client, csv_of(12), marka=str(place_b.brand_id))
    assert answer.status_code == 422
    assert "Marka seçin" in answer.text
    answer = client.post("/ice-aktarma/yeni/parcali", data={
        "csrf_token": token_of(client), "marka": str(place_b.brand_id), "ad": "x", "boyut": "9"})
    assert answer.status_code == 400


def test_an_import_that_is_not_there_is_not_found(admin: Any) -> None:
    assert admin.get("/ice-aktarma/999999999/").status_code == 404
    assert admin.get("/ice-aktarma/99999999999999999999999/").status_code == 404
    assert admin.get("/ice-aktarma/yeni?onceki=99999999999999999999").status_code == 200


# -- uploading ------------------------------------------------------------------------------------


def begin_parts(client: Any, size: int) -> tuple[int, dict[str, str]]:
    token = {"X-CSRFToken": token_of(client)}
    answer = client.post("/ice-aktarma/yeni/parcali", data={"ad": "büyük.csv", "boyut": str(size)},
                         headers=token)
    assert answer.status_code == 200, answer.text
    return answer.json["run"], token


def test_a_file_comes_in_parts_and_a_broken_upload_goes_on(admin: Any) -> None:
    data = csv_of(200)
    run, token = begin_parts(admin, len(data))
    cut = len(data) // 2
    url = f"/ice-aktarma/{run}/parca/"
    assert admin.post(url + "2", data=data[cut:], headers=token).json == {"size": len(data) - cut}
    answer = admin.post(f"/ice-aktarma/{run}/bitti", headers=token)
    assert answer.status_code == 400
    assert "1. parçası eksik" in answer.json["say"]
    assert admin.get(url).json == {"parts": {"2": len(data) - cut}}
    assert "yarıda kaldı" in admin.get(f"/ice-aktarma/{run}/").text
    assert admin.post(url + "1", data=data[:cut], headers=token).status_code == 200
    answer = admin.post(f"/ice-aktarma/{run}/bitti", headers=token)
    assert answer.json == {"url": f"/ice-aktarma/{run}/esleme"}
    assert b"".join(runs.read_run(run).file.read()) == data


def test_a_part_needs_its_token_and_has_its_bound(admin: Any) -> None:
    run, token = begin_parts(admin, 10)
    url = f"/ice-aktarma/{run}/parca/1"
    assert admin.post(url, data=b"x").status_code == 400
    assert admin.post(url, data=b"x" * ((8 << 20) + 2), headers=token).status_code == 413
    assert admin.post(url, data=b"x" * ((8 << 20) + 1), headers=token).status_code == 400
    assert admin.post(f"/ice-aktarma/{run}/parca/0", data=b"x", headers=token).status_code == 400
    assert runs.read_run(run).file.parts() == {}
    assert admin.post(url, data=b"x" * (8 << 20), headers=token).status_code == 200


def test_a_part_that_is_cut_short_is_no_part(admin: Any) -> None:
    run, token = begin_parts(admin, 10)
    url = f"/ice-aktarma/{run}/parca/1"
    for terminated in (False, True):  # a server that ends the body itself tells no break
        answer = admin.post(url, data=b"abc", headers=token, environ_overrides={
            "CONTENT_LENGTH": "10", "wsgi.input_terminated": terminated})
        assert answer.status_code == 400
        assert runs.read_run(run).file.parts() == {}


@pytest.mark.parametrize("terminated", [False, True])
def test_a_part_of_full_size_is_taken_from_every_server(admin: Any, terminated: bool) -> None:
    run, token = begin_parts(admin, 8 << 20)
    answer = admin.post(f"/ice-aktarma/{run}/parca/1", data=b"x" * (8 << 20), headers=token,
                        environ_overrides={"wsgi.input_terminated": terminated})
    assert answer.json == {"size": 8 << 20}


def test_a_large_file_in_one_post_is_sealed_while_it_comes(admin: Any, monkeypatch: Any,
                                                          tmp_path: Any) -> None:
    monkeypatch.setattr(incoming, "PART_BYTES", 4_096)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    data = csv_of(2_000)
    seen: list[int] = []
    seal = incoming.Incoming._seal

    def watched(self: Any, piece: bytes) -> None:
        seal(self, piece)
        seen.append(len(piece))

    monkeypatch.setattr(incoming.Incoming, "_seal", watched)
    run = number_of(bring(admin, data))
    assert len(seen) == len(data) // 4_096
    assert b"".join(runs.read_run(run).file.read()) == data
    assert not list(tmp_path.iterdir())
    folder = settings().import_folder
    assert not list((folder / "coming").iterdir())
    assert all(b"Telefon" not in path.read_bytes()
               for path in (folder / runs.read_run(run).path).iterdir())


def test_a_file_beyond_the_bound_is_refused_and_leaves_nothing(admin: Any, place: Any,
                                                              monkeypatch: Any) -> None:
    monkeypatch.setattr(settings(), "import_longest_mb", 1)
    assert bring(admin, b"x" * 2_100_000).status_code == 413
    answer = admin.post("/ice-aktarma/yeni/parcali", data={
        "csrf_token": token_of(admin), "ad": "x", "boyut": "1000001"})
    assert answer.status_code == 413
    assert "1 MB" in answer.json["say"]
    assert db.connection().execute("select count(*) from import_run where provider_id = %s",
                                   [place.provider_id]).fetchone() == (0,)


def test_other_addresses_keep_their_small_bound(admin: Any) -> None:
    data = {"csrf_token": token_of(admin), "q": "x" * (3 << 20)}
    assert admin.post("/izinler/ara", data=data).status_code == 413


def test_an_upload_without_file_or_of_nothing_says_so(admin: Any) -> None:
    answer = admin.post("/ice-aktarma/yeni", data={"csrf_token": token_of(admin)})
    assert answer.status_code == 422
    assert "Dosya seçin" in answer.text
    answer = bring(admin, b"")
    assert answer.status_code == 422
    assert "Dosya boş" in answer.text


def test_a_file_that_is_no_list_is_shown_as_such(admin: Any) -> None:
    for data in (b"\x00\xff\xfe" * 500, b'"' * 5_000, b"a," * 2_000, "İ".encode() * 9):
        run = number_of(bring(admin, data))
        assert admin.get(f"/ice-aktarma/{run}/esleme").status_code == 200
        answer = post(admin, run, "esleme", **{"sutun-0": "phone"})
        assert answer.status_code == 422


# -- small sums -----------------------------------------------------------------------------------


def test_what_waits_already_counts_into_the_time(admin: Any, place: Any,
                                                 monkeypatch: Any) -> None:
    monkeypatch.setattr(settings(), "iys_requests_per_second", 1.0)
    monkeypatch.setattr(settings(), "iys_first_poll_seconds", 0.0)
    monkeypatch.setattr(pace, "MOST_IN_BATCH", 1)
    one = type("Run", (), {"provider_id": place.provider_id, "counts": {"repaired": {"no": 2}}})()
    assert pace.sending_seconds(one.provider_id, pace.takeable(one.counts)) == 4.0
    take(place, "+905996550001")
    assert pace.sending_seconds(one.provider_id, pace.takeable(one.counts)) == 6.0


def test_consents_past_their_day_before_iys_has_them_are_counted() -> None:
    today = clock.today()
    due = {str(today - timedelta(days=1)): 3, str(today): 5, str(today + timedelta(days=9)): 7,
           "infinity": 11}
    assert pace.past_due({"due": due}, 60) == 3
    assert pace.past_due({"due": due}, 3 * 86_400) == 8


def test_the_bar_shows_small_parts_and_fills_the_width() -> None:
    bar = result_page._bar({"as_is": 999_000, "repaired": 900, "waits": 0, "left": 1})
    assert [part["key"] for part in bar] == ["as_is", "repaired", "left"]
    assert all(part["width"] >= 1 for part in bar)
    assert 99 < bar[-1]["x"] + bar[-1]["width"] <= 100.1


@pytest.mark.parametrize(("seconds", "said"), [
    (0.2, "1 sn"), (72, "1 dk 12 sn"), (420, "7 dk"), (1_000, "17 dk"), (7_500, "2 sa 5 dk")])
def test_lengths_of_time_are_said_in_two_units(app: Any, seconds: float, said: str) -> None:
    with app.test_request_context():
        assert formats.length(seconds) == said


def test_a_list_costs_the_same_statements_however_long_it_is(admin: Any, place: Any,
                                                             monkeypatch: Any) -> None:
    from sqlalchemy import event

    from ileti.core import orm

    counted: list[str] = []
    with admin.application.app_context():
        engine = orm.db.engine
    note = lambda *args: counted.append(args[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", note)
    try:
        bring(admin, csv_of(5))
        admin.get("/ice-aktarma/")
        counted.clear()
        admin.get("/ice-aktarma/")
        few = len(counted)
        for _n in range(4):
            bring(admin, csv_of(5))
        counted.clear()
        admin.get("/ice-aktarma/")
        assert len(counted) == few
    finally:
        event.remove(engine, "before_cursor_execute", note)



@pytest.mark.parametrize("number", ["9" * 18, "9" * 30, "-" + "9" * 30, "9" * 5_000, "x"])
def test_a_place_in_the_list_that_nobody_has_is_an_answer(admin: Any, number: str) -> None:
    assert admin.get(f"/ice-aktarma/?once={number}").status_code == 200


@pytest.mark.parametrize(("typed", "skipped"), [
    ("3", 3), ("", 0), ("-1", 0), ("x", 0), ("\u0663", 0), ("5000", 1_000), ("9" * 5_000, 1_000)])
def test_lines_to_leave_out_are_read_whatever_was_typed(typed, skipped):
    assert read_layout({"kodlama": "utf-8", "atla": typed}, Layout()).skip == skipped
