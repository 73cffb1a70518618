{{
    config(
        materialized='partitions',
        partition_by=partition_of('day'),
        order_by=['org_id', 'site_id', 'visitor_id', 'server_user_id'],
        meta={
            'upstream': ['stg_events__receipts', 'stg_control__segments'],
            'logged': ['org_id', 'site_id', 'visitor_id', 'server_user_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_behaviors_counted') %}
{%- set changed_days = '(select * from ' ~ scope ~ ' where not is_whole_site)' %}
{%- set whole_sites = '(select org_id, site_id from ' ~ scope ~ ' where is_whole_site)' %}
{%- set keys = 'org_id, site_id, visitor_id, server_user_id, day' %}
{%- set server_user_id = "if(visitor_id = '', user_id, '')" %}
{%- set deed -%}
    Tuple(segment_id String, rule UInt8, times UInt64, first_at Array(DateTime64(3, 'UTC')))
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
{%- set changed_sites = changed_sites(plan, ['stg_control__segments']) %}
-- Events of a name that no rule has are in no count.
with named as (
    select org_id, site_id, arrayJoin(arrayMap(rule -> rule.match.event, rules)) as event
    from {{ ref('stg_control__segments') }}
)

select distinct
    org_id,
    site_id,
    visitor_id,
    {{ server_user_id }} as server_user_id,
    toDate(occurred_at) as day,
    false as is_whole_site
from {{ changes_of(plan, 'stg_events__receipts') }}
where (visitor_id != '' or user_id != '') and not is_bot and not is_duplicate
    and (org_id, site_id, event) in (select org_id, site_id, event from named)
    and (org_id, site_id) not in {{ changed_sites }}
union all
select distinct
    org_id,
    site_id,
    '' as visitor_id,
    '' as server_user_id,
    toDate(0) as day,
    true as is_whole_site
from {{ changed_sites }}
-- replaces
day in (select day from {{ changed_days }}) and ({{ keys }}) in (select {{ keys }} from {{ changed_days }})
    or (org_id, site_id) in {{ whole_sites }}
-- rows
{%- endif %}
with behaviors as (
    select
        org_id,
        site_id,
        segment_id,
        toUInt8(number) as rule,
        behavior.match.event as event,
        behavior.match.conditions as conditions,
        behavior.at_least as at_least
    from {{ ref('stg_control__segments') }}
    array join rules as behavior, arrayEnumerate(rules) as number
    where behavior.kind = 'behavior'
),

events as (
    select org_id, site_id, visitor_id, user_id, event, path, url, properties, occurred_at
    from {{ ref('stg_events__events') }}
    where not is_bot and (visitor_id != '' or user_id != '')
        and (org_id, site_id, event) in (select org_id, site_id, event from behaviors)
{%- if plan.is_scoped %}
        and toDate(occurred_at) in (select day from {{ changed_days }})
        and (org_id, site_id, visitor_id, {{ server_user_id }}, toDate(occurred_at)) in (
            select {{ keys }} from {{ changed_days }}
        )
    union all
    select org_id, site_id, visitor_id, user_id, event, path, url, properties, occurred_at
    from {{ ref('stg_events__events') }}
    where not is_bot and (visitor_id != '' or user_id != '')
        and (select count() from {{ whole_sites }}) > 0
        and (org_id, site_id) in {{ whole_sites }}
        and (org_id, site_id, event) in (select org_id, site_id, event from behaviors)
{%- else %}
        and {{ in_batch('cityHash64(visitor_id)') }}
{%- endif %}
),

by_rule as (
    select
        events.org_id as org_id,
        events.site_id as site_id,
        events.visitor_id as visitor_id,
        if(events.visitor_id = '', events.user_id, '') as server_user_id,
        toDate(events.occurred_at) as day,
        behaviors.segment_id as segment_id,
        behaviors.rule as rule,
        count() as times,
        arraySlice({{ first_moments('events.occurred_at') }}, 1, any(behaviors.at_least)) as first_at
    from events
    inner join behaviors
        on behaviors.org_id = events.org_id and behaviors.site_id = events.site_id and behaviors.event = events.event
    where {{ passes('behaviors.conditions', 'events.') }}
    group by org_id, site_id, visitor_id, server_user_id, day, segment_id, rule
)

-- One row for all rules: with twenty that every page view fits, 1.9 M events made 17 M rows of a rule each.
select
    org_id,
    site_id,
    visitor_id,
    server_user_id,
    day,
    arraySort(
        deed -> (deed.segment_id, deed.rule),
        groupArray((segment_id, rule, times, first_at)::{{ deed }})
    ) as deeds
from by_rule
group by org_id, site_id, visitor_id, server_user_id, day
