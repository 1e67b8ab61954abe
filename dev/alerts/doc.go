// Package alerts tests deploy/'s Prometheus rules and Grafana dashboard: the rules
// by the unit tests beside them, which are in promtool's format, and both against
// the metrics that running processes show.
package alerts
