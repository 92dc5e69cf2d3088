"""Access that İYS was told before there was a table of it

Revision ID: 0111
Revises: 0110
"""

from __future__ import annotations

from alembic import op

revision = "0111"
down_revision = "0110"
branch_labels = None
depends_on = None

# First what consents brought along, then the wishes that were carried out, in their order.
_BROUGHT = """
insert into consent_access (provider_id, brand_id, recipient_id, recipient_type, channel,
                            dealer_id, entry_id, entry_at)
select e.provider_id, e.brand_id, e.recipient_id, e.recipient_type, e.channel, d.id, e.id,
       e.captured_at
  from submission u
  join consent_entry e on e.provider_id = u.provider_id and e.id = any(u.entry_ids)
                      and e.captured_at = u.captured_at and e.status = 1
  cross join lateral jsonb_array_elements_text(u.evidence -> 'retailer_access'
            -> (array_position(u.entry_ids, e.id) - 1)::text) c
  join dealer d on d.provider_id = e.provider_id and d.brand_id = e.brand_id
               and d.retailer_code = c::int
 where u.evidence ? 'retailer_access'
   and exists (select from iys_receipt r where r.provider_id = e.provider_id
                  and r.entry_id = e.id and r.accepted)
 order by e.id
on conflict do nothing"""
_WISHED = """
do $$
declare t record;
begin
    for t in select * from iys_access_task where done_at is not null and problem is null order by id
    loop
        delete from consent_access a
         where a.provider_id = t.provider_id and a.brand_id = t.brand_id
           and a.recipient_id = t.recipient_id and a.recipient_type = t.recipient_type
           and a.channel = t.channel
           and (t.act = 2 or (t.act = 3 and a.dealer_id = any(t.dealer_ids)));
        if t.act <> 3 then
            insert into consent_access (provider_id, brand_id, recipient_id, recipient_type,
                                        channel, dealer_id, entry_id, entry_at, given_at)
            select s.provider_id, s.brand_id, s.recipient_id, s.recipient_type, s.channel, d,
                   s.entry_id, s.entry_at, t.done_at
              from consent_state s cross join unnest(t.dealer_ids) d
             where s.provider_id = t.provider_id and s.brand_id = t.brand_id
               and s.recipient_id = t.recipient_id and s.recipient_type = t.recipient_type
               and s.channel = t.channel
            on conflict do nothing;
        end if;
    end loop;
end $$"""


def upgrade() -> None:
    """Rows only; a wish at a time, since each follows the one before it."""
    op.execute(_BROUGHT)
    op.execute(_WISHED)


def downgrade() -> None:
    """The rows go with their table."""
