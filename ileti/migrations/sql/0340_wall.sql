-- The second wall stands around everybody who works for one provider, one brand or one dealer
-- (ADR 0039): what the application's filter hides from them, PostgreSQL hides too.
--
-- A role for each level. ileti_member has the rules of a provider, ileti_brand inherits them and has
-- the brand's besides, ileti_dealer inherits both. A rule of its own for each level, and not one with
-- "or no brand is set", because the planner takes "brand_id = $1" for what the page asks itself, and
-- an "or" for a filter of unknown yield that makes it leave the index. Everybody else is ileti_app,
-- for whom there is the policy "true", which leaves no trace in a plan.
--
-- What a table's rule is stands in wall_rule, a row for each table and level. A rule that asks another
-- table relies on that table's own rules. A table with a provider's number that nobody wrote a rule
-- for has that of its columns, and a level it has no column for sees nothing of it.

create function provider_at_work() returns integer language sql stable parallel safe as $$
select nullif(current_setting('ileti.provider', true), '')::integer $$;
create function brand_at_work() returns integer language sql stable parallel safe as $$
select nullif(current_setting('ileti.brand', true), '')::integer $$;
create function user_at_work() returns integer language sql stable parallel safe as $$
select nullif(current_setting('ileti.user', true), '')::integer $$;
grant execute on function provider_at_work(), brand_at_work(), user_at_work() to ileti_app;

-- Whether a restricted person gave a consent again, at any brand: whoever sees one brand only must
-- come to the same answer (ADR 0029), and learns no more than this yes or no.
create function given_again(p_provider integer, p_recipient bigint, p_since timestamptz)
returns boolean language sql stable security definer set search_path = public, pg_temp as $$
select exists (select from brand b join consent_state s
                   on s.provider_id = b.provider_id and s.brand_id = b.id
                where b.provider_id = p_provider and s.recipient_id = p_recipient
                  and s.status = 1 and s.entry_at > p_since) $$;
revoke execute on function given_again(integer, bigint, timestamptz) from public;
grant execute on function given_again(integer, bigint, timestamptz) to ileti_app;

create table wall_rule (
    table_name text,
    level text constraint ck_wall_rule_level check (level in ('provider', 'brand', 'dealer')),
    rule text not null,        -- which rows are seen and changed
    write_rule text not null,  -- which rows may be written
    made boolean not null,     -- by somebody, not by the table's columns
    built text,
    constraint pk_wall_rule primary key (table_name, level)
);
comment on table wall_rule is 'read: set-up writes, the application reads';

create function wall_sees(p_table text, p_level text, p_rule text, p_write text default null)
returns void language sql as $$
insert into wall_rule (table_name, level, rule, write_rule, made)
values (p_table, p_level, p_rule, coalesce(p_write, p_rule), true)
on conflict (table_name, level) do update
   set rule = excluded.rule, write_rule = excluded.write_rule, made = true $$;
revoke execute on function wall_sees(text, text, text, text) from public;

create or replace function dealer_sees(p_table text, p_rule text) returns void language sql as $$
select wall_sees(p_table, 'dealer', p_rule) $$;
revoke execute on function dealer_sees(text, text) from public;

-- The rule a table has by its columns.
create function wall_default(p_table text, p_level text) returns text
language sql stable as $$
select coalesce((select case when p_level = 'dealer'
                             then 'dealer_id + 0 = (select dealer_at_work())'
                             else format('%1$s_id = (select %1$s_at_work())', p_level) end
                   from pg_attribute
                  where attrelid = format('public.%I', p_table)::regclass
                    and attname = p_level || '_id' and not attisdropped), 'false') $$;
revoke execute on function wall_default(text, text) from public;

-- The tables behind the wall, with rows for what nobody wrote a rule for. Not iys_day_row, which a
-- job fills by COPY, for which PostgreSQL knows no row rules: the lines of a day as hashes, compared
-- by that job and read by nobody else.
create function wall_tables() returns setof text language sql as $$
insert into wall_rule (table_name, level, rule, write_rule, made)
select t, l, wall_default(t, l), wall_default(t, l), false
  from (select c.relname::text as t from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
           and not c.relispartition and c.relname !~ '^(import_stage_|iys_day_row$)'
           and (exists (select from wall_rule w where w.table_name = c.relname)
                or exists (select from pg_attribute a where a.attrelid = c.oid
                            and a.attname in ('provider_id', 'brand_id', 'dealer_id')
                            and not a.attisdropped))) x,
       unnest(array['provider', 'brand', 'dealer']) l
