/*
 * dict: the dictionary of one column of one block - sorted distinct values, and each flow's
 * code.
 *
 * Two ways, by the range of the values: a table indexed by value (ports, protocols, AS
 * numbers near each other), or a hash table that numbers values as they come and a radix
 * sort of the distinct ones (addresses). Working memory belongs to the builder and is
 * reused.
 */
#ifndef FLOWVIEWER_STORE_DICT_H
#define FLOWVIEWER_STORE_DICT_H

#include "flowviewer/base.h"
#include "flowviewer/flow.h"

struct dict_builder;

struct dict_builder *dict_builder_new(void);
void dict_builder_free(struct dict_builder *d);

/* Fills values (ascending; room for FLOW_BLOCK_MAX) and codes[n]. Returns the number of
 * distinct values, 0 when out of memory. n is at least 1. */
uint32_t dict_build(struct dict_builder *d, const uint32_t *column, uint32_t n,
    uint32_t *values, uint32_t *codes);
/* The same for 64-bit numbers of which there should be few: 0 if there are more than max.
 */
uint32_t dict_build_few(
    const int64_t *column, uint32_t n, uint32_t max, int64_t *values, uint32_t *codes);

#endif
