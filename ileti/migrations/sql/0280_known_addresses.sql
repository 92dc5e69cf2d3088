-- Known addresses in a chunk, and a chunk that is taken back, cost what their rows cost (docs/adr/0021).
-- Both joined the chunk with all states (and outbox rows) of the provider: where the planner knew of
-- few it went through the chunk once for each of them, where it knew of many it read them all. Here a
-- row is asked for by its whole key, one by one from the chunk: a subquery that locks is never joined
-- another way, whatever the statistics say. What was locked is written by its place (ctid), which
-- nobody can move meanwhile.

-- As in 0140, with the place of the locked state; sessions that were open before this lack it.
create or replace function chunk_tables() returns void language plpgsql as $$
begin
    create temporary table if not exists chunk_row (
        ordinal integer primary key, kind smallint, key_no smallint, addr_hash bytea, addr_ct bytea,
        recipient_type smallint, channel smallint, status smallint, source smallint,
        standing smallint, consent_date timestamptz, due_at timestamptz, dealer_id integer,
        text_id integer, claim bytea
    ) on commit delete rows;
    create temporary table if not exists chunk_work (
        ordinal integer, entry_id bigint, recipient_id bigint, leaf_key bytea, round integer,
        code smallint, ex_date timestamptz, ex_pending bigint, had_state boolean
    ) on commit delete rows;
    alter table chunk_work add column if not exists state_at tid;
end $$;

-- One round of record_chunk, and of an import's known addresses: locks, judges and writes the rows
-- of chunk_row and chunk_work of that round. Locks in the order of every writer; rows are joined by
-- ordinal or by place, one index step each, so nothing is to be hashed or merged.
create or replace function record_round(p_provider integer, p_brand integer, p_submission bigint,
                                        p_at timestamptz, p_round integer) returns void
language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = on set enable_sort = on
set plan_cache_mode = force_custom_plan as $$
declare
    v_expected bigint;
    v_got bigint;
begin
    with held as materialized (
        select n.place, s.ctid as state_at, s.consent_date as ex_date, s.pending_id as ex_pending,
               s.entry_id is not null as had_state,
               consent_judge(s.status, s.standing, s.consent_date, s.iys_status,
                             n.status, n.standing, n.consent_date, n.source) as code
          from (select w.ctid as place, w.recipient_id, c.*
                  from chunk_work w join chunk_row c using (ordinal)
                 where w.round = p_round
                 order by w.recipient_id, c.recipient_type, c.channel) n
          left join lateral (
               select x.ctid, x.* from consent_state x
                where x.provider_id = p_provider and x.brand_id = p_brand
                  and x.recipient_id = n.recipient_id and x.recipient_type = n.recipient_type
                  and x.channel = n.channel
                  for update) s on true)
    update chunk_work w set
           code = h.code, ex_date = h.ex_date, ex_pending = h.ex_pending,
           had_state = h.had_state, state_at = h.state_at
      from held h where w.ctid = h.place;
    if exists (select from chunk_work where round = p_round and code = 0) then
        raise exception 'H408' using errcode = '22023';
    end if;

    insert into consent_entry (
        provider_id, id, captured_at, submission_id, recipient_id, consent_date, brand_id,
        dealer_id, text_id, recipient_type, channel, status, source, standing, outcome, leaf)
    select p_provider, w.entry_id, p_at, p_submission, w.recipient_id,
           c.consent_date, p_brand, c.dealer_id, c.text_id, c.recipient_type, c.channel,
           c.status, c.source, c.standing, w.code & 7,
           consent_leaf(w.leaf_key, w.entry_id, c.claim, p_at)
      from chunk_work w join chunk_row c using (ordinal) where w.round = p_round;

    select count(*) into v_expected from chunk_work
     where round = p_round and code & 8 > 0 and not had_state;
    insert into consent_state (
        provider_id, brand_id, recipient_id, recipient_type, channel, entry_id, entry_at,
        consent_date, status, source, standing, iys_status, iys_due_at, pending_id)
    select p_provider, p_brand, w.recipient_id, c.recipient_type, c.channel, w.entry_id,
           p_at, c.consent_date, c.status, c.source, c.standing,
           case when c.standing = 0 then 0 when c.source >= 31 then 7
                when w.code & 16 > 0 then 1 else 6 end,
           case when w.code & 16 > 0 then c.due_at end,
           case when w.code & 16 > 0 then w.entry_id end
      from chunk_work w join chunk_row c using (ordinal)
     where w.round = p_round and w.code & 8 > 0 and not w.had_state
     order by w.recipient_id, c.recipient_type, c.channel
    on conflict do nothing;
    get diagnostics v_got = row_count;
    if v_got <> v_expected then
        raise exception 'another writer was faster' using errcode = '40001';
    end if;

    update consent_state s set
           entry_id = w.entry_id, entry_at = p_at,
           consent_date = case when w.code & 64 > 0 then w.ex_date + interval '1 second'
                               else c.consent_date end,
           status = c.status, source = c.source, standing = c.standing, iys_code = null,
           iys_status = case when c.standing = 0 then 0 when c.source >= 31 then 7
                             when w.code & 16 > 0 then 1 else 6 end,
           iys_due_at = case when w.code & 16 > 0 then c.due_at end,
           pending_id = case when w.code & 16 > 0 then w.entry_id else s.pending_id end
      from chunk_work w join chunk_row c using (ordinal)
     where w.round = p_round and w.code & 8 > 0 and s.ctid = w.state_at;

    insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key, after_id, hint,
                        brand_id)
    select p_provider, 1, w.entry_id, p_at, turn_of(c.status, c.consent_date, p_at),
           (w.recipient_id << 3) | (c.recipient_type << 2 & 4) | c.channel,
           case when w.had_state then w.ex_pending end,
           case when w.code & 32 > 0 then 1 else 0 end, p_brand
      from chunk_work w join chunk_row c using (ordinal)
     where w.round = p_round and w.code & 16 > 0;