on conflict (table_name, level) do nothing;
delete from wall_rule w where to_regclass(format('public.%I', w.table_name)) is null;
select distinct table_name from wall_rule order by 1 $$;
revoke execute on function wall_tables() from public;

-- Makes the roles, and says whether they are there. An owner that may not make roles needs the
-- database's administrator (docs/production.md).
create function wall_roles() returns boolean language plpgsql as $$
declare
    v_step text[];
    m record;
begin
    foreach v_step slice 1 in array array[['ileti_member', 'ileti_app'],
        ['ileti_brand', 'ileti_member'], ['ileti_dealer', 'ileti_brand']] loop
        begin
            if not exists (select from pg_roles where rolname = v_step[1]) then
                execute format('create role %I nologin', v_step[1]);
            end if;
            if not pg_has_role(v_step[1], v_step[2], 'usage') then
                execute format('grant %I to %I', v_step[2], v_step[1]);
            end if;
            -- who may become ileti_app may become these, which can do no more and see less
            for m in select a.rolname from pg_roles a
                      where a.rolcanlogin and pg_has_role(a.oid, 'ileti_app', 'member')
                        and not pg_has_role(a.oid, v_step[1]::name, 'member')
            loop
                execute format('grant %I to %I', v_step[1], m.rolname);
            end loop;
        exception
            when insufficient_privilege then return false;
            -- the same at the same time, by another installation on this cluster
            when duplicate_object or unique_violation or internal_error then null;
        end;
    end loop;
    return true;
end $$;
revoke execute on function wall_roles() from public;

-- Makes the policies of one table that has none yet, or others than its rules say; the roles must be
-- there.
create function build_wall(p_table text) returns void language plpgsql as $$
declare
    r record;
begin
    for r in select w.*, w.rule || ' / ' || w.write_rule as wanted,
                    case w.level when 'provider' then 'ileti_member'
                                 else 'ileti_' || w.level end as role,
                    exists (select from pg_policies p where p.schemaname = 'public'
                             and p.tablename = w.table_name and p.policyname = w.level) as stands
               from wall_rule w where w.table_name = p_table
              order by array_position(array['provider', 'brand', 'dealer'], w.level) loop
        continue when r.stands and r.built is not distinct from r.wanted;
        if not exists (select from pg_policies p where p.schemaname = 'public'
                        and p.tablename = p_table and p.policyname = 'everybody') then
            execute format('create policy everybody on %I using (true) with check (true)', p_table);
        end if;
        execute format('drop policy if exists %I on %I', r.level, p_table);
        execute format('create policy %I on %I as restrictive for all to %I using (%s) '
                       'with check (%s)', r.level, p_table, r.role, r.rule, r.write_rule);
        execute format('alter table %I enable row level security', p_table);
        update wall_rule set built = r.wanted where table_name = p_table and level = r.level;
    end loop;
end $$;
revoke execute on function build_wall(text) from public;

-- The whole wall at once, as migrations of before ask for it.
create or replace function build_dealer_wall() returns boolean language plpgsql as $$
begin
    if not wall_roles() then
        return false;
    end if;
    perform build_wall(t) from wall_tables() t;
    return true;
end $$;

select dealer_sees(table_name, rule) from dealer_rule;
drop table dealer_rule;

do $$
declare
    v_dealer constant text := ' and coalesce(x.dealer_id, 0) = (select dealer_at_work()) offset 0)';
    v_through constant text := 'exists (select from %s x where x.id = %s offset 0)';
    v_person constant text := 'x where x.provider_id = recipient.provider_id
        and x.recipient_id = recipient.id';
    v_file constant text := 'x where x.provider_id = evidence_file.provider_id
        and x.file_id = evidence_file.id offset 0)';
    v_account constant text := format(v_through, 'api_account', 'account_id');
    v_document constant text := format(v_through, 'document', 'document_id');
    v_import constant text := format(v_through, 'import_run', 'import_id');
    v_entry constant text := 'exists (select from consent_entry x
        where x.provider_id = %1$s.provider_id and x.id = %1$s.%2$s offset 0)';
    v_click constant text := 'exists (select from submission x
        where x.provider_id = %1$s.provider_id and x.id = %1$s.submission_id offset 0)';
    v_self constant text := 'user_id is not distinct from (select user_at_work())';
