{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'day', 'customer_id', 'subscription_id', 'product_id'],
        meta={
            'upstream': ['int_mrr_changes'],
            'logged': ['org_id', 'site_id', 'currency', 'day'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_mrr_movements') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, customer_id, currency from {{ changes_of(plan, 'int_mrr_changes') }}
-- replaces
(org_id, site_id, customer_id, currency) in {{ scope }}
-- rows
{%- endif %}
-- What a customer pays in a currency decides what kind a change is: from nothing, to nothing, more or less.
with changes as (
    select *
    from {{ ref('int_mrr_changes') }}
{%- if plan.is_scoped %}
    where (org_id, site_id, customer_id, currency) in {{ scope }}
{%- endif %}
),

customer_days as (
    select org_id, site_id, customer_id, currency, day, sum(changes.amount) as change
    from changes
    group by org_id, site_id, customer_id, currency, day
),

customers as (
    select
        org_id,
        site_id,
        customer_id,
        currency,
        arraySort(d -> d.1, groupArray((day, change))) as days,
        arrayCumSum(days.2) as after,
        arrayPopBack(arrayPushFront(after, 0)) as before,
        arrayMap(i -> arrayExists(paid -> paid > 0, arraySlice(before, 1, i)), arrayEnumerate(before)) as paid_once
    from customer_days
    group by org_id, site_id, customer_id, currency
),

kinds as (
    select
        org_id,
        site_id,
        customer_id,
        currency,
        d.1 as day,
        multiIf(
            mrr_before = 0 and mrr_after > 0 and has_paid, 'reactivation',
            mrr_before = 0 and mrr_after > 0, 'new',
            mrr_before > 0 and mrr_after = 0, 'churn',
            mrr_after < mrr_before, 'contraction',
            'expansion'
        ) as kind
    from customers
    array join days as d, before as mrr_before, after as mrr_after, paid_once as has_paid
)

select
    changes.org_id as org_id,
    changes.site_id as site_id,
    changes.day as day,
    toLowCardinality(kinds.kind) as kind,
    changes.customer_id as customer_id,
    changes.subscription_id as subscription_id,
    changes.product_id as product_id,
    changes.currency as currency,
    changes.amount as amount
from changes
inner join kinds
    on kinds.org_id = changes.org_id
    and kinds.site_id = changes.site_id
    and kinds.customer_id = changes.customer_id
    and kinds.currency = changes.currency
    and kinds.day = changes.day
