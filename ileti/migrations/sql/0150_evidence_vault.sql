-- Rights and walls of the vault's tables (ileti/evidence, ADR 0024): files and links are proof, so the
-- application may add them and nothing else; a dealer sees the files of its own entries and imports.

create or replace function grant_application_rights() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    t record;
    v_proof text[] := array['recipient', 'submission', 'consent_entry', 'iys_receipt',
                            'iys_movement', 'iys_archive', 'audit_entry', 'document_version',
                            'evidence_file', 'entry_file'];
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

-- As in 0112, with three tables more.
create or replace function build_dealer_wall() returns boolean language plpgsql as $$
declare
    m record;
    n integer;
    v_own constant text := 'dealer_id = (select dealer_at_work())';
    v_key constant text := 'x.provider_id = %1$s.provider_id and x.brand_id = %1$s.brand_id
        and x.recipient_id = %1$s.recipient_id and x.recipient_type = %1$s.recipient_type
        and x.channel = %1$s.channel and x.dealer_id %2$s= (select dealer_at_work())';
    v_one constant text := 'x.provider_id = recipient.provider_id and x.recipient_id = recipient.id
        and x.dealer_id %s= (select dealer_at_work())';
    v_rules constant text[][] := array[
        array['consent_access', v_own],
        array['submission', v_own],
        array['consent_entry', v_own || ' or exists (select from consent_access x where '
              || format(v_key, 'consent_entry', '') || ' offset 0)'],
        array['consent_state', 'exists (select from consent_access x where '
              || format(v_key, 'consent_state', '')
              || ' offset 0) or exists (select from consent_entry x where '
              || format(v_key, 'consent_state', '+ 0 ') || ' offset 0)'],
        array['recipient', 'exists (select from consent_access x where ' || format(v_one, '')
              || ' offset 0) or exists (select from consent_entry x where '
              || format(v_one, '+ 0 ') || ' offset 0)'],
        array['iys_receipt', 'exists (select from consent_entry e where
              e.provider_id = iys_receipt.provider_id and e.id = iys_receipt.entry_id offset 0)'],
        array['entry_file', v_own],
        array['import_file', v_own],
        array['evidence_file', 'exists (select from entry_file x where '
              'x.provider_id = evidence_file.provider_id and x.file_id = evidence_file.id '
              'and x.dealer_id + 0 = (select dealer_at_work()) offset 0) '
              'or exists (select from import_file x where '
              'x.provider_id = evidence_file.provider_id and x.file_id = evidence_file.id '
              'and x.dealer_id + 0 = (select dealer_at_work()) offset 0)']];
begin
    begin
        if not exists (select from pg_roles where rolname = 'ileti_dealer') then
            create role ileti_dealer nologin;
        end if;
        if not pg_has_role('ileti_dealer', 'ileti_app', 'member') then
            grant ileti_app to ileti_dealer;
        end if;
        -- who may become ileti_app may become ileti_dealer, which can do no more and sees less
        for m in select r.rolname from pg_roles r
                  where r.rolcanlogin and pg_has_role(r.oid, 'ileti_app', 'member')
                    and not pg_has_role(r.oid, 'ileti_dealer', 'member')
        loop
            execute format('grant ileti_dealer to %I', m.rolname);
        end loop;
    exception
        when insufficient_privilege then return false;
        -- the same at the same time, by another installation on this cluster
        when duplicate_object or unique_violation or internal_error then null;
    end;
    for n in 1..array_length(v_rules, 1) loop
        continue when exists (select from pg_policies where schemaname = 'public'
                              and tablename = v_rules[n][1] and policyname = 'dealer');
        execute format('create policy everybody on %I using (true) with check (true)',
                       v_rules[n][1]);
        execute format('create policy dealer on %I as restrictive for select to ileti_dealer '
                       'using (%s)', v_rules[n][1], v_rules[n][2]);
        execute format('alter table %I enable row level security', v_rules[n][1]);
    end loop;
    return true;
end $$;

-- What a link says, committed to as an entry is (ADR 0005): salted by a key in the recipient's row, so
-- that it says nothing about anybody who was erased. The claim is RFC 8785 text, written by hand.
create function entry_file_leaf(p_key bytea, p_link bigint, p_entry bytea, p_sha256 bytea,
                                p_role smallint, p_by bigint, p_at timestamptz)
returns bytea language sql immutable parallel safe as $$
select consent_leaf(p_key, p_link, sha256(convert_to(
    '{"by":' || coalesce(p_by::text, 'null') || ',"entry":"' || encode(p_entry, 'hex') || '","file":"'
    || encode(p_sha256, 'hex') || '","role":' || p_role || ',"v":1}', 'UTF8')), p_at) $$;

-- One file to one entry; the link's number, or that of the same link made before. Null when there is
-- no such entry or file of the provider, or when the person was erased.
create function link_entry_file(p_provider integer, p_entry bigint, p_file bigint, p_role smallint,
                                p_name text, p_by integer) returns bigint language plpgsql as $$
declare
    v_link bigint;
begin
    insert into entry_file (provider_id, id, entry_id, entry_at, file_id, added_at, added_by,
                            brand_id, dealer_id, role, name, leaf)
    select e.provider_id, n.link, e.id, e.captured_at, f.id, n.at, p_by, e.brand_id, e.dealer_id,
           p_role, p_name,
           entry_file_leaf(r.leaf_key, n.link, e.leaf, f.sha256, p_role, p_by, n.at)
      from consent_entry e
      join recipient r on r.provider_id = e.provider_id and r.id = e.recipient_id
      join evidence_file f on f.provider_id = e.provider_id and f.id = p_file
     cross join lateral (select nextval('consent_entry_id_seq') as link, now() as at) n
     where e.provider_id = p_provider and e.id = p_entry and r.leaf_key is not null
    on conflict (provider_id, entry_id, file_id, role) do nothing
    returning id into v_link;
    if v_link is null then
        select id into v_link from entry_file where provider_id = p_provider
           and entry_id = p_entry and file_id = p_file and role = p_role;
    end if;
    return v_link;
end $$;
