package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/relyingparty"
)

func newTenantDomainPlan() *cobra.Command {
	var id string
	var origins []string
	cmd := &cobra.Command{
		Use: "plan ID|SLUG", Short: "Foretell which passkeys a change of the relying party breaks; nothing is changed", Args: cobra.ExactArgs(1),
		ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], func(ctx context.Context, app *wire.App, record *tenants.Record) error {
				p, err := app.Provisioner.PlanRelyingParty(ctx, record.ID, id, origins)
				if err != nil {
					return err
				}
				return answer(cmd, showPlan(p), planText(p))
			})
		},
	}
	cmd.Flags().StringVar(&id, "rp-id", "", "the id that is thought of; the one that is configured where absent")
	cmd.Flags().StringSliceVar(&origins, "origin", nil, "an origin that is thought of, once for each; those that are configured where absent")
	return cmd
}

// shownPlan is a plan as the command prints it.
type shownPlan struct {
	RPID         string            `json:"rp_id"`
	Breaks       bool              `json:"breaks"`
	Passkeys     int               `json:"broken_passkeys"`
	SecurityKeys int               `json:"broken_security_keys"`
	People       int               `json:"people"`
	LockedOut    int               `json:"people_without_another_way"`
	NoFactor     int               `json:"people_without_another_second_factor"`
	Origins      map[string]string `json:"origins"`
	Problems     []string          `json:"problems"`
	Advice       []string          `json:"advice"`
}

func showPlan(p relyingparty.Plan) shownPlan {
	s := shownPlan{
		RPID: p.To.ID, Breaks: p.Breaks, Passkeys: p.Broken.Passkeys, SecurityKeys: p.Broken.SecurityKeys, People: p.Broken.People,
		LockedOut: p.Broken.OnlyPasskeys, NoFactor: p.Broken.OnlySecurityKeys, Origins: map[string]string{}, Problems: []string{}, Advice: p.Advice,
	}
	for _, o := range p.Origins {
		s.Origins[o.Origin] = string(o.How)
	}
	for _, one := range p.Problems {
		s.Problems = append(s.Problems, one.String())
	}
	return s
}

func planText(p relyingparty.Plan) func(io.Writer) error {
	return func(w io.Writer) error {
		var b strings.Builder
		if p.Breaks {
			fmt.Fprintf(&b, "From %s to %s: %d passkeys and %d security keys of %d people stop working.\n%d people have no other way to sign in, %d no other "+
				"second factor.\n", p.From.ID, p.To.ID, p.Broken.Passkeys, p.Broken.SecurityKeys, p.Broken.People, p.Broken.OnlyPasskeys, p.Broken.OnlySecurityKeys)
		} else {
			fmt.Fprintf(&b, "The id stays %s: no credential breaks.\n", p.To.ID)
		}
		for _, o := range p.Origins {
			fmt.Fprintf(&b, "  %-8s %s", o.How, o.Origin)
			if o.Why != "" {
				fmt.Fprintf(&b, ": %s", o.Why)
			}
			b.WriteByte('\n')
		}
		for _, one := range p.Problems {
			fmt.Fprintf(&b, "  would be refused: %s\n", one)
		}
		for _, one := range p.Advice {
			fmt.Fprintf(&b, "- %s\n", one)
		}
		_, err := io.WriteString(w, b.String())
		return err
	}
}
