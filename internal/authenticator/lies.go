package authenticator

import "slices"

// A Lie makes an answer differ from the honest one.
type Lie struct {
	tell   func(*response)
	choose []byte
}

func before(tell func(*response)) Lie { return Lie{tell: tell} }

// after is told once the answer is signed.
func after(change func(*response)) Lie {
	return before(func(r *response) { r.beforeSending = append(r.beforeSending, change) })
}

func chosen(lies []Lie) []byte {
	for _, l := range lies {
		if l.choose != nil {
			return l.choose
		}
	}
	return nil
}

// With answers with one of the credentials, whatever the options allow. That alone is no lie where they allow it.
func With(id []byte) Lie { return Lie{tell: func(*response) {}, choose: id} }

// FromOrigin is the page of another origin.
func FromOrigin(origin string) Lie { return clientData("origin", origin) }

// Challenged answers another challenge, in base64url.
func Challenged(challenge string) Lie { return clientData("challenge", challenge) }

// Typed is an answer for another ceremony, such as "webauthn.get".
func Typed(ceremony string) Lie { return clientData("type", ceremony) }

// CrossOrigin is an answer from a frame on a page of another site.
func CrossOrigin() Lie { return clientData("crossOrigin", true) }

// TopOrigin names the site of that page.
func TopOrigin(origin string) Lie { return clientData("topOrigin", origin) }

func clientData(member string, value any) Lie {
	return before(func(r *response) { r.clientData[member] = value })
}

// ForRPID signs for another relying party.
func ForRPID(id string) Lie { return before(func(r *response) { r.rpID = id }) }

// Unattended says that nobody touched the device.
func Unattended() Lie { return before(func(r *response) { r.flags &^= present }) }

// Unverified says that it was not checked who touched the device.
func Unverified() Lie { return before(func(r *response) { r.flags &^= verified }) }

// Verified says that it was checked who touched the device.
func Verified() Lie { return before(func(r *response) { r.flags |= verified }) }

// Counting signs a given counter.
func Counting(n uint32) Lie { return before(func(r *response) { r.counter = n }) }

// BackedUp sets the flags for "may be backed up" and "is backed up".
func BackedUp(eligibility, state bool) Lie {
	return before(func(r *response) {
		r.flags &^= allBackup
		if eligibility {
			r.flags |= eligible
		}
		if state {
			r.flags |= backedUp
		}
	})
}

// Flagged sets further bits of the flags (Web Authentication §6.1).
func Flagged(bits byte) Lie { return before(func(r *response) { r.flags |= bits }) }

// ByHandle names another user handle; nil names none. Assertions do not sign it.
func ByHandle(handle []byte) Lie { return before(func(r *response) { r.userHandle = handle }) }

// ByCredential says that another credential than the one that signed did.
func ByCredential(id []byte) Lie { return before(func(r *response) { r.claimedID = id }) }

// Named makes a credential with a given id.
func Named(id []byte) Lie { return before(func(r *response) { r.id = id }) }

// WithKey makes a credential with another public key (COSE), and attests it in a format: "none", or one whose signature is not that key's.
func WithKey(cose []byte, format string) Lie {
	return before(func(r *response) { r.cose, r.format = cose, format })
}

// Attested uses an attestation format whatever was asked for; its statement is that of self attestation, none for "none".
func Attested(format string) Lie { return before(func(r *response) { r.format = format }) }

// Transports are those that the browser reports.
func Transports(names ...string) Lie { return before(func(r *response) { r.transports = names }) }

// BadSignature breaks the signature.
func BadSignature() Lie { return after(func(r *response) { r.signature[len(r.signature)-1] ^= 1 }) }

// BadClientData changes the client data after signing, in a way that means the same.
func BadClientData() Lie {
	return after(func(r *response) { r.clientDataJSON = append(r.clientDataJSON, ' ') })
}

// BadAuthenticatorData changes the counter in the authenticator data after signing.
func BadAuthenticatorData() Lie {
	const lastOfCounter = 36
	return after(func(r *response) {
		r.authenticatorData = slices.Clone(r.authenticatorData)
		r.authenticatorData[lastOfCounter]++
	})
}

// Changed changes the answer as JSON, just before it is sent.
func Changed(change func(answer map[string]any)) Lie {
	return before(func(r *response) { r.beforeWriting = append(r.beforeWriting, change) })
}
