-- how its sender writes a delivery, where that is not as when silent; a replay reads its rows so too
alter table governance.delivery add column if not exists form jsonb not null default '{}';

-- the line of the file where a row is no record; how it left: replayed, corrected, resolved or discarded
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

-- the superseded rows, readable with their types: views are made in a schema of their own
create schema if not exists superseded;
create index if not exists superseded_contents on governance.superseded (dataset, md5(payload::text));
