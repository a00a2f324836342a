package passkey

import (
	_ "embed"
	"strings"

	"github.com/google/uuid"
)

// models has a line for each known model of authenticator: its AAGUID and its name.
//
//go:embed authenticators.txt
var models string

// modelName is the name of the model with an AAGUID (Web Authentication §6.5.1), or "" where it is unknown or not told.
func modelName(aaguid uuid.UUID) string {
	if aaguid == uuid.Nil {
		return ""
	}
	_, found, ok := strings.Cut(models, "\n"+aaguid.String()+" ")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(found, "\n")
	return name
}
