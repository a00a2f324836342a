//go:build race

package flows_test

// underRace says that the race detector makes everything about eight times as slow. What is tried in every combination is then tried in some:
// races do not hide behind the last of them, and without the detector all are tried.
const underRace = true
