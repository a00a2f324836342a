// Package paging says where the pages of a list are: in Link and X-Total-Count, as the compatible APIs do (Spec: rest-admin §2). It knows no
// list in particular.
package paging

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

type urlKey struct{}

// KeepURL puts the absolute URL of the request into its context, for the links between pages.
func KeepURL(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := *r.URL
		u.Host, u.Scheme = r.Host, "http"
		if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" { // seen only by who sent it
			u.Scheme = "https"
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), urlKey{}, u)))
	})
}

// URL is the absolute URL that KeepURL kept.
func URL(ctx context.Context) url.URL {
	u, _ := ctx.Value(urlKey{}).(url.URL)
	return u
}

// Headers are X-Total-Count and Link of a page of a list that has total members.
func Headers(u url.URL, page, perPage, total int) (count, link string) {
	last := max(1, (total+perPage-1)/perPage)
	var links []string
	add := func(rel string, page int) {
		q := u.Query()
		q.Set("page", strconv.Itoa(page))
		q.Set("per_page", strconv.Itoa(perPage))
		target := u
		target.RawQuery = q.Encode()
		links = append(links, "<"+target.String()+`>; rel="`+rel+`"`)
	}
	if page != 1 || page == last {
		add("first", 1)
	}
	if page != last {
		add("last", last)
	}
	if page < last {
		add("next", page+1)
	}
	if page > 1 {
		add("prev", page-1)
	}
	return strconv.Itoa(total), strings.Join(links, ",")
}

// Next is Link of a part of a list whose next part is asked for by a query parameter; empty at the end.
func Next(u url.URL, parameter, next string) string {
	if next == "" {
		return ""
	}
	q := u.Query()
	q.Set(parameter, next)
	u.RawQuery = q.Encode()
	return "<" + u.String() + `>; rel="next"`
}
