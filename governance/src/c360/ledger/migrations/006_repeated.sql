-- a file that comes again after another one is a new delivery
drop index if exists governance.delivery_accepted_once;
create index if not exists delivery_accepted on governance.delivery (dataset, delivery_id) where outcome = 'accepted';
