{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'invoice_id'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.invoices'],
            'logged': ['org_id', 'site_id', 'invoice_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__invoices') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'invoices', 'invoice') }}
-- replaces
{{ is_named_in(scope, 'invoice_id', 'id') }}
-- rows
{%- endif %}
-- Lists inside are whole only where the invoice was listed or retrieved: an event shows the first lines and no payments.
with objects as (
    {{ stripe_objects(
        'invoices',
        'invoice',
        'Tuple(
            created Int64,
            customer String,
            currency String,
            status String,
            billing_reason String,
            subscription String,
            parent Tuple(subscription_details Tuple(subscription String, metadata Map(String, String))),
            subtotal Int64,
            total Int64,
            amount_due Int64,
            amount_paid Int64,
            charge String,
            payment_intent String,
            metadata Map(String, String),
            status_transitions Tuple(finalized_at Int64, paid_at Int64),
            lines Tuple(data Array(Tuple(
                id String,
                amount Int64,
                currency String,
                quantity Int64,
                subscription String,
                proration Bool,
                period Tuple(start Int64, `end` Int64),
                price Tuple(id String, product String),
                pricing Tuple(price_details Tuple(price String, product String)),
                parent Tuple(
                    invoice_item_details Tuple(subscription String, proration Bool),
                    subscription_item_details Tuple(subscription String, proration Bool)
                ),
                discount_amounts Array(Tuple(amount Int64))
            ))),
            payments Tuple(data Array(Tuple(
                id String,
                status String,
                amount_paid Int64,
                payment Tuple(charge String, payment_intent String)
            )))
        )',
        plan,
        scope,
        lists='(o.lines.data, o.payments.data)'
    ) }}
)

select
    org_id,
    site_id,
    id as invoice_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.customer as customer_id,
    if(o.subscription != '', o.subscription, o.parent.subscription_details.subscription) as subscription_id,
    toLowCardinality(o.currency) as currency,
    toLowCardinality(o.status) as status,
    toLowCardinality(o.billing_reason) as billing_reason,
    o.subtotal as subtotal,
    o.total as total,
    o.amount_due as amount_due,
    o.amount_paid as amount_paid,
    toDateTime64(o.status_transitions.paid_at, 3, 'UTC') as paid_at,
    o.charge as charge_id,
    o.payment_intent as payment_intent_id,
    o.metadata as metadata,
    o.parent.subscription_details.metadata as subscription_metadata,
    lists.1 as lines,
    lists.2 as payments,
    is_deleted
from objects
