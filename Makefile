# Everything a newcomer types. Each target installs what it needs and asks nothing.
PREFIX ?= /usr/local
# For bench: what it has of the reference implementations is timed beside ours.
PYTHON ?= python3
FINETUNE = .build/release/finetune
RUN_OPTIONS = $(if $(MODEL),--model $(MODEL)) $(if $(DATA),--data $(DATA))
# A target imports only what Package.swift gives it.
BUILD = swift build -c release --explicit-target-dependency-import-check error
SANITIZERS ?= address undefined thread
FUZZ_INPUTS ?= 100000

.PHONY: build run test sanitize fuzz bench bench-compare lint demo install check-install clean dependencies

build: dependencies
	$(BUILD) --product finetune

run: build
	$(FINETUNE) --task cola --optimizer fira $(RUN_OPTIONS)

test: dependencies
	$(BUILD) --build-tests
	swift test -c release --skip-build --no-parallel

# Every test under each sanitizer, about ten minutes each on two cores.
sanitize: dependencies
	sh Tools/sanitize.sh $(SANITIZERS)

# Broken files for every reader of data files and checkpoints, about five minutes.
fuzz: dependencies
	$(BUILD) --product fuzz-readers
	.build/release/fuzz-readers --inputs $(FUZZ_INPUTS)

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

# Whole training steps, then optimizers and tokenizers, beside the reference implementations where PYTHON has them.
bench: build
	$(BUILD) --product optimizer-bench
	sh Tools/bench.sh $(FINETUNE) $(RUN_OPTIONS)
	$(PYTHON) Tools/bench_optimizers.py .build/release/optimizer-bench
	$(BUILD) --product tokenizer-speed
	$(PYTHON) Tools/bench_tokenizers.py .build/release/tokenizer-speed

# The same job in PyTorch at its best, in turn with ours; TRAINER is the reference training script:
# make bench-compare TRAINER=hf_finetune.py MODEL=minilm DATA=glue/CoLA PYTHON=venv/bin/python
bench-compare: build
	$(PYTHON) Tools/bench_compare.py --program $(FINETUNE) --trainer $(TRAINER) --model $(MODEL) --data $(DATA)

# The bundled samples and checkpoint, made again from their seeds.
demo:
	@sh Tools/install-dependencies.sh sentencepiece
	sh Tools/make-demo.sh

# With Swift's libraries inside, so that it runs where no Swift is installed; it still needs the five Debian packages.
install: dependencies
	$(BUILD) --product finetune --static-swift-stdlib --scratch-path .build/static
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/finetune/checkpoints
	install -s -m 755 .build/static/release/finetune $(DESTDIR)$(PREFIX)/bin/finetune
	cp -R tasks $(DESTDIR)$(PREFIX)/share/finetune/
	cp -R checkpoints $(DESTDIR)$(PREFIX)/share/finetune/

check-install:
	sh Tools/check-install.sh

dependencies:
	@sh Tools/install-dependencies.sh

clean:
	swift package clean
