{#
  One row per build of a `partitions` model that had something to look at; the last one with the highest position counts.
  position    number of the last build that changed rows, which are logged under it
  rebuilt_at  position of the last build of everything, whose changes are not logged one by one
  inputs      by upstream model the position, by raw table the load time, that is built in
#}
{% macro create_watermarks() -%}
    create table if not exists {{ watermarks() }}
    (
        model LowCardinality(String),
        position UInt64,
        rebuilt_at UInt64,
        fingerprint String,
        inputs Map(String, UInt64),
        built_at DateTime64(3, 'UTC') default now64(3)
    )
    engine = ReplacingMergeTree(position)
    order by model
{%- endmacro %}
