-- Generated from harbour_media.yaml (harbour_media, customers 2.0.0). Do not edit; run: c360 generate
-- It never ran on a workspace. How and when to run it: docs/databricks.md, Shares.

-- Once, before dbt makes the share
create schema if not exists customer360.sharing;
create table if not exists customer360.sharing.key (partner string not null, version int not null, inner_pad binary, outer_pad binary, created timestamp, retires timestamp);
create or replace function customer360.sharing.is_transformer(partner string) returns boolean return is_account_group_member('c360_transformers');
alter table customer360.sharing.key set row filter customer360.sharing.is_transformer on (partner);
insert into customer360.sharing.key select 'harbour_media', 1, unhex(array_join(transform(sequence(1, 127, 2), place -> lpad(hex(cast(conv(substr(rpad(hex(given.secret_key), 128, '0'), place, 2), 16, 10) as int) ^ 54), 2, '0')), '')), unhex(array_join(transform(sequence(1, 127, 2), place -> lpad(hex(cast(conv(substr(rpad(hex(given.secret_key), 128, '0'), place, 2), 16, 10) as int) ^ 92), 2, '0')), '')), current_timestamp(), null from (select unhex(secret('c360', 'harbour_media_1')) as secret_key) as given where not exists (select 1 from customer360.sharing.key where partner = 'harbour_media' and version = 1);

-- customers, for who may see all of it
create or replace function customer360.sharing.only_readers_string(value string) returns string return case when is_account_group_member('c360_transformers') or is_account_group_member('c360_readers') then value end;
create or replace function customer360.sharing.only_readers_int(value int) returns int return case when is_account_group_member('c360_transformers') or is_account_group_member('c360_readers') then value end;
create or replace function customer360.sharing.only_readers_decimal_14_2(value decimal(14,2)) returns decimal(14,2) return case when is_account_group_member('c360_transformers') or is_account_group_member('c360_readers') then value end;
create or replace function customer360.sharing.only_readers_timestamp(value timestamp) returns timestamp return case when is_account_group_member('c360_transformers') or is_account_group_member('c360_readers') then value end;
alter table customer360.analytics.customers_v2 alter column id set mask customer360.sharing.only_readers_string;
alter table customer360.analytics.customers_v2 alter column gender set mask customer360.sharing.only_readers_string;
alter table customer360.analytics.customers_v2 alter column age set mask customer360.sharing.only_readers_int;
alter table customer360.analytics.customers_v2 alter column total_expense set mask customer360.sharing.only_readers_decimal_14_2;
alter table customer360.analytics.customers_v2 alter column first_purchase_at set mask customer360.sharing.only_readers_timestamp;
alter table customer360.analytics.customers_v2 alter column last_purchase_at set mask customer360.sharing.only_readers_timestamp;
alter table customer360.analytics.customers_v2 alter column app_and_games_amount set mask customer360.sharing.only_readers_decimal_14_2;
alter table customer360.analytics.customers_v2 alter column beauty_amount set mask customer360.sharing.only_readers_decimal_14_2;
alter table customer360.analytics.customers_v2 alter column books_amount set mask customer360.sharing.only_readers_decimal_14_2;
alter table customer360.analytics.customers_v2 alter column clothing_shoes_and_accessories_amount set mask customer360.sharing.only_readers_decimal_14_2;
alter table customer360.analytics.customers_v2 alter column movies_and_tv_amount set mask customer360.sharing.only_readers_decimal_14_2;
alter table customer360.analytics.customers_v2 alter column sports_fitness_and_outdoors_amount set mask customer360.sharing.only_readers_decimal_14_2;

-- Once the share is made
create share if not exists c360_harbour_media comment 'Planning of campaigns by age and spending.';
alter share c360_harbour_media add table customer360.analytics_share_harbour_media.customers as harbour_media.customers;
create recipient if not exists c360_partner_harbour_media comment '#partner-harbour-media';
grant select on share c360_harbour_media to recipient c360_partner_harbour_media;

-- To withdraw it, after the last day (customers 2030-12-31) or before
-- alter share c360_harbour_media remove table harbour_media.customers;
-- drop table if exists customer360.analytics_share_harbour_media.customers;
-- drop table if exists customer360.analytics_sharing.release_harbour_media__customers;
-- revoke select on share c360_harbour_media from recipient c360_partner_harbour_media;
