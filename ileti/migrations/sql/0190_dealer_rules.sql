-- What a dealer may see stands in a table, a row for each table behind the wall, so that a new one
-- adds a row and repeats nobody's (ADR 0019). `build_dealer_wall` makes policies of what has no
-- policy yet, or another than its rule says.
--
-- A question about the row at hand is asked with "offset 0", and compares "coalesce(dealer_id, 0)",
-- which no index of dealers can serve, not even a partial one where dealer_id is not null: so it is
-- answered by the index of the recipient, not by that of the dealer, whose rows are many. For an
-- access too: with few providers the planner took a dealer's accesses for as good (2 000 rows read
-- for each row shown).
create table dealer_rule (
    table_name text constraint pk_dealer_rule primary key,
    rule text not null,
    built text
);
comment on table dealer_rule is 'read: set-up writes, the application reads';

create function dealer_sees(p_table text, p_rule text) returns void language sql as $$
insert into dealer_rule (table_name, rule) values (p_table, p_rule)
on conflict (table_name) do update set rule = excluded.rule $$;
revoke execute on function dealer_sees(text, text) from public;

-- Makes what is missing of the wall, and says whether it stands. An owner that may not make roles
-- needs the database's administrator for the role (docs/production.md); `ileti setup` calls this
-- each time, so the wall stands from the first set-up after that.
create or replace function build_dealer_wall() returns boolean language plpgsql as $$
declare
    m record;
    r record;
begin
    begin
        if not exists (select from pg_roles where rolname = 'ileti_dealer') then
            create role ileti_dealer nologin;
        end if;
        if not pg_has_role('ileti_dealer', 'ileti_app', 'member') then
            grant ileti_app to ileti_dealer;
        end if;
        -- who may become ileti_app may become ileti_dealer, which can do no more and sees less
        for m in select a.rolname from pg_roles a
                  where a.rolcanlogin and pg_has_role(a.oid, 'ileti_app', 'member')
                    and not pg_has_role(a.oid, 'ileti_dealer', 'member')
        loop
            execute format('grant ileti_dealer to %I', m.rolname);
        end loop;
    exception
        when insufficient_privilege then return false;
        -- the same at the same time, by another installation on this cluster
        when duplicate_object or unique_violation or internal_error then null;
    end;
    for r in select d.*, exists (select from pg_policies p where p.schemaname = 'public'
                                  and p.tablename = d.table_name and p.policyname = 'dealer')
                         as stands
               from dealer_rule d order by table_name loop
        continue when r.stands and r.built is not distinct from r.rule;
        execute format('drop policy if exists everybody on %I', r.table_name);
        execute format('drop policy if exists dealer on %I', r.table_name);
        execute format('create policy everybody on %I using (true) with check (true)',
                       r.table_name);
        execute format('create policy dealer on %I as restrictive for select to ileti_dealer '
                       'using (%s)', r.table_name, r.rule);
        execute format('alter table %I enable row level security', r.table_name);
        update dealer_rule set built = r.rule where table_name = r.table_name;
    end loop;
    return true;
end $$;

do $$
declare
    v_own constant text := 'dealer_id + 0 = (select dealer_at_work())';
    v_here constant text := ' and coalesce(x.dealer_id, 0) = (select dealer_at_work()) offset 0)';
    v_key constant text := 'x where x.provider_id = %1$s.provider_id and x.brand_id = %1$s.brand_id
        and x.recipient_id = %1$s.recipient_id and x.recipient_type = %1$s.recipient_type
        and x.channel = %1$s.channel';
    v_one constant text := 'x where x.provider_id = recipient.provider_id
        and x.recipient_id = recipient.id';
    v_file constant text := 'x where x.provider_id = evidence_file.provider_id
        and x.file_id = evidence_file.id';
begin
    perform dealer_sees(t, v_own) from unnest(array[
        'consent_access', 'submission', 'entry_file', 'import_file']) t;
    perform dealer_sees('consent_entry', v_own || ' or exists (select from consent_access '
                        || format(v_key, 'consent_entry') || v_here);
    perform dealer_sees('consent_state',
        'exists (select from consent_access ' || format(v_key, 'consent_state') || v_here
        || ' or exists (select from consent_entry ' || format(v_key, 'consent_state') || v_here);
    perform dealer_sees('recipient',
        'exists (select from consent_access ' || v_one || v_here
        || ' or exists (select from consent_entry ' || v_one || v_here);
    perform dealer_sees('iys_receipt', 'exists (select from consent_entry e where
        e.provider_id = iys_receipt.provider_id and e.id = iys_receipt.entry_id offset 0)');
    perform dealer_sees('evidence_file',
        'exists (select from entry_file ' || v_file || v_here
        || ' or exists (select from import_file ' || v_file || v_here);
end $$;
