-- A list of up to a thousand consents in one call and one transaction of its own, set by set: what
-- record_consents does item by item and record_chunk through work tables. No two items share a
-- key (recipient, recipient type, channel); addresses come sorted by hash. Everybody nobody knew is
-- written without a work table; who is known goes through record_round, as in every other chunk.
-- Keys are looked up by index whatever the statistics say (0280). Answers as record_consents does.
create function record_list(
    p_provider integer, p_brand integer, p_idem text, p_body bytea, p_source smallint,
    p_dealer integer, p_actor_kind smallint, p_actor bigint, p_evidence jsonb,
    p_person_key smallint, p_person bytea, p_key smallint,
    a_kind smallint[], a_hash bytea[], a_ct bytea[], a_leaf_key bytea[],
    i_addr smallint[], i_rtype smallint[], i_channel smallint[], i_status smallint[],
    i_source smallint[], i_standing smallint[], i_date timestamptz[], i_due timestamptz[],
    i_dealer integer[], i_text integer[], i_claim bytea[]
) returns bytea language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
set enable_material = off set plan_cache_mode = force_custom_plan as $$
declare
    n_item constant integer := cardinality(i_addr);
    v_submission bigint;
    v_at timestamptz;
    v_ids bigint[];
    v_known bigint[];
    v_made bigint[];
    v_fresh boolean[];
    v_keys bytea[];
    v_new integer;
    v_items bytea;
    v_refused boolean;
