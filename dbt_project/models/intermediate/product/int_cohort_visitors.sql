{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id', 'visitor_id', 'server_user_id', 'cohort_id'],
        meta={
            'upstream': ['stg_events__receipts', 'stg_control__cohorts', 'stg_control__sites'],
            'logged': ['org_id', 'site_id', 'visitor_id', 'server_user_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_cohort_visitors') %}
{%- set visitor = "(org_id, site_id, visitor_id, if(visitor_id = '', user_id, ''))" %}
{{ plan.header }}
{%- if plan.is_scoped %}
{%- set changed_sites = changed_sites(plan, ['stg_control__cohorts', 'stg_control__sites']) %}
-- Of a visitor who lost an event, and on a site whose definitions changed, all events are looked at; of the others those of
-- the changed days, and what was known.
select
    org_id,
    site_id,
    visitor_id,
    if(visitor_id = '', user_id, '') as server_user_id,
    groupUniqArray(toDate(occurred_at)) as days,
    max(is_removed) as has_lost_events
from {{ changes_of(plan, 'stg_events__receipts') }}
where (visitor_id != '' or user_id != '') and not is_bot and not is_duplicate
    and (org_id, site_id) not in {{ changed_sites }}
group by org_id, site_id, visitor_id, server_user_id
union distinct
select distinct
    org_id,
    site_id,
    visitor_id,
    if(visitor_id = '', user_id, '') as server_user_id,
    []::Array(Date) as days,
    true as has_lost_events
from {{ relation_of('stg_events__events') }}
where (visitor_id != '' or user_id != '') and not is_bot and (org_id, site_id) in {{ changed_sites }}
union distinct
select org_id, site_id, visitor_id, server_user_id, []::Array(Date) as days, true as has_lost_events
from {{ this }}
where (org_id, site_id) in {{ changed_sites }}
-- replaces
(org_id, site_id, visitor_id, server_user_id) in (
    select org_id, site_id, visitor_id, server_user_id from {{ scope }}
)
-- rows
{%- endif %}
-- Every site has the cohorts of all people, by their first event of any name.
with cohorts as (
    select org_id, site_id, cohort_id, start_event, return_event, breakdown
    from {{ ref('stg_control__cohorts') }}
),

sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

events as (
    select
        events.org_id as org_id,
        events.site_id as site_id,
        events.visitor_id as visitor_id,
        if(events.visitor_id = '', events.user_id, '') as server_user_id,
        events.event as event,
        events.id as id,
        events.properties as properties,
        events.occurred_at as occurred_at,
        {{ local_day('events.occurred_at', 'sites.timezone') }} as day
    from (
        select org_id, site_id, visitor_id, user_id, event, id, properties, occurred_at
        from {{ ref('stg_events__events') }}
        where not is_bot and (visitor_id != '' or user_id != '')
{%- if plan.is_scoped %}
            and toDate(occurred_at) in (select arrayJoin(days) from {{ scope }} where not has_lost_events)
            and ((org_id, site_id, visitor_id, if(visitor_id = '', user_id, '')), toDate(occurred_at)) in (
                select (org_id, site_id, visitor_id, server_user_id), arrayJoin(days)
                from {{ scope }}
                where not has_lost_events
            )
        union all
        select org_id, site_id, visitor_id, user_id, event, id, properties, occurred_at
        from {{ ref('stg_events__events') }}
        where not is_bot and (visitor_id != '' or user_id != '')
            and (select count() from {{ scope }} where has_lost_events) > 0
            and {{ visitor }} in (
                select org_id, site_id, visitor_id, server_user_id from {{ scope }} where has_lost_events
            )
{%- else %}
            and {{ in_batch('cityHash64(visitor_id)') }}
{%- endif %}
    ) as events
    left join sites on sites.org_id = events.org_id and sites.site_id = events.site_id
),

in_cohorts as (
    select
        events.*,
        cohorts.cohort_id as cohort_id,
        cohorts.start_event in ('', events.event) as starts,
        cohorts.return_event in ('', events.event) as returns,
        if(cohorts.breakdown = '', '', JSONExtractString(events.properties, cohorts.breakdown)) as property
    from events
    inner join cohorts on cohorts.org_id = events.org_id and cohorts.site_id = events.site_id
    where starts or returns

    union all

    select events.*, '' as cohort_id, 1 as starts, 1 as returns, '' as property
    from events
),

parts as (
    select
        org_id,
        site_id,
        visitor_id,
        server_user_id,
        cohort_id,
        starts as has_started,
        (occurred_at, UUIDToNum(id), day, property)::{{ cohort_start_type() }} as start,
        if(returns, [day], []) as active_days
    from in_cohorts
{%- if plan.is_scoped %}
    union all
    select org_id, site_id, visitor_id, server_user_id, cohort_id, has_started, start, active_days
    from {{ replaced_of('int_cohort_visitors') }}
    where (org_id, site_id, visitor_id, server_user_id) in (
        select org_id, site_id, visitor_id, server_user_id from {{ scope }} where not has_lost_events
    )
{%- endif %}
)

select
    org_id,
    site_id,
    visitor_id,
    server_user_id,
    cohort_id,
    max(parts.has_started)::Bool as has_started,
    argMinIf(parts.start, (parts.start.1, parts.start.2), parts.has_started) as start,
    arraySort(groupUniqArrayArray(parts.active_days)) as active_days
from parts
group by org_id, site_id, visitor_id, server_user_id, cohort_id
