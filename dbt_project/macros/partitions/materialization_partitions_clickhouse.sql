{#
  A table whose build touches only what changed, and whose readers never see a hole. See docs/decisions/0006.

  A model's text is its rows; after `build_plan` says that only a scope is built, it is

      -- watermark {…}
      select …            what is to be built anew: becomes the table scope_of(model)
      -- replaces
      condition           which rows of the table as it is are in that scope
      -- rows
      select …            the rows of the scope as they must be now

  or its rows alone, as long as they are cheap: then all of them are made anew, but only if an input has news.

  meta.upstream     models whose changes decide the scope
  meta.loaded_from  raw tables whose loaded_at decides it
  meta.logged       columns by which models further down learn of changes; none: nobody asks
  meta.compared     columns that tell whether a row is another than before; none: all do
#}
{% materialization partitions, adapter='clickhouse' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}

    {%- set found = modules.re.search('-- watermark ([^\n]+)', sql) -%}
    {%- set watermark = fromjson(found.group(1)) -%}
    {%- set sections = modules.re.split('\n *-- (?:replaces|rows)\n', sql) -%}
    {%- if watermark.is_idle -%}
        {% call noop_statement('main', 'IDLE') %}{% endcall %}
    {%- elif sections | length == 3 -%}
        {% do replace_partitions(target_relation, sections[0], sections[1], sections[2], watermark) %}
    {%- else -%}
        {% do rebuild_partitions(target_relation, sql, watermark) %}
    {%- endif -%}

    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
