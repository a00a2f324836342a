package flows_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/testenv"
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
