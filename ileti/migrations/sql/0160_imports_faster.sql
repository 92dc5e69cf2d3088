-- Imports twice as fast (docs/adr/0021). What cost most of a row: an SQL function that says
-- "immutable" over a body that is only stable cannot be inlined and starts an executor per row; a
-- hash join read every recipient of the provider for each chunk; indexes were filled in the order of
-- lines, which is none; and the check joined the staged rows with themselves on one core.

-- As in 0002, only spelled so that it is immutable all through and the planner puts it in line: the
-- epoch of a moment in UTC hangs on no setting. ileti/evidence/leaf.py: leaf().
create or replace function consent_leaf(p_key bytea, p_entry bigint, p_claim bytea, p_at timestamptz)
returns bytea language sql immutable parallel safe as $$
select sha256(sha256(p_key || int8send(p_entry)) || p_claim
              || int8send((extract(epoch from p_at at time zone 'UTC') * 1000000)::bigint)) $$;

-- As in 0002, and says what it is: days are those of the session's time zone, which is UTC.
create or replace function turn_of(p_status smallint, p_date timestamptz, p_at timestamptz)
returns timestamptz language sql stable parallel safe as $$
select least(p_date, p_at) - case when p_status = 2 then interval '1000 days' else '0' end $$;

-- Indexes and statistics, when all rows are there; statistics of the columns that lead a plan.
create or replace function import_stage_ready(p_stage bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    execute format('create index on %I using brin (chunk) with (pages_per_range = 16)',
                   'import_stage_' || p_stage);
    execute format('analyze %I (chunk, reason, addr_hash, recipient_type, channel, status)',
                   'import_stage_' || p_stage);
end $$;

-- What the file and the ledger say about the staged rows, all at once; reasons as numbers of
-- ileti/imports/verdicts.py. Flags: 1 the row has a proof of its own, 2 it has a date. Looks at the
-- address hashes from p_from up to below p_to (null: all that follow): what an address is told hangs
-- on no other, so slices are checked side by side, each in its own memory.
drop function import_check(bigint, integer, integer);
create function import_check(p_stage bigint, p_provider integer, p_brand integer,
                             p_from bytea default '', p_to bytea default null) returns void
language plpgsql set work_mem = '96MB' as $$
declare
    v_stage text := 'import_stage_' || p_stage;
begin
    -- one row per recipient and channel: the newest; of the same second the refusal; a refusal in the
    -- file is only outweighed by a newer consent with a proof (R-32)
    execute format('
        with many as (
            select addr_hash, recipient_type, channel, bool_or(status = 2) as refused
              from %1$I
             where reason < 20 and addr_hash >= $1 and ($2 is null or addr_hash < $2)
             group by addr_hash, recipient_type, channel having count(*) > 1),
        ranked as (
            select s.ctid, m.refused and s.status = 1 and s.flags & 1 = 0 as weak,
                   row_number() over (
                       partition by s.addr_hash, s.recipient_type, s.channel
                       order by m.refused and s.status = 1 and s.flags & 1 = 0,
                                s.consent_date desc, s.status desc, s.line, s.part) as place
              from %1$I s join many m using (addr_hash, recipient_type, channel)
             where s.reason < 20 and s.addr_hash >= $1 and ($2 is null or s.addr_hash < $2))
        update %1$I s set reason = case when weak then 31 else 30 end
          from ranked r where s.ctid = r.ctid and r.place > 1', v_stage) using p_from, p_to;
    -- what the ledger holds; only rows that are told something are looked up again
    execute format('
        with held as (
            select s.ctid, t.status as ex_status, t.standing, t.consent_date as ex_date, s.status,
                   s.source, s.recipient_type, s.flags, s.consent_date,
                   case when t.entry_id is null
                        then consent_judge(null, null, null, null, s.status, 1::smallint,
                                           s.consent_date, s.source)
                        else consent_judge(t.status, t.standing, t.consent_date, t.iys_status,
                                           s.status, 1::smallint, s.consent_date, s.source)
                   end as code, t.entry_id is not null and t.standing = 1 as known
              from %1$I s
              left join recipient r on r.provider_id = $1 and r.addr_hash = s.addr_hash
              left join consent_state t on t.provider_id = $1 and t.brand_id = $2
                   and t.recipient_id = r.id and t.recipient_type = s.recipient_type
                   and t.channel = s.channel
             where s.reason in (0, 2) and (t.entry_id is not null or s.status = 2)
               and s.addr_hash >= $3 and ($4 is null or s.addr_hash < $4)),
        told as materialized (
            select ctid, case
                when known and recipient_type = 2 and flags & 2 = 0 then 62
                when known and recipient_type = 2 and source = 0 then 63
                when known and status = ex_status
                     and (consent_date = ex_date or code & 8 = 0) then
                    case when consent_date < ex_date then 41 else 40 end
                when known and status = 1 and ex_status = 2 and flags & 1 = 0 then 42
                when code & 8 = 0 then 41
                when code & 7 = 2 then 3
                when code & 32 > 0 and not known then 1
                else 0 end as reason
              from held)
        update %1$I s set reason = t.reason from told t
         where s.ctid = t.ctid and t.reason <> 0 and (s.reason = 0 or t.reason >= 20)',
        v_stage) using p_provider, p_brand, p_from, p_to;
end $$;

-- One chunk of an import into the ledger, in the caller's transaction; again the same is a replay.
-- Addresses nobody has yet are written set by set; known ones as in every other chunk, except that
-- what would not change the state is left out, and a refusal is not turned into a consent without a
-- proof on the row. Answers (entries written, rows left out, replay).
--
-- All is looked up and written in the order of the address hash, in which recipients and entries get
-- their numbers too: each index then grows at one place. Who is already there is asked one by one
-- along the index (the first hash from it on: only that index has them in order; by equality the
-- primary key looks as good while the statistics know of few addresses), whatever they say. An address that another writer adds
-- meanwhile breaks the unique key (23505), as a lost race (40001): the caller tries again.
create or replace function import_apply(
    p_run bigint, p_stage bigint, p_chunk integer, p_provider integer, p_brand integer, p_idem text,
    p_body bytea, p_source smallint, p_dealer integer, p_actor_kind smallint, p_actor bigint,
    p_evidence jsonb, p_person_key smallint, p_person bytea,
    out written bigint, out left_out bigint, out replay boolean
) language plpgsql
set work_mem = '64MB' set enable_material = off set enable_seqscan = off set enable_sort = off
set plan_cache_mode = force_custom_plan as $$
declare
    v_stage text := 'import_stage_' || p_stage;
    v_submission bigint;
    v_at timestamptz;
    v_known bigint;
begin
    written := 0;
    left_out := 0;
    insert into submission (provider_id, brand_id, idem, body_hash, source, dealer_id,
                            actor_kind, actor_id, evidence, person_key, person_ct, entry_ids)
    values (p_provider, p_brand, p_idem, p_body, p_source, p_dealer, p_actor_kind, p_actor,
            p_evidence, p_person_key, p_person, '{}')
    on conflict (provider_id, idem) do nothing
    returning id, captured_at into v_submission, v_at;
    replay := not found;
    if replay then
        perform 1 from submission where provider_id = p_provider and idem = p_idem
                                    and body_hash = p_body;
        if not found then
            raise exception 'another import has this key' using errcode = '23505';
        end if;
        return;
    end if;

    create temporary table if not exists import_item (
        entry_id bigint, recipient_id bigint, fresh boolean, leaf_key bytea, line integer,
        part smallint, recipient_type smallint, channel smallint, status smallint, source smallint,
        flags smallint, dealer_id integer, file_no integer, consent_date timestamptz,
        due_at timestamptz, claim bytea
    ) on commit delete rows;
    truncate import_item;
    execute format('
        with taken as materialized (
            select s.*, r.id as known_id, r.leaf_key as known_key
              from (select * from %1$I where chunk = $2 and reason < 20 order by addr_hash) s
              left join lateral (
                   select id, leaf_key, addr_hash from recipient
                    where provider_id = $1 and addr_hash >= s.addr_hash
                    order by addr_hash limit 1) r on r.addr_hash = s.addr_hash),
        made as (
            insert into recipient (provider_id, kind, key_no, addr_hash, addr_ct, leaf_key)
            select distinct on (addr_hash) $1, kind, key_no, addr_hash, addr_ct, leaf_key
              from taken where known_id is null order by addr_hash
            returning id, addr_hash, leaf_key)
        insert into import_item
        select nextval(''consent_entry_id_seq''), coalesce(t.known_id, m.id), m.id is not null,
               coalesce(t.known_key, m.leaf_key), t.line, t.part, t.recipient_type, t.channel,
               t.status, t.source, t.flags, nullif(t.dealer_id, 0), t.file_no, t.consent_date,
               nullif(t.due_at, ''-infinity''), t.claim
          from taken t left join made m on m.addr_hash = t.addr_hash', v_stage)
        using p_provider, p_chunk;

    with i as materialized (
        select *, consent_judge(null, null, null, null, status, 1::smallint, consent_date, source)
                  as code
          from import_item where fresh),
    e as (
        insert into consent_entry (
            provider_id, id, captured_at, submission_id, recipient_id, consent_date, brand_id,
            dealer_id, recipient_type, channel, status, source, standing, outcome, leaf)
        select p_provider, entry_id, v_at, v_submission, recipient_id, consent_date, p_brand,
               dealer_id, recipient_type, channel, status, source, 1, code & 7,
               consent_leaf(leaf_key, entry_id, claim, v_at)
          from i),
    s as (
        insert into consent_state (
            provider_id, brand_id, recipient_id, recipient_type, channel, entry_id, entry_at,
            consent_date, status, source, standing, iys_status, iys_due_at, pending_id)
        select p_provider, p_brand, recipient_id, recipient_type, channel, entry_id, v_at,
               consent_date, status, source, 1, case when code & 16 > 0 then 1 else 6 end,
               case when code & 16 > 0 then due_at end, case when code & 16 > 0 then entry_id end
          from i),
    o as (
        insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key, hint, brand_id)
        select p_provider, 1, entry_id, v_at, turn_of(status, consent_date, v_at),
               (recipient_id << 3) | (recipient_type << 2 & 4) | channel, code >> 5 & 1, p_brand
          from i where code & 16 > 0)
    select count(*), coalesce(bool_or(code = 0), false) into written, replay from i;
    if replay then
        raise exception 'H408' using errcode = '22023';
    end if;

    select count(*) into v_known from import_item where not fresh;
    if v_known > 0 then
        perform chunk_tables();
        truncate chunk_row, chunk_work;
        insert into chunk_row (ordinal, recipient_type, channel, status, source, standing,
                               consent_date, due_at, dealer_id, claim)
        select row_number() over (order by line, part), recipient_type, channel, status, source, 1,
               consent_date, due_at, dealer_id, claim
          from import_item where not fresh;
        insert into chunk_work (ordinal, entry_id, recipient_id, leaf_key, round)
        select row_number() over (order by line, part), entry_id, recipient_id, leaf_key, 1
          from import_item where not fresh;
        analyze chunk_row;
        analyze chunk_work;
        -- locked in the order of every writer, then looked at
        perform 1 from consent_state s
           join chunk_work w on s.recipient_id = w.recipient_id
           join chunk_row c on c.ordinal = w.ordinal and s.recipient_type = c.recipient_type
                           and s.channel = c.channel
          where s.provider_id = p_provider and s.brand_id = p_brand
          order by s.recipient_id, s.recipient_type, s.channel
            for update of s;
        delete from chunk_work w using chunk_row c, import_item i, consent_state s
         where c.ordinal = w.ordinal and i.entry_id = w.entry_id and s.provider_id = p_provider
           and s.brand_id = p_brand and s.recipient_id = w.recipient_id
           and s.recipient_type = c.recipient_type and s.channel = c.channel and s.standing = 1
           and (c.status = s.status and c.consent_date = s.consent_date
                or consent_judge(s.status, s.standing, s.consent_date, s.iys_status, c.status,
                                 c.standing, c.consent_date, c.source) & 8 = 0
                or c.status = 1 and s.status = 2 and i.flags & 1 = 0
                or c.recipient_type = 2 and (i.flags & 2 = 0 or c.source = 0));
        get diagnostics left_out = row_count;
        insert into import_before (import_id, chunk, entry_id, held_id, held)
        select p_run, p_chunk, w.entry_id, s.entry_id, to_jsonb(s)
          from chunk_work w join chunk_row c using (ordinal)
          join consent_state s on s.provider_id = p_provider and s.brand_id = p_brand
               and s.recipient_id = w.recipient_id and s.recipient_type = c.recipient_type
               and s.channel = c.channel;
        perform record_round(p_provider, p_brand, v_submission, v_at, 1);
        written := written + v_known - left_out;
        delete from import_item i where not fresh
           and not exists (select from chunk_work w where w.entry_id = i.entry_id);
    end if;
    perform import_link(p_run, p_provider, p_brand, v_at);
end $$;
