"""What is looked up per kind of row says the same as a row read by itself."""

from __future__ import annotations

import dataclasses
import struct
from datetime import timedelta
from itertools import product

import pytest

from ileti.core import clock
from ileti.core.secrets import secrets
from ileti.imports.mapping import Mapping, Role
from ileti.imports.sealing import COLUMNS
from ileti.imports.spelling import Speller
from ileti.imports.terms import Days, Terms

TERMS = Terms(
    provider_id=1, iys_code=731204, brand_code=731205, now=clock.now(),
    mapping=Mapping({Role.CHANNEL: 0, Role.SOURCE: 1, Role.RECIPIENT: 2, Role.STATUS: 3,
                     Role.DATE: 4, Role.RECIPIENT_TYPE: 5, Role.PROOF: 6}),
    key="import:7", evidence="e" * 64, person_secret=b"p")
RECENT = f"{clock.to_istanbul(clock.now() - timedelta(days=1)):%Y-%m-%d %H:%M:%S}"
SECOND = f"{clock.to_istanbul(clock.now() - timedelta(hours=1)):%Y-%m-%d %H:%M:%S}"


def spelled(terms, rows):
    done = Speller(terms, secrets().keyring, secrets().addresses, 100).spell(rows)
    return decoded(done.copy)


def decoded(copy):
    """Rows of COPY's binary form, but for what chance makes anew."""
    at, rows = 19, []
    while (count := struct.unpack_from(">h", copy, at)[0]) >= 0:
        at, values = at + 2, []
        for _ in range(count):
            (length,) = struct.unpack_from(">i", copy, at)
            values.append(copy[at + 4:at + 4 + length])
            at += 4 + length
        rows.append({name: value for name, value in zip(COLUMNS, values, strict=True)
                     if name not in ("leaf_key", "addr_ct")})
    return rows


def every_row():
    """Rows of all kinds twice, far from each other, over two chunks."""
    kinds = list(product(
        ("MESAJ", "EPOSTA", "??"), ("HS_WEB", "HS_ISLAK_IMZA"),
        ("+905992134117", "0599 213 41 18", "a@ornek.com.tr", "12"), ("ONAY", "RET", ""),
        (RECENT, SECOND, "03.05.2016", "2015-04-30 10:00:00", "", "?"), ("BIREYSEL", "TACIR"),
        ("", "belge")))
    return [(line, list(kind)) for line, kind in enumerate(kinds * 2, 2)]


@pytest.mark.parametrize("more", [{}, {"activation_date": clock.today() + timedelta(days=9)},
                                  {"proof_for_all": True}])
def test_a_row_among_thousands_is_what_it_is_alone(more):
    terms = dataclasses.replace(TERMS, **more)
    rows = every_row()
    together = spelled(terms, rows)
    assert len(together) == len(rows)
    for n in range(0, len(rows), 41):
        assert [together[n]] == spelled(terms, [rows[n]])


def test_a_date_by_weeks_is_no_date_of_ours():
    assert Days().moment("2026-W48-7 10:00:00") is None
    (row,) = spelled(TERMS, [(2, ["MESAJ", "HS_WEB", "+905992134117", "ONAY",
                                  "2026-W47-7 10:00:00", "BIREYSEL", ""])])
    assert row["claim"] == bytes(32)
