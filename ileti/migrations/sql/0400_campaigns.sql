-- Campaigns (docs/adr/0047). A campaign's people are rows numbered 1 … n, made while it is prepared; a
-- batch is a stretch of those numbers, written down before the gateway is called. Two keys keep the
-- promises: a person stands once in a campaign, and a number stands in one batch. A batch whose call
-- got no answer is in doubt and is never handed over again by itself.

create table campaign (
    provider_id integer not null references provider (id),
    id bigint generated always as identity,
    brand_id integer not null references brand (id),
    dealer_id integer references dealer (id),
    created_by integer,
    released_by integer,
    step_up_id bigint,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    prepared_at timestamptz,
    released_at timestamptz,
    ended_at timestamptz,
    begin_at timestamptz,
    next_at timestamptz,
    -- the last recipient the preparation has looked at, and how many rows it has made
    prepared_to bigint not null default 0,
    total integer not null default 0,
    -- rows of an uploaded list that are no recipient of ours; they are never written to
    strangers integer not null default 0,
    next_no integer not null default 1,
    per_second integer,
    channel smallint not null,
    recipient_type smallint not null,
    class smallint not null,
    state smallint not null default 1,
    quiet_from smallint,
    quiet_until smallint,
    on_holidays boolean not null default false,
    most_messages smallint,
    most_days smallint,
    topics text[] not null default '{}',
    name text not null,
    sender text,
    problem text,
    audience jsonb not null default '{}',
    content jsonb not null,
    preflight jsonb,
    digest bytea,
    constraint pk_campaign primary key (provider_id, id),
    constraint ck_campaign_state check (state between 1 and 8),
    constraint ck_campaign_class check (class between 1 and 7),
    constraint ck_campaign_channel check (channel between 1 and 3),
    constraint ck_campaign_quiet check (
        (quiet_from is null) = (quiet_until is null)
        and coalesce(quiet_from, 0) between 0 and 1439 and coalesce(quiet_until, 0) between 0 and 1439),
    constraint ck_campaign_cap check (
        (most_messages is null) = (most_days is null) and coalesce(most_messages, 1) > 0
        and coalesce(most_days, 1) between 1 and 366),
    constraint ck_campaign_rate check (coalesce(per_second, 1) > 0)
);
create index ix_campaign_brand on campaign (provider_id, brand_id, id desc);
create index ix_campaign_due on campaign (next_at) where state in (2, 5);

-- One person of a campaign. state 1 waits, 2 blocked by the gate (reason), 3 handed over in batch_no,
-- 4 the same where the gateway answered for each by itself: only a 3 of a returned batch goes again.
-- What it relied on stays with it: the entry of the ledger and İYS's word then (R-08, R-36).
create table campaign_message (
    provider_id integer not null,
    campaign_id bigint not null,
    recipient_id bigint not null,
    permit_id bigint,
    permit_at timestamptz,
    at timestamptz,
    delivered_at timestamptz,
    no integer not null,
    batch_no integer,
    state smallint not null default 1,
    reason smallint,
    iys_status smallint,
    delivery smallint,
    delivery_reason text,
    constraint pk_campaign_message primary key (provider_id, campaign_id, no),
    constraint uq_campaign_message_once unique (provider_id, recipient_id, campaign_id),
    constraint ck_campaign_message_state check (state between 1 and 4)
) with (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.05);

-- state 1 handing over, 2 taken, 3 returned (nothing was taken; goes again at next_at, after the gate
-- was asked again), 4 refused, 5 in doubt, 6 nobody left in it.
create table campaign_batch (
    provider_id integer not null,
    campaign_id bigint not null,
    begun_at timestamptz not null default now(),
    ended_at timestamptz,
    next_at timestamptz,
    account_id bigint,
    no integer not null,
    first_no integer not null,
    last_no integer not null,
    handed integer not null default 0,
    blocked integer not null default 0,
    fence integer not null default 1,
    tries integer not null default 1,
    state smallint not null default 1,
    gateway text,
    sender text,
    outside_id text,
    reason text,
    constraint pk_campaign_batch primary key (provider_id, campaign_id, no),
    constraint uq_campaign_batch_stretch unique (provider_id, campaign_id, first_no),
    constraint ck_campaign_batch_state check (state between 1 and 6),
    constraint ck_campaign_batch_stretch check (first_no between 1 and last_no)
);
create index ix_campaign_batch_outside on campaign_batch (provider_id, outside_id)
    where outside_id is not null;
