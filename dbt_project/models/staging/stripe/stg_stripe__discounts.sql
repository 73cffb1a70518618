{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id', 'discount_id'],
        meta={'logged': ['org_id', 'site_id', 'discount_id', 'customer_id']},
    )
}}
{{ replace_everything(build_plan()) }}
-- A discount has no list of its own: it is known from events, and from the subscriptions and customers that were listed
-- with theirs. Events about a subscription show only its discounts' ids.
with found as (
    select org_id, site_id, occurred_at as version_at, snapshot as discount, event_type
    from {{ ref('stg_stripe__events') }}
    where object_type = 'discount'
    union all
    select org_id, site_id, version_at, discount, '' as event_type
    from {{ ref('stg_stripe__subscription_versions') }}
    array join arrayConcat(discounts, arrayFlatten(items.discounts)) as discount
    where startsWith(discount, '{')
    union all
    select org_id, site_id, created_at as version_at, discount, '' as event_type
    from {{ ref('stg_stripe__customers') }}
    where startsWith(discount, '{')
),

versions as (
    select
        org_id,
        site_id,
        version_at,
        event_type = 'customer.discount.deleted' as is_end,
        JSONExtract(
            discount,
            'Tuple(
                id String,
                customer String,
                subscription String,
                subscription_item String,
                start Int64,
                `end` Int64,
                source Tuple(coupon String),
                coupon Tuple(
                    id String,
                    created Int64,
                    percent_off String,
                    amount_off Int64,
                    currency String,
                    duration String,
                    applies_to Tuple(products Array(String))
                )
            )'
        ) as o
    from found
),

-- An expanded coupon comes as an object where its id would be.
terms as (
    select
        *,
        if(
            startsWith(o.source.coupon, '{'),
            JSONExtract(
                o.source.coupon,
                'Tuple(
                    id String,
                    created Int64,
                    percent_off String,
                    amount_off Int64,
                    currency String,
                    duration String,
                    applies_to Tuple(products Array(String))
                )'
            ),
            o.coupon
        ) as coupon
    from versions
    where o.id != ''
),

discounts as (
    select
        org_id,
        site_id,
        terms.o.id as discount_id,
        argMax(terms.o, (version_at, is_end)) as o,
        -- The terms never change, and not every state shows them.
        argMaxIf(terms.coupon, (version_at, is_end), terms.coupon.id != '') as coupon,
        minIf(version_at, is_end) as deleted_at
    from terms
    group by org_id, site_id, discount_id
),

named as (
    select
        *,
        if(coupon.id != '', coupon.id, o.source.coupon) as coupon_id
    from discounts
)

select
    named.org_id as org_id,
    named.site_id as site_id,
    named.discount_id as discount_id,
    named.coupon_id as coupon_id,
    named.o.customer as customer_id,
    named.o.subscription as subscription_id,
    named.o.subscription_item as subscription_item_id,
    toDateTime64(named.o.start, 3, 'UTC') as starts_at,
    -- Deleted before its time: it ended then.
    multiIf(
        named.deleted_at > toDateTime64(0, 3, 'UTC')
            and (named.o.`end` = 0 or named.deleted_at < toDateTime64(named.o.`end`, 3, 'UTC')),
        named.deleted_at,
        named.o.`end` > 0,
        toDateTime64(named.o.`end`, 3, 'UTC'),
        toDateTime64(10413792000, 3, 'UTC')
    ) as ends_at,
    -- An id is free again when its coupon is deleted: the one that is listed may be another, of other terms.
    (
        coupons.coupon_id != ''
        and (named.coupon.id = '' or named.coupon.created in (0, toUnixTimestamp(coupons.created_at)))
    ) as is_listed,
    is_listed or named.coupon.id != '' as is_known,
    if(is_listed, coupons.percent_off, toDecimal64OrZero(named.coupon.percent_off, 4)) as percent_off,
    if(is_listed, coupons.amount_off, named.coupon.amount_off) as amount_off,
    toLowCardinality(if(is_listed, coupons.currency, named.coupon.currency)) as currency,
    if(is_listed, coupons.amounts_off, map()) as amounts_off,
    toLowCardinality(if(is_listed, coupons.duration, named.coupon.duration)) as duration,
    if(is_listed, coupons.product_ids, named.coupon.applies_to.products) as product_ids
from named
left join {{ ref('stg_stripe__coupons') }} as coupons
    on coupons.org_id = named.org_id
    and coupons.site_id = named.site_id
    and coupons.coupon_id = named.coupon_id
