{{ config(order_by=['org_id', 'site_id', 'day', 'content_id']) }}

-- What an item is and who made it are said by some of its plays only.
with items as (
    select
        org_id,
        site_id,
        content_id,
        max(content_type) as content_type,
        max(creator_id) as creator_id
    from {{ ref('fct_plays') }}
    group by org_id, site_id, content_id
)

select
    plays.org_id as org_id,
    plays.site_id as site_id,
    plays.day as day,
    plays.content_id as content_id,
    any(items.content_type) as content_type,
    any(items.creator_id) as creator_id,
    count() as plays,
    uniqExact(plays.person_id) as viewers,
    sum(plays.watched_seconds) as watched_seconds,
    countIf(plays.is_completed) as completed_plays,
    completed_plays / count() as completion_rate,
    sumForEachIf(
        arrayMap(
            tenth -> toUInt64(
                -- Items of unknown length come here too: what is divided by nothing is nothing.
                tenth = least(
                    9,
                    intDivOrZero(toInt64(plays.abandoned_at_seconds * 10000), toInt64(plays.length_seconds * 1000))
                )
            ),
            range(10)
        ),
        not plays.is_completed and plays.length_seconds > 0
    ) as abandoned_by_tenth
from {{ ref('fct_plays') }} as plays
inner join items
    on items.org_id = plays.org_id and items.site_id = plays.site_id and items.content_id = plays.content_id
group by org_id, site_id, day, content_id
