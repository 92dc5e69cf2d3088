-- What a published text and what became of it commit to (R-17, R-69): the trail's line of the deed carries
-- the digest, and is sealed. Times are microseconds, so that no session's time zone matters.

create function text_digest(v document_version) returns text language sql stable
set search_path = public, pg_temp as $$
select encode(sha256(convert_to(jsonb_build_object(
    'at', (extract(epoch from v.published_at) * 1000000)::bigint, 'by', v.published_by,
    'document', v.document_id, 'from', (extract(epoch from v.effective_from) * 1000000)::bigint,
    'hash', encode(v.content_hash, 'hex'), 'id', v.id, 'language', v.language,
    'provider', v.provider_id, 'purposes', v.purposes, 'reason', v.renewal_reason,
    'renewal', v.renewal, 'source', v.source, 'topics', to_jsonb(v.topics),
    'version', v.version)::text, 'UTF8')), 'hex') $$;

create function text_event_digest(e document_event) returns text language sql stable
set search_path = public, pg_temp as $$
select encode(sha256(convert_to(jsonb_build_object(
    'at', (extract(epoch from e.at) * 1000000)::bigint, 'by', e.by, 'document', e.document_id,
    'id', e.id, 'kind', e.kind, 'provider', e.provider_id, 'reason', e.reason)::text, 'UTF8')),
    'hex') $$;

-- Texts and events from before get their lines now. Nothing of a sandbox is proof.
insert into audit_entry (provider_id, action, subject, actor, detail)
select v.provider_id, 'document:sealed', 'document_version:' || v.id, 'cli:setup',
       jsonb_build_object('digest', text_digest(v))
  from document_version v join provider p on p.id = v.provider_id
 where p.sandbox_of is null order by v.id;

insert into audit_entry (provider_id, action, subject, actor, detail)
select e.provider_id, 'document:sealed', 'document:' || e.document_id, 'cli:setup',
       jsonb_build_object('digest', text_event_digest(e), 'event', e.id)
  from document_event e join provider p on p.id = e.provider_id
 where p.sandbox_of is null order by e.id;

-- A line that vouches for a text long after it was published was slipped in; those written here were not.
do $$
begin
    execute format('create function texts_before_seals() returns bigint language sql immutable '
                   'parallel safe as %L', format('select %s::bigint', (
                       select coalesce(max(id), 0) from audit_entry)));
end $$;
