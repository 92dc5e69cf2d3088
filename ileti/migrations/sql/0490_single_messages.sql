-- Single messages (docs/adr/0056): one person, one message, asked for by somebody or by a program. They
-- are rows of message with the columns that no other kind has: what it was declared to be (R-04), and
-- what it relied on when it went (R-36).

alter table message
    add column if not exists declared smallint,
    add column if not exists recipient_type smallint,
    add column if not exists sender text,
    add column if not exists version_id bigint,
    add column if not exists declaration jsonb,
    add column if not exists idem text,
    add column if not exists denial smallint,
    add column if not exists denied_at timestamptz,
    add column if not exists permit_id bigint,
    add column if not exists permit_at timestamptz,
    add column if not exists iys_status smallint,
    drop constraint if exists ck_message_single,
    add constraint ck_message_single check (
        (kind = 5) = (declared is not null) and (kind = 5) = (declaration is not null)
        and coalesce(declared, 1) between 1 and 7) not valid;

-- The gate for one message, asked of the ledger now; its numbers are campaign_gate's (0400), and a test
-- holds both equal. Null: it may go.
create or replace function message_gate(p_provider integer, p_message bigint, p_heard_since timestamptz)
returns table (denial smallint, permit_id bigint, permit_at timestamptz, iys_status smallint)
language plpgsql stable as $$
declare
    m message;
    v_gone boolean;
    v_dead boolean;
    v_topics text[];
begin
    select * into m from message x
     where x.provider_id = p_provider and x.id = p_message and x.kind = 5;
    if not found then return; end if;
    v_gone := not exists (select from recipient r where r.provider_id = m.provider_id
                             and r.id = m.recipient_id and r.addr_hash is not null);
    v_dead := m.channel = 3 and campaign_address_dead(m.provider_id, m.recipient_id);
    if m.declared <> 1 then
        return query select case when v_gone or is_restricted(m.provider_id, m.recipient_id, now())
                                 then 12::smallint when v_dead then 7::smallint end,
                            null::bigint, null::timestamptz, null::smallint;
        return;
    end if;
    v_topics := array(select jsonb_array_elements_text(m.declaration -> 'tags'));
    return query
    select case when v_gone then 12::smallint else coalesce(
               gate_denial(s.status, s.standing, s.iys_status),
               case when not iys_heard(m.provider_id, m.brand_id, p_heard_since)
                    then 6::smallint end,
               case when v_dead then 7::smallint end,
               case when not exists (
                        select from consent_entry e
                          left join document_version d on d.provider_id = e.provider_id
                                                      and d.id = e.text_id
                         where e.provider_id = s.provider_id and e.id = s.entry_id
                           and e.captured_at = s.entry_at
                           and (coalesce(d.topics, '{}') = '{}'
                                or v_topics <> '{}' and v_topics <@ d.topics))
                    then 9::smallint end) end,
           s.entry_id, s.entry_at, s.iys_status
      from (select 1) one
      left join consent_state s
        on s.provider_id = m.provider_id and s.brand_id = m.brand_id
       and s.recipient_id = m.recipient_id and s.recipient_type = m.recipient_type
       and s.channel = m.channel;
end $$;
