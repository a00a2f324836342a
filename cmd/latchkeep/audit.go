package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/tenants"
)

func newAudit() *cobra.Command {
	return group("audit", "Verify, sign and export the audit logs of tenants", newAuditVerify(), newAuditCheckpoint(), newAuditExport())
}

func newAuditVerify() *cobra.Command {
	var which choice
	var all bool
	var file string
	cmd := &cobra.Command{
		Use: "verify", Short: "Check that no record of an audit log was altered, taken out or moved", Args: cobra.NoArgs,
		Long: `Check that no record of an audit log was altered, taken out, put in or moved since it was written, and that the signatures of its checkpoints
are good. The first record that is not right is named, and the command exits with 1.

With a checkpoint that was kept elsewhere it is also found that records were cut off at the end, or that the whole log was written anew.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if all && (file != "" || which != choice{}) {
				return misuse{errors.New("--all-tenants goes with neither --tenant nor --checkpoint")}
			}
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				if all {
					return verifyAll(ctx, cmd, app)
				}
				t, err := which.pick(ctx, app)
				if err != nil {
					return err
				}
				return verifyOne(ctx, cmd, app, t, file)
			})
		},
	}
	which.flags(cmd)
	cmd.Flags().BoolVar(&all, "all-tenants", false, "check the logs of all tenants, one after the other, and that of the console")
	cmd.Flags().StringVar(&file, "checkpoint", "", "file with a checkpoint that was kept elsewhere")
	return cmd
}

func verifyOne(ctx context.Context, cmd *cobra.Command, app *wire.App, t *tenants.Tenant, file string) error {
	var kept *audit.Checkpoint
	if file != "" {
		token, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		c, err := app.AuditKeeper.ParseCheckpoint(ctx, t.ID, string(token))
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		kept = &c
	}
	report, err := app.AuditKeeper.Verify(ctx, t.ID, kept)
	if err != nil {
		return err
	}
	shown := showReport(t.Slug, report)
	if err := answer(cmd, shown, shown.print); err != nil {
		return err
	}
	return broken(report.Problem != nil)
}

func verifyAll(ctx context.Context, cmd *cobra.Command, app *wire.App) error {
	reports := []verified{}
	bad := false
	verify := func(id uuid.UUID, slug string) error {
		report, err := app.AuditKeeper.Verify(ctx, id, nil)
		if err != nil {
			return err
		}
		bad = bad || report.Problem != nil
		if shown := showReport(slug, report); wantsJSON(cmd) {
			reports = append(reports, shown)
		} else {
			err = shown.print(cmd.OutOrStdout())
		}
		return err
	}
	f := tenants.Filter{PerPage: 100}
	for {
		page, err := app.Provisioner.List(ctx, f)
		if err != nil {
			return err
		}
		for _, t := range page.Items {
			if err := verify(t.ID, t.Slug); err != nil {
				return err
			}
		}
		if f.After = page.Next; f.After == uuid.Nil {
			break
		}
	}
	if err := verify(tenants.SystemID, tenants.SystemID.String()); err != nil { // lists do not have it
		return err
	}
	if wantsJSON(cmd) {
		if err := printJSON(cmd, reports); err != nil {
			return err
		}
	}
	return broken(bad)
}

// broken is how the command ends.
func broken(is bool) error {
	if is {
		return errors.New("the audit log is not what was written")
	}
	return nil
}

// verified is a report as the command prints it.
type verified struct {
	TenantID    uuid.UUID `json:"tenant_id"`
	Slug        string    `json:"slug"`
	Whole       bool      `json:"whole"`
	Problem     *finding  `json:"problem,omitempty"`
	Records     int64     `json:"records"`
	Erased      int64     `json:"erased"`
	Unchained   int64     `json:"unchained"`
	PrunedTo    int64     `json:"pruned_to"`
	Last        int64     `json:"last_sequence"`
	Checkpoints int       `json:"checkpoints"`
	Outlived    bool      `json:"checkpoint_outlived"`
	PerSecond   float64   `json:"records_per_second"`
}

type finding struct {
	Sequence int64      `json:"sequence"`
	ID       *uuid.UUID `json:"id,omitempty"`
	Reason   string     `json:"reason"`
}

func showReport(slug string, r audit.Report) verified {
	v := verified{
		TenantID: r.TenantID, Slug: slug, Whole: r.Problem == nil, Records: r.Records, Erased: r.Erased, Unchained: r.Unchained,
		PrunedTo: r.Pruned, Last: r.Last, Checkpoints: r.Checkpoints, Outlived: r.Outlived, PerSecond: float64(int64(r.PerSecond())),
	}
	if p := r.Problem; p != nil {
		v.Problem = &finding{Sequence: p.Sequence, Reason: p.Reason}
		if p.ID != uuid.Nil {
			v.Problem.ID = &p.ID
		}
	}
	return v
}

func (v verified) print(w io.Writer) error {
	state := "whole"
	if v.Problem != nil {
		state = "BROKEN"
	}
	_, err := fmt.Fprintf(w, "%s: %s; %d records, of which %d erased and %d from before the chain; pruned up to %d, last %d; %d checkpoints (%.0f records/s)\n",
		v.Slug, state, v.Records, v.Erased, v.Unchained, v.PrunedTo, v.Last, v.Checkpoints, v.PerSecond)
	if v.Problem != nil && err == nil {
		id := ""
		if v.Problem.ID != nil {
			id = " (" + v.Problem.ID.String() + ")"
		}
		_, err = fmt.Fprintf(w, "  record %d%s: %s\n", v.Problem.Sequence, id, v.Problem.Reason)
	}
	if v.Outlived && err == nil {
		_, err = fmt.Fprintln(w, "  the record of the given checkpoint was pruned since: keep a newer one")
	}
	return err
}

func newAuditCheckpoint() *cobra.Command {
	var which choice
	cmd := &cobra.Command{
		Use: "checkpoint", Short: "Print the signed state of a tenant's audit log, to be kept elsewhere", Args: cobra.NoArgs,
		Long: `Print the newest checkpoint of a tenant's audit log, made now where the log has grown since the last one. It says how many records there are and
what the last one is, signed with the tenant's key. Kept where those who could alter the database cannot, it shows with audit verify --checkpoint
that nothing before it was altered or taken out.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				t, err := which.pick(ctx, app)
				if err != nil {
					return err
				}
				c, err := app.AuditKeeper.Checkpoint(ctx, t)
				if err != nil {
					return err
				}
				shown := shownCheckpoint{t.ID, c.Sequence, base64.RawURLEncoding.EncodeToString(c.Hash), c.CreatedAt, c.Token}
				return answer(cmd, shown, line("%s", c.Token))
			})
		},
	}
	which.flags(cmd)
	return cmd
}

type shownCheckpoint struct {
	TenantID   uuid.UUID `json:"tenant_id"`
	Sequence   int64     `json:"sequence"`
	Hash       string    `json:"hash"`
	CreatedAt  time.Time `json:"created_at"`
	Checkpoint string    `json:"checkpoint"`
}
