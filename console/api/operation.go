package api

import (
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// op describes an operation in one line; statuses are the errors it has beside 401, 403, 500 and 503.
func op(id, method, path, scope, tag, summary string, statuses ...int) huma.Operation {
	errors := append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusInternalServerError, http.StatusServiceUnavailable}, statuses...)
	slices.Sort(errors)
	o := huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{tag}, Errors: errors,
		Metadata:     map[string]any{scopeKey: scope},
		MaxBodyBytes: maxBody,
	}
	switch method {
	case http.MethodPost:
		o.DefaultStatus = http.StatusCreated
	case http.MethodDelete:
		o.DefaultStatus = http.StatusNoContent
	}
	return o
}

func describe(o huma.Operation, description string) huma.Operation {
	o.Description = description
	return o
}

func status(o huma.Operation, status int) huma.Operation {
	o.DefaultStatus = status
	return o
}
