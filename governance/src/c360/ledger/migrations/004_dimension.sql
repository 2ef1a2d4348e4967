-- completeness, uniqueness, …: what people ask by, also of clauses that no contract makes any more
alter table governance.history add column if not exists dimension text;
