package hankodb

import (
	"sync"

	"github.com/google/uuid"
)

// A Problem is something of the old database that was not taken over, or not as it was, and why.
type Problem struct {
	Tenant uuid.UUID `json:"tenant_id"`
	// Table and ID name the row; User is whose it is, where it is somebody's.
	Table string     `json:"table"`
	ID    string     `json:"id,omitempty"`
	User  *uuid.UUID `json:"user_id,omitempty"`
	// Reason says what is wrong and what was done.
	Reason string `json:"reason"`
}

// Count says what became of the rows of one kind.
type Count struct {
	// Read from the old database.
	Read int `json:"read"`
	// Imported are new here. In a dry run they would be.
	Imported int `json:"imported"`
	// Present were here before and were left as they are.
	Present int `json:"present"`
	// Gone are those that an earlier import brought and that were deleted here since.
	Gone int `json:"gone"`
	// Expired ones are of no use any more.
	Expired int `json:"expired"`
	// Refused ones are told as problems.
	Refused int `json:"refused"`
}

// Outcome is what was done for a tenant.
type Outcome struct {
	// Source is its id in the old database, Target here. They differ only where this deployment serves one tenant.
	Source uuid.UUID `json:"source_id"`
	Target uuid.UUID `json:"target_id"`
	Slug   string    `json:"slug"`
	URL    string    `json:"public_url"`
	// Created says that the tenant was not here before.
	Created bool              `json:"created"`
	Counts  map[string]*Count `json:"counts"`
}

// Report is what an import did. In a dry run it is what it would do.
type Report struct {
	DryRun  bool       `json:"dry_run"`
	Source  string     `json:"source"`
	Missing []string   `json:"not_in_source,omitempty"` // what this version of Hanko does not have
	Tenants []*Outcome `json:"tenants"`
	// Skipped are tenants that were left out, and why.
	Skipped  map[string]string `json:"skipped,omitempty"`
	Problems int               `json:"problems"`
}

// The kinds that are counted, in the order in which they are taken over.
const (
	Keys         = "signing_keys"
	Certificates = "saml_certificates"
	Providers    = "saml_providers"
	Webhooks     = "webhooks"
	Users        = "users"
	Emails       = "emails"
	Usernames    = "usernames"
	Passwords    = "passwords"
	Credentials  = "webauthn_credentials"
	Apps         = "otp_secrets"
	Identities   = "identities"
	Metadata     = "user_metadata"
	Sessions     = "sessions"
	Devices      = "trusted_devices"
	AuditLogs    = "audit_logs"
)

// Kinds are all that are counted, in the order in which they are taken over.
func Kinds() []string {
	return []string{
		Keys, Certificates, Providers, Webhooks, Users, Emails, Usernames, Passwords, Credentials, Apps, Identities, Metadata, Sessions, Devices,
		AuditLogs,
	}
}

// Skippable are those that may be left out.
func Skippable() []string {
	return []string{Certificates, Providers, Webhooks, Sessions, Devices, AuditLogs}
}

// count is the count of a kind.
func (o *Outcome) count(kind string) *Count {
	c := o.Counts[kind]
	if c == nil {
		c = &Count{}
		o.Counts[kind] = c
	}
	return c
}

// problems hands problems on as they are found, so that however many there are, they need no memory.
type problems struct {
	mu   sync.Mutex
	n    int
	tell func(Problem)
}

func (p *problems) add(problem Problem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	if p.tell != nil {
		p.tell(problem)
	}
}

// Sum is how many rows were read; 0 where none was.
func (c *Count) Sum() int {
	if c == nil {
		return 0
	}
	return c.Read
}

// Total is the count of a kind over all tenants.
func (r *Report) Total(kind string) Count {
	var sum Count
	for _, t := range r.Tenants {
		if c := t.Counts[kind]; c != nil {
			sum.Read, sum.Imported, sum.Present = sum.Read+c.Read, sum.Imported+c.Imported, sum.Present+c.Present
			sum.Gone, sum.Expired, sum.Refused = sum.Gone+c.Gone, sum.Expired+c.Expired, sum.Refused+c.Refused
		}
	}
	return sum
}
