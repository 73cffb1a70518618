{# What decides a model's rows beside its data, as texts: see model_fingerprint. #}
{% macro texts_of(node) -%}
    {%- set texts = [node.raw_code, node.columns.keys() | list | string] -%}
    {%- set waiting = node.depends_on.macros | list -%}
    {%- set seen = [] -%}
    {#- A loop that finds more to do while it goes: Jinja has no `while`, and 200 is more than the project's macros. -#}
    {%- for _ in range(200) if waiting -%}
        {%- set name = waiting.pop() -%}
        {%- if name not in seen and name.startswith('macro.' ~ project_name ~ '.') -%}
            {%- do seen.append(name) -%}
            {%- set called = context[name.split('.')[-1]].macro -%}
            {%- if 'partitions/' not in called.original_file_path -%}
                {%- do texts.append(called.macro_sql) -%}
                {%- do waiting.extend(called.depends_on.macros) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in modules.re.findall('var\\([\'"](\\w+)', texts | join('\n')) | unique | sort -%}
        {%- do texts.append(name ~ ' = ' ~ var(name, '')) -%}
    {%- endfor -%}
    {%- for parent in node.depends_on.nodes if parent in graph.nodes -%}
        {%- set upstream = graph.nodes[parent] -%}
        {%- if upstream.resource_type == 'seed' -%}
            {%- do texts.append(upstream.checksum.checksum) -%}
        {%- elif upstream.config.materialized in ('view', 'ephemeral') -%}
            {%- do texts.extend(texts_of(upstream)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(texts) }}
{%- endmacro %}
