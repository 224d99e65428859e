# Mandoob: one Makefile for both programs, their tests and their checks.
#
#   make run                    install what is missing, build, start a centre and a device with samples, print their addresses
#   make test                   install what is missing, build, run everything; closes with "N passed, N failed"
#   make                        build/mandoob-agent, build/mandoob-server and build/mandoob_vault.so
#   make check [SAN=1]          the tests without installing anything; SAN=1: all of them under ASan and UBSan
#   make bench                  the figures, each beside its bound or peer
#   make sim SEED=1 SEEDS=1000  devices and centre in one process, with faults, from a seed
#   make fuzz FUZZ_SECONDS=60   every decoder under libFuzzer
#   make conformance            the form engine against cases recorded from other engines, where these are at hand
#   make forms                  the default forms as workbooks for spreadsheet programs, build/forms/*.xlsx
#   make load LOAD_SECONDS=60   processes and threads on one vault, under the thread sanitizer
#   make tidy                   the rules of the house, tests/tidy.sh
#   make install DESTDIR= PREFIX=/usr
#   make clean
#
# Variants, each in a folder of its own: SAN=1 (build-san), TSAN=1 (build-tsan), CC=clang (build-clang),
# VAULT_WITHOUT=7 (build-without-7, see proto/base/vault/row.h). WERROR=1 makes warnings errors; V=1
# shows the commands. Sources are listed below in reading order: the order in which data meets them. tidy refuses a C file
# that is in no list. A bare Debian has neither gcc nor pkg-config, so nothing here calls them while the file is read.

MAKEFLAGS += --no-print-directory
ifeq ($(origin CC),default)
CC := gcc
endif

# ---- What there is to build -----------------------------------------------------------------------------------------

BASE = err buf bytes arena env log file conf cli \
	text text_code text_words text_forms hijri hijri_parse hijri_table check \
	$(addprefix vault/,vault make copy kdf slot prefix slots recovery lease rekey erase verify harden sql registry \
		seal lower io vfs database birth record pages wal journal temp) db keyfile \
	json html http httpguard httpc vaultcli
# From the sheets to a case with answers, and how it looks.
FORM = sheets sheets_write form form_read form_fields form_lists form_words csv reflist reflist_compile value value_choice value_display \
	strokes reference \
	$(addprefix xpath/,node set index token argument problem parser parse parse_step xplan depends \
		eval call step compare convert number function function_core function_tree core_text \
		function_odk function_text function_number function_date function_geo function_own xdate regex digest) \
	plan plan_parse plan_order plan_problem model model_tree model_entry model_list model_compute model_show \
	markdown render render_words render_case render_blank
# The forms that are built in: made by packaging/formc.c, so that everything else in FORM is there before they are.
FORM_BUILT_IN = form_default
PROTO = record edit changeset changeset_pull sheet column packed column_strokes fold \
	pack seal seal_envelope chain merge receipt manifest message message_blob message_paper message_content message_enrol message_stick lease

# The road of an answer, then what a person types.
AGENT = main config answer_json answer draft session session_problems view store shelf outbox register round upload apply fork guard \
	$(addprefix command/,shell unlock enrol take interview question lines change finish papers_command show sync stick status verify vault_command)

# The road of a change set, then who takes part with which keys, then what a person types.
SERVER = main config centre centre_create library papers papers_catalogue publish \
	serve writer intake intake_request intake_past envelope opened ingest ingest_centre register ledger \
	conflict conflict_decide case review recheck outlet outlet_pull stick specimen \
	$(addprefix admin/,setup authority account enrol device device_lease backup verify escrow) \
	$(addprefix command/,command command_form cmd_centre cmd_manifest cmd_form cmd_form_diff cmd_form_view cmd_list cmd_dictionary cmd_account cmd_device cmd_stick cmd_case cmd_case_show cmd_conflict cmd_backup cmd_vault)

# What an author wrote, on its way to a form. packaging/formc.c is the same without a centre: it makes the default forms for the build.
AUTHOR = $(addprefix author/,workbook zip xlsx xlsx_kind xlsx_xml xlsx_relations xlsx_strings xlsx_styles xlsx_number xlsx_sheet csv_sheet \
	xlsx_write problem grid xlsform xlsform_words xlsform_table xlsform_settings xlsform_choices xlsform_parameters xlsform_select \
	xlsform_question xlsform_entities xlsform_survey xlsform_expand xlsform_refer xlsform_emit xlsform_back)

