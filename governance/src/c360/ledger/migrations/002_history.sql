-- The tables of 1.2.0 had no number yet, so that this file and the next find some or all of it done.

-- the history: append-only; a row of engine 'c360' tells how the run itself ended
alter table governance.history add column if not exists dissent text;
-- last outcome and start of its streak: a few index probes a clause, however long the history
create index if not exists history_by_time on governance.history (clause, stage, as_of desc, at desc);
create index if not exists history_by_outcome on governance.history (clause, stage, outcome, as_of desc, at desc);
drop index if exists governance.history_by_clause;
create index if not exists delivery_by_time on governance.delivery (dataset, as_of desc);

create or replace function governance.refuse_change() returns trigger language plpgsql as $$
begin
    if current_setting('c360.pruning', true) = 'on' and tg_op = 'DELETE' then
        return null;
    end if;
    raise exception 'governance.history is append-only' using hint = 'Old rows go by: c360 history prune';
end $$;
create or replace trigger history_is_append_only before update or delete or truncate
    on governance.history for each statement execute function governance.refuse_change();

-- what was told by c360 alert: `state` is what was wrong then, `changes` what had changed; due until it is posted
create table if not exists governance.alert (
    alert_id bigint generated always as identity primary key,
    as_of timestamptz not null,
    at timestamptz not null default clock_timestamp(),
    state jsonb not null,
    changes jsonb not null,
    due boolean not null
);
create index if not exists alert_due on governance.alert (alert_id) where due;
