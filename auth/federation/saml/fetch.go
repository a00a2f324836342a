package saml

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/latchkeep/latchkeep/pkg/safehttp"
)

const (
	// maxMetadata is the most metadata one entity may have, in bytes: the largest known have some ten thousand.
	maxMetadata = 1 << 20
	maxURL      = 2048
)

// fetch gets metadata. How long that may take is the client's affair. Error: unusable_metadata.
func (r *Room) fetch(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, unusable(errors.New("its address cannot be read"))
	}
	request.Header.Set("Accept", "application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1")
	response, err := r.n.Client.Do(request)
	switch {
	case errors.Is(err, safehttp.ErrForbiddenAddress):
		return nil, unusable(safehttp.ErrForbiddenAddress)
	case err != nil: // what exactly is nobody's business who does not run the service
		r.n.Log.InfoContext(ctx, "SAML metadata cannot be fetched", "url", address, "error", err)
		return nil, unusable(errors.New("its address cannot be reached"))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, unusable(fmt.Errorf("its address answers with status %d", response.StatusCode))
	}
	body, err := safehttp.ReadLimited(response.Body, maxMetadata)
	switch {
	case errors.Is(err, safehttp.ErrTooLarge):
		return nil, unusable(fmt.Errorf("it has more than %d bytes", maxMetadata))
	case err != nil:
		return nil, unusable(errors.New("its address did not answer to the end"))
	}
	return body, nil
}

// urlProblem says why an address cannot be one of metadata, or "".
func (r *Room) urlProblem(text string) string {
	u, ok := safehttp.WebURL(text)
	switch {
	case len(text) > maxURL:
		return fmt.Sprintf("must not be longer than %d bytes", maxURL)
	case !ok:
		return "must be a URL that begins with https://"
	case u.Scheme == "http" && !r.n.AllowHTTP:
		return "must begin with https://: whoever could change the metadata on its way could sign in as anybody"
	case u.User != nil:
		return "must not contain a username or password"
	}
	return ""
}
