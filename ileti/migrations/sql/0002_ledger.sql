-- The ledger's write path, its partitions and the rights of the application's role.
-- Why functions: one call is one round trip and one transaction (measured: docs/adr/0003).

create sequence consent_entry_id_seq;

-- Monthly partitions by captured_at, three months ahead, and a default one that should stay empty.
create function ensure_consent_partitions(p_ahead integer default 3) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_month date := date_trunc('month', now() at time zone 'UTC')::date;
    v_name text;
    v_made integer := 0;
begin
    for i in 0..p_ahead loop
        v_name := 'consent_entry_y' || to_char(v_month, 'YYYY') || 'm' || to_char(v_month, 'MM');
        if to_regclass('public.' || v_name) is null then
            execute format(
                'create table %I partition of consent_entry for values from (%L) to (%L)',
                v_name, v_month::timestamp at time zone 'UTC',
                (v_month + interval '1 month') at time zone 'UTC');
            v_made := v_made + 1;
        end if;
        v_month := (v_month + interval '1 month')::date;
    end loop;
    return v_made;
end $$;

create table consent_entry_default partition of consent_entry default;
select ensure_consent_partitions(3);

-- What may follow what (R-34, R-39, R-42, R-30; iys-api §3.3). The readable form is
-- ileti/consents/rules.py: judge(); a property test proves both equal.
-- Answer: outcome + 8 (replaces the state) + 16 (report) + 32 (ask İYS first)
--         + 64 (report one second later than the state); 0 = refused (H408).
create function consent_judge(
    ex_status smallint, ex_standing smallint, ex_date timestamptz, ex_iys smallint,
    new_status smallint, new_standing smallint, new_date timestamptz, new_source smallint
) returns smallint language sql immutable parallel safe as $$
select (case
    when new_standing = 0 then
        case when ex_status is null or (ex_standing = 0 and ex_date <= new_date)
             then 13 else 5 end
    when new_source >= 31 then
        case when ex_status is null or ex_standing = 0 then 9
             when ex_iys in (3, 7) then case when new_date >= ex_date then 9 else 4 end
             when new_status = 1 and ex_status = 2 and new_date <= ex_date then 4
             else 9 end
    when new_source = 13 and new_status = 1 then 0
    when ex_status is null or ex_standing = 0 then
        case when new_source = 13 then 10 when new_status = 2 then 57 else 25 end
    when ex_status = 2 and new_status = 2 then
        case when new_source = 13 or new_date <= ex_date then 3 else 57 end
    when new_date > ex_date then 25
    when new_date = ex_date and new_status = 2 then 89
    else 4
end)::smallint $$;

-- Salted commitment of one entry: SHA-256(salt ‖ claim ‖ captured_at in µs), the salt derived from
-- the recipient's key and the entry's id (docs/adr/0005; ileti/evidence/leaf.py).
create function consent_leaf(p_key bytea, p_entry bigint, p_claim bytea, p_at timestamptz)
returns bytea language sql immutable parallel safe as $$
select sha256(sha256(p_key || int8send(p_entry)) || p_claim
              || int8send((extract(epoch from p_at) * 1000000)::bigint)) $$;

-- Whose turn it is at İYS: refusals before consents, of each the older before the younger, since its
-- three business days end sooner (R-32, R-33). The queue is claimed by this time.
create function turn_of(p_status smallint, p_date timestamptz, p_at timestamptz)
returns timestamptz language sql immutable parallel safe as $$
select least(p_date, p_at) - case when p_status = 2 then interval '1000 days' else '0' end $$;

-- The answer of the two functions below, packed so that it is read without a row in between
-- (ileti/consents/ledger.py): submission id (8) ‖ captured_at (8, as timestamptz goes over the wire)
-- ‖ flags (2: 1 = replay, 2 = same body) ‖ per item: entry id (8) ‖ recipient id (8) ‖ outcome (2)
-- ‖ leaf (32).
create function recorded_before(p_provider integer, p_idem text, p_body bytea) returns bytea
language plpgsql as $$
declare
    s record;
    v_items bytea := '';
