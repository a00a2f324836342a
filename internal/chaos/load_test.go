//go:build chaos

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// A load makes people, deletes some of them, and has codes mailed, until its context ends. It notes what it was told.
type load struct {
	d      *deployment
	client *http.Client

	mu      sync.Mutex
	next    int
	made    []string        // ids of people whose creation was confirmed, and who were not taken for anything else
	deleted map[string]bool // ids of people whose deletion was confirmed
	mailed  map[string]bool // addresses to which a code was confirmed to be on its way
	refused int             // creations that were refused, with what they had already written
	unknown int             // requests of which nobody knows what came of them
}

func newLoad(d *deployment) *load {
	return &load{
		d: d, deleted: map[string]bool{}, mailed: map[string]bool{},
		client: &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
	}
}

// clients is how many do this at once.
const clients = 6

func (l *load) run(ctx context.Context) {
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for ctx.Err() == nil {
				l.step(ctx)
			}
		})
	}
	all.Wait()
}

func (l *load) step(ctx context.Context) {
	known := false
	switch n := rand.IntN(10); {
	case n < 6:
		known = l.create(ctx)
	case n < 7:
		known = l.refuse(ctx)
	case n < 8:
		known = l.delete(ctx)
	default:
		known = l.code(ctx)
	}
	if !known {
		l.mu.Lock()
		l.unknown++
		l.mu.Unlock()
		select { // what cannot be reached is not hurried
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (l *load) address() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	return fmt.Sprintf("user%d@shop.example", l.next)
}

// create makes somebody.
func (l *load) create(ctx context.Context) bool {
	var made struct{ ID string }
	status := l.do(ctx, "POST", l.d.admin+"/users", someone(l.address()), &made)
	if status != http.StatusOK && status != http.StatusCreated {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made = append(l.made, made.ID)
	return true
}

// refuse asks for somebody whose second address is taken: what was written before that is found out must leave no trace.
func (l *load) refuse(ctx context.Context) bool {
	id := l.take()
	if id == "" {
		return true
	}
	var taken struct {
		Emails []struct{ Address string }
	}
	if l.do(ctx, "GET", l.d.admin+"/users/"+id, nil, &taken) != http.StatusOK || len(taken.Emails) == 0 {
		return false
	}
	body := someone(l.address())
	body["emails"] = append(body["emails"].([]map[string]any), map[string]any{"address": taken.Emails[0].Address, "is_verified": true})
	if l.do(ctx, "POST", l.d.admin+"/users", body, nil) != http.StatusConflict {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused++
	return true
}

// delete deletes somebody.
func (l *load) delete(ctx context.Context) bool {
	id := l.take()
	if id == "" {
		return true
	}
	if l.do(ctx, "DELETE", l.d.admin+"/users/"+id, nil, nil) != http.StatusNoContent {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deleted[id] = true
	return true
}

// take is somebody who exists, and of whom nobody else makes use.
func (l *load) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.made) == 0 {
		return ""
	}
	at := rand.IntN(len(l.made))
	id := l.made[at]
	l.made[at] = l.made[len(l.made)-1]
	l.made = l.made[:len(l.made)-1]
	return id
}

// code makes somebody and begins to sign her in, which mails her a code.
func (l *load) code(ctx context.Context) bool {
	address := l.address()
	if status := l.do(ctx, "POST", l.d.admin+"/users", someone(address), nil); status != http.StatusOK && status != http.StatusCreated {
		return false
	}
	var s state
	if l.do(ctx, "POST", l.d.public+"/login", map[string]any{}, &s) != http.StatusOK {
		return false
	}
	for _, step := range []struct {
		action string
		input  map[string]any
	}{
		{"register_client_capabilities", map[string]any{"webauthn_available": false}},
		{"continue_with_login_identifier", map[string]any{"email": address}},
	} {
		href := s.Actions[step.action].Href
		if href == "" {
			return false
		}
		body := map[string]any{"input_data": step.input, "csrf_token": s.CSRF}
		s = state{}
		if l.do(ctx, "POST", l.d.public+href, body, &s) != http.StatusOK {
			return false
		}
	}
	if s.Name != "passcode_confirmation" {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mailed[address] = true
	return true
}

// A state is what a flow answers.
type state struct {
	Name    string
	CSRF    string `json:"csrf_token"`
	Actions map[string]struct{ Href string }
}

func someone(address string) map[string]any {
	return map[string]any{"emails": []map[string]any{{"address": address, "is_verified": true, "is_primary": true}}}
}

// do sends a request and returns the status of its answer; 0 for none.
func (l *load) do(ctx context.Context, method, url string, body, out any) int {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			panic(err) // it is made here
		}
		reader = bytes.NewReader(text)
	}
	// A request that was sent is waited for, also when the load ends: what it does counts.
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), method, url, reader)
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+l.d.key)
	resp, err := l.client.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if out == nil {
		return resp.StatusCode
	}
	if json.NewDecoder(resp.Body).Decode(out) != nil {
		return 0
	}
	return resp.StatusCode
}
