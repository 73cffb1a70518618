{#
  Hash of what decides a model's rows beside its data: its own text and columns, the text of the views and ephemeral
  models it is made of, and the variables. Macros are not in it: after a change of one, build with `--full-refresh`.
#}
{% macro model_fingerprint(node) -%}
    {%- set texts = [node.raw_code, node.columns.keys() | list | string, var('session_timeout_minutes') | string] -%}
    {%- for parent in node.depends_on.nodes if graph.nodes.get(parent, {}).get('resource_type') == 'model' -%}
        {%- set upstream = graph.nodes[parent] -%}
        {%- if upstream.config.materialized in ('view', 'ephemeral') -%}
            {%- do texts.append(model_fingerprint(upstream)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(local_md5(texts | join('\n'))) }}
{%- endmacro %}
