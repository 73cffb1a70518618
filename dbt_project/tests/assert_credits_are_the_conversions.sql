-- In each model the credits of a goal are its conversions, and the money is their worth in each currency, to the cent.
with conversions as (
    select model, org_id, site_id, goal_id, currency, toDecimal128(count(), 9) as credit, sum(fct.value) as value
    from {{ ref('fct_conversions') }} as fct
    cross join (
        select arrayJoin([
            'first_touch', 'last_touch', 'last_non_direct', 'linear', 'time_decay', 'position_based'
        ]) as model
    ) as models
    group by model, org_id, site_id, goal_id, currency
),

credits as (
    select model, org_id, site_id, goal_id, currency, sum(rpt.credit) as credit, sum(rpt.value) as value
    from {{ ref('rpt_attribution_daily') }} as rpt
    group by model, org_id, site_id, goal_id, currency
)

select * from conversions where tuple(*) not in (select * from credits)
union all
select * from credits where tuple(*) not in (select * from conversions)
