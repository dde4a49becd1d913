/* Reads 16-bit little-endian mono audio at 8 kHz from standard input and prints the DTMF digits that spandsp hears. */
#include <stdint.h>
#include <stdio.h>
#include <spandsp.h>

/* The size of a packet of 20 ms, as a telephone would hand the audio over. */
#define CHUNK_SAMPLES 160

static void print_digits(dtmf_rx_state_t *receiver)
{
    char digits[64];
    size_t count;

    while ((count = dtmf_rx_get(receiver, digits, sizeof(digits) - 1)) > 0)
        fwrite(digits, 1, count, stdout);
}

int main(void)
{
    int16_t samples[CHUNK_SAMPLES];
    dtmf_rx_state_t *receiver = dtmf_rx_init(NULL, NULL, NULL);
    size_t count;

    if (receiver == NULL)
        return 1;
    while ((count = fread(samples, sizeof(samples[0]), CHUNK_SAMPLES, stdin)) > 0) {
        dtmf_rx(receiver, samples, (int) count);
        print_digits(receiver);
    }
    dtmf_rx_free(receiver);
    putchar('\n');
    return 0;
}
