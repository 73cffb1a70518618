with known as (
    select * from {{ ref('stg_stripe__subscription_versions') }}
),

-- Of a subscription of many items an event shows the first ones.
whole as (
    select
        org_id,
        site_id,
        subscription_id,
        arraySort(v -> v.1, groupArray(((version_at, rank, event_id), items))) as wholes
    from known
    where not has_more_items
        and (org_id, site_id, subscription_id) in (
            select org_id, site_id, subscription_id from known where has_more_items
        )
    group by org_id, site_id, subscription_id
),

-- The others were as they are found next, or as they were last.
completed as (
    select
        known.* except (items),
        {{ let(
            'place',
            'arrayFirstIndex(v -> v.1 > (known.version_at, known.rank, known.event_id), whole.wholes)',
            "if(known.has_more_items, arrayConcat(known.items, arrayFilter(i -> not has(known.items.item_id, i.item_id), "
            ~ "whole.wholes[if(place = 0, -1, place)].2)), known.items)"
        ) }} as items
    from known
    left join whole
        on whole.org_id = known.org_id
        and whole.site_id = known.site_id
        and whole.subscription_id = known.subscription_id
),

versions as (
    select
        *,
        sipHash64(customer_id, currency, status, trial_started_at, trial_ends_at, cancels_at, is_paused, discounts, items)
            as state_hash,
        lagInFrame(state_hash, 1, 0) over history as hash_before,
        row_number() over history as number,
        max(ended_at) over (partition by org_id, site_id, subscription_id) as known_end
    from completed
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
