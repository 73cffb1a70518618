{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(occurred_at)',
        order_by=['org_id', 'site_id', 'model', 'transaction_id', 'position'],
        meta={
            'upstream': ['fct_transactions', 'int_payers_touched'],
            'logged': ['org_id', 'site_id', 'session_id', 'touched_at', 'day'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_revenue_attribution') %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- What was paid, and all that those paid who were won otherwise than before.
select org_id, site_id, transaction_id, occurred_at from {{ changes_of(plan, 'fct_transactions') }}
union distinct
select org_id, site_id, transaction_id, occurred_at
from {{ relation_of('fct_transactions') }}
where {{ is_named_in(changes_of(plan, 'int_payers_touched'), payer_id(), 'payer_id') }}
-- replaces
toDate(occurred_at) in (select toDate(occurred_at) from {{ scope }})
    and (org_id, site_id, transaction_id) in (select org_id, site_id, transaction_id from {{ scope }})
-- rows
{%- endif %}
-- A payer is won once: whatever it pays, now and later, and whatever is given back, is divided among the sessions before
-- its first payment. In whole numbers, so that each transaction is divided to the cent.
with transactions as (
    select
        *,
        {{ payer_id() }} as payer_id
    from {{ ref('fct_transactions') }}
{%- if plan.is_scoped %}
    where toDate(occurred_at) in (select toDate(occurred_at) from {{ scope }})
        and (org_id, site_id, transaction_id) in (select org_id, site_id, transaction_id from {{ scope }})
{%- endif %}
),

weighted as (
    select
        org_id,
        site_id,
        payer_id,
        first_charge_id,
        model_weights.1 as model,
        arrayFilter((t, w) -> w > 0, touches, model_weights.2) as touches,
        arrayFilter(w -> w > 0, model_weights.2) as weights
    from (
        select *, {{ touch_weights('touches') }} as models
        from {{ ref('int_payers_touched') }}
{%- if plan.is_scoped %}
        where (org_id, site_id, payer_id) in (select org_id, site_id, payer_id from transactions)
{%- endif %}
    )
    array join models as model_weights
),

divided as (
    select
        transactions.transaction_id as transaction_id,
        transactions.org_id as org_id,
        transactions.site_id as site_id,
        transactions.day as day,
        transactions.occurred_at as occurred_at,
        transactions.kind as kind,
        transactions.is_recurring as is_recurring,
        transactions.charge_id = weighted.first_charge_id as is_first_payment,
        transactions.customer_id as customer_id,
        weighted.model as model,
        weighted.touches as touches,
        transactions.currency as currency,
        transactions.reporting_currency as reporting_currency,
        {{ largest_remainder('transactions.amount', 'weighted.weights') }} as amounts,
        {{ largest_remainder('transactions.reporting_amount', 'weighted.weights') }} as reporting_amounts,
        {{ largest_remainder('toInt64(1000000000)', 'weighted.weights') }} as credits
    from transactions
    inner join weighted
        on weighted.org_id = transactions.org_id
        and weighted.site_id = transactions.site_id
        and weighted.payer_id = transactions.payer_id
)

select
    transaction_id,
    org_id,
    site_id,
    day,
    occurred_at,
    kind,
    is_recurring,
    is_first_payment::Bool as is_first_payment,
    customer_id,
    toLowCardinality(model) as model,
    touch.position as position,
    touch.session_id as session_id,
    touch.touched_at as touched_at,
    toLowCardinality(touch.channel) as channel,
    toLowCardinality(touch.source) as source,
    toLowCardinality(touch.medium) as medium,
    toLowCardinality(touch.campaign) as campaign,
    toDecimal64(credit_units, 9) / 1000000000 as credit,
    amount,
    currency,
    reporting_amount,
    reporting_currency
from divided
array join
    touches as touch,
    amounts as amount,
    reporting_amounts as reporting_amount,
    credits as credit_units
