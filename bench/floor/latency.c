/* How fast this machine's memory is now: the nanoseconds of one access after another at random places of 16 MiB, each of which says where the
 * next one is. On a machine that is shared, neighbours take away cache and memory, and a scan then costs more; this figure shows some of it.
 * Prints the median of five rounds.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PLACES = 4 << 20, STEPS = 2000000, ROUNDS = 5 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static int by_value(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;
    return difference < 0 ? -1 : difference > 0;
}

int main(void)
{
    uint32_t *next = malloc(PLACES * sizeof *next), random = 12345, at = 0;
    if (!next) { perror("malloc"); return 1; }
    for (uint32_t i = 0; i < PLACES; i++) next[i] = i;
    /* Sattolo's shuffle: one cycle through all places. */
    for (uint32_t i = PLACES - 1; i > 0; i--) {
        random = random * 1664525u + 1013904223u;
        uint32_t j = (uint32_t)((uint64_t)random * i >> 32), kept = next[i];
        next[i] = next[j];
        next[j] = kept;
    }
    double nanoseconds[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        double begun = now();
        for (int i = 0; i < STEPS; i++) at = next[at];
        nanoseconds[round] = (now() - begun) / STEPS;
    }
    qsort(nanoseconds, ROUNDS, sizeof *nanoseconds, by_value);
    printf("%.0f\n", nanoseconds[ROUNDS / 2]);
    return at == PLACES; /* keeps the walk */
}
