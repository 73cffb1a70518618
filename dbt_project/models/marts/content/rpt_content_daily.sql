{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'day', 'content_id'],
        meta={'upstream': ['fct_plays', 'int_content_items']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_content_daily') %}
{%- set keys = ['org_id', 'site_id', 'content_id', 'day'] %}
{{ plan.header }}
{%- if plan.is_scoped %}
select {{ keys | join(', ') }}
from {{ changes_of(plan, 'fct_plays') }}
union distinct
select {{ keys | join(', ') }}
from {{ this }}
where (org_id, site_id, content_id) in (
    select org_id, site_id, content_id from {{ changes_of(plan, 'int_content_items') }}
)
-- replaces
({{ keys | join(', ') }}) in (select {{ keys | join(', ') }} from {{ scope }})
-- rows
{%- endif %}
select
    plays.org_id as org_id,
    plays.site_id as site_id,
    plays.day as day,
    plays.content_id as content_id,
    any(items.content_type) as content_type,
    any(items.creator_id) as creator_id,
    count() as plays,
    uniqExact(plays.person_id) as viewers,
    sum(plays.watched_seconds) as watched_seconds,
    countIf(plays.is_completed) as completed_plays,
    completed_plays / count() as completion_rate,
    sumForEachIf(
        arrayMap(
            tenth -> toUInt64(
                -- Items of unknown length come here too: what is divided by nothing is nothing.
                tenth = least(
                    9,
                    intDivOrZero(toInt64(plays.abandoned_at_seconds * 10000), toInt64(plays.length_seconds * 1000))
                )
            ),
            range(10)
        ),
        not plays.is_completed and plays.length_seconds > 0
    ) as abandoned_by_tenth
from {{ ref('fct_plays') }} as plays
inner join {{ ref('int_content_items') }} as items
    on items.org_id = plays.org_id and items.site_id = plays.site_id and items.content_id = plays.content_id
{%- if plan.is_scoped %}
where {{ is_on_days(scope, 'plays.started_at', keys) }}
{%- endif %}
group by org_id, site_id, day, content_id
