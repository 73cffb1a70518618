{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(started_at)',
        order_by=['org_id', 'site_id', 'subscription_id', 'valid_from'],
        meta={
            'upstream': ['stg_stripe__subscription_versions', 'stg_stripe__discounts', 'stg_stripe__prices'],
            'logged': ['org_id', 'site_id', 'subscription_id', 'customer_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_subscription_periods') %}
{%- set unit = "toInt256('1000000000000000000')" %}
{%- set amount_off = 'if(d.1.currency = currency, d.1.amount_off, d.1.amounts_off[currency])' %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Of which a version came, and which name or named a discount or a price that is another than before.
select org_id, site_id, subscription_id from {{ changes_of(plan, 'stg_stripe__subscription_versions') }}
union distinct
select org_id, site_id, subscription_id
from {{ this }}
where (org_id, site_id, customer_id) in (
    select org_id, site_id, customer_id from {{ changes_of(plan, 'stg_stripe__discounts') }} where customer_id != ''
)
union distinct
select org_id, site_id, subscription_id
from {{ this }}
array join discount_ids as discount_id
where (org_id, site_id, discount_id) in (
    select org_id, site_id, discount_id from {{ changes_of(plan, 'stg_stripe__discounts') }}
)
union distinct
select org_id, site_id, subscription_id
from {{ this }}
array join lines.price_id as price_id
where (org_id, site_id, price_id) in (
    select org_id, site_id, price_id from {{ changes_of(plan, 'stg_stripe__prices') }}
)
-- replaces
{{ is_named_in(scope, 'subscription_id') }}
-- rows
{%- endif %}
with states as materialized (
    select *
    from {{ ref('int_subscription_states') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, 'subscription_id') }}
{%- endif %}
),

terms as (
    select
        org_id,
        site_id,
        discount_id,
        customer_id,
        subscription_id = '' and subscription_item_id = '' as is_of_customer,
        (
            discount_id,
            starts_at,
            ends_at,
            toInt64(percent_off * 10000),
            amount_off,
            currency,
            amounts_off,
            product_ids
        )::Tuple(
            discount_id String,
            starts_at DateTime64(3, 'UTC'),
            ends_at DateTime64(3, 'UTC'),
            millionths Int64,
            amount_off Int64,
            currency String,
            amounts_off Map(String, Int64),
            product_ids Array(String)
        ) as term
    from {{ ref('stg_stripe__discounts') }}
    -- What is taken off once makes one invoice smaller and no month.
    where duration != 'once' and is_known
),

named_terms as (
    select
        named.org_id as org_id,
        named.site_id as site_id,
        named.subscription_id as subscription_id,
        groupArray(terms.term) as known_terms
    from (
        select distinct org_id, site_id, subscription_id, arrayJoin(discounts).discount_id as discount_id from states
    ) as named
    inner join terms
        on terms.org_id = named.org_id and terms.site_id = named.site_id and terms.discount_id = named.discount_id
    group by org_id, site_id, subscription_id
),

customer_terms as (
    select org_id, site_id, customer_id, arraySort(t -> (t.starts_at, t.discount_id), groupArray(term)) as known_terms
    from terms
    where is_of_customer and customer_id != ''
    group by org_id, site_id, customer_id
),

prices as (
    select
        named.org_id as org_id,
        named.site_id as site_id,
        named.subscription_id as subscription_id,
        groupArray((prices.price_id, prices.tiers, prices.currency_options)) as known_prices
    from (
        select distinct org_id, site_id, subscription_id, item.price_id as price_id
        from states
        array join items as item
        where item.billing_scheme = 'tiered' or item.currency != currency
    ) as named
    inner join {{ ref('stg_stripe__prices') }} as prices
        on prices.org_id = named.org_id and prices.site_id = named.site_id and prices.price_id = named.price_id
    group by org_id, site_id, subscription_id
),

priced as (
    select
        states.org_id as org_id,
        states.site_id as site_id,
        states.subscription_id as subscription_id,
        states.valid_from as state_from,
        states.valid_to as state_to,
        states.customer_id as customer_id,
        states.currency as currency,
        states.status as status,
        states.started_at as started_at,
        states.trial_started_at as trial_started_at,
        states.trial_ends_at as trial_ends_at,
        states.ended_at as ended_at,
        states.cancels_at as cancels_at,
        states.is_paused as is_paused,
        states.items as items,
        arrayDistinct(arrayMap(d -> d.discount_id, states.discounts)) as discount_ids,
        -- A customer's own discount counts where the subscription has none.
        if(
            empty(states.discounts),
            arrayMap(t -> (t, ''), customer_terms.known_terms),
            arrayMap(
                d -> (arrayFirst(t -> t.discount_id = d.discount_id, named_terms.known_terms), d.item_id), states.discounts
            )
        ) as discounts,
        -- An item shows its price in the price's own currency: in another, what the price says of that one counts.
        arrayMap(
            item -> {{ let(
                'price',
                'arrayFirst(p -> p.1 = item.price_id, prices.known_prices)',
                "if(item.currency = states.currency, (true, item.unit_amount, price.2), (mapContains(price.3, states.currency), "
                ~ "price.3[states.currency].1, price.3[states.currency].2))"
            ) }}::Tuple(
                is_known Bool,
                unit_amount String,
                tiers Array(Tuple(up_to Int64, unit_amount_decimal String, flat_amount_decimal String))
            ),
            states.items
        ) as item_prices
    from states
    left join named_terms
        on named_terms.org_id = states.org_id
        and named_terms.site_id = states.site_id
        and named_terms.subscription_id = states.subscription_id
    left join customer_terms
        on customer_terms.org_id = states.org_id
        and customer_terms.site_id = states.site_id
        and customer_terms.customer_id = states.customer_id
    left join prices
        on prices.org_id = states.org_id
        and prices.site_id = states.site_id
        and prices.subscription_id = states.subscription_id
),

-- A trial's end, a discount's begin and end change what is earned though no event need tell of them.
periods as (
    select
        *,
        arraySort(
            arrayDistinct(
                arrayFilter(
                    at -> at >= state_from and at < state_to,
                    arrayConcat(
                        [state_from, trial_started_at, trial_ends_at, ended_at],
                        arrayMap(d -> d.1.starts_at, discounts),
                        arrayMap(d -> d.1.ends_at, discounts)
                    )
                )
            )
        ) as begins,
        arrayPushBack(arrayPopFront(begins), state_to) as ends,
        arrayMap((item, price) -> {{ item_amount('item', 'price') }}, items, item_prices) as amounts,
        arrayMap(item -> {{ months_of('item.recurring_interval', 'item.interval_count') }}, items) as months
    from priced
),

valued as (
    select
        *,
        valid_from,
        valid_to,
        (
            status in ('active', 'past_due', 'canceled')
                or (status = 'trialing' and trial_ends_at > toDateTime64(0, 3, 'UTC'))
        )
            and not is_paused
            and (ended_at = toDateTime64(0, 3, 'UTC') or valid_from < ended_at)
            and not (valid_from >= trial_started_at and valid_from < trial_ends_at) as is_counted,
        arrayFilter(
            d -> d.1.discount_id != ''
                and valid_from >= d.1.starts_at
                and valid_from < d.1.ends_at
                and (d.1.millionths > 0 or d.1.currency = currency or mapContains(d.1.amounts_off, currency)),
            discounts
        ) as held,
        arrayFold(
            (left_over, d) -> {{ let(
                'eligible',
                "arrayMap(item -> toInt256((d.2 = '' or d.2 = item.item_id) and (empty(d.1.product_ids)"
                ~ " or has(d.1.product_ids, item.product_id))), items)",
                let(
                    'total',
                    'arraySum(arrayMap((a, e) -> a * e, left_over, eligible))',
                    "arrayMap((a, e) -> multiIf(e = 0, a, d.1.millionths > 0, "
                    ~ divide_rounded('a * (1000000 - d.1.millionths)', 'toInt256(1000000)')
                    ~ ", total = 0, a, "
                    ~ divide_rounded(
                        'a * greatest(total - ' ~ amount_off ~ ' * ' ~ unit ~ ', toInt256(0))', 'greatest(total, toInt256(1))'
                    )
                    ~ "), left_over, eligible)"
                )
            ) }},
            held,
            amounts
        ) as discounted
    from periods
    array join begins as valid_from, ends as valid_to
)

select
    org_id,
    site_id,
    subscription_id,
    valid_from,
    valid_to,
    customer_id,
    currency,
    status,
    started_at,
    trial_started_at,
    trial_ends_at,
    ended_at,
    cancels_at,
    is_paused,
    is_counted::Bool as is_counted,
    discount_ids,
    arrayMap(
        (item, amount, month) -> (
            item.item_id,
            item.price_id,
            item.product_id,
            item.quantity,
            if(is_counted, toInt64({{ divide_rounded('amount * month.1', unit ~ ' * month.2') }}), 0)
        )::Tuple(item_id String, price_id String, product_id String, quantity Int64, mrr Int64),
        items,
        discounted,
        months
    ) as lines,
    arraySum(lines.mrr) as mrr
from valued
where valid_to > valid_from
