package hankodb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/store"
	entwebhook "github.com/latchkeep/latchkeep/ent/webhook"
	"github.com/latchkeep/latchkeep/pkg/safehttp"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// hookLasts is for how long an endpoint is kept without a success where its time is not known. Spec: webhooks §5.1.
const hookLasts = 30 * 24 * time.Hour

// webhooks imports a tenant's endpoints.
func (i *Importer) webhooks(ctx context.Context, p *plan, o *Outcome) error {
	all, err := i.source.webhooks(ctx, p.id)
	if err != nil || len(all) == 0 {
		return err
	}
	count := o.count(Webhooks)
	count.Read = len(all)
	ids := make([]uuid.UUID, len(all))
	for n, w := range all {
		ids[n] = w.id
		i.checkHook(p, w)
	}
	imported, gone := 0, 0
	err = i.unit(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		here, err := tx.Webhook.Query().Where(entwebhook.IDIn(ids...)).IDs(ctx)
		if err != nil {
			return err
		}
		gone = 0
		var fresh []*webhook
		for _, w := range all {
			switch {
			case slices.Contains(here, w.id):
			case p.gone(w.updated):
				gone++
			default:
				fresh = append(fresh, w)
			}
		}
		if imported = len(fresh); imported > 0 && !i.o.DryRun { // snapshots hold the webhooks
			if err := i.n.Registry.Bump(ctx, tx, p.target); err != nil {
				return err
			}
		}
		for _, w := range fresh {
			created := or(w.created, i.now)
			row := tx.Webhook.Create().SetID(w.id).SetCallback(w.callback).SetEvents(eventList(w.events)).SetEnabled(w.enabled).
				SetFailures(int(w.failures)).SetExpiresAt(or(w.expires, i.now.Add(hookLasts))).
				SetCreatedAt(created).SetUpdatedAt(or(w.updated, created))
			if err := i.insert(ctx, row); err != nil {
				return err
			}
		}
		return nil
	})
	count.Imported, count.Gone, count.Present = imported, gone, len(all)-imported-gone
	return err
}

// checkHook leaves out events that there are not, and switches an endpoint off that cannot be called.
func (i *Importer) checkHook(p *plan, w *webhook) {
	problem := func(reason string) {
		i.problems.add(Problem{Tenant: p.id, Table: "webhooks", ID: w.id.String(), Reason: reason})
	}
	var known []webhookEvent
	seen := map[string]bool{}
	for _, e := range w.events {
		switch {
		case seen[e.name]:
		case !slices.Contains(config.WebhookEvents(), e.name):
			problem(fmt.Sprintf("%.64q is no event; it was left out", e.name))
		default:
			known = append(known, webhookEvent{idOr(e.id), e.name})
		}
		seen[e.name] = true
	}
	w.events = known
	_, ok := safehttp.WebURL(w.callback)
	switch {
	case !w.enabled:
	case !ok:
		w.enabled = false
		problem("the callback is no URL that can be called; the webhook was switched off")
	case len(w.events) == 0:
		w.enabled = false
		problem("no event is left that it is for; the webhook was switched off")
	}
	w.failures = max(w.failures, 0)
}

func eventList(events []webhookEvent) json.RawMessage {
	list := make([]tenants.HookEvent, len(events))
	for n, e := range events {
		list[n] = tenants.HookEvent{ID: e.id, Event: e.name}
	}
	raw, err := json.Marshal(list)
	if err != nil {
		panic("hankodb: a list of texts cannot be encoded: " + err.Error())
	}
	return raw
}
