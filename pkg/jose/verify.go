package jose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// ErrInvalid is wrapped by every refusal of a token. What exactly is wrong is for logs, not for the bearer.
var ErrInvalid = errors.New("the token is not valid")

// Why a token is refused. Each wraps [ErrInvalid].
var (
	ErrMalformed = fmt.Errorf("%w: it is not a token of ours", ErrInvalid)
	ErrKey       = fmt.Errorf("%w: its kid names no key, or its algorithm is not that of the key", ErrInvalid)
	ErrSignature = fmt.Errorf("%w: its signature is wrong", ErrInvalid)
	ErrExpired   = fmt.Errorf("%w: it has expired", ErrInvalid)
	ErrNotYet    = fmt.Errorf("%w: its iat or nbf is in the future", ErrInvalid)
	ErrClaims    = fmt.Errorf("%w: its type or claims are not those asked for", ErrInvalid)
)

const (
	maxToken  = 128 << 10
	maxHeader = 1 << 10
)

// A Validation says what a token must hold besides a good signature and an exp that is not reached. Empty members are
// not checked.
type Validation struct {
	Type     string        // the header's typ, exactly
	Issuer   string        // iss
	Audience string        // one of aud
	Leeway   time.Duration // how far iat and nbf may lie in the future; there is none for exp
	Lasting  bool          // exp may be absent: what was signed holds for good
}

// Verify checks a compact token at the time now and gives its claims.
//
// The header has exactly alg, kid and typ; kid names a key of the set and alg is its algorithm; the signature is good;
// exp is later than now, and present unless v says that it need not be; iat and nbf, if present, are not later than now plus the leeway; and what v asks
// for holds. Errors: ErrMalformed, ErrKey, ErrSignature, ErrExpired, ErrNotYet, ErrClaims.
func (s *Set) Verify(token string, now time.Time, v Validation) (Claims, error) {
	signed, payload, signature, err := split(token)
	if err != nil {
		return nil, err
	}
	key, typ, err := s.header(signed[:strings.IndexByte(signed, '.')+1])
	if err != nil {
		return nil, err
	}
	rawSignature, err := encoding.DecodeString(signature)
	if err != nil {
		return nil, ErrMalformed
	}
	if !key.verifies([]byte(signed), rawSignature) {
		return nil, ErrSignature
	}
	rawPayload, err := encoding.DecodeString(payload)
	if err != nil {
		return nil, ErrMalformed
	}
	claims, err := decodeClaims(rawPayload)
	if err != nil {
		return nil, err
	}
	return claims, v.check(typ, claims, now)
}

// split takes a token apart without decoding: what is signed (header, dot, payload), the payload, and the signature.
func split(token string) (signed, payload, signature string, err error) {
	if len(token) > maxToken {
		return "", "", "", ErrMalformed
	}
	// The decoder skips line ends; a token with some would be a second spelling of the same token.
	if strings.ContainsAny(token, "\r\n") {
		return "", "", "", ErrMalformed
	}
	first, last := strings.IndexByte(token, '.'), strings.LastIndexByte(token, '.')
	if first <= 0 || first > maxHeader || last == first || last == len(token)-1 {
		return "", "", "", ErrMalformed
	}
	signed, payload, signature = token[:last], token[first+1:last], token[last+1:]
	if payload == "" || strings.IndexByte(payload, '.') >= 0 {
		return "", "", "", ErrMalformed
	}
	return signed, payload, signature, nil
}

// header finds the key an encoded header (with its dot) names, and the typ it declares.
func (s *Set) header(encoded string) (*Key, string, error) {
	if key := s.byHeader[encoded]; key != nil { // what we sign ourselves: no decoding
		return key, TypeJWT, nil
	}
	raw, err := encoding.DecodeString(encoded[:len(encoded)-1])
	if err != nil {
		return nil, "", ErrMalformed
	}
	h, err := parseHeader(raw)
	if err != nil {
		return nil, "", err
	}
	key := s.byID[h.ID]
	if key == nil || key.alg != h.Alg {
		return nil, "", ErrKey
	}
	return key, h.Typ, nil
}

// parseHeader reads a header with exactly the members alg, kid and typ, each a string and each once.
func parseHeader(raw []byte) (h header, err error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return h, ErrMalformed
	}
	members := 0
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return h, ErrMalformed
		}
		token, err := decoder.Token()
		value, isString := token.(string)
		if err != nil || !isString || value == "" {
			return h, ErrMalformed
		}
		switch {
		case name == "alg" && h.Alg == "":
			h.Alg = Alg(value)
		case name == "kid" && h.ID == "":
			h.ID = value
		case name == "typ" && h.Typ == "":
			h.Typ = value
		default:
			return h, ErrMalformed
		}
		members++
	}
	if _, err := decoder.Token(); err != nil || members != 3 {
		return h, ErrMalformed
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return h, ErrMalformed
	}
	return h, nil
}

func decodeClaims(raw []byte) (Claims, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var claims Claims
	if err := decoder.Decode(&claims); err != nil || claims == nil {
		return nil, ErrMalformed
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrMalformed
	}
	return claims, nil
}

func (v Validation) check(typ string, claims Claims, now time.Time) error {
	if v.Type != "" && typ != v.Type {
		return ErrClaims
	}
	expires, ok := claims.Time("exp")
	if _, present := claims["exp"]; !ok && (present || !v.Lasting) {
		return ErrClaims
	}
	if ok && now.Unix() >= expires.Unix() {
		return ErrExpired
	}
	latest := now.Unix() + int64(v.Leeway/time.Second)
	for _, name := range []string{"iat", "nbf"} {
		if _, present := claims[name]; !present {
			continue
		}
		at, ok := claims.Time(name)
		if !ok {
			return ErrClaims
		}
		if at.Unix() > latest {
			return ErrNotYet
		}
	}
	if v.Issuer != "" && claims.Issuer() != v.Issuer {
		return ErrClaims
	}
	if v.Audience != "" && !slices.Contains(claims.Audience(), v.Audience) {
		return ErrClaims
	}
	return nil
}
