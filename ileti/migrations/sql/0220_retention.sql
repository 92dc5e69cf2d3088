-- Retention, legal hold and destruction (ileti/retention, docs/adr/0029). The application cannot change
-- what is proof; what it may is call the functions below, which ask rule and holds themselves.

-- Which holds people have put on it; the one place. Null says "not known", and what is not known
-- may be meant: a list of a brand is held by a hold on one of its recipients.
create function holds_on(p_provider integer, p_brand integer, p_recipient bigint,
                         p_from timestamptz, p_to timestamptz)
returns setof bigint language sql stable parallel safe as $$
select h.id from legal_hold h
 where h.provider_id = p_provider
   and (h.brand_id is null or p_brand is null or h.brand_id = p_brand)
   and (h.recipient_id is null or p_recipient is null or h.recipient_id = p_recipient)
   and (h.from_at is null or p_to is null or h.from_at <= p_to)
   and (h.to_at is null or p_from is null or h.to_at > p_from)
   and not exists (select from legal_hold_end x where x.hold_id = h.id) $$;

create function under_hold(p_provider integer, p_brand integer, p_recipient bigint,
                           p_from timestamptz, p_to timestamptz)
returns boolean language sql stable parallel safe as $$
select exists (select from holds_on(p_provider, p_brand, p_recipient, p_from, p_to)) $$;

-- Whether what came about a recipient at that moment is kept for the law alone (R-64): it came before the
-- person was restricted, or no consent given since stands. Pages ask the same by
-- ileti/tenancy/scope.py; a test holds both equal.
create function is_restricted(p_provider integer, p_recipient bigint, p_at timestamptz)
returns boolean language sql stable parallel safe as $$
select exists (
    select from restriction x
     where x.provider_id = p_provider and x.recipient_id = p_recipient
       and (p_at <= x.since or not exists (
           select from brand b join consent_state s
               on s.provider_id = b.provider_id and s.brand_id = b.id
            where b.provider_id = x.provider_id and s.recipient_id = x.recipient_id
              and s.status = 1 and s.entry_at > x.since))) $$;

-- How long each record of the ledger must be kept (R-46, R-47); null: its consent lives. The readable
-- form is ileti/retention/rules.py: keep_until(); a property test proves both equal. A consent ends with
-- the first refusal that took effect after it; what never became valid ended when it came.
create view consent_due with (security_invoker = true) as
select c.provider_id, c.brand_id, c.recipient_id, c.id, c.captured_at, c.submission_id,
       case when c.status = 1 and c.refused_at is null and s.status = 1 and s.standing = 1
                 and s.iys_status in (1, 2, 3, 7) then null
            else greatest(c.event + interval '10 years',
                          coalesce(c.refused_at, c.event) + interval '3 years',
                          m.relied + interval '10 years') end as due
  from (select e.provider_id, e.brand_id, e.recipient_id, e.recipient_type, e.channel, e.id,
               e.captured_at, e.submission_id, e.status,
               greatest(e.captured_at, e.consent_date) as event,
               case when e.status = 1 then
                   min(case when e.status = 2 and e.outcome in (1, 2)
                            then greatest(e.captured_at, e.consent_date) end)
                   over (partition by e.provider_id, e.brand_id, e.recipient_id, e.recipient_type,
                                      e.channel
                         order by e.id rows between 1 following and unbounded following)
               end as refused_at
          from consent_entry e) c
  left join consent_state s
    on s.provider_id = c.provider_id and s.brand_id = c.brand_id
   and s.recipient_id = c.recipient_id and s.recipient_type = c.recipient_type
   and s.channel = c.channel
  left join lateral (
       select max(coalesce(m.sent_at, m.created_at)) as relied from message m
        where m.provider_id = c.provider_id and m.recipient_id = c.recipient_id
          and m.brand_id = c.brand_id and m.channel = c.channel
          and coalesce(m.sent_at, m.created_at) >= c.event
          and coalesce(m.sent_at, m.created_at) <= coalesce(c.refused_at, 'infinity')) m on true;
grant select on consent_due to ileti_app;

