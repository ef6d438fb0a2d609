/* Fuzz target: the reader of flow files, in both readings, with small limits. */
#include <stdlib.h>

#include "flowviewer/flowtools.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ft_reader *r, const struct flow_block *b, uint64_t read)
{
    const struct ft_status *s = ft_status(r);

    /* What must hold for any input. */
    if (s->records != read || read > 5000 || b->present != ft_present(r) ||
        (s->state == FT_OK) != (s->reason[0] == '\0') || s->state == FT_UNREADABLE)
        abort();
}

static void read_as(
    enum ft_clock clock, const uint8_t *data, size_t size, struct flow_block *b)
{
    const struct ft_options o = {.clock = clock, .max_records = 5000, .max_bytes = 1 << 20};
    struct ft_reader *r;
    struct err e = {0};
    uint64_t read = 0;
    uint32_t n;

    if (ft_open_memory(&r, data, size, &o, &e) < 0) {
        if (r != NULL || e.code == ERR_NONE)
            abort();
        return;
    }
    do {
        b->count = 0;
        n = ft_read(r, b);
        read += n;
    } while (n > 0);
    check(r, b, read);
    ft_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct flow_block *b; /* kept: making its columns costs more than most inputs */

    if (b == NULL)
        b = flow_block_new();
    if (b == NULL)
        return 0;
    read_as(FT_CLOCK_CORRECTED, data, size, b);
    read_as(FT_CLOCK_FLOWTOOLS, data, size, b);
    return 0;
}
