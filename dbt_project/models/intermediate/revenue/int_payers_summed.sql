{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(first_at)',
        order_by=['org_id', 'site_id', 'payer_id'],
        meta={
            'upstream': ['fct_transactions'],
            'logged': ['org_id', 'site_id', 'payer_id', 'first_at', 'first_charge_id', 'person_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_payers_summed') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, {{ payer_id() }} as payer_id
from {{ changes_of(plan, 'fct_transactions') }}
-- replaces
{{ is_named_in(scope, 'payer_id') }}
-- rows
{%- endif %}
-- All that anybody asks of a payer's history is read from it once, here.
with currencies as (
    select
        org_id,
        site_id,
        {{ payer_id() }} as payer_id,
        toString(fct.currency) as currency_paid,
        -- 1970 where nothing was paid: only what is given back of a payment before all that was loaded is known.
        toStartOfMonth(minIf(fct.day, fct.kind = 'payment')) as cohort_month,
        -- The count keeps a month in which all amounts cancel each other out.
        sumMap(
            [toStartOfMonth(fct.day)],
            [toInt64(1)],
            [if(fct.kind in ('payment', 'payment_failure'), fct.amount, 0)],
            [fct.amount]
        ) as moved,
        countIf(fct.kind = 'payment') as payments,
        minIf(fct.occurred_at, fct.kind = 'payment') as first_paid_at,
        maxIf(fct.occurred_at, fct.kind = 'payment') as last_paid_at,
        min((fct.kind != 'payment', fct.occurred_at, fct.transaction_id, fct.charge_id)) as first,
        minIf((fct.occurred_at, fct.transaction_id, fct.person_id, fct.matched_by), fct.matched_by != '') as known
    from {{ ref('fct_transactions') }} as fct
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, payer_id(), 'payer_id') }}
{%- endif %}
    group by org_id, site_id, payer_id, currency_paid
),

payers as (
    select
        org_id,
        site_id,
        payer_id,
        -- Where only the refund of a payment is known that was made before all that was loaded, its time stands in.
        min(currencies.first) as first,
        -- The first of its payments whose payer is known says who it is.
        minIf(currencies.known, currencies.known.4 != '') as known,
        minIf(currencies.first_paid_at, currencies.payments > 0) as first_paid_at,
        max(currencies.last_paid_at) as last_paid_at,
        sum(currencies.payments) as payments,
        arraySort(
            groupArrayArray(
                arrayMap(
                    (month, paid, earned) -> (
                        currencies.currency_paid, currencies.cohort_month, month, paid, earned
                    )::Tuple(
                        currency String,
                        cohort_month Date,
                        month Date,
                        paid Int64,
                        earned Int64
                    ),
                    currencies.moved.1,
                    currencies.moved.3,
                    currencies.moved.4
                )
            )
        ) as months
    from currencies
    group by org_id, site_id, payer_id
)

select
    org_id,
    site_id,
    payer_id,
    first.2 as first_at,
    first.4 as first_charge_id,
    known.3 as person_id,
    known.4 as matched_by,
    first_paid_at,
    last_paid_at,
    payments,
    months
from payers
