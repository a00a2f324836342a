// Package procstat says what processes use, as Linux tells in /proc: processor time, memory, descriptors.
package procstat

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CPU is the processor time that the living threads of a process have used, to the nanosecond: the kernel keeps it in schedstat, while
// utime and stime of /proc/PID/stat count ticks of 10 ms.
func CPU(pid int) (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	if len(tasks) == 0 {
		return 0, fmt.Errorf("process %d has no schedstat: is it alive, and is this Linux?", pid)
	}
	var sum time.Duration
	for _, name := range tasks {
		raw, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue // the thread ended
		}
		if err != nil {
			return 0, err
		}
		first, _, _ := bytes.Cut(raw, []byte(" "))
		ns, err := strconv.ParseInt(string(first), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", name, err)
		}
		sum += time.Duration(ns)
	}
	return sum, nil
}

// tick is the unit of the times in /proc/PID/stat, the same on all Linux machines.
const tick = 10 * time.Millisecond

// Children lists the processes that another one started, and what its ended ones used.
func Children(parent int) (children []int, ended time.Duration, err error) {
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, 0, err
	}
	for _, name := range all {
		pid, fields, ok := stat(name)
		if !ok {
			continue
		}
		if pid == parent { // cutime and cstime
			for _, text := range fields[13:15] {
				n, err := strconv.ParseInt(text, 10, 64)
				if err != nil {
					return nil, 0, err
				}
				ended += time.Duration(n) * tick
			}
		}
		if fields[1] == strconv.Itoa(parent) {
			children = append(children, pid)
		}
	}
	return children, ended, nil
}

// stat reads the fields behind the name of the program, which may hold spaces: the first is the state, the second the parent.
func stat(name string) (pid int, fields []string, ok bool) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return 0, nil, false // it ended
	}
	i := bytes.LastIndexByte(raw, ')')
	pid, err = strconv.Atoi(filepath.Base(filepath.Dir(name)))
	if i < 0 || err != nil {
		return 0, nil, false
	}
	fields = strings.Fields(string(raw[i+1:]))
	return pid, fields, len(fields) > 20
}

// Parent is the process that started another.
func Parent(pid int) (int, error) {
	_, fields, ok := stat(fmt.Sprintf("/proc/%d/stat", pid))
	if !ok {
		return 0, fmt.Errorf("there is no process %d on this machine", pid)
	}
	return strconv.Atoi(fields[1])
}

// Resident is the memory of a process that is in RAM, in bytes: all of it, and the part that is no mapped file.
func Resident(pid int) (all, anonymous int64, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(raw)) {
		name, text, _ := strings.Cut(line, ":")
		kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 10, 64)
		switch {
		case err != nil:
		case name == "VmRSS":
			all = kilobytes << 10
		case name == "RssAnon":
			anonymous = kilobytes << 10
		}
	}
	return all, anonymous, nil
}

// Family is the processor time of a process, of those that it started, living or ended, but for some of them.
func Family(pid int, but ...int) (time.Duration, error) {
	children, sum, err := Children(pid)
	if err != nil {
		return 0, err
	}
	for _, one := range append(children, pid) {
		used, err := CPU(one)
		switch {
		case err != nil && one == pid:
			return 0, err
		case err != nil, slices.Contains(but, one): // it ended, and is among the ended ones
		default:
			sum += used
		}
	}
	return sum, nil
}

// Descriptors is how many files, sockets among them, a process has open.
func Descriptors(pid int) (int, error) {
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(open), err
}