begin
    select id, captured_at, entry_ids, body_hash = p_body as same_body into strict s
      from submission where provider_id = p_provider and idem = p_idem;
    if s.same_body then
        select string_agg(int8send(e.id) || int8send(e.recipient_id) || int2send(e.outcome)
                          || e.leaf, ''::bytea order by o.n)
          into v_items
          from unnest(s.entry_ids) with ordinality o(id, n)
          join consent_entry e on e.provider_id = p_provider and e.id = o.id
                              and e.captured_at = s.captured_at;
    end if;
    return int8send(s.id) || timestamptz_send(s.captured_at)
           || int2send((1 + case when s.same_body then 2 else 0 end)::smallint)
           || coalesce(v_items, '');
end $$;

-- Items of recipients that this very transaction has made: nothing can be there before, so entries,
-- states and outbox rows are written set by set. Answers the items as record_consents does.
create function record_fresh(
    p_provider integer, p_brand integer, p_source smallint, p_dealer integer, p_standing smallint,
    p_submission bigint, p_at timestamptz, p_ids bigint[], p_rids bigint[], p_keys bytea[],
    i_addr smallint[], i_rtype smallint[], i_channel smallint[], i_status smallint[],
    i_date timestamptz[], i_due timestamptz[], i_text integer[], i_claim bytea[]
) returns bytea language plpgsql as $$
declare
    v_items bytea;
    v_refused boolean;
begin
    with i as materialized (
        select u.*, p_ids[n] as id, p_rids[addr] as rid,
               consent_judge(null, null, null, null, status, p_standing, date, p_source) as code
          from unnest(i_addr, i_rtype, i_channel, i_status, i_date, i_due, i_text, i_claim)
               with ordinality u(addr, rtype, channel, status, date, due, text, claim, n)),
    e as (
        insert into consent_entry (
            provider_id, id, captured_at, submission_id, recipient_id, consent_date, brand_id,
            dealer_id, text_id, recipient_type, channel, status, source, standing, outcome, leaf)
        select p_provider, id, p_at, p_submission, rid, date, p_brand, p_dealer, text, rtype,
               channel, status, p_source, p_standing, code & 7,
               consent_leaf(p_keys[addr], id, claim, p_at)
          from i
        returning id, recipient_id, outcome, leaf),
    s as (
        insert into consent_state (
            provider_id, brand_id, recipient_id, recipient_type, channel, entry_id, entry_at,
            consent_date, status, source, standing, iys_status, iys_due_at, pending_id)
        select p_provider, p_brand, rid, rtype, channel, id, p_at, date, status, p_source,
               p_standing,
               case when p_standing = 0 then 0 when p_source >= 31 then 7
                    when code & 16 > 0 then 1 else 6 end,
               case when code & 16 > 0 then due end, case when code & 16 > 0 then id end
          from i where code & 8 > 0),
    o as (
        insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key, hint, brand_id)
        select p_provider, 1, id, p_at, turn_of(status, date, p_at),
               (rid << 3) | (rtype << 2 & 4) | channel, code >> 5 & 1, p_brand
          from i where code & 16 > 0)
    select string_agg(int8send(id) || int8send(recipient_id) || int2send(outcome) || leaf,
                      ''::bytea order by id), bool_or(outcome = 0)
      into v_items, v_refused from e;
    if v_refused then
        raise exception 'H408' using errcode = '22023';
    end if;
    return v_items;
end $$;

-- One click: submission, recipients, entries, states, outbox rows; all or nothing.
-- Addresses must come sorted by hash; states are locked by (recipient, recipient type, channel):
-- writers that lock in different orders kill each other (facts §5).
create function record_consents(
    p_provider integer, p_brand integer, p_idem text, p_body bytea, p_source smallint,
    p_dealer integer, p_site integer, p_actor_kind smallint, p_actor bigint,
    p_standing smallint, p_evidence jsonb, p_person_key smallint, p_person bytea,
    a_kind smallint[], a_key smallint[], a_hash bytea[], a_ct bytea[], a_leaf_key bytea[],
    i_addr smallint[], i_rtype smallint[], i_channel smallint[], i_status smallint[],
    i_date timestamptz[], i_due timestamptz[], i_text integer[], i_claim bytea[]
) returns bytea language plpgsql as $$
declare
    n_addr constant integer := cardinality(a_hash);
    n_item constant integer := cardinality(i_addr);
    v_submission bigint;
    v_at timestamptz;
    v_ids bigint[];
    v_rids bigint[];
    v_keys bytea[];
    v_fresh boolean[];
    v_order integer[];
    v_items_order integer[];
    i integer;
    v_parts bytea[];
    v_items bytea;
    v_rid bigint;
    v_key bytea;
    v_new boolean;
    v_code smallint;
    v_iys smallint;
    v_date timestamptz;
    v_leaf bytea;
    v_pending bigint;
    v_have boolean;
    v_done boolean;
    ex record;
    k integer;
