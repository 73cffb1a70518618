{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(occurred_at)',
        order_by=['org_id', 'site_id', 'occurred_at', 'transaction_id'],
        indexes=[
            {'name': 'charge_id', 'definition': 'charge_id type minmax granularity 1'},
        ],
        meta={
            'upstream': [
                'stg_stripe__charges',
                'stg_stripe__refunds',
                'stg_stripe__disputes',
                'stg_stripe__balance_transactions',
                'int_payments_invoiced',
                'int_payments_matched',
                'int_payer_sessions',
                'int_exchange_rates_paired',
                'stg_control__sites',
            ],
            'logged': ['org_id', 'site_id', 'transaction_id', 'charge_id', 'customer_id', 'occurred_at', 'day'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_transactions') %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- All that was made of a charge: of those that changed, were booked, matched or visited otherwise, and are converted at
-- another rate, which holds until the next one.
with converted as (
    select changed.currency as currency, changed.day + arrayJoin(range({{ var('rate_max_age_days') }} + 1)) as day
    from {{ changes_of(plan, 'int_exchange_rates_paired') }} as changed
)

{%- for name in [
    'stg_stripe__charges', 'stg_stripe__refunds', 'stg_stripe__disputes', 'int_payments_invoiced', 'int_payments_matched'
] %}
select org_id, site_id, charge_id from {{ changes_of(plan, name) }}
union distinct
{%- endfor %}
select org_id, site_id, charge_id
from {{ relation_of('int_transactions_collected') }}
where {{ is_named_in(changes_of(plan, 'stg_stripe__balance_transactions'), 'balance_transaction_id') }}
union distinct
select org_id, site_id, charge_id
from {{ relation_of('int_payments_matched') }}
where {{ is_named_in(changes_of(plan, 'int_payer_sessions'), 'person_id') }}
union distinct
select org_id, site_id, charge_id
from {{ this }}
where (org_id, site_id) in {{ changed_sites(plan, ['stg_control__sites']) }}
union distinct
select org_id, site_id, charge_id
from {{ this }}
where {{ is_on_days('converted', 'occurred_at', ['currency', 'day']) }}
-- replaces
{{ is_named_in(scope, 'charge_id') }}
-- rows
{%- endif %}
with transactions as {{ 'materialized ' if plan.is_scoped }}(
    select *
    from {{ ref('int_transactions_collected') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, 'charge_id') }}
{%- endif %}
),

payments as (
    select org_id, site_id, charge_id, customer_id, payment_intent_id, invoice_id, subscription_id
    from {{ ref('int_payments_invoiced') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, 'charge_id') }}
{%- endif %}
),

matches as (
    select org_id, site_id, charge_id, matched_by, visitor_id, person_id, session_id
    from {{ ref('int_payments_matched') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, 'charge_id') }}
{%- endif %}
),

bookings as (
    select org_id, site_id, balance_transaction_id, created_at, reporting_category, amount, currency, fee
    from {{ ref('stg_stripe__balance_transactions') }}
{%- if plan.is_scoped %}
    where (org_id, site_id, balance_transaction_id) in (
        select org_id, site_id, balance_transaction_id from transactions
    )
{%- endif %}
),

histories as (
    select org_id, site_id, person_id, history
    from {{ ref('int_payer_sessions') }}
{%- if plan.is_scoped %}
    where (org_id, site_id, person_id) in (select org_id, site_id, person_id from matches)
{%- endif %}
),

sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

dated as (
    select
        transactions.transaction_id as transaction_id,
        transactions.org_id as org_id,
        transactions.site_id as site_id,
        transactions.kind as kind,
        transactions.charge_id as charge_id,
        transactions.amount as amount,
        transactions.currency as currency,
        transactions.balance_transaction_id as balance_transaction_id,
        payments.customer_id as customer_id,
        payments.payment_intent_id as payment_intent_id,
        payments.invoice_id as invoice_id,
        payments.subscription_id as subscription_id,
        -- When Stripe booked it; the object's own time until it did.
        if(bookings.balance_transaction_id != '', bookings.created_at, transactions.created_at) as occurred_at,
        {{ local_day('occurred_at', 'sites.timezone') }} as day,
        bookings.amount as settled_amount,
        bookings.currency as settled_currency,
        bookings.fee as fee,
        matches.matched_by as matched_by,
        matches.person_id as person_id,
        matches.visitor_id as matched_visitor_id,
        matches.session_id as matched_session_id,
        -- The last session that began before it, of the visitor if one is known, else of the person.
        arrayLast(
            s -> s.started_at <= occurred_at
                and s.started_at >= occurred_at - interval {{ var('revenue_lookback_days') }} day
                and (matched_visitor_id = '' or s.visitor_id = matched_visitor_id),
            histories.history
        ) as last_session
    from transactions
    left join payments
        on payments.org_id = transactions.org_id
        and payments.site_id = transactions.site_id
        and payments.charge_id = transactions.charge_id
    left join bookings
        on bookings.org_id = transactions.org_id
        and bookings.site_id = transactions.site_id
        and bookings.balance_transaction_id = transactions.balance_transaction_id
    left join matches
        on matches.org_id = transactions.org_id
        and matches.site_id = transactions.site_id
        and matches.charge_id = transactions.charge_id
    left join histories
        on histories.org_id = transactions.org_id
        and histories.site_id = transactions.site_id
        and histories.person_id = matches.person_id
    left join sites on sites.org_id = transactions.org_id and sites.site_id = transactions.site_id
    -- What was authorized and not captured was never paid, though Stripe books it as paid and given back.
    where not (transactions.kind = 'refund' and bookings.reporting_category = 'partial_capture_reversal')
),

converted as (
    {{ with_rates('dated') }}
)

select
    transaction_id,
    org_id,
    site_id,
    day,
    occurred_at,
    toLowCardinality(kind) as kind,
    (subscription_id != '')::Bool as is_recurring,
    customer_id,
    subscription_id,
    invoice_id,
    charge_id,
    payment_intent_id,
    amount,
    currency,
    {{ reporting_amount('amount', 'currency') }} as reporting_amount,
    reporting_currency,
    exchange_rate,
    rate_day,
    rate_source,
    balance_transaction_id,
    settled_amount,
    settled_currency,
    fee,
    matched_by,
    person_id,
    if(matched_visitor_id != '', matched_visitor_id, last_session.visitor_id) as visitor_id,
    if(
        matched_session_id != toUUID('00000000-0000-0000-0000-000000000000'),
        matched_session_id,
        last_session.session_id
    ) as session_id
from converted
