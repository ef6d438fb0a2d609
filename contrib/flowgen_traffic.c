/*
 * Invented traffic.
 *
 * Time is cut into slots. The conversations that begin in a slot come from a generator
 * seeded by (seed, device, slot) alone, so any slot can be made again at any time. A
 * conversation becomes flows in both directions; one that lasts is reported every
 * ACTIVE_MS, as routers do, so its flows fall into later slots too and wait there. No
 * conversation outlasts LONGEST_MS: to make a slot from nothing it is enough to make the
 * slots of that time before it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flowgen_random.h"
#include "flowgen_traffic.h"

#define ACTIVE_MS   (300 * 1000)     /* the router reports a flow that lasts so often */
#define IDLE_MS     (15 * 1000)      /* and forgets one that is silent for so long */
#define LONGEST_MS  (50 * 60 * 1000) /* of a conversation */
#define UPTIME_DAYS 45  /* the router is restarted so often: its uptime never wraps */
#define INSIDE_PART 100 /* one host inside for so many outside */
#define FAITHFUL    62  /* percent of conversations with an accustomed partner */
#define HABITS      300 /* accustomed partners of an inside host */
#define SUBNETS     40  /* inside networks of 24 bits */

/* Flows a conversation comes to, on average over the table of services; measured. */
#define FLOWS_PER_CONVERSATION 1.93

struct traffic_flow {
    int64_t start; /* ms */
    uint32_t duration;
    uint32_t sent; /* ms after the slot's beginning */
    uint32_t source, dest, packets, octets;
    uint16_t source_port, dest_port;
    uint8_t protocol, tos, tcp_flags;
};

struct pending {
    struct traffic_flow *flow;
    size_t count, room;
};

/* What is the same for all addresses of a /16 outside. */
struct network {
    uint16_t as;
    uint8_t mask, upstream;
};

struct traffic {
    struct traffic_options o;
    struct zipf outside, inside, ports, habits;
    uint32_t *outside_address, *inside_address;
    struct network network[65536];
    int64_t slot_ms;
    int64_t made; /* conversations of slots up to this one are made; INT64_MIN: none */
    unsigned slots;
    struct pending *pending; /* ring of slots */
    struct traffic_flow *sorted;
    uint64_t *order, *spare;
    size_t room;
    bool failed;
};

/* ---- addresses ------------------------------------------------------------------ */

static bool is_inside(uint32_t address)
{
    return address >> 24 == 10;
}

/* First bytes of addresses that are used on the Internet and are not set apart. */
static uint32_t public_network(struct random *r)
{
    static const uint8_t not_there[] = {0, 10, 100, 127, 169, 172, 192, 198, 203};
    uint32_t net;

    do
        net = 256 + random_below(r, 223 * 256);
    while (memchr(not_there, (int)(net >> 8), sizeof(not_there)) != NULL);
    return net;
}

/* Hosts cluster: few networks hold most of them. */
static int make_outside(struct traffic *t)
{
    struct random r = {hash3(t->o.seed, 1, 0)};
    struct zipf spread;
    uint32_t network[4096];

    if (zipf_init(&spread, 4096, 0.8) < 0)
        return -1;
    for (unsigned i = 0; i < 4096; i++)
        network[i] = public_network(&r);
    for (uint32_t i = 0; i < t->o.hosts; i++)
        t->outside_address[i] =
            network[zipf_next(&spread, &r)] << 16 | (random_below(&r, 65534) + 1);
    zipf_free(&spread);
    for (uint32_t i = 0; i < 65536; i++) {
        uint64_t h = hash3(t->o.seed, 2, i);
        t->network[i] = (struct network){(uint16_t)(1000 + h % 2400 * 26),
            (uint8_t)(h >> 32 & 7 ? 16 + (h >> 40) % 9 : 12 + (h >> 48) % 4),
            (uint8_t)(1 + (h >> 56) % 3)};
    }
    return 0;
}

static void make_inside(struct traffic *t)
{
    for (uint32_t i = 0; i < t->inside.n; i++) {
        uint32_t host = (uint32_t)hash3(t->o.seed + t->o.device, 3, i);

        t->inside_address[i] = 10u << 24 | (t->o.device + 1) % 256 << 16 |
                               (1 + (host >> 8) % SUBNETS) << 8 | (2 + host % 253);
    }
}

