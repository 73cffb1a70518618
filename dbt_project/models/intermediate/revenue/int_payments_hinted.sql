{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'charge_id', 'number'],
        meta={
            'upstream': [
                'int_payments_invoiced',
                'stg_stripe__payment_intents',
                'stg_stripe__customers',
                'stg_stripe__subscription_versions',
                'stg_stripe__checkout_sessions',
            ],
            'logged': ['org_id', 'site_id', 'charge_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_payments_hinted') %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- The payments, and those that something names which changed.
select org_id, site_id, charge_id from {{ changes_of(plan, 'int_payments_invoiced') }}
union distinct
select org_id, site_id, charge_id
from {{ relation_of('int_payments_invoiced') }}
where (org_id, site_id, payment_intent_id) in (
    select org_id, site_id, payment_intent_id from {{ changes_of(plan, 'stg_stripe__payment_intents') }}
    union distinct
    select org_id, site_id, payment_intent_id
    from {{ changes_of(plan, 'stg_stripe__checkout_sessions') }}
    where payment_intent_id != ''
)
or (org_id, site_id, customer_id) in (
    select org_id, site_id, customer_id from {{ changes_of(plan, 'stg_stripe__customers') }}
    union distinct
    select org_id, site_id, customer_id from {{ changes_of(plan, 'stg_stripe__checkout_sessions') }} where customer_id != ''
)
or (org_id, site_id, subscription_id) in (
    select org_id, site_id, subscription_id from {{ changes_of(plan, 'stg_stripe__subscription_versions') }}
    union distinct
    select org_id, site_id, subscription_id
    from {{ changes_of(plan, 'stg_stripe__checkout_sessions') }}
    where subscription_id != ''
)
or (org_id, site_id, invoice_id) in (
    select org_id, site_id, invoice_id from {{ changes_of(plan, 'stg_stripe__checkout_sessions') }} where invoice_id != ''
)
-- replaces
(org_id, site_id, charge_id) in {{ scope }}
-- rows
{%- endif %}
-- Every hint at who paid, in the order in which they are believed.
with payments as (
    select *
    from {{ ref('int_payments_invoiced') }}
{%- if plan.is_scoped %}
    where (org_id, site_id, charge_id) in {{ scope }}
{%- endif %}
),

checkouts as (
    select
        org_id,
        site_id,
        arrayJoin(
            arrayFilter(
                of -> of.2 != '',
                [
                    ('payment_intent', payment_intent_id),
                    ('invoice', invoice_id),
                    ('subscription', subscription_id),
                    ('customer', customer_id)
                ]
            )
        ) as of,
        (client_reference_id, metadata) as hint,
        created_at,
        checkout_session_id
    from {{ ref('stg_stripe__checkout_sessions') }}
    where status in ('complete', '') and (client_reference_id != '' or notEmpty(metadata))
{%- if plan.is_scoped %}
        and (org_id, site_id, of.2) in (
            select org_id, site_id, arrayJoin([payment_intent_id, invoice_id, subscription_id, customer_id]) from payments
        )
{%- endif %}
),

-- The first checkout with a hint is the one that won the subscription or the customer.
first_checkouts as (
    select
        org_id,
        site_id,
        of.1 as of_kind,
        of.2 as of_id,
        argMin(hint.1, (hint.1 = '', created_at, checkout_session_id)) as client_reference_id,
        argMin(hint.2, (empty(hint.2), created_at, checkout_session_id)) as metadata
    from checkouts
    group by org_id, site_id, of_kind, of_id
),

subscriptions as (
    select org_id, site_id, subscription_id, argMax(versions.metadata, (version_at, rank, event_id)) as metadata
    from {{ ref('stg_stripe__subscription_versions') }} as versions
{%- if plan.is_scoped %}
    where (org_id, site_id, subscription_id) in (select org_id, site_id, subscription_id from payments)
{%- endif %}
    group by org_id, site_id, subscription_id
),

intents as (
    select org_id, site_id, payment_intent_id, metadata
    from {{ ref('stg_stripe__payment_intents') }}
{%- if plan.is_scoped %}
    where (org_id, site_id, payment_intent_id) in (select org_id, site_id, payment_intent_id from payments)
{%- endif %}
),

customers as (
    select org_id, site_id, customer_id, email_hash, metadata
    from {{ ref('stg_stripe__customers') }}
{%- if plan.is_scoped %}
    where (org_id, site_id, customer_id) in (select org_id, site_id, customer_id from payments)
{%- endif %}
),

gathered as (
    select
        payments.org_id as org_id,
        payments.site_id as site_id,
        payments.charge_id as charge_id,
        payments.created_at as created_at,
        payments.customer_id as customer_id,
        [payments.email_hash, customers.email_hash] as email_hashes,
        [
            of_intent.client_reference_id,
            of_invoice.client_reference_id,
            of_subscription.client_reference_id,
            of_customer.client_reference_id
        ] as references,
        arrayConcat(
            payments.metadata,
            [
                intents.metadata,
                of_intent.metadata,
                of_invoice.metadata,
                subscriptions.metadata,
                of_subscription.metadata,
                customers.metadata,
                of_customer.metadata
            ]
        ) as metadata
    from payments
    left join intents
        on intents.org_id = payments.org_id
        and intents.site_id = payments.site_id
        and intents.payment_intent_id = payments.payment_intent_id
    left join customers
        on customers.org_id = payments.org_id
        and customers.site_id = payments.site_id
        and customers.customer_id = payments.customer_id
    left join subscriptions
        on subscriptions.org_id = payments.org_id
        and subscriptions.site_id = payments.site_id
        and subscriptions.subscription_id = payments.subscription_id
{%- for kind in ['payment_intent', 'invoice', 'subscription', 'customer'] %}
    left join (select * from first_checkouts where of_kind = '{{ kind }}') as of_{{ kind | replace('payment_', '') }}
        on of_{{ kind | replace('payment_', '') }}.org_id = payments.org_id
        and of_{{ kind | replace('payment_', '') }}.site_id = payments.site_id
        and of_{{ kind | replace('payment_', '') }}.of_id = payments.{{ kind }}_id
{%- endfor %}
),

hinted as (
    select
        org_id,
        site_id,
        charge_id,
        created_at,
        arrayFilter(
            h -> h.3 != '',
            arrayConcat(
                arrayMap(r -> ('client_reference_id', 'visitor', r), references),
                arrayMap(r -> ('client_reference_id', 'user', r), references),
                arrayMap(m -> ('metadata', 'visitor', m['headwater_visitor_id']), metadata),
                arrayMap(m -> ('metadata', 'session', m['headwater_session_id']), metadata),
                arrayMap(m -> ('user', 'user', m['headwater_user_id']), metadata),
                arrayMap(m -> ('user', 'user', m['user_id']), metadata),
                [('user', 'user', customer_id)],
                arrayMap(e -> ('email_hash', 'email_hash', e), email_hashes)
            )
        ) as hints
    from gathered
)

select
    org_id,
    site_id,
    charge_id,
    created_at,
    toUInt32(number) as number,
    hint.1 as matched_by,
    hint.2 as hint_kind,
    hint.3 as hint_value
from hinted
array join hints as hint, arrayEnumerate(hints) as number
