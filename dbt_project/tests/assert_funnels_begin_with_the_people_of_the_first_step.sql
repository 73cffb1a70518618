-- Who did what a funnel begins with is in the funnel, and nobody else is.
with entered as (
    select distinct org_id, site_id, funnel_id, person_id
    from {{ ref('fct_funnel_progress') }}
),

events as (
    select distinct events.org_id, events.site_id, events.funnel_id, events.person_id
    from {{ ref('int_funnel_events_attributed') }} as events
    inner join {{ ref('stg_control__funnels') }} as funnels
        on funnels.org_id = events.org_id
        and funnels.site_id = events.site_id
        and funnels.funnel_id = events.funnel_id
    where not events.is_exclusion and (events.hits[1] = 1 or (funnels.step_order = 'any' and has(events.hits, 1)))
)

select * from entered where tuple(*) not in (select * from events)
union all
select * from events where tuple(*) not in (select * from entered)
