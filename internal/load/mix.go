package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/latchkeep/latchkeep/internal/visitor"
)

// An Operation is what visitors, back ends and operators do: one or several requests, one after the other.
type Operation struct {
	Name, Title string
	// Prepare, where given, is called once before anything is measured.
	Prepare func(ctx context.Context, c *visitor.Client) error
	Run     func(ctx context.Context, c *visitor.Client) error
	weight  int
}

// A Mix is operations with weights.
type Mix []*Operation

// DefaultMix is a busy shop: people who come back many times for each sign-in, and a back end that looks things up.
const DefaultMix = "validate=60,jwks=10,login=2,passkey=5,registration=1,admin-get=10,admin-list=5,admin-create=2"

// ParseMix reads “login=1,validate=20”; a name alone has the weight 1. Errors: names that are none of the operations, weights below 1.
func ParseMix(text string, all []*Operation) (Mix, error) {
	var mix Mix
	for part := range strings.SplitSeq(text, ",") {
		name, weight, given := strings.Cut(strings.TrimSpace(part), "=")
		i := slices.IndexFunc(all, func(o *Operation) bool { return o.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no operation %q here; there are %s", name, names(all))
		}
		op := *all[i]
		op.weight = 1
		if given {
			n, err := strconv.Atoi(weight)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("the weight of %s must be a number from 1", name)
			}
			op.weight = n
		}
		mix = append(mix, &op)
	}
	return mix, nil
}

func names(all []*Operation) string {
	var names []string
	for _, o := range all {
		names = append(names, o.Name)
	}
	return strings.Join(names, ", ")
}

// one is any of the operations, by their weights.
func (m Mix) one() *Operation {
	sum := 0
	for _, o := range m {
		sum += o.weight
	}
	at := rand.IntN(sum)
	for _, o := range m {
		if at -= o.weight; at < 0 {
			return o
		}
	}
	return m[0]
}

// Prepare prepares all operations. connect is the address to connect to instead of the hosts of URLs; empty: those hosts.
func (m Mix) Prepare(ctx context.Context, connect string) error {
	c := visitor.New(connect)
	defer c.Close()
	for _, o := range m {
		if o.Prepare == nil {
			continue
		}
		if err := o.Prepare(ctx, c); err != nil {
			return fmt.Errorf("prepare %s: %w", o.Name, err)
		}
	}
	return nil
}
