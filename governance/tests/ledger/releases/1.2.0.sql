create schema if not exists landing;
create schema if not exists raw;
create schema if not exists quarantine;
create schema if not exists governance;
create schema if not exists superseded;

-- one row a delivery that was decided on; refused ones stay on record and may be delivered again
create table if not exists governance.delivery (
    delivery_id bigint generated always as identity primary key,
    sha256 text not null,
    dataset text not null,
    contract text not null,
    version text not null,
    file_name text not null,
    outcome text not null check (outcome in ('accepted', 'refused', 'replay')),
    reason text,
    delivered bigint not null,
    promoted bigint not null,
    quarantined bigint not null,
    duplicates bigint not null,
    superseded bigint not null,
    as_of timestamptz not null,
    newest_load timestamp,
    decided_at timestamptz not null default clock_timestamp(),
    check (outcome = 'refused' or delivered = promoted + quarantined + duplicates)
);
-- how its sender writes it, where that is not as when silent; a replay reads its rows so too
alter table governance.delivery add column if not exists form jsonb not null default '{}';
create unique index if not exists delivery_accepted_once
    on governance.delivery (dataset, sha256) where outcome = 'accepted';

-- rows that broke clauses, until a replay lets them through
create table if not exists quarantine.rows (
    quarantine_id bigint generated always as identity primary key,
    delivery_id bigint not null references governance.delivery,
    dataset text not null,
    row_number bigint not null,
    clauses text[] not null,
    payload jsonb not null,
    quarantined_at timestamptz not null default clock_timestamp(),
    resolved_by bigint references governance.delivery
);
-- the line of the file where it is no record; how a row left: replayed, corrected, resolved or discarded
alter table quarantine.rows add column if not exists line bigint;
alter table quarantine.rows add column if not exists resolution text;
alter table quarantine.rows add column if not exists resolved_at timestamptz;
update quarantine.rows as r set resolution = 'replayed', resolved_at = d.decided_at
from governance.delivery as d
where d.delivery_id = r.resolved_by and r.resolved_at is null;
drop index if exists quarantine.rows_open;
create index if not exists rows_by_dataset on quarantine.rows (dataset, quarantine_id) where resolved_at is null;

-- who decided what about rows in quarantine, and why
create table if not exists quarantine.decision (
    decision_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    action text not null check (action in ('resolve', 'discard', 'export')),
    dataset text not null,
    decided_by text not null,
    reason text not null,
    rows bigint not null
);
alter table quarantine.rows add column if not exists decision_id bigint references quarantine.decision;

-- which rows of a refused delivery broke which clauses: numbers only
create table if not exists quarantine.evidence (
    delivery_id bigint not null references governance.delivery,
    row_number bigint not null,
    line bigint,
    clauses text[] not null
);
create index if not exists evidence_by_delivery on quarantine.evidence (delivery_id);

-- versions of rows that are older than what raw holds: nothing is overwritten without trace
create table if not exists governance.superseded (
    superseded_id bigint generated always as identity primary key,
    delivery_id bigint not null references governance.delivery,
    dataset text not null,
    payload jsonb not null,
    superseded_at timestamptz not null default clock_timestamp()
);
create index if not exists superseded_contents on governance.superseded (dataset, md5(payload::text));

-- the history: append-only, one row a clause, stage and run; a row of engine 'c360' tells how the run itself ended
create table if not exists governance.history (
    run_id uuid not null,
    at timestamptz not null default clock_timestamp(),
    as_of timestamptz not null,
    stage text not null,
    engine text not null,
    contract text not null,
    version text not null,
    dataset text not null,
    clause text not null,
    outcome text not null check (outcome in ('passed', 'failed', 'warned', 'skipped', 'errored')),
    measured double precision,
    rows bigint,
    detail text
);
alter table governance.history add column if not exists dissent text;
alter table governance.history add column if not exists dimension text;
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
