"""Test connection: is everything there that a provider needs at İYS, and if not, what is missing.

Why this module exists: whoever presses the button, or runs ``ileti doctor``, wants to be told what
to ask for before consents wait for it. The questions are asked in the order in which they can be
answered: the log-in, the subscription (the only thing a paused account may ask, H520), a business
partner's own subscription and rights, the brands. What follows from the answers is said in
:mod:`ileti.iys.missing`.
"""

from __future__ import annotations

from ileti.core import clock, db
from ileti.iys.accountanswers import SubscriptionState
from ileti.iys.client import IysClient, IysTrouble, client_for
from ileti.iys.missing import Connection, Finding, Heard, Level, OurBrand, judge

__all__ = ["Connection", "Finding", "Level", "try_connection"]


def try_connection(provider_id: int) -> Connection:
    """Ask İYS for everything this provider needs and say what is missing. Makes three to five
    calls; never inside a transaction, and raises nothing for what İYS answers."""
    conn = db.connection()
    row = conn.execute(
        "select iys_username is not null and iys_password is not null, iys_partner_code "
        "from provider where id = %s", (provider_id,)).fetchone()
    ours = [OurBrand(*one) for one in conn.execute(
        "select brand_code, name from brand where provider_id = %s order by id", (provider_id,))]
    heard = Heard(has_login=bool(row and row[0]), step="login")
    if row is not None and heard.has_login:
        try:
            client = client_for(provider_id)
            client.prove_log_in()
            _ask(heard, client, row[1])
        except IysTrouble as trouble:
            heard.trouble = trouble
    return judge(heard, ours, clock.now())


def _ask(heard: Heard, client: IysClient, partner_code: int | None) -> None:
    """Fill ``heard``; ends early at a subscription with which nothing else is answered."""
    heard.step = "subscription"
    heard.subscription = client.subscription()
    if heard.subscription.state is not SubscriptionState.ACTIVE:
        return
    if partner_code is not None:
        heard.step = "partner"
        heard.partner = client.partner_subscription(partner_code)
        if heard.partner.state is not SubscriptionState.ACTIVE:
            return
        heard.rights = client.partner_rights(partner_code)
    heard.step = "brands"
    heard.brands = client.brands()
