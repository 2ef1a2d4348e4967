create schema if not exists landing;
create schema if not exists raw;
create schema if not exists quarantine;
create schema if not exists analytics;
create schema if not exists governance;

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
create index if not exists rows_open on quarantine.rows (dataset) where resolved_by is null;

-- what a newer row of the same key replaced: nothing is overwritten without trace
create table if not exists governance.superseded (
    superseded_id bigint generated always as identity primary key,
    delivery_id bigint not null references governance.delivery,
    dataset text not null,
    payload jsonb not null,
    superseded_at timestamptz not null default clock_timestamp()
);

-- the history: append-only, one row a clause, stage and run
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
create index if not exists history_by_clause on governance.history (clause, engine, at desc);
