// Command commonpasswords writes pkg/password/common.bin: the passwords that zxcvbn knows as the most common ones in breaches, as the first four bytes of
// the SHA-256 of each in lower case, sorted.
//
//	go run -C tools/commonpasswords . ../../pkg/password
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	_ "github.com/trustelem/zxcvbn" // whose data are read
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: commonpasswords DIRECTORY")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "commonpasswords: "+err.Error())
		os.Exit(1)
	}
}

func run(dir string) error {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/trustelem/zxcvbn").Output()
	if err != nil {
		return err
	}
	source := strings.TrimSpace(string(out))
	words, err := os.ReadFile(filepath.Join(source, "data", "passwords.txt"))
	if err != nil {
		return err
	}
	licence, err := os.ReadFile(filepath.Join(source, "LICENSE.txt"))
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "common.bin"), list(words), 0o644),
		os.WriteFile(filepath.Join(dir, "LICENSE.zxcvbn"), licence, 0o644),
	)
}

// list reads a password and its count from each line.
func list(words []byte) []byte {
	var digests []uint32
	for lines := bufio.NewScanner(bytes.NewReader(words)); lines.Scan(); {
		plain, _, _ := strings.Cut(lines.Text(), " ")
		digest := sha256.Sum256([]byte(strings.ToLower(plain)))
		digests = append(digests, binary.BigEndian.Uint32(digest[:]))
	}
	slices.SortFunc(digests, cmp.Compare[uint32])
	out := make([]byte, 0, 4*len(digests))
	for _, d := range slices.Compact(digests) {
		out = binary.BigEndian.AppendUint32(out, d)
	}
	return out
}
