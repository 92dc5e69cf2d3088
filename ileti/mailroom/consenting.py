"""A consent that a person gives by writing first to an address a brand has opened for it (R-20).

Why this module exists: whoever writes *ONAY* to such an address gives a consent to mails, with the
mail as its proof, if it is clear that they wrote it: From is anybody's word. Proven is the address
by what the company's own mail server found when it took the mail
(:mod:`ileti.mailroom.authresults`), and by nothing else: the mark of a mail that went to the
address is known to whoever that mail was forwarded to, who may write any From; it stands beside the
proof. A mail of several authors is nobody's consent, and neither is one the vault does not take:
the proof is kept first and the consent recorded after (R-23). Beside the address a consent needs a
name (R-09), taken from From, and a text on show, which says what the word means. The confirmation
of the same day with its way to refuse goes out as after any electronic consent (R-10).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ileti.channels.confirm import confirmation, write_once
from ileti.consents.deadlines import deadline
from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, Place, hash_body, record
from ileti.consents.numbers import receipt_number
from ileti.consents.rules import SOURCE_OF_FLOW, Flow, Item, check_item
from ileti.consents.vocabulary import AddressKind, Channel, Outcome, Standing, Status
from ileti.core import clock, db
from ileti.mailroom import acts
from ileti.mailroom.acts import Came
from ileti.mailroom.authresults import passed
from ileti.mailroom.reading import Letter
from ileti.recipients.address import AddressError, parse_email

SOURCE: Final = SOURCE_OF_FLOW[Flow.EMAIL]
_LONGEST_NAME: Final = 120


class Proof(NamedTuple):
    """What proves that the address wrote, ``dkim`` or ``dmarc``, and whether the mail answers one
    that went to it."""

    way: str
    marked: bool


def proven(letter: Letter, address: str, trusted_mx: str) -> Proof | None:
    """How the address is proven to have written the mail; None when it is not."""
    method = passed(letter.authentication, address.rpartition("@")[2], trusted_mx)
    if not method:
        return None
    mine = None if letter.mark is None else acts.by_mark(letter.mark)
    return Proof(method, mine is not None and mine.address == address)


def consent(place: Place, letter: Letter, came: Came, *, opened: str, trusted_mx: str) -> bool:
    """Record the consent once and write its confirmation. ``opened`` is the brand's address it was
    written to: To may name other people's too. False where something is missing, which
    then is for a person to read. Raises StorageAway, and TryLater where the mail comes again."""
    if not letter.one_author or came.crowded:
        return False
    try:
        address = parse_email(letter.sender)
    except AddressError:
        return False
    proof, name = proven(letter, address, trusted_mx), _name(letter.name)
    text = _text(place) if proof and name else None
    if proof is None or not name or text is None or _too_late(came):
        return False
    kept = acts.keep_all(place.provider_id, came)
    if kept is None:
        return False
    date, idem = clock.whole_second(came.at), f"mail-consent:{came.number}:{place.brand_id}"
    recorded = record(NewSubmission(
        place=place, idem=idem, body_hash=hash_body(idem), source=SOURCE,
        standing=Standing.VERIFIED, actor=ActorKind.VISITOR, person={"name": name},
        evidence=came.evidence("email", {
            "proof": proof.way, "marked": proof.marked, "place": opened,
            "texts": [{"channel": Channel.EPOSTA.name, "id": text[0], "hash": text[1]}]}),
        items=[NewConsent(address=address, channel=Channel.EPOSTA, status=Status.ONAY,
                          consent_date=date, due_at=deadline(date, now=clock.now()),
                          text_id=text[0], text_hash=text[1])]))
    acts.hang(recorded, kept)
    item = recorded.items[0]
    if item.outcome is Outcome.OUTDATED:  # a refusal or consent of a later moment stands
        return False
    write_once(confirmation(
        provider_id=place.provider_id, brand_id=place.brand_id, recipient_id=item.recipient_id,
        submission_id=recorded.submission_id, at=recorded.captured_at, channels=[Channel.EPOSTA],
        language="tr", person=name, place="E-posta",
        receipt=receipt_number(recorded.submission_id)))
    return True


def _too_late(came: Came) -> bool:
    """Whether a consent of that moment may no longer be recorded (R-33, R-40)."""
    found = check_item(Item(
        channel=Channel.EPOSTA, status=Status.ONAY, source=SOURCE, flow=Flow.EMAIL,
        consent_date=clock.whole_second(came.at), address_kind=AddressKind.EMAIL), now=clock.now())
    return any(one.refused for one in found)


def _name(shown: str) -> str:
    """Name and surname as From tells them; empty when it is not both (R-09)."""
    words = [one for one in shown.split() if any(letter.isalpha() for letter in one)]
    return " ".join(words)[:_LONGEST_NAME] if len(words) > 1 and "@" not in shown else ""


def _text(place: Place) -> tuple[int, str] | None:
    """The wording on show for consents by mail, and the notice that must stand beside it (R-60);
    None while either is missing."""
    rows = db.system_connection().execute(
        "select kind, channel, version_id, encode(content_hash, 'hex') "
        "from texts_on_show(%s, %s, now()) where language = 'tr' order by version_id desc",
        (place.provider_id, place.brand_id)).fetchall()
    notice = any(row[0] == "AYDINLATMA" for row in rows)
    return next(((row[2], row[3]) for row in rows if notice and row[0] == "ETK_ONAYI"
                 and row[1] == int(Channel.EPOSTA)), None)


def place_of(provider_id: int, brand_id: int | None) -> Place | None:
    """A brand's place; a mailbox of all brands takes no consent, since nobody could say whose."""
    row = None if brand_id is None else db.system_connection().execute(
        "select p.iys_code, b.brand_code from brand b join provider p on p.id = b.provider_id "
        "where b.provider_id = %s and b.id = %s", (provider_id, brand_id)).fetchone()
    return Place(provider_id, row[0], brand_id, row[1]) if row and brand_id else None


def opened_for(consent_address: str, letter: Letter) -> bool:
    """Whether a mail was written to the address a brand has opened for consents."""
    wanted = consent_address.lower()
    return bool(wanted) and any(
        f"{local.partition('+')[0]}@{domain}" == wanted
        for local, _, domain in (one.rpartition("@") for one in letter.to))