create index ix_campaign_batch_open on campaign_batch (provider_id, campaign_id)
    where state in (1, 3, 5);

-- Uploaded lists: whom of a list we know. An address nobody gave us is counted and not kept.
create table campaign_list (
    provider_id integer not null references provider (id),
    id bigint generated always as identity,
    brand_id integer not null references brand (id),
    dealer_id integer references dealer (id),
    created_by integer,
    created_at timestamptz not null default now(),
    members integer not null default 0,
    strangers integer not null default 0,
    unreadable integer not null default 0,
    channel smallint not null,
    name text not null,
    constraint pk_campaign_list primary key (provider_id, id)
);
create table campaign_list_member (
    provider_id integer not null,
    list_id bigint not null,
    recipient_id bigint not null,
    constraint pk_campaign_list_member primary key (provider_id, list_id, recipient_id)
);
create index ix_campaign_list_member_recipient on campaign_list_member (provider_id, recipient_id);

-- What a text asks consent for (R-17): empty is everything the brand advertises.
alter table document_version add column topics text[] not null default '{}';

-- The gate's rule for one state, as ileti/consents/gate.why_not has it (a test holds both equal).
-- Null: may be written to. 1 no record, 2 refused, 3 unverified, 4 not yet at İYS, 5 not in force.
create function gate_denial(p_status smallint, p_standing smallint, p_iys smallint)
returns smallint language sql immutable parallel safe as $$
select case when p_status is null then 1::smallint
            when p_status = 2 then 2::smallint
            when p_standing <> 1 then 3::smallint
            when p_iys in (3, 7) then null
            when p_iys in (1, 2) then 4::smallint
            else 5::smallint end $$;

create or replace function gate_yes(
    p_provider integer, p_brand integer, p_type smallint, p_channel smallint, p_hashes bytea[],
    p_heard_since timestamptz
) returns bytea language sql stable parallel safe
set enable_hashjoin = off set enable_mergejoin = off as $$
select string_agg(int4send(a.n::int), ''::bytea)
  from unnest(p_hashes) with ordinality a(h, n)
  join recipient r on r.provider_id = p_provider and r.addr_hash = a.h
  join consent_state s on s.provider_id = r.provider_id and s.brand_id = p_brand
                      and s.recipient_id = r.id and s.recipient_type = p_type
                      and s.channel = p_channel
 where gate_denial(s.status, s.standing, s.iys_status) is null
   and exists (select from iys_cursor c where c.provider_id = p_provider and c.brand_id = p_brand
                  and c.gap_since is null and c.pulled_at > p_heard_since) $$;

-- Whether a dealer took a record of this person on the channel, or may use one (R-16).
create function campaign_dealer_knows(
    p_provider integer, p_brand integer, p_recipient bigint, p_channel smallint, p_dealer integer)
returns boolean language sql stable parallel safe as $$
select exists (select from consent_entry e
                where e.provider_id = p_provider and e.recipient_id = p_recipient
                  and e.brand_id = p_brand and e.channel = p_channel and e.dealer_id = p_dealer)
    or exists (select from consent_access a
                where a.provider_id = p_provider and a.brand_id = p_brand
                  and a.recipient_id = p_recipient and a.channel = p_channel
                  and a.dealer_id = p_dealer) $$;

-- Whether a mail server said that there is no such address, and nobody knew better since. Its table
-- comes with a later migration.
create function campaign_address_dead(p_provider integer, p_recipient bigint) returns boolean
language plpgsql stable as $$
begin
    return exists (select from address_trouble t
                    where t.provider_id = p_provider and t.recipient_id = p_recipient
                      and t.channel = 3 and t.kind = 1 and t.cleared_at is null);
end $$;

-- The gate for a stretch of a campaign's people, asked of the ledger now. Beside gate_denial's numbers:
-- 6 İYS unheard for days (R-44), 7 the mail server knows no such address, 9 the consent is for other
-- topics (R-17), 10 the dealer may not use it (R-16), 11 the person has had enough messages lately, 12
-- erased, or kept for the law alone (R-64). Exempt classes (R-02, R-03) need no consent; whom a dealer
-- has nothing to do with it does not reach by them either, and learns nothing of.
create function campaign_gate(
    p_provider integer, p_campaign bigint, p_first integer, p_last integer, p_heard_since timestamptz)
