# imapsrv: one Makefile, no configure step.  Adding a source, a test or a script needs no edit here.
#
#   make            the library (static and shared) and the examples
#   make check      every test that needs only cc, make, libc and cmocka
#   make demo       two scripted connections to the Maildir server over loopback
#   make serve      a small Maildir, served on 127.0.0.1:1143
#   make install    PREFIX and DESTDIR are honoured
#
# CC AR CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR BUILD may be set on the command line.

CC       ?= cc
AR       ?= ar
CFLAGS   ?= -O2 -g
PREFIX   ?= /usr/local
LIBDIR   ?= $(PREFIX)/lib
BUILD    ?= build
VERSION  := 0.1.0
SOMAJOR  := 0
WARN     := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wvla \
            -Wformat=2 -Werror=format -Werror=implicit-function-declaration
WERROR   ?=
# Quiet by default: make V=1 shows the commands.
V        ?= 0
Q        := $(if $(filter 1,$(V)),,@)
BASEFLAGS := -std=c11 $(WARN) $(WERROR) -Iinclude -Ilib $(CPPFLAGS) $(CFLAGS)
LIBFLAGS := $(BASEFLAGS) -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections
POSIX    := -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all check demo serve bench fuzz coverage lint interop install uninstall dist clean \
        example-minimal

LIB_SRC  := $(sort $(wildcard lib/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
LIB_A    := $(BUILD)/libimapsrv.a
LIB_SO   := $(BUILD)/libimapsrv.so.$(VERSION)

all: $(LIB_A) $(LIB_SO) $(BUILD)/imapsrv.pc $(BUILD)/imapsrv-minimal $(BUILD)/imapsrv-maildir

$(BUILD)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIBFLAGS) -MMD -MP -c -o $@ $<

$(LIB_A): $(LIB_OBJ)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(LIB_OBJ)

$(LIB_SO): $(LIB_OBJ)
	$(Q)$(CC) -shared -Wl,-soname,libimapsrv.so.$(SOMAJOR) $(CFLAGS) $(LDFLAGS) -o $@ $(LIB_OBJ)
	@ln -sf libimapsrv.so.$(VERSION) $(BUILD)/libimapsrv.so.$(SOMAJOR)
	@ln -sf libimapsrv.so.$(SOMAJOR) $(BUILD)/libimapsrv.so

$(BUILD)/imapsrv.pc: Makefile
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$${prefix}/include' '' \
	  'Name: imapsrv' 'Description: Embeddable IMAP server library' 'Version: $(VERSION)' \
	  'Libs: -L$${libdir} -limapsrv' 'Cflags: -I$${includedir}' > $@

# ---- examples ------------------------------------------------------------------------------

MAILDIR_SRC := $(sort $(filter-out %/demo.c,$(wildcard examples/maildir/*.c)))
MAILDIR_OBJ := $(MAILDIR_SRC:%.c=$(BUILD)/%.o)
# crypt(3) lives in libcrypt with glibc and in libc with musl.
CRYPT_LIB   := $(shell printf 'int main(void){return 0;}' | \
                 $(CC) -x c -o /dev/null - -lcrypt 2>/dev/null && echo -lcrypt)

$(BUILD)/examples/%.o: examples/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASEFLAGS) $(POSIX) -MMD -MP -c -o $@ $<

$(BUILD)/imapsrv-minimal: $(BUILD)/examples/minimal.o $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(BUILD)/imapsrv-maildir: $(MAILDIR_OBJ) $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CRYPT_LIB)

$(BUILD)/imapsrv-demo: $(BUILD)/examples/maildir/demo.o
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

demo: $(BUILD)/imapsrv-maildir $(BUILD)/imapsrv-demo
	@$(BUILD)/imapsrv-demo $(BUILD) examples/maildir/samples

serve: $(BUILD)/imapsrv-maildir
	@sh examples/maildir/serve.sh $(BUILD)

# ---- tests ---------------------------------------------------------------------------------

UNIT_SRC := $(sort $(wildcard tests/unit/t_*.c))
UNIT_BIN := $(UNIT_SRC:tests/%.c=$(BUILD)/tests/%)

$(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASEFLAGS) $(POSIX) -Itests -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/t_%: $(BUILD)/tests/unit/t_%.o $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka

# The test host: a store in memory, a driver, a client model; for scripts, simulators and fuzzers.
HOST_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/host/*.c)))

# Executes tests/script/*/*.txt; tests/script/FORMAT describes them.
SCRIPT_RUN := $(BUILD)/tests/script-run
SCRIPTS    := $(sort $(wildcard tests/script/*/*.txt))
SCRIPT_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/script/*.c)))

$(BUILD)/tests/unit/t_client: $(patsubst %,$(BUILD)/tests/host/%.o,client client_fetch text wire)

$(SCRIPT_RUN): $(SCRIPT_OBJ) $(HOST_OBJ) $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

.PRECIOUS: $(BUILD)/tests/%.o $(BUILD)/lib/%.o $(BUILD)/examples/%.o

check: $(UNIT_BIN) $(SCRIPT_RUN)
	@for t in $(UNIT_BIN); do $$t || exit 1; done
	@$(SCRIPT_RUN) $(SCRIPTS)

# ---- real clients: needs python3 and curl, and says so -------------------------------------

# A mailbox of real mail, if there is one beside the tree; else the samples.
MBOX ?= $(wildcard ../shared/mail/real.mbox)

interop: $(BUILD)/imapsrv-maildir
	@sh tests/interop/run.sh $< $(BUILD)/interop \
	  $(or $(MBOX),$(sort $(wildcard examples/maildir/samples/*)))

# ---- benchmarks: compare within one run; counts of instructions where valgrind is there -----

BENCH_BIN := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/bench/*.c)))

$(BENCH_BIN): $(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

bench: $(BENCH_BIN)
	@for b in $(BENCH_BIN); do echo "== $${b##*/}"; $$b || exit 1; done
	@sh tests/bench/count.sh $(BUILD)/tests/bench/session

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
