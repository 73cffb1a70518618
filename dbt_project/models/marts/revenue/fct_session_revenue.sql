{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'day', 'session_id'],
        meta={
            'upstream': ['fct_sessions', 'fct_revenue_attribution', 'stg_stripe__connections'],
            'logged': ['org_id', 'site_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_session_revenue') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select session_id, started_at as from_at from {{ changes_of(plan, 'fct_sessions') }} where not is_bot
union distinct
select session_id, touched_at as from_at from {{ changes_of(plan, 'fct_revenue_attribution') }}
union distinct
select session_id, started_at as from_at
from {{ relation_of('fct_sessions') }}
where (org_id, site_id) in {{ changed_sites(plan, ['stg_stripe__connections']) }}
-- replaces
day in (select arrayJoin([toDate(from_at) - 1, toDate(from_at), toDate(from_at) + 1]) from {{ scope }})
    and session_id in (select session_id from {{ scope }})
-- rows
{%- endif %}
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
{%- if plan.is_scoped %}
        and session_id in (select session_id from {{ scope }})
{%- endif %}
    group by org_id, site_id, session_id
)

select
    sessions.session_id as session_id,
    sessions.org_id as org_id,
    sessions.site_id as site_id,
    sessions.day as day,
    sessions.visitor_id as visitor_id,
    sessions.entry_path as entry_path,
    toLowCardinality(sessions.channel) as channel,
    toLowCardinality(sessions.source) as source,
    toLowCardinality(sessions.medium) as medium,
    toLowCardinality(sessions.campaign) as campaign,
{%- for model in ['first_touch', 'last_touch', 'last_non_direct', 'linear', 'time_decay', 'position_based'] %}
    credited.revenue_{{ model }} as revenue_{{ model }}{{ ',' if not loop.last }}
{%- endfor %}
from {{ ref('fct_sessions') }} as sessions
left join credited
    on credited.org_id = sessions.org_id
    and credited.site_id = sessions.site_id
    and credited.session_id = sessions.session_id
where not sessions.is_bot
    -- A site that is not connected has nothing to divide.
    and (sessions.org_id, sessions.site_id) in (select org_id, site_id from {{ ref('stg_stripe__connections') }})
{%- if plan.is_scoped %}
    and {{ is_session_of(scope, 'sessions.started_at') }}
{%- endif %}
