{{
    config(
        materialized='partitions',
        partition_by=partition_of('occurred_at'),
        order_by=['org_id', 'site_id', 'path', 'occurred_at'],
        meta={'upstream': ['stg_events__receipts'], 'logged': ['org_id', 'site_id', 'path', 'occurred_at']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_clicks_judged') %}
{#- Within this time before and after it an event may decide what a click is: a burst of clicks lasts a second. #}
{%- set reach = [var('dead_click_ms'), var('error_click_ms'), 1000] | max %}
{%- set before = "greatest(occurred_at - toIntervalMillisecond(" ~ 2 * reach ~ "), toDateTime64(0, 3, 'UTC'))" %}
{%- set near %}
        and toDate(occurred_at) in (select arrayJoin([day - 1, day, day + 1]) from {{ scope }})
        and (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from {{ scope }})
        and (
            (org_id, site_id, visitor_id, toDate(occurred_at)) in {{ scope }}
            or (org_id, site_id, visitor_id, toDate(occurred_at + toIntervalMillisecond({{ 2 * reach }}))) in {{ scope }}
            or (org_id, site_id, visitor_id, toDate({{ before }})) in {{ scope }}
        )
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct
    org_id,
    site_id,
    visitor_id,
    arrayJoin(
        {{ days_between(
            'occurred_at - toIntervalMillisecond(' ~ reach ~ ')',
            'occurred_at + toIntervalMillisecond(' ~ reach ~ ')'
        ) }}
    ) as day
from {{ changes_of(plan, 'stg_events__receipts') }}
where visitor_id != '' and not is_bot and not is_duplicate
-- replaces
toDate(occurred_at) in (select day from {{ scope }})
    and (org_id, site_id, visitor_id, toDate(occurred_at)) in {{ scope }}
-- rows
{%- endif %}
-- Arrays of a visitor's events: the time of the next reaction is one backward fill, where a join by nearest time would
-- hold every event in memory.
with clicking as (
    select distinct org_id, site_id, visitor_id
    from {{ ref('stg_events__events') }}
    where event = 'click' and not is_bot and visitor_id != ''
    {{- near if plan.is_scoped }}
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
                    event not in ('click', 'error'),
                    path,
                    device_type,
                    {{ page_pixels('x') }},
                    {{ page_pixels('y') }},
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
    where not is_bot and (org_id, site_id, visitor_id) in clicking
        -- Whoever waits for a page to react scrolls, moves the mouse and looks: of moves there are the most of all events.
        and event not in ('scroll', 'move', 'attention')
        and {{ in_batch('cityHash64(visitor_id)') }}
        {{- near if plan.is_scoped }}
    group by org_id, site_id, visitor_id
),

followed as (
    select
        *,
        arrayMap(
            (e, reaction, error) -> (
                e,
                reaction.2 and dateDiff('millisecond', e.occurred_at, reaction.1) <= {{ var('dead_click_ms') }},
                error.2 and dateDiff('millisecond', e.occurred_at, error.1) <= {{ var('error_click_ms') }}
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
            (a, b, c) -> dateDiff('millisecond', a.1.occurred_at, c.1.occurred_at) <= 1000
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
where (org_id, site_id, visitor_id, toDate(occurred_at)) in {{ scope }}
{%- endif %}