# Data that the programs carry inside: see packaging/embed.sh. A default form is three sheets, proto/form/forms/NAME/*.csv.
FORM_NAMES = aid_application visit_outcome rating
FORM_DATA = $(foreach f,$(FORM_NAMES),$(addprefix proto/form/forms/$(f)/,survey.csv choices.csv settings.csv))
LIST_NAMES = governorate centre village branch_office support_programme need_rule
LIST_DATA = $(LIST_NAMES:%=proto/form/forms/lists/%.csv)
# The compression dictionary that a new centre hands out is trained here, on invented applications, in about three seconds.
TRAINER_SRC = tests/bench/train_dictionary.c tests/lib/batch.c $(TOOL_LIB)
AGENT_SCHEMA = $(sort $(wildcard agent/schema/*.sql))
SERVER_SCHEMA = $(sort $(wildcard server/schema/*.sql))

# A test is tests/unit/test_<module>.c; it links the common modules, and test_agent_* and test_server_* that program's too.
# A contact has two ends: these link what they call of both programs (tests/lib/roundkit.h), as the simulator does.
CONTACT_TESTS = test_agent_round test_agent_apply test_agent_fork test_agent_rewind
TESTS = $(sort $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c)))
# tests/lib/<tool>_main.c is a program that scripts use, build/tests/<tool>; the rest of tests/lib is what tests share.
TOOLS = $(sort $(patsubst tests/lib/%_main.c,%,$(wildcard tests/lib/*_main.c)))
TEST_LIB = $(sort $(filter-out %_main.c,$(wildcard tests/lib/*.c)))
# The tools need the sample generator only, so that `make run` works without the test library.
TOOL_LIB = $(filter tests/lib/sample%.c,$(TEST_LIB))
# A benchmark is tests/bench/bench_<what>.c; it may call the server's modules. A fuzz target is tests/fuzz/fuzz_<what>.c.
BENCHES = $(sort $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/bench_*.c)))
FUZZERS = $(sort $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
# A conformance program is tests/conform/conform_<what>.c; the rest of that folder is what they share.
CONFORMERS = $(sort $(patsubst tests/conform/%.c,%,$(wildcard tests/conform/conform_*.c)))
CONFORM_LIB = $(sort $(filter-out tests/conform/conform_%,$(wildcard tests/conform/*.c)))
# What feeds the targets: tests/fuzz/seeds_main.c makes inputs, tests/fuzz/replay_main.c stands in for libFuzzer in the tests.

# The vault for stock SQLite programs: the same sources, compiled once more against the table of the program that loads them.
EXTENSION_SRC = $(patsubst %,proto/base/%.c,err buf bytes env log file $(filter vault/%,$(BASE)) vault/extension)

CORE_SRC = $(BASE:%=proto/base/%.c) $(FORM:%=proto/form/%.c) $(PROTO:%=proto/%.c)
COMMON_SRC = $(CORE_SRC) $(FORM_BUILT_IN:%=proto/form/%.c)
AGENT_SRC = $(AGENT:%=agent/%.c)
SERVER_SRC = $(SERVER:%=server/%.c) $(AUTHOR:%=server/%.c)
AUTHOR_SRC = $(AUTHOR:%=server/%.c)
TEST_SRC = $(TEST_LIB) $(TESTS:%=tests/unit/%.c) $(TOOLS:%=tests/lib/%_main.c) $(BENCHES:%=tests/bench/%.c) \
	$(CONFORMERS:%=tests/conform/%.c) $(CONFORM_LIB) $(FUZZERS:%=tests/fuzz/%.c) tests/fuzz/replay_main.c tests/fuzz/seeds_main.c tests/sim/sim.c tests/sim/world.c tests/sim/press.c

# ---- How it is built ------------------------------------------------------------------------------------------------

COMPILER = $(notdir $(firstword $(CC)))
B := build$(if $(filter-out gcc cc,$(COMPILER)),-$(COMPILER))$(if $(SAN),-san)$(if $(TSAN),-tsan)$(if $(VAULT_WITHOUT),-without-$(VAULT_WITHOUT))
GEN = build/gen

CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wformat=2
SAN_FLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
TSAN_FLAGS = -fsanitize=thread -fno-omit-frame-pointer
SANITIZER = $(if $(SAN),$(SAN_FLAGS))$(if $(TSAN),$(TSAN_FLAGS))
HARDENING = $(or $(SANITIZER),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. $(WARNINGS) $(CFLAGS) $(HARDENING) -pthread $(if $(VAULT_WITHOUT),-DVAULT_WITHOUT=$(VAULT_WITHOUT)) $(CPPFLAGS)
ALL_LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(SANITIZER) $(LDFLAGS)

# Asked once, and only when a recipe needs the answer.
LIBRARIES = sqlite3 libsodium libzstd libcurl libmicrohttpd jansson expat zlib libpcre2-8
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null) -lm)$(PKG_LIBS)
CMOCKA_LIBS = $(eval CMOCKA_LIBS := $(shell pkg-config --libs cmocka 2>/dev/null))$(CMOCKA_LIBS)

JOBS = $(shell nproc)
Q = $(if $(V),,@)
objects = $(patsubst %.c,$(B)/%.o,$(1))

COMMON_OBJ = $(call objects,$(COMMON_SRC)) $(B)/gen/form_default_data.o
AUTHOR_OBJ = $(call objects,$(AUTHOR_SRC))
AGENT_OBJ = $(call objects,$(AGENT_SRC)) $(B)/gen/agent_schema.o
SERVER_OBJ = $(call objects,$(SERVER_SRC)) $(B)/gen/server_schema.o $(B)/gen/dictionary.o
TEST_OBJ = $(call objects,$(TEST_SRC))
COMMON_LIB = $(B)/libmandoob.a
TEST_LIB_A = $(B)/libtests.a
AGENT_LIB = $(B)/libagent.a
AUTHOR_LIB = $(B)/libauthor.a
SERVER_LIB = $(B)/libserver.a
SIM_PROGRAM = $(B)/tests/simulator
PROGRAMS = $(B)/mandoob-agent $(B)/mandoob-server
EXTENSION_OBJ = $(EXTENSION_SRC:%.c=$(B)/extension/%.o)
EXTENSION = $(B)/mandoob_vault.so
MAN_PAGES = packaging/man/mandoob-vault.5
TEST_PROGRAMS = $(TESTS:%=$(B)/tests/%)
TOOL_PROGRAMS = $(TOOLS:%=$(B)/tests/%)
# The rows of proto/base/vault/row.h: their tests once more, on vaults of which a variable takes the answer to one row out.
ROW_OBJ = $(patsubst %.c,$(B)/rows/%.o,$(filter proto/base/vault/%,$(COMMON_SRC)))
ROW_PROGRAMS = $(patsubst %,$(B)/rows/%,$(filter test_vault_rows%,$(TESTS)))
BENCH_PROGRAMS = $(BENCHES:%=$(B)/bench/%)
FUZZ_PROGRAMS = $(FUZZERS:%=$(B)/fuzz/%)
CONFORM_PROGRAMS = $(CONFORMERS:%=$(B)/conform/%)
REPLAY_PROGRAMS = $(FUZZERS:%=$(B)/fuzz-replay/%)
SEEDS_PROGRAM = $(B)/fuzz-replay/seeds

# ---- What a person asks for -----------------------------------------------------------------------------------------

.PHONY: all extension tests objects run test check tidy bench benches conformance conformers forms fuzz fuzzers load loader sim install clean sources FORCE
.DELETE_ON_ERROR:

# A sanitized extension could only be loaded by a sanitized program.
all: $(PROGRAMS) $(if $(SANITIZER),,extension)

extension: $(EXTENSION)

tests: $(TEST_PROGRAMS) $(ROW_PROGRAMS) $(TOOL_PROGRAMS) $(SIM_PROGRAM) $(REPLAY_PROGRAMS) $(SEEDS_PROGRAM)

# Everything compiled and nothing linked.
objects: $(COMMON_OBJ) $(AGENT_OBJ) $(SERVER_OBJ) $(TEST_OBJ)

run:
	@sh packaging/bootstrap.sh
	@$(MAKE) -j$(JOBS) all
	@sh packaging/run.sh $(B)

test:
	@sh packaging/bootstrap.sh --test
	@$(MAKE) check

# The plain build runs everything; the sanitized build runs the unit tests once more (with SAN=1: everything, nothing else).
# Where clang is installed it compiles everything too, so that what passes here passes with both compilers.
check:
	@$(MAKE) -j$(JOBS) WERROR=1 all tests
	@$(if $(SAN),,$(MAKE) -j$(JOBS) SAN=1 tests)
	@$(if $(SAN),,if command -v clang >/dev/null; then $(MAKE) -j$(JOBS) CC=clang WERROR=1 objects; \
		else echo "skipped: clang is not installed, so nothing was compiled with it"; fi)
	@$(if $(SAN),,if echo 'int main(void) { return 0; }' | $(CC) $(TSAN_FLAGS) -x c -o /dev/null - 2>/dev/null; \
		then $(MAKE) -j$(JOBS) TSAN=1 loader; else echo "skipped: this compiler has no thread sanitizer"; fi)
	@MAKE="$(MAKE)" sh tests/run.sh $(B) $(if $(SAN),,$(B)-san)

# Each figure beside its bound or its peer, measured in the same run.
bench:
	@sh packaging/bootstrap.sh --test
	@$(MAKE) -j$(JOBS) all tests benches
	@sh tests/bench/run.sh $(B)

benches: $(BENCH_PROGRAMS)

# The cases are not part of the project: without them this says so and does nothing.
CONFORMANCE_DATA = ../shared/data/conformance
conformance:
	@sh packaging/bootstrap.sh --test
	@$(MAKE) -j$(JOBS) conformers
	@sh tests/conform/run.sh $(B) $(CONFORMANCE_DATA)

conformers: $(CONFORM_PROGRAMS) $(B)/formc

# What authors begin with: the default forms as they would write them.
forms:
	@sh packaging/bootstrap.sh
	@$(MAKE) -j$(JOBS) $(FORM_NAMES:%=build/forms/%.xlsx)

# Devices and centre in one process, from a seed: many seeds, or one again.
SEED = 1
SEEDS = 1000
sim:
	@sh packaging/bootstrap.sh --test
	@$(MAKE) -j$(JOBS) tests
	@$(SIM_PROGRAM) $(SEED) $(SEEDS)

# Every decoder for FUZZ_SECONDS under libFuzzer, ASan and UBSan; needs clang.
FUZZ_SECONDS = 60
fuzz:
	@sh packaging/bootstrap.sh --fuzz
	@$(MAKE) -j$(JOBS) CC=clang SAN=1 CPPFLAGS=-fsanitize=fuzzer-no-link fuzzers
	@sh tests/fuzz/run.sh build-clang-san $(FUZZ_SECONDS)

fuzzers: $(FUZZ_PROGRAMS) $(SEEDS_PROGRAM)

# tests/fault/vault_load.sh for longer and with the thread sanitizer only; a few seconds of both are part of the tests.
LOAD_SECONDS = 60
load:
	@sh packaging/bootstrap.sh --test
	@$(MAKE) -j$(JOBS) TSAN=1 loader
	@LOAD_SECONDS=$(LOAD_SECONDS) LOAD_BUILDS=$(CURDIR)/build-tsan sh tests/fault/vault_load.sh

loader: $(B)/tests/vaultload

tidy:
	@MAKE="$(MAKE)" sh tests/tidy.sh

install: all
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 0755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	install -d $(DESTDIR)$(PREFIX)/lib/mandoob $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 0644 $(EXTENSION) $(DESTDIR)$(PREFIX)/lib/mandoob
	install -m 0644 $(MAN_PAGES) $(DESTDIR)$(PREFIX)/share/man/man5

PREFIX = /usr

clean:
	rm -rf build build-*

# For tidy: every C file that belongs to the programs.
sources:
	@printf '%s\n' $(COMMON_SRC) packaging/formc.c $(AGENT_SRC) $(SERVER_SRC) $(filter-out $(COMMON_SRC),$(EXTENSION_SRC))

# ---- Rules ----------------------------------------------------------------------------------------------------------

# Changed when the compiler or its flags change, so that everything is compiled anew; also the place that misses libraries.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@command -v $(firstword $(CC)) >/dev/null && pkg-config --exists $(LIBRARIES) || \
		{ echo "mandoob: a compiler or a library is missing; run: sh packaging/bootstrap.sh" >&2; exit 1; }
	@echo '$(CC) $(ALL_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(ALL_CFLAGS)' >$@

define compile
@mkdir -p $(@D)
@echo "  cc    $<"
$(Q)$(CC) $(ALL_CFLAGS) $(if $(WERROR),-Werror) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<
endef

define archive
@mkdir -p $(@D)
@rm -f $@
$(Q)ar rcs $@ $^
endef

define link
@mkdir -p $(@D)
@echo "  link  $@"
$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(1) $(PKG_LIBS)
endef

define embed
@mkdir -p $(@D)
@echo "  embed $@"
$(Q)sh packaging/embed.sh $(1) $(filter-out packaging/embed.sh,$^) >$@
endef

$(B)/%.o: %.c $(B)/flags
	$(compile)

$(B)/gen/%.o: $(GEN)/%.c $(B)/flags
	$(compile)

# The default forms: three sheets each, compiled as an author's would be. Anew when they or the compiler change; the program alone is no reason, since
# each variant of the build has its own.
$(B)/formc: $(call objects,packaging/formc.c) $(AUTHOR_OBJ) $(call objects,$(CORE_SRC))
	$(call link)

$(GEN)/%.form: proto/form/forms/%/survey.csv proto/form/forms/%/choices.csv proto/form/forms/%/settings.csv $(AUTHOR_SRC) packaging/formc.c | $(B)/formc
	@mkdir -p $(@D)
	@echo "  form  $@"
	$(Q)$(B)/formc -o $@ $(filter %.csv,$^)

build/forms/%.xlsx: proto/form/forms/%/survey.csv proto/form/forms/%/choices.csv proto/form/forms/%/settings.csv | $(B)/formc
	@mkdir -p $(@D)
	@echo "  form  $@"
	$(Q)$(B)/formc -x $@ $^

$(GEN)/form_default_data.c: $(FORM_NAMES:%=$(GEN)/%.form) $(LIST_DATA) packaging/embed.sh
	$(call embed,data form_default)

# Anew when what shapes a change set changes; the program alone is no reason, since each variant of the build has its own.
$(GEN)/dictionary.zdict: $(FORM_DATA) $(TRAINER_SRC) $(addprefix proto/,changeset.c changeset_pull.c sheet.c column.c packed.c fold.c pack.c) \
		| $(B)/tests/train_dictionary
	@mkdir -p $(@D)
	@echo "  train $@"
	$(Q)$(B)/tests/train_dictionary $@ >/dev/null

$(B)/tests/train_dictionary: $(call objects,$(TRAINER_SRC)) $(COMMON_LIB)
	$(call link)

$(GEN)/dictionary.c: $(GEN)/dictionary.zdict packaging/embed.sh
	$(call embed,data default)

$(GEN)/agent_schema.c: $(AGENT_SCHEMA) packaging/embed.sh
	$(call embed,schema agent_schema)

$(GEN)/server_schema.c: $(SERVER_SCHEMA) packaging/embed.sh
	$(call embed,schema server_schema)

$(COMMON_LIB): $(COMMON_OBJ)
	$(archive)

$(AGENT_LIB): $(filter-out %/main.o,$(AGENT_OBJ))
	$(archive)

$(SERVER_LIB): $(filter-out %/main.o,$(SERVER_OBJ))
	$(archive)

$(AUTHOR_LIB): $(AUTHOR_OBJ)
	$(archive)

# Both programs' stations in one: from archives, so that only what the simulator calls comes in.
$(SIM_PROGRAM): $(B)/tests/sim/sim.o $(B)/tests/sim/world.o $(B)/tests/sim/press.o $(AGENT_LIB) $(SERVER_LIB) $(COMMON_LIB)
	$(call link)

$(TEST_LIB_A): $(call objects,$(TEST_LIB))
	$(archive)

$(B)/mandoob-agent: $(AGENT_OBJ) $(COMMON_LIB)
	$(call link)

$(B)/mandoob-server: $(SERVER_OBJ) $(COMMON_LIB)
	$(call link)

$(EXTENSION_OBJ): $(B)/extension/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  cc    $< (extension)"
	$(Q)$(CC) $(ALL_CFLAGS) -DVAULT_EXTENSION -fPIC -fvisibility=hidden $(if $(WERROR),-Werror) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

# Nothing may be missing: a call of SQLite that does not go through the table would be.
$(EXTENSION): $(EXTENSION_OBJ)
	@echo "  link  $@"
	$(Q)$(CC) -shared -pthread -Wl,-z,relro,-z,now,-z,defs -Wl,--as-needed $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs libsodium)

$(TEST_PROGRAMS): $(B)/tests/%: $(B)/tests/unit/%.o $(TEST_LIB_A) $(AUTHOR_LIB) $(COMMON_LIB)
	$(call link,$(CMOCKA_LIBS))

$(ROW_OBJ): $(B)/rows/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  cc    $< (rows)"
	$(Q)$(CC) $(ALL_CFLAGS) -UVAULT_WITHOUT -DVAULT_WITHOUT=vault_row_without $(if $(WERROR),-Werror) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(ROW_PROGRAMS): $(B)/rows/%: $(B)/tests/unit/%.o $(ROW_OBJ) $(TEST_LIB_A) $(COMMON_LIB)
	$(call link,$(CMOCKA_LIBS))

$(TOOL_PROGRAMS): $(B)/tests/%: $(B)/tests/lib/%_main.o $(call objects,$(TOOL_LIB)) $(COMMON_LIB)
	$(call link)

$(BENCH_PROGRAMS): $(B)/bench/%: $(B)/tests/bench/%.o $(TEST_LIB_A) $(SERVER_LIB) $(COMMON_LIB)
	$(call link)

$(CONFORM_PROGRAMS): $(B)/conform/%: $(B)/tests/conform/%.o $(call objects,$(CONFORM_LIB)) $(AUTHOR_LIB) $(COMMON_LIB)
	$(call link)

$(FUZZ_PROGRAMS): $(B)/fuzz/%: $(B)/tests/fuzz/%.o $(TEST_LIB_A) $(AUTHOR_LIB) $(COMMON_LIB)
	$(call link,-fsanitize=fuzzer)

$(REPLAY_PROGRAMS): $(B)/fuzz-replay/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/replay_main.o $(TEST_LIB_A) $(AUTHOR_LIB) $(COMMON_LIB)
	$(call link)

$(SEEDS_PROGRAM): $(B)/tests/fuzz/seeds_main.o $(TEST_LIB_A) $(COMMON_LIB)
	$(call link)

$(filter $(CONTACT_TESTS:%=$(B)/tests/%),$(TEST_PROGRAMS)): $(AGENT_LIB) $(SERVER_LIB)
$(filter-out $(CONTACT_TESTS:%=$(B)/tests/%),$(filter $(B)/tests/test_agent_%,$(TEST_PROGRAMS))): $(filter-out %/main.o,$(AGENT_OBJ))
$(filter $(B)/tests/test_server_%,$(TEST_PROGRAMS)): $(filter-out %/main.o,$(SERVER_OBJ))

# Their disk is in memory, also for what the vault does beside SQLite, and allocations fail (tests/lib/faultfs_posix.h, faultfs_heap.h).
FAULTFS_WRAP = malloc calloc realloc strdup strndup sodium_malloc open close access unlink rename renameat2 fsync flock realpath \
	stat fstat chmod fallocate chown pwrite
$(addprefix $(B)/tests/test_,vault_power_keys vault_faults vault_faults_keys workbook_hostile model_faults): ALL_LDFLAGS += $(FAULTFS_WRAP:%=-Wl,--wrap=%)

-include $(patsubst %.o,%.d,$(ROW_OBJ) $(EXTENSION_OBJ) $(COMMON_OBJ) $(AGENT_OBJ) $(SERVER_OBJ) $(TEST_OBJ))
