package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/latchkeep/latchkeep/auth/allowance"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

// quotasView is what the page of the usage shows of the quotas.
type quotasView struct {
	Standings []allowance.Standing
	Version   int
	// Given is what a form was sent with that cannot be.
	Given map[string]string
	Wrong fieldErrors
}

func (s *Server) quotas(v *visit, q quotasView) (quotasView, error) {
	if v.Tenant.ID == tenants.SystemID {
		return q, nil
	}
	now, err := s.o.Tenants.Quotas(v.ctx(), v.Tenant.ID)
	if err != nil {
		return q, err
	}
	if q.Version == 0 {
		q.Version = now.Version
	}
	q.Standings, err = s.o.Allowance.Standings(v.ctx(), v.Tenant.ID, now)
	return q, err
}

func (s *Server) setQuotas(v *visit) error {
	if !v.Who.Everywhere(tenants.TenantsWrite) {
		return errForbidden
	}
	q := quotasView{Given: map[string]string{}, Wrong: fieldErrors{}}
	q.Version, _ = strconv.Atoi(v.form("version")) // 0: whatever it is
	limits := quota.Limits{}
	for _, name := range quota.Names() {
		limit, own := q.read(v, name)
		if own {
			limits[name] = limit
		}
	}
	if len(q.Wrong) == 0 {
		_, err := s.o.Tenants.SetQuotas(v.ctx(), v.Tenant.ID, limits, tenants.How{By: v.Who.Actor, If: q.Version})
		if err == nil {
			s.o.Allowance.Touch(v.Tenant.ID, true)
			return v.done("/t/"+v.Tenant.ID.String()+"/usage", "The quotas are set.")
		}
		if q.Wrong, err = fields(err); err != nil {
			return err
		}
	}
	return s.showUsage(v, http.StatusUnprocessableEntity, q)
}

// read is a limit as the form has it: empty for that of the deployment, "none", or a number.
func (q quotasView) read(v *visit, name quota.Name) (limit quota.Limit, own bool) {
	for part, into := range map[string]*int64{".soft": &limit.Soft, ".hard": &limit.Hard} {
		field := string(name) + part
		text := strings.ToLower(v.form(field))
		q.Given[field] = text
		if text == "" {
			continue
		}
		own = true
		if text == "none" {
			continue
		}
		var err error
		if *into, err = strconv.ParseInt(text, 10, 64); err != nil {
			q.Wrong[field] = "must be a number, or none"
		}
	}
	return limit, own
}

// value is what a field of the form has.
func (q quotasView) value(s allowance.Standing, part string) string {
	if q.Given != nil {
		return q.Given[string(s.Quota)+part]
	}
	n := s.Limit.Hard
	if part == ".soft" {
		n = s.Limit.Soft
	}
	switch {
	case !s.Own:
		return ""
	case n == 0 && part == ".hard":
		return "none"
	case n == 0:
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// quotaNames are the quotas as people read them, in the order of quota.Names.
var quotaNames = []string{"People active in the month", "Registrations today", "Users", "Mails today", "Webhooks today", "Admin API calls today"}

func quotaName(name quota.Name) string { return quotaNames[slices.Index(quota.Names(), name)] }

// quotaText is how a tenant does with a quota, in words.
func quotaText(s allowance.Standing) string {
	if s.Limit.Hard == 0 {
		return fmt.Sprintf("%d, without a limit", s.Used)
	}
	return fmt.Sprintf("%d of %d", s.Used, s.Limit.Hard)
}

// thresholdText is a threshold; empty where there is none.
func thresholdText(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// exceeded is what the banner says of a tenant who is over; empty where she is not.
func exceeded(v *visit) string {
	var names []string
	for _, name := range v.Tenant.Quotas.Reached(v.s.o.Now()) {
		names = append(names, strings.ToLower(quotaName(name)))
	}
	return strings.Join(names, ", ")
}
