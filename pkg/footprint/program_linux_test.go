package footprint

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// It changes the whole process, so it does not run beside others.
func TestTrim_GivesBackPagesOfTheProgramAndNothingElse(t *testing.T) {
	kept := strings.Repeat("what was written stays ", 1000)
	touchProgram(t)
	before := residentFile(t)
	require.NoError(t, Trim())
	require.Less(t, residentFile(t), before)
	require.Equal(t, 1000, strings.Count(kept, "stays"))
	require.NoError(t, Trim(), "again")
}

// touchProgram makes all pages of the program resident, where the kernel can (5.14).
func touchProgram(t *testing.T) {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	for line := range strings.Lines(string(maps)) {
		if from, to, ok := programPages(line, program); ok {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_POPULATE_READ)
		}
	}
}

// residentFile is how much of mapped files is in memory, in KiB.
func residentFile(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	m := regexp.MustCompile(`RssFile:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, m)
	n, err := strconv.Atoi(string(m[1]))
	require.NoError(t, err)
	return n
}

func TestProgramPages_AreThoseThatNobodyCanHaveWrittenTo(t *testing.T) {
	t.Parallel()
	const program = "/usr/bin/latchkeep"
	for line, mine := range map[string]bool{
		"00400000-02903000 r-xp 00000000 fe:00 123 /usr/bin/latchkeep":                                  true,
		"02903000-04db1000 r--p 02503000 fe:00 123                        /usr/bin/latchkeep\n":         true,
		"04db1000-04ece000 rw-p 049b1000 fe:00 123                        /usr/bin/latchkeep":           false,
		"00400000-02903000 r-xp 00000000 fe:00 123                        /usr/bin/latchkeep.old":       false,
		"00400000-02903000 r-xp 00000000 fe:00 123                        /usr/bin/latchkeep (deleted)": false,
		"7f0000000000-7f0000001000 r-xp 00000000 00:00 0                  [vdso]":                       false,
		"1b435fc00000-1b4361800000 rw-p 00000000 00:00 0 ":                                              false,
		"nonsense r-xp 00000000 fe:00 123 /usr/bin/latchkeep":                                           false,
		"02903000-00400000 r-xp 00000000 fe:00 123 /usr/bin/latchkeep":                                  false,
	} {
		from, to, ok := programPages(line, program)
		require.Equal(t, mine, ok, line)
		require.True(t, !ok || from < to)
	}
}
