# Thin on purpose: each target is a script that also runs by itself.
export LOG DURATION SEED

.PHONY: help build deb run test bench verify lint stop clean
.DEFAULT_GOAL := help

help: ## what there is
	@echo 'make run               build, start everything under var/, play a minute of made-up traffic, report on it'
	@echo 'make run LOG=FILE      the same, with an access log (plain or .gz) instead of made-up traffic'
	@echo '                       DURATION=60s SEED=1 shape the traffic; WEIR_BUILD=DIR takes the programs from there'
	@echo 'make build             the release programs, into .build/release'
	@echo 'make deb               a Debian package of them, into .build; scripts/check-deb PACKAGE tries it in a chroot'
	@echo 'make test              every test, system tests included'
	@echo 'make bench             Weir beside its peers: a table, and figures in Benchmarks/results; an hour. BENCH="NAME …" runs'
	@echo '                       some of them, QUICK=1 small rounds, LONG=1 larger sizes; WEIR_BUILD=DIR takes the programs from there'
	@echo 'make verify            what takes hours: sanitizers, 200 kills, a soak, long fuzzing, the package installed'
	@echo 'make lint              formatting and architecture'
	@echo 'make stop              stop what make run started; its data stays'
	@echo 'make clean             stop, and remove what make run made (var/ and bin/)'

build: ## see help
	@scripts/build

deb: ## see help
	@scripts/deb

run: ## see help
	@scripts/run

test: ## see help
	@scripts/test

bench: $(if $(WEIR_BUILD),,build) ## see help
	@command -v python3 > /dev/null || scripts/install-packages python3
	@Benchmarks/run $(if $(QUICK),--quick) $(if $(LONG),--long) $(BENCH)

verify: ## see help
	@scripts/verify

lint: ## see help
	@scripts/lint

stop: ## see help
	@scripts/stop

clean: ## see help
	@scripts/clean
