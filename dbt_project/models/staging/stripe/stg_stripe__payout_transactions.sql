{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id', 'payout_id', 'balance_transaction_id'],
        indexes=[
            {'name': 'balance_transaction_id', 'definition': 'balance_transaction_id type minmax granularity 1'},
        ],
        meta={
            'upstream': ['stg_stripe__connections'],
            'loaded_from': ['raw_stripe.payout_transactions'],
            'logged': ['org_id', 'site_id', 'payout_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__payout_transactions') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, payout_id
from {{ source('raw_stripe', 'payout_transactions') }}
where {{ loaded_since(plan, 'raw_stripe.payout_transactions') }}
union distinct
select distinct org_id, site_id, payout_id
from {{ source('raw_stripe', 'payout_transactions') }}
where (org_id, site_id) in {{ changed_sites(plan, ['stg_stripe__connections']) }}
-- replaces
{{ is_named_in(scope, 'payout_id') }}
-- rows
{%- endif %}
select distinct
    org_id,
    site_id,
    payout_id,
    balance_transaction_id
from {{ source('raw_stripe', 'payout_transactions') }}
where (org_id, site_id, livemode) in (
    select org_id, site_id, livemode from {{ ref('stg_stripe__connections') }}
)
{%- if plan.is_scoped %}
    and {{ is_named_in(scope, 'payout_id') }}
{%- endif %}
