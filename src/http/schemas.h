/*
 * schemas: what the answers look like, for the OpenAPI document.
 */
#ifndef HTTP_SCHEMAS_H
#define HTTP_SCHEMAS_H

#include <stddef.h>

/* One member of a schema. type: "string", "integer", "number", "boolean", "time" (Unix
 * seconds), "value" (anything), "object" (free members), "[]X" (array of X), "?X" (X or
 * null), or the name of another schema. */
struct schema_member {
    const char *schema, *name, *type, *description;
};

extern const struct schema_member schema_members[]; /* grouped by schema */
extern const size_t schema_member_count;

#endif
