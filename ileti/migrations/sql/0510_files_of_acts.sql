-- Scans and recordings of the desk and of paper forms stand in the evidence of their click (docs/adr/0029):
-- an explicit consent has no link of its own, and its file goes when what was said with it may go.

-- The clicks whose evidence names a file of the vault; a list's file is named by a word and is another thing.
create function file_clicks(p_provider integer, p_file bigint)
returns setof submission language sql stable as $$
select s.* from submission s
 where s.provider_id = p_provider and jsonb_typeof(s.evidence -> 'file') = 'object'
   and s.evidence -> 'file' ->> 'id' = p_file::text $$;

-- Whether what was said with a click must still be kept (R-46, R-47) or is held, for whomever it was said;
-- also when who and what was shown of it is destroyed already. Of nobody known every hold of the brand is meant.
create function named_still(p_provider integer, p_click bigint) returns boolean
language plpgsql stable set enable_mergejoin = off set timezone = 'UTC' as $$
begin
    return exists (
        with who as materialized (
            select k.recipient_id from kvkk_entry k
             where k.provider_id = p_provider and k.submission_id = p_click
               and k.recipient_id is not null
             union
            select e.recipient_id from submission s
              join consent_entry e on e.provider_id = s.provider_id and e.brand_id = s.brand_id
               and e.captured_at = s.captured_at and e.submission_id = s.id
             where s.provider_id = p_provider and s.id = p_click),
        d as materialized (
            select d.submission_id, d.recipient_id, d.due from consent_due d
             where d.provider_id = p_provider
               and d.recipient_id = any(array(select recipient_id from who))
             union all
            select d.submission_id, d.recipient_id, d.due from act_due d
             where d.provider_id = p_provider
               and d.recipient_id = any(array(select recipient_id from who)))
        select from submission s left join who w on true
         where s.provider_id = p_provider and s.id = p_click
           and (s.captured_at + interval '10 years' > now()
                or under_hold(s.provider_id, s.brand_id, w.recipient_id, s.captured_at, s.captured_at)
                or exists (select from d where d.submission_id = s.id
                              and (d.due is null or d.due > now()))));
end $$;

-- As pin_file: what a click names is there, and stays while the click is being written. 55P03: it is
-- destroyed, put it in again.
create function pin_named_file() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_file bigint := substring(new.evidence -> 'file' ->> 'id' from '^[0-9]{1,18}$')::bigint;
begin
    perform from evidence_file
      where provider_id = new.provider_id and id = v_file for key share;
    if exists (select from evidence_file where provider_id = new.provider_id
                  and id = v_file and erased_at is not null) then
        raise exception 'the file was destroyed meanwhile' using errcode = '55P03';
    end if;
    return new;
end $$;
create trigger named before insert on submission
    for each row when (jsonb_typeof(new.evidence -> 'file') = 'object') execute function pin_named_file();