-- The same of notices and explicit consents (docs/adr/0027): ten years from the act, three from a
-- withdrawal. What stands as given is kept, and what a person with a consent in force was shown.
create view act_due with (security_invoker = true) as
select k.provider_id, k.brand_id, k.recipient_id, k.id, k.captured_at, k.submission_id,
       case when k.act = 3 and k.withdrawn_at is null and s.act = 3 then null
            when exists (select from brand b join consent_state c
                             on c.provider_id = b.provider_id and c.brand_id = b.id
                          where b.provider_id = k.provider_id and c.recipient_id = k.recipient_id
                            and c.status = 1 and c.standing = 1
                            and c.iys_status in (1, 2, 3, 7)) then null
            else greatest(k.event + interval '10 years',
                          coalesce(k.withdrawn_at, k.event) + interval '3 years') end as due
  from (select e.provider_id, e.brand_id, e.recipient_id, e.document_id, e.id, e.captured_at,
               e.submission_id, e.act, greatest(e.captured_at, e.act_at) as event,
               case when e.act = 3 then
                   min(case when e.act = 4 then greatest(e.captured_at, e.act_at) end)
                   over (partition by e.provider_id, e.recipient_id, e.document_id
                         order by e.id rows between 1 following and unbounded following)
               end as withdrawn_at
          from kvkk_entry e) k
  left join kvkk_state s on s.provider_id = k.provider_id and s.recipient_id = k.recipient_id
                        and s.document_id = k.document_id;
grant select on act_due to ileti_app;

-- Refusals that stand where a person was restricted or erased, so that no list opens the address again:
-- only a consent of a later date does (consent_judge). They stand on no entry (0). In all brands of the
-- provider, or in some.
create function suppress_states(p_provider integer, p_recipients bigint[], p_since timestamptz[],
                                p_brands integer[] default null)
returns void language sql as $$
insert into consent_state (provider_id, brand_id, recipient_id, recipient_type, channel, entry_id,
                           entry_at, consent_date, status, source, standing, iys_status)
select p_provider, b.id, r.id, t, c, 0, w.since, w.since, 2, 13, 1, 6
  from unnest(p_recipients, p_since) w(id, since)
  join recipient r on r.provider_id = p_provider and r.id = w.id
  join brand b on b.provider_id = p_provider and (p_brands is null or b.id = any(p_brands))
 cross join unnest(array[1, 2]::smallint[]) t
 cross join unnest(case when r.kind = 1 then array[1, 2] else array[3] end::smallint[]) c
 order by b.id, r.id, t, c
on conflict do nothing $$;

create function keep_suppressed() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if not exists (select from suppression) then
        return null;
    end if;
    perform suppress_states(w.provider_id, array_agg(w.id), array_agg(w.since))
       from (select f.provider_id, f.id, x.since from fresh f
               join suppression x on x.provider_id = f.provider_id and x.addr_hash = f.addr_hash) w
      group by w.provider_id;
    return null;
end $$;

-- The same for a brand that is added later, in that brand: of whose address is suppressed, and of who is
-- restricted; an erased person has no states.
create function keep_suppressed_in_brand() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    f record;
begin
    for f in select provider_id, array_agg(id) as brands from fresh group by provider_id loop
        perform suppress_states(f.provider_id, array_agg(w.id), array_agg(w.since), f.brands)
           from (select id, max(since) as since
                   from (select r.id, x.since from suppression x
                           join recipient r on r.provider_id = x.provider_id
                            and r.addr_hash = x.addr_hash
                          where x.provider_id = f.provider_id
                         union all
                         select r.id, x.since from restriction x
                           join recipient r on r.provider_id = x.provider_id
                            and r.id = x.recipient_id
                          where x.provider_id = f.provider_id and r.addr_hash is not null) s
                  group by id) w;
    end loop;
    return null;
end $$;
create trigger suppressed after insert on recipient referencing new table as fresh
    for each statement execute function keep_suppressed();
create trigger suppressed after insert on brand referencing new table as fresh
    for each statement execute function keep_suppressed_in_brand();

