# Everything a newcomer types. Each target installs what it needs and asks nothing.
PREFIX ?= /usr/local
FINETUNE = .build/release/finetune
# For bench: with tokenizers and sentencepiece it times them too.
PYTHON ?= python3
RUN_OPTIONS = $(if $(MODEL),--model $(MODEL)) $(if $(DATA),--data $(DATA))

.PHONY: build run test bench lint install clean dependencies

build: dependencies
	swift build -c release --product finetune

run: build
	$(FINETUNE) --task cola --optimizer fira $(RUN_OPTIONS)

test: dependencies
	swift build -c release --build-tests
	swift test -c release --skip-build --no-parallel

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

bench: build
	sh Tools/bench.sh $(FINETUNE) $(RUN_OPTIONS)
	swift build -c release --product tokenizer-speed
	$(PYTHON) Tools/bench_tokenizers.py .build/release/tokenizer-speed

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/finetune/checkpoints
	install -m 755 $(FINETUNE) $(DESTDIR)$(PREFIX)/bin/finetune
	cp -R tasks $(DESTDIR)$(PREFIX)/share/finetune/
	cp -R checkpoints $(DESTDIR)$(PREFIX)/share/finetune/

dependencies:
	@sh Tools/install-dependencies.sh

clean:
	swift package clean