begin
    -- the places themselves
    perform wall_sees('provider', 'provider', 'id = (select provider_at_work())');
    perform wall_sees('provider', l, 'true', 'false') from unnest(array['brand', 'dealer']) l;
    perform wall_sees('brand', 'brand', 'id = (select brand_at_work())');
    perform wall_sees('brand', 'dealer', 'true', 'false');
    perform wall_sees('dealer', 'dealer', 'id = (select dealer_at_work())');
    -- what a provider keeps for all its brands: read by each, written by none
    perform wall_sees(t, 'brand', 'brand_id = (select brand_at_work()) or brand_id is null',
                      'brand_id = (select brand_at_work())')
       from unnest(array['document', 'purpose', 'data_request_template', 'own_role', 'legal_hold',
                         'legal_hold_end']) t;
    perform wall_sees(t, 'dealer', 'true', 'false') from unnest(array['document', 'own_role']) t;
    perform wall_sees(t, l, v_document)
       from unnest(array['document_version', 'document_event', 'document_purpose']) t,
            unnest(array['brand', 'dealer']) l;
    -- a person and what hangs on one
    perform wall_sees('recipient', 'brand',
        'exists (select from consent_entry ' || v_person || ' and x.brand_id = '
        || '(select brand_at_work()) offset 0) or exists (select from kvkk_entry ' || v_person
        || ' and x.brand_id = (select brand_at_work()) offset 0)');
    perform wall_sees('iys_receipt', 'brand', format(v_entry, 'iys_receipt', 'entry_id'));
    perform wall_sees('outbox', 'dealer', format(v_entry, 'outbox', 'ref_id'));
    perform wall_sees('verification', l, format(v_click, 'verification'))
       from unnest(array['brand', 'dealer']) l;
    perform wall_sees('message', 'dealer', format(v_click, 'message'));
    perform wall_sees('restriction', l, 'exists (select from recipient x where
        x.provider_id = restriction.provider_id and x.id = restriction.recipient_id offset 0)')
       from unnest(array['brand', 'dealer']) l;
    -- a file is seen where it is linked
    perform wall_sees('evidence_file', 'brand',
        'exists (select from entry_file ' || v_file || ' or exists (select from import_file '
        || v_file || ' or exists (select from data_request_file ' || v_file
        || ' or exists (select from data_request_answer ' || v_file);
    -- lists of programs and of people
    perform wall_sees('import_chunk', l, v_import) from unnest(array['brand', 'dealer']) l;
    perform wall_sees('import_before', l, v_import)
       from unnest(array['provider', 'brand', 'dealer']) l;
    -- what hangs on an API account
    perform wall_sees(t, l, v_account)
       from unnest(array['api_key', 'api_token', 'api_usage', 'api_call', 'api_proof']) t,
            unnest(array['brand', 'dealer']) l;
    perform wall_sees('api_nonce', l, format(v_through, 'api_key', 'key_id'))
       from unnest(array['brand', 'dealer']) l;
    -- people: who is a member in sight, and oneself
    perform wall_sees('ab_user', 'provider', 'id = (select user_at_work()) or exists
        (select from membership x where x.user_id = ab_user.id)');
    perform wall_sees('ab_user', l, 'true') from unnest(array['brand', 'dealer']) l;
    -- the trail is the provider's; below it, each notes what they do and reads what they did
    perform wall_sees('audit_entry', l, v_self) from unnest(array['brand', 'dealer']) l;
    -- one's own account is asked for by the system (ADR 0019)
    perform wall_sees(t, l, 'false')
       from unnest(array['user_session', 'user_security', 'recovery_code', 'passkey', 'user_device',
                         'outside_login', 'account_mail']) t,
            unnest(array['provider', 'brand', 'dealer']) l;
end $$;
