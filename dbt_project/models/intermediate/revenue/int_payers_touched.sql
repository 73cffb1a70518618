{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(first_paid_at)',
        order_by=['org_id', 'site_id', 'payer_id'],
        meta={
            'upstream': ['int_payers_summed', 'int_payer_sessions'],
            'logged': ['org_id', 'site_id', 'payer_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_payers_touched') %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Who is another person than before, or paid first at another time.
select org_id, site_id, payer_id
from {{ changes_of(plan, 'int_payers_summed') }}
group by org_id, site_id, payer_id
having uniqExact((first_at, first_charge_id, person_id)) > 1 or min(is_removed) = max(is_removed)
union distinct
select org_id, site_id, payer_id
from {{ this }}
where {{ is_named_in(changes_of(plan, 'int_payer_sessions'), 'person_id') }}
-- replaces
{{ is_named_in(scope, 'payer_id') }}
-- rows
{%- endif %}
with payers as (
    select
        org_id,
        site_id,
        payer_id,
        first_at as first_paid_at,
        first_charge_id,
        person_id
    from {{ ref('int_payers_summed') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, 'payer_id') }}
{%- endif %}
),

touched as (
    select
        payers.org_id as org_id,
        payers.site_id as site_id,
        payers.payer_id as payer_id,
        payers.first_paid_at as first_paid_at,
        payers.first_charge_id as first_charge_id,
        payers.person_id as person_id,
        arrayFilter(
            s -> s.started_at <= payers.first_paid_at
                and s.started_at >= payers.first_paid_at - interval {{ var('revenue_lookback_days') }} day,
            histories.history
        ) as sessions
    from payers
    left join (
        select *
        from {{ ref('int_payer_sessions') }}
{%- if plan.is_scoped %}
        where (org_id, site_id, person_id) in (select org_id, site_id, person_id from payers)
{%- endif %}
    ) as histories
        on histories.org_id = payers.org_id
        and histories.site_id = payers.site_id
        and histories.person_id = payers.person_id
)

select
    org_id,
    site_id,
    payer_id,
    first_paid_at,
    first_charge_id,
    person_id,
    -- Who paid without a session that we know of is credited to one touch of no channel.
    if(
        empty(sessions),
        [(
            toUInt32(0),
            toUUID('00000000-0000-0000-0000-000000000000'),
            first_paid_at,
            'No touch',
            '',
            '',
            '',
            false
        )],
        arrayMap(
            (s, i) -> (
                toUInt32(i),
                s.session_id,
                s.started_at,
                s.channel,
                s.source,
                s.medium,
                s.campaign,
                s.source = '(direct)'
            ),
            sessions,
            arrayEnumerate(sessions)
        )
    )::Array(
        Tuple(
            position UInt32,
            session_id UUID,
            touched_at DateTime64(3, 'UTC'),
            channel String,
            source String,
            medium String,
            campaign String,
            is_direct Bool
        )
    ) as touches
from touched