-- Whoever writes about people who are known pins them until its transaction ends: nobody is erased who is
-- being written about, and nothing is written about somebody whose key is gone. Only who has been known
-- for nine years can come to be due (ten, see below) meanwhile, so nearly every writer pays a look at rows
-- it has read already, and waits for nothing but its own person's erasure. 40001: it is erased, again.
create function pin_persons(p_provider integer, p_ids bigint[]) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_pinned integer;
begin
    perform from recipient
      where provider_id = p_provider and id = any(p_ids)
        and created_at < now() - interval '9 years'
      order by id for key share;
    get diagnostics v_pinned = row_count;
    if v_pinned > 0 and exists (
            select from recipient where provider_id = p_provider and id = any(p_ids)
               and addr_hash is null) then
        raise exception 'somebody was erased meanwhile' using errcode = '40001';
    end if;
    return v_pinned;
end $$;

-- The same of files: what is linked is there, and stays while the link is being written. What an import
-- brought is linked to the import first. 55P03: it is destroyed, put it in again.
create function pin_file() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform from evidence_file
      where provider_id = new.provider_id and id = new.file_id for key share;
    if exists (select from evidence_file where provider_id = new.provider_id
                  and id = new.file_id and erased_at is not null) then
        raise exception 'the file was destroyed meanwhile' using errcode = '55P03';
    end if;
    return new;
end $$;
create trigger pinned before insert on entry_file
    for each row when (new.import_id is null) execute function pin_file();
create trigger pinned before insert on import_file for each row execute function pin_file();

-- What a call below destroyed. Its line in the signed log is written after it: the number is checked at
-- the commit, so nothing is destroyed that no line tells of, and none under a line that stands already
-- and tells of something else. Parts without a line are what the owner erased by hand before.
create function destroyed(p_log bigint, p_kind smallint, p_provider integer, p_ids bigint[])
returns bigint[] language plpgsql as $$
begin
    if p_log is null or exists (select from destruction_log where id = p_log) then
        raise exception 'a destruction needs a line of its own in the log' using errcode = '22023';
    end if;
    if cardinality(p_ids) > 0 then
        insert into destruction_part (log_id, kind, provider_id, first_id, last_id, ids)
        values (p_log, p_kind, p_provider, p_ids[1], p_ids[cardinality(p_ids)], p_ids);
    end if;
    return coalesce(p_ids, '{}');
end $$;
revoke execute on function destroyed(bigint, smallint, integer, bigint[]) from public;

-- Without merge joins: for five hundred persons they would read all of a provider's states.
--
-- Persons all of whose records are due (R-46, R-47), of those asked for: address, its hash and the key
-- that salts their commitments go; a refusal is kept as a hash that nothing in the ledger leads to
-- (R-42, R-64). The ids erased. First their rows are locked, then they are judged: whoever is being
-- written about (pin_persons) is passed over, and what was written before the lock is seen.
create function destroy_persons(p_log bigint, p_provider integer, p_ids bigint[]) returns bigint[]
language plpgsql security definer set search_path = public, pg_temp
set enable_mergejoin = off set timezone = 'UTC' as $$
declare
    v_ids bigint[];
