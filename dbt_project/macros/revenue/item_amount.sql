{#
  What an item of a subscription costs in one of its intervals, before discounts: Int256 of 10^-18 minor units. `item`: as
  in stg_stripe__subscription_versions. `price`: what its price is in the subscription's currency, with is_known,
  unit_amount and tiers as in stg_stripe__prices. Metered usage is none.
#}
{% macro item_amount(item, price) -%}
    if(
        {{ item }}.usage_type = 'metered' or not {{ price }}.is_known,
        toInt256(0),
        {{ let(
            'units',
            "multiIf(" ~ item ~ ".divide_by = 0, " ~ item ~ ".quantity, " ~ item ~ ".rounding = 'up', intDiv("
            ~ item ~ ".quantity + " ~ item ~ ".divide_by - 1, greatest(" ~ item ~ ".divide_by, 1)), intDiv("
            ~ item ~ ".quantity, greatest(" ~ item ~ ".divide_by, 1)))",
            "multiIf("
            ~ item ~ ".billing_scheme != 'tiered', units * " ~ scaled(price ~ '.unit_amount') ~ ", "
            ~ item ~ ".tiers_mode = 'volume', arraySum(arrayMap(t -> units * " ~ scaled('t.unit_amount_decimal') ~ " + "
            ~ scaled('t.flat_amount_decimal') ~ ", arraySlice(arrayFilter(t -> t.up_to = 0 or t.up_to >= units, "
            ~ price ~ ".tiers), 1, 1))), arraySum(arrayMap((t, below) -> "
            ~ let(
                'inside',
                "greatest(if(t.up_to = 0, units, least(units, t.up_to)) - below, 0)",
                "inside * " ~ scaled('t.unit_amount_decimal') ~ " + if(inside > 0, " ~ scaled('t.flat_amount_decimal')
                ~ ", toInt256(0))"
            )
            ~ ", " ~ price ~ ".tiers, arrayPopBack(arrayPushFront(" ~ price ~ ".tiers.up_to, toInt64(0))))))"
        ) }}
    )
{%- endmacro %}
