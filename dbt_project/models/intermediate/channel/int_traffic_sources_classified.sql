{{ classify_origins(ref('int_sessions_dated'), ref('traffic_sources')) }}
