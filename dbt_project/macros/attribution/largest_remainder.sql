{#
  A whole amount divided by weights, whole numbers too, as an array: what division leaves over goes one by one to the largest
  remainders, of equal ones to the earlier. A loss is divided as a gain of its size. The parts add up to the amount.
#}
{% macro largest_remainder(amount, weights) -%}
    {{ let(
        'money',
        'toInt128(abs(' ~ amount ~ '))',
        let(
            'all_weights',
            'toInt128(arraySum(' ~ weights ~ '))',
            let(
                'whole',
                'arrayMap(w -> intDiv(money * w, all_weights), ' ~ weights ~ ')',
                'arrayMap((part, rank) -> toInt64(sign(' ~ amount ~ ') * (part + (rank <= money - arraySum(whole)))), whole, '
                ~ 'arraySort((rank, i) -> i, arrayEnumerate(whole), arraySort((i, w) -> (-((money * w) % all_weights), i), '
                ~ 'arrayEnumerate(whole), ' ~ weights ~ ')))'
            )
        )
    ) }}
{%- endmacro %}
