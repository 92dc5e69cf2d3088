-- Acts about personal data (KVKK): a notice shown or read, an explicit consent given or withdrawn.
-- Entries of their own kind, never mixed with commercial consents (R-58; ADR 0027).

-- Whether a version asks for an explicit consent that may be asked: of one purpose, which has no other
-- ground (R-57). The one rule for forms, the desk and the preference centre.
create function asks_consent(p_kind varchar, p_purposes jsonb)
returns boolean language sql immutable parallel safe as $$
select p_kind in ('ACIK_RIZA', 'YURT_DISI') and jsonb_array_length(p_purposes) = 1
   and coalesce(p_purposes -> 0 ->> 'ground' = 'RIZA', false) $$;

-- Which act stands for (recipient, text): the readable form is ileti/kvkk/rules.py: replaces(); a
-- property test proves both equal.
create function kvkk_replaces(
    ex_act smallint, ex_standing smallint, ex_at timestamptz, ex_text integer, ex_extent smallint,
    new_act smallint, new_standing smallint, new_at timestamptz, new_text integer,
    new_extent smallint
) returns boolean language sql immutable parallel safe as $$
select case
    when new_standing < ex_standing then false
    when new_standing > ex_standing then true
    when new_at <> ex_at and new_act >= 3 then new_at > ex_at
    when new_act >= 3 then new_act >= ex_act
    when new_text = ex_text then (new_act, new_extent) >= (ex_act, ex_extent)
    else new_at >= ex_at end $$;

-- A click with such acts: what record_consents does, and the acts, in one transaction. k_addr names
-- an address of a_*, 0 stands for nobody known (a notice read by somebody who left no address).
-- Answer: as record_consents, then per act: entry id (8) ‖ recipient id (8; 0 = nobody) ‖ leaf (32).
create function record_acts(
    p_provider integer, p_brand integer, p_idem text, p_body bytea, p_source smallint,
    p_dealer integer, p_site integer, p_actor_kind smallint, p_actor bigint,
    p_standing smallint, p_evidence jsonb, p_person_key smallint, p_person bytea,
    a_kind smallint[], a_key smallint[], a_hash bytea[], a_ct bytea[], a_leaf_key bytea[],
    i_addr smallint[], i_rtype smallint[], i_channel smallint[], i_status smallint[],
    i_date timestamptz[], i_due timestamptz[], i_text integer[], i_claim bytea[],
    k_addr smallint[], k_document integer[], k_text integer[], k_act smallint[],
    k_extent smallint[], k_at timestamptz[], k_claim bytea[]
) returns bytea language plpgsql as $$
declare
    v_answer bytea;
    v_submission bigint;
    v_at timestamptz;
    v_rids bigint[];
    v_keys bytea[];
    v_acts bytea;
