{#- Fails by the gate's last verdict on a clause: by as many rows as broke it, by one where none were counted, and
    by one when the gate never judged it, for that is no pass. The verdicts are in governance.history. -#}
{% test gate_clause(model, clause, column_name=none) %}
{{ config(fail_calc='coalesce(sum(broken), 0)') }}
with

last_verdict as (

    select
        outcome,
        rows
    from governance.history
    where clause = '{{ clause | replace("'", "''") }}' and stage = 'gate'
    order by at desc
    limit 1

)

select greatest(coalesce(last_verdict.rows, 1), 1) as broken
from (select 1 as one) as asked
left join last_verdict on true
where coalesce(last_verdict.outcome, 'never judged') <> 'passed'
{% endtest %}
