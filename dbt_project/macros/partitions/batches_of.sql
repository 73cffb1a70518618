{#
  Number of passes of a full build: one for every `rows_per_batch` rows of raw_events.events, and one for a model
  whose text has no in_batch.
#}
{% macro batches_of(sql) -%}
    {%- if '/* batches */' not in sql -%}
        {{ return(1) }}
    {%- endif -%}
    {%- set rows = run_query('select count() as stored from raw_events.events').rows[0]['stored'] | int -%}
    {{ return(1 + rows // var('rows_per_batch')) }}
{%- endmacro %}
