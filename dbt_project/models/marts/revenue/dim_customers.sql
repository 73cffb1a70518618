{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'customer_id'],
        meta={
            'upstream': ['stg_stripe__customers', 'fct_transactions', 'dim_subscriptions'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('dim_customers') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select org_id, site_id, customer_id from {{ changes_of(plan, 'stg_stripe__customers') }}
union distinct
select org_id, site_id, customer_id from {{ changes_of(plan, 'fct_transactions') }} where customer_id != ''
union distinct
select org_id, site_id, customer_id from {{ changes_of(plan, 'dim_subscriptions') }}
-- replaces
(org_id, site_id, customer_id) in {{ scope }}
-- rows
{%- endif %}
with payments as (
    select
        org_id,
        site_id,
        customer_id,
        minIf(fct.occurred_at, fct.kind = 'payment') as first_paid_at,
        maxIf(fct.occurred_at, fct.kind = 'payment') as last_paid_at,
        countIf(fct.kind = 'payment') as payments,
        sumMap([toString(fct.currency)], [fct.amount]) as earned,
        argMinIf((fct.person_id, fct.matched_by), (fct.occurred_at, fct.transaction_id), fct.matched_by != '') as who
    from {{ ref('fct_transactions') }} as fct
    where customer_id != ''
{%- if plan.is_scoped %}
        and (org_id, site_id, customer_id) in {{ scope }}
{%- endif %}
    group by org_id, site_id, customer_id
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
    where (org_id, site_id, customer_id) in {{ scope }}
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
    payments.who.1 as person_id,
    payments.who.2 as matched_by,
    payments.first_paid_at as first_paid_at,
    payments.last_paid_at as last_paid_at,
    payments.payments as payments,
    mapFromArrays(payments.earned.1, payments.earned.2) as net,
    subscriptions.subscriptions as subscriptions,
    mapFromArrays(subscriptions.earning.1, subscriptions.earning.2) as mrr,
    notEmpty(mrr)::Bool as is_subscribed
from {{ ref('stg_stripe__customers') }} as customers
left join payments
    on payments.org_id = customers.org_id
    and payments.site_id = customers.site_id
    and payments.customer_id = customers.customer_id
left join subscriptions
    on subscriptions.org_id = customers.org_id
    and subscriptions.site_id = customers.site_id
    and subscriptions.customer_id = customers.customer_id
{%- if plan.is_scoped %}
where (customers.org_id, customers.site_id, customers.customer_id) in {{ scope }}
{%- endif %}
