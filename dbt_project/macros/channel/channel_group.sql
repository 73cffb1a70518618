{#
  The default channel of a session by Google Analytics 4's published rules, in their order, and AI assistants beside them.

  `source`, `medium`, `campaign`: in lower case. `category`: that of the source in the seed traffic_sources, '' if
  unknown. Only the paid-media test decides between a paid channel and an organic one of the same category.
#}
{% macro channel_group(source, medium, campaign, category) -%}
    multiIf(
        {{ source }} in ('(direct)', '') and {{ medium }} in ('(none)', '(not set)', '') and {{ campaign }} = '',
        'Direct',
        position({{ campaign }}, 'cross-network') > 0,
        'Cross-network',
        {{ is_paid_medium(medium) }} and ({{ category }} = 'shopping' or {{ is_shopping_campaign(campaign) }}),
        'Paid Shopping',
        {{ is_paid_medium(medium) }} and {{ category }} = 'search',
        'Paid Search',
        {{ is_paid_medium(medium) }} and {{ category }} = 'social',
        'Paid Social',
        {{ is_paid_medium(medium) }} and {{ category }} = 'video',
        'Paid Video',
        {{ medium }} in ('display', 'banner', 'expandable', 'interstitial', 'cpm'),
        'Display',
        {{ is_paid_medium(medium) }},
        'Paid Other',
        {{ category }} = 'shopping' or {{ is_shopping_campaign(campaign) }},
        'Organic Shopping',
        {{ category }} = 'social'
            or {{ medium }} in ('social', 'social-network', 'social-media', 'sm', 'social network', 'social media'),
        'Organic Social',
        {{ category }} = 'video' or position({{ medium }}, 'video') > 0,
        'Organic Video',
        {{ category }} = 'ai',
        'AI Assistants',
        {{ category }} = 'search' or {{ medium }} = 'organic',
        'Organic Search',
        {{ category }} = 'email'
            or match({{ source }}, '^e[-_ ]?mail$')
            or match({{ medium }}, '^e[-_ ]?mail$'),
        'Email',
        {{ medium }} in ('referral', 'app', 'link'),
        'Referral',
        {{ medium }} in ('affiliate', 'affiliates'),
        'Affiliates',
        {{ medium }} = 'audio',
        'Audio',
        {{ source }} = 'sms' or {{ medium }} = 'sms',
        'SMS',
        match({{ medium }}, 'push$|mobile|notification') or {{ source }} = 'firebase',
        'Mobile Push Notifications',
        'Unassigned'
    )
{%- endmacro %}