struct traffic *traffic_new(const struct traffic_options *o)
{
    struct traffic *t = calloc(1, sizeof(*t));
    uint32_t inside = o->hosts / INSIDE_PART + 50;

    if (t == NULL)
        return NULL;
    t->o = *o;
    t->slot_ms = (int64_t)o->slot_seconds * 1000;
    t->made = INT64_MIN;
    t->slots = (unsigned)((LONGEST_MS + ACTIVE_MS) / t->slot_ms + 3);
    t->pending = calloc(t->slots, sizeof(*t->pending));
    t->outside_address = calloc(o->hosts, sizeof(*t->outside_address));
    t->inside_address = calloc(inside, sizeof(*t->inside_address));
    if (t->pending == NULL || t->outside_address == NULL || t->inside_address == NULL ||
        zipf_init(&t->outside, o->hosts, 0.85) < 0 ||
        zipf_init(&t->inside, inside, 0.6) < 0 || zipf_init(&t->ports, 40000, 0.9) < 0 ||
        zipf_init(&t->habits, HABITS, 0.7) < 0 || make_outside(t) < 0) {
        traffic_free(t);
        return NULL;
    }
    make_inside(t);
    return t;
}

void traffic_free(struct traffic *t)
{
    if (t == NULL)
        return;
    for (unsigned i = 0; t->pending != NULL && i < t->slots; i++)
        free(t->pending[i].flow);
    free(t->pending);
    free(t->outside_address);
    free(t->inside_address);
    free(t->sorted);
    free(t->order);
    free(t->spare);
    zipf_free(&t->outside);
    zipf_free(&t->inside);
    zipf_free(&t->ports);
    zipf_free(&t->habits);
    free(t);
}

/* ---- conversations -------------------------------------------------------------- */

enum direction { OUT, IN, WITHIN };

#define TCP      6
#define UDP      17
#define ICMP     1
#define PORT_ANY 0 /* a high port by chance */

/* Kinds of conversations: how often of 1000, and what they look like. */
static const struct service {
    uint16_t weight, port;
    uint8_t protocol, direction;
    uint8_t answered;        /* percent */
    float least, tail;       /* packets: Pareto; least 1 and tail 0: always one packet */
    uint16_t request, reply; /* bytes a packet, about */
} services[] = {
    {330, 443, TCP, OUT, 97, 6, 1.15f, 130, 900}, {60, 80, TCP, OUT, 95, 5, 1.2f, 120, 850},
    {90, 443, UDP, OUT, 96, 4, 1.1f, 160, 1000}, {190, 53, UDP, OUT, 98, 1, 0, 68, 190},
    {14, 123, UDP, OUT, 95, 1, 0, 76, 76}, {70, 443, TCP, IN, 96, 6, 1.2f, 140, 950},
    {25, 80, TCP, IN, 95, 5, 1.25f, 130, 800}, {16, 25, TCP, IN, 92, 10, 1.3f, 600, 90},
    {12, 993, TCP, OUT, 97, 8, 1.3f, 90, 400}, {8, 22, TCP, IN, 80, 9, 1.1f, 110, 150},
    {6, 3389, TCP, IN, 60, 4, 1.1f, 140, 500}, {6, 5060, UDP, OUT, 90, 2, 1.5f, 450, 420},
    {6, 8080, TCP, OUT, 90, 5, 1.2f, 150, 700}, {4, 1883, TCP, OUT, 95, 4, 1.2f, 80, 60},
    {20, 445, TCP, WITHIN, 95, 8, 1.05f, 250, 600},
    {18, 53, UDP, WITHIN, 99, 1, 0, 66, 150},
    {20, 0x0800, ICMP, OUT, 85, 1, 1.6f, 84, 84}, /* echo: type * 256 + code */
    {30, PORT_ANY, TCP, OUT, 85, 4, 1.05f, 200, 700},
    {35, PORT_ANY, UDP, IN, 60, 1, 1.1f, 150, 300},
    {40, PORT_ANY, TCP, IN, 0, 1, 0, 44, 40}, /* the Internet's background noise */
};

#define WEIGHTS 1000

static const struct service *pick_service(struct random *r)
{
    static const unsigned last = sizeof(services) / sizeof(services[0]) - 1;
    unsigned x = random_below(r, WEIGHTS), i = 0;

    while (i < last && x >= services[i].weight)
        x -= services[i++].weight;
    return &services[i];
}

