//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A site is a tenant with a sign-in page, as a person meets it.
type site struct {
	id      string // of the tenant
	page    string // the address of the sign-in page
	api     string // the tenant's base URL
	mailbox mailbox
}

// A deployment is a running program with an operator.
type deployment struct {
	home    string  // the front page, in dev mode
	demo    string  // the page of the demo tenant, in dev mode
	inbox   mailbox // of dev mode
	console string  // base URL of the console and its API
	join    string  // the path of the first operator's link, in dev mode
	token   string  // of the operator
	// place turns a new tenant into a site, and says what its configuration needs for that.
	config func(slug string) map[string]any
	place  func(t *testing.T, tenant tenant) site
}

type tenant struct {
	ID        string `json:"id"`
	Slug      string `json:"slug"`
	PublicURL string `json:"public_url"`
}

// tenant makes a tenant as an operator does, and gives its site.
func (d *deployment) tenant(t *testing.T, config map[string]any) site {
	t.Helper()
	slug := "t" + strings.ToLower(rand.Text()[:10])
	all := d.config(slug)
	for key, value := range config {
		all[key] = value
	}
	var made tenant
	answer := d.ask(t, http.StatusCreated, http.MethodPost, "/v1/tenants", map[string]any{"slug": slug, "name": "Shop", "config": all})
	require.NoError(t, json.Unmarshal(answer, &made))
	placed := d.place(t, made)
	placed.id = made.ID
	return placed
}

// A mail is one that a person got.
type mail struct {
	From, To, Subject, Text, HTML string
}

// A mailbox gives the mails to an address, each once, the oldest first.
type mailbox interface {
	next(ctx context.Context, to string) (mail, error)
}

// devInbox is the inbox of dev mode, read as its documentation says.
type devInbox struct {
	console string
	mu      sync.Mutex
	read    map[string]bool
}

func (i *devInbox) next(ctx context.Context, to string) (mail, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		m, found, err := i.look(ctx, to)
		if err != nil || found {
			return m, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return mail{}, ctx.Err()
		}
	}
}

func (i *devInbox) look(ctx context.Context, to string) (mail, bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, i.console+"/dev/inbox/messages?to="+url.QueryEscape(to), nil)
	if err != nil {
		return mail{}, false, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return mail{}, false, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return mail{}, false, fmt.Errorf("the inbox answers %s", resp.Status)
	}
	var messages []struct {
		ID string `json:"id"`
		mail
	}
	if err := json.NewDecoder(resp.Body).Decode(&messages); err != nil {
		return mail{}, false, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for n := len(messages) - 1; n >= 0; n-- { // the newest is first
		if m := messages[n]; !i.read[m.ID] {
			i.read[m.ID] = true
			return m.mail, true, nil
		}
	}
	return mail{}, false, nil
}
