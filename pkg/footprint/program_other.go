//go:build !linux

package footprint

func unmapProgram() error { return nil }
