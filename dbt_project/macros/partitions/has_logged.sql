{#
  Whether a build of this position logged changes and did not end: it may have put them in place, and nobody further down
  knows. `name`: `database.table` of the model.
#}
{% macro has_logged(name, position) -%}
    {%- if not config.get('meta', {}).get('logged') -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set found = run_query('select count() as found from ' ~ name ~ '__changes where position >= ' ~ position) -%}
    {{ return(found.rows[0]['found'] | int > 0) }}
{%- endmacro %}
