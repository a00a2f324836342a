package usage

import (
	"maps"
	"slices"
)

// Figures are what was counted in some time.
type Figures struct {
	// ActivePeople are those who were active for the first time in their month.
	ActivePeople                                              int64
	Registrations, UsersCreated, UsersImported, UsersDeleted  int64
	MailsSent, MailsFailed, WebhooksDelivered, WebhooksFailed int64
	PublicCalls, AdminCalls                                   int64
	// SignIns are sign-ins by method.
	SignIns map[string]SignInFigures
}

// SignInFigures are how often people signed in, or failed to.
type SignInFigures struct{ Succeeded, Failed int64 }

// AllSignIns are those by all methods.
func (f Figures) AllSignIns() SignInFigures {
	var all SignInFigures
	for _, one := range f.SignIns {
		all.Succeeded += one.Succeeded
		all.Failed += one.Failed
	}
	return all
}

// Methods are those by which somebody signed in or failed to, in the order of the alphabet.
func (f Figures) Methods() []string { return slices.Sorted(maps.Keys(f.SignIns)) }

// add adds what a counter has. Metrics that nobody knows any more are left out.
func (f *Figures) add(metric string, n int64) {
	if method, outcome, ok := ReadSignIn(metric); ok {
		if f.SignIns == nil {
			f.SignIns = map[string]SignInFigures{}
		}
		one := f.SignIns[method]
		switch outcome {
		case Succeeded:
			one.Succeeded += n
		case Failed:
			one.Failed += n
		}
		f.SignIns[method] = one
		return
	}
	if at := f.of(metric); at != nil {
		*at += n
	}
}

// of is where a metric that is no sign-in is kept.
func (f *Figures) of(metric string) *int64 {
	switch metric {
	case ActivePeople:
		return &f.ActivePeople
	case Registrations:
		return &f.Registrations
	case UsersCreated:
		return &f.UsersCreated
	case UsersImported:
		return &f.UsersImported
	case UsersDeleted:
		return &f.UsersDeleted
	case MailsSent:
		return &f.MailsSent
	case MailsFailed:
		return &f.MailsFailed
	case WebhooksDelivered:
		return &f.WebhooksDelivered
	case WebhooksFailed:
		return &f.WebhooksFailed
	case PublicCalls:
		return &f.PublicCalls
	case AdminCalls:
		return &f.AdminCalls
	}
	return nil
}
