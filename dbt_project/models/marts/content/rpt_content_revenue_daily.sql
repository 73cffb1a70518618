{{
    config(
        materialized='partitions',
        partition_by=partition_of('day'),
        order_by=['org_id', 'site_id', 'day', 'content_id', 'currency'],
        meta={'upstream': ['fct_revenue_events', 'int_content_items']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_content_revenue_daily') %}
{%- set keys = ['org_id', 'site_id', 'content_id', 'day'] %}
{{ plan.header }}
{%- if plan.is_scoped %}
select {{ keys | join(', ') }}
from {{ changes_of(plan, 'fct_revenue_events') }}
where content_id != ''
union distinct
select {{ keys | join(', ') }}
from {{ this }}
where (org_id, site_id, content_id) in (
    select org_id, site_id, content_id from {{ changes_of(plan, 'int_content_items') }}
)
-- replaces
({{ keys | join(', ') }}) in (select {{ keys | join(', ') }} from {{ scope }})
-- rows
{%- endif %}
with sales as (
    select org_id, site_id, day, content_id, currency, amount, person_id
    from {{ ref('fct_revenue_events') }}
    where content_id != ''
{%- if plan.is_scoped %}
        and {{ is_on_days(scope, 'occurred_at', keys) }}
{%- endif %}
),

items as (
    select org_id, site_id, content_id, content_type, creator_id
    from {{ ref('int_content_items') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, 'content_id') }}
{%- endif %}
)

select
    sales.org_id as org_id,
    sales.site_id as site_id,
    sales.day as day,
    sales.content_id as content_id,
    any(items.content_type) as content_type,
    any(items.creator_id) as creator_id,
    sales.currency as currency,
    count() as purchases,
    sum(sales.amount) as revenue,
    -- Money of nobody we know is money, and nobody no buyer.
    uniqExactIf(sales.person_id, sales.person_id != toUUID('00000000-0000-0000-0000-000000000000')) as buyers
from sales
left join items
    on items.org_id = sales.org_id and items.site_id = sales.site_id and items.content_id = sales.content_id
group by org_id, site_id, day, content_id, currency
