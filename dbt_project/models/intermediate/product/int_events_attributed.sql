with events as (
    select * from {{ ref('stg_events__events') }}
    where not is_bot and (visitor_id != '' or user_id != '')
),

visitors as (
    select org_id, site_id, visitor_id, person_id from {{ ref('int_visitors_resolved') }}
)

select
    events.*,
    if(
        events.visitor_id != '',
        visitors.person_id,
        {{ person_id('events.user_id', org_id='events.org_id', site_id='events.site_id') }}
    ) as person_id
from events
left join visitors
    on visitors.org_id = events.org_id
    and visitors.site_id = events.site_id
    and visitors.visitor_id = events.visitor_id
