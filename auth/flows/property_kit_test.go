package flows_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/totpsecret"
	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/totp"
)

// A kit is what the attacker carries: authenticators and apps; and, for whoever judges, which of the secrets that exist are whose.
type kit struct {
	devices map[string]*device   // by credential id in base64url
	order   []*device            // as they were made
	offered []offer              // every ceremony that she was offered
	apps    map[uuid.UUID]string // secrets of authenticator apps, by the ids of their rows: everybody's
	steps   map[uuid.UUID]int64  // the last step of each that was accepted
	used    map[uuid.UUID]string // and its code
	spare   []spareCode          // unused recovery codes
}

// A device of the attacker, and one of the credentials on it.
type device struct {
	*authenticator.Authenticator
	in   *realm
	id   string
	used uint32 // how often
}

// An offer is the options of a ceremony, as a browser got them.
type offer struct {
	in      *realm
	options json.RawMessage
	making  bool
}

// A spareCode stands in for an app.
type spareCode struct {
	code string
	who  uuid.UUID
}

func newKit() kit {
	return kit{devices: map[string]*device{}, apps: map[uuid.UUID]string{}, steps: map[uuid.UUID]int64{}, used: map[uuid.UUID]string{}}
}

// equip gives an account its factors. The attacker holds those of her own.
func (w *walk) equip(r *realm, a *account, p *testenv.Person) {
	c := r.config
	p.Give(w, testenv.Factors{
		Passkey:     a.passkey && c.Passkey.Enabled,
		SecurityKey: a.key && c.MFA.Enabled && c.MFA.SecurityKeys.Enabled,
		App:         a.app && c.MFA.Enabled && c.MFA.TOTP.Enabled,
	})
	if p.App != nil {
		w.kit.apps[w.readRows(r).people[a.id].totp] = p.App.Secret
	}
	if p.Device != nil && a.mine {
		for _, c := range p.Device.Credentials() {
			w.kit.add(&device{Authenticator: p.Device, in: r, id: c.EncodedID()})
		}
	}
}

func (k *kit) add(d *device) {
	k.devices[d.id] = d
	k.order = append(k.order, d)
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

// assertion answers request options: those of the conversation with a credential of hers, or any with any, and lies about it.
func (k *kit) assertion(w *walk, a *attempt, sensible bool) any {
	options, tenant := a.options, a.in
	held := k.held(a.in)
	var lies []authenticator.Lie
	if sensible && !a.making {
		if own := k.answers(a, options); len(own) > 0 {
			held = own
		}
		if own := k.of(a, held); len(own) > 0 {
			held = own
		}
	} else if how := w.rng.IntN(4); how > 0 { // else: with any credential of hers
		if how > 1 {
			lies = k.lies(w, a)
		}
		if how == 3 {
			held = k.order
		}
		if o := k.anyOffer(w, false); o != nil && how != 2 {
			options, tenant = o.options, o.in
			lies = append(lies, authenticator.FromOrigin(a.in.origin), authenticator.ForRPID(a.in.config.WebAuthn.RelyingParty.ID))
		}
	}
	if len(held) == 0 || options == nil {
		return map[string]any{"id": "x"}
	}
	d := pick(w, held)
	if owner := a.in.owner(d.id); !sensible && owner != uuid.Nil && w.chance(50) {
		lies = append(lies, authenticator.ByHandle(owner[:])) // security keys do not tell it
	}
	raw, err := base64.RawURLEncoding.DecodeString(d.id)
	require.NoError(w, err)
	answer, err := d.At(tenant.origin).TryGet(options, append(lies, authenticator.With(raw), authenticator.Counting(d.count()))...)
	if err != nil {
		return map[string]any{"id": d.id}
	}
	return answer
}

// count is the signature counter: it grows with each use.
func (d *device) count() uint32 {
	d.used++
	return d.used
}

// discoverable says whether it answers without being asked for.
func (d *device) discoverable() bool {
	for _, c := range d.Credentials() {
		if c.EncodedID() == d.id {
			return c.Discoverable
		}
	}
	return false
}

// owner of a credential, or nobody.
func (r *realm) owner(id string) uuid.UUID {
	for who, p := range r.rows.people {
		if _, ok := p.credentials[id]; ok {
			return who
		}
	}
	return uuid.Nil
}

// held are her devices of a tenant.
func (k *kit) held(r *realm) []*device {
	return slices.DeleteFunc(slices.Clone(k.order), func(d *device) bool { return d.in != r })
}

// answers are her devices that may answer the options of a conversation.
func (k *kit) answers(a *attempt, options json.RawMessage) []*device {
	allowed := allowedBy(options)
	return slices.DeleteFunc(k.held(a.in), func(d *device) bool {
		if len(allowed) > 0 {
			return !slices.Contains(allowed, d.id)
		}
		return !d.discoverable()
	})
}

// of are those of the devices that hold a credential of whom she means to be.
func (k *kit) of(a *attempt, held []*device) []*device {
	if a.who == nil || a.in.rows.people[a.who.id] == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(held), func(d *device) bool {
		_, ok := a.in.rows.people[a.who.id].credentials[d.id]
		return !ok
	})
}

