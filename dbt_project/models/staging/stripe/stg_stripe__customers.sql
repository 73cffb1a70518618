{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'customer_id'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.customers'],
            'logged': ['org_id', 'site_id', 'customer_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__customers') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'customers', 'customer') }}
-- replaces
{{ is_named_in(scope, 'customer_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'customers',
        'customer',
        'Tuple(
            created Int64,
            email String,
            name String,
            currency String,
            delinquent Bool,
            metadata Map(String, String),
            discount String
        )',
        plan,
        scope
    ) }}
)

select
    org_id,
    site_id,
    id as customer_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    if(o.email = '', '', lower(hex(SHA256(lower(trim(o.email)))))) as email_hash,
    toLowCardinality(o.currency) as currency,
    o.delinquent as is_delinquent,
    o.metadata as metadata,
    o.discount as discount,
    is_deleted
from objects