returns table (no integer, recipient_id bigint, denial smallint, permit_id bigint,
               permit_at timestamptz, iys_status smallint)
language plpgsql stable
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    c campaign;
    v_heard boolean;
    v_topics boolean;
begin
    select * into c from campaign x where x.provider_id = p_provider and x.id = p_campaign;
    if c.class <> 1 then
        return query
        select m.no, m.recipient_id,
               case when r.addr_hash is null
                      or is_restricted(m.provider_id, m.recipient_id, now()) then 12::smallint
                    when c.dealer_id is not null and not campaign_dealer_knows(
                        m.provider_id, c.brand_id, m.recipient_id, c.channel, c.dealer_id)
                    then 10::smallint
                    when c.channel = 3 and campaign_address_dead(m.provider_id, m.recipient_id)
                    then 7::smallint end, null::bigint, null::timestamptz,
               null::smallint
          from campaign_message m
          join recipient r on r.provider_id = m.provider_id and r.id = m.recipient_id
         where m.provider_id = p_provider and m.campaign_id = p_campaign
           and m.no between p_first and p_last and m.state in (1, 3);
        return;
    end if;
    v_heard := exists (select from iys_cursor i where i.provider_id = p_provider
                          and i.brand_id = c.brand_id and i.gap_since is null
                          and i.pulled_at > p_heard_since);
    v_topics := c.topics <> '{}' or exists (
        select from document_version d where d.provider_id = p_provider and d.topics <> '{}');
    return query
    select m.no, m.recipient_id,
           case when r.addr_hash is null then 12::smallint else coalesce(
               case when c.dealer_id is not null and not campaign_dealer_knows(
                        m.provider_id, c.brand_id, m.recipient_id, c.channel, c.dealer_id)
                    then 10::smallint end,
               gate_denial(s.status, s.standing, s.iys_status),
               case when not v_heard then 6::smallint end,
               case when c.channel = 3 and campaign_address_dead(m.provider_id, m.recipient_id)
                    then 7::smallint end,
               case when v_topics and not exists (
                        select from consent_entry e
                          left join document_version d on d.provider_id = e.provider_id
                                                      and d.id = e.text_id
                         where e.provider_id = s.provider_id and e.id = s.entry_id
                           and e.captured_at = s.entry_at
                           and (coalesce(d.topics, '{}') = '{}'
                                or c.topics <> '{}' and c.topics <@ d.topics))
                    then 9::smallint end,
               case when c.dealer_id is not null and not exists (
                        select from consent_entry e
                         where e.provider_id = s.provider_id and e.id = s.entry_id
                           and e.captured_at = s.entry_at and e.dealer_id = c.dealer_id)
                     and not exists (
                        select from consent_access a
                         where a.provider_id = s.provider_id and a.brand_id = s.brand_id
                           and a.recipient_id = s.recipient_id
                           and a.recipient_type = s.recipient_type and a.channel = s.channel
                           and a.dealer_id = c.dealer_id)
                    then 10::smallint end,
               case when c.most_messages is not null and (
                        select count(*) from campaign_message o
                          join campaign k on k.provider_id = o.provider_id and k.id = o.campaign_id
                          join campaign_batch b on b.provider_id = o.provider_id
                           and b.campaign_id = o.campaign_id and b.no = o.batch_no
                         where o.provider_id = m.provider_id and o.recipient_id = m.recipient_id
                           and o.campaign_id <> m.campaign_id and k.class = 1
                           and (o.state = 4 or o.state = 3 and b.state in (1, 2, 5))
                           and k.brand_id = c.brand_id
                           and o.at > now() - make_interval(days => c.most_days))
                        >= c.most_messages
                    then 11::smallint end) end,
           s.entry_id, s.entry_at, s.iys_status
      from campaign_message m
      join recipient r on r.provider_id = m.provider_id and r.id = m.recipient_id
      left join consent_state s
        on s.provider_id = m.provider_id and s.brand_id = c.brand_id
       and s.recipient_id = m.recipient_id and s.recipient_type = c.recipient_type
       and s.channel = c.channel
     where m.provider_id = p_provider and m.campaign_id = p_campaign
       and m.no between p_first and p_last and m.state in (1, 3);
