"""The leaf's text equals RFC 8785 byte by byte, and the database commits as Python does."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ileti.evidence.leaf import (
    Claim,
    canonical_claim,
    canonical_digest,
    claim_digest,
    iso_utc,
    leaf,
)

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
CLAIMS = st.builds(
    Claim,
    brand=st.integers(1, 2**31), channel=st.sampled_from(["ARAMA", "MESAJ", "EPOSTA"]),
    consent_date=st.integers(1_430_000_000, 2_200_000_000).map(
        lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    dealer=st.none() | st.integers(1, 2**31), evidence=HEX,
    idem=st.from_regex(r"[A-Za-z0-9._:-]{8,120}", fullmatch=True), person=st.none() | HEX,
    provider=st.integers(1, 2**31),
    recipient=st.from_regex(r"\+905[0-9]{9}|[a-z0-9._+-]{1,20}@[a-z]{2,9}\.com", fullmatch=True),
    recipient_type=st.sampled_from(["BIREYSEL", "TACIR"]),
    source=st.sampled_from(["HS_WEB", "IYS_WEB"]),
    standing=st.sampled_from(["VERIFIED", "UNVERIFIED"]), status=st.sampled_from(["ONAY", "RET"]),
    text=st.none() | HEX,
)


@given(CLAIMS)
def test_the_hand_written_claim_is_rfc_8785(claim):
    content = {
        "brand": claim.brand, "channel": claim.channel,
        "consentDate": iso_utc(claim.consent_date), "dealer": claim.dealer,
        "evidence": claim.evidence, "idem": claim.idem, "person": claim.person,
        "provider": claim.provider, "recipient": claim.recipient,
        "recipientType": claim.recipient_type, "source": claim.source,
        "standing": claim.standing, "status": claim.status, "text": claim.text, "v": 1,
    }
    assert canonical_claim(claim).encode() == rfc8785.dumps(content)


def test_the_database_computes_the_same_leaf(conn):
    for _ in range(200):
        key, digest = secrets.token_bytes(32), secrets.token_bytes(32)
        entry = secrets.randbelow(2**62)
        at = datetime.fromtimestamp(secrets.randbelow(2**31), UTC).replace(
            microsecond=secrets.randbelow(1_000_000))
        row = conn.execute("select consent_leaf(%s, %s, %s, %s)", [key, entry, digest, at])
        assert row.fetchone()[0] == leaf(key, entry, digest, at)


@given(CLAIMS, CLAIMS)
def test_two_claims_share_a_digest_only_when_they_are_the_same(one, other):
    assert (claim_digest(one) == claim_digest(other)) == (
        canonical_claim(one) == canonical_claim(other))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])) | st.floats(-1e6, 1e6),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), inner,
                      max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_the_digest_of_any_content_is_that_of_its_rfc_8785_form(content):
    assert canonical_digest(content) == hashlib.sha256(rfc8785.dumps(content)).hexdigest()