begin
    if cardinality(i_addr) > 0 then
        v_answer := record_consents(
            p_provider, p_brand, p_idem, p_body, p_source, p_dealer, p_site, p_actor_kind, p_actor,
            p_standing, p_evidence, p_person_key, p_person, a_kind, a_key, a_hash, a_ct,
            a_leaf_key, i_addr, i_rtype, i_channel, i_status, i_date, i_due, i_text, i_claim);
    else
        insert into submission (provider_id, brand_id, idem, body_hash, source, dealer_id, site_id,
                                actor_kind, actor_id, evidence, person_key, person_ct, entry_ids)
        values (p_provider, p_brand, p_idem, p_body, p_source, p_dealer, p_site, p_actor_kind,
                p_actor, p_evidence, p_person_key, p_person, '{}')
        on conflict (provider_id, idem) do nothing
        returning int8send(id) || timestamptz_send(captured_at) || '\x0002'::bytea into v_answer;
        v_answer := coalesce(v_answer, recorded_before(p_provider, p_idem, p_body));
    end if;
    if get_byte(v_answer, 17) & 2 = 0 then
        return v_answer;
    end if;
    v_submission := ('x' || encode(substr(v_answer, 1, 8), 'hex'))::bit(64)::bigint;

    if get_byte(v_answer, 17) & 1 = 0 then
        insert into recipient (provider_id, kind, key_no, addr_hash, addr_ct, leaf_key)
        select p_provider, kind, key, hash, ct, leaf_key
          from unnest(a_kind, a_key, a_hash, a_ct, a_leaf_key) a(kind, key, hash, ct, leaf_key)
         where not exists (select from recipient r
                            where r.provider_id = p_provider and r.addr_hash = hash)
         order by hash
        on conflict (provider_id, addr_hash) do nothing;
        select array_agg(r.id order by n), array_agg(r.leaf_key order by n) into v_rids, v_keys
          from unnest(a_hash) with ordinality a(hash, n)
          join recipient r on r.provider_id = p_provider and r.addr_hash = hash;
        v_at := (select captured_at from submission
                  where provider_id = p_provider and id = v_submission);

        with k as materialized (
            select u.*, nextval('consent_entry_id_seq') as id, v_rids[nullif(addr, 0)] as rid,
                   coalesce(v_keys[nullif(addr, 0)], ''::bytea) as leaf_key
              from unnest(k_addr, k_document, k_text, k_act, k_extent, k_at, k_claim)
                   u(addr, document, text, act, extent, at, claim)),
        e as (
            insert into kvkk_entry (
                provider_id, id, captured_at, submission_id, recipient_id, act_at, brand_id,
                dealer_id, document_id, text_id, act, extent, source, standing, leaf)
            select p_provider, id, v_at, v_submission, rid, at, p_brand, p_dealer, document, text,
                   act, extent, p_source, p_standing, consent_leaf(leaf_key, id, claim, v_at)
              from k)
        insert into kvkk_state as s (
            provider_id, recipient_id, document_id, entry_id, entry_at, act_at, brand_id, dealer_id,
            text_id, act, extent, source, standing)
        select p_provider, rid, document, id, v_at, at, p_brand, p_dealer, text, act, extent,
               p_source, p_standing
          from k where rid is not null
         order by rid, document
        on conflict (provider_id, recipient_id, document_id) do update set
               entry_id = excluded.entry_id, entry_at = excluded.entry_at,
               act_at = excluded.act_at, brand_id = excluded.brand_id,
               dealer_id = excluded.dealer_id, text_id = excluded.text_id, act = excluded.act,
               extent = excluded.extent, source = excluded.source, standing = excluded.standing
         where kvkk_replaces(s.act, s.standing, s.act_at, s.text_id, s.extent, excluded.act,
                             excluded.standing, excluded.act_at, excluded.text_id,
                             excluded.extent);
    end if;
    select string_agg(int8send(id) || int8send(coalesce(recipient_id, 0)) || leaf, ''::bytea
                      order by id)
      into v_acts from kvkk_entry
     where provider_id = p_provider and submission_id = v_submission;
    return v_answer || coalesce(v_acts, '');
end $$;

-- Clicks that arrive in the same moment, of which some have acts: what record_clicks does, and the
-- acts of those it wrote. k_click names a click, k_addr an address of a_*. Answer: as record_clicks,
-- then per act, in order, as record_acts.
create function record_clicks_acts(
    s_provider integer[], s_brand integer[], s_idem text[], s_body bytea[], s_source smallint[],
    s_dealer integer[], s_site integer[], s_actor_kind smallint[], s_actor bigint[],
    s_standing smallint[], s_evidence jsonb[], s_person_key smallint[], s_person bytea[],
    s_first smallint[], s_last smallint[],
    a_click smallint[], a_kind smallint[], a_key smallint[], a_hash bytea[], a_ct bytea[],
    a_leaf_key bytea[],
    i_click smallint[], i_addr smallint[], i_rtype smallint[], i_channel smallint[],
    i_status smallint[], i_date timestamptz[], i_due timestamptz[], i_text integer[],
    i_claim bytea[],
    k_click smallint[], k_addr smallint[], k_document integer[], k_text integer[],
    k_act smallint[], k_extent smallint[], k_at timestamptz[], k_claim bytea[]
) returns bytea language plpgsql as $$
declare
    v_at constant timestamptz := now();
    v_answer bytea;
    v_sids bigint[];
    v_ids bigint[];
    v_acts bytea;
