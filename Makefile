# renacer: build, try, test, measure, install.

PREFIX ?= /usr/local
SWIFT ?= swift
# The Swift runtime is linked in: renacer starts in a millisecond and needs no toolchain, nor a library beside it.
RELEASE = -c release --static-swift-stdlib --disable-local-rpath --scratch-path .build-release
BINARY = .build-release/release/renacer

all: build

build: setup-build
	$(SWIFT) build $(RELEASE) --product renacer
	sh Tools/build-plugins.sh "$$(dirname "$$(realpath $(dir $(BINARY)))")/lib/renacer/plugins"

demo: build
	@echo '$$ renacer -c -- ls -lR /usr/share/doc'
	@$(BINARY) -c -- ls -lR /usr/share/doc >/dev/null
	@echo
	@echo '$$ renacer -e trace=file -T -- cat /etc/hostname'
	@$(BINARY) -e trace=file -T -- cat /etc/hostname

test: setup-test build
	RENACER=$(CURDIR)/$(BINARY) sh Tools/test.sh $(SWIFT) test

# The labelled programs of the detectors, RUNS times on each backend: how often which verdict came.
RUNS ?= 10
detectors: setup-test build
	@rm -f .build/verdicts
	RENACER=$(CURDIR)/$(BINARY) RENACER_RUNS=$(RUNS) RENACER_VERDICTS=$(CURDIR)/.build/verdicts sh Tools/test.sh $(SWIFT) test --filter WorkloadTests
	@sort .build/verdicts | uniq -c

# A million mutated recordings, and as many formats of tracepoints, by default; no crash, no hang.
FUZZ ?= 1000000
fuzz: setup-test
	RENACER_FUZZ=$(FUZZ) $(SWIFT) test --filter FuzzTests

bench: setup-bench build
	python3 Benchmarks/bench.py --renacer $(BINARY) $(BENCH)

install: build install-kit
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/renacer
	ln -sf renacer $(DESTDIR)$(PREFIX)/bin/renacer-strace
	install -D -m 644 Docs/renacer.1 $(DESTDIR)$(PREFIX)/share/man/man1/renacer.1
	install -D -m 644 Completions/renacer.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/renacer
	install -D -m 644 Completions/_renacer $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_renacer
	install -D -m 644 Completions/renacer.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/renacer.fish

# Swift of the .proto texts, after a change of one.
protos:
	cd Sources/Sinks/OTLP && python3 $(CURDIR)/Tools/protos.py Proto.swift --schemas Protos/common.proto Protos/trace.proto Protos/logs.proto Protos/metrics.proto Protos/collector.proto Protos/status.proto
	cd Sources/Sinks/Perfetto && python3 $(CURDIR)/Tools/protos.py Proto.swift Protos/trace.proto

# What plugins are built from, and those that come with renacer.
install-kit:
	mkdir -p $(DESTDIR)$(PREFIX)/lib/renacer $(DESTDIR)$(PREFIX)/share/renacer
	sh Tools/build-plugins.sh $(DESTDIR)$(PREFIX)/lib/renacer/plugins
	install -D -m 644 Sources/PluginKit/C/include/renacer/plugin.h $(DESTDIR)$(PREFIX)/include/renacer/plugin.h
	rm -rf $(DESTDIR)$(PREFIX)/share/renacer/PluginKit
	mkdir -p $(DESTDIR)$(PREFIX)/share/renacer/PluginKit $(DESTDIR)$(PREFIX)/lib/pkgconfig
	cp -r Sources/PluginKit/Package.swift Sources/PluginKit/C Sources/PluginKit/Swift $(DESTDIR)$(PREFIX)/share/renacer/PluginKit
	sed -e 's|@PREFIX@|$(PREFIX)|' -e "s|@VERSION@|$$(sed -n 's/.*static let number = "\(.*\)"/\1/p' Sources/CLI/Help.swift)|" \
		Sources/PluginKit/renacer-plugin.pc.in >$(DESTDIR)$(PREFIX)/lib/pkgconfig/renacer-plugin.pc

clean:
	rm -rf .build .build-release .build-bench

setup-build:
	@sh Tools/setup.sh build

setup-test:
	@sh Tools/setup.sh test

setup-bench:
	@sh Tools/setup.sh bench

.PHONY: all build demo test fuzz detectors bench install install-kit protos clean setup-build setup-test setup-bench
