package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/latchkeep/latchkeep/auth/hankodb"
)

// A reportFile is a JSON object with all problems of an import, written as they are found, and what came of it. None is nil.
type reportFile struct {
	file   *os.File
	to     *bufio.Writer
	n      int
	failed error
}

// openReport begins a report that only its owner may read; nil for no name.
func openReport(name string) (*reportFile, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--report: %w", err)
	}
	r := &reportFile{file: file, to: bufio.NewWriter(file)}
	r.write(`{"problems":[`)
	return r, nil
}

func (r *reportFile) write(text string) {
	if _, err := r.to.WriteString(text); err != nil {
		r.failed = err
	}
}

func (r *reportFile) problem(p hankodb.Problem) {
	if r == nil {
		return
	}
	if r.n++; r.n > 1 {
		r.write(",")
	}
	r.encode(p)
}

func (r *reportFile) encode(v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		r.failed = err
	}
	r.write("\n" + string(raw))
}

// close ends the report; what came of the import is null where it did not begin.
func (r *reportFile) close(came *hankodb.Report) error {
	if r == nil {
		return nil
	}
	r.write("\n],\"report\":")
	r.encode(came)
	r.write("\n}\n")
	if err := errors.Join(r.failed, r.to.Flush(), r.file.Close()); err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	return nil
}
