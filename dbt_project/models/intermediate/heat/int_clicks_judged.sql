{{
    config(
        materialized='partitions',
        partition_by='toDate(occurred_at)',
        order_by=['org_id', 'site_id', 'path', 'occurred_at'],
        meta={'upstream': ['stg_events__receipts'], 'logged': ['org_id', 'site_id', 'occurred_at']},
    )
}}
{%- set burst_ms = 1000 %}
{%- set dead_ms = var('dead_click_ms', 3000) %}
{%- set error_ms = var('error_click_ms', 1000) %}
{#- What comes so long after a click, or a burst's length before it, decides on it. #}
{%- set patience = 'toIntervalMillisecond(' ~ [burst_ms, dead_ms, error_ms] | max ~ ')' %}
{%- set burst = 'toIntervalMillisecond(' ~ burst_ms ~ ')' %}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_clicks_judged') %}
{{ plan.header }}
{%- if plan.is_scoped %}
with changes as (
    select org_id, site_id, visitor_id, occurred_at
    from {{ changes_of(plan, 'stg_events__receipts') }}
    where not is_bot and not is_duplicate and visitor_id != ''
),

visitors as (
    select org_id, site_id, visitor_id, groupUniqArray(occurred_at) as changes
    from changes
    group by org_id, site_id, visitor_id
),

days as (
    select distinct
        arrayJoin({{ days_between('occurred_at - ' ~ patience, 'occurred_at + ' ~ burst) }}) as day
    from changes
),

clicks as (
    select org_id, site_id, visitor_id, event_id, occurred_at
    from {{ this }}
    where toDate(occurred_at) in days
    union distinct
    select org_id, site_id, visitor_id, id as event_id, occurred_at
    from {{ ref('stg_events__events') }}
    where event = 'click' and not is_bot and visitor_id != '' and toDate(occurred_at) in days
)

select org_id, site_id, visitor_id, event_id, occurred_at
from clicks
inner join visitors using (org_id, site_id, visitor_id)
where arrayExists(at -> occurred_at >= at - {{ patience }} and occurred_at <= at + {{ burst }}, changes)
-- replaces
toDate(occurred_at) in (select toDate(occurred_at) from {{ scope }})
    and (org_id, site_id, event_id) in (select org_id, site_id, event_id from {{ scope }})
-- rows
{%- endif %}
-- Arrays of a visitor's events: the time of the next reaction is one backward fill, where a join by nearest time would
-- hold every event in memory.
with clicking as (
{%- if plan.is_scoped %}
    select org_id, site_id, visitor_id, groupUniqArray(occurred_at) as clicked
    from {{ scope }}
    group by org_id, site_id, visitor_id
{%- else %}
    select distinct org_id, site_id, visitor_id
    from {{ ref('stg_events__events') }}
    where event = 'click' and not is_bot and visitor_id != '' and {{ in_batch('sipHash64(visitor_id)') }}
{%- endif %}
),

visitors as (
    select
        org_id,
        site_id,
        visitor_id,
        arraySort(
            e -> (e.occurred_at, UUIDToNum(e.id)),
            groupArray(
                (
                    id,
                    occurred_at,
                    event = 'click',
                    event = 'error',
                    event not in ('click', 'scroll', 'error'),
                    path,
                    device_type,
                    toInt32({{ bounded_number('x', 1000000) }}),
                    toInt32({{ bounded_number('y', 1000000) }}),
                    if(event = 'click', JSONExtractString(properties, 'element'), '')
                )::Tuple(
                    id UUID,
                    occurred_at DateTime64(3, 'UTC'),
                    is_click Bool,
                    is_error Bool,
                    is_reaction Bool,
                    path String,
                    device_type String,
                    x Int32,
                    y Int32,
                    element String
                )
            )
        ) as history
    from {{ ref('stg_events__events') }}
{%- if plan.is_scoped %}
    inner join clicking using (org_id, site_id, visitor_id)
    where toDate(occurred_at) in (
        select arrayJoin({{ days_between('occurred_at - ' ~ burst, 'occurred_at + ' ~ patience) }}) from {{ scope }}
    )
        and (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from clicking)
        and arrayExists(at -> occurred_at >= at - {{ burst }} and occurred_at <= at + {{ patience }}, clicked)
        and not is_bot
{%- else %}
    where not is_bot and (org_id, site_id, visitor_id) in clicking
{%- endif %}
    group by org_id, site_id, visitor_id
),

followed as (
    select
        *,
        arrayMap(
            (e, reaction, error) -> (
                e,
                reaction.2 and dateDiff('millisecond', e.occurred_at, reaction.1) <= {{ dead_ms }},
                error.2 and dateDiff('millisecond', e.occurred_at, error.1) <= {{ error_ms }}
            ),
            history,
            arrayReverseFill(next -> next.2, arrayMap(e -> (e.occurred_at, e.is_reaction), history)),
            arrayReverseFill(next -> next.2, arrayMap(e -> (e.occurred_at, e.is_error), history))
        ) as outcomes
    from visitors
),

clicks as (
    select
        org_id,
        site_id,
        visitor_id,
        outcome.1.path as path,
        arraySort(
            c -> (c.1.occurred_at, UUIDToNum(c.1.id)),
            groupArray(outcome)
        ) as found
    from followed
    array join arrayFilter(outcome -> outcome.1.is_click, outcomes) as outcome
    group by org_id, site_id, visitor_id, path
),

-- A burst is three clicks in a row on a page, the third within a second of the first and both within 30 pixels of it.
bursts as (
    select
        *,
        arrayMap(
            (a, b, c) -> dateDiff('millisecond', a.1.occurred_at, c.1.occurred_at) <= {{ burst_ms }}
                and pow(b.1.x - a.1.x, 2) + pow(b.1.y - a.1.y, 2) <= 900
                and pow(c.1.x - a.1.x, 2) + pow(c.1.y - a.1.y, 2) <= 900,
            arraySlice(found, 1, greatest(toInt64(length(found)) - 2, 0)),
            arraySlice(found, 2, greatest(toInt64(length(found)) - 2, 0)),
            arraySlice(found, 3)
        ) as begins,
        arrayMap(
            (first, second, third) -> first or second or third,
            arrayConcat(begins, arrayResize([]::Array(UInt8), least(length(found), 2))),
            arrayResize(arrayConcat([toUInt8(0)], begins), length(found)),
            arrayResize(arrayConcat([toUInt8(0), 0], begins), length(found))
        ) as are_rage
    from clicks
)

select
    org_id,
    site_id,
    visitor_id,
    path,
    click.1.id as event_id,
    click.1.occurred_at as occurred_at,
    click.1.device_type as device_type,
    click.1.x as x,
    click.1.y as y,
    click.1.element as element,
    is_rage::Bool as is_rage,
    (not click.2 and not click.3)::Bool as is_dead,
    click.3::Bool as is_error
from bursts
array join found as click, are_rage as is_rage
{%- if plan.is_scoped %}
where (org_id, site_id, click.1.id) in (select org_id, site_id, event_id from {{ scope }})
{%- endif %}
