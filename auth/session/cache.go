package session

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
)

// A tokenHash stands for a token: the cache never holds tokens themselves.
type tokenHash [sha256.Size]byte

// An entry is what is remembered of a verified token.
type entry struct {
	tenantID uuid.UUID
	// version of the tenant's snapshot under which the token was verified: a change of keys or settings makes it count no more.
	version int64
	parsed
	// lastUsed and read: the session's last use as read from the database at that moment. They matter where there is an idle timeout.
	lastUsed, read time.Time
	// body is the answer of the validation endpoint where there is no idle timeout.
	body []byte
}

// A cache remembers verified tokens until they expire or their sessions are revoked.
//
// A revocation may be heard of while a request is between reading the session and remembering it. Revocations of the last minutes are
// therefore kept, and nothing is remembered of the sessions they name.
type cache struct {
	mu        sync.Mutex
	entries   *lru.Cache[tokenHash, *entry]
	bySession map[uuid.UUID]tokenHash
	recent    map[uuid.UUID]time.Time
	swept     time.Time
}

// recentFor is longer than any request may take.
const recentFor = 2 * time.Minute

func newCache(size int) *cache {
	c := &cache{bySession: map[uuid.UUID]tokenHash{}, recent: map[uuid.UUID]time.Time{}}
	entries, err := lru.NewWithEvict(max(size, 1), func(_ tokenHash, e *entry) { delete(c.bySession, e.sessionID) })
	if err != nil {
		panic("session: the cache's size is positive: " + err.Error())
	}
	c.entries = entries
	return c
}

func (c *cache) get(hash tokenHash) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, _ := c.entries.Get(hash)
	return e
}

// put remembers a token, unless its session was revoked a moment ago.
func (c *cache) put(hash tokenHash, e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, revoked := c.recent[e.sessionID]; revoked {
		return
	}
	// One token a session: a second spelling of it (signatures and base64 allow some) must not outlive a revocation.
	if other, ok := c.bySession[e.sessionID]; ok && other != hash {
		c.entries.Remove(other)
	}
	c.entries.Add(hash, e)
	c.bySession[e.sessionID] = hash
}

// forget drops the tokens of sessions.
func (c *cache) forget(sessions ...uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := time.Now()
	for _, id := range sessions {
		c.recent[id] = at
		if hash, ok := c.bySession[id]; ok {
			c.entries.Remove(hash)
		}
	}
	if at.Sub(c.swept) < recentFor {
		return
	}
	c.swept = at
	for id, when := range c.recent {
		if at.Sub(when) > recentFor {
			delete(c.recent, id)
		}
	}
}

// used notes a use of a session that was just written.
func (c *cache) used(hash tokenHash, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries.Peek(hash); ok {
		fresh := *e
		fresh.lastUsed, fresh.read = at, at
		c.entries.Add(hash, &fresh)
		c.bySession[e.sessionID] = hash
	}
}
