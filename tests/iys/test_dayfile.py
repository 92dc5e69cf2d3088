"""İYS's daily file, quick where it is as documented, strict where it is not (İYS API §8.4)."""

from __future__ import annotations

import datetime as dt

import pytest

from ileti.core.secrets import secrets
from ileti.iys.dayfile import Block, Lines, blocks

DAY = dt.date(2026, 11, 23)
HEADER = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n"
ROW = (f"2026-11-23 12:00:00,{'a' * 64},+905992134117,BIREYSEL,MESAJ,ONAY,"
       "2026-11-23 10:00:00,HS_WEB\n")
MAIL = f"2026-11-23 12:00:01,{'b' * 64},firma@ornek.com.tr,TACIR,EPOSTA,ONAY,,\n"


def read(text: str | bytes, piece: int = 7) -> list[Block]:
    raw = text.encode() if isinstance(text, str) else text
    return list(blocks(1, 2, DAY, (raw[n:n + piece] for n in range(0, len(raw), piece))))


def lines(found: list[Block]) -> list[list[str]]:
    return [line.split("\t") for block in found for line in block.text.decode().splitlines()]


def test_a_row_becomes_numbers_and_a_keyed_hash() -> None:
    (row,) = lines(read(HEADER + ROW))
    digest = secrets().addresses.of(1, "+905992134117").hex()
    assert row == ["1", "2", "2026-11-23", "2", "a" * 64, "2026-11-23 12:00:00",
                   "2026-11-23 10:00:00", "\\\\x" + digest, "1", "2", "1", "6"]


def test_a_merchants_first_consent_has_neither_date_nor_source() -> None:
    (row,) = lines(read(HEADER + MAIL))
    assert (row[6], row[8], row[9], row[11]) == ("\\N", "2", "3", "0")


@pytest.mark.parametrize("text", [
    HEADER + ROW + MAIL, ROW + MAIL, "\ufeff" + HEADER + ROW + MAIL,
    (HEADER + ROW + MAIL).replace("\n", "\r\n"), (HEADER + ROW + MAIL).removesuffix("\n"),
    HEADER + ROW.replace("HS_WEB", '"HS_WEB"') + MAIL,
    HEADER + ROW.replace("+905992134117", '"+905992134117"') + MAIL,
])
def test_what_the_documents_leave_open_makes_no_difference(text: str) -> None:
    plain = [row[4:] for row in lines(read(ROW + MAIL))]
    assert [row[4:] for row in lines(read(text))] == plain


def test_another_order_of_columns_is_read_by_its_header() -> None:
    names = HEADER.strip().split(",")
    turned = ",".join(reversed(names)) + "\n"
    row = ",".join(reversed(ROW.strip().split(","))) + "\n"
    assert [one[3:] for one in lines(read(turned + row))] == [
        one[3:] for one in lines(read(HEADER + ROW))]


@pytest.mark.parametrize("bad", [
    "no row at all\n", ROW.replace("ONAY", "BEKLIYOR"), ROW.replace("MESAJ", "FAKS"),
    ROW.replace("2026-11-23 12", "2026-02-31 12"), ROW.replace(":00,", ":99,", 1),
    ROW.replace("a" * 64, ""), "<html></html>\n", ROW.replace("2026-11-23 10:00:00", ""),
])
def test_a_row_not_understood_is_counted_and_the_others_are_read(bad: str) -> None:
    found = read(HEADER + ROW + bad + MAIL, piece=4096)
    assert (sum(b.rows for b in found), sum(b.unreadable for b in found)) == (2, 1)
    assert [row[3] for row in lines(found)] == ["2", "4"]


def test_upper_case_and_strange_spellings_are_one_address() -> None:
    shout, quiet = lines(read(MAIL.replace("firma", "FIRMA"))), lines(read(MAIL))
    assert shout[0][7] == quiet[0][7]
    (landline,) = lines(read(ROW.replace("+905992134117", "+902121230000")))
    assert landline[7] == "\\\\x" + secrets().addresses.of(1, "+902121230000").hex()


def test_bytes_that_are_no_text_do_not_stop_the_file() -> None:
    found = read(HEADER.encode() + b"\xff\xfe\n" + ROW.encode(), piece=4096)
    assert (found[0].rows, found[0].unreadable) == (1, 1)


def test_a_source_younger_than_our_list_is_iys_s() -> None:
    rows = lines(read(ROW.replace("HS_WEB", "IYS_YENI") + ROW.replace("HS_WEB", "HS_YENI")))
    assert [row[11] for row in rows] == ["40", "0"]


def test_the_rows_of_a_repair_are_found_by_their_lines() -> None:
    raw = (HEADER + ROW + MAIL + ROW).encode()
    found = Lines(raw[n:n + 5] for n in range(0, len(raw), 5)).at({3, 4, 99})
    assert {line: one.recipient for line, one in found.items()} == {
        3: "firma@ornek.com.tr", 4: "+905992134117"}


def test_many_blocks_count_their_lines_on() -> None:
    raw = HEADER + "".join(ROW.replace("a" * 64, f"{n:064x}") for n in range(20_000))
    found = read(raw, piece=65_536)
    assert len(found) > 1
    assert [int(row[3]) for row in lines(found)] == list(range(2, 20_002))
    assert not sum(block.unreadable for block in found)
