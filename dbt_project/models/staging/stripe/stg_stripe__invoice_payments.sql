{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(said_at)',
        order_by=['org_id', 'site_id', 'said_by'],
        indexes=[
            {'name': 'payment_intent_id', 'definition': 'payment_intent_id type minmax granularity 1'},
            {'name': 'charge_id', 'definition': 'charge_id type minmax granularity 1'},
        ],
        meta={
            'upstream': ['stg_stripe__events', 'stg_stripe__invoices', 'stg_stripe__charges'],
            'logged': ['org_id', 'site_id', 'payment_intent_id', 'charge_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__invoice_payments') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select org_id, site_id, object_id as said_by
from {{ changes_of(plan, 'stg_stripe__events') }}
where object_type = 'invoice_payment'
union distinct
select org_id, site_id, invoice_id as said_by from {{ changes_of(plan, 'stg_stripe__invoices') }}
union distinct
select org_id, site_id, charge_id as said_by from {{ changes_of(plan, 'stg_stripe__charges') }}
-- replaces
{{ is_named_in(scope, 'said_by') }}
-- rows
{%- endif %}
-- Three ways in which Stripe says what paid an invoice: its list of payments, the events about them, and in older
-- versions of its interface the invoice's own members, or the charge's.
with told as (
    select
        org_id,
        site_id,
        object_id as said_by,
        occurred_at as said_at,
        JSONExtract(
            snapshot,
            'Tuple(invoice String, payment Tuple(charge String, payment_intent String))'
        ) as o,
        o.invoice as invoice_id,
        o.payment.payment_intent as payment_intent_id,
        o.payment.charge as charge_id
    from {{ ref('stg_stripe__events') }}
    where object_type = 'invoice_payment'
{%- if plan.is_scoped %}
        and {{ is_named_in(scope, 'object_id', 'said_by') }}
{%- endif %}
),

invoices as (
    select
        org_id,
        site_id,
        invoice_id,
        created_at,
        arrayJoin(
            arrayPushBack(
                arrayMap(p -> (p.payment.payment_intent, p.payment.charge), payments), (payment_intent_id, charge_id)
            )
        ) as paid
    from {{ ref('stg_stripe__invoices') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, 'invoice_id', 'said_by') }}
{%- endif %}
),

charges as (
    select org_id, site_id, charge_id, created_at, invoice_id
    from {{ ref('stg_stripe__charges') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, 'charge_id', 'said_by') }}
{%- endif %}
),

said as (
    select org_id, site_id, said_by, said_at, invoice_id, payment_intent_id, charge_id from told
    union all
    select
        org_id,
        site_id,
        invoice_id as said_by,
        created_at as said_at,
        invoice_id,
        paid.1 as payment_intent_id,
        paid.2 as charge_id
    from invoices
    union all
    select
        org_id,
        site_id,
        charge_id as said_by,
        created_at as said_at,
        invoice_id,
        '' as payment_intent_id,
        charge_id
    from charges
)

select distinct org_id, site_id, said_by, said_at, invoice_id, payment_intent_id, charge_id
from said
where invoice_id != '' and (payment_intent_id != '' or charge_id != '')
