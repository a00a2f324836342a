# Everything a developer does here, by name. "make" alone lists it.

SHELL       := /bin/bash
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
COMMIT      := $(shell git rev-parse HEAD 2>/dev/null)
DATE        := $(shell TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null)
LDFLAGS     := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)
PKG         ?= ./...
FUZZTIME    ?= 10s
IMAGE       ?= latchkeep:$(VERSION)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## run everything on this machine with a demo tenant (state in .latchkeep/)
	go run ./cmd/latchkeep dev

.PHONY: build
build: ## build bin/latchkeep, one static binary, and bin/latchkeep-load, which puts deployments under load
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o bin/ ./cmd/latchkeep ./cmd/latchkeep-load

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

.PHONY: fuzz
fuzz: ## run fuzz tests for FUZZTIME each (FUZZTIME=10m JOBS=2; NAME="FuzzIP ./pkg/flow" for some; DOC=1 writes docs/hostile-input.md)
	JOBS=$(or $(JOBS),1) scripts/fuzz $(if $(DOC),-doc docs/hostile-input.md) $(FUZZTIME) $(NAME)

.PHONY: bench-growth
bench-growth: ## measure what requests cost with 1, 100 and 10 000 tenants, and with ten thousand and a million users, side by side
	scripts/bench -growth

.PHONY: soak
soak: ## keep the program under load and look at what grows (MINUTES=30; DOC=1 writes docs/reliability.md)
	scripts/soak -minutes $(or $(MINUTES),30) $(if $(DOC),-doc $(CURDIR)/docs/reliability.md)

.PHONY: restarts
restarts: ## restart replicas, database and Redis under load, again and again (ROUNDS=10; DOC=1 writes docs/reliability.md)
	scripts/restarts -rounds $(or $(ROUNDS),10) $(if $(DOC),-doc $(CURDIR)/docs/reliability.md)

.PHONY: timing
timing: ## compare what requests cost that must not be told apart (SAMPLES=2000, PAIR="by password" for some; DOC=1 writes docs/timing.md)
	scripts/timing $(if $(DOC),-doc docs/timing.md) $(or $(SAMPLES),2000) "$(PAIR)"

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
	docker build --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) --build-arg DATE=$(DATE) -t $(IMAGE) .

.PHONY: release
release: ## build the files of a release from a commit (VERSION=v1.2.3, COMMIT=HEAD) into bin/release
	scripts/release $(VERSION) $(COMMIT)

.PHONY: release-check
release-check: ## build a release twice, in different places and without a cache, compare, and run it
	scripts/release-check $(VERSION) $(COMMIT)

.PHONY: licences
licences: ## check the licences of everything that is in the binary
	go run -C tools/licences . ../..

.PHONY: vulncheck
vulncheck: ## look for known vulnerabilities in what the program calls (VULNDB=file:///… without the network)
	scripts/vulncheck

.PHONY: ci
ci: ## run what the continuous integration runs
	.ci/run

.PHONY: clean
clean: ## remove what was built, and the state of "make run"
	rm -rf bin .latchkeep
