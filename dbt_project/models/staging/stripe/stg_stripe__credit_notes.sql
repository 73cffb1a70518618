{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'credit_note_id'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.credit_notes'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__credit_notes') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'credit_notes', 'credit_note') }}
-- replaces
{{ is_named_in(scope, 'credit_note_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'credit_notes',
        'credit_note',
        'Tuple(
            created Int64,
            invoice String,
            customer String,
            currency String,
            amount Int64,
            total Int64,
            status String,
            type String
        )',
        plan,
        scope
    ) }}
)

select
    org_id,
    site_id,
    id as credit_note_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.invoice as invoice_id,
    o.customer as customer_id,
    toLowCardinality(o.currency) as currency,
    o.total as amount,
    toLowCardinality(o.status) as status,
    toLowCardinality(o.type) as type,
    is_deleted
from objects
