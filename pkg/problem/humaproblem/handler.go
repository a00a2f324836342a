package humaproblem

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// Handler answers every request with one error, for what a router does not know: NotFound, MethodNotAllowed.
func Handler(face Face, status int, code, detail string) http.Handler {
	m := bare(status, code, detail)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { Write(w, face, m) })
}

// Write writes an error without huma.
func Write(w http.ResponseWriter, face Face, m *Problem) {
	var body any = m
	w.Header().Set("Content-Type", m.ContentType(""))
	if face == Compatible {
		body = m.compatible()
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(m.Status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}

// describer documents the errors of operations as they are sent. All of an API share one description.
func describer(face Face) func(*huma.OpenAPI, *huma.Operation) {
	media, t := "application/problem+json", reflect.TypeFor[Problem]()
	if face == Compatible {
		media, t = "application/json", reflect.TypeFor[Error]()
	}
	content := map[string]*huma.MediaType{}
	return func(doc *huma.OpenAPI, op *huma.Operation) {
		if content[media] == nil {
			content[media] = &huma.MediaType{Schema: doc.Components.Schemas.Schema(t, true, "")}
		}
		describe(doc, op, content)
	}
}

func describe(doc *huma.OpenAPI, op *huma.Operation, content map[string]*huma.MediaType) {
	for _, unused := range []string{"ErrorModel", "ErrorDetail"} {
		delete(doc.Components.Schemas.Map(), unused)
	}
	for status, r := range op.Responses {
		code, err := strconv.Atoi(status)
		if code == http.StatusNotModified {
			r.Content = nil
			continue
		}
		if status != "default" && (err != nil || code < 400) {
			continue
		}
		if status == "422" {
			delete(op.Responses, status)
			continue
		}
		r.Content = content
	}
}
