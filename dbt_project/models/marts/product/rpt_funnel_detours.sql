{{ config(order_by=['org_id', 'site_id', 'funnel_id', 'step', 'is_drop_off', 'path']) }}

with funnels as (
    select org_id, site_id, funnel_id, window_seconds from {{ ref('stg_control__funnels') }}
),

-- One array of a person's page views, searched for each attempt, keeps the join at attempts × people.
people as (
    select
        org_id,
        site_id,
        person_id,
        groupArray((occurred_at, path)) as views
    from {{ ref('int_events_attributed') }}
    where {{ is_page_view() }}
        and (org_id, site_id, person_id) in (select org_id, site_id, person_id from {{ ref('fct_funnel_progress') }})
    group by org_id, site_id, person_id
),

stretches as (
    select
        attempts.org_id as org_id,
        attempts.site_id as site_id,
        attempts.funnel_id as funnel_id,
        step,
        attempts.reached_at[step] as since,
        arrayFirst(at -> at is not null, arraySlice(attempts.reached_at, step + 1)) as next_at,
        next_at is null as is_drop_off,
        coalesce(next_at, attempts.entered_at + toIntervalSecond(funnels.window_seconds)) as until,
        arrayDistinct(
            arrayMap(
                view -> view.2,
                arrayFilter(view -> view.1 > assumeNotNull(since) and view.1 < assumeNotNull(until), people.views)
            )
        ) as paths
    from {{ ref('fct_funnel_progress') }} as attempts
    inner join funnels
        on funnels.org_id = attempts.org_id
        and funnels.site_id = attempts.site_id
        and funnels.funnel_id = attempts.funnel_id
    inner join people
        on people.org_id = attempts.org_id
        and people.site_id = attempts.site_id
        and people.person_id = attempts.person_id
    array join arrayEnumerate(attempts.reached_at) as step
    where attempts.reached_at[step] is not null and step < length(attempts.reached_at)
)

select
    org_id,
    site_id,
    funnel_id,
    toUInt8(stretches.step) as step,
    stretches.is_drop_off::Bool as is_drop_off,
    path,
    count() as attempts
from stretches
array join paths as path
group by org_id, site_id, funnel_id, step, is_drop_off, path
order by attempts desc, path
limit {{ var('funnel_detours', 20) }} by org_id, site_id, funnel_id, step, is_drop_off
