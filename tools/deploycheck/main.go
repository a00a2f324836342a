// Command deploycheck checks the files of deploy/: the Kubernetes manifests against the types of the API, strictly, as they are after kustomize has put
// them together; the alert rules and the queries of the dashboard by Prometheus' own parsers.
//
//	go run . ../../deploy
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: deploycheck DIRECTORY")
		os.Exit(2)
	}
	if err := check(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "deploycheck: "+err.Error())
		os.Exit(1)
	}
}

func check(dir string) error {
	made, err := manifests(filepath.Join(dir, "kubernetes"))
	queries, failed := dashboard(filepath.Join(dir, "grafana", "latchkeep.json"))
	rules, wrong := alerts(filepath.Join(dir, "prometheus", "alerts.yaml"))
	if err := errors.Join(err, failed, wrong); err != nil {
		return err
	}
	fmt.Printf("%d manifests, %d queries of the dashboard and %d alert rules are right\n", made, queries, rules)
	return nil
}

// kinds are the types of the manifests that may be there.
var kinds = map[string]func() any{
	"v1/ConfigMap":                       func() any { return &corev1.ConfigMap{} },
	"v1/Secret":                          func() any { return &corev1.Secret{} },
	"v1/Service":                         func() any { return &corev1.Service{} },
	"v1/ServiceAccount":                  func() any { return &corev1.ServiceAccount{} },
	"apps/v1/Deployment":                 func() any { return &appsv1.Deployment{} },
	"batch/v1/Job":                       func() any { return &batchv1.Job{} },
	"networking.k8s.io/v1/Ingress":       func() any { return &networkingv1.Ingress{} },
	"networking.k8s.io/v1/NetworkPolicy": func() any { return &networkingv1.NetworkPolicy{} },
	"policy/v1/PodDisruptionBudget":      func() any { return &policyv1.PodDisruptionBudget{} },
}

// manifests puts the example together, with secrets of its own, and reads each manifest into its type. A member that the type has not is an error.
func manifests(dir string) (int, error) {
	inMemory, err := load(dir)
	if err != nil {
		return 0, err
	}
	for name, content := range map[string]string{"latchkeep.env": "LATCHKEEP_SECRETS_KEYS=x\n", "migrate.env": "LATCHKEEP_DATABASE_MIGRATE_URL=x\n"} {
		if err := inMemory.WriteFile(filepath.Join("/kubernetes/overlays/example", name), []byte(content)); err != nil {
			return 0, err
		}
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(inMemory, "/kubernetes/overlays/example")
	if err != nil {
		return 0, fmt.Errorf("kustomize: %w", err)
	}
	for _, r := range built.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			return 0, err
		}
		name := r.GetGvk().ApiVersion() + "/" + r.GetKind()
		into, ok := kinds[name]
		if !ok {
			return 0, fmt.Errorf("%s %s: no type to check it with", name, r.GetName())
		}
		if err := yaml.UnmarshalStrict(text, into()); err != nil {
			return 0, fmt.Errorf("%s %s: %w", name, r.GetName(), err)
		}
	}
	return built.Size(), nil
}

// load reads a directory into memory, where secrets can be put beside it.
func load(dir string) (filesys.FileSystem, error) {
	fs := filesys.MakeFsInMemory()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return fs.WriteFile(filepath.Join("/kubernetes", below), content)
	})
	return fs, err
}

// dashboard parses the queries of a dashboard.
func dashboard(name string) (int, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	queries := 0
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			query := strings.NewReplacer("$__rate_interval", "5m", "$job", "latchkeep").Replace(target.Expr)
			if _, err := parser.NewParser(parser.Options{}).ParseExpr(query); err != nil {
				return 0, fmt.Errorf("%s: panel %q: %w", name, p.Title, err)
			}
			queries++
		}
	}
	return queries, nil
}

// alerts parses alert rules as Prometheus does when it starts.
func alerts(name string) (int, error) {
	groups, failed := rulefmt.ParseFile(name, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if err := errors.Join(failed...); err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	rules := 0
	for _, g := range groups.Groups {
		rules += len(g.Rules)
	}
	return rules, nil
}
