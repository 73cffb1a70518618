{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id', 'day', 'path'],
        meta={'upstream': ['fct_pageviews', 'fct_session_revenue', 'int_payers_touched', 'stg_stripe__connections']},
    )
}}
{%- set models = ['first_touch', 'last_touch', 'last_non_direct', 'linear', 'time_decay', 'position_based'] %}
{{ build_plan().header }}

-- What a session is credited with counts for every page seen in it, once however often, until the payment: thanks for
-- a payment did not lead to it.
with paid as (
    select
        org_id,
        site_id,
        touch.session_id as session_id,
        max(first_paid_at) as paid_at
    from {{ ref('int_payers_touched') }}
    array join touches as touch
    where touch.position > 0
    group by org_id, site_id, session_id
),

pages as (
    select org_id, site_id, session_id, path, min(occurred_at) as first_seen_at
    from {{ ref('fct_pageviews') }}
    where not is_bot and visitor_id != ''
        and (org_id, site_id) in (select org_id, site_id from {{ ref('stg_stripe__connections') }})
    group by org_id, site_id, session_id, path
)

select
    pages.org_id as org_id,
    pages.site_id as site_id,
    sessions.day as day,
    pages.path as path,
    count() as sessions,
{%- for model in models %}
    sumIf(sessions.revenue_{{ model }}, pages.first_seen_at <= paid.paid_at) as revenue_{{ model }}{{ ',' if not loop.last }}
{%- endfor %}
from pages
inner join {{ ref('fct_session_revenue') }} as sessions
    on sessions.org_id = pages.org_id
    and sessions.site_id = pages.site_id
    and sessions.session_id = pages.session_id
left join paid
    on paid.org_id = pages.org_id
    and paid.site_id = pages.site_id
    and paid.session_id = pages.session_id
group by org_id, site_id, day, path
