/*
 * fill N | fill N,again
 * Fills N MiB of memory with noise, which no migration stream can leave out, and says "filled N MiB". With `again` it
 * then changes a word of every page as fast as it can, for ever.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE_WORDS = 512 };

int main(int count, char **words) {
  size_t mebibytes = count == 2 ? (size_t)atol(words[1]) : 0;
  size_t length = (mebibytes << 20) / sizeof(uint64_t);
  uint64_t noise = 88172645463325252ull;
  uint64_t *memory = mmap(NULL, mebibytes << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    perror("failed fill");
    return 1;
  }
  for (size_t i = 0; i < length; i++) {
    /* Marsaglia's xorshift: what matters is that no page is like another or like nothing. */
    noise ^= noise << 13;
    noise ^= noise >> 7;
    noise ^= noise << 17;
    memory[i] = noise;
  }
  printf("filled %zu MiB\n", mebibytes);
  fflush(stdout);
  if (strstr(words[1], ",again") == NULL) {
    for (;;) pause();
  }
  for (uint64_t pass = 1;; pass++) {
    for (size_t i = 0; i < length; i += PAGE_WORDS) memory[i + pass % PAGE_WORDS] = pass * noise;
  }
}
