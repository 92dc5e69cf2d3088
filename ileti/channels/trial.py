"""Trying an account: a message of fixed words to a number of one's own, and its list of titles.

Why apart from the page: both speak to the provider, so they are called when no transaction is open,
and what comes back is a sentence for people.
"""

from __future__ import annotations

from typing import Final

from flask_babel import gettext as _

from ileti.channels import accounts
from ileti.channels.sms import Batch, InDoubt, Sms, Taken
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import FieldError
from ileti.recipients.address import AddressError, address_sentence, parse_phone

WORDS: Final = "Ileti deneme mesaji. Bu hesap calisiyor."


def read(typed: str) -> tuple[str, FieldError | None]:
    """The number as it is called, or why not."""
    try:
        return parse_phone(typed), None
    except AddressError as error:
        return "", FieldError("to", error.code, *address_sentence(error.code))


def send(account_id: int, phone: str) -> tuple[bool, str]:
    """Send the test; whether the provider took it, and a sentence. Never inside a transaction."""
    row = db.system_connection().execute(
        "select s.title from sender s where s.account_id = %s and s.state = 2 "
        "order by s.approved_at, s.id limit 1", [account_id]).fetchone()
    if row is None:
        return False, _("No sender of this account is approved yet, so nothing can be sent.")
    try:
        found = accounts.find(account_id)
    except accounts.Unusable as error:
        return False, _("The account cannot be used: %(why)s", why=str(error))
    if found is None or found[1] != int(Channel.MESAJ):
        return False, _("Only SMS accounts can be tried here.")
    db.refuse_open_transaction()
    handed = found[2].send(Batch(f"test-{account_id}-{clock.now():%H%M%S%f}", row[0], None,
                                 [Sms(0, phone, WORDS)]))
    accounts.note(account_id, handed)
    if isinstance(handed, Taken):
        return True, _("The provider took the test; it arrives in a moment.")
    if isinstance(handed, InDoubt):
        return False, _("It is in doubt whether the test went out: %(why)s", why=handed.reason)
    return False, _("The provider did not take the test: %(why)s", why=handed.reason)


def titles(account_id: int) -> list[str] | None:
    """The provider's own list of titles; None when it tells none. Never inside a transaction."""
    try:
        found = accounts.find(account_id)
    except accounts.Unusable:
        return None
    if found is None or found[1] != int(Channel.MESAJ):
        return None
    db.refuse_open_transaction()
    told: list[str] | None = found[2].senders()
    return told