begin
    perform pg_advisory_xact_lock(6750);
    p_ids := array(
        select id from recipient
         where provider_id = p_provider and id = any(p_ids) and addr_hash is not null
           and created_at + interval '10 years' <= now()
         order by id for update skip locked);
    with d as materialized (
        select * from consent_due where provider_id = p_provider and recipient_id = any(p_ids)
         union all
        select * from act_due where provider_id = p_provider and recipient_id = any(p_ids))
    select array_agg(r.id order by r.id) into v_ids from recipient r
     where r.provider_id = p_provider and r.id = any(p_ids)
       and not exists (select from d where d.recipient_id = r.id
                          and (d.due is null or d.due > now()
                               or under_hold(d.provider_id, d.brand_id, r.id, d.captured_at,
                                             d.captured_at)))
       and not exists (select from message m where m.provider_id = r.provider_id
                          and m.recipient_id = r.id
                          and (coalesce(m.sent_at, m.created_at) + interval '10 years' > now()
                               or under_hold(m.provider_id, m.brand_id, r.id, m.created_at,
                                             m.created_at)))
       and not exists (select from d join iys_receipt x on x.provider_id = d.provider_id
                          and x.entry_id = d.id
                        where d.recipient_id = r.id and x.at + interval '10 years' > now())
       and not exists (select from d join entry_file l on l.provider_id = d.provider_id
                          and l.entry_id = d.id
                        where d.recipient_id = r.id and l.added_at + interval '10 years' > now())
       and not under_hold(r.provider_id, case when exists (
               select from d where d.recipient_id = r.id) then 0 end, r.id, r.created_at,
               r.created_at);
    if v_ids is null then
        return '{}';
    end if;
    insert into suppression (provider_id, addr_hash, since)
    select r.provider_id, r.addr_hash, max(w.since)
      from recipient r
      join (select s.recipient_id, s.consent_date as since from consent_state s
             where s.provider_id = p_provider and s.recipient_id = any(v_ids) and s.status = 2
               and s.brand_id in (select id from brand where provider_id = p_provider)
             union all
            select x.recipient_id, x.since from restriction x
             where x.provider_id = p_provider and x.recipient_id = any(v_ids)) w
        on w.recipient_id = r.id
     where r.provider_id = p_provider and r.id = any(v_ids)
     group by r.provider_id, r.addr_hash order by r.addr_hash
    on conflict (provider_id, addr_hash) do update set
        since = greatest(suppression.since, excluded.since);
    update recipient set addr_hash = null, addr_ct = null, leaf_key = null
     where provider_id = p_provider and id = any(v_ids);
    delete from consent_state where provider_id = p_provider and recipient_id = any(v_ids)
       and brand_id in (select id from brand where provider_id = p_provider);
    delete from consent_access where provider_id = p_provider and recipient_id = any(v_ids)
       and brand_id in (select id from brand where provider_id = p_provider);
    delete from kvkk_state where provider_id = p_provider and recipient_id = any(v_ids);
    delete from verification v using consent_entry e
     where e.provider_id = p_provider and e.recipient_id = any(v_ids)
       and v.provider_id = e.provider_id and v.submission_id = e.submission_id
       and v.recipient_id = e.recipient_id;
    delete from message where provider_id = p_provider and recipient_id = any(v_ids);
    return destroyed(p_log, 1::smallint, p_provider, v_ids);
end $$;

-- Clicks and chunks all of whose records are due: who did it from where, and what they saw. Judged, then
-- their people locked, of whom a chunk may have thousands, and judged again: a message that is being
-- written for one of them relies on what was said.
create function destroy_submissions(p_log bigint, p_provider integer, p_ids bigint[]) returns bigint[]
language plpgsql security definer set search_path = public, pg_temp set enable_mergejoin = off
set timezone = 'UTC' as $$
declare
    v_ids bigint[];
    v_sure boolean := false;
begin
    perform pg_advisory_xact_lock(6750);
    loop
        with s as materialized (
            select * from submission where provider_id = p_provider and id = any(p_ids)
               and erased_at is null and captured_at + interval '10 years' <= now()),
        e as materialized (
            select e.submission_id, e.recipient_id, e.id from s
              join consent_entry e on e.provider_id = s.provider_id and e.brand_id = s.brand_id
               and e.captured_at = s.captured_at and e.submission_id = s.id
             union all
            select k.submission_id, k.recipient_id, k.id from s
              join kvkk_entry k on k.provider_id = s.provider_id and k.submission_id = s.id),
        d as materialized (
            select d.* from consent_due d where d.provider_id = p_provider
               and d.recipient_id = any(array(select distinct recipient_id from e))
             union all
            select d.* from act_due d where d.provider_id = p_provider
               and d.recipient_id = any(array(select distinct recipient_id from e)))
        select array_agg(s.id order by s.id) into v_ids from s
         where not under_hold(s.provider_id, s.brand_id, case when exists (
                   select from e where e.submission_id = s.id) then 0 end, s.captured_at,
                   s.captured_at)
           and not exists (
               select from e join d on d.recipient_id = e.recipient_id and d.id = e.id
                where e.submission_id = s.id
                  and (d.due is null or d.due > now()
                       or under_hold(d.provider_id, d.brand_id, d.recipient_id, d.captured_at,
                                     d.captured_at)
                       or exists (select from iys_receipt x where x.provider_id = d.provider_id
                                     and x.entry_id = d.id
                                     and x.at + interval '10 years' > now())));
        if v_ids is null then
            return '{}';
        end if;
        exit when v_sure;
        with e as materialized (
            select e.submission_id, e.recipient_id from submission s
              join consent_entry e on e.provider_id = s.provider_id and e.brand_id = s.brand_id
               and e.captured_at = s.captured_at and e.submission_id = s.id
             where s.provider_id = p_provider and s.id = any(v_ids)
             union all
            select submission_id, recipient_id from kvkk_entry
             where provider_id = p_provider and submission_id = any(v_ids)
               and recipient_id is not null),
        free as materialized (
            select id from recipient where provider_id = p_provider
               and id = any(array(select recipient_id from e)) for update skip locked)
        select array_agg(s.id) into p_ids from unnest(v_ids) s(id)
         where s.id <> all (array(select distinct e.submission_id from e
                                    left join free f on f.id = e.recipient_id
                                   where f.id is null));
        v_sure := true;
    end loop;
    update iys_receipt x set detail = null, transaction_id = null
      from submission s
      join consent_entry e on e.provider_id = s.provider_id and e.brand_id = s.brand_id
       and e.captured_at = s.captured_at and e.submission_id = s.id
     where s.provider_id = p_provider and s.id = any(v_ids)
       and x.provider_id = e.provider_id and x.entry_id = e.id;
    update submission set person_ct = null, person_key = null, evidence = '{}', body_hash = '',
           idem = 'erased:' || id, erased_at = now()
     where provider_id = p_provider and id = any(v_ids);
    return destroyed(p_log, 2::smallint, p_provider, v_ids);
