-- In each model what is credited to the touches of a transaction is the transaction, to the cent; and by day it is the
-- revenue.
with credited as (
    select model, org_id, site_id, day, currency, sum(rpt.gross) as gross, sum(rpt.net) as net
    from {{ ref('rpt_revenue_attribution_daily') }} as rpt
    group by model, org_id, site_id, day, currency
),

earned as (
    select model, org_id, site_id, day, currency, sum(rpt.gross) as gross, sum(rpt.net) as net
    from {{ ref('rpt_revenue_daily') }} as rpt
    cross join (
        select arrayJoin([
            'first_touch', 'last_touch', 'last_non_direct', 'linear', 'time_decay', 'position_based'
        ]) as model
    ) as models
    group by model, org_id, site_id, day, currency
),

transactions as (
    select org_id, site_id, transaction_id, fct.amount as amount, fct.reporting_amount as reporting_amount
    from {{ ref('fct_transactions') }} as fct
)

select org_id, site_id, toString(day) as what from credited where tuple(*) not in (select * from earned)
union all
select org_id, site_id, toString(day) as what from earned where tuple(*) not in (select * from credited)
union all
select org_id, site_id, transaction_id as what
from (
    select
        org_id,
        site_id,
        transaction_id,
        model,
        sum(fct.amount) as amount,
        sum(fct.reporting_amount) as reporting_amount,
        sum(fct.credit) as credits
    from {{ ref('fct_revenue_attribution') }} as fct
    group by org_id, site_id, transaction_id, model
)
where (org_id, site_id, transaction_id, amount, reporting_amount) not in (select * from transactions) or credits != 1
