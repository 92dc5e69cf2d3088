-- How long campaigns are kept (R-46, R-47; docs/adr/0047): a message of a campaign counts as any other
-- message for the consent it relied on and for its person; ten years after its end a campaign goes with
-- its people and batches.

-- Everything that was sent to a person, whatever room sent it; what a gateway clearly did not take was
-- not sent, what is in doubt may have been.
create view sent_message with (security_invoker = true) as
select provider_id, brand_id, recipient_id, channel, created_at, sent_at from message
 union all
select m.provider_id, c.brand_id, m.recipient_id, c.channel, m.at, m.at
  from campaign_message m
  join campaign c on c.provider_id = m.provider_id and c.id = m.campaign_id
  join campaign_batch b on b.provider_id = m.provider_id and b.campaign_id = m.campaign_id
                       and b.no = m.batch_no
 where m.state = 4 or m.state = 3 and b.state in (1, 2, 5);
grant select on sent_message to ileti_app;

create function destroy_campaigns(p_log bigint, p_provider integer, p_ids bigint[]) returns bigint[]
language plpgsql security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
    v_ids bigint[];
begin
    perform pg_advisory_xact_lock(6750);
    select array_agg(c.id order by c.id) into v_ids from campaign c
     where c.provider_id = p_provider and c.id = any(p_ids)
       and coalesce(c.ended_at, c.changed_at) + interval '10 years' <= now()
       and not under_hold(c.provider_id, c.brand_id, null, c.created_at,
                          coalesce(c.ended_at, c.changed_at));
    if v_ids is null then
        return '{}';
    end if;
    delete from campaign_message where provider_id = p_provider and campaign_id = any(v_ids);
    delete from campaign_batch where provider_id = p_provider and campaign_id = any(v_ids);
    delete from campaign where provider_id = p_provider and id = any(v_ids);
    return destroyed(p_log, 12::smallint, p_provider, v_ids);
end $$;
select grant_application_rights();
