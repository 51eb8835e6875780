# Caravan. `make` alone says what there is to make.

SHELL := /bin/bash
# Debian keeps dovecot and postfix in sbin, which is not on everybody's PATH.
export PATH := $(PATH):/usr/sbin:/sbin

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
CONFIG   ?=
PKG      ?= ./...
FUZZTIME ?= 30s
# Packages tested at once: some start a dozen servers, so no more than there are cores, and 4 at most.
PARALLEL ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n < 4 ? n : 4)))
TIMEOUT  ?= 20m

TEST_PACKAGES = gcc libc6-dev redis-server redis-tools dovecot-imapd dovecot-lmtpd postfix chromium fonts-noto-core
SOURCES       = find . \( -name node_modules -o -name '.?*' \) -prune -o -name '*.go' -print

.PHONY: help demo run build test check bench fuzz tools install-deps fmt vet staticcheck lint vuln clean

help: ## say what there is to make
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## play with everything on this machine; prints the addresses and the sign-in
	@command -v redis-server valkey-server >/dev/null || scripts/install-deps.sh redis-server
	@$(MAKE) --no-print-directory build
	./bin/caravan demo

run: build ## run the gateway (CONFIG=caravan.yaml)
	./bin/caravan serve $(if $(CONFIG),--config $(CONFIG))

build: ## build ./bin/caravan
	go build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/caravan ./cmd/caravan

test: install-deps web/e2e/node_modules fmt vet staticcheck ## everything that must pass: formatting, vet, staticcheck, all tests with the race detector
	go test -race -timeout $(TIMEOUT) -p $(PARALLEL) $(PKG)

check: fmt vet staticcheck lint vuln ## all that can be said without running anything: also golangci-lint and govulncheck

bench: build ## measure the product against the floor, in one table (about five minutes)
	go run ./bench -o docs/bench.md

fuzz: ## run every fuzz target in turn (FUZZTIME=30s PKG=./channels/email)
	@set -euo pipefail; for package in $$(go list $(PKG)); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

tools: bin/staticcheck bin/golangci-lint bin/govulncheck ## build the tools that check the code

install-deps: ## install the servers and the browser the tests run against (Debian; starts none of them)
	@scripts/install-deps.sh $(TEST_PACKAGES)

clean: ## remove what was built
	rm -rf bin

# The parts of test and check.

# The browser tests drive Debian's chromium by this one library.
web/e2e/node_modules: web/e2e/package-lock.json
	npm ci --prefix web/e2e --no-audit --no-fund
	@touch $@

fmt:
	@unformatted=$$($(SOURCES) | xargs gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "gofmt -w these:"; echo "$$unformatted"; exit 1; fi

vet:
	go vet ./...

staticcheck: bin/staticcheck
	bin/staticcheck ./...

lint: bin/golangci-lint
	bin/golangci-lint run

vuln: bin/govulncheck
	@said=$$(bin/govulncheck ./... 2>&1); code=$$?; echo "$$said"; \
	if [ $$code -ne 0 ] && grep -q 'fetching vulnerabilities' <<<"$$said"; then \
		echo "govulncheck skipped: its database cannot be reached"; \
	else exit $$code; fi

# Each tool is a module of its own, so that none of their libraries gets into ours.
bin/staticcheck: tools/go.mod tools/go.sum
	go build -C tools -o ../bin/ honnef.co/go/tools/cmd/staticcheck

bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	go build -C tools/lint -o ../../bin/ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

bin/govulncheck: tools/vuln/go.mod tools/vuln/go.sum
	go build -C tools/vuln -o ../../bin/ golang.org/x/vuln/cmd/govulncheck
