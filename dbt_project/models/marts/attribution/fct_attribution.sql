{{
    config(
        materialized='partitions',
        partition_by=partition_of('converted_at'),
        order_by=['org_id', 'site_id', 'model', 'conversion_id', 'position'],
        meta={
            'upstream': ['fct_goal_completions', 'fct_touchpoints'],
            'logged': ['org_id', 'site_id', 'day'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('fct_attribution') %}
{%- set chosen -%}
    {%- if plan.is_scoped -%}
    toDate(converted_at) in (select toDate(converted_at) from {{ scope }})
        and conversion_id in (select conversion_id from {{ scope }})
    {%- else -%}
    {{ in_batch('sipHash64(conversion_id)') }}
    {%- endif -%}
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
select conversion_id, converted_at
from {{ changes_of(plan, 'fct_touchpoints') }}
union distinct
select completion_id as conversion_id, completed_at as converted_at
from {{ changes_of(plan, 'fct_goal_completions') }}
-- replaces
{{ chosen }}
-- rows
{%- endif %}
-- Whole numbers throughout: weights are integers, and what division leaves over goes to the largest remainders, so the
-- credits of a conversion are exactly 1 and its money exactly its worth, in every model.
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
    group by conversion_id
),

-- Who converted without a session, as servers may report, still counts: one touch of no channel takes it all.
converted as (
    select
        conversions.*,
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
    from (select * from {{ ref('fct_conversions') }} where {{ chosen }}) as conversions
    left join journeys on journeys.conversion_id = conversions.conversion_id
),

weighted as (
    select
        * except (model_weights),
        model_weights.1 as model,
        model_weights.2 as weights
    from (
        select
            *,
            toUInt32(length(touches)) as n,
            arrayEnumerate(touches) as numbers,
            toUInt32(arrayLastIndex(t -> not t.is_direct, touches)) as last_non_direct,
            touches[-1].touched_at as last_touched_at,
            [
                ('first_touch', arrayMap(i -> toUInt64(i = 1), numbers)),
                ('last_touch', arrayMap(i -> toUInt64(i = n), numbers)),
                (
                    'last_non_direct',
                    arrayMap(i -> toUInt64(i = if(last_non_direct = 0, n, last_non_direct)), numbers)
                ),
                ('linear', arrayMap(i -> toUInt64(1), numbers)),
                -- Relative to the last touch, whose weight is 2^40: no look-back makes them all vanish.
                (
                    'time_decay',
                    arrayMap(
                        t -> toUInt64(
                            floor(
                                exp2(
                                    40 - dateDiff('millisecond', t.touched_at, last_touched_at)
                                        / ({{ var('attribution_half_life_days', 7) }} * 86400000)
                                )
                            )
                        ),
                        touches
                    )
                ),
                -- Two fifths for each end and one for all between, in whole numbers.
                (
                    'position_based',
                    arrayMap(i -> toUInt64(if(n > 2 and i in (1, n), 2 * (n - 2), 1)), numbers)
                )
            ] as models
        from converted
    )
    array join models as model_weights
),

divided as (
    select
        *,
        toInt128(arraySum(weights)) as all_weights,
        toInt128(1000000000) as units,
        arrayMap(w -> intDiv(units * w, all_weights), weights) as whole_units,
        units - arraySum(whole_units) as units_left,
        -- intDiv cuts towards zero: a loss is divided as a gain and given its sign back.
        toInt128(abs(value)) as money,
        arrayMap(w -> intDiv(money * w, all_weights), weights) as whole_money,
        money - arraySum(whole_money) as money_left,
        arraySort((rank, i) -> i, numbers, arraySort((i, w) -> (-((units * w) % all_weights), i), numbers, weights))
            as unit_ranks,
        arraySort((rank, i) -> i, numbers, arraySort((i, w) -> (-((money * w) % all_weights), i), numbers, weights))
            as money_ranks
    from weighted
)

select
    conversion_id,
    org_id,
    site_id,
    goal_id,
    day,
    converted_at,
    person_id,
    toLowCardinality(model) as model,
    touch.position as position,
    touch.session_id as session_id,
    touch.touched_at as touched_at,
    toLowCardinality(touch.channel) as channel,
    toLowCardinality(touch.source) as source,
    toLowCardinality(touch.medium) as medium,
    toLowCardinality(touch.campaign) as campaign,
    toDecimal64(touch_units + (unit_rank <= units_left), 9) / 1000000000 as credit,
    toInt64(sign(divided.value) * (touch_money + (money_rank <= money_left))) as value,
    currency
from divided
array join
    touches as touch,
    weights as weight,
    whole_units as touch_units,
    whole_money as touch_money,
    unit_ranks as unit_rank,
    money_ranks as money_rank
where weight > 0
