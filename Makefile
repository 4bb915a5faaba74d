# thresher: one non-recursive Makefile, everything out of tree in $(BUILD).
#
#   make            build/thresher
#   make deps       installs the Debian packages the project needs
#   make demo       everything from nothing: report on samples/, says where the page is
#   make check      unit, golden and robustness tests (installs what is missing)
#   make help       all targets
#
# Knobs: BUILD=dir, SANITIZE=address,undefined, WERROR=1, V=1, DEBUG=1, MODULES="base readers" (only
# these rooms of src/, for work on one room), TESTS="buf map" (only these tests/test_*.c).

BUILD ?= build
PREFIX ?= /usr/local
prefix ?= $(PREFIX)
DESTDIR ?=
CC ?= cc
PKG_CONFIG ?= pkg-config
V ?= 0
Q := $(if $(filter 1,$(V)),,@)

.DELETE_ON_ERROR:
.SUFFIXES:

DEPS_BUILD := build-essential pkg-config zlib1g-dev libzstd-dev libarchive-dev libjansson-dev libssl-dev libisal-dev
DEPS_RUN := gnuplot-nox
DEPS_TEST := libcunit1-dev zstd xz-utils lz4 bzip2 p7zip-full cpio zip
DEPS := $(DEPS_BUILD) $(DEPS_RUN) $(DEPS_TEST)

# Targets that need no libraries must work before `make deps`.
NO_BUILD_GOALS := deps help clean demo check distclean
ifneq ($(filter-out $(NO_BUILD_GOALS),$(or $(MAKECMDGOALS),all)),)
PKGS := zlib libzstd libarchive jansson libcrypto
HAVE_ISAL := $(shell $(PKG_CONFIG) --exists libisal 2>/dev/null && echo 1)
ifeq ($(HAVE_ISAL),1)
PKGS += libisal
endif
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)
endif

OPT := $(if $(filter 1,$(DEBUG)),-O0 -g3 -DTHRESHER_DEBUG,-O2 -g)
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla
ifeq ($(WERROR),1)
WARN += -Werror
endif
SAN := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all -DTHRESHER_DEBUG)
CPPFLAGS_ALL := -Isrc -I$(BUILD) $(PKG_CFLAGS) $(if $(filter 1,$(HAVE_ISAL)),-DHAVE_ISAL) $(CPPFLAGS)
CFLAGS_ALL := -std=gnu17 $(OPT) $(WARN) $(SAN) -pthread -fno-strict-aliasing $(CFLAGS)
LDFLAGS_ALL := $(SAN) -pthread $(LDFLAGS)
LIBS := $(PKG_LIBS) -lm

# ---- sources -------------------------------------------------------------------------------

MODULES ?= base readers schema events state net join filter rules stats report writers engine cli
LIB_SRC := $(sort $(filter-out src/schema/gen_%.c src/cli/main.c,$(wildcard $(MODULES:%=src/%/*.c))))
TEMPLATES := $(sort $(wildcard reports/templates/*))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/gen/schema_tables.o $(if $(filter report,$(MODULES)),$(BUILD)/gen/templates.o)
LIB := $(BUILD)/libthresher.a

TEST_ALL := $(patsubst tests/test_%.c,%,$(sort $(wildcard tests/test_*.c)))
TESTS ?= $(TEST_ALL)
TEST_OBJ := $(TESTS:%=$(BUILD)/tests/test_%.o) $(BUILD)/tests/mkcap.o $(BUILD)/tests/run.o

.PHONY: all
all: $(BUILD)/thresher

# Rebuild when flags change.
FLAGS_STAMP := $(BUILD)/flags
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

$(BUILD)/gen/gen_schema: src/schema/gen_schema.c
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

$(BUILD)/unit: $(TEST_OBJ) $(LIB)
	@[ $(V) = 1 ] || echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(TEST_OBJ) $(LIB) $(LIBS) -lcunit

.PHONY: unit
unit: $(BUILD)/unit
	$(BUILD)/unit

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell [ -d $(BUILD) ] && find $(BUILD) -name '*.d' 2>/dev/null)
