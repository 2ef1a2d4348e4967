{% macro note_inputs(noted, digests) %}
    {#- A hook before a build: note in `noted` (int_inputs_noted) what the model is built from: `digests` are queries
        for one text each. SQL, variables and categories of the package count, too. It is undone where the build fails.
        A model that does not have the columns and types of its contract fails here. Nothing where models are no
        incremental ones: see inputs_changed. -#}
    {{- return(adapter.dispatch("note_inputs", "customer360")(noted, digests)) -}}
{% endmacro %}

{% macro default__note_inputs(noted, digests) %}
{% endmacro %}

{% macro postgres__note_inputs(noted, digests) %}
    {%- if execute %}
    {#- dbt compares a model with its contract only where it makes the table. #}
    {%- if is_incremental() and model.config.contract.enforced %}{% do get_assert_columns_equivalent(sql) %}{% endif %}
    {%- set code = [
        var("holdout_days"), customer360.is_enabled("evaluation"), customer360.contract_enum("transactions", "category")
    ] %}
    {%- set models = graph.nodes.values() | selectattr("resource_type", "equalto", "model") %}
    {%- for node in models | sort(attribute="unique_id") %}
    {%- if node.package_name == "customer360" %}{% do code.append(node.raw_code) %}{% endif %}
    {%- endfor %}
    insert into {{ noted }} as known (model, inputs)
    select
        '{{ this.identifier }}',
        concat_ws(
            ' ', '{{ local_md5(code | string) }}'
            {%- for digest in digests %},
            ({{ digest }})
            {%- endfor %}
        )
    on conflict (model) do update set former_inputs = known.inputs, inputs = excluded.inputs
    {%- endif %}
{% endmacro %}
