/* Zipf numbers by the alias method: a table that costs one look, or two. */
#include <math.h>
#include <stdlib.h>

#include "flowgen_random.h"

static double fill_weights(double *weight, uint32_t n, double s)
{
    double sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += weight[i] = pow(i + 1.0, -s);
    return sum;
}

/* Walker and Vose: pair each cell that is too light with one that is too heavy. */
static void pair_cells(struct zipf *z, double *weight, uint32_t *small, uint32_t *large)
{
    uint32_t smalls = 0, larges = 0;

    for (uint32_t i = 0; i < z->n; i++) {
        z->cell[i] = (struct zipf_cell){UINT32_MAX, i};
        if (weight[i] < 1)
            small[smalls++] = i;
        else
            large[larges++] = i;
    }
    while (smalls > 0 && larges > 0) {
        uint32_t s = small[--smalls], l = large[larges - 1];

        z->cell[s].keep = (uint32_t)(weight[s] * UINT32_MAX);
        z->cell[s].other = l;
        weight[l] -= 1 - weight[s];
        if (weight[l] < 1) {
            larges--;
            small[smalls++] = l;
        }
    }
}

int zipf_init(struct zipf *z, uint32_t n, double s)
{
    double *weight = calloc(n, sizeof(*weight)), sum;
    uint32_t *small = calloc(n, sizeof(*small)), *large = calloc(n, sizeof(*large));
    int result = -1;

    z->n = n;
    z->cell = calloc(n, sizeof(*z->cell));
    if (weight == NULL || small == NULL || large == NULL || z->cell == NULL)
        goto out;
    sum = fill_weights(weight, n, s);
    for (uint32_t i = 0; i < n; i++)
        weight[i] *= n / sum;
    pair_cells(z, weight, small, large);
    result = 0;
out:
    free(weight);
    free(small);
    free(large);
    return result;
}

void zipf_free(struct zipf *z)
{
    free(z->cell);
    z->cell = NULL;
}
