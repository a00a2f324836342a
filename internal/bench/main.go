// Command bench measures what the requests of Latchkeep cost: processor time of the program and of its database, time on the clock, SQL
// statements. It prints the table of docs/performance.md.
//
// It starts the program as operators do, a server and a worker with roles of their own on PostgreSQL and Redis, speaks to it as clients do,
// and checks every answer. scripts/bench gives it the servers. It needs Linux: processor time comes from /proc.
//
// It is no part of the program and no test of its rules: it only measures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// options are the flags.
type options struct {
	binary  string
	rounds  int
	scale   float64
	only    string
	json    string
	doc     string
	profile string
	crowd   int

	webhooks bool
	fleet    int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if address := os.Getenv(profileAddress); address != "" { // we were started in the program's place
		if err := runProfiled(ctx, address, os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, "bench: "+err.Error())
			os.Exit(1)
		}
		return
	}
	if address := os.Getenv(floorAddress); address != "" {
		_ = serveFloor(ctx, address) // it ends when it is told to
		return
	}
	var o options
	flag.StringVar(&o.binary, "binary", "bin/latchkeep", "the program to measure")
	flag.IntVar(&o.rounds, "rounds", 7, "rounds; what a table shows is their median")
	flag.Float64Var(&o.scale, "scale", 1, "how many operations a round has, as a factor")
	flag.IntVar(&o.crowd, "crowd", 1_000_000, "how many users the tenant has whose admin API is measured")
	flag.StringVar(&o.only, "only", "", "measure only these operations, by name, separated by commas; of -webhooks only floods")
	flag.StringVar(&o.json, "json", "", "write the result as JSON to this file")
	flag.StringVar(&o.doc, "doc", "", "put the tables into this Markdown file, between its marks")
	flag.StringVar(&o.profile, "profile", "", "profile server and worker into this directory instead: processor time and allocations of each operation")
	flag.BoolVar(&o.webhooks, "webhooks", false, "measure the delivery of webhooks instead")
	flag.IntVar(&o.fleet, "fleet", 0, "measure the console instead: with ten tenants, and with so many")
	flag.Parse()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	admin := os.Getenv("LATCHKEEP_TEST_POSTGRES_URL")
	redis := os.Getenv("LATCHKEEP_TEST_REDIS_URL")
	if admin == "" || redis == "" {
		return errors.New("there is no PostgreSQL or no Redis: run scripts/bench")
	}
	mails, err := newMailbox()
	if err != nil {
		return err
	}
	defer mails.close()
	db, err := openDatabase(ctx, admin)
	if err != nil {
		return err
	}
	defer db.close(ctx)
	d, err := deploy(ctx, o, db, redis, mails)
	if err != nil {
		return err
	}
	defer d.stop()

	if o.webhooks {
		return measureWebhooks(ctx, o, d)
	}
	if o.fleet > 0 {
		return measureFleet(ctx, o, d)
	}
	ops := append(operations(d), crowdOperations(d, &crowd{size: o.crowd})...)
	if o.only != "" {
		ops = pick(ops, strings.Split(o.only, ","))
	}
	if o.profile != "" {
		return profileAll(ctx, o, d, ops)
	}
	r, err := measureAll(ctx, o, d, ops)
	if err != nil {
		return err
	}
	fmt.Print(r.markdown())
	if o.json != "" {
		if err := writeJSON(o.json, r); err != nil {
			return err
		}
	}
	if o.doc != "" {
		return r.writeInto(o.doc)
	}
	return nil
}
