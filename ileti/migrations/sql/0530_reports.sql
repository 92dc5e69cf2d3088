-- Answers of İYS are counted after they are written, each once: the statement that writes them notes
-- which they are, in its own transaction, and the counting takes the notes away (ADR 0057). Not the
-- counting itself: a number that every answer changes makes all writers wait for one row.
create function report_answers() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into report_answer (provider_id, entry_id, receipt_id)
    select provider_id, entry_id, id from added;
    return null;
end $$;
revoke execute on function report_answers() from public;

-- Waits for answers under way, so that each is either among those before or noted.
create trigger report_answers after insert on iys_receipt
    referencing new table as added for each statement execute function report_answers();

insert into report_mark (id, old_answers) select 1, max(id) from iys_receipt;
