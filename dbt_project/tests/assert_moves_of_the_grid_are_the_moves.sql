-- Cells and days of all sites hold every move that an organization is counted as having used.
with cells as (
    select org_id, sum(rpt.moves) as moves
    from {{ ref('rpt_move_grid_daily') }} as rpt
    group by org_id
),

used as (
    select org_id, sum(events) as moves
    from {{ ref('rpt_daily_usage') }}
    where metric = 'move'
    group by org_id
)

select * from cells where tuple(*) not in (select * from used)
union all
select * from used where tuple(*) not in (select * from cells)
