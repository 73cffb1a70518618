-- What items earned on a day of a site, in each currency, is what the events of that day carry that name an item.
with items as (
    select org_id, site_id, day, currency, sum(rpt.purchases) as purchases, sum(rpt.revenue) as revenue
    from {{ ref('rpt_content_revenue_daily') }} as rpt
    group by org_id, site_id, day, currency
),

events as (
    select org_id, site_id, day, currency, count() as purchases, sum(amount) as revenue
    from {{ ref('fct_revenue_events') }}
    where content_id != ''
    group by org_id, site_id, day, currency
)

select * from items where tuple(*) not in (select * from events)
union all
select * from events where tuple(*) not in (select * from items)
