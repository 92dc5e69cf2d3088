"""81 cities and 973 towns, numbered as İYS numbers them (İYS API §10)."""

import pytest

from ileti.tenancy.places import cities, city, lower_tr, sort_key_tr, town, town_in

TOWNS = [town for city in cities() for town in city.towns]


def test_there_are_81_cities_by_traffic_code() -> None:
    assert [city.code for city in cities()] == [f"{number:02}" for number in range(1, 82)]
    assert len({city.name for city in cities()}) == 81


def test_there_are_973_towns_and_iys_numbers_970_of_them() -> None:
    assert len(TOWNS) == 973
    assert {town.code for town in TOWNS if town.code} == {str(n) for n in range(1, 971)}
    assert len({town.name for town in TOWNS}) == 973


@pytest.mark.parametrize(
    ("code", "name", "city_code"),
    [
        ("1", "Seyhan", "01"),
        ("20", "Gölbaşı / Adıyaman", "02"),
        ("24", "Tut", "02"),
        ("74", "Gölbaşı / Ankara", "06"),
        ("426", "Eyüp", "34"),
        ("468", "Kemalpaşa / İzmir", "35"),
        ("617", "Akhisar", "45"),
        ("670", "Muş Merkez", "49"),
        ("744", "19 Mayıs", "55"),
        ("863", "Saray / Van", "65"),
        ("970", "Kaynaşlı", "81"),
    ],
)
def test_towns_carry_iyss_number_and_spelling(code: str, name: str, city_code: str) -> None:
    found = town(code)
    assert found is not None
    assert (found.name, found.city_code) == (name, city_code)


def test_three_young_towns_have_no_number_yet() -> None:
    young = {town.name for town in TOWNS if town.code is None}
    assert young == {"Derecik", "Kemalpaşa / Artvin", "Sultanhanı"}


def test_a_town_is_found_by_either_name() -> None:
    found = town_in("06", " GÖLBAŞI ")
    assert found is not None
    assert found.code == "74"
    assert town_in("06", "gölbaşı / ankara") is found
    assert town_in("06", "Seyhan") is None
    assert town_in("99", "Gölbaşı") is None


def test_unknown_codes_are_nobody() -> None:
    assert city("00") is None
    assert city("6") is None
    assert town("971") is None


def test_drop_downs_are_in_turkish_order() -> None:
    izmir = city("35")
    assert izmir is not None
    names = [town.short_name for town in izmir.towns]
    assert names[:8] == [
        "Aliağa", "Balçova", "Bayındır", "Bayraklı", "Bergama", "Beydağ", "Bornova", "Buca",
    ]  # fmt: skip
    assert sorted(["İ", "I", "Ş", "S", "Ü", "Z", "Ç", "1"], key=sort_key_tr) == list("1ÇIİSŞÜZ")


def test_turkish_lower_case_knows_both_i() -> None:
    assert lower_tr("ISPARTA İZMİR") == "ısparta izmir"
