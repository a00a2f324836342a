package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/ent"
)

// mutations are all of them.
func mutations() []Mutation {
	return slices.Concat(scopeMutations, entityMutations(entityNames()), rawMutations, sealMutations, doorMutations)
}

// entityNames are the entities that belong to tenants.
func entityNames() []string {
	system := []string{ent.TypeTenant, ent.TypeOperator, ent.TypeOperatorToken, ent.TypeCertificateFile, ent.TypePurgeReceipt}
	return slices.DeleteFunc([]string{
		ent.TypeAPIKey, ent.TypeAuditCheckpoint, ent.TypeAuditLog, ent.TypeEmail, ent.TypeFlow, ent.TypeIdempotencyKey, ent.TypeIdentity, ent.TypeIntent,
		ent.TypeJob, ent.TypeJobPart, ent.TypeMetadataMember, ent.TypeOneTimeToken, ent.TypePasscode, ent.TypePasswordCredential, ent.TypeRecoveryCode,
		ent.TypeRevocation, ent.TypeSAMLCertificate, ent.TypeSAMLProvider, ent.TypeSAMLUse, ent.TypeSession, ent.TypeSigningKey, ent.TypeTOTPSecret,
		ent.TypeTenantConfigVersion, ent.TypeTenantDomain, ent.TypeTrustedDevice, ent.TypeUsageDay, ent.TypeUsagePerson, ent.TypeUser,
		ent.TypeWebauthnCredential, ent.TypeWebhook, ent.TypeWebhookDelivery, ent.TypeWebhookEndpoint,
	}, func(name string) bool { return slices.Contains(system, name) })
}

// An outcome is what became of a mutation.
type outcome struct {
	Mutation
	Switch string
	// Caught are the tests that noticed; none where it survived.
	Caught []string
	Took   time.Duration
}

// overlay writes the mutated files to a directory and returns the file that names them to the go command.
func overlay(root, dir string, all []Mutation) (string, error) {
	replace := map[string]string{}
	put := func(file, text string) error {
		target := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		replace[filepath.Join(root, file)] = target
		return os.WriteFile(target, []byte(text), 0o600)
	}
	for _, m := range all {
		source, err := os.ReadFile(filepath.Join(root, m.File))
		if err != nil {
			return "", err
		}
		text, err := patch(m.File, string(source), all)
		if err != nil {
			return "", err
		}
		if err := put(m.File, text); err != nil {
			return "", err
		}
		if err := put(filepath.Dir(m.File)+"/zz_mutant.go", switchFile(packageOf(m.File, text))); err != nil {
			return "", err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, list, 0o600)
}

// A lab has the tests, built with all mutations.
type lab struct {
	root, dir, overlay string
	built              map[string]string // by package
}

func (l *lab) build(ctx context.Context, pkg string) (string, error) {
	if name, ok := l.built[pkg]; ok {
		return name, nil
	}
	name := filepath.Join(l.dir, strings.ReplaceAll(strings.TrimPrefix(pkg, "./"), "/", "_")+".test")
	cmd := exec.CommandContext(ctx, "go", "test", "-vet=off", "-overlay", l.overlay, "-c", "-o", name, pkg)
	cmd.Dir = l.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the tests of %s: %w\n%s", pkg, err, out)
	}
	l.built[pkg] = name
	return name, nil
}

// run runs tests with a mutation on, or with none, and returns those that failed, by name.
func (l *lab) run(ctx context.Context, tests Tests, on string) ([]string, error) {
	binary, err := l.build(ctx, tests.Package)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	pattern := tests.Run
	cmd := exec.CommandContext(ctx, binary, "-test.run", pattern, "-test.v", "-test.timeout", "4m")
	cmd.Dir = filepath.Join(l.root, tests.Package)
	for _, v := range os.Environ() { // SQLite alone: there the first wall stands alone
		if !strings.HasPrefix(v, "LATCHKEEP_TEST_") && !strings.HasPrefix(v, "LATCHKEEP_ISOLATION_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "LATCHKEEP_MUTATION="+on)
	out, err := cmd.CombinedOutput()
	if !bytes.Contains(out, []byte("--- PASS")) && !bytes.Contains(out, []byte("--- FAIL")) && !bytes.Contains(out, []byte("panic: ")) {
		return nil, fmt.Errorf("no test of %s is called %s: %w\n%s", tests.Package, pattern, err, out)
	}
	var failed []string
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); ok {
			name, _, _ = strings.Cut(name, " ")
			name, _, _ = strings.Cut(name, "/")
			if !slices.Contains(failed, name) {
				failed = append(failed, name)
			}
		}
	}
	if err != nil && len(failed) == 0 {
		failed = []string{pattern} // it ended the process
	}
	slices.Sort(failed)
	return failed, nil
}
