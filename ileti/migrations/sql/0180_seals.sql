-- A table says in its comment what the application's role may do there, so that a new one needs no
-- new list: "proof:" add and read, "read:" read, anything else all four.
do $$
declare t text;
begin
    foreach t in array array['recipient', 'submission', 'consent_entry', 'iys_receipt',
                             'iys_movement', 'iys_archive', 'audit_entry', 'document_version',
                             'document_event', 'evidence_file', 'entry_file', 'seal',
                             'seal_stamp'] loop
        execute format('comment on table %I is %L', t, 'proof: the application only adds rows');
    end loop;
    foreach t in array array['seal_epoch', 'alembic_version'] loop
        execute format('comment on table %I is %L', t, 'read: set-up writes, the application reads');
    end loop;
end $$;

create or replace function grant_application_rights() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    t record;
begin
    grant usage on schema public to ileti_app;
    grant usage, select on all sequences in schema public to ileti_app;
    grant execute on all functions in schema public to ileti_app;
    for t in select c.relname, coalesce(obj_description(c.oid, 'pg_class'), '') as said
               from pg_class c
              where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                and not c.relispartition loop
        execute format('revoke all on %I from ileti_app', t.relname);
        execute format('grant %s on %I to ileti_app', case
            when t.said like 'read:%' then 'select'
            when t.said like 'proof:%' then 'select, insert'
            else 'select, insert, update, delete' end, t.relname);
    end loop;
end $$;
revoke execute on function grant_application_rights() from public;

insert into seal_epoch (epoch, system)
select 0, system_identifier::text from pg_control_system();

-- Another cluster (after a dump and restore, or a move) counts transactions anew: entries from now
-- on are of the next epoch. Run by the owner at set-up, while nobody writes; the epoch before is
-- closed by the sealer (ileti/evidence/seal.py). Answers the epoch when it began one.
create function begin_seal_epoch() returns smallint
language plpgsql set search_path = public, pg_temp as $$
declare
    v_here text := (select system_identifier::text from pg_control_system());
    v_last record;
begin
    select epoch, system into v_last from seal_epoch order by epoch desc limit 1;
    if v_last.system = v_here then
        return null;
    end if;
    insert into seal_epoch (epoch, system) values (v_last.epoch + 1, v_here);
    execute format('alter table consent_entry alter column epoch set default %s',
                   v_last.epoch + 1);
    execute format('alter table entry_file alter column epoch set default %s', v_last.epoch + 1);
    return v_last.epoch + 1;
end $$;
revoke execute on function begin_seal_epoch() from public;

-- The numbers at İYS are parts of every claim (ileti/evidence/leaf.py): changed afterwards, no entry
-- could be put together again.
create function refuse_other_number() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
    if tg_table_name = 'provider' and exists (
            select from consent_entry where provider_id = new.id)
       or tg_table_name = 'brand' and exists (
            select from consent_entry
             where provider_id = (to_jsonb(new) ->> 'provider_id')::int and brand_id = new.id) then
        raise exception 'the number stands in the proof of entries' using errcode = '23001';
    end if;
    return new;
end $$;
create trigger number_kept before update of iys_code on provider for each row
    when (old.iys_code is distinct from new.iys_code) execute function refuse_other_number();
create trigger number_kept before update of brand_code on brand for each row
    when (old.brand_code is distinct from new.brand_code) execute function refuse_other_number();

select grant_application_rights();