end $$;

-- Take the next stretch: a returned batch that is due, else new numbers. The gate is asked in the same
-- statement that marks its people as handed over, so nobody gets a message whom it did not let. Answers
-- no row when there is nothing to do now. The row of the campaign is held until the commit.
create function campaign_take(
    p_provider integer, p_campaign bigint, p_most integer, p_heard_since timestamptz)
returns table (batch integer, fence integer, tries integer, handed integer, blocked integer)
language plpgsql as $$
declare
    c campaign;
    b campaign_batch;
begin
    select * into c from campaign x
     where x.provider_id = p_provider and x.id = p_campaign and x.state = 5 for update;
    if not found then return; end if;
    if c.dealer_id is not null and (
            'messages' = any (dealer_closed(c.provider_id, c.brand_id, c.dealer_id))
            or not exists (select from dealer d where d.provider_id = c.provider_id
                              and d.id = c.dealer_id and d.status = 'active')) then
        update campaign x set state = 6, next_at = null, problem = 'dealer'
         where x.provider_id = p_provider and x.id = p_campaign;
        return;
    end if;
    select * into b from campaign_batch x
     where x.provider_id = p_provider and x.campaign_id = p_campaign and x.state = 3
       and x.next_at <= now() order by x.no limit 1 for update;
    if found then
        update campaign_batch x set state = 1, begun_at = now(), ended_at = null, next_at = null,
                                    fence = x.fence + 1, tries = x.tries + 1, reason = null
         where x.provider_id = p_provider and x.campaign_id = p_campaign and x.no = b.no
        returning * into b;
    elsif c.next_no <= c.total then
        insert into campaign_batch (provider_id, campaign_id, no, first_no, last_no)
        select p_provider, p_campaign, coalesce(max(x.no), 0) + 1, c.next_no,
               least(c.total, c.next_no + p_most - 1)
          from campaign_batch x where x.provider_id = p_provider and x.campaign_id = p_campaign
        returning * into b;
        update campaign x set next_no = b.last_no + 1
         where x.provider_id = p_provider and x.id = p_campaign;
    else
        return;
    end if;
    with judged as (
        update campaign_message m
           set state = case when g.denial is null then 3 else 2 end, reason = g.denial,
               permit_id = g.permit_id, permit_at = g.permit_at, iys_status = g.iys_status,
               at = case when g.denial is null then now() end, batch_no = b.no
          from campaign_gate(p_provider, p_campaign, b.first_no, b.last_no, p_heard_since) g
         where m.provider_id = p_provider and m.campaign_id = p_campaign and m.no = g.no
        returning m.state)
    update campaign_batch x
       set handed = w.handed + w.through, blocked = x.blocked + w.blocked,
           state = case when w.handed > 0 then 1 when w.through > 0 then 2 else 6 end,
           ended_at = case when w.handed = 0 then now() end
      from (select count(*) filter (where j.state = 3)::int as handed,
                   count(*) filter (where j.state = 2)::int as blocked,
                   case when b.tries = 1 then 0 else (
                       select count(*) from campaign_message m
                        where m.provider_id = p_provider and m.campaign_id = p_campaign
                          and m.no between b.first_no and b.last_no and m.state = 4)::int
                   end as through
              from judged j) w
     where x.provider_id = p_provider and x.campaign_id = p_campaign and x.no = b.no
    returning x.* into b;
    return query select b.no, b.fence, b.tries, b.handed, b.blocked;
end $$;

select wall_sees(t, l, format('exists (select from campaign x where x.provider_id = %1$s.provider_id '
                              'and x.id = %1$s.campaign_id offset 0)', t))
  from unnest(array['campaign_message', 'campaign_batch']) t, unnest(array['brand', 'dealer']) l;
select wall_sees('campaign_list_member', l,
    'exists (select from campaign_list x where x.provider_id = campaign_list_member.provider_id '
    'and x.id = campaign_list_member.list_id offset 0)')
  from unnest(array['brand', 'dealer']) l;
select build_dealer_wall();
select grant_application_rights();
