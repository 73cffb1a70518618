-- In each model the credits of a goal and of revenue are their conversions, and the money is theirs in each currency, to the
-- cent.
with conversions as (
    select
        model,
        org_id,
        site_id,
        conversion_kind,
        goal_id,
        currency,
        toDecimal128(count(), 9) as credit,
        sum(fct.value) as value,
        sum(fct.revenue) as revenue
    from {{ ref('fct_conversions') }} as fct
    cross join (
        select arrayJoin([
            'first_touch', 'last_touch', 'last_non_direct', 'linear', 'time_decay', 'position_based'
        ]) as model
    ) as models
    group by model, org_id, site_id, conversion_kind, goal_id, currency
),

credits as (
    select
        model,
        org_id,
        site_id,
        conversion_kind,
        goal_id,
        currency,
        sum(rpt.credit) as credit,
        sum(rpt.value) as value,
        sum(rpt.revenue) as revenue
    from {{ ref('rpt_attribution_daily') }} as rpt
    group by model, org_id, site_id, conversion_kind, goal_id, currency
)

select * from conversions where tuple(*) not in (select * from credits)
union all
select * from credits where tuple(*) not in (select * from conversions)
