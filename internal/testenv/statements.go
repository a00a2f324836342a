package testenv

import "sync"

// statements keeps the SQL that was sent.
type statements struct {
	mu   sync.Mutex
	sent []string
	// before is called before a statement is sent, but for those that it sends itself.
	before func(query string)
}

func (s *statements) add(query string) {
	s.mu.Lock()
	s.sent = append(s.sent, query)
	before := s.before
	s.before = nil
	s.mu.Unlock()
	if before == nil {
		return
	}
	before(query)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

// Before calls something before each statement that is sent while do runs: what others do just then. What it sends itself does not count. The
// Env must be Quiet.
func (e *Env) Before(each func(query string), do func()) {
	set := func(each func(string)) {
		e.statement.mu.Lock()
		defer e.statement.mu.Unlock()
		e.statement.before = each
	}
	set(each)
	do()
	set(nil)
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
