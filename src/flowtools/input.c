/* The bytes of a flow file. Contracts are in input.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flowtools/input.h"

int input_open(struct input *in, int fd)
{
    struct stat st;

    *in = (struct input){.fd = fd, .size = UINT64_MAX, .limit = UINT64_MAX};
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0)
        in->size = (uint64_t)st.st_size;
    in->window = malloc(INPUT_WINDOW);
    in->at = in->window;
    return in->window == NULL ? -1 : 0;
}

void input_memory(struct input *in, const void *bytes, size_t n)
{
    *in = (struct input){
        .fd = -1, .at = bytes, .left = n, .size = n, .limit = n, .ended = true};
}

void input_close(struct input *in)
{
    free(in->window);
    if (in->fd >= 0)
        close(in->fd);
    in->fd = -1;
    in->window = NULL;
}

static void read_more(struct input *in)
{
    size_t room = (size_t)(in->window + INPUT_WINDOW - in->at) - in->left;
    uint64_t end = in->offset + in->left;
    ssize_t n;

    if (room > in->limit - end)
        room = (size_t)(in->limit - end);
    if (room == 0) {
        in->ended = true;
        return;
    }
    do
        n = read(in->fd, in->window + (in->at - in->window) + in->left, room);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        in->error = errno;
    if (n <= 0)
        in->ended = true;
    else
        in->left += (size_t)n;
}

size_t input_fill(struct input *in, size_t need)
{
    if (in->left >= need || in->ended)
        return in->left;
    memmove(in->window, in->at, in->left);
    in->at = in->window;
    while (in->left < need && !in->ended)
        read_more(in);
    return in->left;
}

void input_skip(struct input *in, size_t n)
{
    in->at += n;
    in->left -= n;
    in->offset += n;
}

/* One past the last byte of p that is not zero. */
static size_t without_zeros(const uint8_t *p, size_t n)
{
    while (n > 0 && p[n - 1] == 0)
        n--;
    return n;
}

static uint64_t zero_tail_of_file(const struct input *in)
{
    uint8_t piece[4096];
    uint64_t end = in->size;

    while (end > in->offset) {
        size_t n =
            end - in->offset < sizeof(piece) ? (size_t)(end - in->offset) : sizeof(piece);
        size_t kept;

        if (pread(in->fd, piece, n, (off_t)(end - n)) != (ssize_t)n)
            break;
        kept = without_zeros(piece, n);
        end -= n - kept;
        if (kept > 0)
            break;
    }
    return in->size - end;
}

uint64_t input_cut_zero_tail(struct input *in, uint64_t least)
{
    uint64_t zeros, end;

    if (in->size == UINT64_MAX || in->size <= in->offset)
        return 0;
    if (in->fd < 0)
        zeros = in->left - without_zeros(in->at, in->left);
    else
        zeros = zero_tail_of_file(in);
    if (zeros < least)
        return 0;
    in->limit = in->size - zeros;
    end = in->offset + in->left;
    if (end >= in->limit) {
        in->left -= (size_t)(end - in->limit);
        in->ended = true;
    }
    return zeros;
}
