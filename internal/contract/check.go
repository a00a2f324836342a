package contract

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Check says what an answer has that the document does not: its status, its media type, the form of its body.
func (o *Operation) Check(status int, header http.Header, body []byte) error {
	code := strconv.Itoa(status)
	response := at(o.raw, "responses", code)
	if response == nil {
		return fmt.Errorf("status %s is not documented, only %s: %.300s", code, strings.Join(o.Statuses(), ", "), body)
	}
	content := at(response, "content")
	if len(content) == 0 {
		if len(body) > 0 {
			return fmt.Errorf("status %s is documented without a body: %.300s", code, body)
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("status %s has no media type: %q", code, header.Get("Content-Type"))
	}
	if content[media] == nil {
		return fmt.Errorf("status %s has the undocumented media type %s", code, media)
	}
	if !strings.HasSuffix(media, "json") {
		return nil
	}
	schema, err := o.document.schema(pointer("paths", o.Path, strings.ToLower(o.Method), "responses", code, "content", media, "schema"))
	if err != nil {
		return fmt.Errorf("the schema of status %s: %w", code, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("status %s has a body that is no JSON: %.300s", code, body)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("status %s has a body of another form: %w\n%.600s", code, err, body)
	}
	return nil
}
