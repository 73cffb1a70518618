{#
  Stores what a query finds in a table of its own for the time of a build.
  `structure`: columns with their types and what is made of them, in brackets; the query's own without it.
#}
{% macro store_rows(name, query, structure='') -%}
    {% call statement('main') %}
        create or replace table {{ name }} {{ structure }}
        engine = MergeTree
        order by tuple()
        as {{ query }} {{ adapter.get_model_query_settings(model) }}
    {% endcall %}
{%- endmacro %}
