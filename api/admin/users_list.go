package admin

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/management"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/tenants"
)

const listDescription = `Users with neither an address nor a username are left out, as are password, otp, identities and metadata of each.

Conditions narrow each other, but ` + "`email` and `username`" + `, of which one is enough. Those two look into the middle of texts and read
all of them; the prefixes, the exact address and metadata are found by an index.

Pages are numbered, or go from cursor to cursor: every answer says in ` + "`X-Next-Cursor`" + ` how to go on, which costs the same however far
that is. A total of more than 2000 may be five seconds old, one that takes long to count some minutes. Users are sorted by the time of their creation; those found by email_prefix,
username_prefix or metadata alone by address, username or id.`

// The sizes of pages.
const (
	defaultPerPage = 20
	maxPerPage     = 10_000
	maxListedIDs   = 1000
)

type listUsersInput struct {
	Page           int       `query:"page" doc:"The page, from 1. Not with cursor." example:"1"`
	PerPage        int       `query:"per_page" doc:"Users on a page; 20 where absent, at most 10000." example:"20"`
	Cursor         string    `query:"cursor" maxLength:"4096" doc:"Instead of page: what comes next, as X-Next-Cursor said. All other parameters must stay the same, but per_page."`
	SortDirection  string    `query:"sort_direction" enum:"asc,desc" default:"desc" doc:"By the time of creation."`
	Email          string    `query:"email" maxLength:"255" doc:"Part of an address. With username: either." example:"@shop.example"`
	Username       string    `query:"username" maxLength:"255" doc:"Part of the username."`
	UserID         string    `query:"user_id" maxLength:"37000" doc:"Ids, separated by commas, at most 1000."`
	ExactEmail     string    `query:"exact_email" maxLength:"255" doc:"A whole address." example:"kim@shop.example"`
	EmailPrefix    string    `query:"email_prefix" maxLength:"255" doc:"How an address begins." example:"kim@"`
	UsernamePrefix string    `query:"username_prefix" maxLength:"255" doc:"How the username begins."`
	MetadataKey    string    `query:"metadata_key" maxLength:"3100" doc:"A top-level member of metadata, with its category: public, private or unsafe." example:"public.plan"`
	MetadataValue  string    `query:"metadata_value" maxLength:"12100" doc:"The member's value, as JSON; what is no JSON is a text. Any value where absent." example:"pro"`
	Blocked        string    `query:"blocked" enum:"true,false" doc:"Only those who are blocked, or are not."`
	CreatedAfter   time.Time `query:"created_after" doc:"Created later than that." example:"2026-01-01T00:00:00Z"`
	CreatedBefore  time.Time `query:"created_before" doc:"Created earlier than that." example:"2026-12-31T00:00:00Z"`
}

type listUsersOutput struct {
	TotalCount string `header:"X-Total-Count" doc:"Users on all pages; absent with cursor."`
	Link       string `header:"Link" doc:"Other pages (RFC 8288): first, last, next and prev; with cursor, next."`
	NextCursor string `header:"X-Next-Cursor" doc:"To be given as cursor for what comes next; absent at the end."`
	Body       []user.AdminView
}

func (s *Server) listUsers(ctx context.Context, in *listUsersInput) (*listUsersOutput, error) {
	t := tenantOf(ctx)
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	page, perPage := max(in.Page, 1), in.PerPage
	if perPage < 1 {
		perPage = defaultPerPage
	}
	perPage = min(perPage, maxPerPage)
	ascending := in.SortDirection == "asc"
	if in.Cursor != "" {
		return s.listUsersAfter(ctx, t, f, ascending, in.Cursor, perPage)
	}
	l, err := s.people.ListUsers(ctx, t, f, ascending, page, perPage)
	if err != nil {
		return nil, err
	}
	out := showUsers(l)
	out.TotalCount, out.Link = paging.Headers(paging.URL(ctx), page, perPage, l.Total)
	return out, nil
}

func (s *Server) listUsersAfter(ctx context.Context, t *tenants.Tenant, f management.Filter, ascending bool, cursor string, perPage int) (*listUsersOutput, error) {
	l, err := s.people.ListUsersAfter(ctx, t, f, ascending, cursor, perPage)
	if err != nil {
		return nil, err
	}
	out := showUsers(l)
	out.Link = paging.Next(paging.URL(ctx), "cursor", l.Next)
	return out, nil
}

func showUsers(l management.Listing) *listUsersOutput {
	out := &listUsersOutput{NextCursor: l.Next, Body: l.Users}
	if out.Body == nil {
		out.Body = []user.AdminView{}
	}
	return out
}

// filter reads the conditions.
func (in *listUsersInput) filter() (management.Filter, error) {
	f := management.Filter{
		EmailContains: lower(in.Email), UsernameContains: lower(in.Username), Email: lower(in.ExactEmail),
		EmailPrefix: lower(in.EmailPrefix), UsernamePrefix: lower(in.UsernamePrefix),
		CreatedAfter: auth.Bound(in.CreatedAfter), CreatedBefore: auth.Bound(in.CreatedBefore),
	}
	for name, text := range map[string]string{
		"email": in.Email, "username": in.Username, "exact_email": in.ExactEmail, "email_prefix": in.EmailPrefix, "username_prefix": in.UsernamePrefix,
	} {
		if !storable(text) {
			return f, wrong(name, "has characters that no text has")
		}
	}
	if in.UserID != "" {
		for part := range strings.SplitSeq(in.UserID, ",") {
			id, err := uuid.Parse(strings.TrimSpace(part))
			if err != nil {
				return f, wrong("user_id", "is not a list of UUIDs")
			}
			f.IDs = append(f.IDs, id)
		}
		if len(f.IDs) > maxListedIDs {
			return f, wrong("user_id", "names more than "+strconv.Itoa(maxListedIDs)+" users")
		}
	}
	if in.Blocked != "" {
		blocked := in.Blocked == "true"
		f.Blocked = &blocked
	}
	return f, in.metadata(&f)
}

// metadata reads the condition on metadata.
func (in *listUsersInput) metadata(f *management.Filter) error {
	if in.MetadataKey == "" {
		if in.MetadataValue != "" {
			return wrong("metadata_value", "needs metadata_key")
		}
		return nil
	}
	category, name, _ := strings.Cut(in.MetadataKey, ".")
	switch c := user.MetadataCategory(category); c {
	case user.PublicMetadata, user.PrivateMetadata, user.UnsafeMetadata:
		if name == "" {
			return wrong("metadata_key", "names no member, as public.plan does")
		}
		f.MetadataName = user.MetadataName(c, name)
	default:
		return wrong("metadata_key", "must begin with public., private. or unsafe.")
	}
	if in.MetadataValue == "" {
		return nil
	}
	digest, ok := user.MetadataValue(json.RawMessage(in.MetadataValue))
	if !ok {
		text, err := json.Marshal(in.MetadataValue)
		if err != nil {
			return wrong("metadata_value", "is not a text")
		}
		digest, _ = user.MetadataValue(text)
	}
	f.MetadataValue = digest
	return nil
}

// storable reports whether a database takes a text.
func storable(text string) bool {
	return !strings.ContainsRune(text, 0) && strings.ToValidUTF8(text, "") == text
}
