-- A second wall around a dealer's pages: rows it may not see are hidden by PostgreSQL too (ADR 0019).
--
-- The pages of a dealer work as the role ileti_dealer (ileti/tenancy/wall.py), everything else as
-- ileti_app. The wall is restrictive and for that role alone; all others have the policy "true",
-- which the planner drops, so that capture and the gate pay nothing. "offset 0" makes PostgreSQL ask
-- each question for the row at hand instead of collecting all a dealer took, and "dealer_id + 0" by
-- the index of the recipient, not by that of the dealer, whose rows are many (ileti/tenancy/scope.py).

-- The dealer at work; nobody outside a dealer's transaction.
create function dealer_at_work() returns integer language sql stable parallel safe as $$
select nullif(current_setting('ileti.dealer', true), '')::integer $$;
grant execute on function dealer_at_work() to ileti_app;

-- Makes what is missing of the wall, and says whether it stands. An owner that may not make roles
-- needs the database's administrator for the role (docs/production.md); `ileti setup` calls this
-- each time, so the wall stands from the first set-up after that.
create function build_dealer_wall() returns boolean language plpgsql as $$
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
              e.provider_id = iys_receipt.provider_id and e.id = iys_receipt.entry_id offset 0)']];
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
revoke execute on function build_dealer_wall() from public;

select build_dealer_wall();
