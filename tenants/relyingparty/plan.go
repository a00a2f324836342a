// Package relyingparty foretells what a change of the WebAuthn relying party would do: which credentials break, which pages work, and what to do instead.
//
// The rules are those of browsers: a page may use credentials of an id that is the host of its origin or a registrable suffix of it (Web
// Authentication Level 3, §5.1.3), or that names the origin among its related origins (§5.11). The package asks nobody; it is given the counts.
package relyingparty

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/latchkeep/latchkeep/tenants/config"
)

// MaxLabels is how many names browsers take from the list of related origins. See config.
const MaxLabels = 5

// Browsers says who knows related origins.
const Browsers = "Chrome and Edge from 128, Safari from 18; in other browsers passkeys are not offered on such pages"

// Holders is how much hangs on the credentials that there are.
type Holders struct {
	Passkeys, SecurityKeys, People int
	// OnlyPasskeys have no other way to sign in, OnlySecurityKeys no other second factor.
	OnlyPasskeys, OnlySecurityKeys int
}

// How a page or app works with an id.
type How string

// The ways in which pages and apps work.
const (
	Own     How = "own"     // its host is the id or below it
	Related How = "related" // browsers look for it in the list of related origins
	App     How = "app"     // it is an app, which the id's domain has to name
	Refused How = "refused" // browsers refuse it
)

// An Origin is a page or app under the plan.
type Origin struct {
	Origin string
	How    How
	Why    string   // where it is refused
	IDs    []string // that it would work with as its own, the shortest last; none for apps
}

// A Plan is what a change would do.
type Plan struct {
	From, To config.RelyingParty
	// Breaks says that every credential made so far becomes useless.
	Breaks bool
	// Broken is what breaks: nothing where Breaks is false.
	Broken  Holders
	Origins []Origin
	// Lost are origins that could use credentials and no longer can.
	Lost []string
	// Names are those of the related origins, of which browsers take MaxLabels; RelatedAt is where they look for the list, empty where no origin is related.
	Names     []string
	RelatedAt string
	// Problems are what a configuration with it would be refused for.
	Problems config.Problems
	// Advice is what to do, in order.
	Advice []string
}

// Make foretells a change of the relying party from one to another, whose credentials are held so.
func Make(from, to config.RelyingParty, held Holders) Plan {
	p := Plan{From: from, To: to, Breaks: from.ID != to.ID, Problems: to.Problems()}
	if p.Breaks {
		p.Broken = held
	}
	names := map[string]bool{}
	for _, origin := range to.Origins {
		one := judge(origin, to.ID)
		if one.How == Related {
			p.RelatedAt = "https://" + to.ID + "/.well-known/webauthn"
		}
		if name := nameOf(hostOf(origin)); name != "" && one.How != App {
			if !names[name] && len(names) == MaxLabels {
				one.How, one.Why = Refused, fmt.Sprintf("it has a sixth name (%s): browsers take %d", name, MaxLabels)
			} else {
				names[name] = true
			}
		}
		p.Origins = append(p.Origins, one)
	}
	for name := range names {
		p.Names = append(p.Names, name)
	}
	slices.Sort(p.Names)
	for _, origin := range from.Origins {
		if !slices.ContainsFunc(p.Origins, func(o Origin) bool { return o.Origin == origin && o.How != Refused }) {
			p.Lost = append(p.Lost, origin)
		}
	}
	p.Advice = p.advise(held)
	return p
}

