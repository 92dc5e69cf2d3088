-- The copy of a person's data (ileti/requests/exports.py) is no proof of a consent, and lies ready only as
-- long as somebody may still ask what was given out: sixty days beyond the person's own link (R-64), and not
-- a moment longer than the person's own records. Its digests stay in the case's history.

-- Whether a copy has to go: its time is over, or somebody in it was erased or restricted since it was
-- asked for. A hold keeps it as it keeps the records in it.
create function copy_due(x data_request_export) returns boolean
language sql stable set timezone = 'UTC' as $$
select x.done_at is not null and x.removed_at is null
   and (x.until + interval '60 days' <= now() or exists (
       select from unnest(x.recipients) w(id)
        where exists (select from restriction k where k.provider_id = x.provider_id
                         and k.recipient_id = w.id and k.since >= x.asked_at)
           or exists (select from destruction_part p join destruction_log l on l.id = p.log_id
                       where p.provider_id = x.provider_id and p.kind = 1 and p.last_id >= w.id
                         and p.first_id <= w.id and w.id = any(p.ids) and l.at >= x.asked_at)))
   and not exists (
       select from unnest(case when x.recipients = '{}' then array[null::bigint]
                               else x.recipients end) w(id)
        where under_hold(x.provider_id, null, w.id, x.done_at, x.done_at)) $$;

-- Copies that are due, of those asked for; the ids of the files that went with them. As destroy_files: the
-- key goes, the object is swept. A file that somebody also added to a case or a record stays there.
create function destroy_copies(p_log bigint, p_provider integer, p_ids bigint[]) returns bigint[]
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_ids bigint[];
begin
    perform pg_advisory_xact_lock(6750);
    with gone as (
        update data_request_export x set removed_at = now()
         where x.provider_id = p_provider and x.id = any(p_ids) and copy_due(x)
        returning x.id, x.provider_id, x.brand_id, x.request_id, x.json_file, x.pdf_file),
    told as (
        insert into data_request_event (provider_id, brand_id, request_id, kind, mark, detail)
        select provider_id, brand_id, request_id, 'copy_removed', 'removed:' || id,
               jsonb_build_object('export', id) from gone)
    select array_agg(f.id order by f.id) into v_ids
      from gone g join evidence_file f on f.provider_id = g.provider_id
       and f.id in (g.json_file, g.pdf_file) and f.erased_at is null
     where not exists (select from entry_file l where l.provider_id = f.provider_id
                          and l.file_id = f.id)
       and not exists (select from import_file l where l.provider_id = f.provider_id
                          and l.file_id = f.id)
       and not exists (select from data_request_file l where l.provider_id = f.provider_id
                          and l.file_id = f.id);
    if v_ids is null then
        return '{}';
    end if;
    insert into evidence_coming (provider_id, size, store, place, dropped)
    select provider_id, 0, store, place, true from evidence_file
     where provider_id = p_provider and id = any(v_ids);
    update evidence_file set sha256 = uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
           size = 0, name = '', file_key = '', place = '', erased_at = now()
     where provider_id = p_provider and id = any(v_ids);
    return destroyed(p_log, 3::smallint, p_provider, v_ids);
end $$;
revoke execute on function destroy_copies(bigint, integer, bigint[]) from public;
