# Everything a developer does here, by name. "make" alone lists it.

SHELL       := /bin/bash
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
LDFLAGS     := -s -w -X main.version=$(VERSION)
PKG         ?= ./...
FUZZTIME    ?= 10s
IMAGE       ?= latchkeep:$(VERSION)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## run everything on this machine with a demo tenant (state in .latchkeep/)
	go run ./cmd/latchkeep dev

.PHONY: build
build: ## build bin/latchkeep, one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o bin/latchkeep ./cmd/latchkeep

.PHONY: test
test: ## run all tests but the browser's, with databases of their own (PKG=./auth/...)
	scripts/test $(PKG)

.PHONY: test-race
test-race: ## the same with the race detector
	scripts/test -race $(PKG)

.PHONY: e2e
e2e: ## run the browser tests with the real clients in Chromium
	scripts/test-e2e

.PHONY: bench
bench: ## measure what requests cost and print the tables of docs/performance.md (DOC=1 writes them there)
	scripts/bench $(if $(DOC),-doc docs/performance.md)

.PHONY: bench-tenants
bench-tenants: ## measure the console with ten tenants and with a hundred thousand: list, search, create, open, start and memory
	scripts/bench -fleet 100000

.PHONY: bench-webhooks
bench-webhooks: ## measure the delivery of webhooks: cost, latency, and what floods of one tenant change for another
	scripts/bench -webhooks

.PHONY: fuzz-short
fuzz-short: ## run every fuzz test for FUZZTIME (10s)
	scripts/fuzz $(FUZZTIME)

.PHONY: generate
generate: ## write the generated code again: database client, pages, references
	go generate ./...

.PHONY: migration
migration: ## write the migrations that a changed schema needs (NAME=add_something)
	@test -n "$(NAME)" || { echo "say what it does: make migration NAME=add_something" >&2; exit 2; }
	scripts/with-services go run ./ent/migrations/cmd/diff -name "$(NAME)"

.PHONY: check-deploy
check-deploy: ## check deploy/: manifests against the types of Kubernetes, alerts and dashboard by the parser of Prometheus
	go run -C tools/deploycheck . ../../deploy

.PHONY: check-generated
check-generated: ## fail when generated code is not what the generators write
	scripts/check-generated

.PHONY: fmt
fmt: ## format the Go code
	scripts/gofmt -w

.PHONY: chaos
chaos: ## kill everything again and again, and look for what was lost (KILLS=200, SEED=1; DOC=1 writes docs/reliability.md)
	scripts/chaos -kills $(or $(KILLS),70) $(if $(SEED),-seed $(SEED)) $(if $(DOC),-doc $(CURDIR)/docs/reliability.md)

.PHONY: isolation
isolation: ## show that tenants are kept apart: on all databases, operation by operation, and with each safeguard taken away (DOC=1 writes docs/isolation.md)
	scripts/isolation $(if $(DOC),-doc docs/isolation.md)

.PHONY: backup-drill
backup-drill: ## make a deployment on each database, back it up, destroy it, restore it, and see that all is there
	scripts/backup-drill

.PHONY: vet
vet: ## run go vet
	go vet ./...

.PHONY: lint
lint: ## run the linters pinned in tools/lint
	scripts/lint $(PKG)

.PHONY: docker
docker: ## build the container image (IMAGE=latchkeep:dev)
	docker build --build-arg VERSION=$(VERSION) -t $(IMAGE) .

.PHONY: ci
ci: ## run what the continuous integration runs
	.ci/run

.PHONY: clean
clean: ## remove what was built, and the state of "make run"
	rm -rf bin .latchkeep