begin
    for i in 1..n_item loop
        v_ids[i] := nextval('consent_entry_id_seq');
    end loop;
    insert into submission (provider_id, brand_id, idem, body_hash, source, dealer_id, site_id,
                            actor_kind, actor_id, evidence, person_key, person_ct, entry_ids)
    values (p_provider, p_brand, p_idem, p_body, p_source, p_dealer, p_site,
            p_actor_kind, p_actor, p_evidence, p_person_key, p_person, coalesce(v_ids, '{}'))
    on conflict (provider_id, idem) do nothing
    returning id, captured_at into v_submission, v_at;
    if not found then
        return recorded_before(p_provider, p_idem, p_body);
    end if;

    for a in 1..n_addr loop
        if a > 1 and a_hash[a] <= a_hash[a - 1] then
            raise exception 'addresses must be sorted by hash' using errcode = '22023';
        end if;
        v_new := false;
        select id, leaf_key into v_rid, v_key from recipient
         where provider_id = p_provider and addr_hash = a_hash[a];
        if not found then
            insert into recipient (provider_id, kind, key_no, addr_hash, addr_ct, leaf_key)
            values (p_provider, a_kind[a], a_key[a], a_hash[a], a_ct[a], a_leaf_key[a])
            on conflict (provider_id, addr_hash) do nothing
            returning id, leaf_key into v_rid, v_key;
            v_new := found;
            if not found then
                select id, leaf_key into strict v_rid, v_key from recipient
                 where provider_id = p_provider and addr_hash = a_hash[a];
            end if;
        end if;
        v_rids[a] := v_rid;
        v_keys[a] := v_key;
        v_fresh[a] := v_new;
    end loop;

    if not false = any (v_fresh) and (n_item = 1 or n_item = (
            select count(distinct (a, t, c)) from unnest(i_addr, i_rtype, i_channel) u(a, t, c)))
    then
        return int8send(v_submission) || timestamptz_send(v_at) || '\x0002'::bytea
               || record_fresh(p_provider, p_brand, p_source, p_dealer, p_standing, v_submission,
                               v_at, v_ids, v_rids, v_keys, i_addr, i_rtype, i_channel, i_status,
                               i_date, i_due, i_text, i_claim);
    end if;

    if n_item = 1 then
        v_items_order := array[1];
    else
        select array_agg(x order by i_rtype[x], i_channel[x]) into v_items_order
          from generate_series(1, n_item) x;
    end if;
    if n_addr = 1 then
        v_order := array[1];
    else
        select array_agg(x order by v_rids[x]) into v_order from generate_series(1, n_addr) x;
    end if;

    foreach k in array v_order loop
        foreach i in array v_items_order loop
            continue when i_addr[i] <> k;
            v_rid := v_rids[k];
            v_have := false;
            v_done := false;
            v_pending := null;
            v_date := i_date[i];
            loop
                if not v_fresh[k] then
                    select status, standing, consent_date, iys_status, pending_id into ex
                      from consent_state
                     where provider_id = p_provider and brand_id = p_brand
                       and recipient_id = v_rid and recipient_type = i_rtype[i]
                       and channel = i_channel[i]
                       for update;
                    v_have := found;
                end if;
                if v_have then
                    v_pending := ex.pending_id;
                    v_code := consent_judge(ex.status, ex.standing, ex.consent_date, ex.iys_status,
                                            i_status[i], p_standing, v_date, p_source);
                else
                    v_code := consent_judge(null, null, null, null,
                                            i_status[i], p_standing, v_date, p_source);
                end if;
                if v_code = 0 then
                    raise exception 'H408' using errcode = '22023';
                end if;
                v_iys := case when p_standing = 0 then 0 when p_source >= 31 then 7
                              when v_code & 16 > 0 then 1 else 6 end;
                exit when v_have or v_code & 8 = 0;
                insert into consent_state (
                    provider_id, brand_id, recipient_id, recipient_type, channel, entry_id,
                    entry_at, consent_date, status, source, standing, iys_status, iys_due_at,
                    pending_id)
                values (p_provider, p_brand, v_rid, i_rtype[i], i_channel[i], v_ids[i],
                        v_at, v_date, i_status[i], p_source, p_standing, v_iys,
                        case when v_code & 16 > 0 then i_due[i] end,
                        case when v_code & 16 > 0 then v_ids[i] end)
                on conflict do nothing;
                v_done := found;
                exit when v_done;
                v_fresh[k] := false;
            end loop;

            if v_code & 64 > 0 then
                v_date := ex.consent_date + interval '1 second';
            end if;
            v_leaf := consent_leaf(v_keys[k], v_ids[i], i_claim[i], v_at);
            insert into consent_entry (
                provider_id, id, captured_at, submission_id, recipient_id, consent_date, brand_id,
                dealer_id, text_id, recipient_type, channel, status, source, standing, outcome,
                leaf)
            values (p_provider, v_ids[i], v_at, v_submission, v_rid, i_date[i],
                    p_brand, p_dealer, i_text[i], i_rtype[i], i_channel[i], i_status[i], p_source,
                    p_standing, v_code & 7, v_leaf);
            if v_have and v_code & 8 > 0 then
                update consent_state set
                    entry_id = v_ids[i], entry_at = v_at, consent_date = v_date,
                    status = i_status[i], source = p_source, standing = p_standing,
                    iys_status = v_iys, iys_code = null,
                    iys_due_at = case when v_code & 16 > 0 then i_due[i] end,
                    pending_id = case when v_code & 16 > 0 then v_ids[i] else pending_id end
                 where provider_id = p_provider and brand_id = p_brand and recipient_id = v_rid
                   and recipient_type = i_rtype[i] and channel = i_channel[i];
            end if;
            if v_code & 16 > 0 then
                insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key,
                                    after_id, hint, brand_id)
                values (p_provider, 1, v_ids[i], v_at, turn_of(i_status[i], v_date, v_at),
                        (v_rid << 3) | (i_rtype[i] << 2 & 4) | i_channel[i],
                        v_pending,
                        case when v_code & 32 > 0 then 1 else 0 end, p_brand);
            end if;
            v_parts[i] := int8send(v_ids[i]) || int8send(v_rid)
                          || int2send((v_code & 7)::smallint) || v_leaf;
        end loop;
    end loop;
    v_items := v_parts[1];
    for i in 2..n_item loop
        v_items := v_items || v_parts[i];
    end loop;
    return int8send(v_submission) || timestamptz_send(v_at) || int2send(2::smallint)
           || coalesce(v_items, '');
