/*
 * Runs libspandsp's DTMF receiver over 16-bit 8 kHz audio, in packets of 20 ms.
 *
 *   spandsp-driver keys FILE       one line a key: RFC 4733 event code and the position (samples) at which it was reported
 *   spandsp-driver tones FILE      one line a change of tone: 1 (began) or 0 (ended) and the start of the packet that told
 *   spandsp-driver time FILE N     CPU seconds of the fastest of N passes over the file
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <spandsp.h>

#define PACKET_SAMPLES 160

static long packet_start;

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static int event_code(char key)
{
    const char *keys = "0123456789*#ABCD";
    const char *found = strchr(keys, key);
    return found != NULL ? (int) (found - keys) : -1;
}

static void on_tone(void *user_data, int key, int level, int delay)
{
    (void) user_data;
    (void) level;
    (void) delay;
    printf("%d %ld\n", key != 0, packet_start);
}

static void run(const int16_t *samples, long count, int print_keys, int print_tones)
{
    dtmf_rx_state_t *receiver = dtmf_rx_init(NULL, NULL, NULL);
    char keys[16];
    if (print_tones)
        dtmf_rx_set_realtime_callback(receiver, on_tone, NULL);
    for (long at = 0; at < count; at += PACKET_SAMPLES) {
        int length = (int) (count - at < PACKET_SAMPLES ? count - at : PACKET_SAMPLES);
        packet_start = at;
        dtmf_rx(receiver, samples + at, length);
        int got = (int) dtmf_rx_get(receiver, keys, sizeof keys - 1);
        for (int key = 0; print_keys && key < got; key++)
            printf("%d %ld\n", event_code(keys[key]), at + length);
    }
    dtmf_rx_free(receiver);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    FILE *file = fopen(argv[2], "rb");
    if (file == NULL)
        return 2;
    fseek(file, 0, SEEK_END);
    long count = ftell(file) / 2;
    rewind(file);
    int16_t *samples = malloc(count * sizeof *samples + 1);
    if (samples == NULL || fread(samples, sizeof *samples, count, file) != (size_t) count)
        return 2;
    fclose(file);
    if (strcmp(argv[1], "keys") == 0) {
        run(samples, count, 1, 0);
        return 0;
    }
    if (strcmp(argv[1], "tones") == 0) {
        run(samples, count, 0, 1);
        return 0;
    }
    int passes = argc > 3 ? atoi(argv[3]) : 1;
    double best = 1e9;
    for (int pass = 0; pass < passes; pass++) {
        double before = cpu_seconds();
        run(samples, count, 0, 0);
        double used = cpu_seconds() - before;
        if (used < best)
            best = used;
    }
    printf("%.9f\n", best);
    return 0;
}
