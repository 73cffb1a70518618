{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'object_id', 'object_kind'],
        meta={
            'upstream': [
                'stg_stripe__payment_intents',
                'stg_stripe__customers',
                'stg_stripe__subscription_versions',
                'stg_stripe__checkout_sessions',
            ],
            'logged': ['org_id', 'site_id', 'object_kind', 'object_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_payer_hints') %}
{%- set of_kind = '(select * from ' ~ scope ~ ' where object_kind = ' %}
{%- set checkout_ids -%}
arrayFilter(
                of -> of.2 != '',
                [
                    ('payment_intent', payment_intent_id),
                    ('invoice', invoice_id),
                    ('subscription', subscription_id),
                    ('customer', customer_id)
                ]
            )
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
select org_id, site_id, 'payment_intent' as object_kind, payment_intent_id as object_id
from {{ changes_of(plan, 'stg_stripe__payment_intents') }}
union distinct
select org_id, site_id, 'customer' as object_kind, customer_id as object_id
from {{ changes_of(plan, 'stg_stripe__customers') }}
union distinct
select org_id, site_id, 'subscription' as object_kind, subscription_id as object_id
from {{ changes_of(plan, 'stg_stripe__subscription_versions') }}
union distinct
select org_id, site_id, of.1 as object_kind, of.2 as object_id
from {{ changes_of(plan, 'stg_stripe__checkout_sessions') }}
array join {{ checkout_ids }} as of
-- replaces
(org_id, site_id, object_kind, object_id) in {{ scope }}
-- rows
{%- endif %}
with said as (
    select
        org_id,
        site_id,
        'payment_intent' as object_kind,
        payment_intent_id as object_id,
        created_at,
        '' as email_hash,
        {{ payer_hints('metadata') }} as metadata
    from {{ ref('stg_stripe__payment_intents') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(of_kind ~ "'payment_intent')", 'payment_intent_id', 'object_id') }}
{%- endif %}
    union all
    select
        org_id,
        site_id,
        'customer' as object_kind,
        customer_id as object_id,
        created_at,
        email_hash,
        {{ payer_hints('metadata') }} as metadata
    from {{ ref('stg_stripe__customers') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(of_kind ~ "'customer')", 'customer_id', 'object_id') }}
{%- endif %}
    union all
    select
        org_id,
        site_id,
        'subscription' as object_kind,
        subscription_id as object_id,
        min(versions.started_at) as created_at,
        '' as email_hash,
        {{ payer_hints('argMax(versions.metadata, (version_at, rank, event_id))') }} as metadata
    from {{ ref('stg_stripe__subscription_versions') }} as versions
{%- if plan.is_scoped %}
    where {{ is_named_in(of_kind ~ "'subscription')", 'subscription_id', 'object_id') }}
{%- endif %}
    group by org_id, site_id, subscription_id
),

checkouts as (
    select
        org_id,
        site_id,
        of.1 as object_kind,
        of.2 as object_id,
        client_reference_id,
        metadata,
        created_at,
        checkout_session_id
    from {{ ref('stg_stripe__checkout_sessions') }}
    array join {{ checkout_ids }} as of
    where status in ('complete', '') and (client_reference_id != '' or notEmpty(metadata))
{%- if plan.is_scoped %}
        and (org_id, site_id, of.1, of.2) in {{ scope }}
{%- endif %}
),

-- The first checkout with a hint is the one that won the subscription or the customer.
first_checkouts as (
    select
        org_id,
        site_id,
        object_kind,
        object_id,
        min(checkouts.created_at) as first_at,
        argMin(
            checkouts.client_reference_id, (checkouts.client_reference_id = '', checkouts.created_at, checkout_session_id)
        ) as reference,
        {{ payer_hints(
            'argMin(checkouts.metadata, (empty(checkouts.metadata), checkouts.created_at, checkout_session_id))'
        ) }} as metadata
    from checkouts
    group by org_id, site_id, object_kind, object_id
),

given as (
    select
        org_id,
        site_id,
        object_kind,
        object_id,
        created_at,
        email_hash,
        '' as reference,
        metadata,
        map()::Map(String, String) as checkout_metadata
    from said
    where email_hash != '' or notEmpty(metadata)
    union all
    select
        org_id,
        site_id,
        object_kind,
        object_id,
        first_at as created_at,
        '' as email_hash,
        reference,
        map()::Map(String, String) as metadata,
        first_checkouts.metadata as checkout_metadata
    from first_checkouts
    where reference != '' or notEmpty(first_checkouts.metadata)
)

select
    org_id,
    site_id,
    toLowCardinality(object_kind) as object_kind,
    object_id,
    min(given.created_at) as created_at,
    max(given.email_hash) as email_hash,
    max(given.reference) as client_reference_id,
    -- Its own before that of the checkout that it came from.
    maxMap(given.metadata) as metadata,
    maxMap(given.checkout_metadata) as checkout_metadata
from given
group by org_id, site_id, object_kind, object_id