type ceremony struct {
	PublicKey struct {
		Challenge        string `json:"challenge"`
		AllowCredentials []struct {
			ID string `json:"id"`
		} `json:"allowCredentials"`
	} `json:"publicKey"`
}

func allowedBy(options json.RawMessage) []string {
	var c ceremony
	if json.Unmarshal(options, &c) != nil {
		return nil
	}
	var ids []string
	for _, one := range c.PublicKey.AllowCredentials {
		ids = append(ids, one.ID)
	}
	return ids
}

func (k *kit) anyOffer(w *walk, making bool) *offer {
	list := slices.DeleteFunc(slices.Clone(k.offered), func(o offer) bool { return o.making != making })
	if len(list) == 0 {
		return nil
	}
	o := pick(w, list)
	return &o
}

// lies make an answer to other options look like one to those of the conversation.
func (k *kit) lies(w *walk, a *attempt) []authenticator.Lie {
	victims := slices.Sorted(maps.Keys(k.foreign(w, a.in)))
	var lies []authenticator.Lie
	for _, l := range []authenticator.Lie{
		authenticator.FromOrigin(a.in.origin), authenticator.ForRPID(a.in.config.WebAuthn.RelyingParty.ID), authenticator.Unverified(),
	} {
		if w.chance(50) {
			lies = append(lies, l)
		}
	}
	if len(victims) > 0 && w.chance(30) {
		id, err := base64.RawURLEncoding.DecodeString(pick(w, victims))
		require.NoError(w, err)
		lies = append(lies, authenticator.ByCredential(id))
	}
	if w.chance(30) {
		victim := pick(w, a.in.people)
		lies = append(lies, authenticator.ByHandle(victim.id[:]))
	}
	if w.chance(10) {
		lies = append(lies, authenticator.BadSignature())
	}
	return lies
}

// foreign are credentials of a tenant that the attacker does not hold, and their owners.
func (k *kit) foreign(w *walk, r *realm) map[string]uuid.UUID {
	ids := map[string]uuid.UUID{}
	for who, p := range r.rows.people {
		for id := range p.credentials {
			if k.devices[id] == nil {
				ids[id] = who
			}
		}
	}
	return ids
}

// attestation makes a credential for the options of the conversation, or for any, and lies about it.
func (k *kit) attestation(w *walk, a *attempt, sensible bool) any {
	options := a.options
	var lies []authenticator.Lie
	if !sensible || !a.making {
		if o := k.anyOffer(w, true); o != nil && w.chance(60) {
			options = o.options
			lies = append(lies, authenticator.ForRPID(a.in.config.WebAuthn.RelyingParty.ID))
		}
		if w.chance(50) {
			lies = k.lies(w, a)
		}
	}
	d := &device{Authenticator: authenticator.New(a.in.origin), in: a.in}
	answer, err := d.TryCreate(options, lies...)
	if err != nil {
		return map[string]any{"id": "x"}
	}
	d.id = d.Credentials()[0].EncodedID()
	a.made = d
	return answer
}

