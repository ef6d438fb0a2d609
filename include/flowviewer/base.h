/*
 * base: what every room stands on - errors, log, text buffers, locks, time, checked sums.
 *
 * Floor 0. Any room may call it; it calls nothing but libc. Nothing here knows of flows
 * (flow.h, in this same room, holds the vocabulary of flows that all rooms share).
 *
 * Ownership: a struct buf owns its bytes until buf_free(); a struct err is plain data.
 */
#ifndef FLOWVIEWER_BASE_H
#define FLOWVIEWER_BASE_H

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(__GNUC__)
#define FV_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define FV_PRINTF(f, a)
#endif

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

/* ---- errors --------------------------------------------------------------------------
 * A function that can fail returns 0 or -1 and fills the struct err its caller gave it
 * (which may be NULL). The message says what was being done, to what, and why it failed.
 */
enum err_code {
    ERR_NONE,
    ERR_SYSTEM,    /* a system call failed; sys holds errno */
    ERR_FULL,      /* no space left on device, or quota reached */
    ERR_MEMORY,    /* out of memory, or over the memory budget */
    ERR_FORMAT,    /* input bytes are not what they should be */
    ERR_INPUT,     /* a user's value is wrong */
    ERR_NOT_FOUND, /* no such thing */
    ERR_BUSY,      /* too much going on; try again later */
    ERR_CANCELLED, /* somebody asked to stop */
    ERR_INTERNAL   /* a bug, said politely */
};

struct err {
    enum err_code code;
    int sys; /* errno, or 0 */
    char msg[256];
};

/* Fill *e (if not NULL) and return -1. err_sys appends ": strerror(errno)" and chooses
 * ERR_FULL for ENOSPC and EDQUOT. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) FV_PRINTF(3, 4);
int err_sys(struct err *e, const char *fmt, ...) FV_PRINTF(2, 3);
int err_nomem(struct err *e, const char *what);

/* ---- log -----------------------------------------------------------------------------
 * OpenBSD's six functions. One line each; control characters are made visible.
 * log_init() is called once, before threads start: to stderr when foreground, else syslog.
 * log_warn and fatal append strerror(errno). fatal is for start-up only (main room).
 */
void log_init(bool foreground, int verbose, const char *name);
void log_warn(const char *fmt, ...) FV_PRINTF(1, 2);
void log_warnx(const char *fmt, ...) FV_PRINTF(1, 2);
void log_info(const char *fmt, ...) FV_PRINTF(1, 2);
void log_debug(const char *fmt, ...) FV_PRINTF(1, 2);
_Noreturn void fatal(const char *fmt, ...) FV_PRINTF(1, 2);
_Noreturn void fatalx(const char *fmt, ...) FV_PRINTF(1, 2);

/* ---- text buffers --------------------------------------------------------------------
 * A growing byte buffer. Running out of memory is remembered in 'failed' and later calls do
 * nothing, so that a writer checks once, at the end. Always NUL-terminated when data !=
 * NULL.
 */
struct buf {
    char *data;
    size_t len, cap;
    bool failed;
};

void buf_free(struct buf *b);
void buf_reset(struct buf *b); /* length 0, memory kept */
bool buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_u64(struct buf *b, uint64_t v);
void buf_i64(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) FV_PRINTF(2, 3);
/* "s" with quotes, escaped for JSON so that it is also harmless inside HTML and JavaScript
 * (<, >, & and U+2028/9 escaped). Bytes that are not UTF-8 become U+FFFD. */
void buf_json_str(struct buf *b, const char *s);
/* One CSV cell (RFC 4180). A cell that a spreadsheet would take for a formula (=+-@, tab,
 * CR first) is prefixed with an apostrophe, unless it is a plain number. */
void buf_csv_cell(struct buf *b, const char *s);
/* Dotted quad of an IPv4 address in host order. */
void buf_ipv4(struct buf *b, uint32_t addr);

/* ---- JSON writer ---------------------------------------------------------------------
 * Puts the commas. Keys may be NULL inside arrays. Nesting to 32 levels.
 */
struct json {
    struct buf *out;
    uint32_t comma; /* one bit a level: a comma is due */
    int depth;
};

