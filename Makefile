# thresher: one non-recursive Makefile, everything out of tree in $(BUILD).
#
# Start with `make help`. `make demo` and `make check` work from nothing: they install the Debian
# packages that are missing and call make again, so that the libraries are detected afterwards.
#
# Knobs: BUILD=dir, SANITIZE=address,undefined, WERROR=1, V=1, DEBUG=1, MODULES="base readers" (only
# these rooms of src/, for work on one room), TESTS="buf map" (only these tests/test_*.c).

BUILD ?= build
PREFIX ?= /usr/local
prefix ?= $(PREFIX)
bindir ?= $(prefix)/bin
mandir ?= $(prefix)/share/man
scriptdir ?= $(prefix)/share/thresher/scripts
completiondir ?= $(prefix)/share/bash-completion/completions
DESTDIR ?=
CC ?= cc
PKG_CONFIG ?= pkg-config
INSTALL ?= install
V ?= 0
Q := $(if $(filter 1,$(V)),,@)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

# The one list of Debian packages.
DEPS_BUILD := build-essential pkg-config zlib1g-dev libzstd-dev libarchive-dev libjansson-dev libssl-dev libnghttp2-dev libisal-dev \
	libpcre2-dev libyaml-dev libpcap-dev liblua5.4-dev libbpf-dev clang bpftool
DEPS_RUN := gnuplot-nox libcap2-bin iproute2
DEPS_TEST := libcunit1-dev zstd xz-utils lz4 bzip2 p7zip-full cpio zip strace
DEPS := $(DEPS_BUILD) $(DEPS_RUN) $(DEPS_TEST)

# Targets that need no libraries must work before `make deps`.
NO_BUILD_GOALS := deps help clean distclean demo check check-long check-asan check-tsan check-fuzz-replay \
	check-layers check-headers check-determinism fuzz ci bench bench-capture uninstall install-caps format-diff
ifneq ($(filter-out $(NO_BUILD_GOALS),$(or $(MAKECMDGOALS),all)),)
PKGS := zlib libzstd libarchive jansson libcrypto libnghttp2 libpcre2-8 yaml-0.1 libpcap
HAVE_ISAL := $(shell $(PKG_CONFIG) --exists libisal 2>/dev/null && echo 1)
ifeq ($(HAVE_ISAL),1)
PKGS += libisal
endif
# NDPI=0 builds without it.
HAVE_NDPI := $(if $(filter 0,$(NDPI)),,$(shell $(PKG_CONFIG) --exists libndpi 2>/dev/null && echo 1))
ifeq ($(HAVE_NDPI),1)
PKGS += libndpi
endif
# LUA=0 builds without scripts.
HAVE_LUA := $(if $(filter 0,$(LUA)),,$(shell $(PKG_CONFIG) --exists lua5.4 2>/dev/null && echo 1))
ifeq ($(HAVE_LUA),1)
PKGS += lua5.4
endif
ifneq ($(shell $(PKG_CONFIG) --exists $(PKGS) 2>/dev/null && echo 1),1)
$(error missing: $(shell for p in $(PKGS); do $(PKG_CONFIG) --exists $$p 2>/dev/null || echo $$p; done). Run 'make deps', or install what README.md lists)
endif
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)
endif

OPT := $(if $(filter 1,$(DEBUG)),-O0 -g3 -DTHRESHER_DEBUG,-O3 -g)
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla
ifeq ($(WERROR),1)
WARN += -Werror
endif
SAN := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all -DTHRESHER_DEBUG)
CPPFLAGS_ALL := -Isrc -I. -I$(BUILD) $(PKG_CFLAGS) $(if $(filter 1,$(HAVE_ISAL)),-DHAVE_ISAL) $(if $(filter 1,$(HAVE_NDPI)),-DHAVE_NDPI) $(if $(filter 1,$(HAVE_LUA)),-DHAVE_LUA) $(CPPFLAGS)
CFLAGS_ALL := -std=gnu17 $(OPT) $(WARN) $(SAN) -pthread -fno-strict-aliasing $(CFLAGS)
LDFLAGS_ALL := $(SAN) -pthread $(LDFLAGS)
LIBS := $(PKG_LIBS) -lm

# A sub-make builds with all cores unless this make was given -j.
JOBS := $(shell nproc 2>/dev/null || echo 1)
PARALLEL = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS))

# ---- sources -------------------------------------------------------------------------------

