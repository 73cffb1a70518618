{{
    config(
        materialized='partitions',
        partition_by=partition_of('converted_at'),
        order_by=['org_id', 'site_id', 'converted_at', 'conversion_id', 'model', 'position'],
        meta={
            'upstream': ['fct_goal_completions', 'fct_revenue_events', 'fct_touchpoints'],
            'logged': ['org_id', 'site_id', 'day'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_attribution') %}
{%- set chosen -%}
    {%- if plan.is_scoped -%}
    toDate(converted_at) in (select toDate(converted_at) from {{ scope }})
        and (org_id, site_id, converted_at, conversion_id) in {{ scope }}
    {%- else -%}
    {{ in_batch('cityHash64(conversion_id)') }}
    {%- endif -%}
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
select org_id, site_id, converted_at, conversion_id
from {{ changes_of(plan, 'fct_touchpoints') }}
union distinct
select org_id, site_id, completed_at as converted_at, completion_id as conversion_id
from {{ changes_of(plan, 'fct_goal_completions') }}
union distinct
select org_id, site_id, occurred_at as converted_at, conversion_id
from {{ changes_of(plan, 'fct_revenue_events') }}
-- replaces
{{ chosen }}
-- rows
{%- endif %}
-- Whole numbers throughout: weights are integers, and what division leaves over goes to the largest remainders, so the
-- credits of a conversion are exactly 1 and its money exactly its worth, in every model.
-- Journeys come in the order of their table, a thousand conversions at a time: 20,000 of a machine, of 200 touches each, take
-- 1.2 GB, and more than 4 GB as one hash table in blocks of 65,000.
with journeys as (
    select
        conversion_id,
        arraySort(
            t -> t.position,
            groupArray(
                (position, session_id, touched_at, channel, source, medium, campaign, is_direct)::Tuple(
                    position UInt32,
                    session_id UUID,
                    touched_at DateTime64(3, 'UTC'),
                    channel String,
                    source String,
                    medium String,
                    campaign String,
                    is_direct Bool
                )
            )
        ) as touches
    from {{ ref('fct_touchpoints') }}
    where {{ chosen }}
    group by org_id, site_id, converted_at, conversion_id
    settings optimize_aggregation_in_order = 1, max_block_size = 1024
),

-- Who converted without a session, as servers may report, still counts: one touch of no channel takes it all.
converted as (
    select
        conversions.conversion_id as conversion_id,
        conversions.conversion_kind as conversion_kind,
        conversions.org_id as org_id,
        conversions.site_id as site_id,
        conversions.goal_id as goal_id,
        conversions.day as day,
        conversions.converted_at as converted_at,
        conversions.value as value,
        conversions.revenue as revenue,
        conversions.currency as currency,
        if(
            empty(journeys.touches),
            [(
                toUInt32(0),
                toUUID('00000000-0000-0000-0000-000000000000'),
                conversions.converted_at,
                'No touch',
                '',
                '',
                '',
                false
            )],
            journeys.touches
        )::Array(
            Tuple(
                position UInt32,
                session_id UUID,
                touched_at DateTime64(3, 'UTC'),
                channel String,
                source String,
                medium String,
                campaign String,
                is_direct Bool
            )
        ) as touches
    from journeys
    right join (select * from {{ ref('fct_conversions') }} where {{ chosen }}) as conversions
        on conversions.conversion_id = journeys.conversion_id
),

weighted as (
    select
        * except (touches, models),
        model_weights.1 as model,
        arrayFilter((t, w) -> w > 0, touches, model_weights.2) as credited,
        arrayFilter(w -> w > 0, model_weights.2) as weights
    from (select *, {{ touch_weights('touches') }} as models from converted)
    array join models as model_weights
),

divided as (
    select
        *,
        {{ largest_remainder('toInt64(1000000000)', 'weights') }} as credits,
        -- Of the two one is zero, so this divides either.
        {{ largest_remainder('(value + revenue)', 'weights') }} as amounts
    from weighted
)

select
    conversion_id,
    conversion_kind,
    org_id,
    site_id,
    goal_id,
    day,
    converted_at,
    toLowCardinality(model) as model,
    touch.position as position,
    touch.session_id as session_id,
    touch.touched_at as touched_at,
    toLowCardinality(touch.channel) as channel,
    toLowCardinality(touch.source) as source,
    toLowCardinality(touch.medium) as medium,
    toLowCardinality(touch.campaign) as campaign,
    toDecimal64(credit_units, 9) / 1000000000 as credit,
    if(conversion_kind = 'goal', amount, 0)::Int64 as value,
    if(conversion_kind = 'revenue', amount, 0)::Int64 as revenue,
    currency
from divided
array join
    credited as touch,
    credits as credit_units,
    amounts as amount
