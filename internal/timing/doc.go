// Package timing looks for what the time of an answer would tell: it answers pairs of requests that must not be told apart thousands of times, in
// random order, and compares what they cost the server. docs/timing.md says how, and what came of it.
package timing