end $$;

-- Proof files (R-46): what they prove is due, and so is their own addition; a data subject's request
-- keeps its own (destroy_cases). The object itself is removed by the vault's sweeper, to whom the place is
-- left; without its key nobody reads it meanwhile.
create function destroy_files(p_log bigint, p_provider integer, p_ids bigint[]) returns bigint[]
language plpgsql security definer set search_path = public, pg_temp set enable_mergejoin = off
set timezone = 'UTC' as $$
declare
    v_ids bigint[];
begin
    perform pg_advisory_xact_lock(6750);
    p_ids := array(
        select id from evidence_file
         where provider_id = p_provider and id = any(p_ids) and erased_at is null
           and created_at + interval '10 years' <= now()
         order by id for update skip locked);
    with l as materialized (
        select l.file_id, l.added_at, e.id, e.recipient_id, e.brand_id, e.captured_at
          from entry_file l
          join consent_entry e on e.provider_id = l.provider_id and e.id = l.entry_id
           and e.captured_at = l.entry_at
         where l.provider_id = p_provider and l.file_id = any(p_ids)),
    d as materialized (
        select d.* from consent_due d where d.provider_id = p_provider
           and d.recipient_id = any(array(select distinct recipient_id from l))),
    of_cases as materialized (
        select file_id from data_request_file
         where provider_id = p_provider and file_id = any(p_ids)
         union
        select file_id from data_request_answer
         where provider_id = p_provider and file_id = any(p_ids)
         union
        select unnest(array[json_file, pdf_file]) from data_request_export
         where provider_id = p_provider and array[json_file, pdf_file] && p_ids)
    select array_agg(f.id order by f.id) into v_ids from evidence_file f
      left join (select distinct file_id, 0 as known from l) k on k.file_id = f.id
     where f.provider_id = p_provider and f.id = any(p_ids)
       and not under_hold(f.provider_id, k.known, k.known, f.created_at, f.created_at)
       and not exists (select from of_cases c where c.file_id = f.id)
       and not exists (
           select from l join d on d.recipient_id = l.recipient_id and d.id = l.id
            where l.file_id = f.id
              and (d.due is null or d.due > now() or l.added_at + interval '10 years' > now()
                   or under_hold(p_provider, l.brand_id, l.recipient_id, l.captured_at,
                                 l.added_at)))
       and not exists (
           select from import_file i join import_run r on r.id = i.import_id
            where i.provider_id = f.provider_id and i.file_id = f.id and not import_due(r.id));
    if v_ids is null then
        return '{}';
    end if;
    insert into evidence_coming (provider_id, size, store, place, dropped)
    select provider_id, 0, store, place, true from evidence_file
     where provider_id = p_provider and id = any(v_ids);
    update evidence_file set sha256 = uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
           size = 0, name = '', file_key = '', place = '', erased_at = now()
     where provider_id = p_provider and id = any(v_ids);
    update entry_file set name = '' where provider_id = p_provider and file_id = any(v_ids);
    update import_file set name = '' where provider_id = p_provider and file_id = any(v_ids);
    return destroyed(p_log, 3::smallint, p_provider, v_ids);
