-- What becomes of messages, as webhooks hear it (docs/webhooks.md). A row is one piece of news about up
-- to a thousand messages: the people of a campaign's batch that share a state, or single messages of one
-- report. Rows are written where a webhook of the provider wants them and nowhere else, in the
-- transaction of the fact, so that nothing is told that was not so and nothing is lost. A provider that
-- pushes its reports one by one makes a row of each: those of a batch are gathered into rows without a
-- batch, which are told (ileti/webhooks/messagefacts.py).

create table message_news (
    provider_id integer not null,
    id bigint generated always as identity,
    brand_id integer not null,
    campaign_id bigint,         -- null: refs are numbers of message
    batch_no integer,
    state smallint not null,
    denial smallint,
    gathered boolean not null default false,
    at timestamptz not null default now(),
    refs bigint[] not null,     -- of a campaign: the numbers of its people
    permits bigint[] not null default '{}',
    constraint pk_message_news primary key (provider_id, id),
    constraint ck_message_news_state check (state between 1 and 6)
);
create index ix_message_news_at on message_news (provider_id, at);
create index ix_message_news_batch on message_news (provider_id, campaign_id, batch_no);
create index ix_message_news_raw on message_news (provider_id, id)
    where batch_no is not null and not gathered;

-- Whether a webhook wants to hear of messages of this provider, or of the sandbox this is. Whoever is at
-- work: a batch may be closed by a person who sees no webhook.
create function message_news_wanted(p_provider integer, p_campaigns boolean) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
select exists (
    select from provider p
      join webhook w on w.provider_id = coalesce(p.sandbox_of, p.id)
       and w.sandbox = (p.sandbox_of is not null)
     where p.id = p_provider and w.active and w.secret is not null
       and 'message.status' = any(w.events) and (w.campaigns or not p_campaigns)) $$;
revoke execute on function message_news_wanted(integer, boolean) from public;
grant execute on function message_news_wanted(integer, boolean) to ileti_app;

-- State 1 sent, 4 not taken by who carries it, 5 in doubt, 6 kept back by the gate (2 and 3 are reports:
-- delivered, not delivered). Asked at the commit, when the batch and its people are as they stay; what
-- was told of a person of this batch before is not told again when a part of it went another time.
create function campaign_batch_news() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if not message_news_wanted(new.provider_id, true) then return null; end if;
    insert into message_news (provider_id, brand_id, campaign_id, batch_no, state, denial, refs,
                              permits)
    select m.provider_id, c.brand_id, m.campaign_id, b.no, s.state, s.denial,
           array_agg(m.no order by m.no), array_agg(m.permit_id order by m.no)
      from campaign_batch b
      join campaign c on c.provider_id = b.provider_id and c.id = b.campaign_id
      join campaign_message m on m.provider_id = b.provider_id and m.campaign_id = b.campaign_id
       and m.no between b.first_no and b.last_no
     cross join lateral (
        select case when m.state = 2 then 6
                    when m.state = 3 and b.state = 5 or m.state = 4 and m.delivery = 9 then 5
                    when m.state = 3 and b.state = 4
                      or m.state = 4 and m.delivery = 4 and m.delivered_at is null then 4
                    when m.state = 4 or m.state = 3 and b.state = 2 then 1 end::smallint as state,
               case when m.state = 2 then m.reason end as denial) s
     where b.provider_id = new.provider_id and b.campaign_id = new.campaign_id and b.no = new.no
       and s.state is not null
       and not exists (select from message_news n
                        where n.provider_id = m.provider_id and n.campaign_id = m.campaign_id
                          and n.batch_no = b.no and n.state = s.state and m.no = any(n.refs))
     group by m.provider_id, c.brand_id, m.campaign_id, b.no, s.state, s.denial;
    return null;
end $$;
revoke execute on function campaign_batch_news() from public;

create constraint trigger news after update on campaign_batch deferrable initially deferred
    for each row when (old.state is distinct from new.state or old.blocked <> new.blocked)
    execute function campaign_batch_news();
select grant_application_rights();
select build_dealer_wall();
