-- people who were forgotten: what keeps them out, and the proof that it was done; no id of theirs stands in here
-- (they outlive the rest of the ledger, should somebody drop it: hence if not exists)
create schema if not exists erasure;

-- the two pads of HMAC-SHA-256 (RFC 2104), of one secret key for this database
create table if not exists erasure.key (
    only_one boolean primary key default true check (only_one),
    inner_pad bytea not null,
    outer_pad bytea not null
);

-- a keyed hash of the id, so that nobody is brought back
create table if not exists erasure.tombstone (
    tombstone_id bigint generated always as identity primary key,
    dataset text not null,
    column_name text not null,
    hash bytea not null,
    unique (dataset, column_name, hash)
);

-- the same of what only this person had, such as an e-mail address: rows without a readable id are known by it
create table if not exists erasure.trait (
    tombstone_id bigint not null references erasure.tombstone,
    column_name text not null,
    hash bytea not null,
    unique (tombstone_id, column_name, hash)
);

-- who did it, when, and how many rows by table and files that was: an entry for each time that something was left
create table if not exists erasure.log (
    log_id bigint generated always as identity primary key,
    tombstone_id bigint not null references erasure.tombstone,
    at timestamptz not null default clock_timestamp(),
    erased_by text not null,
    rows jsonb not null,
    files bigint not null
);

-- rows of people who were forgotten, before or since: they are kept out, or have left the quarantine
alter table governance.delivery add column erased bigint not null default 0;
alter table governance.delivery drop constraint if exists delivery_check;
alter table governance.delivery add constraint delivery_adds_up
    check (outcome = 'refused' or delivered = promoted + quarantined + duplicates + erased);
