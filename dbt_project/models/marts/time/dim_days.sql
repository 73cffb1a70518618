{{ config(order_by=['day']) }}

select arrayJoin(arrayMap(n -> toDate('2000-01-01') + n, range(36525))) as day
