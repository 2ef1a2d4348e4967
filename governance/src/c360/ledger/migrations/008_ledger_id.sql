-- an engine that keeps data elsewhere knows by it whose number of a delivery it is asked for
create table if not exists governance.ledger (
    id uuid not null default gen_random_uuid(),
    one boolean primary key default true check (one)
);
insert into governance.ledger default values on conflict do nothing;
