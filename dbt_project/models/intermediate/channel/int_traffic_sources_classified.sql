{{ classify_origins(ref('fct_sessions'), ref('traffic_sources')) }}
