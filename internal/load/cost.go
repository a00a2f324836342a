package load

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/internal/procstat"
)

// A Meter reads the processor time of processes on this machine, by what they are called: server, worker, database. With those that they started: of
// PostgreSQL it is enough to know the first process.
type Meter struct {
	pids   map[string][]int
	before map[string]time.Duration
}

// ParsePIDs reads “server=12,worker=34,database=56”; a name may come several times.
func ParsePIDs(text string) (*Meter, error) {
	m := &Meter{pids: map[string][]int{}}
	if text == "" {
		return m, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name, number, ok := strings.Cut(strings.TrimSpace(part), "=")
		pid, err := strconv.Atoi(number)
		if !ok || name == "" || err != nil {
			return nil, fmt.Errorf("%q is no process: write server=PID", part)
		}
		m.pids[name] = append(m.pids[name], pid)
	}
	_, err := m.read()
	return m, err
}

func (m *Meter) read() (map[string]time.Duration, error) {
	used := map[string]time.Duration{}
	for name, pids := range m.pids {
		for _, pid := range pids {
			cpu, err := procstat.Family(pid)
			if err != nil {
				return nil, fmt.Errorf("processor time of the %s: %w", name, err)
			}
			used[name] += cpu
		}
	}
	return used, nil
}

// Begin notes what was used so far.
func (m *Meter) Begin() (err error) {
	m.before, err = m.read()
	return err
}

// PerOperation is what each has used since Begin, in microseconds for one of so many operations.
func (m *Meter) PerOperation(operations int) (map[string]float64, error) {
	after, err := m.read()
	if err != nil || operations == 0 {
		return nil, err
	}
	each := map[string]float64{}
	for name, used := range after {
		each[name] = float64(used-m.before[name]) / float64(time.Microsecond) / float64(operations)
	}
	return each, nil
}
