-- which channels have an alert already, while it is due for others
alter table governance.alert add column if not exists posted_to text[] not null default '{}';

-- who is on what is wrong, and until when there is no reminder of it; added to, never changed
create table if not exists governance.acknowledgement (
    acknowledgement_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    as_of timestamptz not null,
    about text not null,
    acknowledged_by text not null,
    until timestamptz not null,
    reason text not null
);
create index if not exists acknowledgement_about on governance.acknowledgement (about, acknowledgement_id);
