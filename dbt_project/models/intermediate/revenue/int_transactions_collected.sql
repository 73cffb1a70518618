with charges as (
    select * from {{ ref('stg_stripe__charges') }}
),

payments as (
    select
        org_id,
        site_id,
        charge_id as transaction_id,
        'payment' as kind,
        charge_id,
        created_at,
        amount,
        currency,
        balance_transaction_id
    from charges
    -- Debits of bank accounts are booked days before the bank answers: one that failed then was paid and is taken back below.
    where is_captured and (status = 'succeeded' or balance_transaction_id != '')
),

failed_payments as (
    select
        org_id,
        site_id,
        failure_balance_transaction_id as transaction_id,
        'payment_failure' as kind,
        charge_id,
        created_at,
        -amount as amount,
        currency,
        failure_balance_transaction_id as balance_transaction_id
    from charges
    where is_captured and failure_balance_transaction_id != ''
),

refunds as (
    select
        org_id,
        site_id,
        refund_id as transaction_id,
        'refund' as kind,
        charge_id,
        created_at,
        -amount as amount,
        currency,
        balance_transaction_id
    from {{ ref('stg_stripe__refunds') }}
    -- One that books nothing releases what was authorized and never captured: no money moved.
    where balance_transaction_id != ''
),

failed_refunds as (
    select
        org_id,
        site_id,
        failure_balance_transaction_id as transaction_id,
        'refund_failure' as kind,
        charge_id,
        created_at,
        amount,
        currency,
        failure_balance_transaction_id as balance_transaction_id
    from {{ ref('stg_stripe__refunds') }}
    where failure_balance_transaction_id != ''
),

-- A dispute takes money when it begins and may give it back when it is won; an inquiry books nothing.
disputes as (
    select
        org_id,
        site_id,
        booked.id as transaction_id,
        if(booked.amount < 0, 'dispute', 'dispute_reversal') as kind,
        charge_id,
        toDateTime64(booked.created, 3, 'UTC') as created_at,
        -- What was booked is in the currency of settlement, which may be another.
        if(booked.currency = currency, booked.amount, sign(booked.amount) * amount) as amount,
        currency,
        booked.id as balance_transaction_id
    from {{ ref('stg_stripe__disputes') }}
    array join balance_transactions as booked
)

select * from payments
union all
select * from failed_payments
union all
select * from refunds
union all
select * from failed_refunds
union all
select * from disputes
