/*
 * spandsp's G.722 at 64 kbit/s, 16 kHz, eight bits an octet. "encode" reads 16-bit little-endian mono audio at 16 kHz and
 * writes octets; "decode" does it the other way round. From one file to another.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <spandsp.h>

/* A packet of 20 ms. */
#define CHUNK_OCTETS 160
#define CHUNK_SAMPLES (2 * CHUNK_OCTETS)

static int encode_all(FILE *in, FILE *out)
{
    int16_t samples[CHUNK_SAMPLES];
    uint8_t octets[CHUNK_OCTETS];
    g722_encode_state_t *encoder = g722_encode_init(NULL, 64000, 0);
    size_t count;

    if (encoder == NULL)
        return 1;
    while ((count = fread(samples, sizeof(samples[0]), CHUNK_SAMPLES, in)) > 0)
        fwrite(octets, 1, (size_t) g722_encode(encoder, octets, samples, (int) count), out);
    g722_encode_free(encoder);
    return 0;
}

static int decode_all(FILE *in, FILE *out)
{
    int16_t samples[CHUNK_SAMPLES];
    uint8_t octets[CHUNK_OCTETS];
    g722_decode_state_t *decoder = g722_decode_init(NULL, 64000, 0);
    size_t count;

    if (decoder == NULL)
        return 1;
    while ((count = fread(octets, 1, CHUNK_OCTETS, in)) > 0)
        fwrite(samples, sizeof(samples[0]), (size_t) g722_decode(decoder, samples, octets, (int) count), out);
    g722_decode_free(decoder);
    return 0;
}

int main(int argc, char **argv)
{
    int is_encoding = argc == 4 && strcmp(argv[1], "encode") == 0;
    int is_decoding = argc == 4 && strcmp(argv[1], "decode") == 0;
    FILE *in = argc == 4 ? fopen(argv[2], "rb") : NULL;
    FILE *out = argc == 4 ? fopen(argv[3], "wb") : NULL;
    int status;

    if (in == NULL || out == NULL || is_encoding == is_decoding) {
        fprintf(stderr, "usage: %s encode|decode FROM TO\n", argv[0]);
        return 2;
    }
    status = is_encoding ? encode_all(in, out) : decode_all(in, out);
    fclose(in);
    return fclose(out) == 0 ? status : 1;
}
