# Tidemark: `make help` lists what there is.
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PKG     ?= ./...
ARGS    ?=
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)

LINT_VERSION := v2.15.0
LINT         := .tools/bin/golangci-lint
RACE         := ./engine/... ./access/... ./web/live/...
# SQLite's own memory is not ours to watch, and takes most of the time.
UNWATCHED    := -gcflags='modernc.org/...=-race=false'
GENERATED    := '*_templ.go' views/ui/glyph_gen.go static/dist .env.example
MARIADB      := CGO_ENABLED=0 go run ./internal/testkit/cmd/mariadb --

export CGO_ENABLED = 0

.PHONY: help run dev build generate test test-watch cover e2e lab bench lint fmt verify check seed migrate soak deps setup race

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Build and start on SQLite in ./data, with demo data when it is empty
	./bin/tidemark serve --demo $(ARGS)

dev: node_modules ## Start with hot reload of Go, templ and CSS
	@./deploy/dev.sh $(ARGS)

build: ## Build bin/tidemark, one file without dependencies
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/tidemark ./cmd/tidemark

generate: node_modules ## Make the generated files: templ, CSS, .env.example
	go tool templ generate
	npm run --silent build
	go test ./cmd/tidemark -run '^TestEnvExample' -count=1 -update >/dev/null

test: node_modules ## Run every test on SQLite and a private MariaDB (PKG=./engine/... for some)
	go build -o bin/tidemark-test ./cmd/tidemark
	TIDEMARK_TEST_PROGRAM=$(CURDIR)/bin/tidemark-test $(MARIADB) \
		go test -shuffle=on -timeout=20m $(PKG)
ifeq ($(PKG),./...)
	@$(MAKE) --no-print-directory race
endif

race: ## Run the tests of rooms where goroutines meet under the race detector
	$(MARIADB) env CGO_ENABLED=1 go test -race $(UNWATCHED) -short -p 1 -shuffle=on -timeout=20m $(RACE)

test-watch: ## Run the tests of PKG again whenever a file is saved
	@./deploy/watch.sh 'go test $(PKG)'

cover: ## Write coverage.html
	$(MARIADB) go test -coverpkg=./... -coverprofile=coverage.out $(PKG)
	go tool cover -html=coverage.out -o coverage.html
	@go tool cover -func=coverage.out | tail -n 1

e2e: node_modules ## Run the tests with the official socket.io-client and a real browser
	$(MARIADB) go test -count=1 -timeout=20m ./web/e2e/... ./web/live

SEED ?= 0
lab: ## Let replicas and a server live through what a number decides (SEED=7 repeats a run and tells it)
	$(MARIADB) go test -count=1 -timeout=20m -v ./client/lab -run '^TestLab$$' -seed $(SEED)

bench: ## Measure Tidemark and its limits side by side
	go run ./cmd/bench $(ARGS)

soak: node_modules ## Run the long versions of the hard tests
	TIDEMARK_SOAK=1 $(MARIADB) go test -count=1 -timeout=4h -v ./store ./engine/... ./analytics ./client/... ./web ./web/console ./web/e2e/...

lint: $(LINT) ## Run the linters
	go vet ./...
	$(LINT) run ./...
	go tool templ fmt -fail views web >/dev/null

fmt: $(LINT) ## Format Go and templ
	$(LINT) fmt ./...
	go tool templ fmt views web

verify: generate ## Fail when a generated file is not fresh
	@git diff --exit-code --stat -- $(GENERATED)
	@test -z "$$(git ls-files --others --exclude-standard -- $(GENERATED))" || { git status --short -- $(GENERATED); echo 'generated files are not in git'; exit 1; }

check: verify lint test ## Everything that must hold before a change is handed over

seed: build ## Fill the database with two demo tenants
	./bin/tidemark seed $(ARGS)

migrate: build ## Bring the database's schema up to date
	./bin/tidemark migrate up $(ARGS)

deps: node_modules ## Download what building and testing need
	go mod download

setup: deps $(LINT) ## Prepare a fresh clone: dependencies, linter, git hooks
	@git config core.hooksPath .githooks

node_modules: package.json package-lock.json
	npm install --no-save --no-audit --no-fund --silent # as locked; npm ci refuses a lock made where a platform's optional packages were not to be had
	@touch node_modules

$(LINT):
	@mkdir -p $(@D)
	GOBIN=$(CURDIR)/.tools/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
