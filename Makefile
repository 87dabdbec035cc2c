# The two commands that matter: `make run` and `make test`.
GO      ?= go
BIN     := bin/raftbench
LINT    := bin/golangci-lint
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -X main.commit=$(VERSION)

.PHONY: run safety build test test-page test-packages test-command lint fuzz cross gate mutants mutant-study self-gate bench-netem bench-node bench-spans bench-together bench-loadgen bench-page gate-study clean

## run: measure 1, 3, 4, 5 and 7 nodes on this machine (about 4 minutes)
run: build
	$(BIN) run --preset default

## safety: 500 trials under faults at random, every answer judged (under an hour); done again, it goes on with what is left
# Each seed of the run is a folder of its own: make safety SAFETY_SEED=2.
SAFETY_SEED   ?= 1
SAFETY_TRIALS ?= 250
SAFETY_DIR    := results/safety-$(SAFETY_SEED)
safety: build
	@if [ -e $(SAFETY_DIR)/trials.jsonl ]; then $(BIN) run --resume $(SAFETY_DIR) --yes; \
	else $(BIN) run --preset safety --seed $(SAFETY_SEED) --set safety.trials=$(SAFETY_TRIALS) --yes --out $(SAFETY_DIR); fi

## build: compile bin/raftbench
build:
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/raftbench

## test: every test, with the race detector but for most of the command's
# The command's tests run whole experiments, and take three times as long under the
# race detector; what they go through has tests in packages of its own, which run under
# it, and so do those of the command that are about things happening at once. They wait
# for real clusters more than they compute, so that they run beside the others.
AT_ONCE := Signal|Terminal|NobodyReads|LiveLine|Killed|TestUp|Interrupted|TestRunAgainst|StopsWhenTold
test:
	$(GO) vet ./...
	$(MAKE) -j2 --output-sync=target test-packages test-command
# Statistics, models and the words of a report happen one after the other, and take ten to
# thirty times as long under the detector: of them only the search for change points and
# the files of a report, which are in parallel, run under it.
PURE := /(stats|quorum|report)
test-packages:
	$(GO) test -timeout 15m $$($(GO) list ./... | grep -E '$(PURE)$$')
	$(GO) test -race -timeout 15m -run 'Published|Clearest|TooFew' ./stats
	$(GO) test -race -timeout 15m -run Write ./report
	$(GO) test -race -p 2 -timeout 15m $$($(GO) list ./... | grep -v /cmd/ | grep -vE '$(PURE)$$')
test-command:
	$(GO) test -timeout 15m ./cmd/raftbench
	$(GO) test -race -timeout 15m -run '$(AT_ONCE)' ./cmd/raftbench

## test-page: a report's page in a real Chromium, which must be installed; pictures of it are kept in bin/page
test-page:
	$(GO) vet -tags browser ./report
	$(GO) test -tags browser -timeout 30m -run Browser ./report

## lint: gofmt, golangci-lint, the arrows of the house, and the benchmarks of modules of their own
lint: $(LINT)
	test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(LINT) run ./...
	$(LINT) run --build-tags mutants ./node/... ./cmd/raftbench/...
	$(LINT) run --build-tags browser ./report/...
	cd netem/benchmark && $(GO) vet ./...
	cd loadgen/benchmark && $(GO) vet ./...

# The linter has some 400 modules of its own: they stay out of go.mod.
$(LINT): tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../$(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

## fuzz: every fuzz target, briefly
# By executions: a deadline in seconds that passes while a worker is in a call
# fails the target ("context deadline exceeded") without any finding.
FUZZTIME ?= 1000x
fuzz:
	@set -e; for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "fuzz $$pkg $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
		done; \
	done

## cross: macOS builds, and vets with its tests
cross:
	GOOS=darwin GOARCH=arm64 $(GO) build ./...
	GOOS=darwin GOARCH=arm64 $(GO) vet ./...

## gate: a quick run on real processes, held to the safety rules
gate: build
	rm -rf bin/gate
	# 5: a busy host left a size without a valid measurement. Safety is judged all the same.
	$(BIN) run --preset quick --out bin/gate || test $$? -eq 5
	$(BIN) gate bin/gate --rules safety

## mutants: nodes that are broken on purpose, to each of which the checks must object (under 5 minutes)
mutants:
	$(GO) test -tags mutants -parallel 3 -timeout 15m -run 'Mutant|TestHonestNodesPass|TestTheSuiteIsWhole' ./node ./cmd/raftbench

## mutant-study: each mutant with 20 seeds, and honest nodes beside them (over an hour; resumable)
MUTANT_STUDY ?= results/mutant-study
mutant-study:
	mkdir -p $(MUTANT_STUDY)
	MUTANT_STUDY="$$(cd $(MUTANT_STUDY) && pwd)" $(GO) test -tags mutants -timeout 12h -run '^$$' -bench MutantStudy -benchtime 1x ./cmd/raftbench
	cat $(MUTANT_STUDY)/table.md

## self-gate: this tree's nodes against those of an older commit, side by side: make self-gate BASE=REV
self-gate:
	tools/self-gate $(BASE)

## bench-netem: links and commits against what they should take (some 12 minutes)
bench-netem: build
	@# All of it is shown, whatever misses what is asked.
	@failed=0; \
	(cd netem/benchmark && $(GO) run .) || failed=1; \
	(cd netem/benchmark && $(GO) run . -busy) || failed=1; \
	$(GO) test -run '^$$' -bench OneWayDelay -benchtime 1000x ./netem || failed=1; \
	$(GO) test -run '^$$' -bench 'Rate|Bulk|PingPong' ./netem || failed=1; \
	$(GO) test -run '^$$' -bench Oracle -benchtime 1x -timeout 30m ./bench || failed=1; \
	exit $$failed

## bench-spans: what timing each write's way costs, with and without side by side
bench-spans: build
	$(GO) test -run '^$$' -bench SpansOverhead -benchtime 1x -timeout 30m ./bench

## bench-node: the node's API against raft.Apply inside the leader
bench-node: build
	$(GO) test -run '^$$' -bench Node -benchtime 1x -timeout 30m ./bench

## bench-together: are ratios side by side those of clusters alone, are twins twins, is a slower node found? (some 15 minutes)
bench-together: build
	$(GO) test -run '^$$' -bench 'TwinsAndASlowerNode|TogetherAgainstAlone' -benchtime 1x -timeout 60m ./bench

## gate-study: what a gate of three minutes finds, and how often it cries wolf (some 25 minutes; resumable)
gate-study: build
	tools/gate-study/run

## bench-loadgen: the pacer against vegeta's and fortio's
bench-loadgen:
	cd loadgen/benchmark && $(GO) run .

## bench-page: after how long a report's page can be used, in a real Chromium beside an empty page (a minute)
bench-page:
	$(GO) test -tags browser -run '^$$' -bench PageIsUsable -benchtime 1x -timeout 30m ./report

## clean: remove what was built
clean:
	rm -rf bin
