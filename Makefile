# The two commands that matter: `make run` and `make test`.
GO      ?= go
BIN     := bin/raftbench
LINT    := bin/golangci-lint
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -X main.commit=$(VERSION)

.PHONY: run build test lint fuzz cross gate bench-netem bench-node bench-loadgen bench-memory generate clean

## run: measure 1, 3, 4, 5 and 7 nodes on this machine (about 4 minutes)
run: build
	$(BIN) run --preset default

## build: bin/raftbench
build:
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/raftbench

## test: every test, with the race detector
test:
	$(GO) vet ./...
	$(GO) test -race -p 2 -timeout 10m ./...

## lint: gofmt, golangci-lint and the arrows of the house
lint: $(LINT)
	test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(LINT) run ./...

# The linter has some 400 modules of its own: they stay out of go.mod.
$(LINT): tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../$(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

clean:
	rm -rf bin
