package load

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/internal/visitor"
)

// The variables that hold secrets: on the command line everybody on the machine would see them.
const (
	tokenVariable = "LATCHKEEP_LOAD_TOKEN"
	keyVariable   = "LATCHKEEP_LOAD_KEY"
)

// options are the flags.
type options struct {
	target          Target
	plan            Plan
	mix, allow      string
	sink, smtp      string
	pids            string
	json, markdown  bool
	keyOfGiven      string
	failuresAllowed bool
}

func parse(args []string, getenv func(string) string, stderr io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("latchkeep-load", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, "latchkeep-load puts a deployment of your own under load.\n\n"+
			"  latchkeep-load -console URL [-tenants N] [-users M] …    the token of an operator in "+tokenVariable+"\n"+
			"  latchkeep-load -url URL [-admin URL -users M] …          the API key in "+keyVariable+"\n\n")
		f.PrintDefaults()
	}
	f.StringVar(&o.target.Console, "console", "", "`URL` of the console API")
	f.StringVar(&o.target.Base, "url", "", "public base `URL` of the one tenant to load, instead of -console")
	f.StringVar(&o.target.Admin, "admin", "", "`URL` of that tenant's admin API")
	f.StringVar(&o.allow, "allow", "", "`hosts` that may be loaded besides those of the URLs, such as *.login.example.com, separated by commas")
	f.StringVar(&o.target.Connect, "connect", "", "connect to this `address` whatever the hosts of URLs are; without a port those of the URLs")
	f.IntVar(&o.target.Tenants, "tenants", 1, "how many tenants there are to be; missing ones are made")
	f.IntVar(&o.target.Users, "users", 0, "how many users with a known password the tenant is to have; missing ones are imported")
	f.StringVar(&o.mix, "mix", DefaultMix, "what is done, and how often in proportion")
	f.IntVar(&o.plan.Clients, "clients", 8, "how many do one operation after the other; with -rate, how many operations there are at once at most")
	f.Float64Var(&o.plan.Rate, "rate", 0, "begin so many operations each second, whatever becomes of those before; latency counts from when they should have begun")
	f.DurationVar(&o.plan.WarmUp, "warm-up", 5*time.Second, "what is not counted")
	f.DurationVar(&o.plan.Duration, "duration", 30*time.Second, "what is counted")
	f.StringVar(&o.smtp, "smtp", "127.0.0.1:2525", "`address` of our own mail host, where the mails of the tenant must come; those of -console are told so")
	f.StringVar(&o.target.MailHost, "smtp-host", "", "how the deployment reaches it, where that is another `host`")
	f.StringVar(&o.sink, "sink", "", "read codes from the Mailpit at this `URL` instead; -smtp is then where the deployment reaches that")
	f.StringVar(&o.pids, "pid", "", "processes on this machine whose processor time is told, as server=`PID`,worker=PID,database=PID")
	f.BoolVar(&o.json, "json", false, "print JSON")
	f.BoolVar(&o.markdown, "markdown", false, "print a Markdown table")
	f.BoolVar(&o.failuresAllowed, "may-fail", false, "operations that fail are no failure of the run")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("what is %q? There are flags only", f.Arg(0))
	}
	o.target.Token, o.keyOfGiven = getenv(tokenVariable), getenv(keyVariable)
	return o, o.check()
}