MODULES ?= base readers schema events state net join filter rules stats report writers engine cli
LIB_SRC := $(sort $(filter-out src/schema/gen_%.c src/cli/main.c,$(wildcard $(MODULES:%=src/%/*.c))))
TEMPLATES := $(sort $(wildcard reports/templates/*))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/gen/schema_tables.o $(if $(filter report,$(MODULES)),$(BUILD)/gen/templates.o)
LIB := $(BUILD)/libthresher.a

TEST_ALL := $(patsubst tests/test_%.c,%,$(sort $(wildcard tests/test_*.c)))
# Rebuild when flags change; build.mk names it among its prerequisites, too.
FLAGS_STAMP := $(BUILD)/flags

# The recorder, where clang, bpftool and libbpf are there. MODULES="..." (work on some rooms) leaves it out.
include capture/build.mk
HAVE_CAPTURE := $(if $(filter cli,$(MODULES)),$(HAVE_BPF_BUILD))
ifneq ($(HAVE_CAPTURE),1)
TEST_ALL := $(filter-out capture_%,$(TEST_ALL))
endif

TESTS ?= $(TEST_ALL)
TEST_SUPPORT := $(filter-out run test_%,$(patsubst tests/%.c,%,$(sort $(wildcard tests/*.c))))
TEST_SUPPORT_OBJ := $(TEST_SUPPORT:%=$(BUILD)/tests/%.o)
TEST_OBJ := $(TESTS:%=$(BUILD)/tests/test_%.o) $(TEST_SUPPORT_OBJ) $(BUILD)/tests/run.o

# Programs the checks and benchmarks use, one file of tests/tools each.
TOOLS := $(patsubst tests/tools/%.c,$(BUILD)/tools/%,$(sort $(wildcard tests/tools/*.c)))
# Fuzz targets: tests/fuzz/fuzz_NAME.c, each linked with a plain main that replays files.
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/fuzz/%,$(sort $(filter-out %_replay.c,$(wildcard tests/fuzz/fuzz_*.c))))

.PHONY: all
all: $(BUILD)/thresher $(if $(filter 1,$(HAVE_CAPTURE)),$(BUILD)/thresher-capture) ## builds $(BUILD)/thresher and, where clang and bpftool are, the recorder (the default)

$(FLAGS_STAMP): FORCE
	@mkdir -p $(BUILD)
	@echo '$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL)' > $@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@
.PHONY: FORCE
FORCE:

$(BUILD)/src/%.o: src/%.c $(FLAGS_STAMP) | $(BUILD)/gen/schema_codes.h
	@mkdir -p $(@D)
	@[ $(V) = 1 ] || echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(if $(filter src/readers/%,$<),-Wconversion) -MMD -MP -c -o $@ $<

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c $(FLAGS_STAMP)
	@[ $(V) = 1 ] || echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%.o: tests/%.c $(FLAGS_STAMP) | $(BUILD)/gen/schema_codes.h $(BUILD)/gen/suites.def
	@mkdir -p $(@D)
	@[ $(V) = 1 ] || echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS_ALL) -Itests $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_OBJ)
	@[ $(V) = 1 ] || echo "  AR    $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/thresher: $(BUILD)/src/cli/main.o $(LIB)
	@[ $(V) = 1 ] || echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(LIB) $(LIBS)

# ---- generated -----------------------------------------------------------------------------

# gen_schema.c includes the other two.
$(BUILD)/gen/gen_schema: src/schema/gen_schema.c src/schema/gen_conv.c src/schema/gen_schema.h
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O1 $(WARN) -Isrc $(PKG_CFLAGS) -o $@ $< $(PKG_LIBS)

$(BUILD)/gen/schema_codes.h: $(BUILD)/gen/gen_schema src/schema/events.json
	$(Q)$(BUILD)/gen/gen_schema codes src/schema/events.json > $@
$(BUILD)/gen/schema_tables.c: $(BUILD)/gen/gen_schema src/schema/events.json $(BUILD)/gen/schema_codes.h
	$(Q)$(BUILD)/gen/gen_schema tables src/schema/events.json > $@

# Templates of the page as C arrays: template_FILE[] with dots and dashes as underscores.
$(BUILD)/gen/templates.c: $(TEMPLATES) Makefile
	@mkdir -p $(@D)
	$(Q)( echo '/* generated from reports/templates */'; echo '#include "report/templates.h"'; \
	for f in $(TEMPLATES); do n=$$(basename $$f | tr '.-' '__'); \
	echo "const char template_$$n[] = {"; od -An -v -tx1 $$f | sed 's/ \([0-9a-f][0-9a-f]\)/(char)0x\1,/g'; echo "0};"; \
	echo "const size_t template_$${n}_len = sizeof(template_$$n) - 1;"; done ) > $@

$(BUILD)/gen/suites.def: FORCE
	@mkdir -p $(@D)
	@for t in $(TESTS); do echo "SUITE($$t)"; done > $@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# ---- tests ---------------------------------------------------------------------------------

UNIT_CAPTURE := $(if $(filter 1,$(HAVE_CAPTURE)),$(CAPTURE_OBJ))
$(BUILD)/unit: $(TEST_OBJ) $(UNIT_CAPTURE) $(LIB)
	@[ $(V) = 1 ] || echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(TEST_OBJ) $(UNIT_CAPTURE) $(LIB) $(if $(UNIT_CAPTURE),$(CAPTURE_LIBS)) $(LIBS) -lcunit

$(BUILD)/tools/%: $(BUILD)/tests/tools/%.o $(TEST_SUPPORT_OBJ) $(LIB)
	@mkdir -p $(@D)
	@[ $(V) = 1 ] || echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

$(BUILD)/tools/sweep: $(BUILD)/tests/fuzz/in_memory.o

$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/fuzz_replay.o $(BUILD)/tests/fuzz/in_memory.o $(TEST_SUPPORT_OBJ) $(LIB)
	@mkdir -p $(@D)
	@[ $(V) = 1 ] || echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

.PHONY: unit
unit: $(BUILD)/unit ## unit tests alone; TESTS="buf map" runs these suites only
	$(BUILD)/unit

.PHONY: test-programs
test-programs: $(BUILD)/thresher $(if $(filter 1,$(HAVE_CAPTURE)),$(BUILD)/thresher-capture) $(BUILD)/unit $(TOOLS) $(FUZZ)

# What the check targets call once the packages are there. PARTS: see tests/check.sh.
.PHONY: check-parts
check-parts: test-programs
	@BUILD='$(BUILD)' CC='$(CC)' CHECK_CPPFLAGS='$(CPPFLAGS_ALL)' sh tests/check.sh $(PARTS)

.PHONY: check check-long check-asan check-tsan check-fuzz-replay check-layers check-headers check-determinism
check: ## unit, golden, corpus, determinism, the recorder (installs what is missing); last line: N passed, N failed
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(PARALLEL) check-parts PARTS="unit golden docs corpus determinism capture"

check-long: ## every-byte cuts and bit flips of whole captures under the address sanitizer
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(PARALLEL) check-parts BUILD=build-asan SANITIZE=address,undefined PARTS="sweep"

check-asan: ## unit, golden, corpus and determinism in build-asan (address and undefined behaviour)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(PARALLEL) check-parts BUILD=build-asan SANITIZE=address,undefined \
		PARTS="unit golden corpus determinism"

check-tsan: ## unit, golden and determinism in build-tsan (data races)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(PARALLEL) check-parts BUILD=build-tsan SANITIZE=thread \
		PARTS="unit golden determinism"

check-fuzz-replay: ## fuzz targets over tests/corpus and generated seeds
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(PARALLEL) check-parts PARTS="corpus"

check-determinism: ## the same report from any -j, batch size, compression, locale and time zone
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(PARALLEL) check-parts PARTS="determinism"

# Not part of any check: needs clang, and time. CPPFLAGS: clang's own headers include features.h before ours
# can ask for GNU's. Adding 0 to a null pointer is no finding.
FUZZ_SECONDS ?= 60
FUZZERS := $(FUZZ:$(BUILD)/fuzz/%=$(BUILD)/fuzzers/%)
$(BUILD)/fuzzers/%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/in_memory.o $(LIB)
	@mkdir -p $(@D)
	@[ $(V) = 1 ] || echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

.PHONY: fuzz fuzz-programs
fuzz: ## fuzzes every target for FUZZ_SECONDS (60) in build-fuzz; needs clang
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(PARALLEL) fuzz-programs BUILD=build-fuzz CC=clang \
		SANITIZE=address,undefined,fuzzer-no-link
	@BUILD=build-fuzz FUZZ_SECONDS='$(FUZZ_SECONDS)' sh tests/fuzz/run.sh

fuzz-programs: $(FUZZERS) $(BUILD)/tools/mkseeds

check-headers: ## compiles each header alone
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(PARALLEL) check-parts PARTS="headers"

check-layers: ## rooms include only what tests/layers.txt allows
	@sh tests/check_layers.sh

.PHONY: ci
ci: ## everything but the benchmark, as .ci/run does
	@sh .ci/run

.PHONY: docs
docs: $(BUILD)/tools/output_doc ## writes docs/OUTPUT.md from the table definitions
	$(BUILD)/tools/output_doc > docs/OUTPUT.md

.PHONY: bench-capture
bench-capture: ## what recording costs: a worst case and ordinary work, bare and recorded (root)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@BUILD='$(BUILD)' sh tests/capture/bench.sh

.PHONY: bench
bench: ## speed and memory beside cat, gzip and zstd (2 minutes, 2 GB in $$TMPDIR)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(PARALLEL) test-programs
	@BUILD='$(BUILD)' sh tests/bench.sh

# ---- packages and first use ----------------------------------------------------------------

.PHONY: deps
deps: ## installs the Debian packages the project needs (quiet when all are there)
	@sh tests/deps.sh $(DEPS)

DEMO_DIR ?= thresher-report
.PHONY: demo
demo: ## from nothing to a report: packages, build, thresher report of the incident in samples/
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(PARALLEL) all
	$(BUILD)/thresher report samples/web-incident.scap.zst samples/web-incident.pcapng.gz -o $(DEMO_DIR)
	@echo "open the report: file://$(CURDIR)/$(DEMO_DIR)/index.html"

MAN := $(sort $(wildcard docs/*.1))
MAN7 := $(sort $(wildcard docs/*.7))
SCRIPTS := $(sort $(wildcard scripts/*.lua))
PROGRAMS := thresher $(if $(filter 1,$(HAVE_CAPTURE)),thresher-capture)
.PHONY: install uninstall
install: all ## programs, man pages, scripts, completion under DESTDIR and prefix
	$(INSTALL) -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(mandir)/man1' '$(DESTDIR)$(mandir)/man7' '$(DESTDIR)$(completiondir)' '$(DESTDIR)$(scriptdir)'
	$(INSTALL) -m 755 $(PROGRAMS:%=$(BUILD)/%) '$(DESTDIR)$(bindir)/'
	$(INSTALL) -m 644 $(MAN) '$(DESTDIR)$(mandir)/man1/'
	$(INSTALL) -m 644 $(MAN7) '$(DESTDIR)$(mandir)/man7/'
	$(INSTALL) -m 644 $(SCRIPTS) '$(DESTDIR)$(scriptdir)/'
	for p in $(PROGRAMS); do $(INSTALL) -m 644 completions/$$p.bash '$(DESTDIR)$(completiondir)'/$$p; done

# What it takes to record without root, as thresher-capture(1) says.
CAPTURE_CAPS := cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search,cap_sys_admin,cap_net_raw,cap_net_admin,cap_sys_nice
.PHONY: install-caps
install-caps: ## lets the installed thresher-capture run without root, by its group: file capabilities
	chmod 750 '$(DESTDIR)$(bindir)/thresher-capture'
	setcap '$(CAPTURE_CAPS)=ep' '$(DESTDIR)$(bindir)/thresher-capture'

uninstall: ## removes what install put there
	rm -f '$(DESTDIR)$(bindir)/thresher' '$(DESTDIR)$(bindir)/thresher-capture' \
		'$(DESTDIR)$(completiondir)/thresher' '$(DESTDIR)$(completiondir)/thresher-capture' \
		$(patsubst docs/%,'$(DESTDIR)$(mandir)/man1/%',$(MAN)) $(patsubst docs/%,'$(DESTDIR)$(mandir)/man7/%',$(MAN7)) \
		$(patsubst scripts/%,'$(DESTDIR)$(scriptdir)/%',$(SCRIPTS))

.PHONY: format-diff
format-diff: ## what clang-format would change in the lines not committed yet (needs clang-format)
	@command -v git-clang-format > /dev/null || { echo "format-diff needs clang-format" >&2; exit 1; }
	@git clang-format --diff HEAD || true

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)$$/  \1@\2/p' Makefile | sed 's/\$$(BUILD)/$(BUILD)/; s/\$$\$$/$$/' | \
		awk -F@ '{ printf "%-22s %s\n", $$1, $$2 }'

.PHONY: clean distclean
clean: ## removes $(BUILD)
	rm -rf $(BUILD)

distclean: ## removes every build folder and the demo's report
	rm -rf build build-* thresher-report

-include $(shell [ -d $(BUILD) ] && find $(BUILD) -name '*.d' 2>/dev/null)
