-- Templates and single messages of dealers (docs/adr/0054, 0056): a dealer's own template is seen by the
-- dealer and by those above it; a single message of a dealer goes to people the dealer has a record of,
-- and a commercial one relies on a consent it may use (R-16), while the brand lets its dealers send.

-- Whether a dealer may send messages in the brand's name now.
create function dealer_may_send(p_provider integer, p_brand integer, p_dealer integer)
returns boolean language sql stable parallel safe as $$
select not 'messages' = any (dealer_closed(p_provider, p_brand, p_dealer))
   and exists (select from dealer d where d.provider_id = p_provider and d.brand_id = p_brand
                  and d.id = p_dealer and d.status = 'active') $$;

-- Whether the consent that stands is one the dealer may use: it took it, or was given access to it.
create function dealer_may_use(p_provider integer, p_brand integer, p_recipient bigint, p_type smallint,
                               p_channel smallint, p_dealer integer)
returns boolean language sql stable parallel safe as $$
select exists (select from consent_state s
                 join consent_entry e on e.provider_id = s.provider_id and e.id = s.entry_id
                                     and e.captured_at = s.entry_at
                where s.provider_id = p_provider and s.brand_id = p_brand
                  and s.recipient_id = p_recipient and s.recipient_type = p_type
                  and s.channel = p_channel and e.dealer_id = p_dealer)
    or exists (select from consent_access a
                where a.provider_id = p_provider and a.brand_id = p_brand
                  and a.recipient_id = p_recipient and a.recipient_type = p_type
                  and a.channel = p_channel and a.dealer_id = p_dealer) $$;

-- As in 0490, with the dealer who asked. Its numbers stay campaign_gate's.
create or replace function message_gate(p_provider integer, p_message bigint, p_heard_since timestamptz)
returns table (denial smallint, permit_id bigint, permit_at timestamptz, iys_status smallint)
language plpgsql stable as $$
declare
    m message;
    v_gone boolean;
    v_dead boolean;
    v_strange boolean;
    v_topics text[];
begin
    select * into m from message x
     where x.provider_id = p_provider and x.id = p_message and x.kind = 5;
    if not found then return; end if;
    v_gone := not exists (select from recipient r where r.provider_id = m.provider_id
                             and r.id = m.recipient_id and r.addr_hash is not null);
    v_dead := m.channel = 3 and campaign_address_dead(m.provider_id, m.recipient_id);
    v_strange := m.dealer_id is not null and not (
        dealer_may_send(m.provider_id, m.brand_id, m.dealer_id)
        and campaign_dealer_knows(m.provider_id, m.brand_id, m.recipient_id, m.channel, m.dealer_id));
    if m.declared <> 1 then
        return query select case when v_gone or is_restricted(m.provider_id, m.recipient_id, now())
                                 then 12::smallint when v_strange then 10::smallint
                                 when v_dead then 7::smallint end,
                            null::bigint, null::timestamptz, null::smallint;
        return;
    end if;
    v_topics := array(select jsonb_array_elements_text(m.declaration -> 'tags'));
    return query
    select case when v_gone then 12::smallint else coalesce(
               case when v_strange then 10::smallint end,
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
                    then 9::smallint end,
               case when m.dealer_id is not null and not dealer_may_use(
                        m.provider_id, m.brand_id, m.recipient_id, m.recipient_type, m.channel,
                        m.dealer_id) then 10::smallint end) end,
           s.entry_id, s.entry_at, s.iys_status
      from (select 1) one
      left join consent_state s
        on s.provider_id = m.provider_id and s.brand_id = m.brand_id
       and s.recipient_id = m.recipient_id and s.recipient_type = m.recipient_type
       and s.channel = m.channel;
end $$;

-- What each level sees of them. A message of a click is the click's dealer's; a single one its own.
-- Both are written in the system's name, so nothing more may be written than before.
select wall_sees('message', 'dealer', 'dealer_id + 0 = (select dealer_at_work()) or ' || rule, write_rule)
  from wall_rule where table_name = 'message' and level = 'dealer';
select wall_sees('message_template', 'dealer',
                 'dealer_id = (select dealer_at_work()) or dealer_id is null', 'false');
select wall_sees('message_template_version', 'dealer',
                 'exists (select from message_template x '
                 'where x.id = message_template_version.template_id offset 0)', 'false');
select build_dealer_wall();