end $$;

-- One chunk of many: the same, set by set. The caller fills the temporary table chunk_row in the
-- same transaction; several movements of one key are worked off in rounds, oldest first.
create function record_chunk(
    p_provider integer, p_brand integer, p_idem text, p_body bytea, p_source smallint,
    p_dealer integer, p_actor_kind smallint, p_actor bigint, p_evidence jsonb,
    p_person_key smallint, p_person bytea
) returns bytea language plpgsql as $$
declare
    v_submission bigint;
    v_at timestamptz;
    v_items bytea;
    v_ids bigint[];
    v_round integer;
    v_rounds integer;
    v_expected bigint;
    v_got bigint;
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

    create temporary table if not exists chunk_work (
        ordinal integer, entry_id bigint, recipient_id bigint, leaf_key bytea, round integer,
        code smallint, ex_date timestamptz, ex_pending bigint, had_state boolean
    ) on commit delete rows;
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
        perform 1 from consent_state s
           join chunk_work w on w.round = v_round and s.recipient_id = w.recipient_id
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
          join chunk_work w2 on w2.ordinal = c.ordinal and w2.round = v_round
          left join consent_state s
            on s.provider_id = p_provider and s.brand_id = p_brand
           and s.recipient_id = w2.recipient_id and s.recipient_type = c.recipient_type
           and s.channel = c.channel
         where w.ordinal = c.ordinal and w.round = v_round;
        if exists (select from chunk_work where round = v_round and code = 0) then
            raise exception 'H408' using errcode = '22023';
        end if;

        insert into consent_entry (
            provider_id, id, captured_at, submission_id, recipient_id, consent_date, brand_id,
            dealer_id, text_id, recipient_type, channel, status, source, standing, outcome, leaf)
        select p_provider, w.entry_id, v_at, v_submission, w.recipient_id,
               c.consent_date, p_brand, c.dealer_id, c.text_id, c.recipient_type, c.channel,
               c.status, c.source, c.standing, w.code & 7,
               consent_leaf(w.leaf_key, w.entry_id, c.claim, v_at)
          from chunk_work w join chunk_row c using (ordinal) where w.round = v_round;

        select count(*) into v_expected from chunk_work
         where round = v_round and code & 8 > 0 and not had_state;
        insert into consent_state (
            provider_id, brand_id, recipient_id, recipient_type, channel, entry_id, entry_at,
            consent_date, status, source, standing, iys_status, iys_due_at, pending_id)
        select p_provider, p_brand, w.recipient_id, c.recipient_type, c.channel, w.entry_id,
               v_at, c.consent_date, c.status, c.source, c.standing,
               case when c.standing = 0 then 0 when c.source >= 31 then 7
                    when w.code & 16 > 0 then 1 else 6 end,
               case when w.code & 16 > 0 then c.due_at end,
               case when w.code & 16 > 0 then w.entry_id end
          from chunk_work w join chunk_row c using (ordinal)
         where w.round = v_round and w.code & 8 > 0 and not w.had_state
         order by w.recipient_id, c.recipient_type, c.channel
        on conflict do nothing;
        get diagnostics v_got = row_count;
        if v_got <> v_expected then
            raise exception 'another writer was faster' using errcode = '40001';
        end if;

        update consent_state s set
               entry_id = w.entry_id, entry_at = v_at,
               consent_date = case when w.code & 64 > 0 then w.ex_date + interval '1 second'
                                   else c.consent_date end,
               status = c.status, source = c.source, standing = c.standing, iys_code = null,
               iys_status = case when c.standing = 0 then 0 when c.source >= 31 then 7
                                 when w.code & 16 > 0 then 1 else 6 end,
               iys_due_at = case when w.code & 16 > 0 then c.due_at end,
               pending_id = case when w.code & 16 > 0 then w.entry_id else s.pending_id end
          from chunk_work w join chunk_row c using (ordinal)
         where w.round = v_round and w.code & 8 > 0 and w.had_state
           and s.provider_id = p_provider and s.brand_id = p_brand
           and s.recipient_id = w.recipient_id and s.recipient_type = c.recipient_type
           and s.channel = c.channel;

        insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key, after_id, hint,
                            brand_id)
        select p_provider, 1, w.entry_id, v_at, turn_of(c.status, c.consent_date, v_at),
               (w.recipient_id << 3) | (c.recipient_type << 2 & 4) | c.channel,
               case when w.had_state then w.ex_pending end,
               case when w.code & 32 > 0 then 1 else 0 end, p_brand
          from chunk_work w join chunk_row c using (ordinal)
         where w.round = v_round and w.code & 16 > 0;
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