end $$;

-- Whether a list and what belongs to it may go: ten years after its end, none of its chunks kept, and
-- no hold. A list that brought nothing proves nothing.
create function import_due(p_run bigint) returns boolean
language sql stable set timezone = 'UTC' as $$
select coalesce(r.undone_at, r.ended_at, r.created_at) + interval '10 years' <= now()
       and not under_hold(r.provider_id, r.brand_id, null, r.created_at,
                          coalesce(r.undone_at, r.ended_at, r.created_at))
       and not exists (select from import_chunk k
                         cross join lateral unnest(array['', ':undo']) what
                         join submission s on s.provider_id = r.provider_id
                          and s.idem = 'import:' || r.id || ':' || k.n || what
                        where k.import_id = r.id and s.erased_at is null)
  from import_run r where r.id = p_run $$;

create function destroy_lists(p_log bigint, p_provider integer, p_ids bigint[]) returns bigint[]
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_ids bigint[];
begin
    perform pg_advisory_xact_lock(6750);
    select array_agg(id order by id) into v_ids from import_run
     where provider_id = p_provider and id = any(p_ids) and file_key <> '' and import_due(id);
    if v_ids is null then
        return '{}';
    end if;
    update import_run set file_key = '', samples = '{}', missing = null, origin = '{}'
     where id = any(v_ids);
    return destroyed(p_log, 4::smallint, p_provider, v_ids);
end $$;

-- What İYS gave out about a day (R-46, R-48), ten years on: without its key the file is no longer read;
-- ileti/retention removes it.
create function destroy_archives(p_log bigint, p_provider integer, p_ids bigint[]) returns bigint[]
language plpgsql security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
    v_ids bigint[];
begin
    perform pg_advisory_xact_lock(6750);
    select array_agg(id order by id) into v_ids from iys_archive
     where provider_id = p_provider and id = any(p_ids) and file_key <> ''
       and fetched_at + interval '10 years' <= now()
       and not under_hold(provider_id, brand_id, null, day, fetched_at);
    if v_ids is null then
        return '{}';
    end if;
    update iys_archive set file_key = '' where provider_id = p_provider and id = any(v_ids);
    return destroyed(p_log, 10::smallint, p_provider, v_ids);
end $$;

-- Data subjects' requests (ileti/requests, whose tables come after this), ten years after they were closed
-- (KVKK art. 13 and 14; claims end after ten years, Code of Obligations art. 146), and not before what they
-- corrected: all that hangs on a case but its files, which are nobody's then (destroy_files).
create function destroy_cases(p_log bigint, p_provider integer, p_ids bigint[]) returns bigint[]
language plpgsql security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
    v_ids bigint[];
    t text;
begin
    perform pg_advisory_xact_lock(6750);
    p_ids := array(
        select id from data_request
         where provider_id = p_provider and id = any(p_ids) and state = 4
           and closed_at + interval '10 years' <= now()
         order by id for update skip locked);
    select array_agg(c.id order by c.id) into v_ids from data_request c
     where c.id = any(p_ids)
       and not exists (
           select from (select) as even_of_nobody_known
             left join data_request_recipient x on x.request_id = c.id
            where under_hold(c.provider_id, null, x.recipient_id, c.received_at, c.closed_at))
       and not exists (
           select from data_request_correction k
             join recipient r on r.provider_id = k.provider_id and r.id = k.recipient_id
            where k.request_id = c.id and r.addr_hash is not null);
    if v_ids is null then
        return '{}';
    end if;
    foreach t in array array['mail', 'answer', 'erasure', 'export', 'correction', 'recipient',
                             'file', 'event'] loop
        execute format('delete from %I where request_id = any($1)', 'data_request_' || t)
            using v_ids;
    end loop;
    delete from data_request where id = any(v_ids);
    return destroyed(p_log, 11::smallint, p_provider, v_ids);
end $$;

-- Rows that are due by their age alone, the oldest first, at most so many: 5 messages (R-46), 6 changes
-- of İYS that nobody could read (R-46), 7 codes that nobody used, 8 the trail of the panel (R-65; null:
-- of no provider), 9 alarms sent to webhooks.
create function destroy_rows(p_log bigint, p_kind smallint, p_provider integer, p_most integer)
returns bigint[]
language plpgsql security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
    v_ids bigint[];
