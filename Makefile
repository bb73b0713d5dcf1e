# imapsrv: one Makefile, no configure step.  Adding a source, a test or a script needs no edit here.
#
#   make            the library (static and shared) and the examples
#   make check      every test that needs only cc, make, libc, binutils and cmocka; -jN for N at a time
#   make demo       two scripted connections to the Maildir server over loopback
#   make serve      a small Maildir, served on 127.0.0.1:1143
#   make install    the library, its headers and its manual; PREFIX and DESTDIR are honoured
#   make lint       the checks of `make check` and those tools that are installed
#   make sim        SIM_HISTORIES random histories of a mailbox
#   make faults     every fault at every point of every script, under sanitizers; needs clang and hours
#   make size       what the library adds to a static program; CFLAGS=-Os and CC=musl-gcc are of interest
#   make fuzz       each fuzzer for FUZZ_TIME seconds; needs clang
#   make portable   `make check` with musl, with 32 bits, big-endian: whatever is installed
#   make coverage   `make check`, counted: every line of lib/ is to be reached, and 95 % of branches; needs gcov
#   make dist       the tree as a tar file
#
# CC AR CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR BUILD may be set on the command line.

CC       ?= cc
AR       ?= ar
CFLAGS   ?= -O2 -g
PREFIX   ?= /usr/local
LIBDIR   ?= $(PREFIX)/lib
INCDIR   ?= $(PREFIX)/include
MANDIR   ?= $(PREFIX)/share/man
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
# Files of more than 2 GiB and dates after 2038, also where a pointer has 32 bits.
POSIX    := -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all check sim demo serve bench size fuzz fuzz-run faults faults-run coverage lint portable \
        interop install uninstall dist \
        clean FORCE