void json_begin(struct json *j, struct buf *out);
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end_object(struct json *j);
void json_end_array(struct json *j);
void json_str(struct json *j, const char *key, const char *value); /* NULL value: null */
void json_u64(struct json *j, const char *key, uint64_t value);
void json_i64(struct json *j, const char *key, int64_t value);
void json_double(struct json *j, const char *key, double value); /* not finite: null */
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
void json_seconds(struct json *j, const char *key, int64_t ms); /* ms as Unix seconds.fff */
void json_ipv4(struct json *j, const char *key, uint32_t addr);
void json_key(struct json *j, const char *key); /* then write the value into out yourself */

/* ---- text ----------------------------------------------------------------------- */
/* Copy with truncation, always terminated. False if it was cut. */
bool str_copy(char *dst, size_t size, const char *src);
char *str_dup(const char *s); /* NULL when out of memory or s is NULL */
/* Whole string as a number, decimal or 0x hexadecimal; false on anything else or > max. */
bool str_u64(const char *s, uint64_t max, uint64_t *out);
/* Dotted quad, all four octets, nothing after it. */
bool str_ipv4(const char *s, uint32_t *out);
/* Next item of a list separated by sep, blanks around it trimmed, in place; NULL at the
 * end. Modifies *cursor's text. Empty items are returned as "". */
char *str_item(char **cursor, char sep);
char *str_trim(char *s);

/* ---- memory --------------------------------------------------------------------- */
void *mem_array(size_t n, size_t size); /* calloc, checked; NULL on failure */
void *mem_grow(
    void *p, size_t *cap, size_t need, size_t size); /* doubles; p stays valid on NULL */

/* ---- locks -----------------------------------------------------------------------------
 * A mutex with a name and a rank. A thread takes locks in rising rank only; with NDEBUG
 * unset (Debug and sanitizer builds) a breach aborts with both names. Ranks are listed in
 * docs/architecture.md.
 */
struct lock {
    pthread_mutex_t mutex;
    const char *name;
    int rank;
};

enum lock_rank {
    RANK_HTTP = 10,     /* request table of the HTTP server */
    RANK_INGEST = 20,   /* ingest queue and states */
    RANK_QUERY = 30,    /* query engine: list of running queries */
    RANK_CATALOG = 40,  /* one publication at a time; also guards SQLite */
    RANK_SNAPSHOT = 50, /* the current snapshot pointer */
    RANK_SEGMENT = 60,  /* open segment handles */
    RANK_NAMES = 70,
    RANK_LEAF = 90 /* takes no other lock inside */
};

void lock_init(struct lock *l, const char *name, int rank);
void lock_destroy(struct lock *l);
void lock_take(struct lock *l);
void lock_release(struct lock *l);
void lock_wait(struct lock *l, pthread_cond_t *c);
/* False when ms passed without a signal. Uses CLOCK_MONOTONIC: make c with cond_init(). */
bool lock_wait_ms(struct lock *l, pthread_cond_t *c, int64_t ms);
void cond_init(pthread_cond_t *c);

/* ---- time ------------------------------------------------------------------------------
 * Inside, times are UTC milliseconds since 1970 (int64_t), possibly negative. The daemon's
 * zone is set once, by zone_set(), before threads start; it matters at the edges only.
 */
int64_t time_now_ms(void);
int64_t time_mono_ms(void);
int64_t time_mono_ns(void);
int zone_set(const char *name, struct err *e); /* NULL: the system's zone */
/* Seconds rounded down, also for negative times. */
int64_t ms_to_seconds(int64_t ms);
/* "2026-11-23 10:00:00.000 CET" pieces. */
void time_local(int64_t ms, struct tm *tm);
int64_t time_from_local(struct tm *tm); /* ms; like mktime, in the daemon's zone */
void time_rfc3339(int64_t ms, char *out, size_t size); /* local with offset, ms if not 0 */
/* The forms of the API: RFC 3339 with zone, local date-time without, Unix seconds (fraction
 * allowed), "now", "-90m" (s m h d w). False if it is none of them. *relative tells. */
bool time_parse(const char *s, int64_t now_ms, int64_t *out, bool *relative);

#endif
