-- What an import leaves out while it is applied stands in its row report with the reason, as what was
-- found out before does (docs/adr/0021). In a function of its own: the one below switches off what a
-- join of a whole chunk needs.
create function import_tell_left(p_stage bigint, p_chunk integer) returns void language plpgsql
set enable_hashjoin = on set enable_seqscan = on set plan_cache_mode = force_custom_plan as $$
begin
    if p_stage is null or to_regclass('import_stage_' || p_stage) is null then
        return;
    end if;
    analyze import_left;
    execute format('update %I s set reason = l.reason from import_left l
                     where s.chunk = $1 and s.line = l.line and s.part = l.part',
                   'import_stage_' || p_stage) using p_chunk;
end $$;

-- As in 0280, and tells which rows are left out and why (ileti/imports/verdicts.py).
create or replace function import_known(
    p_run bigint, p_chunk integer, p_provider integer, p_brand integer, p_submission bigint,
    p_at timestamptz, out written bigint, out left_out bigint
) language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = on set enable_sort = on
set plan_cache_mode = force_custom_plan as $$
begin
    create temporary table if not exists import_left (
        line integer, part smallint, reason smallint) on commit delete rows;
    truncate import_left;
    if exists (select from import_item where not fresh) then
        perform pin_persons(p_provider, array(  -- as 0220 says
            select distinct recipient_id from import_item where not fresh));
    end if;
    with held as materialized (
        select i.place, i.entry_id, i.line, i.part, s.entry_id as held_id, s.held,
               case when i.recipient_type = 2 and i.status = s.status
                         and (i.flags & 2 = 0 or i.consent_date = s.consent_date) then 40
                    when i.recipient_type = 2 and i.flags & 2 = 0 then 62
                    when i.recipient_type = 2 and i.source = 0 then 63
                    when i.status = s.status and i.consent_date >= s.consent_date then 40
                    when i.status = 1 and s.status = 2 and i.consent_date >= s.consent_date then 42
                    else 41 end as why,
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
    told as (
        insert into import_left select line, part, why from held where idle),
    kept as (
        insert into import_before (import_id, chunk, entry_id, held_id, held)
        select p_run, p_chunk, entry_id, held_id, held from held where not idle)
    select count(*) into left_out from held where idle;
    if left_out > 0 then
        perform import_tell_left((select stage from import_run where id = p_run), p_chunk);
    end if;

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
