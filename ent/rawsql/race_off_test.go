//go:build !race

package rawsql_test

const underRace = false
