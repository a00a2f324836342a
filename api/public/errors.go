package public

import (
	"net/http"
	"strconv"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// Errors of this API have the body {"code": status, "message": reason phrase}, which published clients know. The domain's errors become
// that by themselves: see humaproblem.
var (
	errMalformedID = problem.Invalid("malformed_id", "Bad Request")
	errNotYours    = problem.Forbidden("forbidden", "Forbidden")
)

// writeError answers where no operation of the API did.
func writeError(w http.ResponseWriter, status int) {
	body := `{"code":` + strconv.Itoa(status) + `,"message":"` + http.StatusText(status) + `"}`
	writeJSON(w, status, []byte(body))
}
