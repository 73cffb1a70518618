{{
    config(
        order_by=['org_id', 'site_id', 'day', 'model', 'goal_id', 'channel', 'source', 'medium', 'campaign', 'currency'],
    )
}}

select
    org_id,
    site_id,
    day,
    model,
    goal_id,
    channel,
    source,
    medium,
    campaign,
    currency,
    uniqExact(conversion_id) as conversions_touched,
    sum(fct.credit) as credit,
    sum(fct.value) as value
from {{ ref('fct_attribution') }} as fct
group by org_id, site_id, day, model, goal_id, channel, source, medium, campaign, currency