begin
    perform pg_advisory_xact_lock(6750);
    case p_kind
    when 5 then
        with gone as (
            delete from message where id = any(array(
                select id from message where provider_id = p_provider
                   and created_at <= now() - interval '10 years'
                   and coalesce(sent_at, created_at) + interval '10 years' <= now()
                   and not under_hold(provider_id, brand_id, recipient_id, created_at,
                                      coalesce(sent_at, created_at))
                 order by created_at limit p_most)) returning id)
        select array_agg(id order by id) into v_ids from gone;
    when 6 then
        with gone as (
            update iys_movement set raw_ct = null where (provider_id, brand_id, digest) in (
                select provider_id, brand_id, digest from iys_movement
                 where provider_id = p_provider and raw_ct is not null
                   and seen_at + interval '10 years' <= now()
                   and not under_hold(provider_id, brand_id, null, seen_at, seen_at)
                 order by brand_id, digest limit p_most)
            returning ('x' || encode(substr(digest, 1, 8), 'hex'))::bit(64)::bigint as id)
        select array_agg(id order by id) into v_ids from gone;
    when 7 then
        with gone as (
            delete from verification where id = any(array(
                select id from verification where provider_id = p_provider
                   and verified_at is null and created_at <= now() - interval '30 days'
                   and not under_hold(provider_id, null, recipient_id, created_at, created_at)
                 order by created_at limit p_most)) returning id)
        select array_agg(id order by id) into v_ids from gone;
    when 8 then
        with gone as (
            delete from audit_entry where id = any(array(
                select id from audit_entry
                 where (provider_id = p_provider or p_provider is null and provider_id is null)
                   and at + interval '10 years' <= now()
                   and not under_hold(provider_id, null, null, at, at)
                 order by at limit p_most)) returning id)
        select array_agg(id order by id) into v_ids from gone;
    when 9 then
        with gone as (
            delete from webhook_delivery where id = any(array(
                select id from webhook_delivery where provider_id = p_provider
                   and (sent_at is not null or dead) and created_at <= now() - interval '1 year'
                   and not under_hold(provider_id, null, null, created_at, created_at)
                 order by id limit p_most)) returning id)
        select array_agg(id order by id) into v_ids from gone;
    else
        raise exception 'there is no kind %', p_kind using errcode = '22023';
    end case;
    return destroyed(p_log, p_kind, p_provider, v_ids);
end $$;

do $$
declare t text;
begin
    foreach t in array array['destroy_persons(bigint, integer, bigint[])',
                             'destroy_submissions(bigint, integer, bigint[])',
                             'destroy_files(bigint, integer, bigint[])',
                             'destroy_lists(bigint, integer, bigint[])',
                             'destroy_archives(bigint, integer, bigint[])',
                             'destroy_cases(bigint, integer, bigint[])',
                             'destroy_rows(bigint, smallint, integer, integer)'] loop
        execute format('revoke execute on function %s from public', t);
    end loop;
end $$;

-- What the rows without a line in the log say; nothing but the following writes such rows, so the audit
-- compares it with what was there when the log began.
create function unlogged_parts() returns bytea language sql stable as $$
select sha256(coalesce(string_agg(
           int4send(coalesce(p.provider_id, 0)) || int2send(p.kind) || int8send(u), ''::bytea
           order by p.provider_id, p.kind, u), ''))
  from destruction_part p, unnest(p.ids) u where p.log_id is null $$;

-- Persons that the owner erased by hand before there was a log are told apart from those that nobody
-- may have erased.
insert into destruction_part (log_id, kind, provider_id, first_id, last_id, ids)
select null, 1, provider_id, min(id), max(id), array_agg(id order by id) from recipient
 where addr_hash is null and addr_ct is null and leaf_key is null group by provider_id;
do $$
begin
    execute format('create function parts_before_log() returns bytea language sql immutable '
                   'parallel safe as %L', format('select %L::bytea', unlogged_parts()));
end $$;

do $$
begin
    execute format('alter table destruction_log alter column epoch set default %s',
                   (select max(epoch) from seal_epoch));
end $$;
select grant_application_rights();
