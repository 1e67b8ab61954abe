# Everything here needs Go and make; `make help` says what there is.
GO ?= go
BIN := $(CURDIR)/bin
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
GOLANGCI := $(BIN)/golangci-lint
WORKFLOWCHECK := $(BIN)/workflowcheck
GOVULNCHECK := $(BIN)/govulncheck
CYCLONEDX := $(BIN)/cyclonedx-gomod

.DEFAULT_GOAL := help
.PHONY: help postgresql build install demo stack compose-test test test-root test-dev test-deploy race lint bench faults fuzz docs corpus replay screenshots vuln manifests release clean

help: ## say what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

build: ## build bin/idjourney, the production binary (VERSION=v1.2.3; without, what git describes)
	$(GO) build -ldflags "-X idjourney/version.stamped=$(VERSION)" -o $(BIN)/idjourney ./cmd/idjourney

install: build ## put binary, example and systemd units below DESTDIR (default: this machine), for docs/operations.md
	install -D -m 755 $(BIN)/idjourney $(DESTDIR)/usr/local/bin/idjourney
	install -D -m 644 deploy/systemd/idjourney.sysusers $(DESTDIR)/usr/lib/sysusers.d/idjourney.conf
	for unit in migrate starter worker; do \
	  install -D -m 644 deploy/systemd/idjourney-$$unit.service $(DESTDIR)/etc/systemd/system/idjourney-$$unit.service; done
	install -D -m 644 config/example.yaml $(DESTDIR)/etc/idjourney/example.yaml

demo: ## play the main job: embedded Temporal, stand-in vendor, all scenarios (EXIT=1 ends it, REPORT=file writes JSON)
	@echo "building the demo; the first build of the embedded Temporal server takes some minutes"
	@cd dev && $(GO) build -o $(BIN)/idjourney-demo ./cmd/demo
	@EXIT="$(EXIT)" REPORT="$(abspath $(REPORT))" $(BIN)/idjourney-demo

stack: postgresql ## the topology of docker-compose.yml without Docker: PostgreSQL, Temporal, starter, worker as processes (EXIT=1, REPORT=file; BARE=1 for PostgreSQL and Temporal alone)
	@echo "the first build of Temporal's server takes some minutes"
	@cd dev && $(GO) build -o $(BIN)/idjourney-stack ./cmd/stack
	@cd dev && EXIT="$(EXIT)" REPORT="$(abspath $(REPORT))" BARE="$(BARE)" $(BIN)/idjourney-stack

compose-test: ## run docker-compose.yml itself, in containers: scenarios, crashes, upgrade; says so where no Docker engine is
	@sh deploy/compose-test.sh

test: test-root test-dev test-deploy ## every test: the product's own, then end to end on a real Temporal server

test-root: postgresql ## the product's own tests
	$(GO) vet ./...
	$(GO) test -timeout 10m ./...

# Not from the cache: these tests build the binary and read deploy/, which Go does not know.
test-dev: postgresql ## end to end: embedded Temporal, real HTTP, real processes, kill -9
	cd dev && $(GO) vet ./... && $(GO) test -count 1 -timeout 20m ./...

test-deploy: $(CYCLONEDX) ## the Helm chart, and what a release builds
	cd deploy/helm/test && $(GO) vet ./... && $(GO) test -count 1 ./...
	cd deploy/release && $(GO) vet ./... && $(GO) test -count 1 -timeout 20m ./...

race: postgresql ## the product's own tests under the race detector
	$(GO) test -race -timeout 15m ./...

# The ledger's tests run on PostgreSQL, too, and start it themselves.
postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { \
	  echo "installing PostgreSQL for the tests"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null; } || { \
	  echo "the tests start a PostgreSQL of their own: install its server, on Debian by: sudo apt-get install postgresql"; exit 1; }

lint: $(GOLANGCI) $(WORKFLOWCHECK) ## gofmt, golangci-lint, workflowcheck
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "gofmt would change these files"; exit 1; }
	$(GOLANGCI) run ./...
	cd dev && $(GOLANGCI) run --config ../.golangci.yml ./...
	$(WORKFLOWCHECK) ./workflows/...

bench: ## durable inserts and acknowledgement latency
	$(GO) test -run '^$$' -bench . -benchtime 2s ./ledger/... ./starter/...

faults: ## the end-to-end tests that kill and stop things
	cd dev && $(GO) test -count 1 -v -run 'Kill|UnderFire|WrongVendorPath|Demo' ./...

fuzz: ## a minute of made-up webhooks
	$(GO) test -run '^$$' -fuzz FuzzDecodeWebhook -fuzztime 60s ./idwise

docs: ## generate docs/configuration.md, and the picture and the table in docs/journey.md, from the code
	$(GO) run ./cmd/idjourney config reference > docs/configuration.md
	UPDATE=1 $(GO) test -count 1 -run 'TestDiagram|TestPrecedence' ./journey

corpus: ## record the replay corpus again, on a real server
	cd dev && RECORD=1 $(GO) test -count 1 -run TestCorpus ./e2e

replay: ## say which running workflows would break under this build (DIR=folder of `idjourney export-histories`)
	@test -n "$(DIR)" || { echo "which histories? make replay DIR=folder"; exit 2; }
	@$(GO) run ./cmd/idjourney replay "$(DIR)"

screenshots: ## take docs/images/ anew, by Chromium from the real Web UI of a demo run
	@command -v $${CHROMIUM:-chromium} >/dev/null || { \
	  echo "installing Chromium for the pictures"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || { \
	  echo "the pictures are taken by Chromium: install it, on Debian by: sudo apt-get install chromium, or name it in CHROMIUM"; exit 1; }
	@mkdir -p docs/images && cd dev && $(GO) run ./cmd/screenshots ../docs/images

vuln: $(GOVULNCHECK) ## look for known vulnerabilities in what is used
	$(GOVULNCHECK) ./...

manifests: ## write deploy/kubernetes, from the Helm chart
	cd deploy/helm/test && UPDATE=1 $(GO) test -count 1 -run TestPlainManifests ./...

release: $(CYCLONEDX) ## build what a release publishes into bin/release: archives, image, SBOM, checksums, notes (VERSION=v1.2.3)
	@test -z "$$(git status --porcelain)" || { echo "commit first: a release is a commit's"; exit 1; }
	cd deploy/release && $(GO) run . -version "$(VERSION)" -root ../.. -out ../../bin/release -sbom-tool "$(CYCLONEDX)"

clean: ## remove what was built
	rm -rf $(BIN)

# The tools are pinned, with their checksums, by tools/go.mod.
$(GOLANGCI): tools/go.mod
	cd tools && $(GO) build -o $(GOLANGCI) github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(WORKFLOWCHECK): tools/go.mod
	cd tools && $(GO) build -o $(WORKFLOWCHECK) go.temporal.io/sdk/contrib/tools/workflowcheck
$(GOVULNCHECK): tools/go.mod
	cd tools && $(GO) build -o $(GOVULNCHECK) golang.org/x/vuln/cmd/govulncheck
$(CYCLONEDX): tools/go.mod
	cd tools && $(GO) build -o $(CYCLONEDX) github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