-- The gate for a list (ileti/consents/gate.py): which of these address hashes may be written to, as
-- places counted from 1, each int4 big-endian. Nested loops by index: a hash join would read every
-- state of the provider for a list of ten thousand.
create function gate_yes(
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
 where s.status = 1 and s.standing = 1 and s.iys_status in (3, 7)
   and exists (select from iys_cursor c where c.provider_id = p_provider and c.brand_id = p_brand
                  and c.gap_since is null and c.pulled_at > p_heard_since) $$;

-- The application's role: everything but changing what is proof.
do $$ begin
    if not exists (select from pg_roles where rolname = 'ileti_app') then
        create role ileti_app nologin;
    end if;
end $$;

create function grant_application_rights() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    t record;
    v_proof text[] := array['recipient', 'submission', 'consent_entry', 'iys_receipt',
                            'iys_movement', 'audit_entry', 'document_version'];
begin
    grant usage on schema public to ileti_app;
    grant usage, select on all sequences in schema public to ileti_app;
    grant execute on all functions in schema public to ileti_app;
    for t in select c.relname from pg_class c
              where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                and not c.relispartition loop
        if t.relname = 'alembic_version' then
            execute format('grant select on %I to ileti_app', t.relname);
        elsif t.relname = any (v_proof) then
            execute format('revoke all on %I from ileti_app', t.relname);
            execute format('grant select, insert on %I to ileti_app', t.relname);
        else
            execute format('grant select, insert, update, delete on %I to ileti_app', t.relname);
        end if;
    end loop;
end $$;
revoke execute on function grant_application_rights() from public;

do $$ begin execute format('grant ileti_app to %I', current_user); exception
    when invalid_grant_operation then null; end $$;
select grant_application_rights();
