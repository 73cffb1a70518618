with versions as (
    select
        *,
        sipHash64(customer_id, currency, status, trial_started_at, trial_ends_at, cancels_at, is_paused, discounts, items)
            as state_hash,
        lagInFrame(state_hash, 1, 0) over history as hash_before,
        row_number() over history as number,
        max(ended_at) over (partition by org_id, site_id, subscription_id) as known_end
    from {{ ref('stg_stripe__subscription_versions') }}
    window history as (
        partition by org_id, site_id, subscription_id
        order by version_at, rank, event_id
        rows between unbounded preceding and unbounded following
    )
),

-- Stripe tells of a subscription at every renewal: only what makes another state is one.
states as (
    select
        *,
        -- What was so when we first heard of it counts from its beginning.
        if(number = 1, least(started_at, version_at), version_at) as valid_from,
        leadInFrame(version_at, 1, toDateTime64(10413792000, 3, 'UTC')) over (
            partition by org_id, site_id, subscription_id
            order by number
            rows between unbounded preceding and unbounded following
        ) as valid_to
    from versions
    where number = 1 or state_hash != hash_before
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
    known_end as ended_at,
    cancels_at,
    is_paused,
    items,
    -- Discounts of an item come off first, then those of the whole.
    arrayConcat(
        arrayFlatten(
            arrayMap(
                item -> arrayMap(
                    d -> (if(startsWith(d, '{'), JSONExtractString(d, 'id'), d), item.item_id), item.discounts
                ),
                items
            )
        ),
        arrayMap(d -> (if(startsWith(d, '{'), JSONExtractString(d, 'id'), d), ''), discounts)
    )::Array(Tuple(discount_id String, item_id String)) as discounts
from states
where valid_to > valid_from
