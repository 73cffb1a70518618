{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'charge_id'],
        indexes=[
            {'name': 'payment_intent_id', 'definition': 'payment_intent_id type minmax granularity 1'},
            {'name': 'invoice_id', 'definition': 'invoice_id type minmax granularity 1'},
        ],
        meta={
            'upstream': ['stg_stripe__charges', 'stg_stripe__invoices', 'stg_stripe__invoice_payments'],
            'logged': ['org_id', 'site_id', 'charge_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_payments_invoiced') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select org_id, site_id, charge_id from {{ changes_of(plan, 'stg_stripe__charges') }}
union distinct
select org_id, site_id, charge_id from {{ changes_of(plan, 'stg_stripe__invoice_payments') }} where charge_id != ''
union distinct
select org_id, site_id, charge_id
from {{ relation_of('stg_stripe__charges') }}
where payment_intent_id != ''
    and {{ is_named_in(changes_of(plan, 'stg_stripe__invoice_payments'), 'payment_intent_id') }}
union distinct
select org_id, site_id, charge_id
from {{ this }}
where {{ is_named_in(changes_of(plan, 'stg_stripe__invoices'), 'invoice_id') }}
-- replaces
{{ is_named_in(scope, 'charge_id') }}
-- rows
{%- endif %}
with charges as {{ 'materialized ' if plan.is_scoped }}(
    select *
    from {{ ref('stg_stripe__charges') }}
    where is_captured and (status = 'succeeded' or balance_transaction_id != '')
{%- if plan.is_scoped %}
        and {{ is_named_in(scope, 'charge_id') }}
{%- endif %}
),

by_intent as (
    select org_id, site_id, payment_intent_id, min(paid.invoice_id) as invoice_id
    from {{ ref('stg_stripe__invoice_payments') }} as paid
    where payment_intent_id != ''
{%- if plan.is_scoped %}
        and {{ is_named_in('charges', 'payment_intent_id') }}
{%- endif %}
    group by org_id, site_id, payment_intent_id
),

by_charge as (
    select org_id, site_id, charge_id, min(paid.invoice_id) as invoice_id
    from {{ ref('stg_stripe__invoice_payments') }} as paid
    where charge_id != ''
{%- if plan.is_scoped %}
        and {{ is_named_in(scope, 'charge_id') }}
{%- endif %}
    group by org_id, site_id, charge_id
),

named as {{ 'materialized ' if plan.is_scoped }}(
    select
        charges.org_id as org_id,
        charges.site_id as site_id,
        charges.charge_id as charge_id,
        charges.created_at as created_at,
        charges.customer_id as customer_id,
        charges.payment_intent_id as payment_intent_id,
        charges.email_hash as email_hash,
        charges.metadata as metadata,
        if(by_charge.invoice_id != '', by_charge.invoice_id, by_intent.invoice_id) as invoice_id
    from charges
    left join by_charge
        on by_charge.org_id = charges.org_id
        and by_charge.site_id = charges.site_id
        and by_charge.charge_id = charges.charge_id
    left join by_intent
        on by_intent.org_id = charges.org_id
        and by_intent.site_id = charges.site_id
        and by_intent.payment_intent_id = charges.payment_intent_id
)

select
    named.org_id as org_id,
    named.site_id as site_id,
    named.charge_id as charge_id,
    named.created_at as created_at,
    named.customer_id as customer_id,
    named.payment_intent_id as payment_intent_id,
    named.invoice_id as invoice_id,
    invoices.subscription_id as subscription_id,
    named.email_hash as email_hash,
    -- What is nearer to the payment is said with more knowledge of it.
    arrayFilter(
        m -> notEmpty(m),
        [named.metadata, invoices.metadata, invoices.subscription_metadata]
    ) as metadata
from named
left join (
    select org_id, site_id, invoice_id, subscription_id, metadata, subscription_metadata
    from {{ ref('stg_stripe__invoices') }}
{%- if plan.is_scoped %}
    where (org_id, site_id, invoice_id) in (select org_id, site_id, invoice_id from named)
{%- endif %}
) as invoices
    on invoices.org_id = named.org_id
    and invoices.site_id = named.site_id
    and invoices.invoice_id = named.invoice_id
