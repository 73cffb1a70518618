{#
  A model or seed by its name, as `database.table`, for statements that stand in for a view: `ref` would ask the unit
  tests of the model for inputs that it has by way of the view.
#}
{% macro relation_of(name) -%}
    {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ name) or graph.nodes['seed.' ~ project_name ~ '.' ~ name] -%}
    {{ return(node.schema ~ '.' ~ node.alias) }}
{%- endmacro %}
