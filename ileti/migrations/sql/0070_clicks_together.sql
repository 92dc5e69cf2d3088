-- Clicks that arrive in the same moment, written together (docs/adr/0017): what one of them costs by
-- itself is mostly the start of five statements and eleven walks from the root of an index.
--
-- s_*: one place per click; a_*: per address, a_click naming its click; i_*: per item, sorted by
-- click, i_addr naming its address. s_first and s_last are a click's places among the items. The
-- caller never gives a key, an address of a provider or an item twice.
--
-- A click whose key or one of whose addresses stands here already is left alone, for record_consents:
-- only what is new needs no look at an older state. A writer that was faster in between ends in a
-- unique violation, and nothing of this call stands.
--
-- Answer: captured_at (8), then per click its submission id (8; 0 = left alone), then per item of
-- the others, in order: entry id (8) ‖ recipient id (8) ‖ outcome (2) ‖ leaf (32).
create function record_clicks(
    s_provider integer[], s_brand integer[], s_idem text[], s_body bytea[], s_source smallint[],
    s_dealer integer[], s_site integer[], s_actor_kind smallint[], s_actor bigint[],
    s_standing smallint[], s_evidence jsonb[], s_person_key smallint[], s_person bytea[],
    s_first smallint[], s_last smallint[],
    a_click smallint[], a_kind smallint[], a_key smallint[], a_hash bytea[], a_ct bytea[],
    a_leaf_key bytea[],
    i_click smallint[], i_addr smallint[], i_rtype smallint[], i_channel smallint[],
    i_status smallint[], i_date timestamptz[], i_due timestamptz[], i_text integer[],
    i_claim bytea[]
) returns bytea language plpgsql as $$
declare
    v_at constant timestamptz := now();
    v_alone smallint[];
    v_sids bigint[];
    v_rids bigint[];
    v_ids bigint[];
    v_items bytea;
    v_refused boolean;
begin
    v_alone := array(
        select c.n::smallint
          from unnest(s_provider, s_idem) with ordinality c(provider, idem, n)
         cross join lateral (select from submission x where x.provider_id = c.provider
                                and x.idem = c.idem limit 1) x
        union all
        select a.click
          from unnest(a_click, a_hash) a(click, hash)
         cross join lateral (select from recipient r where r.provider_id = s_provider[a.click]
                                and r.addr_hash = a.hash limit 1) r);
    v_sids := array(select case when n = any (v_alone) then 0
                                else nextval('submission_id_seq') end
                      from generate_series(1, cardinality(s_provider)) n);
    v_rids := array(select nextval('recipient_id_seq') from generate_series(1, cardinality(a_hash)));
    v_ids := array(select nextval('consent_entry_id_seq')
                     from generate_series(1, cardinality(i_addr)));

    insert into submission (id, provider_id, brand_id, idem, body_hash, source, dealer_id, site_id,
                            actor_kind, actor_id, evidence, person_key, person_ct, entry_ids,
                            captured_at)
    overriding system value
    select v_sids[n], provider, brand, idem, body, source, dealer, site, actor_kind, actor,
           evidence, person_key, person, v_ids[first:last], v_at
      from unnest(s_provider, s_brand, s_idem, s_body, s_source, s_dealer, s_site, s_actor_kind,
                  s_actor, s_evidence, s_person_key, s_person, s_first, s_last)
           with ordinality c(provider, brand, idem, body, source, dealer, site, actor_kind, actor,
                             evidence, person_key, person, first, last, n)
     where v_sids[n] <> 0
     order by provider, idem;

    insert into recipient (id, provider_id, kind, key_no, addr_hash, addr_ct, leaf_key)
    overriding system value
    select v_rids[n], s_provider[click], kind, key, hash, ct, leaf_key
      from unnest(a_click, a_kind, a_key, a_hash, a_ct, a_leaf_key)
           with ordinality a(click, kind, key, hash, ct, leaf_key, n)
     where v_sids[click] <> 0
     order by s_provider[click], hash;

    with i as materialized (
        select u.*, v_ids[n] as id, v_rids[addr] as rid, s_provider[click] as provider,
               s_brand[click] as brand, s_source[click] as source, s_dealer[click] as dealer,
               s_standing[click] as standing,
               consent_judge(null, null, null, null, status, s_standing[click], date,
                             s_source[click]) as code
          from unnest(i_click, i_addr, i_rtype, i_channel, i_status, i_date, i_due, i_text, i_claim)
               with ordinality u(click, addr, rtype, channel, status, date, due, text, claim, n)
         where v_sids[click] <> 0),
    e as (
        insert into consent_entry (
            provider_id, id, captured_at, submission_id, recipient_id, consent_date, brand_id,
            dealer_id, text_id, recipient_type, channel, status, source, standing, outcome, leaf)
        select provider, id, v_at, v_sids[click], rid, date, brand, dealer, text, rtype,
               channel, status, source, standing, code & 7,
               consent_leaf(a_leaf_key[addr], id, claim, v_at)
          from i
        returning id, recipient_id, outcome, leaf),
    s as (
        insert into consent_state (
            provider_id, brand_id, recipient_id, recipient_type, channel, entry_id, entry_at,
            consent_date, status, source, standing, iys_status, iys_due_at, pending_id)
        select provider, brand, rid, rtype, channel, id, v_at, date, status, source, standing,
               case when standing = 0 then 0 when source >= 31 then 7
                    when code & 16 > 0 then 1 else 6 end,
               case when code & 16 > 0 then due end, case when code & 16 > 0 then id end
          from i where code & 8 > 0),
    o as (
        insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key, hint, brand_id)
        select provider, 1, id, v_at, turn_of(status, date, v_at),
               (rid << 3) | (rtype << 2 & 4) | channel, code >> 5 & 1, brand
          from i where code & 16 > 0)
    select string_agg(int8send(id) || int8send(recipient_id) || int2send(outcome) || leaf,
                      ''::bytea order by id), bool_or(outcome = 0)
      into v_items, v_refused from e;
    if v_refused then
        raise exception 'H408' using errcode = '22023';
    end if;
    return timestamptz_send(v_at)
           || (select string_agg(int8send(sid), ''::bytea order by n)
                 from unnest(v_sids) with ordinality u(sid, n))
           || coalesce(v_items, '');
end $$;