static uint16_t client_port(struct random *r)
{
    return (uint16_t)(32768 + random_below(r, 28232));
}

static struct traffic_flow *add_flow(struct traffic *t, int64_t sent)
{
    int64_t slot = sent / t->slot_ms;
    struct pending *p = &t->pending[slot % t->slots];
    struct traffic_flow *f;

    if (p->count == p->room) {
        size_t room = p->room > 0 ? p->room * 2 : 4096;
        f = realloc(p->flow, room * sizeof(*f));
        if (f == NULL) {
            t->failed = true;
            return NULL;
        }
        p->flow = f;
        p->room = room;
    }
    f = &p->flow[p->count++];
    f->sent = (uint32_t)(sent - slot * t->slot_ms);
    return f;
}

/* One direction of a conversation, or a part of it. */
struct talk {
    int64_t start;
    uint32_t duration, source, dest, packets, bytes_each;
    uint16_t source_port, dest_port;
    uint8_t protocol, tos;
};

static void add_part(struct traffic *t, const struct talk *k, int64_t sent, uint8_t flags)
{
    struct traffic_flow *f = add_flow(t, sent);

    if (f == NULL)
        return;
    f->start = k->start;
    f->duration = k->duration;
    f->source = k->source;
    f->dest = k->dest;
    f->packets = k->packets;
    f->octets = k->packets > UINT32_MAX / 1500 ? UINT32_MAX : k->packets * k->bytes_each;
    f->source_port = k->source_port;
    f->dest_port = k->dest_port;
    f->protocol = k->protocol;
    f->tos = k->tos;
    f->tcp_flags = flags;
}

#define FIN 1
#define SYN 2
#define RST 4
#define PSH 8
#define ACK 16

/* When the router sends the last part: at once after a FIN, else after a silence. */
static int64_t send_time(struct random *r, const struct talk *k, bool closed)
{
    int64_t end = k->start + k->duration;

    return end + (closed ? 1000 : IDLE_MS) + random_below(r, 1500);
}

/* Report a direction every ACTIVE_MS; the packets are spread evenly. */
static void add_talk(
    struct traffic *t, struct random *r, struct talk *k, uint8_t first, uint8_t last)
{
    bool tcp = k->protocol == TCP;
    uint8_t flags = tcp ? first : 0;

    while (k->duration > ACTIVE_MS && k->packets > 1) {
        struct talk part = *k;

        part.duration = ACTIVE_MS - 1 - random_below(r, 900);
        part.packets = (uint32_t)((uint64_t)k->packets * ACTIVE_MS / k->duration);
        if (part.packets == 0)
            part.packets = 1;
        add_part(t, &part, part.start + ACTIVE_MS + 1000 + random_below(r, 900),
            tcp ? flags | ACK | PSH : 0);
        flags = 0;
        k->start += ACTIVE_MS;
        k->duration -= ACTIVE_MS;
        k->packets -= part.packets;
    }
    if (k->packets == 1)
        k->duration = 0;
    add_part(t, k, send_time(r, k, tcp && (last & (FIN | RST))), tcp ? flags | last : 0);
}

static uint32_t bytes_each(struct random *r, unsigned about)
{
    uint32_t n = about / 2 + random_below(r, about);

    return n < 28 ? 28 : n > 1500 ? 1500 : n;
}

static uint32_t packets_of(struct random *r, const struct service *s)
{
    double n;

    if (s->tail == 0)
        return 1;
    n = s->least * pow(random_unit(r), -1 / (double)s->tail) * 0.8;
    return n < 1 ? 1 : n > 3e6 ? 3000000 : (uint32_t)n;
}

/* Some connections are kept open long after the last page was read. */
static uint32_t duration_of(struct random *r, const struct service *s, uint32_t packets)
{
    double gap = 15 * pow(random_unit(r), -1.1); /* ms between packets */
    double ms = packets * gap + random_below(r, 200);

    if (packets == 1)
        return 0;
    if (s->protocol == TCP && random_below(r, 100) < 25)
        ms += 2000 * pow(random_unit(r), -1.2);
    return ms > LONGEST_MS ? LONGEST_MS : (uint32_t)ms;
}