// keep notes what an answer hands out.
func (k *kit) keep(w *walk, a *attempt, q request, s testenv.State) {
	for member, making := range map[string]bool{"request_options": false, "creation_options": true} {
		options, ok := s.Payload[member]
		if !ok {
			continue
		}
		a.options, a.making = options, making
		k.offered = append(k.offered, offer{a.in, options, making})
		a.making, a.kind = making, "passkey"
		if q.from == "mfa_security_key_creation" || q.action == "security_key_create" {
			a.kind = "security_key"
		}
	}
	if shown, ok := s.Payload["otp_secret"]; ok {
		require.NoError(w, json.Unmarshal(shown, &a.secret))
	}
	if shown, ok := s.Payload["recovery_codes"]; ok {
		require.NoError(w, json.Unmarshal(shown, &a.spare))
		if a.name == "profile" {
			k.replace(a, a.profile)
		}
	}
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

// An answer of an authenticator, as far as it matters who gave it to what.
type answer struct {
	ID       string `json:"id"`
	Response struct {
		ClientData string `json:"clientDataJSON"`
	} `json:"response"`
}

type clientData struct {
	Type      string `json:"type"`
	Challenge string `json:"challenge"`
	Origin    string `json:"origin"`
}

// read takes an accepted answer apart, and checks that it was given to the newest ceremony of this very conversation.
func (w *walk) read(a *attempt, input any, making bool) string {
	require.Equal(w, making, a.making, "%s: the answer to another kind of ceremony is accepted", a)
	text, ok := input.(json.RawMessage)
	require.True(w, ok, "%s: %v is accepted as answer of an authenticator", a, input)
	var given answer
	var client clientData
	var asked ceremony
	require.NoError(w, json.Unmarshal(text, &given))
	decoded, err := base64.RawURLEncoding.DecodeString(given.Response.ClientData)
	require.NoError(w, errors.Join(err, json.Unmarshal(decoded, &client), json.Unmarshal(a.options, &asked)))
	require.Equal(w, asked.PublicKey.Challenge, client.Challenge, "%s: the answer to another challenge is accepted", a)
	require.Equal(w, a.in.origin, client.Origin, "%s: an answer from another origin is accepted", a)
	a.options = nil
	return given.ID
}

// noteAssertion checks an assertion that was accepted: as first factor, a passkey of hers; as second, any credential of hers.
func (w *walk) noteAssertion(a *attempt, q request, cookie string) {
	id := w.read(a, q.data["assertion_response"], false)
	require.NotNil(w, w.kit.devices[id], "%s: a credential is accepted that the attacker does not hold", a)
	for who, p := range a.in.rows.people {
		mfaOnly, ok := p.credentials[id]
		switch {
		case !ok:
		case a.first == nil:
			require.False(w, mfaOnly, "%s: a security key is accepted as first factor", a)
			a.prove(w, "passkey", "", map[uuid.UUID]bool{who: true}, cookie)
			return
		default:
			a.second = &proof{kind: "security_key", whose: map[uuid.UUID]bool{who: true}}
			return
		}
	}
	require.Fail(w, "a credential of nobody is accepted", "%s: %s", a, id)
}

// noteAttestation takes a credential that was accepted as the attacker's.
func (w *walk) noteAttestation(a *attempt, q request) {
	id := w.read(a, q.data["public_key"], true)
	require.NotNil(w, a.made, "%s", a)
	require.Equal(w, a.made.id, id, "%s: another credential than the one that was made is accepted", a)
	w.kit.add(a.made)
	a.set = add(a.set, a.kind)
	w.seen.mark("%s made in %s", a.kind, a.name)
}
