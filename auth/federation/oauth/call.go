package oauth

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/pkg/safehttp"
)

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 512 << 10

// An answer is what a provider said to a GET.
type answer struct {
	status int
	media  string // the media type, without parameters
	body   []byte
	keep   time.Duration // as Cache-Control says
}

// get asks a provider. The bearer may be empty. What its errors say holds neither the URL nor the token.
func (r *Room) get(ctx context.Context, address, bearer string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, errors.New("its URL cannot be used")
	}
	request.Header.Set("Accept", "application/json, application/jwt;q=0.9, */*;q=0.1")
	request.Header.Set("User-Agent", "latchkeep")
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := r.needs.Client.Do(request)
	if err != nil {
		return answer{}, cause(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := safehttp.ReadLimited(response.Body, maxAnswer)
	if err != nil {
		return answer{}, cause(err)
	}
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return answer{status: response.StatusCode, media: media, body: body, keep: maxAge(response.Header)}, nil
}

// getObject is get for a JSON object in an answer of 2xx.
func (r *Room) getObject(ctx context.Context, address, bearer string) (object, error) {
	a, err := r.get(ctx, address, bearer)
	if err != nil {
		return nil, err
	}
	if a.status < 200 || a.status > 299 {
		return nil, fmt.Errorf("it answered %d", a.status)
	}
	return readObject(a.body)
}

// maxAge is how long an answer may be kept, keptUsually where it does not say.
func maxAge(h http.Header) time.Duration {
	for directive := range strings.SplitSeq(h.Get("Cache-Control"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			if seconds, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 32); err == nil {
				return time.Duration(seconds) * time.Second
			}
		}
	}
	return keptUsually
}

const maxURL = 2048

// endpointURL checks the URL of an endpoint: absolute, http or https, without user-info and fragment (RFC 6749 §3.1, §3.2).
func endpointURL(text string) error {
	u, ok := safehttp.WebURL(text)
	if !ok || len(text) > maxURL || u.User != nil || strings.Contains(text, "#") {
		return errors.New("an endpoint is not a URL that begins with https:// or http://")
	}
	return nil
}
