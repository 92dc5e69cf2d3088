-- Imports name the files that prove their rows (ileti/imports/proofs.py): a staged row knows the file
-- its column names, and the chunk that writes an entry links the file to it in the same transaction.

-- Tables that are staged now have no such column yet; none of their rows names a file.
do $$
declare
    t record;
begin
    for t in select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace
                and c.relkind = 'r' and c.relname ~ '^import_stage_[0-9]+$' loop
        execute format('alter table %I add column file_no integer not null default 0', t.relname);
    end loop;
end $$;

create or replace function import_stage_open(p_stage bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    execute format('drop table if exists %I', 'import_stage_' || p_stage);
    execute format('create unlogged table %I (
        line integer not null, part smallint not null, chunk integer not null,
        reason smallint not null, repairs smallint not null, kind smallint not null,
        key_no smallint not null, recipient_type smallint not null, channel smallint not null,
        status smallint not null, source smallint not null, flags smallint not null,
        dealer_id integer not null, file_no integer not null, consent_date timestamptz not null, due_at timestamptz not null,
        addr_hash bytea not null, claim bytea not null, leaf_key bytea not null,
        addr_ct bytea not null) with (autovacuum_enabled = off)', 'import_stage_' || p_stage);
    execute format('grant select, insert, update, delete on %I to ileti_app',
                   'import_stage_' || p_stage);
end $$;

-- Links the entries of the chunk at hand (import_item) to the files their rows name; all at once. The
-- link has the entry's own transaction, so it belongs to the entry as it was written.
create function import_link(p_run bigint, p_provider integer, p_brand integer, p_at timestamptz)
returns void language plpgsql as $$
begin
    insert into entry_file (provider_id, id, entry_id, entry_at, file_id, added_at, added_by, import_id,
                            brand_id, dealer_id, role, name, leaf)
    select p_provider, n.link, i.entry_id, p_at, f.file_id, p_at, f.added_by, p_run, p_brand,
           i.dealer_id, f.role, f.name,
           entry_file_leaf(i.leaf_key, n.link, consent_leaf(i.leaf_key, i.entry_id, i.claim, p_at),
                           v.sha256, f.role, f.added_by, p_at)
      from import_item i
      join import_file f on f.id = i.file_no and f.import_id = p_run
      join evidence_file v on v.provider_id = f.provider_id and v.id = f.file_id
     cross join lateral (select nextval('consent_entry_id_seq') + 0 * i.entry_id as link) n
     where i.file_no > 0;
end $$;

create or replace function import_apply(
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
        flags smallint, dealer_id integer, file_no integer, consent_date timestamptz,
        due_at timestamptz, claim bytea
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
               t.status, t.source, t.flags, nullif(t.dealer_id, 0), t.file_no, t.consent_date,
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
        delete from import_item i where not fresh
           and not exists (select from chunk_work w where w.entry_id = i.entry_id);
    end if;
    perform import_link(p_run, p_provider, p_brand, v_at);
end $$;
