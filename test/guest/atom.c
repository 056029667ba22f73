/*
 * atom FOLDER...
 * Proves or disproves that memory and every disk were saved at one instant. As fast as it can: compare each disk with
 * what memory says was written to it last, add one, write the number to every disk in turn, past the page cache.
 *
 * A disk holds the last eight numbers, in a ring of sectors. A machine that is saved between the comparison and the
 * write overwrites one of them when it goes on, and the other seven still tell what the disk was like.
 *
 * Says "atom N" ten times a second when N has been written everywhere, and for each disk that differs once
 * "atom mismatch memory N disk M FOLDER" (then it takes the disk's word, so that the next difference is told, too).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SECTOR = 512, SLOTS = 8, MAX_DISKS = 8 };

struct disk {
  const char *folder;
  int descriptor;
  uint64_t expected[SLOTS];
};

static unsigned char ring[SLOTS * SECTOR] __attribute__((aligned(4096)));
static unsigned char sector[SECTOR] __attribute__((aligned(4096)));

static void fail(const char *what, const char *folder) {
  printf("failed atom %s %s: %s\n", what, folder, strerror(errno));
  exit(1);
}

static void open_disk(struct disk *disk, const char *folder) {
  char path[256];
  snprintf(path, sizeof path, "%s/atom", folder);
  disk->folder = folder;
  disk->descriptor = open(path, O_RDWR | O_CREAT | O_DIRECT, 0600);
  if (disk->descriptor < 0) fail("open", folder);
  /* Blocks are given to the file once and for all: from here on a write is a write of that sector and nothing else. */
  if (pwrite(disk->descriptor, ring, sizeof ring, 0) != sizeof ring) fail("write", folder);
  if (fsync(disk->descriptor) != 0) fail("sync", folder);
}

static void compare(struct disk *disk, uint64_t number) {
  if (pread(disk->descriptor, ring, sizeof ring, 0) != sizeof ring) fail("read", disk->folder);
  uint64_t highest = 0;
  int differs = 0;
  for (int slot = 0; slot < SLOTS; slot++) {
    uint64_t found;
    memcpy(&found, ring + slot * SECTOR, sizeof found);
    if (found > highest) highest = found;
    if (found != disk->expected[slot]) differs = 1;
    disk->expected[slot] = found;
  }
  if (differs) {
    printf("atom mismatch memory %llu disk %llu %s\n", (unsigned long long)number, (unsigned long long)highest,
           disk->folder);
  }
}

static void write_number(struct disk *disk, uint64_t number) {
  int slot = (int)(number % SLOTS);
  memcpy(sector, &number, sizeof number);
  if (pwrite(disk->descriptor, sector, SECTOR, (off_t)slot * SECTOR) != SECTOR) fail("write", disk->folder);
  disk->expected[slot] = number;
}

static int64_t milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int count, char **words) {
  static struct disk disks[MAX_DISKS];
  int used = count - 1 < MAX_DISKS ? count - 1 : MAX_DISKS;
  /* A line at a time, each in one piece: others write to the same console. */
  setvbuf(stdout, NULL, _IOLBF, 4096);
  for (int i = 0; i < used; i++) open_disk(&disks[i], words[i + 1]);
  int64_t due = milliseconds();
  for (uint64_t number = 1; used > 0; number++) {
    for (int i = 0; i < used; i++) compare(&disks[i], number - 1);
    for (int i = 0; i < used; i++) write_number(&disks[i], number);
    if (milliseconds() >= due) {
      printf("atom %llu\n", (unsigned long long)number);
      due = milliseconds() + 100;
    }
  }
  return 0;
}
