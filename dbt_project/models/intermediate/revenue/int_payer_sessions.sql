{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id', 'person_id'],
        meta={
            'upstream': ['int_payments_matched', 'int_visitors_resolved', 'fct_sessions'],
            'logged': ['org_id', 'site_id', 'person_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_payer_sessions') %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Who began or ceased to be somebody who paid, gained or lost a visitor, or has a session that is other than before.
select org_id, site_id, person_id from {{ changes_of(plan, 'int_payments_matched') }}
union distinct
select org_id, site_id, person_id from {{ moved_people(plan) }}
union distinct
select org_id, site_id, person_id
from {{ relation_of('int_visitors_resolved') }}
where (org_id, site_id, visitor_id) in (
    select org_id, site_id, visitor_id from {{ changes_of(plan, 'fct_sessions') }} where not is_bot
)
-- replaces
{{ is_named_in(scope, 'person_id') }}
-- rows
{%- endif %}
with people as (
    select distinct org_id, site_id, person_id
    from {{ ref('int_payments_matched') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, 'person_id') }}
{%- endif %}
),

visitors as (
    select org_id, site_id, visitor_id, person_id
    from {{ ref('int_visitors_resolved') }}
    where (org_id, site_id, person_id) in people
)

select
    visitors.org_id as org_id,
    visitors.site_id as site_id,
    visitors.person_id as person_id,
    arraySort(
        s -> (s.started_at, UUIDToNum(s.session_id)),
        groupArray(
            (
                sessions.started_at,
                sessions.session_id,
                sessions.visitor_id,
                sessions.channel,
                sessions.source,
                sessions.medium,
                sessions.campaign
            )::Tuple(
                started_at DateTime64(3, 'UTC'),
                session_id UUID,
                visitor_id String,
                channel String,
                source String,
                medium String,
                campaign String
            )
        )
    ) as history
from {{ ref('fct_sessions') }} as sessions
inner join visitors
    on visitors.org_id = sessions.org_id
    and visitors.site_id = sessions.site_id
    and visitors.visitor_id = sessions.visitor_id
where not sessions.is_bot
    and (sessions.org_id, sessions.site_id, sessions.visitor_id) in (select org_id, site_id, visitor_id from visitors)
group by org_id, site_id, person_id
