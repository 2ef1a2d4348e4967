-- One row a product category of the contract, in the contract's order.
{{ config(enabled=customer360.is_enabled('contacts', 'transactions')) }}

{%- for category in customer360.contract_enum('transactions', 'category') %}
select
    {{ loop.index }} as position,
    {{ customer360.text_literal(category.value) }} as category
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
