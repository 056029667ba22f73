/*
 * heartbeat PORT
 * Writes a byte to a virtio port every 2 ms, before everything else that wants the processor. When the bytes come late
 * on the host, the guest could not run: stopped, or held up at a page that it may not write to yet.
 *
 * A port that nobody reads from takes no more than some bytes; what it does not take is dropped, so that the beat goes
 * on in time as soon as somebody reads.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PERIOD_NS = 2000000 };

int main(int count, char **words) {
  struct sched_param priority = {.sched_priority = 50};
  struct timespec due;
  int port = count == 2 ? open(words[1], O_WRONLY | O_NONBLOCK) : -1;
  if (port < 0) {
    perror("failed heartbeat");
    return 1;
  }
  sched_setscheduler(0, SCHED_FIFO, &priority);
  mlockall(MCL_CURRENT | MCL_FUTURE);
  clock_gettime(CLOCK_MONOTONIC, &due);
  for (;;) {
    struct timespec now;
    if (write(port, ".", 1) < 0) {
      /* Nobody reads. */
    }
    due.tv_nsec += PERIOD_NS;
    if (due.tv_nsec >= 1000000000) {
      due.tv_nsec -= 1000000000;
      due.tv_sec++;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    /* After a long time off the processor: one beat now, and no shower of those that were missed. */
    if (now.tv_sec > due.tv_sec || (now.tv_sec == due.tv_sec && now.tv_nsec > due.tv_nsec)) due = now;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
  }
}
