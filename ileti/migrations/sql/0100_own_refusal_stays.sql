-- A refusal of ours that İYS has not got yet stays before every older word of İYS, its refusals
-- included: pulled late, RET and ONAY of İYS used to take its place one after the other, and the gate
-- said yes until İYS had our refusal (R-32). A word of İYS from our own future proves that our clock is
-- behind; nobody knows then which was first, and the refusal stays as well. For this the function looks
-- at the clock and is no longer immutable. Readable form: ileti/consents/rules.py.
create or replace function consent_judge(
    ex_status smallint, ex_standing smallint, ex_date timestamptz, ex_iys smallint,
    new_status smallint, new_standing smallint, new_date timestamptz, new_source smallint
) returns smallint language sql stable parallel safe as $$
select (case
    when new_standing = 0 then
        case when ex_status is null or (ex_standing = 0 and ex_date <= new_date)
             then 13 else 5 end
    when new_source >= 31 then
        case when ex_status is null or ex_standing = 0 then 9
             when ex_iys in (3, 7) then case when new_date >= ex_date then 9 else 4 end
             when ex_status = 2 and (new_date <= ex_date or new_date > now()) then 4
             else 9 end
    when new_source = 13 and new_status = 1 then 0
    when ex_status is null or ex_standing = 0 then
        case when new_source = 13 then 10 when new_status = 2 then 57 else 25 end
    when ex_status = 2 and new_status = 2 then
        case when new_source = 13 or new_date <= ex_date then 3 else 57 end
    when new_date > ex_date then 25
    when new_date = ex_date and new_status = 2 then 89
    else 4
end)::smallint $$;
