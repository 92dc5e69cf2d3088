-- Which text is on show: the one rule for forms, pages and the question about the past (ADR 0026).

-- The wordings on show for a brand at a moment, one per document and language. A brand's own document
-- stands before the provider's of the same kind and channel; among several of one place the one last
-- put on forms, else the oldest. Of statements of consent there is one per purpose. A version counts
-- from its effective date, the highest one wins, and a retirement ends all that was published before.
create function texts_on_show(p_provider integer, p_brand integer, p_at timestamptz)
returns table (document_id integer, brand_id integer, name varchar, kind varchar, channel smallint,
               language varchar, version_id integer, version integer, title varchar, body text,
               content_hash bytea, effective_from timestamptz, purposes jsonb)
language sql stable parallel safe as $$
with live as (
    select distinct on (d.id, v.language)
           d.id, d.brand_id, d.name, d.kind, d.channel, v.language, v.id as version_id, v.version,
           v.title, v.body, v.content_hash, v.effective_from, v.purposes,
           case when d.kind in ('ACIK_RIZA', 'YURT_DISI')
                then coalesce((v.purposes -> 0 ->> 'id')::integer, -d.id) else 0 end as about,
           (select max(e.at) from document_event e
             where e.document_id = d.id and e.kind = 'ON_FORMS' and e.at <= p_at) as chosen_at
      from document d join document_version v on v.document_id = d.id
     where d.provider_id = p_provider and (d.brand_id = p_brand or d.brand_id is null)
       and v.effective_from <= p_at
       and not exists (select from document_event e
                        where e.document_id = d.id and e.kind = 'RETIRED'
                          and e.at >= v.published_at and e.at <= p_at)
     order by d.id, v.language, v.version desc),
placed as (
    select live.*, first_value(id) over (
               partition by kind, channel, about
               order by live.brand_id is null, chosen_at desc nulls last, id) as first_id
      from live)
select id, placed.brand_id, placed.name, placed.kind, placed.channel, placed.language,
       placed.version_id, placed.version, placed.title, placed.body, placed.content_hash,
       placed.effective_from, placed.purposes
  from placed where id = first_id $$;

-- Where a brand has several documents of one kind and channel, the one that is on show stays.
insert into document_event (provider_id, document_id, kind, at, reason)
select provider_id, document_id, 'ON_FORMS', at, ''
  from (select distinct on (d.brand_id, d.kind, d.channel)
               d.provider_id, d.id as document_id, v.published_at as at,
               (select count(*) from document o where o.brand_id = d.brand_id and o.kind = d.kind
                   and o.channel is not distinct from d.channel) as many
          from document d join document_version v on v.document_id = d.id
         where d.kind in ('ETK_ONAYI', 'AYDINLATMA')
         order by d.brand_id, d.kind, d.channel, v.version desc, v.id desc) one
 where many > 1;

-- What happened to a text is proof: INSERT only, whatever else the list of proof holds by now.
do $$ begin
    execute replace(pg_get_functiondef('grant_application_rights()'::regprocedure),
                    '''audit_entry''', '''document_event'', ''audit_entry''');
end $$;
