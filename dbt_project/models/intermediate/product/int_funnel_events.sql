{{ match_funnel_events(ref('int_events_attributed'), ref('stg_control__funnels')) }}
