package passkey

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// models has a line for each known model of authenticator: its AAGUID and its name.
//
//go:embed authenticators.txt
var models string

// Models are names of authenticators by AAGUID. Nil are those that come with the program.
type Models map[uuid.UUID]string

// maxModelName is the longest name of a credential.
const maxModelName = 255

// ReadModels reads a file of models: a JSON object from AAGUID to an object with a name. What else it says is not used.
func ReadModels(raw []byte) (Models, error) {
	var given map[string]struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(raw, &given); err != nil {
		return nil, fmt.Errorf("read names of authenticators: %w", err)
	}
	models := make(Models, len(given))
	for text, model := range given {
		aaguid, err := uuid.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("read names of authenticators: %q is not an AAGUID", text)
		}
		name := []rune(strings.ToValidUTF8(model.Name, ""))
		models[aaguid] = string(name[:min(len(name), maxModelName)])
	}
	return models, nil
}

// Name is what the model of an AAGUID is called, or "" where it is unknown or not told.
func (m Models) Name(aaguid uuid.UUID) string {
	if m == nil {
		return modelName(aaguid)
	}
	return m[aaguid]
}

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