func (o *options) check() error {
	t := &o.target
	switch {
	case t.Console == "" && t.Base == "":
		return errors.New("name what to load, with -console or -url: there is no default")
	case t.Console != "" && t.Base != "":
		return errors.New("give -console or -url, not both")
	case t.Console != "" && t.Token == "":
		return errors.New(tokenVariable + " is to hold an operator's token: latchkeep operator token")
	case t.Console == "" && t.Tenants > 1:
		return errors.New("-tenants needs -console")
	case t.Admin != "" && o.keyOfGiven == "":
		return errors.New(keyVariable + " is to hold an API key of the tenant")
	case o.plan.Clients < 1 || o.plan.Rate < 0 || o.plan.Duration <= 0 || o.plan.WarmUp < 0:
		return errors.New("-clients and -duration must be more than nothing, -rate and -warm-up not less")
	case o.json && o.markdown:
		return errors.New("give -json or -markdown, not both")
	}
	t.Console, t.Base, t.Admin = strings.TrimSuffix(t.Console, "/"), strings.TrimSuffix(t.Base, "/"), strings.TrimSuffix(t.Admin, "/")
	t.Key = o.keyOfGiven
	if o.allow != "" {
		t.Allow = strings.Split(o.allow, ",")
	}
	return nil
}

// Command is the command latchkeep-load: it reads flags, puts the load on, and prints a report. Operations that failed are an error.
func Command(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	o, err := parse(args, getenv, stderr)
	if err != nil {
		return err
	}
	meter, err := ParsePIDs(o.pids)
	if err != nil {
		return err
	}
	if err := o.openMails(); err != nil {
		return err
	}
	if box, ok := o.target.Codes.(*visitor.Mailbox); ok {
		defer box.Close()
	}
	fmt.Fprintln(stderr, "latchkeep-load: looking at the data set")
	place, err := o.target.Open(ctx)
	if err != nil {
		return err
	}
	mix, err := ParseMix(o.mix, place.Operations())
	if err != nil {
		return err
	}
	fmt.Fprintln(stderr, "latchkeep-load: preparing")
	if err := mix.Prepare(ctx, o.target.Connect); err != nil {
		return err
	}
	report, err := o.run(ctx, place, mix, meter)
	if err != nil {
		return err
	}
	write := report.Text
	switch {
	case o.json:
		write = report.JSON
	case o.markdown:
		write = report.Markdown
	}
	if err := write(stdout); err != nil {
		return err
	}
	if report.Failed > 0 && !o.failuresAllowed {
		return fmt.Errorf("%d operations failed", report.Failed)
	}
	return nil
}

// openMails listens as a mail host, or finds the one that there is.
func (o *options) openMails() error {
	host, port, err := net.SplitHostPort(o.smtp)
	if err != nil {
		return fmt.Errorf("-smtp: %w", err)
	}
	o.target.MailHost = cmp.Or(o.target.MailHost, host, "127.0.0.1")
	if o.sink != "" {
		o.target.Codes, o.target.MailPort = &visitor.Mailpit{Base: o.sink}, port
		return nil
	}
	box, err := visitor.NewMailbox(o.smtp)
	if err != nil {
		return err
	}
	o.target.Codes, o.target.MailPort = box, box.Port
	return nil
}

func (o *options) run(ctx context.Context, place *Place, mix Mix, meter *Meter) (*Report, error) {
	p := o.plan
	p.Mix, p.Connect, p.Tally, p.Pause = mix, o.target.Connect, NewTally(), 100*time.Millisecond
	begun := make(chan error, 1)
	p.Measuring = func() {
		p.Tally.Cut() // the time begins
		begun <- meter.Begin()
	}
	late := p.Run(ctx)
	all, lasted := p.Tally.Cut()
	select {
	case err := <-begun:
		if err != nil {
			return nil, err
		}
	default:
		return nil, errors.New("ended before the warm-up was over")
	}
	r := &Report{
		Target: cmp.Or(o.target.Console, o.target.Base), Tenants: place.Tenants, Users: place.Users, Mix: o.mix, Clients: p.Clients, Rate: p.Rate,
		Late: late, Seconds: lasted.Seconds(), Operations: all,
	}
	finished := 0
	for _, op := range all {
		finished += op.Done
		r.Failed += op.Failed
	}
	if finished == 0 && r.Failed == 0 {
		return nil, errors.New("nothing was done in the time")
	}
	r.PerSecond = float64(finished) / lasted.Seconds()
	var err error
	r.CPU, err = meter.PerOperation(finished)
	return r, err
}
