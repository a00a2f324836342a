package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/internal/visitor"
)

// mostGrowth is how many times as much an operation may cost with many tenants or users as with few.
const mostGrowth = 1.3

// grown are the operations that are compared.
var grown = []string{"validate", "jwks", "flow-start", "passkey", "login", "registration", "admin-create", "admin-list", "tenant"}

// A scale is a deployment with so many tenants, and so many users in the tenant under measurement.
type scale struct {
	Tenants      int            `json:"tenants"`
	Users        int            `json:"users"`
	Measurements []*measurement `json:"measurements"`
	d            *deployment
	db           *benchDatabase
}

func (s *scale) title() string { return fmt.Sprintf("%d tenants, %d users", s.Tenants, s.Users) }

// measureGrowth measures the same operations in deployments of several sizes that run side by side, each with a database of its own: one round of
// an operation in each, then the next, so that what else the machine does falls on all of them.
func measureGrowth(ctx context.Context, o options, admin, redis string, mails *visitor.Mailbox) error {
	began := time.Now()
	scales, err := growthScales(o)
	if err != nil {
		return err
	}
	defer func() {
		for _, s := range scales {
			if s.d != nil {
				s.d.stop()
			}
			if s.db != nil {
				s.db.close(ctx)
			}
		}
	}()
	for i, s := range scales {
		if err := s.build(ctx, o, admin, onDatabase(redis, i), mails, i); err != nil {
			return fmt.Errorf("%s: %w", s.title(), err)
		}
		if _, err := s.d.measureIdle(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.title(), err)
		}
		fmt.Fprintf(os.Stderr, "bench: %s are there after %.0f s\n", s.title(), time.Since(began).Seconds())
	}
	for round := range o.rounds {
		fmt.Fprintf(os.Stderr, "bench: round %d of %d\n", round+1, o.rounds)
		for at := range scales[0].Measurements {
			for k := range scales {
				s := scales[(k+round)%len(scales)] // each is the first in its turn
				m := s.Measurements[at]
				if err := m.round(ctx, s.d, max(int(float64(m.op.each)*o.scale), together)); err != nil {
					return fmt.Errorf("%s: %s: %w", s.title(), m.Name, err)
				}
			}
		}
	}
	for _, s := range scales {
		for _, m := range s.Measurements {
			m.summarise()
		}
	}
	fmt.Print(growthTable(scales))
	where := machine(scales[0].db)
	fmt.Printf("\nMeasured in %.0f s, %d rounds, on %s × %s (%s), PostgreSQL %s, %s; load before: %s.\n", time.Since(began).Seconds(), o.rounds,
		where["cpus"], where["processor"], where["system"], where["postgresql"], where["go"], where["load before"])
	if o.json == "" {
		return nil
	}
	raw, err := json.MarshalIndent(map[string]any{"machine": where, "rounds": o.rounds, "budget": mostGrowth, "scales": scales}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(raw, '\n'), 0o644)
}

// growthScales are all numbers of tenants with few users, and few tenants with all numbers of users.
func growthScales(o options) ([]*scale, error) {
	numbers := func(text string) (all []int, err error) {
		for part := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(part)
			if err != nil || n < 1 {
				return nil, errors.New("numbers from 1 are asked for, separated by commas, not " + text)
			}
			all = append(all, n)
		}
		return all, nil
	}
	tenants, err1 := numbers(o.growthTenants)
	users, err2 := numbers(o.growthUsers)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	var scales []*scale
	for _, n := range tenants {
		scales = append(scales, &scale{Tenants: n, Users: users[0]})
	}
	for _, n := range users[1:] {
		scales = append(scales, &scale{Tenants: tenants[0], Users: n})
	}
	return scales, nil
}

// onDatabase is another database of the same Redis.
func onDatabase(redis string, n int) string {
	u, err := url.Parse(redis)
	if err != nil {
		return redis
	}
	u.Path = "/" + strconv.Itoa(n)
	return u.String()
}

// build makes the deployment of a scale, asserts that its rows are there, and warms it.
func (s *scale) build(ctx context.Context, o options, admin, redis string, mails *visitor.Mailbox, n int) (err error) {
	if s.db, err = openDatabase(ctx, admin, "latchkeep_growth"+strconv.Itoa(n)); err != nil {
		return err
	}
	if s.d, err = deploy(ctx, o, s.db, redis, mails); err != nil {
		return err
	}
	if err := (&fleet{}).grow(ctx, s.d, s.Tenants-1); err != nil { // one is there
		return fmt.Errorf("make tenants: %w", err)
	}
	crowded := &crowd{size: s.Users, in: &s.d.tenant}
	if err := crowded.need(ctx, s.d); err != nil {
		return fmt.Errorf("make users: %w", err)
	}
	if err := s.assert(ctx); err != nil {
		return err
	}
	names := grown
	if o.only != "" {
		names = strings.Split(o.only, ",")
	}
	for _, op := range pick(append(operations(s.d), crowdOperations(s.d, crowded)...), names) {
		s.Measurements = append(s.Measurements, &measurement{
			Name: op.name, Title: op.title, Requests: op.requests, Budget: micro(op.budget), MostSent: op.statements,
			op: op, costs: map[int][]cost{}, walls: map[int][]float64{},
		})
		if err := s.d.warm(ctx, op); err != nil {
			return fmt.Errorf("%s: %w", op.name, err)
		}
	}
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	return execute(ctx, s.db.conn, "VACUUM (ANALYZE)", "CHECKPOINT")
}

// assert counts the rows that the scale is about.
func (s *scale) assert(ctx context.Context) error {
	tenants, err1 := s.db.number(ctx, "SELECT count(*) FROM tenants WHERE origin = 'v1'")
	users, err2 := s.db.number(ctx, "SELECT count(*) FROM users WHERE tenant_id = '"+s.d.tenant.ID+"'")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if tenants != s.Tenants || users != s.Users {
		return fmt.Errorf("there are %d tenants and %d users", tenants, users)
	}
	return nil
}

// growthTable shows what the first scale costs, and how many times that the others do.
func growthTable(scales []*scale) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| Operation | %s: CPU | p50 |", scales[0].title())
	for _, s := range scales[1:] {
		fmt.Fprintf(&b, " %s: CPU, times | p50, times | |", s.title())
	}
	b.WriteString("\n|---|--:|--:|" + strings.Repeat("--:|--:|---|", len(scales)-1) + "\n")
	for at, m := range scales[0].Measurements {
		fmt.Fprintf(&b, "| %s | %s | %s |", m.Title, number(m.Total), milli(m.WallAlone.P50))
		for _, s := range scales[1:] {
			other := s.Measurements[at]
			times := other.Total / m.Total
			fmt.Fprintf(&b, " %.2f | %.2f | %s |", times, other.WallAlone.P50/m.WallAlone.P50, verdict(times <= mostGrowth))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\nCPU is of server, database and worker together, hashing included, in microseconds, with one client; the budget is %.1f times the first column.\n", mostGrowth)
	return b.String()
}
