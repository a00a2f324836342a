// Package flows is what happens when a person signs in, registers or looks after her account: one file per state, each with its actions
// and every way out; of profile_init, one per subject.
//
// Start reading at login.go, registration.go and profile.go, the tables of contents. The engine that runs them is pkg/flow; service.go
// joins it to the database. Hooks and actions read and compute, and queue what they want changed on the environment's Work; the service
// commits all of it in one short transaction together with the flow. Nothing here knows HTTP.
package flows
