package declared

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/mergepatch"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/tenants/template"
)

// What is done about a tenant.
const (
	Create = "create"
	Update = "update"
	Keep   = "keep"
)

// A Step is what is, or was, done about a tenant.
type Step struct {
	Slug    string          `json:"slug"`
	ID      uuid.UUID       `json:"id,omitzero"`
	Action  string          `json:"action"`
	Changes []config.Change `json:"changes,omitempty"` // by path: name, status, config.…; secrets masked
}

// Plan says what would have to change for the tenants to be as declared, and changes nothing. It fails where that is not possible, with everything
// that is wrong.
func Plan(ctx context.Context, p *tenants.Provisioner, list []Tenant) ([]Step, error) {
	steps, problems := make([]Step, 0, len(list)), []error(nil)
	for _, t := range list {
		step, err := t.plan(ctx, p)
		if err != nil {
			problems = append(problems, fmt.Errorf("tenant %s: %w", t.Slug, err))
		}
		steps = append(steps, step)
	}
	return steps, errors.Join(problems...)
}

// Apply makes the tenants what they are declared to be, one after the other, after everything was checked. What was done before an error stays done:
// applying again goes on from there.
func Apply(ctx context.Context, p *tenants.Provisioner, by tenants.Actor, list []Tenant) ([]Step, error) {
	steps, err := Plan(ctx, p, list)
	if err != nil {
		return nil, err
	}
	for i, t := range list {
		if steps[i].Action == Keep {
			continue
		}
		if steps[i].ID, err = t.apply(ctx, p, by, steps[i]); err != nil {
			return steps[:i], fmt.Errorf("tenant %s: %w", t.Slug, err)
		}
	}
	return steps, nil
}

func (t Tenant) plan(ctx context.Context, p *tenants.Provisioner) (Step, error) {
	step := Step{Slug: t.Slug, Action: Create}
	if err := t.edit().Check(); err != nil {
		return step, err
	}
	record, err := p.GetBySlug(ctx, t.Slug)
	if errors.Is(err, tenants.ErrNotFound) {
		return t.planNew(ctx, p, step)
	}
	if err != nil {
		return step, err
	}
	step.Action, step.ID = Keep, record.ID
	if t.ID != uuid.Nil && t.ID != record.ID {
		return step, fmt.Errorf("its id is %s, not %s", record.ID, t.ID)
	}
	step.compare("name", record.Name, t.Name)
	step.compare("status", string(record.Status), t.Status)
	if t.Status == nil || *t.Status == string(record.Status) { // a new status has a reason of its own
		step.compare("status_reason", record.StatusReason, t.StatusReason)
	}
	whole, err := t.whole(record.PublicURL)
	if err != nil {
		return step, err
	}
	if len(whole) > 0 {
		result, err := p.ReplaceConfig(ctx, record.ID, whole, tenants.How{DryRun: true, Strict: true})
		if err != nil {
			return step, err
		}
		step.settings(result.Changes)
	}
	if len(step.Changes) > 0 {
		step.Action = Update
	}
	return step, nil
}

// whole is the configuration of a tenant that exists: over the template, as it was when the tenant was created. Nil where it stays as it is.
func (t Tenant) whole(address string) (json.RawMessage, error) {
	if len(t.Config) == 0 || t.Template == "" {
		return t.Config, nil
	}
	found, ok := template.Find(t.Template)
	if !ok {
		return nil, fmt.Errorf("template: must be one of %s", strings.Join(template.Names(), ", "))
	}
	return mergepatch.Apply(found.Patch(address), t.Config)
}

func (t Tenant) planNew(ctx context.Context, p *tenants.Provisioner, step Step) (Step, error) {
	changes, err := p.Preview(ctx, t.new())
	if err != nil {
		return step, err
	}
	step.compare("name", "", t.Name)
	active := string(tenants.StatusActive)
	step.compare("status", active, t.Status)
	step.settings(changes)
	return step, nil
}

func (s *Step) compare(path, now string, declared *string) {
	if declared != nil && *declared != now {
		s.Changes = append(s.Changes, config.Change{Path: path, Old: now, New: *declared})
	}
}

func (s *Step) changes(path string) bool {
	return slices.ContainsFunc(s.Changes, func(c config.Change) bool { return c.Path == path })
}

func (s *Step) settings(changes []config.Change) {
	for _, c := range changes {
		c.Path = "config." + c.Path
		s.Changes = append(s.Changes, c)
	}
}

func (t Tenant) new() tenants.NewTenant {
	n := tenants.NewTenant{ID: t.ID, Slug: t.Slug, Config: t.Config, Template: t.Template}
	if t.Name != nil {
		n.Name = *t.Name
	}
	return n
}

func (t Tenant) edit() tenants.Edit {
	e := tenants.Edit{Name: t.Name, StatusReason: t.StatusReason}
	if t.Status != nil {
		status := tenants.Status(*t.Status)
		e.Status = &status
	}
	return e
}

func (t Tenant) apply(ctx context.Context, p *tenants.Provisioner, by tenants.Actor, step Step) (uuid.UUID, error) {
	id := step.ID
	if step.Action == Create {
		made, err := p.Create(ctx, by, t.new())
		if err != nil {
			return uuid.Nil, err
		}
		id = made.ID
	}
	edit := t.edit()
	if !step.changes("status") {
		edit.Status = nil // setting it again would forget its reason
	}
	record, err := p.Edit(ctx, by, id, edit)
	if err != nil || step.Action == Create {
		return id, err
	}
	whole, err := t.whole(record.PublicURL)
	if err != nil || len(whole) == 0 {
		return id, err
	}
	_, err = p.ReplaceConfig(ctx, id, whole, tenants.How{By: by, Strict: true})
	return id, err
}
