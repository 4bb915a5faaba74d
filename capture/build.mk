# build.mk - thresher-capture, the recorder. Included by the Makefile; needs clang, bpftool and libbpf, and does nothing where one of them
# is missing. No file of the running kernel is read: the programs carry the few kernel types they use (capture/bpf/kernel.h).

CLANG ?= clang
BPFTOOL ?= $(firstword $(shell command -v bpftool 2>/dev/null) $(wildcard /usr/sbin/bpftool /sbin/bpftool))
HAVE_BPF_BUILD := $(shell command -v $(CLANG) >/dev/null 2>&1 && [ -n '$(BPFTOOL)' ] && $(PKG_CONFIG) --exists libbpf 2>/dev/null && echo 1)

BPF_ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
BPF_MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
BPF_FLAGS := -target bpf -mcpu=v3 -g -O2 -Wall -Wextra -Wno-unused-parameter $(if $(filter 1,$(WERROR)),-Werror) \
	$(if $(BPF_MULTIARCH),-idirafter /usr/include/$(BPF_MULTIARCH))

CAPTURE_GEN := $(BUILD)/gen/probe.skel.h $(BUILD)/gen/syscall_numbers.def $(BUILD)/gen/syscall_numbers_32.def
CAPTURE_CPPFLAGS := -I.
# Everything but main.c: what tests link too.
CAPTURE_SRC := $(sort $(filter-out capture/main.c,$(wildcard capture/*.c)))
CAPTURE_OBJ := $(CAPTURE_SRC:%.c=$(BUILD)/%.o)
CAPTURE_LIBS := $(shell $(PKG_CONFIG) --libs libbpf libpcap zlib libzstd 2>/dev/null)

$(BUILD)/capture/probe.bpf.o: capture/bpf/probe.bpf.c $(wildcard capture/bpf/*.h) capture/record.h $(FLAGS_STAMP)
	@mkdir -p $(@D)
	@[ $(V) = 1 ] || echo "  BPF   $<"
	$(Q)$(CLANG) $(BPF_FLAGS) -D__TARGET_ARCH_$(BPF_ARCH) -c -o $@ $<

$(BUILD)/gen/probe.skel.h: $(BUILD)/capture/probe.bpf.o
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name probe_bpf > $@

# Names and numbers of the system calls, as the C library's headers have them. The 32-bit table only where the machine has one.
$(BUILD)/gen/syscall_numbers.def:
	@mkdir -p $(@D)
	$(Q)echo '#include <asm/unistd.h>' | $(CC) -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/SYSCALL(\1, \2)/p' | sort > $@

$(BUILD)/gen/syscall_numbers_32.def:
	@mkdir -p $(@D)
	$(Q){ echo '#include <asm/unistd_32.h>' | $(CC) -E -dM - 2>/dev/null || :; } | \
		sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/SYSCALL(\1, \2)/p' | sort > $@

$(BUILD)/capture/%.o: capture/%.c $(FLAGS_STAMP) | $(CAPTURE_GEN) $(BUILD)/gen/schema_codes.h
	@mkdir -p $(@D)
	@[ $(V) = 1 ] || echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CAPTURE_CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/thresher-capture: $(BUILD)/capture/main.o $(CAPTURE_OBJ) $(LIB)
	@[ $(V) = 1 ] || echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(LIB) $(CAPTURE_LIBS) $(LIBS)
