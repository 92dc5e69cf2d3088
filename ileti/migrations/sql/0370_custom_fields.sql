-- Values of custom fields (docs/adr/0045). What a person said with a consent stands in its submission,
-- where leaf and seal cover it; here is what a provider knows of a recipient, and what an imported row
-- said, which the list's SHA-256 in the evidence covers. Personal values are sealed, bound to the
-- address's keyed hash, so that a person's destruction leaves nothing to open them with.

-- Staged values of one import, beside its staged rows; as those unlogged and in no clear word.
create or replace function import_stage_drop(p_stage bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    execute format('drop table if exists %I', 'import_stage_' || p_stage);
    execute format('drop table if exists %I', 'import_value_' || p_stage);
end $$;

create function import_values_open(p_stage bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    execute format('drop table if exists %I', 'import_value_' || p_stage);
    execute format('create unlogged table %I (
        line integer not null, field_id integer not null, value jsonb, key_no smallint,
        value_ct bytea, mark bytea, addr_hash bytea not null)
        with (autovacuum_enabled = off)', 'import_value_' || p_stage);
    execute format('grant select, insert, update, delete on %I to ileti_app',
                   'import_value_' || p_stage);
end $$;

create function import_values_ready(p_stage bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    execute format('create index on %I (line)', 'import_value_' || p_stage);
    execute format('analyze %I', 'import_value_' || p_stage);
end $$;

-- Values of the staged lines from one on up to another: those of recipients for every row that was
-- taken or stands here already (reason 40), of the newest row of each; those of consents for the
-- entries this run made. Again the same changes nothing.
create function import_values(p_stage bigint, p_run bigint, p_provider integer, p_brand integer,
                              p_idem text, p_first integer, p_last integer) returns integer
language plpgsql set enable_mergejoin = off as $$
declare
    v_done integer;
    v_more integer;
begin
    execute format('
        insert into recipient_value as k (provider_id, recipient_id, field_id, value, key_no,
                                          value_ct, bound, mark, at, import_id)
        select distinct on (r.id, v.field_id) $1, r.id, v.field_id, v.value, v.key_no, v.value_ct,
               case when v.value is null then v.addr_hash end, v.mark, now(), $3
          from %1$I v join custom_field f on f.id = v.field_id and f.subject = 1
           and f.provider_id = $1
          join %2$I s on s.line = v.line and s.addr_hash = v.addr_hash
           and (s.reason < 20 or s.reason = 40)
          join recipient r on r.provider_id = $1 and r.addr_hash = v.addr_hash
         where v.line between $4 and $5
         order by r.id, v.field_id, s.consent_date desc, v.line desc
        on conflict (provider_id, recipient_id, field_id) do update set
               value = excluded.value, key_no = excluded.key_no, value_ct = excluded.value_ct,
               bound = excluded.bound, mark = excluded.mark, at = excluded.at, import_id = excluded.import_id
         where (k.value, k.mark) is distinct from (excluded.value, excluded.mark)
            or k.value is null',
        'import_value_' || p_stage, 'import_stage_' || p_stage)
        using p_provider, p_brand, p_run, p_first, p_last;
    get diagnostics v_done = row_count;
    execute format('
        insert into entry_value (provider_id, entry_id, field_id, recipient_id, value, key_no,
                                 value_ct, bound, mark)
        select $1, e.id, v.field_id, e.recipient_id, v.value, v.key_no, v.value_ct,
               case when v.value is null then v.addr_hash end, v.mark
          from %1$I v join custom_field f on f.id = v.field_id and f.subject = 2
           and f.provider_id = $1
          join %2$I s on s.line = v.line and s.addr_hash = v.addr_hash and s.reason < 20
          join recipient r on r.provider_id = $1 and r.addr_hash = v.addr_hash
          join submission u on u.provider_id = $1 and u.idem = $3 || '':'' || s.chunk
          join consent_entry e on e.provider_id = $1 and e.brand_id = $2
           and e.submission_id = u.id and e.captured_at = u.captured_at
           and e.recipient_id = r.id and e.recipient_type = s.recipient_type
           and e.channel = s.channel
         where v.line between $4 and $5
        on conflict do nothing',
        'import_value_' || p_stage, 'import_stage_' || p_stage)
        using p_provider, p_brand, p_idem, p_first, p_last;
    get diagnostics v_more = row_count;
    return v_done + v_more;
end $$;

-- What a provider knows of a recipient is no dealer's; what a dealer's own list said is (ADR 0019).
select dealer_sees('recipient_value', 'false');
select dealer_sees('entry_value', 'exists (select from consent_entry x where
    x.provider_id = entry_value.provider_id and x.id = entry_value.entry_id
    and coalesce(x.dealer_id, 0) = (select dealer_at_work()) offset 0)');
select build_dealer_wall();
