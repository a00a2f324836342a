package testenv

import "sync"

// statements keeps the SQL that was sent.
type statements struct {
	mu   sync.Mutex
	sent []string
}

func (s *statements) add(query string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, query)
}

// Statements runs something and returns the statements that were sent meanwhile, without BEGIN and COMMIT. The Env must be Quiet.
func (e *Env) Statements(do func()) []string {
	e.statement.mu.Lock()
	e.statement.sent = nil
	e.statement.mu.Unlock()
	do()
	e.statement.mu.Lock()
	defer e.statement.mu.Unlock()
	return append([]string(nil), e.statement.sent...)
}