static uint8_t tos_of(struct random *r, const struct service *s)
{
    if (s->port == 5060)
        return 0x68;
    return random_below(r, 100) < 96 ? 0 : random_below(r, 2) ? 0x20 : 0x28;
}

/* The other end outside: often one of those that this inside host always talks to. */
static uint32_t pick_outside(struct traffic *t, struct random *r, uint32_t inside)
{
    struct random habit = *r;

    if (random_below(r, 100) < FAITHFUL)
        habit.state = hash3(t->o.seed + t->o.device, inside, zipf_next(&t->habits, r));
    random_next(r);
    return t->outside_address[zipf_next(&t->outside, &habit)];
}

static void pick_ends(
    struct traffic *t, struct random *r, const struct service *s, struct talk *k)
{
    uint32_t i = zipf_next(&t->inside, r), inside = t->inside_address[i];
    uint32_t other =
        s->direction == WITHIN
            ? t->inside_address[(i + 1 + random_below(r, t->inside.n - 1)) % t->inside.n]
            : pick_outside(t, r, i);

    k->source = s->direction == IN ? other : inside;
    k->dest = s->direction == IN ? inside : other;
    k->source_port = client_port(r);
    k->dest_port =
        s->port != PORT_ANY ? s->port : (uint16_t)(1024 + zipf_next(&t->ports, r));
    if (s->port == 123)
        k->source_port = 123;
    if (s->protocol == ICMP)
        k->source_port = 0;
}

static void add_reply(struct traffic *t, struct random *r, const struct service *s,
    struct talk *k, uint8_t last)
{
    uint32_t source = k->source;
    uint16_t port = k->source_port;

    k->source = k->dest;
    k->dest = source;
    k->source_port = k->protocol == ICMP ? 0 : k->dest_port;
    k->dest_port = k->protocol == ICMP ? 0 : port;
    k->start += 1 + random_below(r, 120);
    k->duration -= k->duration > 120 ? random_below(r, 100) : 0;
    if (s->tail != 0)
        k->packets = (uint32_t)(k->packets * (0.7 + 0.8 * random_unit(r))) + 1;
    k->bytes_each = bytes_each(r, s->reply);
    add_talk(t, r, k, SYN, last);
}

static void converse(struct traffic *t, struct random *r, int64_t start)
{
    const struct service *s = pick_service(r);
    struct talk k = {.start = start, .protocol = s->protocol, .tos = tos_of(r, s)}, reply;
    bool answered = random_below(r, 100) < s->answered;
    uint8_t last = random_below(r, 100) < 85 ? FIN | PSH | ACK : RST | PSH | ACK;

    pick_ends(t, r, s, &k);
    k.packets = packets_of(r, s);
    k.duration = duration_of(r, s, k.packets);
    k.bytes_each = bytes_each(r, s->request);
    if (!answered && s->protocol == TCP) {
        k.packets = 1 + random_below(r, 3);
        k.duration = (k.packets - 1) * 3000;
        k.bytes_each = 60;
        add_talk(t, r, &k, SYN, 0);
        return;
    }
    reply = k;
    add_talk(t, r, &k, SYN, last);
    if (answered)
        add_reply(t, r, s, &reply, last);
}

/* ---- events --------------------------------------------------------------------- */

struct event traffic_event(const struct traffic *t, enum event_kind kind, int64_t day)
{
    static const struct event model[EVENTS] = {
        {"portscan", 4 * 3600, 4 * 3600 + 1200, 1, 1, 0, 1024},
        {"hostsweep", 9 * 3600, 9 * 3600 + 600, 1, 0, 445, 2000},
        {"flood", 14 * 3600, 14 * 3600 + 420, 0, 1, 443, 0},
    };
    struct event e = model[kind];
    uint64_t h = hash3(t->o.seed + t->o.device, 100 + (uint64_t)kind, (uint64_t)day);
    int64_t shift = day * 86400 + t->o.device % 12 * 900;

    e.from += shift;
    e.to += shift;
    if (e.source != 0)
        e.source = t->outside_address[h % t->o.hosts];
    if (e.dest != 0)
        e.dest = t->inside_address[(h >> 32) % 8];
    if (kind == EVENT_FLOOD)
        e.probes =
            t->o.flows_per_day < 100000 ? 1000 : (uint32_t)(t->o.flows_per_day / 100);
    return e;
}

