#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "names/table.h"

#define NO_FILE "/nowhere/at/all"

static struct names *open_with(const char *services, const char *protocols)
{
    char paths[2][32] = {"/tmp/fv-names-XXXXXX", "/tmp/fv-names-XXXXXX"};
    const char *texts[2] = {services, protocols};
    struct names *n;

    for (int i = 0; i < 2; i++) {
        int fd = mkstemp(paths[i]);
        assert_int_not_equal(fd, -1);
        assert_int_equal(write(fd, texts[i], strlen(texts[i])), strlen(texts[i]));
        close(fd);
    }
    assert_int_equal(names_open_files(&n, paths[0], paths[1], NULL), 0);
    unlink(paths[0]);
    unlink(paths[1]);
    return n;
}

static void built_in_names_serve_without_files(void **state)
{
    static const struct {
        const char *name;
        uint32_t number;
    } protocols[] = {{"icmp", 1}, {"igmp", 2}, {"ipip", 4}, {"tcp", 6}, {"egp", 8},
        {"udp", 17}, {"dccp", 33}, {"ipv6", 41}, {"gre", 47}, {"esp", 50}, {"ah", 51},
        {"ipv6-icmp", 58}, {"eigrp", 88}, {"ospf", 89}, {"pim", 103}, {"vrrp", 112},
        {"l2tp", 115}, {"sctp", 132}, {"udplite", 136}},
      services[] = {{"ssh", 22}, {"domain", 53}, {"http", 80}, {"https", 443},
          {"snmp", 161}, {"netflow", 2055}, {"shell", 514}};
    struct names *n;
    uint32_t number;

    (void)state;
    assert_int_equal(names_open_files(&n, NO_FILE, NO_FILE, NULL), 0);
    for (size_t i = 0; i < NITEMS(protocols); i++) {
        assert_true(names_protocol_number(n, protocols[i].name, &number));
        assert_int_equal(number, protocols[i].number);
        assert_string_equal(names_protocol(n, number), protocols[i].name);
    }
    for (size_t i = 0; i < NITEMS(services); i++) {
        assert_true(names_service_port(n, services[i].name, &number));
        assert_int_equal(number, services[i].number);
        assert_string_equal(names_service(n, number), services[i].name);
    }
    assert_null(names_service(n, 4));
    assert_null(names_service(n, 65535));
    assert_null(names_service(n, UINT32_MAX));
    assert_null(names_protocol(n, 200));
    assert_false(names_service_port(n, "no-such-service", &number));
    assert_false(names_service_port(n, "", &number));
    names_close(n);
}

static void names_are_found_in_any_case(void **state)
{
    struct names *n;
    uint32_t number;

    (void)state;
    assert_int_equal(names_open(&n, NULL), 0);
    assert_true(names_protocol_number(n, "UDP", &number));
    assert_int_equal(number, 17);
    assert_true(names_service_port(n, "HtTpS", &number));
    assert_int_equal(number, 443);
    names_close(n);
}

static void tcp_wins_and_the_file_wins(void **state)
{
    struct names *n = open_with("syslog 514/udp\nshell 514/tcp cmd # no passwords\n"
                                "only-udp 9000/udp\nmyweb 80/tcp www\n"
                                "odd 9001/sctp\nodd 9002/udp\n",
        "hello 6 HELLO\n");
    uint32_t number;

    (void)state;
    assert_string_equal(names_service(n, 514), "shell");
    assert_true(names_service_port(n, "syslog", &number));
    assert_int_equal(number, 514);
    assert_true(names_service_port(n, "cmd", &number));
    assert_int_equal(number, 514);
    assert_false(names_service_port(n, "no", &number)); /* words of the comment */
    assert_string_equal(names_service(n, 9000), "only-udp");
    assert_string_equal(names_service(n, 80), "myweb");
    assert_true(names_service_port(n, "http", &number)); /* built in, still known */
    assert_true(names_service_port(n, "odd", &number));
    assert_int_equal(number, 9002);
    assert_string_equal(names_protocol(n, 6), "hello");
    assert_true(names_protocol_number(n, "tcp", &number));
    names_close(n);
}

/* An alias leads to a number; the number is not called by it. */
static void alias_names_nothing(void **state)
{
    struct names *n = open_with("#\n", "first 201 second\n");
    uint32_t number;

    (void)state;
    assert_true(names_protocol_number(n, "second", &number));
    assert_int_equal(number, 201);
    assert_string_equal(names_protocol(n, 201), "first");
    names_close(n);
}

static void nonsense_is_passed_over(void **state)
{
    char text[4096];
    struct names *n;
    uint32_t number;

    (void)state;
    snprintf(text, sizeof(text),
        "\n\n   \nlonely\nbig 65536/tcp\nneg -1/tcp\nhuge 99999999999999999999/tcp\n"
        "noproto 9010\nescape\x1b[31m 9011/tcp\n%0100d 9012/tcp\n%02000d\r\n9013/tcp x\n"
        "good\t9014/tcp\r\nlast 9015/tcp",
        1, 2);
    n = open_with(text, "nine 999\nnone x\n");
    for (uint32_t port = 9010; port <= 9013; port++)
        assert_null(names_service(n, port));
    assert_string_equal(names_service(n, 9014), "good");
    assert_string_equal(names_service(n, 9015), "last");
    assert_false(names_service_port(n, "big", &number));
    assert_false(names_service_port(n, "neg", &number));
    assert_false(names_service_port(n, "huge", &number));
    assert_false(names_service_port(n, "lonely", &number));
    assert_false(names_protocol_number(n, "nine", &number));
    names_close(n);
}

static void addresses_need_no_resolver(void **state)
{
    uint32_t addresses[2] = {0, 0};

    (void)state;
    assert_int_equal(names_host_addresses("192.0.2.7", addresses, 2, NULL), 1);
    assert_int_equal(addresses[0], 0xc0000207);
    assert_int_equal(names_host_addresses("192.0.2.7", addresses, 0, NULL), 0);
    assert_int_equal(names_host_addresses("", addresses, 2, NULL), 0);
    assert_int_equal(names_host_addresses("::1", addresses, 2, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_names_serve_without_files),
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(tcp_wins_and_the_file_wins),
        cmocka_unit_test(alias_names_nothing),
        cmocka_unit_test(nonsense_is_passed_over),
        cmocka_unit_test(addresses_need_no_resolver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
