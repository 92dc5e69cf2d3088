"""Whose facts a webhook tells: its provider's, or those of its provider's sandbox.

Why this module exists: a sandbox is a provider of its own (docs/adr/0055), while a webhook, its
deliveries and their page are its home's. Statements about facts take webhooks from here, with both.
"""

from __future__ import annotations

from typing import Final

#: webhooks as ``w``: ``provider_id`` is whose facts, ``home_id`` whose webhook and deliveries
HOOKS: Final = """(
select h.id, h.provider_id as home_id, coalesce(t.id, h.provider_id) as provider_id, h.created_at,
       h.active, h.secret, h.events, h.campaigns, h.sandbox
  from webhook h left join provider t on h.sandbox and t.sandbox_of = h.provider_id
       and t.sandbox_retired_at is null
 where not h.sandbox or t.id is not null) w"""