begin
    v_answer := record_clicks(
        s_provider, s_brand, s_idem, s_body, s_source, s_dealer, s_site, s_actor_kind, s_actor,
        s_standing, s_evidence, s_person_key, s_person, s_first, s_last, a_click, a_kind, a_key,
        a_hash, a_ct, a_leaf_key, i_click, i_addr, i_rtype, i_channel, i_status, i_date, i_due,
        i_text, i_claim);
    v_sids := array(select ('x' || encode(substr(v_answer, 1 + 8 * n, 8), 'hex'))::bit(64)::bigint
                      from generate_series(1, cardinality(s_provider)) n);
    v_ids := array(select nextval('consent_entry_id_seq')
                     from generate_series(1, cardinality(k_click)));
    with k as materialized (
        select u.*, v_ids[n] as id, r.id as rid, r.leaf_key as leaf_key
          from unnest(k_click, k_addr, k_document, k_text, k_act, k_extent, k_at, k_claim)
               with ordinality u(click, addr, document, text, act, extent, at, claim, n)
          join recipient r on r.provider_id = s_provider[click] and r.addr_hash = a_hash[addr]
         where v_sids[click] <> 0),
    s as (
        insert into kvkk_state (
            provider_id, recipient_id, document_id, entry_id, entry_at, act_at, brand_id, dealer_id,
            text_id, act, extent, source, standing)
        select s_provider[click], rid, document, id, v_at, at, s_brand[click], s_dealer[click],
               text, act, extent, s_source[click], s_standing[click]
          from k),
    e as (
        insert into kvkk_entry (
            provider_id, id, captured_at, submission_id, recipient_id, act_at, brand_id,
            dealer_id, document_id, text_id, act, extent, source, standing, leaf)
        select s_provider[click], id, v_at, v_sids[click], rid, at, s_brand[click],
               s_dealer[click], document, text, act, extent, s_source[click], s_standing[click],
               consent_leaf(leaf_key, id, claim, v_at)
          from k
        returning id, recipient_id, leaf)
    select string_agg(int8send(id) || int8send(recipient_id) || leaf, ''::bytea order by id)
      into v_acts from e;
    return v_answer || coalesce(v_acts, '');
end $$;

select dealer_sees(t, 'dealer_id + 0 = (select dealer_at_work())')
  from unnest(array['kvkk_entry', 'kvkk_state']) t;
-- whose acts a dealer took, it may know
select dealer_sees('recipient', rule || ' or exists (select from kvkk_entry x where
        x.provider_id = recipient.provider_id and x.recipient_id = recipient.id
        and coalesce(x.dealer_id, 0) = (select dealer_at_work()) offset 0)')
  from dealer_rule where table_name = 'recipient';

do $$
begin
    execute format('alter table kvkk_entry alter column epoch set default %s',
                   (select max(epoch) from seal_epoch));
end $$;

-- Every table with leaves counts by the epoch at hand, whichever they are.
create or replace function begin_seal_epoch() returns smallint
language plpgsql set search_path = public, pg_temp as $$
declare
    v_here text := (select system_identifier::text from pg_control_system());
    v_last record;
    t text;
begin
    select epoch, system into v_last from seal_epoch order by epoch desc limit 1;
    if v_last.system = v_here then
        return null;
    end if;
    insert into seal_epoch (epoch, system) values (v_last.epoch + 1, v_here);
    for t in select c.table_name from information_schema.columns c
               join pg_class p on p.oid = c.table_name::regclass and not p.relispartition
              where c.table_schema = 'public' and c.column_name = 'epoch'
                and exists (select from information_schema.columns l
                             where l.table_schema = 'public' and l.table_name = c.table_name
                               and l.column_name = 'leaf') loop
        execute format('alter table %I alter column epoch set default %s', t, v_last.epoch + 1);
    end loop;
    return v_last.epoch + 1;
end $$;

-- The numbers at İYS are parts of every claim, of these acts too.
create or replace function refuse_other_number() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
    v_provider integer := case when tg_table_name = 'provider' then new.id
                               else (to_jsonb(new) ->> 'provider_id')::int end;
begin
    if tg_table_name = 'provider' and (
            exists (select from consent_entry where provider_id = v_provider)
            or exists (select from kvkk_entry where provider_id = v_provider))
       or tg_table_name = 'brand' and (
            exists (select from consent_entry
                     where provider_id = v_provider and brand_id = new.id)
            or exists (select from kvkk_entry
                        where provider_id = v_provider and brand_id = new.id)) then
        raise exception 'the number stands in the proof of entries' using errcode = '23001';
    end if;
    return new;
end $$;