LIB_SRC  := $(sort $(wildcard lib/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
LIB_A    := $(BUILD)/libimapsrv.a
LIB_SO   := $(BUILD)/libimapsrv.so.$(VERSION)

all: $(LIB_A) $(LIB_SO) $(BUILD)/imapsrv.pc $(BUILD)/imapsrv-minimal $(BUILD)/imapsrv-maildir \
     $(BUILD)/imapsrv-mbox

$(BUILD)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIBFLAGS) -MMD -MP -c -o $@ $<

$(LIB_A): $(LIB_OBJ)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(LIB_OBJ)

$(LIB_SO): $(LIB_OBJ)
	$(Q)$(CC) -shared -Wl,-soname,libimapsrv.so.$(SOMAJOR) $(CFLAGS) \
	  $(filter-out -static,$(LDFLAGS)) -o $@ $(LIB_OBJ)
	@ln -sf libimapsrv.so.$(VERSION) $(BUILD)/libimapsrv.so.$(SOMAJOR)
	@ln -sf libimapsrv.so.$(SOMAJOR) $(BUILD)/libimapsrv.so

# Made anew each time: PREFIX may be another one.
$(BUILD)/imapsrv.pc: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$(INCDIR)' '' \
	  'Name: imapsrv' 'Description: Embeddable IMAP server library' 'Version: $(VERSION)' \
	  'Libs: -L$${libdir} -limapsrv' 'Cflags: -I$${includedir}' > $@

# ---- examples ------------------------------------------------------------------------------

MAILDIR_SRC := $(sort $(filter-out %/demo.c,$(wildcard examples/maildir/*.c)))
MAILDIR_OBJ := $(MAILDIR_SRC:%.c=$(BUILD)/%.o)
# crypt(3) lives in libcrypt with glibc, in libc with musl, and nowhere in a libc that was made small:
# then users have a line that the server itself has made (--hash-password).
CRYPT     := $(shell for lib in -lcrypt ''; do \
               echo 'char *crypt(const char *, const char *);' \
                 'int main(int n, char **a) {return n > 1 && crypt(a[0], a[1]);}' | \
               $(CC) $(filter-out --coverage,$(CFLAGS)) $(LDFLAGS) -x c -o /dev/null - $$lib 2>/dev/null && \
               echo there $$lib && break; done)
CRYPT_LIB := $(filter -l%,$(CRYPT))
CRYPT_FLAG := $(if $(CRYPT),,-DWITHOUT_CRYPT)

$(BUILD)/examples/%.o: examples/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASEFLAGS) $(POSIX) $(CRYPT_FLAG) -MMD -MP -c -o $@ $<

$(BUILD)/imapsrv-minimal: $(BUILD)/examples/minimal.o $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(BUILD)/imapsrv-maildir: $(MAILDIR_OBJ) $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CRYPT_LIB)

MBOX_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard examples/mbox/*.c)))

$(BUILD)/imapsrv-mbox: $(MBOX_OBJ) $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(BUILD)/imapsrv-demo: $(BUILD)/examples/maildir/demo.o
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

demo: $(BUILD)/imapsrv-maildir $(BUILD)/imapsrv-demo
	@$(BUILD)/imapsrv-demo $(BUILD) examples/maildir/samples

serve: $(BUILD)/imapsrv-maildir
	@sh examples/maildir/serve.sh $(BUILD)

# ---- tests ---------------------------------------------------------------------------------

# Without cmocka for the target: CMOCKA= CPPFLAGS=-Itests/portable
CMOCKA   ?= -lcmocka
UNIT_SRC := $(sort $(wildcard tests/unit/t_*.c))
UNIT_BIN := $(UNIT_SRC:tests/%.c=$(BUILD)/tests/%)

$(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASEFLAGS) $(POSIX) -Itests -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/t_%: $(BUILD)/tests/unit/t_%.o $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $(filter-out $(LIB_A),$^) $(LIB_A) $(CMOCKA)

# The test host: a store in memory, a driver, a client model, and the strict reader of what is
# emitted; for scripts, simulators and fuzzers.
HOST_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/host/*.c tests/strict/*.c)))

# Executes tests/script/*/*.txt; tests/script/FORMAT describes them.
SCRIPT_RUN := $(BUILD)/tests/script-run
SCRIPTS    := $(sort $(wildcard tests/script/*/*.txt))
SCRIPT_FLAGS ?=
SCRIPT_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/script/*.c)))

STRICT_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/strict/*.c)))

$(BUILD)/tests/unit/t_client $(BUILD)/tests/unit/t_strict: \
  $(patsubst %,$(BUILD)/tests/host/%.o,client client_fetch text) $(STRICT_OBJ)

# Unit tests whose host is described by lines of a script.
$(patsubst %,$(BUILD)/tests/unit/t_%,caps limit_edges sasl saved_parts unauthenticate): \
  $(filter-out %/runner.o,$(SCRIPT_OBJ)) $(HOST_OBJ)

$(BUILD)/tests/unit/t_rights: $(HOST_OBJ)

# Whose reading and writing is its own.
$(BUILD)/tests/unit/t_mbox_io: $(filter-out %/main.o %/support.o,$(MBOX_OBJ))

$(BUILD)/tests/unit/t_mbox_pieces: $(filter-out %/main.o,$(MBOX_OBJ))

$(SCRIPT_RUN): $(SCRIPT_OBJ) $(HOST_OBJ) $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

# The same with an arena whose pieces are allocations of their own, and buffers that are no larger than
# what is in them, so that each fails in some run, and what goes beyond one is seen by sanitizers.
SCRIPT_TIGHT  := $(BUILD)/tests/script-tight
# Without those that count what is taken.
TIGHT_SCRIPTS := $(filter-out $(patsubst %,tests/script/%.txt,search/arena thread/limit-memory \
                   thread/limit-references),$(SCRIPTS))

$(BUILD)/tight/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIBFLAGS) -DISRV_TIGHT -MMD -MP -c -o $@ $<

$(SCRIPT_TIGHT): $(SCRIPT_OBJ) $(HOST_OBJ) $(patsubst %,$(BUILD)/tight/lib/base/%.o,arena buf) \
                 $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

.PRECIOUS: $(BUILD)/tests/%.o $(BUILD)/lib/%.o $(BUILD)/examples/%.o

# Each fuzz target is also built by an ordinary compiler, to replay its corpus.
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
REPLAY_BIN := $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/replay_%)

$(REPLAY_BIN): $(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o \
               $(BUILD)/tests/fuzz/replay.o $(HOST_OBJ) $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

# Real sessions of imapsrv-mbox.
MBOX_TEST := $(BUILD)/tests/mbox/sessions

$(MBOX_TEST): $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/mbox/*.c))) \
              $(patsubst %,$(BUILD)/examples/mbox/%.o,uids digest support)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

# Model checkers over random histories, one in each directory; those of `make check` are always the
# same.
SIM_HISTORIES ?= 1000000
SIM_CHECK     ?= 10000
SIM_NAMES     := $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard tests/sim/*/*.c)))))
SIM_BIN       := $(SIM_NAMES:%=$(BUILD)/tests/sim/run_%)

$(foreach n,$(SIM_NAMES),$(eval $(BUILD)/tests/sim/run_$(n): \
  $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/sim/$(n)/*.c)))))

$(SIM_BIN): $(HOST_OBJ) $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB_A)

sim: $(SIM_BIN)
	@for b in $(SIM_BIN); do $$b --histories $(SIM_HISTORIES) || exit 1; done

# Attacks, and the work that they cause: the library once more, which counts what it does
# (tests/attack/counted.h says how).
ATTACK_BIN := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/attack/t_*.c)))
ATTACK_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(sort $(filter-out \
              $(wildcard tests/attack/t_*.c),$(wildcard tests/attack/*.c))))
COUNTING := $(shell echo | $(CC) -fsanitize-coverage=trace-pc -x c -c -o /dev/null - 2>/dev/null && \
              echo -fsanitize-coverage=trace-pc) \
            $(foreach f,chr cmp cpy move set,-Dmem$(f)=counted_mem$(f)) \
            -Dstrlen=counted_strlen -Dstrchr=counted_strchr
# Whatever the rest is optimized for, and counted by: the blocks are the same ones.
COUNTED_FLAGS := $(filter-out -O% --coverage,$(BASEFLAGS)) -O2

$(BUILD)/counted/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(COUNTED_FLAGS) $(COUNTING) -MMD -MP -c -o $@ $<

$(ATTACK_BIN): %: %.o $(ATTACK_OBJ) $(HOST_OBJ) $(LIB_SRC:%.c=$(BUILD)/counted/%.o)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(CMOCKA)

# The Maildir server as a process: a client of its own, over loopback.
MAILDIR_RUN := $(BUILD)/tests/maildir/run

$(MAILDIR_RUN): $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/maildir/*.c)))
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

# The conformance kit: on the test host's store with one defect after the other, on the examples'.
KIT_TEST := $(BUILD)/tests/storecheck/stores

$(KIT_TEST): $(patsubst %,$(BUILD)/tests/storecheck/%.o,stores kit finding index members \
             defects_read defects_change defects_names defects_lists defects_login defects_url \
             defects_share defects_rest defects_wild unusual) $(HOST_OBJ) $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

# The examples' stores, each in a program of its own: their names are the same.
KIT_MAILDIR := $(BUILD)/tests/storecheck/maildir
KIT_MBOX    := $(BUILD)/tests/storecheck/mbox
KIT_MINIMAL := $(BUILD)/tests/storecheck/minimal

$(KIT_MINIMAL): $(patsubst %,$(BUILD)/tests/storecheck/%.o,minimal finding) $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(KIT_MAILDIR) $(KIT_MBOX): $(patsubst %,$(BUILD)/tests/storecheck/%.o,finding scratch)
$(KIT_MAILDIR): $(BUILD)/tests/storecheck/maildir.o \
                $(filter-out %/main.o,$(MAILDIR_OBJ)) $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB_A) $(CRYPT_LIB)

$(KIT_MBOX): $(BUILD)/tests/storecheck/mbox.o \
             $(filter-out %/main.o,$(MBOX_OBJ)) $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB_A)

# As many tests at a time as make has jobs: `make -j4 check`.
JOBS  = $(or $(firstword $(patsubst -j%,%,$(filter -j%,$(MAKEFLAGS)))),1)
RUN   = CC='$(CC)' BUILD='$(BUILD)' JOBS='$(JOBS)' sh tests/run.sh $(BUILD)/logs
LINTS := $(sort $(wildcard tests/lint/*.sh))

check: all $(UNIT_BIN) $(SCRIPT_RUN) $(SCRIPT_TIGHT) $(REPLAY_BIN) $(SIM_BIN) $(MAILDIR_RUN) \
       $(MBOX_TEST) $(ATTACK_BIN) $(KIT_TEST) $(KIT_MAILDIR) $(KIT_MBOX) $(KIT_MINIMAL) \
       $(BUILD)/imapsrv-demo
	@$(RUN) $(UNIT_BIN) $(ATTACK_BIN) '$(SCRIPT_RUN) $(SCRIPT_FLAGS) tests/script/*/*.txt' \
	  '$(SCRIPT_TIGHT) --variant alloc-once --budget 60 $(TIGHT_SCRIPTS)' \
	  $(SIM_BIN:%='% --histories $(SIM_CHECK)') \
	  '$(MAILDIR_RUN) $(BUILD)/imapsrv-maildir $(BUILD)/tests/maildir/scratch' \
	  '$(BUILD)/imapsrv-demo $(BUILD) examples/maildir/samples' \
	  $(foreach n,$(FUZZ_NAMES),'$(BUILD)/tests/fuzz/replay_$(n) tests/fuzz/corpus/$(n)') \
	  '$(MBOX_TEST) $(BUILD)/imapsrv-mbox $(BUILD)/tests/mbox/files' \
	  $(KIT_TEST) '$(KIT_MAILDIR) $(BUILD)/tests/storecheck/mail' \
	  '$(KIT_MBOX) $(BUILD)/tests/storecheck/mail' $(KIT_MINIMAL) $(LINTS:%='sh %')

size: $(LIB_A)
	@CC='$(CC)' CFLAGS='$(CFLAGS)' LDFLAGS='$(LDFLAGS)' BUILD='$(BUILD)' sh tests/size/size.sh

lint: $(LIB_SO)
	@$(RUN) $(LINTS:%='sh %') $(patsubst %,'sh %',$(sort $(wildcard tests/lint/tools/*.sh)))

# The same tests as other machines see them; what is not installed is skipped with a word.
portable:
	@MAKE='$(MAKE)' TEST_TIMEOUT=$${TEST_TIMEOUT:-21600} $(RUN) 'sh tests/lint/headers.sh' \
	  $(patsubst %,'sh tests/portable/%.sh',strict musl bits32 bigendian)

coverage:
	@status=0; TEST_TIMEOUT=$${TEST_TIMEOUT:-1800} \
	  $(MAKE) BUILD='$(BUILD)/coverage' CFLAGS='-O0 -g --coverage' check || status=$$?; \
	  sh tests/coverage.sh '$(BUILD)/coverage' || status=$$?; exit $$status

# ---- fuzzing: the library is built once more, with clang -----------------------------------

FUZZ_CC   ?= clang
FUZZ_TIME ?= 20
FUZZ_BIN  := $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/fuzz_%)

fuzz:
	@$(MAKE) BUILD='$(BUILD)/fuzz' CC='$(FUZZ_CC)' CFLAGS='-O1 -g -fno-sanitize-recover=all \
	  -fsanitize=fuzzer-no-link,address,undefined' fuzz-run

$(FUZZ_BIN): %: %.o $(HOST_OBJ) $(LIB_A)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^

# New inputs stay under BUILD; one that is worth keeping is copied to tests/fuzz/corpus by hand.  A session
# begins with what the clients of all scripts send.
fuzz-run: $(FUZZ_BIN)
	@mkdir -p $(FUZZ_NAMES:%=$(BUILD)/corpus/%)
	@sh tests/fuzz/seeds.sh $(BUILD)/corpus/session $(SCRIPTS)
	@$(RUN) $(foreach n,$(FUZZ_NAMES),'$(BUILD)/tests/fuzz/fuzz_$(n) \
	  -max_total_time=$(FUZZ_TIME) -timeout=20 -artifact_prefix=$(BUILD)/corpus/$(n)- \
	  $(patsubst %,-dict=%,$(wildcard tests/fuzz/$(n).dict)) \
	  $(BUILD)/corpus/$(n) tests/fuzz/corpus/$(n)')

# ---- faults: `make check` tries a sample of them, this is all ---------------------------------

# Each in a build of its own: address and undefined behaviour, then memory that was never written.
FAULTS_ADDRESS := -O1 -g -fno-sanitize-recover=all -fsanitize=address,undefined
FAULTS_MEMORY  := -O1 -g -fno-sanitize-recover=all -fsanitize=memory
FAULTS_SCRIPTS ?= $(SCRIPTS)
# All points of each kind, but of the few scripts with long literals no more than cost as much as this.
FAULTS_WORK    ?= 16

faults:
	@$(MAKE) BUILD='$(BUILD)/faults/address' CC='$(FUZZ_CC)' CFLAGS='$(FAULTS_ADDRESS)' faults-run
	@$(MAKE) BUILD='$(BUILD)/faults/memory' CC='$(FUZZ_CC)' CFLAGS='$(FAULTS_MEMORY)' faults-run

faults-run: $(SCRIPT_RUN) $(SCRIPT_TIGHT)
	@$(SCRIPT_RUN) --full --work $(FAULTS_WORK) --faults $(FAULTS_SCRIPTS)
	@$(SCRIPT_TIGHT) --full --work $(FAULTS_WORK) --variant alloc-once \
	  $(filter $(TIGHT_SCRIPTS),$(FAULTS_SCRIPTS))

# ---- real clients: needs python3 and curl, and says so -------------------------------------

# The samples, and a mailbox of real mail if there is one beside the tree.
MBOX ?= $(firstword $(wildcard ../*/mail/*.mbox))

interop: $(BUILD)/imapsrv-maildir
	@sh tests/interop/run.sh $< $(BUILD)/interop \
	  $(MBOX) $(sort $(wildcard examples/maildir/samples/*))

# ---- benchmarks: compare within one run; counts of instructions where valgrind is there -----

BENCH_BIN := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/bench/*.c)))

$(BENCH_BIN): $(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(LIB_A)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

bench: $(BENCH_BIN) $(BUILD)/imapsrv-maildir
	@for b in $(BENCH_BIN); do echo "== $${b##*/}"; $$b || exit 1; done
	@sh tests/bench/count.sh $(BUILD)/tests/bench/session
	@if command -v python3 >/dev/null 2>&1; then \
	  python3 -B tests/interop/speed.py $(BUILD)/imapsrv-maildir $(BUILD)/speed; fi

# ---- installing ----------------------------------------------------------------------------

MAN_PAGES := $(sort $(wildcard man/*.3 man/*.7))
# The functions that a page of section 3 describes: what its NAME has beside its own.
MAN_NAMES  = awk '/^\.Sh NAME/ {on = 1} /^\.Nd/ {on = 0} \
  on && $$1 == ".Nm" && FILENAME != "man/" $$2 ".3" {print $$2}'
TO        := $(DESTDIR)

install: $(LIB_A) $(LIB_SO) $(BUILD)/imapsrv.pc
	install -d '$(TO)$(INCDIR)/imapsrv' '$(TO)$(LIBDIR)/pkgconfig' '$(TO)$(MANDIR)/man3' \
	  '$(TO)$(MANDIR)/man7'
	install -m 644 include/imapsrv.h '$(TO)$(INCDIR)'
	install -m 644 include/imapsrv/*.h '$(TO)$(INCDIR)/imapsrv'
	install -m 644 $(LIB_A) '$(TO)$(LIBDIR)'
	install -m 755 $(LIB_SO) '$(TO)$(LIBDIR)'
	ln -sf libimapsrv.so.$(VERSION) '$(TO)$(LIBDIR)/libimapsrv.so.$(SOMAJOR)'
	ln -sf libimapsrv.so.$(SOMAJOR) '$(TO)$(LIBDIR)/libimapsrv.so'
	install -m 644 $(BUILD)/imapsrv.pc '$(TO)$(LIBDIR)/pkgconfig'
	@for page in $(MAN_PAGES); do \
	  dir='$(TO)$(MANDIR)'/man$${page##*.}; \
	  install -m 644 $$page "$$dir" || exit 1; \
	  test $${page##*.} = 3 || continue; \
	  for name in $$($(MAN_NAMES) $$page); do \
	    ln -sf $${page#man/} "$$dir/$$name.3" || exit 1; \
	  done; \
	done

uninstall:
	rm -rf '$(TO)$(INCDIR)/imapsrv'
	rm -f '$(TO)$(INCDIR)/imapsrv.h' '$(TO)$(LIBDIR)/libimapsrv.a' \
	  '$(TO)$(LIBDIR)/libimapsrv.so' '$(TO)$(LIBDIR)/libimapsrv.so.$(SOMAJOR)' \
	  '$(TO)$(LIBDIR)/libimapsrv.so.$(VERSION)' '$(TO)$(LIBDIR)/pkgconfig/imapsrv.pc'
	@for page in $(MAN_PAGES); do \
	  dir='$(TO)$(MANDIR)'/man$${page##*.}; \
	  rm -f "$$dir/$${page#man/}"; \
	  test $${page##*.} = 3 || continue; \
	  for name in $$($(MAN_NAMES) $$page); do rm -f "$$dir/$$name.3"; done; \
	done

DIST := imapsrv-$(VERSION)

dist:
	@rm -rf '$(BUILD)/$(DIST)'
	@mkdir -p '$(BUILD)/$(DIST)'
	cp -R Makefile README COPYING include lib examples tests man '$(BUILD)/$(DIST)'
	@find '$(BUILD)/$(DIST)' -name __pycache__ -prune -exec rm -rf {} +
	tar -C '$(BUILD)' -cf - $(DIST) | gzip -n > '$(BUILD)/$(DIST).tar.gz'
	@rm -rf '$(BUILD)/$(DIST)'

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
