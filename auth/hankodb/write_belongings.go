package hankodb

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/revocation"
	entsession "github.com/latchkeep/latchkeep/ent/session"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/trusteddevice"
)

// maxRows is the most rows of one statement: SQLite allows 32766 values in it.
const maxRows = 1000

// belongings imports the sessions and trusted devices of some users who are here.
func (i *Importer) belongings(ctx context.Context, p *plan, o *Outcome, page []*person, known map[uuid.UUID]bool) error {
	ids := make([]uuid.UUID, len(page))
	for n, one := range page {
		ids[n] = one.id
	}
	if !i.skips(Sessions) {
		if err := i.sessions(ctx, p, o, ids, known); err != nil {
			return err
		}
	}
	if i.skips(Devices) {
		return nil
	}
	return i.devices(ctx, p, o, ids, known)
}

func (i *Importer) sessions(ctx context.Context, p *plan, o *Outcome, users []uuid.UUID, known map[uuid.UUID]bool) error {
	all, err := i.source.sessions(ctx, users)
	if err != nil {
		return err
	}
	count := o.count(Sessions)
	count.Read += len(all)
	var live []session
	for _, s := range all {
		s.created = or(s.created, i.now)
		s.used = or(s.used, or(s.updated, s.created))
		s.expires = or(s.expires, s.created.Add(p.lifespan))
		switch {
		case !s.expires.After(i.now):
			count.Expired++
		case s.id == uuid.Nil || !known[s.user]:
			count.Refused++ // with their user, who was told
		default:
			live = append(live, s)
		}
	}
	for part := range slices.Chunk(live, maxRows) {
		added := 0
		err := i.unit(ctx, p, func(ctx context.Context, tx *store.Tx) error {
			fresh, err := withoutKnown(ctx, tx, part)
			if err != nil {
				return err
			}
			added = len(fresh)
			return i.insert(ctx, tx.Session.CreateBulk(sessionRows(tx, fresh)...))
		})
		if err != nil {
			return err
		}
		count.Imported += added
		count.Present += len(part) - added
	}
	return nil
}

// withoutKnown leaves out the sessions that are here, and those that were and have been ended here.
func withoutKnown(ctx context.Context, tx *store.Tx, all []session) ([]session, error) {
	ids := make([]uuid.UUID, len(all))
	for n := range all {
		ids[n] = all[n].id
	}
	here, err := tx.Session.Query().Where(entsession.IDIn(ids...)).IDs(ctx)
	if err != nil {
		return nil, err
	}
	ended, err := tx.Revocation.Query().Where(revocation.SessionIDIn(ids...)).Select(revocation.FieldSessionID).All(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[uuid.UUID]bool, len(here)+len(ended))
	for _, id := range here {
		known[id] = true
	}
	for _, r := range ended {
		known[r.SessionID] = true
	}
	var fresh []session
	for _, s := range all {
		if !known[s.id] {
			fresh = append(fresh, s)
		}
	}
	return fresh, nil
}

func sessionRows(tx *store.Tx, fresh []session) []*ent.SessionCreate {
	rows := make([]*ent.SessionCreate, len(fresh))
	for n, s := range fresh {
		rows[n] = tx.Session.Create().SetID(s.id).SetUserID(s.user).
			SetCreatedAt(s.created).SetUpdatedAt(or(s.updated, s.created)).SetLastUsedAt(s.used).SetExpiresAt(s.expires)
		if s.agent != "" {
			rows[n].SetUserAgent(shorten(s.agent, maxName))
		}
		if s.ip != "" && len(s.ip) <= 64 {
			rows[n].SetIPAddress(s.ip)
		}
	}
	return rows
}

func (i *Importer) devices(ctx context.Context, p *plan, o *Outcome, users []uuid.UUID, known map[uuid.UUID]bool) error {
	all, err := i.source.devices(ctx, users)
	if err != nil {
		return err
	}
	count := o.count(Devices)
	count.Read += len(all)
	seen := map[string]bool{}
	var live []device
	for _, d := range all {
		user := d.user
		switch {
		case !d.expires.After(i.now):
			count.Expired++
		case !known[d.user]: // with their user, who was told
			count.Refused++
		case d.token == "" || len(d.token) > 128 || strings.ContainsAny(d.token, "|:") || seen[d.token]:
			count.Refused++
			i.problems.add(Problem{Tenant: p.id, Table: "trusted_devices", ID: d.id.String(), User: &user,
				Reason: "the token is none, or is there twice; it was left out"})
		default:
			seen[d.token] = true
			live = append(live, d)
		}
	}
	for part := range slices.Chunk(live, maxRows) {
		added := 0
		err := i.unit(ctx, p, func(ctx context.Context, tx *store.Tx) error {
			rows, err := i.deviceRows(ctx, tx, part)
			if err != nil {
				return err
			}
			added = len(rows)
			return i.insert(ctx, tx.TrustedDevice.CreateBulk(rows...))
		})
		if err != nil {
			return err
		}
		count.Imported += added
		count.Present += len(part) - added
	}
	return nil
}

func (i *Importer) deviceRows(ctx context.Context, tx *store.Tx, all []device) ([]*ent.TrustedDeviceCreate, error) {
	hashes := make([][]byte, len(all))
	for n, d := range all {
		hashes[n] = devicetrust.Hash(d.token)
	}
	here, err := tx.TrustedDevice.Query().Where(trusteddevice.TokenHashIn(hashes...)).Select(trusteddevice.FieldTokenHash).All(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(here))
	for _, row := range here {
		known[string(row.TokenHash)] = true
	}
	var rows []*ent.TrustedDeviceCreate
	for n, d := range all {
		if known[string(hashes[n])] {
			continue
		}
		rows = append(rows, tx.TrustedDevice.Create().SetID(idOr(d.id)).SetUserID(d.user).SetTokenHash(hashes[n]).
			SetCreatedAt(or(d.created, i.now)).SetExpiresAt(d.expires))
	}
	return rows, nil
}

// idOr is an id, or a new one where it is none.
func idOr(id uuid.UUID) uuid.UUID {
	if id == uuid.Nil {
		return uuid.Must(uuid.NewV7())
	}
	return id
}
