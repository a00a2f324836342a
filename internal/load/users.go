package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/latchkeep/latchkeep/internal/visitor"
	"github.com/latchkeep/latchkeep/pkg/password"
)

// portion is how many users an import has: far below the limit of its size.
const portion = 50_000

// jobTime is how long an import may take.
const jobTime = 30 * time.Minute

// userAddress is the address of the nth user that was imported.
func userAddress(n int) string { return fmt.Sprintf("user%07d@load.example", n) }

// users imports users until there are enough, and counts them.
func (p *Place) users(ctx context.Context, c *visitor.Client) error {
	imported, err := p.countUsers(ctx, c, "&email_prefix=user")
	if err != nil {
		return err
	}
	if imported < p.Target.Users {
		hash, err := password.New(password.Options{Workers: 1}).Hash(ctx, "", visitor.Password) // all have the same: that is what their sign-ins check
		if err != nil {
			return err
		}
		for first := imported; first < p.Target.Users; first += portion {
			if err := p.importUsers(ctx, c, first, min(first+portion, p.Target.Users), hash); err != nil {
				return err
			}
		}
		imported, err = counted(ctx, p.Target.Users, func() (int, error) { return p.countUsers(ctx, c, "&email_prefix=user") })
		if err != nil {
			return fmt.Errorf("there are %d users whose password is known, not %d: %w", imported, p.Target.Users, err)
		}
	}
	if p.Users, err = p.countUsers(ctx, c, ""); err != nil {
		return err
	}
	if p.Users < imported {
		p.Users = imported // the total of all may be older
	}
	var some []struct{ ID string }
	if err := read(ctx, c, http.MethodGet, p.Target.Admin+"/users?per_page=100", p.Target.Key, nil, http.StatusOK, &some); err != nil {
		return err
	}
	for _, u := range some {
		p.ids = append(p.ids, u.ID)
	}
	return nil
}

// totalTime is how old a total may be that takes long to count.
const totalTime = 6 * time.Minute

// counted asks for a number until it is what is wanted, or as long as an older one may be answered.
func counted(ctx context.Context, want int, ask func() (int, error)) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, totalTime)
	defer cancel()
	for {
		n, err := ask()
		if err != nil || n >= want {
			return n, err
		}
		if !wait(ctx, 500*time.Millisecond) {
			return n, ctx.Err()
		}
	}
}

// countUsers asks the admin API for the total of a list.
func (p *Place) countUsers(ctx context.Context, c *visitor.Client, filter string) (int, error) {
	a, err := c.Send(ctx, http.MethodGet, p.Target.Admin+"/users?per_page=1"+filter, p.Target.Key, nil, http.StatusOK)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(a.Header.Get("X-Total-Count"))
	if err != nil {
		return 0, errors.New("the list of users says no total")
	}
	return n, nil
}

func (p *Place) importUsers(ctx context.Context, c *visitor.Client, from, to int, hash string) error {
	entries := make([]map[string]any, 0, to-from)
	for n := from; n < to; n++ {
		entries = append(entries, map[string]any{
			"emails":   []map[string]any{{"address": userAddress(n), "is_primary": true, "is_verified": true}},
			"password": map[string]any{"password": hash},
		})
	}
	var job struct {
		ID, State, Error string
		Rejected         int
	}
	if err := read(ctx, c, http.MethodPost, p.Target.Admin+"/imports", p.Target.Key, entries, http.StatusAccepted, &job); err != nil {
		return fmt.Errorf("import users: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, jobTime)
	defer cancel()
	for job.State != "done" {
		if job.State == "failed" || job.State == "cancelled" {
			return fmt.Errorf("the import %s: %s", job.State, job.Error)
		}
		if !wait(ctx, 200*time.Millisecond) {
			return fmt.Errorf("the import is still %s: does a worker run?", job.State)
		}
		if err := read(ctx, c, http.MethodGet, p.Target.Admin+"/jobs/"+job.ID, p.Target.Key, nil, http.StatusOK, &job); err != nil {
			return err
		}
	}
	return nil
}

// known is any of the users whose password is known, but for the first few, whose sessions are kept.
func (p *Place) known() (string, error) {
	if p.Target.Users <= sessions {
		return "", fmt.Errorf("sign-ins by password need more than %d users", sessions)
	}
	return userAddress(sessions + rand.IntN(p.Target.Users-sessions)), nil
}