// judge says how an origin works with an id.
func judge(origin, id string) Origin {
	one := Origin{Origin: origin}
	host := hostOf(origin)
	u, err := url.Parse(origin)
	switch {
	case strings.HasPrefix(origin, "android:"), err == nil && u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https":
		one.How = App
		return one
	case err != nil || host == "":
		one.How, one.Why = Refused, "it is no origin such as https://shop.example"
		return one
	}
	one.IDs = idsOf(host)
	switch {
	case isAddress(host):
		one.How, one.Why = Refused, "it is an address: credentials are for domains"
	case u.Scheme == "http" && host != "localhost" && !strings.HasSuffix(host, ".localhost"):
		one.How, one.Why = Refused, "browsers offer no credentials on http:// pages other than localhost"
	case slices.Contains(one.IDs, id):
		one.How = Own
	case host == id || strings.HasSuffix(host, "."+id):
		one.How, one.Why = Refused, id+" is no domain of its owner's: names below it belong to many people"
	case u.Scheme != "https":
		one.How, one.Why = Refused, "only https:// origins can be related to "+id
	case nameOf(host) == "" || nameOf(id) == "":
		one.How, one.Why = Refused, "it is neither "+id+" nor below it, and one of the two has no public domain, so it cannot be related"
	default:
		one.How = Related
	}
	return one
}

// advise says what to do, in order.
func (p Plan) advise(held Holders) []string {
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if p.Breaks && held.People > 0 {
		kept := p.From
		kept.Origins = slices.Clone(p.From.Origins)
		for _, o := range p.To.Origins {
			if !slices.Contains(kept.Origins, o) {
				kept.Origins = append(kept.Origins, o)
			}
		}
		if instead := Make(kept, kept, Holders{}); len(instead.Problems) == 0 && !slices.ContainsFunc(instead.Origins, func(o Origin) bool { return o.How == Refused }) {
			add("Keep webauthn.relying_party.id %q and set webauthn.relying_party.origins to %s: nothing breaks.", p.From.ID, strings.Join(kept.Origins, ", "))
			if instead.RelatedAt != "" {
				add("Serve %s: the tenant has that document at its own address. %s.", instead.RelatedAt, Browsers)
			}
		} else {
			add("The origins cannot be served with the id %q: a change of the id cannot be avoided.", p.From.ID)
		}
		if held.OnlyPasskeys > 0 {
			add("Before you change the id, have %s add another way to sign in: they have passkeys alone and would be locked out.", people(held.OnlyPasskeys))
		}
		if held.OnlySecurityKeys > 0 {
			add("Before you change the id, have %s add an authenticator app: their security key is their only second factor.", people(held.OnlySecurityKeys))
		}
		add("After the change %s sign in another way and make new passkeys.", people(held.People))
	}
	if !p.Breaks && p.RelatedAt != "" {
		add("Serve %s: the tenant has that document at its own address. %s.", p.RelatedAt, Browsers)
	}
	if shared := p.shared(); shared != "" && (p.Breaks || held.People == 0) && slices.ContainsFunc(p.Origins, func(o Origin) bool { return o.How != Own && o.How != App }) {
		add("All pages would work with the id %q, without a list of related origins.", shared)
	}
	for _, origin := range p.Lost {
		add("Pages at %s can no longer use passkeys.", origin)
	}
	if len(all) == 0 && len(p.Problems) == 0 {
		add("Nothing breaks.")
	}
	return all
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// shared is the longest id that all pages would work with as their own; empty where there is none.
func (p Plan) shared() string {
	var common []string
	first := true
	for _, o := range p.Origins {
		if o.How == App {
			continue
		}
		if first {
			common, first = slices.Clone(o.IDs), false
			continue
		}
		common = slices.DeleteFunc(common, func(id string) bool { return !slices.Contains(o.IDs, id) })
	}
	if len(common) == 0 {
		return ""
	}
	return common[0]
}

// idsOf are the ids that pages of a host may use: the host, and what is left of it without labels in front, down to its registrable domain.
func idsOf(host string) []string {
	if isAddress(host) {
		return nil
	}
	ids := []string{host}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		if host != "localhost" {
			ids = append(ids, "localhost")
		}
		return ids
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ids
	}
	for rest := host; rest != domain; ids = append(ids, rest) {
		_, rest, _ = strings.Cut(rest, ".")
	}
	return ids
}

// nameOf is the part of a host that somebody registered, before the public suffix: what browsers count.
func nameOf(host string) string {
	if host == "" || isAddress(host) {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(domain, ".")
	return name
}

func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
