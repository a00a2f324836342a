// Package telemetry sets up what operators watch: the log and the metrics.
//
// What a client sends never gets into either as it came: control characters are escaped in the log, secrets by the names
// they usually have are left out, and labels of metrics have few values. Nothing is counted by tenant, since the number
// of series must not grow with the number of tenants.
//
// The package keeps no logger and no registry of its own: who makes them passes them on.
package telemetry
