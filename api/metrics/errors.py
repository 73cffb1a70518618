"""What can be wrong with a question for a metric.

MetricError
├── UnknownMetric      404
├── UnknownGroup       422
└── BrokenWindow       422
"""
