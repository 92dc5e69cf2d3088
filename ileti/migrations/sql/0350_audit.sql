-- The audit trail with leaves (R-58, R-69): each line commits to all it says, and names the line before it,
-- so that the sealer fixes it as it fixes consents, and a line that is taken out is missed by name.

-- What a line's leaf is the SHA-256 of: RFC 8785 text, `detail` as the hash of its jsonb text. The same in
-- Python is ileti/consents/traillines.py.
create function audit_claim(a audit_entry) returns text language sql immutable
set search_path = public, pg_temp as $$
select '{"action":' || to_json(a.action)
    || ',"actor":' || coalesce(to_json(a.actor)::text, 'null')
    || ',"address":' || coalesce(to_json(a.address)::text, 'null')
    || ',"at":' || (extract(epoch from a.at) * 1000000)::bigint
    || ',"before":' || coalesce(a.before_id::text, 'null')
    || ',"brand":' || coalesce(a.brand_id::text, 'null')
    || ',"dealer":' || coalesce(a.dealer_id::text, 'null')
    || ',"detail":"' || encode(sha256(convert_to(a.detail::text, 'UTF8')), 'hex')
    || '","number":' || a.id
    || ',"provider":' || coalesce(a.provider_id::text, 'null')
    || ',"salt":"' || encode(a.salt, 'hex')
    || '","subject":' || to_json(a.subject)
    || ',"user":' || coalesce(a.user_id::text, 'null')
    || ',"v":1}' $$;

-- Whoever adds a line says what was done; place in the order, salt and leaf are the database's word.
-- `before_id` is the newest line of the same provider that this transaction sees: no lock is taken, so
-- two lines of one moment may name the same. It is ordered as its index is, so that no plan reads the
-- trail of everybody from its end for one who has done nothing for long.
create function seal_audit_line() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    new.actor := coalesce(new.actor, left(new.detail ->> 'program', 120));
    new.xid := pg_current_xact_id();
    new.epoch := (select max(epoch) from seal_epoch);
    new.salt := uuid_send(gen_random_uuid());
    new.erased_at := null;
    if new.provider_id is null then
        new.before_id := (select id from audit_entry where provider_id is null
                           order by provider_id desc, id desc limit 1);
    else
        new.before_id := (select id from audit_entry where provider_id = new.provider_id
                           order by provider_id desc, id desc limit 1);
    end if;
    new.leaf := sha256(convert_to(audit_claim(new), 'UTF8'));
    return new;
end $$;

-- Lines from before there were leaves get theirs now, in one pass; they are of this moment's transaction.
alter table audit_entry alter column leaf type bytea
    using sha256(convert_to(audit_claim(audit_entry), 'UTF8'));
alter table audit_entry alter column leaf set not null;
alter table audit_entry alter column epoch set default 0;
do $$
begin
    execute format('alter table audit_entry alter column epoch set default %s',
                   (select max(epoch) from seal_epoch));
    -- A line dated long before its seal was slipped in; those taken over here were not.
    execute format('create function trail_before_seals() returns bigint language sql immutable '
                   'parallel safe as %L', format('select %s::bigint', (
                       select coalesce(max(id), 0) from audit_entry)));
end $$;

create trigger sealed before insert on audit_entry for each row execute function seal_audit_line();