begin
    v_ids := array(select nextval('consent_entry_id_seq') from generate_series(1, n_item));
    insert into submission (provider_id, brand_id, idem, body_hash, source, dealer_id,
                            actor_kind, actor_id, evidence, person_key, person_ct, entry_ids)
    values (p_provider, p_brand, p_idem, p_body, p_source, p_dealer, p_actor_kind, p_actor,
            p_evidence, p_person_key, p_person, v_ids)
    on conflict (provider_id, idem) do nothing
    returning id, captured_at into v_submission, v_at;
    if not found then
        return recorded_before(p_provider, p_idem, p_body);
    end if;

    select array_agg(r.id order by u.n), array_agg(coalesce(r.leaf_key, u.leaf_key) order by u.n),
           array_agg(r.id is null order by u.n), count(*) filter (where r.id is null),
           coalesce(bool_or(u.hash <= u.before), false)
      into v_known, v_keys, v_fresh, v_new, v_refused
      from (select *, lag(hash) over (order by n) as before
              from unnest(a_hash, a_leaf_key) with ordinality u(hash, leaf_key, n)) u
      left join lateral (
           select id, leaf_key, addr_hash from recipient
            where provider_id = p_provider and addr_hash >= u.hash
            order by addr_hash limit 1) r on r.addr_hash = u.hash;
    if v_refused then
        raise exception 'addresses must be sorted by hash' using errcode = '22023';
    end if;
    if v_new < cardinality(a_hash) then
        perform pin_persons(p_provider, array(  -- as 0220 says
            select id from unnest(v_known) id where id is not null));
    end if;
    if v_new > 0 then
        with made as (
            insert into recipient (provider_id, kind, key_no, addr_hash, addr_ct, leaf_key)
            select p_provider, u.kind, p_key, u.hash, u.ct, u.leaf_key
              from unnest(a_kind, a_hash, a_ct, a_leaf_key, v_fresh) with ordinality
                   u(kind, hash, ct, leaf_key, fresh, n)
             where u.fresh order by u.n
            on conflict (provider_id, addr_hash) do nothing
            returning id, addr_hash)
        select array_agg(id order by addr_hash) into v_made from made;
        if coalesce(cardinality(v_made), 0) < v_new then
            raise exception 'another writer was faster' using errcode = '40001';
        end if;
        select array_agg(case when fresh then v_made[rank] else id end order by n) into v_known
          from (select u.*, count(*) filter (where fresh) over (order by n) as rank
                  from unnest(v_known, v_fresh) with ordinality u(id, fresh, n)) u;
        -- who is suppressed has states already, written by recipient's trigger (0220)
        if exists (select from suppression where provider_id = p_provider) then
            select array_agg(fresh and x.since is null order by n) into v_fresh
              from unnest(a_hash, v_fresh) with ordinality u(hash, fresh, n)
              left join suppression x on x.provider_id = p_provider and x.addr_hash = u.hash;
        end if;

        with i as materialized (
            select u.*, v_known[addr] as rid,
                   consent_judge(null, null, null, null, status, standing, date, source) as code
              from unnest(v_ids, i_addr, i_rtype, i_channel, i_status, i_source, i_standing,
                          i_date, i_due, i_dealer, i_text, i_claim)
                   u(id, addr, rtype, channel, status, source, standing, date, due, dealer, text,
                     claim)
             where v_fresh[addr]),
        e as (
            insert into consent_entry (
                provider_id, id, captured_at, submission_id, recipient_id, consent_date, brand_id,
                dealer_id, text_id, recipient_type, channel, status, source, standing, outcome,
                leaf)
            select p_provider, i.id, v_at, v_submission, i.rid, i.date, p_brand, i.dealer, i.text,
                   i.rtype, i.channel, i.status, i.source, i.standing, i.code & 7,
                   consent_leaf(v_keys[i.addr], i.id, i.claim, v_at)
              from i
            returning id, recipient_id, outcome, leaf),
        s as (
            insert into consent_state (
                provider_id, brand_id, recipient_id, recipient_type, channel, entry_id, entry_at,
                consent_date, status, source, standing, iys_status, iys_due_at, pending_id)
            select p_provider, p_brand, rid, rtype, channel, id, v_at, date, status, source,
                   standing,
                   case when standing = 0 then 0 when source >= 31 then 7
                        when code & 16 > 0 then 1 else 6 end,
                   case when code & 16 > 0 then due end, case when code & 16 > 0 then id end
              from i where code & 8 > 0),
        o as (
            insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key, hint,
                                brand_id)
            select p_provider, 1, id, v_at, turn_of(status, date, v_at),
                   (rid << 3) | (rtype << 2 & 4) | channel, code >> 5 & 1, p_brand
              from i where code & 16 > 0)
        select string_agg(int8send(id) || int8send(recipient_id) || int2send(outcome) || leaf,
                          ''::bytea order by id), bool_or(outcome = 0)
          into v_items, v_refused from e;
        if v_refused then
            raise exception 'H408' using errcode = '22023';
        end if;
    end if;

    if false = any (v_fresh) then
        perform chunk_tables();
        if exists (select from chunk_row) or exists (select from chunk_work) then
            truncate chunk_row, chunk_work;
        end if;
        insert into chunk_row (ordinal, recipient_type, channel, status, source, standing,
                               consent_date, due_at, dealer_id, text_id, claim)
        select n, rtype, channel, status, source, standing, date, due, dealer, text, claim
          from unnest(i_addr, i_rtype, i_channel, i_status, i_source, i_standing, i_date, i_due,
                      i_dealer, i_text, i_claim) with ordinality
               u(addr, rtype, channel, status, source, standing, date, due, dealer, text, claim, n)
         where not v_fresh[addr];
        insert into chunk_work (ordinal, entry_id, recipient_id, leaf_key, round)
        select n, v_ids[n], v_known[addr], v_keys[addr], 1
          from unnest(i_addr) with ordinality u(addr, n) where not v_fresh[addr];
        analyze chunk_row;
        analyze chunk_work;
        perform record_round(p_provider, p_brand, v_submission, v_at, 1);
        select string_agg(int8send(e.id) || int8send(e.recipient_id) || int2send(e.outcome)
                          || e.leaf, ''::bytea order by e.id)
          into v_items
          from unnest(v_ids) u(id)
         cross join lateral (
               select * from consent_entry x
                where x.provider_id = p_provider and x.id = u.id and x.captured_at = v_at
               offset 0) e;
    end if;
    return int8send(v_submission) || timestamptz_send(v_at) || int2send(2::smallint)
           || coalesce(v_items, '');
end $$;
