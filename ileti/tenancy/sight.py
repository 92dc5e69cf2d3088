"""What a dealer sees, as SQL, for statements that are written as text.

Why apart from ``scope``, whose rule it is: the lean paths, which answer programs before Flask, load
neither Flask-AppBuilder nor SQLAlchemy (docs/adr/0018).
"""

from __future__ import annotations

from typing import Final

# Of the row ``{0}`` that names a key; it holds for everybody where ``dealer`` is null. "coalesce"
# looks by the recipient's index, not by the dealer's (``scope``).
DEALER_SEES: Final = """(%(dealer)s::int is null or exists (
        select from consent_access a where a.provider_id = {0}.provider_id
           and a.brand_id = {0}.brand_id and a.recipient_id = {0}.recipient_id
           and a.recipient_type = {0}.recipient_type and a.channel = {0}.channel
           and coalesce(a.dealer_id, 0) = %(dealer)s) or exists (
        select from consent_entry o where o.provider_id = {0}.provider_id
           and o.recipient_id = {0}.recipient_id and o.brand_id = {0}.brand_id
           and o.recipient_type = {0}.recipient_type and o.channel = {0}.channel
           and coalesce(o.dealer_id, 0) = %(dealer)s))"""
