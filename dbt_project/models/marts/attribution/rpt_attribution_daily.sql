{{
    config(
        materialized='partitions',
        partition_by=partition_of('day'),
        order_by=[
            'org_id', 'site_id', 'day', 'model', 'conversion_kind', 'goal_id', 'channel', 'source', 'medium', 'campaign',
            'currency',
        ],
        meta={'upstream': ['fct_attribution']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_attribution_daily') %}
{%- set keys = ['org_id', 'site_id', 'day'] %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct {{ keys | join(', ') }}
from {{ changes_of(plan, 'fct_attribution') }}
-- replaces
({{ keys | join(', ') }}) in {{ scope }}
-- rows
{%- endif %}
select
    org_id,
    site_id,
    day,
    model,
    conversion_kind,
    goal_id,
    channel,
    source,
    medium,
    campaign,
    currency,
    uniqExact(conversion_id) as conversions_touched,
    sum(fct.credit) as credit,
    sum(fct.value) as value,
    sum(fct.revenue) as revenue
from {{ ref('fct_attribution') }} as fct
where {{ is_on_days(scope, 'converted_at', keys) if plan.is_scoped else in_batch('toUInt32(day)') }}
group by org_id, site_id, day, model, conversion_kind, goal_id, channel, source, medium, campaign, currency