end $$;

-- The known addresses of a chunk (import_item, not fresh), as a part of import_apply. What would
-- change nothing is left out, and so is a consent over a refusal without a proof on its row: judged
-- under the lock. What a state was before is kept for an undo; the rest goes as in every other chunk.
create function import_known(
    p_run bigint, p_chunk integer, p_provider integer, p_brand integer, p_submission bigint,
    p_at timestamptz, out written bigint, out left_out bigint
) language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = on set enable_sort = on
set plan_cache_mode = force_custom_plan as $$
begin
    if exists (select from import_item where not fresh) then
        perform pin_persons(p_provider, array(  -- as 0220 says
            select distinct recipient_id from import_item where not fresh));
    end if;
    with held as materialized (
        select i.place, i.entry_id, s.entry_id as held_id, s.held,
               s.standing = 1
               and (i.status = s.status and i.consent_date = s.consent_date
                    or consent_judge(s.status, s.standing, s.consent_date, s.iys_status, i.status,
                                     1::smallint, i.consent_date, i.source) & 8 = 0
                    or i.status = 1 and s.status = 2 and i.flags & 1 = 0
                    or i.recipient_type = 2 and (i.flags & 2 = 0 or i.source = 0)) as idle
          from (select ctid as place, * from import_item where not fresh
                 order by recipient_id, recipient_type, channel) i
         cross join lateral (
               select x.*, to_jsonb(x) as held from consent_state x
                where x.provider_id = p_provider and x.brand_id = p_brand
                  and x.recipient_id = i.recipient_id and x.recipient_type = i.recipient_type
                  and x.channel = i.channel
                  for update) s),
    gone as (
        delete from import_item i using held h where i.ctid = h.place and h.idle),
    kept as (
        insert into import_before (import_id, chunk, entry_id, held_id, held)
        select p_run, p_chunk, entry_id, held_id, held from held where not idle)
    select count(*) into left_out from held where idle;

    select count(*) into written from import_item where not fresh;
    if written = 0 then
        return;
    end if;
    perform chunk_tables();
    truncate chunk_row, chunk_work;
    insert into chunk_row (ordinal, recipient_type, channel, status, source, standing,
                           consent_date, due_at, dealer_id, claim)
    select row_number() over (order by entry_id), recipient_type, channel, status, source, 1,
           consent_date, due_at, dealer_id, claim
      from import_item where not fresh;
    insert into chunk_work (ordinal, entry_id, recipient_id, leaf_key, round)
    select row_number() over (order by entry_id), entry_id, recipient_id, leaf_key, 1
      from import_item where not fresh;
    analyze chunk_row;
    analyze chunk_work;
    perform record_round(p_provider, p_brand, p_submission, p_at, 1);
end $$;

-- As in 0140: everything of an import is held back at once, or nothing happens.
create or replace function import_hold(p_run bigint, p_provider integer, p_brand integer)
returns boolean language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
set enable_material = off set plan_cache_mode = force_custom_plan as $$
declare
    v_waiting bigint;
    v_held bigint;
