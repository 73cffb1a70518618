-- In each model the revenue of all conversions of a day, goals or not, is what its events carried, to the cent and in each
-- currency: an event that reaches goals too brings its money once.
with earning_events as (
    select
        org_id,
        site_id,
        occurred_at,
        lower(JSONExtractString(properties, 'currency')) as currency,
        JSONExtractInt(properties, 'amount') as amount
    from {{ ref('stg_events__events') }}
    where {{ carries_revenue() }} and not is_bot
),

carried as (
    select
        model,
        events.org_id as org_id,
        events.site_id as site_id,
        {{ local_day('events.occurred_at', 'sites.timezone') }} as day,
        events.currency as currency,
        sum(events.amount) as revenue
    from earning_events as events
    left join {{ ref('stg_control__sites') }} as sites
        on sites.org_id = events.org_id and sites.site_id = events.site_id
    cross join (
        select arrayJoin([
            'first_touch', 'last_touch', 'last_non_direct', 'linear', 'time_decay', 'position_based'
        ]) as model
    ) as models
    group by model, org_id, site_id, day, currency
),

credited as (
    select model, org_id, site_id, day, currency, sum(rpt.revenue) as revenue
    from {{ ref('rpt_attribution_daily') }} as rpt
    group by model, org_id, site_id, day, currency
    having revenue != 0
)

select * from carried where tuple(*) not in (select * from credited)
union all
select * from credited where tuple(*) not in (select * from carried)
