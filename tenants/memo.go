package tenants

import "sync"

type memo struct {
	once  sync.Once
	value any
	err   error
}

// Memo returns what build made for this snapshot under the key, building it at the first call only; concurrent callers wait for that one. It
// is how other rooms keep what they compile from a tenant's configuration (WebAuthn, providers, templates, CORS) exactly as long as it is
// true. An error is kept too: the same configuration would fail again. The key must be of a type private to the caller, as with
// context.WithValue. Build must not ask for the same key.
func Memo[T any](t *Tenant, key any, build func() (T, error)) (T, error) {
	found, ok := t.memos.Load(key)
	if !ok {
		found, _ = t.memos.LoadOrStore(key, &memo{})
	}
	m := found.(*memo)
	m.once.Do(func() { m.value, m.err = build() })
	value, _ := m.value.(T)
	return value, m.err
}
