"""What assets and checks call: functions that work, without wiring."""
