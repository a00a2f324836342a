package flows_test

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/totpsecret"
	"github.com/latchkeep/latchkeep/pkg/totp"
)

// A spareCode stands in for an app.
type spareCode struct {
	code string
	who  uuid.UUID
}

// later lets the codes of the attacker's apps be new ones.
func (k *kit) later(w *walk, r *realm) {
	var mine []uuid.UUID
	for _, a := range r.mine() {
		mine = append(mine, a.id)
	}
	require.NoError(w, r.shop.Change(w, func(ctx context.Context, tx *store.Tx) error {
		return tx.TOTPSecret.Update().Where(totpsecret.UserIDIn(mine...)).SetLastValidatedStep(0).Exec(ctx)
	}))
	for _, a := range r.mine() {
		delete(k.steps, r.rows.people[a.id].totp)
		delete(k.used, r.rows.people[a.id].totp)
	}
}

// otp is a code of an app of hers, or a recovery code.
func (k *kit) otp(w *walk, a *attempt, action string, sensible bool) any {
	now := time.Now()
	if action == "otp_code_verify" && sensible {
		return k.shows(w, a.secret, now)
	}
	var secrets []string
	for _, r := range w.realms {
		for _, p := range r.mine() {
			if sensible && (r != a.in || a.first == nil || !a.first.whose[p.id]) {
				continue
			}
			app := r.rows.people[p.id].totp
			if secret, ok := k.apps[app]; ok {
				secrets = append(secrets, secret)
			}
			if code, ok := k.used[app]; ok && w.chance(25) {
				return code
			}
			for _, s := range k.spare {
				if s.who == p.id && w.chance(60) {
					return s.code
				}
			}
		}
	}
	if len(secrets) > 0 && w.chance(90) {
		return k.shows(w, pick(w, secrets), now)
	}
	return pick(w, []string{"123456", "", "12345", "aaaa-aaaa-aaaa"})
}

// shows is a code of an app: the present one, or a neighbour.
func (k *kit) shows(w *walk, secret string, now time.Time) string {
	if secret == "" {
		return "000000"
	}
	code, err := totp.Code(secret, now.Add(time.Duration(w.rng.IntN(3)-1)*30*time.Second))
	require.NoError(w, err)
	return code
}

// owners are those whose app shows a code just now that was not used before, or who may use it as a recovery code.
func (k *kit) owners(w *walk, r *realm, code string) map[uuid.UUID]bool {
	whose := map[uuid.UUID]bool{}
	for id, p := range r.rows.people {
		step, ok := matches(k.apps[p.totp], code)
		if p.totp != uuid.Nil && ok && step > k.steps[p.totp] {
			k.steps[p.totp], k.used[p.totp] = step, code
			whose[id] = true
		}
	}
	k.spare = slices.DeleteFunc(k.spare, func(s spareCode) bool {
		if s.code == code && r.rows.people[s.who] != nil {
			whose[s.who] = true
			w.seen.mark("recovery code")
		}
		return s.code == code
	})
	return whose
}

// matches is what the program found a moment ago.
func matches(secret, code string) (int64, bool) {
	for _, ago := range []time.Duration{0, 3 * time.Second} {
		if step, ok := totp.Match(secret, code, time.Now().Add(-ago)); ok {
			return step, true
		}
	}
	return 0, false
}

// replace takes the recovery codes that a conversation showed as somebody's.
func (k *kit) replace(a *attempt, who uuid.UUID) {
	if len(a.spare) == 0 {
		return
	}
	k.spare = slices.DeleteFunc(k.spare, func(s spareCode) bool { return s.who == who })
	for _, code := range a.spare {
		k.spare = append(k.spare, spareCode{code, who})
	}
	a.spare = nil
}

// learn notes whose app it is that was set up.
func (k *kit) learn(r *realm, a *attempt) {
	for _, p := range r.rows.people {
		if _, ok := k.apps[p.totp]; p.totp != uuid.Nil && !ok {
			k.apps[p.totp], k.steps[p.totp] = a.proven, a.step
		}
	}
}

// noteApp checks that an app was set up with a code of the secret that was shown last.
func (w *walk) noteApp(a *attempt, q request) {
	code, _ := q.data["otp_code"].(string)
	step, ok := matches(a.secret, code)
	require.True(w, ok, "%s: an app is set up by a wrong code", a)
	a.set = add(a.set, "totp")
	a.proven, a.step = a.secret, step
	w.look(a.in)
	w.kit.learn(a.in, a)
	w.seen.mark("app set up in %s", a.name)
}
