-- The hours of a day are the day, in events and in quantity.
with hours as (
    select org_id, toDate(rpt.hour) as day, metric, sum(rpt.events) as events, sum(rpt.quantity) as quantity
    from {{ ref('rpt_hourly_usage') }} as rpt
    group by org_id, day, metric
),

days as (
    select org_id, day, metric, events, quantity
    from {{ ref('rpt_daily_usage') }}
)

select org_id, day, metric from days where tuple(*) not in (select * from hours)
union all
select org_id, day, metric from hours where tuple(*) not in (select * from days)
