{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'customer_id'],
        meta={
            'upstream': ['stg_stripe__customers', 'int_payers_summed', 'int_subscription_periods', 'int_stripe_horizons'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('dim_customers') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select org_id, site_id, customer_id from {{ changes_of(plan, 'stg_stripe__customers') }}
union distinct
select org_id, site_id, payer_id as customer_id from {{ changes_of(plan, 'int_payers_summed') }}
union distinct
{{ changed_subscriptions(plan, 'customer_id') }}
-- replaces
{{ is_named_in(scope, 'customer_id') }}
-- rows
{%- endif %}
with payers as (
    select
        *,
        arrayReduce('sumMap', arrayMap(m -> [m.currency], months), arrayMap(m -> [m.earned], months)) as earned
    from {{ ref('int_payers_summed') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, 'payer_id', 'customer_id') }}
{%- endif %}
),

subscriptions as (
    select
        org_id,
        site_id,
        customer_id,
        uniqExact(dim.subscription_id) as subscriptions,
        sumMapIf([toString(dim.currency)], [dim.mrr], dim.is_current and dim.mrr > 0) as earning
    from {{ ref('dim_subscriptions') }} as dim
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, 'customer_id') }}
{%- endif %}
    group by org_id, site_id, customer_id
)

select
    customers.org_id as org_id,
    customers.site_id as site_id,
    customers.customer_id as customer_id,
    customers.created_at as created_at,
    customers.currency as currency,
    customers.email_hash as email_hash,
    customers.is_delinquent as is_delinquent,
    customers.is_deleted as is_deleted,
    payers.person_id as person_id,
    payers.matched_by as matched_by,
    payers.first_paid_at as first_paid_at,
    payers.last_paid_at as last_paid_at,
    payers.payments as payments,
    mapFromArrays(payers.earned.1, payers.earned.2) as net,
    subscriptions.subscriptions as subscriptions,
    mapFromArrays(subscriptions.earning.1, subscriptions.earning.2) as mrr,
    notEmpty(mrr)::Bool as is_subscribed
from {{ ref('stg_stripe__customers') }} as customers
left join payers
    on payers.org_id = customers.org_id
    and payers.site_id = customers.site_id
    and payers.payer_id = customers.customer_id
left join subscriptions
    on subscriptions.org_id = customers.org_id
    and subscriptions.site_id = customers.site_id
    and subscriptions.customer_id = customers.customer_id
{%- if plan.is_scoped %}
where {{ is_named_in(scope, 'customers.customer_id', 'customer_id') }}
{%- endif %}
