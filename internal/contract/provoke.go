package contract

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// documents reports whether the operation has a status.
func (o *Operation) documents(status string) bool { return slices.Contains(o.Statuses(), status) }

// takes reports whether the operation has a header.
func (o *Operation) takes(header string) bool {
	return slices.ContainsFunc(o.parameters, func(p parameter) bool { return p.in == "header" && p.name == header })
}

// conditions names versions: another one than there is, where the operation must insist on it, and any, where it must tell that nothing changed.
func (p *play) conditions(t *testing.T, valid Request) {
	t.Helper()
	if p.o.takes("If-Match") {
		p.sent(t, Entitled, valid.with("If-Match", `"another-version"`), http.StatusPreconditionFailed, "about another version")
	}
	if p.o.takes("If-None-Match") {
		p.sent(t, Entitled, valid.with("If-None-Match", "*"), http.StatusNotModified, "about a version that is known")
	}
}

// size makes a valid body too long, by white space alone.
func (p *play) size(t *testing.T, valid Request) {
	t.Helper()
	if valid.Media == "" || !p.o.documents("413") || p.Provoke[p.o.ID+" 413"] != nil {
		return
	}
	body := valid.Payload()
	large := valid.clone()
	large.Body = Raw(append(body, bytes.Repeat([]byte(" "), p.MaxBody+1-len(body))...))
	p.sent(t, Entitled, large, http.StatusRequestEntityTooLarge, "a body that is too long")
}

// media sends a valid body as something else, also as pages of other sites may.
func (p *play) media(t *testing.T, valid Request) {
	t.Helper()
	if !p.o.documents("415") {
		return
	}
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded"} {
		other := valid.clone()
		other.Media = media
		p.sent(t, Entitled, other, http.StatusUnsupportedMediaType, "a body that says it is "+media)
	}
}

// repetition uses the key of a request that was refused for another one.
func (p *play) repetition(t *testing.T, valid Request) {
	t.Helper()
	if !p.o.takes("Idempotency-Key") {
		return
	}
	first, status := valid.clone(), http.StatusBadRequest
	if len(valid.Params) > 0 {
		i := slices.IndexFunc(p.o.parameters, func(p parameter) bool { return p.in == "path" })
		first, status = valid.about(p.o.parameters[i]), http.StatusNotFound
	} else {
		first.Body = Raw(`{"a":`)
	}
	key := uuid.NewString()
	p.sent(t, Entitled, first.with("Idempotency-Key", key), status, "a request with a key")
	p.sent(t, Entitled, valid.with("Idempotency-Key", key), http.StatusConflict, "another request with the same key")
}

// provoke brings about what the API's own test knows how to.
func (p *play) provoke(t *testing.T) {
	t.Helper()
	for _, status := range p.o.Statuses() {
		if bring := p.Provoke[p.o.ID+" "+status]; bring != nil {
			a := bring(t, p.valid(t))
			require.Equal(t, status, text(a.Status), "%s: what should be: %.300s", p.o.Route(), a.Body)
			p.answered(t, a, a.Status, "what should be")
		}
	}
}

// complete insists that every documented status was seen, but those of which it is said why not.
func (p *play) complete(t *testing.T) {
	t.Helper()
	for _, status := range p.o.Statuses() {
		if _, excused := p.Unprovoked["* "+status]; excused {
			continue
		}
		why, unprovoked := p.Unprovoked[p.o.ID+" "+status]
		require.NotEqual(t, p.seen[status], unprovoked, "%s: %s is documented; it is answered: %t; why not: %q", p.o.Route(), status, p.seen[status], why)
	}
}
