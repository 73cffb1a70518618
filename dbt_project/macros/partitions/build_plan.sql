{#
  What a build of a `partitions` model has to do, as a dictionary:

  is_scoped  whether only what changed is built; if not, everything is
  is_idle    whether nothing changed, in whatever the model names as its inputs: then nothing is done
  since      by upstream model the position up to which its changes are built in already; by raw table the load time
             (milliseconds since 1970) from which its rows are looked at again, `load_overlap_minutes` before the last;
             after the last when no row was added since
  header     first line of the compiled model: the positions to record when the build is done

  A model that has no scope, and logs nothing, is its header and its rows: it is made anew whenever one of its inputs has news.

  `owner`: name of the model that is built, if it is another than the one this is called in.
  Everything is built if the table, its watermark or one upstream's changes are missing, if an upstream was itself built
  in whole, if the watermark is so old that changes may have been forgotten, if the model's text or a variable it
  depends on is another, or if more rows were loaded than `rebuild_beyond_rows`.
#}
{% macro build_plan(owner=none) -%}
    {%- set plan = {'is_scoped': false, 'is_idle': false, 'since': {}, 'header': ''} -%}
    {%- if not execute or flags.WHICH not in ('run', 'build') or model.resource_type != 'model' -%}
        {{ return(plan) }}
    {%- endif -%}
    {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ (owner or model.name)] -%}
    {%- set upstream = node.config.meta.get('upstream', []) -%}
    {%- set tables = node.config.meta.get('loaded_from', []) -%}

    {%- set states = {} -%}
    {%- set names = "'" ~ ([node.name] + upstream) | join("', '") ~ "'" -%}
    {#- Every model asks this once, and sorting here takes ClickHouse half as long as sorting there. -#}
    {%- for row in run_query(
        'select model, position, built_at, rebuilt_at, fingerprint, toJSONString(inputs) as inputs,'
        ~ ' now() - toDateTime(built_at) as age from ' ~ watermarks() ~ ' where model in (' ~ names ~ ')'
    ).rows -%}
        {%- set known = states.get(row['model']) -%}
        {%- if known is none or (row['position'] | int, row['built_at']) > (known['position'] | int, known['built_at']) -%}
            {%- do states.update({row['model']: row}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set own = states.get(node.name) -%}
    {%- set inputs = fromjson(own['inputs']) if own else {} -%}
    {%- set fingerprint = model_fingerprint(node) -%}

    {%- set checks = [
        own is not none and own['fingerprint'] == fingerprint and own['age'] | int < (var('change_log_days') - 1) * 86400,
        not should_full_refresh(),
        adapter.get_relation(node.database, node.schema, node.alias) is not none,
    ] -%}
    {%- set until = {} -%}
    {#- What says no inputs is made whole each time. Once a day even an idle model says that it is up to date. -#}
    {%- set idle = [(upstream + tables) | length > 0, own is not none and own['age'] | int < 86400] -%}
    {%- for name in upstream -%}
        {%- set position = states[name]['position'] | int if name in states else 0 -%}
        {%- do until.update({name: position}) -%}
        {%- do plan.since.update({name: inputs.get(name, 0) | int}) -%}
        {%- do checks.append(
            name in states and name in inputs and states[name]['rebuilt_at'] | int <= inputs[name] | int
        ) -%}
        {%- do idle.append(until[name] == plan.since[name]) -%}
    {%- endfor -%}
    {%- for table in tables -%}
        {%- set since = [0, inputs.get(table, 0) | int - var('load_overlap_minutes') * 60000] | max -%}
        {%- set loaded = run_query(
            'with fromUnixTimestamp64Milli(' ~ since ~ ", 'UTC') as since, (select max(loaded_at) from " ~ table
            ~ ' where loaded_at >= since) as newest'
            ~ ' select toUnixTimestamp64Milli(newest) as last, count() as loaded,'
            ~ ' countIf(loaded_at >= greatest(newest, fromUnixTimestamp64Milli(' ~ inputs.get(table, 0) ~ ", 'UTC'))"
            ~ ' - interval ' ~ var('load_overlap_minutes') ~ ' minute) as recent from ' ~ table
            ~ ' where loaded_at >= since'
        ).rows[0] -%}
        {#- Rows are only ever added: as many with the same last one are the same, and nobody needs to look at them again. -#}
        {%- set last = [loaded['last'] | int, inputs.get(table, 0) | int] | max -%}
        {%- set is_same = last == inputs.get(table, 0) | int and loaded['loaded'] | int == inputs.get(table ~ ' rows', -1) | int -%}
        {%- do until.update({table: last, table ~ ' rows': loaded['recent'] | int}) -%}
        {%- do plan.since.update({table: last + 1 if is_same else since}) -%}
        {%- do checks.append(loaded['loaded'] | int <= var('rebuild_beyond_rows')) -%}
        {%- do idle.append(is_same) -%}
    {%- endfor -%}

    {%- do plan.update({'is_scoped': false not in checks}) -%}
    {%- do plan.update({'is_idle': plan.is_scoped and false not in idle}) -%}
    {%- set watermark = {
        'is_idle': plan.is_idle,
        'is_scoped': plan.is_scoped,
        'position': (own['position'] | int if own else 0) + 1,
        'rebuilt_at': own['rebuilt_at'] | int if own else 0,
        'fingerprint': fingerprint,
        'inputs': until,
    } -%}
    {%- do plan.update({'header': '-- watermark ' ~ tojson(watermark)}) -%}
    {{ return(plan) }}
{%- endmacro %}
