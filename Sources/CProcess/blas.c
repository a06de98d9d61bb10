// OpenBLAS chooses its kernels by the model number of the processor, in its library's constructor. A processor that is
// newer than the library gets those of a Pentium 4 of 2004: Debian 12's library takes a Xeon of 2023 (Emerald Rapids) for
// one, and multiplies matrices at a fifth of its speed. The library can be told what to choose, by a variable of the
// environment that it reads once.
//
// For processors that the library cannot know, this gives it the kernels of the newest one that it does know with the same
// instructions. The array of the environment has no room for another variable, and the C library makes no copy before its
// own constructor. So one variable makes way while the libraries' constructors run, and is put back afterwards.
#include "CProcess.h"

#include <stddef.h>

#if defined(__linux__) && defined(__x86_64__)

#include <cpuid.h>

// This runs before the runtime of a sanitizer has started.
#define EARLY __attribute__((disable_sanitizer_instrumentation)) static

static char skylake[] = "OPENBLAS_CORETYPE=SkylakeX";
static char haswell[] = "OPENBLAS_CORETYPE=Haswell";

// Volatile for the reason that processors.c gives.
static char **volatile place;
static char *volatile removed;

EARLY int starts(const char *text, const char *with) {
  while (*with && *text == *with) text++, with++;
  return !*with;
}

// Whether the processor is newer than OpenBLAS 0.3.21, the library of Debian 12. The first processors that it does not
// know are Intel's of family 6 from model 0xB0 (Raptor Lake, Emerald Rapids), and AMD's of family 0x1A (Zen 5).
EARLY int is_newer_than_library(unsigned vendor, unsigned version) {
  unsigned family = version >> 8 & 15, model = version >> 4 & 15;
  if (family == 6 || family == 15) model += version >> 12 & 0xF0;
  if (family == 15) family += version >> 20 & 0xFF;
  if (vendor == signature_INTEL_ebx) return (family == 6 && model >= 0xB0) || family > 15;
  if (vendor == signature_AMD_ebx) return family >= 0x1A;
  return 0;
}

// What to tell the library; NULL to leave it alone.
EARLY char *choice(void) {
  unsigned a, vendor, b, c, d;
  if (!__get_cpuid(0, &a, &vendor, &c, &d)) return NULL;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !is_newer_than_library(vendor, a) || !(c & bit_OSXSAVE) || !(c & bit_FMA))
    return NULL;
  unsigned enabled, high;
  __asm__ volatile("xgetbv" : "=a"(enabled), "=d"(high) : "c"(0));
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return NULL;
  unsigned wide = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
  if ((enabled & 0xE6) == 0xE6 && (b & wide) == wide) return skylake;
  return (enabled & 6) == 6 && b & bit_AVX2 ? haswell : NULL;
}

EARLY void at_start(int argc, char **argv, char **environment) {
  (void)argc, (void)argv;
  char **found = NULL;
  for (char **entry = environment; *entry; entry++) {
    if (starts(*entry, "OPENBLAS_CORETYPE=")) return;
    // What a library's constructor may read stays.
    if (starts(*entry, "_=") || starts(*entry, "PWD=") || starts(*entry, "OLDPWD=") || starts(*entry, "SHLVL=") ||
        starts(*entry, "PATH=") || starts(*entry, "TERM="))
      found = entry;
  }
  char *told = found ? choice() : NULL;
  if (!told) return;
  removed = *found;
  *found = told;
  place = found;
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **, char **) = at_start;

__attribute__((constructor)) static void put_back(void) {
  if (place) *place = removed;
}

#endif
