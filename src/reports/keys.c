#include "reports/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[] = {
    [TYPE_ADDRESS] = "address",
    [TYPE_PORT] = "port",
    [TYPE_INTERFACE] = "interface",
    [TYPE_AS] = "as",
    [TYPE_LENGTH] = "length",
    [TYPE_PROTOCOL] = "protocol",
    [TYPE_BYTE] = "number",
    [TYPE_TAG] = "number",
};

/* Keys that are not columns, from KEY_ADDRESS on. */
static const struct key_info computed[] = {
    [KEY_ADDRESS - KEY_ADDRESS] = {"address", "Address", "address"},
    [KEY_PORT - KEY_ADDRESS] = {"port", "Port", "port"},
    [KEY_SOURCE_PREFIX - KEY_ADDRESS] = {"source_prefix", "Source prefix", "prefix"},
    [KEY_DEST_PREFIX - KEY_ADDRESS] = {"dest_prefix", "Destination prefix", "prefix"},
};

struct key_info key_info(int key)
{
    if (key >= KEY_ADDRESS)
        return computed[key - KEY_ADDRESS];
    return (struct key_info){
        flow_fields[key].name, flow_fields[key].label, type_names[flow_fields[key].type]};
}

int key_by_name(const char *name)
{
    int field;

    for (size_t i = 0; i < NITEMS(computed); i++) {
        if (strcmp(computed[i].name, name) == 0)
            return KEY_ADDRESS + (int)i;
    }
    field = flow_field_by_name(name);
    return field >= 0 && field < FLOW_KEYS ? field : -1;
}

static bool is_prefix(int key)
{
    return key == KEY_SOURCE_PREFIX || key == KEY_DEST_PREFIX;
}

bool key_is_text(int key)
{
    return is_prefix(key) || key == KEY_ADDRESS ||
           (key < FLOW_KEYS && flow_fields[key].type == TYPE_ADDRESS);
}

void key_text(int key, uint64_t value, char out[KEY_TEXT_MAX])
{
    uint32_t address = (uint32_t)(is_prefix(key) ? value >> 8 : value);
    int n = 0;

    if (key_is_text(key))
        n = snprintf(out, KEY_TEXT_MAX, "%u.%u.%u.%u", address >> 24, address >> 16 & 0xff,
            address >> 8 & 0xff, address & 0xff);
    else
        snprintf(out, KEY_TEXT_MAX, "%llu", (unsigned long long)value);
    if (is_prefix(key))
        snprintf(out + n, KEY_TEXT_MAX - (size_t)n, "/%u", (unsigned)(value & 0xff));
}

/* ---- keys= ---------------------------------------------------------------------- */

static int add_key(struct report *r, const char *name, struct err *e)
{
    int key = key_by_name(name);

    if (name[0] == '\0')
        return err_set(e, ERR_INPUT, "empty key; remove the extra comma");
    if (key == -1)
        return err_set(e, ERR_INPUT, "there is no key '%.40s' to group by", name);
    for (int i = 0; i < r->key_count; i++) {
        if (r->keys[i] == key)
            return err_set(e, ERR_INPUT, "key '%s' is given twice", name);
    }
    if (r->key_count == QUERY_KEYS_MAX)
        return err_set(e, ERR_INPUT, "more than %d keys", QUERY_KEYS_MAX);
    r->keys[r->key_count++] = key;
    return 0;
}

int report_from_keys(const char *keys, struct report *out, struct err *e)
{
    char *copy = str_dup(keys), *cursor = copy, *name;
    int status = 0;

    *out = (struct report){
        .name = "keys", .title = "Chosen keys", .format = -1, .stat_name = "Chosen keys"};
    if (copy == NULL)
        return err_nomem(e, "keys");
    while (status == 0 && (name = str_item(&cursor, ',')) != NULL)
        status = add_key(out, name, e);
    free(copy);
    out->rate = out->key_count > 1;
    return status;
}
