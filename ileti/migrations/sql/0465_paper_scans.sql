-- A scan from which nothing was recorded proves nothing, and shows somebody's hand, name and number: it is
-- kept for thirty days, as long as a look may still come of it, and not a moment longer (R-64).

-- Whether the file of a scan has to go: all who brought it, left it or put it aside did so long ago, and
-- nothing names it. A submission names it before its link is written (a death in between): it stays. Whose
-- scan it is nobody typed in, so every hold of the brand keeps it.
create function scan_due(x paper_scan) returns boolean
language sql stable set timezone = 'UTC' as $$
select not exists (select from paper_scan y left join submission s
                       on s.provider_id = y.provider_id
                      and s.idem = 'paper:' || y.paper_batch_id || ':' || y.sheet
                      and s.evidence -> 'file' ->> 'id' = y.file_id::text
                    where y.provider_id = x.provider_id and y.file_id = x.file_id
                      and (s.id is not null or y.at + interval '30 days' > now()
                           or under_hold(y.provider_id, y.brand_id, null, y.at, y.at)))
   and not exists (select from paper_look l where l.provider_id = x.provider_id
                      and l.file_id = x.file_id
                      and greatest(l.at, l.decided_at) + interval '30 days' > now())
   and not exists (select from entry_file l where l.provider_id = x.provider_id
                      and l.file_id = x.file_id)
   and not exists (select from import_file l where l.provider_id = x.provider_id
                      and l.file_id = x.file_id)
   and not exists (select from data_request_file l where l.provider_id = x.provider_id
                      and l.file_id = x.file_id)
   and not exists (select from data_request_answer l where l.provider_id = x.provider_id
                      and l.file_id = x.file_id)
   and not exists (select from data_request_export l where l.provider_id = x.provider_id
                      and x.file_id in (l.json_file, l.pdf_file) and l.removed_at is null)
   and not exists (select from sender l where l.provider_id = x.provider_id
                      and l.file_id = x.file_id)
   and not exists (select from step_up l where l.provider_id = x.provider_id
                      and l.file_id = x.file_id) $$;

-- Files of scans that are due, of those asked for; the ids of those that went. As destroy_copies: the key
-- goes, the object is swept. A sheet that still waited is put aside by nobody: it can no longer be read.
create function destroy_look_files(p_log bigint, p_provider integer, p_ids bigint[]) returns bigint[]
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_ids bigint[];
begin
    perform pg_advisory_xact_lock(6750);
    -- before anything is judged: what links a file meanwhile waits, or has linked it already
    perform from evidence_file
     where provider_id = p_provider and id = any(p_ids) and erased_at is null
     order by id for update;
    select array_agg(f.id order by f.id) into v_ids from evidence_file f
     where f.provider_id = p_provider and f.id = any(p_ids) and f.erased_at is null
       and exists (select from paper_scan x where x.provider_id = f.provider_id
                      and x.file_id = f.id and scan_due(x));
    if v_ids is null then
        return '{}';
    end if;
    update paper_look set state = 3, decided_at = now()
     where provider_id = p_provider and file_id = any(v_ids) and state = 1;
    delete from paper_scan where provider_id = p_provider and file_id = any(v_ids);
    insert into evidence_coming (provider_id, size, store, place, dropped)
    select provider_id, 0, store, place, true from evidence_file
     where provider_id = p_provider and id = any(v_ids);
    update evidence_file set sha256 = uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
           size = 0, name = '', file_key = '', place = '', erased_at = now()
     where provider_id = p_provider and id = any(v_ids);
    return destroyed(p_log, 3::smallint, p_provider, v_ids);
end $$;
revoke execute on function destroy_look_files(bigint, integer, bigint[]) from public;
