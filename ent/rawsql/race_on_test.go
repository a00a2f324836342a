//go:build race

package rawsql_test

// underRace says that the race detector makes everything slower: large tables are then made smaller, since races do not hide in their size.
const underRace = true
