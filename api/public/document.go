package public

import (
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

// sessionSecurity says that an operation needs a session.
var sessionSecurity = []map[string][]string{{"bearer": {}}, {"cookie": {}}}

// apiConfig describes the API. Error bodies are {"code","message"}, and unknown members are ignored, as clients expect.
func apiConfig(version string) huma.Config {
	c := huma.DefaultConfig("Latchkeep public API", version)
	c.Info.Description = "What apps and browsers talk to: the flows that sign people in, their sessions, and the keys that verify tokens. " +
		"Each tenant has this API at its own address."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.OpenAPIPath = "" // the document is served with the pages that show it
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A session token"},
		"cookie": {Type: "apiKey", In: "cookie", Name: "hanko", Description: "The session cookie, under the name that the tenant configured"},
	}
	return c
}

// jsonOf describes a JSON answer of a type.
func jsonOf(api huma.API, v any) map[string]*huma.MediaType {
	t := reflect.TypeOf(v)
	return map[string]*huma.MediaType{
		"application/json": {Schema: api.OpenAPI().Components.Schemas.Schema(t, true, t.Name())},
	}
}

// SessionValidation is the answer about a session.
type SessionValidation struct {
	IsValid        bool           `json:"is_valid" doc:"Whether the token names a live session"`
	Claims         *SessionClaims `json:"claims,omitempty" doc:"The claims of the token, where it is valid"`
	ExpirationTime *time.Time     `json:"expiration_time,omitempty" doc:"Same as claims.expiration" deprecated:"true"`
	UserID         *uuid.UUID     `json:"user_id,omitempty" doc:"Same as claims.subject" deprecated:"true"`
	IdleExpiresAt  *time.Time     `json:"idle_expires_at,omitempty" doc:"When the session ends if it is not used, where the tenant has an idle timeout"`
}

// SessionClaims are the claims of a session token. Custom claims stand beside these.
type SessionClaims struct {
	Subject    uuid.UUID `json:"subject" doc:"The user's id"`
	SessionID  uuid.UUID `json:"session_id"`
	IssuedAt   time.Time `json:"issued_at"`
	Expiration time.Time `json:"expiration"`
	Audience   []string  `json:"audience,omitempty"`
	Issuer     string    `json:"issuer,omitempty"`
	Email      *struct {
		Address    string `json:"address"`
		IsPrimary  bool   `json:"is_primary"`
		IsVerified bool   `json:"is_verified"`
	} `json:"email,omitempty"`
	Username string   `json:"username,omitempty"`
	AMR      []string `json:"amr,omitempty" doc:"How the user signed in" example:"[\"pwd\"]"`
}
