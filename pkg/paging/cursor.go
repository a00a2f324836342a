package paging

import (
	"crypto/sha256"
	"encoding/json"

	"github.com/latchkeep/latchkeep/pkg/secret"
)

// SealCursor makes the cursor of a place in a list. list says which list that is (its name, whose it is, by what it is filtered and sorted)
// and place where in it; both are encoded as JSON. Nobody can read a cursor, make one up, or use it for another list.
func SealCursor(k *secret.Keyring, list, place any) string {
	return k.SealString(encode(place), cursorContext(list))
}

// OpenCursor reads a cursor of a list into a place. It reports false for one that was not made for this list.
func OpenCursor(k *secret.Keyring, list any, cursor string, place any) bool {
	plain, err := k.OpenString(cursor, cursorContext(list))
	return err == nil && json.Unmarshal(plain, place) == nil
}

func cursorContext(list any) []byte {
	sum := sha256.Sum256(encode(list))
	return append([]byte("latchkeep list cursor v1 "), sum[:]...)
}

// encode turns a description of ours into JSON. They have no members that could fail to encode.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("paging: a list or a place has no form in JSON: " + err.Error())
	}
	return b
}
