// Package footprint decides how much memory the process keeps: Trim gives back what only starting needed, and Headroom keeps garbage for a while where
// collecting it at once would be dear.
//
// A start reads through most of the program file: package variables, tables of types, stack maps. The kernel counts each page that was touched,
// and those around it, as resident until memory is short, though what runs afterwards needs few of them. What the start allocated and dropped is
// given back by the run-time system in minutes only.
package footprint

import "runtime/debug"

// Trim gives back what only starting needed. It collects garbage, which takes some milliseconds, so call it once, when the start is over. Nothing
// is lost: a page of the program that is needed again is found in the kernel's cache, and mapped.
func Trim() error {
	debug.FreeOSMemory()
	return unmapProgram()
}