static void add_probe(
    struct traffic *t, const struct event *e, enum event_kind kind, uint32_t i)
{
    struct random r = {
        hash3(t->o.seed + t->o.device, 200 + (uint64_t)kind, (uint64_t)e->from << 24 | i)};
    struct talk k = {.source = e->source,
        .dest = e->dest,
        .protocol = TCP,
        .packets = 1,
        .bytes_each = kind == EVENT_FLOOD ? 40 : 44};

    k.start = e->from * 1000 + (int64_t)i * (e->to - e->from) * 1000 / e->probes;
    k.source_port = kind == EVENT_SCAN ? 51234 : client_port(&r);
    k.dest_port = kind == EVENT_SCAN ? (uint16_t)(1 + i) : e->port;
    if (kind == EVENT_SWEEP)
        k.dest = 10u << 24 | (t->o.device + 1) % 256 << 16 | (1 + i / 250 % SUBNETS) << 8 |
                 (1 + i % 250);
    if (kind == EVENT_FLOOD)
        k.source = public_network(&r) << 16 | (random_below(&r, 65534) + 1);
    add_talk(t, &r, &k, SYN, 0);
    if (kind == EVENT_SCAN && i % 3 == 0) {
        static const struct service refusal = {.reply = 40};
        add_reply(t, &r, &refusal, &k, RST | ACK);
    }
}

static void add_events(struct traffic *t, int64_t slot)
{
    int64_t from = slot * t->slot_ms, to = from + t->slot_ms;
    int64_t day = slot * t->o.slot_seconds / 86400;

    for (int64_t d = day - 1; d <= day; d++) {
        for (int kind = 0; kind < EVENTS; kind++) {
            struct event e = traffic_event(t, (enum event_kind)kind, d);

            if (e.from * 1000 >= to || e.to * 1000 <= from)
                continue;
            for (uint32_t i = 0; i < e.probes; i++) {
                int64_t at = e.from * 1000 + (int64_t)i * (e.to - e.from) * 1000 / e.probes;
                if (at >= from && at < to)
                    add_probe(t, &e, (enum event_kind)kind, i);
            }
        }
    }
}

/* ---- slots ---------------------------------------------------------------------- */

/* Busy afternoons, quiet nights; 1 on average over a day. */
static double rhythm(const struct traffic *t, int64_t slot)
{
    double hour = (double)(slot * t->o.slot_seconds % 86400) / 3600;
    double wave =
        1 + 0.55 * cos((hour - 14.5) * M_PI / 12) + 0.12 * cos((hour - 10.5) * M_PI / 6);
    double noise =
        (double)(hash3(t->o.seed + t->o.device, 4, (uint64_t)slot) >> 40) * 0x1p-24;

    return wave * (0.92 + 0.16 * noise);
}

static void make_slot(struct traffic *t, int64_t slot)
{
    struct random r = {hash3(t->o.seed + t->o.device, 5, (uint64_t)slot)};
    double wanted = t->o.flows_per_day / 86400 * t->o.slot_seconds * rhythm(t, slot) /
                    FLOWS_PER_CONVERSATION;
    uint32_t n = (uint32_t)(wanted + random_unit(&r));

    for (uint32_t i = 0; i < n; i++)
        converse(t, &r, slot * t->slot_ms + random_below(&r, (uint32_t)t->slot_ms));
    add_events(t, slot);
    t->made = slot;
}

static bool make_room(struct traffic *t, size_t n)
{
    if (n <= t->room)
        return true;
    n += n / 4;
    free(t->sorted);
    free(t->order);
    free(t->spare);
    t->sorted = malloc(n * sizeof(*t->sorted));
    t->order = malloc(n * sizeof(*t->order));
    t->spare = malloc(n * sizeof(*t->spare));
    t->room = t->sorted != NULL && t->order != NULL && t->spare != NULL ? n : 0;
    return t->room > 0;
}

