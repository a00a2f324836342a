package password

import (
	"sync"
	"time"

	"github.com/latchkeep/latchkeep/pkg/password"
)

// dearestFor is how long the dearest format is believed. It only changes by imports and by the last old hash being upgraded.
const dearestFor = time.Hour

// dearestMemo remembers the dearest hash format of a tenant.
type dearestMemo struct {
	mu     sync.Mutex
	format password.Format
	until  time.Time
}

func (m *dearestMemo) get(now time.Time, look func() (password.Format, error)) (password.Format, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Before(m.until) {
		return m.format, nil
	}
	format, err := look()
	if err != nil {
		return 0, err
	}
	m.format, m.until = format, now.Add(dearestFor)
	return format, nil
}