begin
    perform import_entries(p_run, null, p_provider, p_brand);
    select count(*) into v_waiting
      from undo_entry u
      left join consent_state s on s.provider_id = p_provider and s.brand_id = p_brand
           and s.recipient_id = u.recipient_id and s.recipient_type = u.recipient_type
           and s.channel = u.channel and s.entry_id = u.id
     where u.outcome = 1 and not coalesce(
               s.iys_status = 6 and s.pending_id is distinct from u.id, false);
    -- asked by the key alone: with its own conditions the index of what is due looks as good, and
    -- is walked from end to end
    with waiting as materialized (
        select x.place
          from undo_entry u
         cross join lateral (
               select o.ctid as place, o.fence, o.batch_id, o.dead_at from outbox o
                where o.provider_id = p_provider and o.topic = 1 and o.ref_id = u.id
               offset 0 for update) x
         where u.outcome = 1 and x.fence = 0 and x.batch_id is null and x.dead_at is null)
    update outbox o set next_at = 'infinity' from waiting w where o.ctid = w.place;
    get diagnostics v_held = row_count;
    if v_held < v_waiting then
        raise exception 'reported' using errcode = 'P0001';
    end if;
    return true;
end $$;

-- As in 0140: one chunk back after import_hold; again the same changes nothing.
create or replace function import_undo(p_run bigint, p_chunk integer, p_provider integer,
                                       p_brand integer) returns bigint
language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
set plan_cache_mode = force_custom_plan as $$
declare
    v_states bigint;
begin
    perform import_entries(p_run, p_chunk, p_provider, p_brand);
    perform 1
       from (select * from undo_entry order by recipient_id, recipient_type, channel) u
      cross join lateral (
            select from consent_state s
             where s.provider_id = p_provider and s.brand_id = p_brand
               and s.recipient_id = u.recipient_id and s.recipient_type = u.recipient_type
               and s.channel = u.channel
               for update) s;
    with sent as materialized (
        select x.place
          from undo_entry u
         cross join lateral (
               select o.ctid as place from outbox o
                where o.provider_id = p_provider and o.topic = 1 and o.ref_id = u.id
                  for update) x)
    delete from outbox o using sent x where o.ctid = x.place;
    with stood as materialized (
        select s.place, b.held
          from undo_entry u
         cross join lateral (
               select x.held from import_before x
                where x.import_id = p_run and x.entry_id = u.id and x.chunk = p_chunk offset 0) b
         cross join lateral (
               select x.ctid as place from consent_state x
                where x.provider_id = p_provider and x.brand_id = p_brand
                  and x.recipient_id = u.recipient_id and x.recipient_type = u.recipient_type
                  and x.channel = u.channel and x.entry_id = u.id
                  for update) s),
    back as (
        update consent_state s set
               entry_id = h.entry_id, entry_at = h.entry_at, consent_date = h.consent_date,
               iys_due_at = h.iys_due_at, pending_id = h.pending_id, status = h.status,
               source = h.source, standing = h.standing, iys_status = h.iys_status,
               iys_code = h.iys_code
          from stood t cross join lateral jsonb_populate_record(null::consent_state, t.held) h
         where s.ctid = t.place
        returning s.provider_id, s.entry_id, s.entry_at, s.recipient_id, s.recipient_type,
                  s.channel, s.pending_id, s.status, s.consent_date),
    -- what was on its way then may have been settled past this state: it is told again
    again as (
        insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key, hint, brand_id)
        select provider_id, 1, entry_id, entry_at, turn_of(status, consent_date, now()),
               (recipient_id << 3) | (recipient_type << 2 & 4) | channel, 1, p_brand
          from back where pending_id = entry_id
        on conflict do nothing)
    select count(*) into v_states from back;
    -- a state nobody had before opens nothing any more, and whatever comes takes its place
    with fresh as materialized (
        select s.place
          from undo_entry u
         cross join lateral (
               select x.ctid as place from consent_state x
                where x.provider_id = p_provider and x.brand_id = p_brand
                  and x.recipient_id = u.recipient_id and x.recipient_type = u.recipient_type
                  and x.channel = u.channel and x.entry_id = u.id
                  for update) s)
    update consent_state s set standing = 0, iys_status = 0, iys_code = null, iys_due_at = null,
           pending_id = null
      from fresh f where s.ctid = f.place;
    -- a later import that stands on one of these entries stands now on what was before it
    update import_before x set held = b.held, held_id = b.held_id
      from undo_entry u
     cross join lateral (
           select y.held, y.held_id from import_before y
            where y.import_id = p_run and y.entry_id = u.id and y.chunk = p_chunk offset 0) b
     where x.held_id = u.id and x.import_id <> p_run;
    update import_before x set held = x.held || '{"standing": 0, "iys_status": 0,
           "iys_code": null, "iys_due_at": null, "pending_id": null}'::jsonb
      from undo_entry u where x.held_id = u.id and x.import_id <> p_run;
    delete from import_before where import_id = p_run and chunk = p_chunk;
    return v_states;
end $$;
