package authenticator

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/descope/virtualwebauthn"
)

// common is what both kinds of options have.
type common struct {
	rpID, challenge, verification string
}

type creationOptions struct {
	common
	userID      []byte
	resident    bool
	attachment  string
	attestation string
	algorithms  []int64
	excluded    [][]byte
}

type requestOptions struct {
	common
	allowed [][]byte
}

// parseCreation reads {"publicKey": PublicKeyCredentialCreationOptionsJSON} (Web Authentication §5.4).
func parseCreation(options json.RawMessage) (creationOptions, error) {
	basic, err := virtualwebauthn.ParseAttestationOptions(string(options))
	if err != nil {
		return creationOptions{}, fmt.Errorf("parse creation options: %w", err)
	}
	var more struct {
		PublicKey *struct {
			Parameters []struct {
				Type      string `json:"type"`
				Algorithm int64  `json:"alg"`
			} `json:"pubKeyCredParams"`
			Selection struct {
				ResidentKey        string `json:"residentKey"`
				RequireResidentKey bool   `json:"requireResidentKey"`
				UserVerification   string `json:"userVerification"`
				Attachment         string `json:"authenticatorAttachment"`
			} `json:"authenticatorSelection"`
			Attestation string `json:"attestation"`
		} `json:"publicKey"`
	}
	if err := json.Unmarshal(options, &more); err != nil {
		return creationOptions{}, fmt.Errorf("parse creation options: %w", err)
	}
	if more.PublicKey == nil || basic.RelyingPartyID == "" || basic.UserID == "" || len(basic.UserID) > 64 {
		return creationOptions{}, errors.New("parse creation options: publicKey, rp.id and user.id are needed")
	}
	o := creationOptions{
		common:      common{basic.RelyingPartyID, encode(basic.Challenge), more.PublicKey.Selection.UserVerification},
		userID:      []byte(basic.UserID),
		resident:    more.PublicKey.Selection.ResidentKey == "required" || more.PublicKey.Selection.RequireResidentKey,
		attachment:  more.PublicKey.Selection.Attachment,
		attestation: more.PublicKey.Attestation,
	}
	for _, p := range more.PublicKey.Parameters {
		if p.Type == "public-key" {
			o.algorithms = append(o.algorithms, p.Algorithm)
		}
	}
	o.excluded, err = decodeAll(basic.ExcludeCredentials)
	return o, err
}

// parseRequest reads {"publicKey": PublicKeyCredentialRequestOptionsJSON} (Web Authentication §5.5).
func parseRequest(options json.RawMessage) (requestOptions, error) {
	basic, err := virtualwebauthn.ParseAssertionOptions(string(options))
	if err != nil {
		return requestOptions{}, fmt.Errorf("parse request options: %w", err)
	}
	var more struct {
		PublicKey *struct {
			UserVerification string `json:"userVerification"`
		} `json:"publicKey"`
	}
	if err := json.Unmarshal(options, &more); err != nil {
		return requestOptions{}, fmt.Errorf("parse request options: %w", err)
	}
	if more.PublicKey == nil || basic.RelyingPartyID == "" {
		return requestOptions{}, errors.New("parse request options: publicKey and rpId are needed")
	}
	o := requestOptions{common: common{basic.RelyingPartyID, encode(basic.Challenge), more.PublicKey.UserVerification}}
	o.allowed, err = decodeAll(basic.AllowCredentials)
	return o, err
}

func decodeAll(ids []string) ([][]byte, error) {
	var decoded [][]byte
	for _, id := range ids {
		raw, err := base64.RawURLEncoding.DecodeString(id)
		if err != nil {
			return nil, fmt.Errorf("credential id in options: %w", err)
		}
		decoded = append(decoded, raw)
	}
	return decoded, nil
}
