-- a delivery is put down as planned before its rows are touched, and as what it comes to after; whoever comes in
-- between finds in `plan` what is still to be done
alter table governance.delivery add column if not exists plan jsonb;
alter table governance.delivery drop constraint if exists delivery_outcome_check;
alter table governance.delivery add constraint delivery_outcome_check
    check (outcome in ('planned', 'accepted', 'refused', 'replay'));
alter table governance.delivery drop constraint if exists delivery_plan_check;
alter table governance.delivery add constraint delivery_plan_check check ((outcome = 'planned') = (plan is not null));
create index if not exists delivery_planned on governance.delivery (dataset) where outcome = 'planned';
-- each dataset lands in a schema of its own; what another owns is taken care of with the roles (`c360 access`)
do $$ begin drop schema if exists landing cascade; exception when insufficient_privilege then null; end $$;
