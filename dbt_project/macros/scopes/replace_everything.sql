{#
  Opening of a model that is small and made whole at every build, and is one of `partitions` all the same so that models
  further down learn what is other than before. `plan`: of build_plan.
#}
{% macro replace_everything(plan) -%}
{{ plan.header }}
{%- if plan.is_scoped %}
select true as is_everything
-- replaces
true
-- rows
{%- endif %}
{%- endmacro %}
