{#
  Rows of an upstream `partitions` model that appeared or vanished since this model was built: the columns it logs,
  and is_removed. A hint where to look and never data itself: a build that failed half-way may have logged what it did not do.
#}
{% macro changes_of(plan, name) -%}
    {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ name] -%}
    (
        select *
        from {{ node.schema }}.{{ node.alias }}__changes
        where position > {{ plan.since[name] }}
    )
{%- endmacro %}
