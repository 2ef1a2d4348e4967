-- what the gate took of a delivery, by clause and name (rows, shares, averages): later ones are compared with it
alter table governance.delivery add column if not exists numbers jsonb not null default '{}';
