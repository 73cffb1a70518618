{#
  What each touch weighs, in each attribution model (docs/decisions/0010): array of (model, weights), whole numbers.
  `touches`: sorted array with position, touched_at and is_direct. Times weigh relative to the last touch, whose weight is
  2^40: no look-back makes them all vanish. By position each end weighs two fifths and all between one.
#}
{% macro touch_weights(touches) -%}
    {{ let(
        'n',
        'toUInt32(length(' ~ touches ~ '))',
        let(
            'last_non_direct',
            'toUInt32(arrayLastIndex(t -> not t.is_direct, ' ~ touches ~ '))',
            "[('first_touch', arrayMap(t -> toUInt64(t.position <= 1), " ~ touches ~ ")), "
            ~ "('last_touch', arrayMap((t, i) -> toUInt64(i = n), " ~ touches ~ ", arrayEnumerate(" ~ touches ~ "))), "
            ~ "('last_non_direct', arrayMap((t, i) -> toUInt64(i = if(last_non_direct = 0, n, last_non_direct)), "
            ~ touches ~ ", arrayEnumerate(" ~ touches ~ "))), "
            ~ "('linear', arrayMap(t -> toUInt64(1), " ~ touches ~ ")), "
            ~ "('time_decay', arrayMap(t -> toUInt64(floor(exp2(40 - dateDiff('millisecond', t.touched_at, "
            ~ touches ~ "[-1].touched_at) / (" ~ var('attribution_half_life_days') ~ " * 86400000)))), " ~ touches ~ ")), "
            ~ "('position_based', arrayMap((t, i) -> toUInt64(if(n > 2 and i in (1, n), 2 * (n - 2), 1)), "
            ~ touches ~ ", arrayEnumerate(" ~ touches ~ ")))]"
        )
    ) }}
{%- endmacro %}