/* Sort by the middle of each word from 'shift' on, 12 bits; stable. */
static void sort_pass(const uint64_t *from, uint64_t *to, size_t n, unsigned shift)
{
    size_t at[4096] = {0}, sum = 0;

    for (size_t i = 0; i < n; i++)
        at[from[i] >> shift & 4095]++;
    for (unsigned d = 0; d < 4096; d++) {
        size_t count = at[d];
        at[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[at[from[i] >> shift & 4095]++] = from[i];
}

static bool sort_slot(struct traffic *t, const struct pending *p)
{
    if (!make_room(t, p->count + 1))
        return false;
    for (size_t i = 0; i < p->count; i++)
        t->order[i] = (uint64_t)p->flow[i].sent << 32 | i;
    sort_pass(t->order, t->spare, p->count, 32);
    sort_pass(t->spare, t->order, p->count, 44);
    sort_pass(t->order, t->spare, p->count, 56);
    for (size_t i = 0; i < p->count; i++)
        t->sorted[i] = p->flow[(uint32_t)t->spare[i]];
    return true;
}

/* Datagrams: up to 30 flows that ended within a second share the moment of sending. */
static void pack_datagrams(struct traffic_flow *f, size_t n)
{
    for (size_t i = 0, last; i < n; i = last + 1) {
        last = i;
        while (last + 1 < n && last + 1 < i + 30 && f[last + 1].sent - f[i].sent < 1000)
            last++;
        for (size_t j = i; j < last; j++)
            f[j].sent = f[last].sent;
    }
}

int64_t traffic_slot(struct traffic *t, int64_t slot)
{
    size_t n;
    struct pending *p = &t->pending[slot % t->slots];
    int64_t first = slot - (t->slots - 2);

    if (t->made == INT64_MIN || t->made < first || t->made >= slot) {
        for (unsigned i = 0; i < t->slots; i++)
            t->pending[i].count = 0;
        t->made = first - 1;
    }
    while (t->made < slot) {
        make_slot(t, t->made + 1);
        if (t->made < slot)
            t->pending[t->made % t->slots].count = 0; /* its flows are past */
    }
    if (t->failed || !sort_slot(t, p))
        return -1;
    n = p->count;
    p->count = 0;
    pack_datagrams(t->sorted, n);
    return (int64_t)n;
}

uint32_t traffic_lost(const struct traffic *t, int64_t slot)
{
    uint64_t h = hash3(t->o.seed + t->o.device, 6, (uint64_t)slot);

    return h % 40 == 0 ? 30 + (uint32_t)(h >> 32) % 300 : 0;
}

/* ---- the exporter --------------------------------------------------------------- */

static void set_end(const struct traffic *t, struct flow *f, uint32_t address, bool source)
{
    const struct network *net = &t->network[address >> 16];
    bool inside = is_inside(address);
    uint32_t interface = inside ? 10 + (address >> 8 & 255) % 5 : net->upstream;

    f->key[source ? F_SOURCE_ADDRESS : F_DEST_ADDRESS] = address;
    f->key[source ? F_SOURCE_AS : F_DEST_AS] = inside ? 0 : net->as;
    f->key[source ? F_SOURCE_MASK : F_DEST_MASK] = inside ? 24 : net->mask;
    f->key[source ? F_SOURCE_IF : F_DEST_IF] = interface;
}

void traffic_fill(const struct traffic *t, size_t i, struct flow *f)
{
    const struct traffic_flow *x = &t->sorted[i];
    const int64_t age = (int64_t)UPTIME_DAYS * 86400000;
    int64_t sent = t->made * t->slot_ms + x->sent;
    int64_t boot = sent / age * age - (int64_t)(t->o.device + 1) * 86400000 / 3;
    uint32_t output;

    set_end(t, f, x->source, true);
    set_end(t, f, x->dest, false);
    output = f->key[F_DEST_IF];
    f->key[F_NEXTHOP] =
        is_inside(x->dest) ? 0 : 0xC0000200u + 64 * output + 1; /* 192.0.2.x */
    f->key[F_EXPORTER] = 0xC6336401u + t->o.device;             /* 198.51.100.x */
    f->key[F_SOURCE_PORT] = x->source_port;
    f->key[F_DEST_PORT] = x->dest_port;
    f->key[F_PROTOCOL] = x->protocol;
    f->key[F_TOS] = x->tos;
    f->key[F_TCP_FLAGS] = x->tcp_flags;
    f->number[F_OCTETS - FLOW_KEYS] = x->octets;
    f->number[F_PACKETS - FLOW_KEYS] = x->packets;
    f->number[F_EXPORT - FLOW_KEYS] = sent / 1000;
    f->number[F_BOOT - FLOW_KEYS] = boot;
    f->number[F_START - FLOW_KEYS] = x->start;
    f->number[F_END - FLOW_KEYS] = x->start + x->duration;
}
