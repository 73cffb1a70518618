{{ config(order_by=['org_id', 'site_id', 'day', 'session_id']) }}

-- One column a model, so that a session is one row and sessions can be counted beside what they brought.
with credited as (
    select
        org_id,
        site_id,
        session_id,
{%- for model in ['first_touch', 'last_touch', 'last_non_direct', 'linear', 'time_decay', 'position_based'] %}
        sumIf(fct.reporting_amount, fct.model = '{{ model }}') as revenue_{{ model }}{{ ',' if not loop.last }}
{%- endfor %}
    from {{ ref('fct_revenue_attribution') }} as fct
    where fct.position > 0 and fct.reporting_currency = '{{ var("reporting_currency") }}'
    group by org_id, site_id, session_id
),

channels as (
    select session_id, channel, source, medium, campaign from {{ ref('int_sessions_channeled') }}
)

select
    sessions.session_id as session_id,
    sessions.org_id as org_id,
    sessions.site_id as site_id,
    sessions.day as day,
    sessions.visitor_id as visitor_id,
    sessions.entry_path as entry_path,
    toLowCardinality(channels.channel) as channel,
    toLowCardinality(channels.source) as source,
    toLowCardinality(channels.medium) as medium,
    toLowCardinality(channels.campaign) as campaign,
{%- for model in ['first_touch', 'last_touch', 'last_non_direct', 'linear', 'time_decay', 'position_based'] %}
    credited.revenue_{{ model }} as revenue_{{ model }}{{ ',' if not loop.last }}
{%- endfor %}
from {{ ref('fct_sessions') }} as sessions
inner join channels on channels.session_id = sessions.session_id
left join credited
    on credited.org_id = sessions.org_id
    and credited.site_id = sessions.site_id
    and credited.session_id = sessions.session_id
where not sessions.is_bot
    -- A site that is not connected has nothing to divide.
    and (sessions.org_id, sessions.site_id) in (select org_id, site_id from {{ ref('stg_stripe__connections') }})
