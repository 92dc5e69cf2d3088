-- Imports: a staging table per import, what the ledger says about its rows, and the way into the
-- ledger chunk by chunk, set by set (docs/adr/0021). Staging holds keyed hashes and ciphers, never an
-- address in clear; it is unlogged, because the sealed file can be read again after a crash.

create function import_stage_open(p_stage bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    execute format('drop table if exists %I', 'import_stage_' || p_stage);
    execute format('create unlogged table %I (
        line integer not null, part smallint not null, chunk integer not null,
        reason smallint not null, repairs smallint not null, kind smallint not null,
        key_no smallint not null, recipient_type smallint not null, channel smallint not null,
        status smallint not null, source smallint not null, flags smallint not null,
        dealer_id integer not null, consent_date timestamptz not null, due_at timestamptz not null,
        addr_hash bytea not null, claim bytea not null, leaf_key bytea not null,
        addr_ct bytea not null) with (autovacuum_enabled = off)', 'import_stage_' || p_stage);
    execute format('grant select, insert, update, delete on %I to ileti_app',
                   'import_stage_' || p_stage);
end $$;

create function import_stage_drop(p_stage bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    execute format('drop table if exists %I', 'import_stage_' || p_stage);
end $$;

-- Indexes and statistics, when all rows are there. Blocks come nearly in order of lines.
create function import_stage_ready(p_stage bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    execute format('create index on %I using brin (chunk) with (pages_per_range = 16)',
                   'import_stage_' || p_stage);
    execute format('analyze %I', 'import_stage_' || p_stage);
end $$;

-- What the file and the ledger say about the staged rows, all at once; reasons as numbers of
-- ileti/imports/verdicts.py. Flags: 1 the row has a proof of its own, 2 it has a date.
create function import_check(p_stage bigint, p_provider integer, p_brand integer) returns void
language plpgsql set work_mem = '96MB' as $$
declare
    v_stage text := 'import_stage_' || p_stage;
begin
    -- one row per recipient and channel: the newest; of the same second the refusal; a refusal in the
    -- file is only outweighed by a newer consent with a proof (R-32)
    execute format('
        with many as (
            select addr_hash, recipient_type, channel, bool_or(status = 2) as refused
              from %1$I where reason < 20
             group by addr_hash, recipient_type, channel having count(*) > 1),
        ranked as (
            select s.ctid, m.refused and s.status = 1 and s.flags & 1 = 0 as weak,
                   row_number() over (
                       partition by s.addr_hash, s.recipient_type, s.channel
                       order by m.refused and s.status = 1 and s.flags & 1 = 0,
                                s.consent_date desc, s.status desc, s.line, s.part) as place
              from %1$I s join many m using (addr_hash, recipient_type, channel)
             where s.reason < 20)
        update %1$I s set reason = case when weak then 31 else 30 end
          from ranked r where s.ctid = r.ctid and r.place > 1', v_stage);
    -- what the ledger holds
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
             where s.reason in (0, 2) and (t.entry_id is not null or s.status = 2)),
        told as (
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
        v_stage) using p_provider, p_brand;
end $$;

-- One round of record_chunk (0002) as a function of its own, so that imports use it for addresses
-- that are known: locks, judges and writes the rows of chunk_row and chunk_work of that round.
create function record_round(p_provider integer, p_brand integer, p_submission bigint,
                             p_at timestamptz, p_round integer) returns void
language plpgsql as $$
declare
    v_expected bigint;
    v_got bigint;
begin
    perform 1 from consent_state s
       join chunk_work w on w.round = p_round and s.recipient_id = w.recipient_id
       join chunk_row c on c.ordinal = w.ordinal and s.recipient_type = c.recipient_type
                       and s.channel = c.channel
      where s.provider_id = p_provider and s.brand_id = p_brand
      order by s.recipient_id, s.recipient_type, s.channel
        for update of s;

    update chunk_work w set
           code = consent_judge(s.status, s.standing, s.consent_date, s.iys_status,
                                c.status, c.standing, c.consent_date, c.source),
           ex_date = s.consent_date, ex_pending = s.pending_id,
           had_state = s.entry_id is not null
      from chunk_row c
      join chunk_work w2 on w2.ordinal = c.ordinal and w2.round = p_round
      left join consent_state s
        on s.provider_id = p_provider and s.brand_id = p_brand
       and s.recipient_id = w2.recipient_id and s.recipient_type = c.recipient_type
       and s.channel = c.channel
     where w.ordinal = c.ordinal and w.round = p_round;
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
     where w.round = p_round and w.code & 8 > 0 and w.had_state
       and s.provider_id = p_provider and s.brand_id = p_brand
       and s.recipient_id = w.recipient_id and s.recipient_type = c.recipient_type
       and s.channel = c.channel;

    insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key, after_id, hint,
                        brand_id)
    select p_provider, 1, w.entry_id, p_at, turn_of(c.status, c.consent_date, p_at),
           (w.recipient_id << 3) | (c.recipient_type << 2 & 4) | c.channel,
           case when w.had_state then w.ex_pending end,
           case when w.code & 32 > 0 then 1 else 0 end, p_brand
      from chunk_work w join chunk_row c using (ordinal)
     where w.round = p_round and w.code & 16 > 0;
end $$;

create or replace function record_chunk(
    p_provider integer, p_brand integer, p_idem text, p_body bytea, p_source smallint,
    p_dealer integer, p_actor_kind smallint, p_actor bigint, p_evidence jsonb,
    p_person_key smallint, p_person bytea
) returns bytea language plpgsql as $$
declare
    v_submission bigint;
    v_at timestamptz;
    v_items bytea;
    v_ids bigint[];
    v_rounds integer;
begin
    select array_agg(nextval('consent_entry_id_seq') order by ordinal) into v_ids from chunk_row;
    insert into submission (provider_id, brand_id, idem, body_hash, source, dealer_id,
                            actor_kind, actor_id, evidence, person_key, person_ct, entry_ids)
    values (p_provider, p_brand, p_idem, p_body, p_source, p_dealer, p_actor_kind, p_actor,
            p_evidence, p_person_key, p_person, coalesce(v_ids, '{}'))
    on conflict (provider_id, idem) do nothing
    returning id, captured_at into v_submission, v_at;
    if not found then
        return recorded_before(p_provider, p_idem, p_body);
    end if;

    insert into recipient (provider_id, kind, key_no, addr_hash, addr_ct, leaf_key)
    select p_provider, c.kind, c.key_no, c.addr_hash, c.addr_ct,
           uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
      from (select distinct on (addr_hash) * from chunk_row order by addr_hash) c
     where not exists (select from recipient x
                        where x.provider_id = p_provider and x.addr_hash = c.addr_hash)
     order by c.addr_hash
    on conflict (provider_id, addr_hash) do nothing;

    perform chunk_tables();
    truncate chunk_work;
    insert into chunk_work (ordinal, entry_id, recipient_id, leaf_key, round)
    select c.ordinal, v_ids[row_number() over (order by c.ordinal)], x.id, x.leaf_key,
           row_number() over (partition by x.id, c.recipient_type, c.channel
                              order by c.consent_date, c.ordinal)
      from chunk_row c
      join recipient x on x.provider_id = p_provider and x.addr_hash = c.addr_hash;
    analyze chunk_work;
    select coalesce(max(round), 0) into v_rounds from chunk_work;
    for v_round in 1..v_rounds loop
        perform record_round(p_provider, p_brand, v_submission, v_at, v_round);
    end loop;

    select string_agg(int8send(w.entry_id) || int8send(w.recipient_id)
                      || int2send((w.code & 7)::smallint) || e.leaf, ''::bytea order by w.ordinal)
      into v_items
      from chunk_work w
      join consent_entry e on e.provider_id = p_provider and e.id = w.entry_id
                          and e.captured_at = v_at;
    return int8send(v_submission) || timestamptz_send(v_at) || int2send(2::smallint)
           || coalesce(v_items, '');
end $$;

-- The work tables of a chunk; they live as long as the session and are empty between transactions.
create function chunk_tables() returns void language plpgsql as $$
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
end $$;

-- One chunk of an import into the ledger, in the caller's transaction; again the same is a replay.
-- Addresses nobody has yet are written set by set; known ones as in every other chunk, except that
-- what would not change the state is left out, and a refusal is not turned into a consent without a
-- proof on the row. Answers (entries written, rows left out, replay).
create function import_apply(
    p_run bigint, p_stage bigint, p_chunk integer, p_provider integer, p_brand integer, p_idem text,
    p_body bytea, p_source smallint, p_dealer integer, p_actor_kind smallint, p_actor bigint,
    p_evidence jsonb, p_person_key smallint, p_person bytea,
    out written bigint, out left_out bigint, out replay boolean
) language plpgsql set work_mem = '64MB' set enable_material = off as $$
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
        flags smallint, dealer_id integer, consent_date timestamptz, due_at timestamptz, claim bytea
    ) on commit delete rows;
    truncate import_item;
    execute format('
        with taken as materialized (
            select s.*, r.id as known_id, r.leaf_key as known_key
              from %1$I s
              left join recipient r on r.provider_id = $1 and r.addr_hash = s.addr_hash
             where s.chunk = $2 and s.reason < 20),
        made as (
            insert into recipient (provider_id, kind, key_no, addr_hash, addr_ct, leaf_key)
            select distinct on (addr_hash) $1, kind, key_no, addr_hash, addr_ct, leaf_key
              from taken where known_id is null order by addr_hash
            on conflict (provider_id, addr_hash) do nothing
            returning id, addr_hash, leaf_key)
        insert into import_item
        select nextval(''consent_entry_id_seq''), coalesce(t.known_id, m.id), m.id is not null,
               coalesce(t.known_key, m.leaf_key), t.line, t.part, t.recipient_type, t.channel,
               t.status, t.source, t.flags, nullif(t.dealer_id, 0), t.consent_date,
               nullif(t.due_at, ''-infinity''), t.claim
          from taken t left join made m on m.addr_hash = t.addr_hash
         order by t.line, t.part', v_stage) using p_provider, p_chunk;
    if exists (select from import_item where recipient_id is null) then
        raise exception 'another writer was faster' using errcode = '40001';
    end if;

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
    end if;
end $$;

-- The entries of an import, or of one chunk, in the session's table undo_entry. Chunk by chunk,
-- because each chunk's moment is known then and an index leads to it whatever the statistics say.
create function import_entries(p_run bigint, p_chunk integer, p_provider integer, p_brand integer)
returns void language plpgsql
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    c record;
begin
    create temporary table if not exists undo_entry (
        id bigint, recipient_id bigint, recipient_type smallint, channel smallint, outcome smallint
    ) on commit delete rows;
    truncate undo_entry;
    for c in select b.id, b.captured_at from import_chunk k
               join submission b on b.provider_id = p_provider
                                and b.idem = 'import:' || k.import_id || ':' || k.n
              where k.import_id = p_run and (p_chunk is null or k.n = p_chunk)
    loop
        insert into undo_entry
        select e.id, e.recipient_id, e.recipient_type, e.channel, e.outcome from consent_entry e
         where e.provider_id = p_provider and e.brand_id = p_brand
           and e.captured_at = c.captured_at and e.submission_id = c.id;
    end loop;
    analyze undo_entry;
end $$;

-- The functions below look keys up by index, whatever the statistics say: right after an import
-- they still say that there is one row, and 20 000 entries took two minutes.

-- What undoing an import would do (ileti/imports/undo.py): entries İYS has or a worker has in hand;
-- consents and refusals that stand as imported; keys that changed since. A refusal that İYS was only
-- asked about and that is kept here (6) is no secret told.
create function import_preview(p_run bigint, p_provider integer, p_brand integer,
                               out reported bigint, out consents bigint, out refusals bigint,
                               out changed bigint) language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
set enable_material = off as $$
begin
    perform import_entries(p_run, null, p_provider, p_brand);
    select count(*) filter (where u.outcome = 1 and o.ref_id is null and not coalesce(
               s.iys_status = 6 and s.pending_id is distinct from u.id, false)),
           count(*) filter (where s.status = 1), count(*) filter (where s.status = 2),
           count(*) filter (where s.entry_id is null)
      into reported, consents, refusals, changed
      from undo_entry u
      left join consent_state s on s.provider_id = p_provider and s.brand_id = p_brand
           and s.recipient_id = u.recipient_id and s.recipient_type = u.recipient_type
           and s.channel = u.channel and s.entry_id = u.id
      left join outbox o on o.provider_id = p_provider and o.topic = 1 and o.ref_id = u.id
           and o.fence = 0 and o.dead_at is null;
end $$;

-- Taking an import back while İYS has heard nothing of it. First everything is held at once: no row
-- may have been claimed ever (fence 0), or nothing happens.
create function import_hold(p_run bigint, p_provider integer, p_brand integer) returns boolean
language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
set enable_material = off as $$
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
    update outbox o set next_at = 'infinity'
      from undo_entry u
     where u.outcome = 1 and o.provider_id = p_provider and o.topic = 1 and o.ref_id = u.id
       and o.fence = 0 and o.batch_id is null and o.dead_at is null;
    get diagnostics v_held = row_count;
    if v_held < v_waiting then
        raise exception 'reported' using errcode = 'P0001';
    end if;
    return true;
end $$;

-- One chunk back, after import_hold: its outbox rows go, a state it made becomes unverified (R-21:
-- opens nothing), a state it changed becomes what it was; what somebody changed since then stays.
-- Entries stay in the ledger: they say what was recorded, and the run says that it was taken back.
-- Again the same changes nothing.
create function import_undo(p_run bigint, p_chunk integer, p_provider integer, p_brand integer)
returns bigint language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
declare
    v_states bigint;
begin
    perform import_entries(p_run, p_chunk, p_provider, p_brand);
    perform 1 from consent_state s join undo_entry u using (recipient_id, recipient_type, channel)
      where s.provider_id = p_provider and s.brand_id = p_brand
      order by s.recipient_id, s.recipient_type, s.channel for update of s;
    delete from outbox o using undo_entry u
     where o.provider_id = p_provider and o.topic = 1 and o.ref_id = u.id;
    with back as (
        update consent_state s set
               entry_id = h.entry_id, entry_at = h.entry_at, consent_date = h.consent_date,
               iys_due_at = h.iys_due_at, pending_id = h.pending_id, status = h.status,
               source = h.source, standing = h.standing, iys_status = h.iys_status,
               iys_code = h.iys_code
          from import_before b
          join undo_entry u on u.id = b.entry_id
          cross join lateral jsonb_populate_record(null::consent_state, b.held) h
         where b.import_id = p_run and b.chunk = p_chunk and s.provider_id = p_provider
           and s.brand_id = p_brand and s.recipient_id = u.recipient_id
           and s.recipient_type = u.recipient_type and s.channel = u.channel
           and s.entry_id = u.id
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
    update consent_state s set standing = 0, iys_status = 0, iys_code = null, iys_due_at = null,
           pending_id = null
      from undo_entry u
     where s.provider_id = p_provider and s.brand_id = p_brand
       and s.recipient_id = u.recipient_id and s.recipient_type = u.recipient_type
       and s.channel = u.channel and s.entry_id = u.id;
    -- a later import that stands on one of these entries stands now on what was before it
    update import_before x set held = b.held, held_id = b.held_id
      from import_before b join undo_entry u on u.id = b.entry_id
     where b.import_id = p_run and b.chunk = p_chunk and x.held_id = u.id
       and x.import_id <> p_run;
    update import_before x set held = x.held || '{"standing": 0, "iys_status": 0,
           "iys_code": null, "iys_due_at": null, "pending_id": null}'::jsonb
      from undo_entry u where x.held_id = u.id and x.import_id <> p_run;
    delete from import_before where import_id = p_run and chunk = p_chunk;
    return v_states;
end $$;
