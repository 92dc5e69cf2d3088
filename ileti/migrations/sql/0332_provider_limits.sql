-- How many a provider may have is kept here and nowhere else: whatever adds a row, by the panel, a
-- list, a program or a command, comes by these triggers. One at a time per provider, so that two who
-- come together cannot both have the last place. What is there already stays when a limit sinks.

create function limit_of(p_provider integer, p_thing text) returns integer
language sql stable as $$
  select case p_thing when 'dealers' then most_dealers when 'users' then most_users
                      when 'brands' then most_brands when 'sites' then most_sites
                      else most_api_accounts end
    from provider where id = p_provider
$$;

create function used_of(p_provider integer, p_thing text) returns bigint
language sql stable as $$
  select case p_thing
    when 'dealers' then (select count(*) from dealer
                          where provider_id = p_provider and status <> 'passive')
    when 'brands' then (select count(*) from brand where provider_id = p_provider)
    when 'sites' then (select count(*) from site
                        where provider_id = p_provider and active and kind = 'widget')
    when 'users' then (select count(*) from (
        select lower(u.email) from membership m join ab_user u on u.id = m.user_id
         where m.provider_id = p_provider
        union select i.email from invitation i
         where i.provider_id = p_provider and i.accepted_at is null and i.revoked_at is null
           and i.expires_at > now()) who)
    else (select count(*) from api_account
           where provider_id = p_provider and disabled_at is null) end
$$;

create function refuse_beyond_limit(p_provider integer, p_thing text) returns void
language plpgsql as $$
declare most integer;
begin
  if p_provider is null or limit_of(p_provider, p_thing) is null then return; end if;
  perform pg_advisory_xact_lock(607004, p_provider);
  most := limit_of(p_provider, p_thing);
  if used_of(p_provider, p_thing) > most then
    raise exception using errcode = 'ILM01', message = p_thing || ':' || most;
  end if;
end $$;

-- A statement that adds nothing that counts (a passive dealer, another role of the same user) is
-- let through, also where a limit sank below what is there.
create function keep_limit() returns trigger language plpgsql as $$
declare one record;
begin
  if tg_table_name = 'dealer' then
    for one in select distinct provider_id from came where status <> 'passive' loop
      perform refuse_beyond_limit(one.provider_id, 'dealers');
    end loop;
  elsif tg_table_name = 'brand' then
    for one in select distinct provider_id from came loop
      perform refuse_beyond_limit(one.provider_id, 'brands');
    end loop;
  elsif tg_table_name = 'site' then
    for one in select distinct provider_id from came where active and kind = 'widget' loop
      perform refuse_beyond_limit(one.provider_id, 'sites');
    end loop;
  elsif tg_table_name = 'api_account' then
    for one in select distinct provider_id from came loop
      perform refuse_beyond_limit(one.provider_id, 'api');
    end loop;
  elsif tg_table_name = 'membership' then
    for one in select distinct c.provider_id from came c where not exists (
        select from membership m where m.provider_id = c.provider_id and m.user_id = c.user_id
           and m.id not in (select id from came)) loop
      perform refuse_beyond_limit(one.provider_id, 'users');
    end loop;
  else
    for one in select distinct provider_id from came
        where accepted_at is null and revoked_at is null loop
      perform refuse_beyond_limit(one.provider_id, 'users');
    end loop;
  end if;
  return null;
end $$;

-- After a change only what counts now and did not before is asked about.
create function keep_limit_changed() returns trigger language plpgsql as $$
declare one record;
begin
  if tg_table_name = 'dealer' then
    for one in select distinct n.provider_id from came n join went o on o.id = n.id
        where n.status <> 'passive' and o.status = 'passive' loop
      perform refuse_beyond_limit(one.provider_id, 'dealers');
    end loop;
  elsif tg_table_name = 'site' then
    for one in select distinct n.provider_id from came n join went o on o.id = n.id
        where n.active and not o.active and n.kind = 'widget' loop
      perform refuse_beyond_limit(one.provider_id, 'sites');
    end loop;
  else
    for one in select distinct n.provider_id from came n join went o on o.id = n.id
        where n.accepted_at is null and n.revoked_at is null and n.expires_at > now()
          and o.expires_at <= now() loop
      perform refuse_beyond_limit(one.provider_id, 'users');
    end loop;
  end if;
  return null;
end $$;

create trigger keep_limit after insert on dealer
  referencing new table as came for each statement execute function keep_limit();
create trigger keep_limit after insert on brand
  referencing new table as came for each statement execute function keep_limit();
create trigger keep_limit after insert on site
  referencing new table as came for each statement execute function keep_limit();
create trigger keep_limit after insert on api_account
  referencing new table as came for each statement execute function keep_limit();
create trigger keep_limit after insert on membership
  referencing new table as came for each statement execute function keep_limit();
create trigger keep_limit after insert on invitation
  referencing new table as came for each statement execute function keep_limit();
create trigger keep_limit_changed after update on dealer
  referencing new table as came old table as went
  for each statement execute function keep_limit_changed();
create trigger keep_limit_changed after update on site
  referencing new table as came old table as went
  for each statement execute function keep_limit_changed();
create trigger keep_limit_changed after update on invitation
  referencing new table as came old table as went
  for each statement execute function keep_limit_changed();
