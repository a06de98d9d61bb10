# Everything a newcomer types. Each target installs what it needs and asks nothing.
PREFIX ?= /usr/local
# For bench: what it has of the reference implementations is timed beside ours.
PYTHON ?= python3
FINETUNE = .build/release/finetune
RUN_OPTIONS = $(if $(MODEL),--model $(MODEL)) $(if $(DATA),--data $(DATA))

.PHONY: build run test bench lint demo install clean dependencies

build: dependencies
	swift build -c release --product finetune

run: build
	$(FINETUNE) --task cola --optimizer fira $(RUN_OPTIONS)

test: dependencies
	swift build -c release --build-tests
	swift test -c release --skip-build --no-parallel

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

# Whole training steps, then optimizers and tokenizers, beside the reference implementations where PYTHON has them.
bench: build
	swift build -c release --product optimizer-bench
	sh Tools/bench.sh $(FINETUNE) $(RUN_OPTIONS)
	$(PYTHON) Tools/bench_optimizers.py .build/release/optimizer-bench
	swift build -c release --product tokenizer-speed
	$(PYTHON) Tools/bench_tokenizers.py .build/release/tokenizer-speed

# The bundled samples and checkpoint, made again from their seeds.
demo:
	@sh Tools/install-dependencies.sh sentencepiece
	sh Tools/make-demo.sh

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/finetune/checkpoints
	install -m 755 $(FINETUNE) $(DESTDIR)$(PREFIX)/bin/finetune
	cp -R tasks $(DESTDIR)$(PREFIX)/share/finetune/
	cp -R checkpoints $(DESTDIR)$(PREFIX)/share/finetune/

dependencies:
	@sh Tools/install-dependencies.sh

clean:
	swift package clean
