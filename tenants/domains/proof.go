package domains

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/latchkeep/latchkeep/ent"
)

// found is what the DNS says about a domain.
type found struct {
	proof   bool
	unknown bool   // the DNS did not answer, which says nothing about the proof
	missed  string // for people; empty with the proof
}

// look asks the DNS for the proof of a domain. No transaction is open meanwhile.
func (r *Room) look(ctx context.Context, row *ent.TenantDomain) found {
	ctx, cancel := context.WithTimeout(ctx, r.n.Timeout)
	defer cancel()
	name := recordLabel + "." + row.Host
	texts, err := r.n.Resolver.LookupTXT(ctx, name+".") // with the dot, or the machine's own domain would be tried too
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound, err == nil && len(texts) == 0:
		return found{missed: "there is no TXT record at " + name}
	case err != nil && (errors.Is(ctx.Err(), context.DeadlineExceeded) || dns != nil && dns.IsTimeout):
		return found{unknown: true, missed: "the DNS did not answer in time when asked for " + name}
	case err != nil:
		return found{unknown: true, missed: "the DNS servers of the domain could not be asked for " + name}
	}
	if slices.ContainsFunc(texts, func(text string) bool { return strings.TrimSpace(text) == recordValue+row.Challenge }) {
		return found{proof: true}
	}
	return found{missed: "the TXT record has something else: " + quoteAll(texts)}
}

// quoteAll shows some of what others wrote into the DNS, in letters that do no harm.
func quoteAll(texts []string) string {
	var shown []string
	for _, text := range texts[:min(len(texts), 3)] {
		quoted := fmt.Sprintf("%+q", clip(text, 80))
		shown = append(shown, quoted)
	}
	if len(texts) > len(shown) {
		shown = append(shown, fmt.Sprintf("and %d more", len(texts)-len(shown)))
	}
	return strings.Join(shown, ", ")
}

// maxProblem is how many bytes the column has.
const maxProblem = 255

// clip is the beginning of a text, of so many bytes at most.
func clip(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	const more = "..."
	end := bytes - len(more)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + more
}
