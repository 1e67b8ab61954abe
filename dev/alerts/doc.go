// Package alerts holds deploy/'s Prometheus rules and Grafana dashboard against
// what idjourney really measures: every expression is evaluated by Prometheus's
// own engine over scrapes of running processes, and every alert has a recording
// in which its fault is there and one in which it is not.
//
// Recordings are made by `make scrapes` (package record) and kept in testdata.
package alerts
