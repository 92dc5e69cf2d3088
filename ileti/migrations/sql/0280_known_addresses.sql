-- Known addresses in a chunk cost what they cost (docs/adr/0021). Locking a chunk's states joined it
-- with all states of the provider: where the planner knew of few it went through the chunk once for
-- each of them (40 000 rows took a quarter of an hour), where it knew of many it read them all. Here a
-- state is asked for by its whole key, row by row from the chunk: a subquery that locks is never
-- joined another way, whatever the statistics say. What was locked is written by its place (ctid),
-- which nobody can move meanwhile.

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
