#include "truckee/settings/grid_file.hpp"

#include "sample_keys.hpp"
#include "test_folder.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/settings/toml_table.hpp"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::settings;

namespace {

const auto sample = test::sample_config("grid.toml");
constexpr const char* pin = "q-ARhrfrDHLnGpR8jCAmvAZ0PRmAqyG3s8Hn_M8EIyg";

result<grid_config> parse(const std::string& text) {
  return parse_grid_file(text, "/etc/truckee/grid.toml");
}

std::string server(const std::string& keys) {
  return "[[server]]\nname = \"a\"\n" + keys + "\n";
}
const std::string one_server = server("directory = \"/srv/a\"");

/// The text is refused, at that line, in these words.
void expect_refused(const std::string& text, int line, const std::vector<std::string>& words) {
  const auto got = parse(text);
  ASSERT_FALSE(got) << text;
  EXPECT_EQ(got.error().code, errc::configuration);
  const auto& detail = got.error().detail;
  EXPECT_TRUE(detail.starts_with("/etc/truckee/grid.toml:" + std::to_string(line) + ": ")) << detail;
  for (const auto& word : words)
    EXPECT_NE(detail.find(word), std::string::npos) << "\"" << word << "\" is not in: " << detail;
}

} // namespace

TEST(grid_file, reads_every_kind_of_server) {
  const auto got = parse("[encoding]\nneeded = 2\ntotal = 4\nhappy = 3\n"
                         "[tls]\nca = \"certs/ca.pem\"\ncertificate = \"/abs/c.pem\"\nkey = \"../k.pem\"\n"
                         "[[server]]\nname = \"alpha\"\ndirectory = \"stores/alpha\"\npreferred = true\n"
                         "[[server]]\nname = \"beta\"\ncaf = \"192.0.2.7:4401\"\n"
                         "id = \"aebagbafaydqqcikbmga2dqpcaireeyu\"\npermutation-seed = \"mv4gc3lqnrsq\"\n"
                         "[[server]]\nname = \"gamma\"\nnurl = \"pb://" +
                         std::string{pin} + "@192.0.2.8:4402/swiss#v=1\"\n");
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(got->encoding, (grid::spread{2, 4, 3}));
  ASSERT_EQ(got->servers.size(), 3U);
  EXPECT_EQ(std::get<local_directory>(got->servers[0].where).path, "/etc/truckee/stores/alpha");
  EXPECT_TRUE(got->servers[0].preferred);
  EXPECT_EQ(std::get<caf_address>(got->servers[1].where).at, (address{"192.0.2.7", 4401}));
  EXPECT_EQ(to_hex(got->servers[1].id->view()), "0102030405060708090a0b0c0d0e0f1011121314");
  EXPECT_EQ(as_text(*got->servers[1].permutation_seed), "example");
  const auto& gamma = std::get<nurl>(got->servers[2].where);
  EXPECT_EQ(to_hex(gamma.pin.view()), "abe01186b7eb0c72e71a947c8c2026bc06743d1980ab21b7b3c1e7fccf042328");
  EXPECT_EQ(gamma.at, (address{"192.0.2.8", 4402}));
  EXPECT_EQ(gamma.swissnum, "swiss");
  EXPECT_EQ(got->tls, (tls::node_files{"/etc/truckee/certs/ca.pem", "/abs/c.pem", "/etc/k.pem"}));
}

TEST(grid_file, what_is_left_out_has_tahoes_defaults) {
  const auto got = parse(one_server);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->encoding, (grid::spread{3, 10, 7}));
  EXPECT_EQ(got->limits, limit_settings{});
  EXPECT_FALSE(got->tls || got->metrics.listen || got->metrics.tls || got->lease_secret);
  EXPECT_EQ(parse("[encoding]\ntotal = 5\n" + one_server)->encoding, (grid::spread{3, 5, 5}));
}

namespace {

std::string some_servers(int count) {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += "[[server]]\nname = \"s" + std::to_string(i) + "\"\ndirectory = \"s" + std::to_string(i) + "\"\n";
  return out;
}

} // namespace

TEST(grid_file, the_order_of_publishes_is_in_place_unless_it_is_strict) {
  EXPECT_EQ(parse(one_server)->order, grid::order_name::in_place);
  const auto got = parse("[publish]\norder = \"in-place\"\n" + one_server);
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(got->order, grid::order_name::in_place);
  const auto strict = parse("[publish]\norder = \"strict\"\nliars = 1\n" + some_servers(10));
  ASSERT_TRUE(strict) << to_string(strict.error());
  EXPECT_EQ(strict->order, grid::order_name::strict);
  EXPECT_EQ(strict->strict, (grid::strict_terms{1, 1}));
  EXPECT_EQ(parse("[publish]\norder = \"strict\"\nrounds = 2\n" + some_servers(3))->strict.rounds, 2);
  expect_refused("[publish]\norder = \"in_place\"\n" + one_server, 2,
                 {"[publish] order", "expected \"in-place\" or \"strict\""});
  expect_refused("[publish]\norder = 1\n" + one_server, 2, {"[publish] order", "found a"});
  expect_refused("[publish]\nordr = \"in-place\"\n" + one_server, 2, {"did you mean \"order\"?"});
}

TEST(grid_file, what_cannot_be_kept_strictly_is_refused) {
  expect_refused("[publish]\norder = \"strict\"\nliars = 3\n" + some_servers(10), 1,
                 {"[publish] order", "3 of 10 on 10 servers with liars = 3 cannot be kept strictly"});
  expect_refused("[publish]\norder = \"strict\"\nliars = 1\nrounds = 2\n" + some_servers(10), 1,
                 {"[publish] order", "rounds = 2 holds only where no server lies"});
  expect_refused("[publish]\nliars = 1\n" + some_servers(10), 2,
                 {"[publish] liars", "only the strict order has it"});
  expect_refused("[publish]\nrounds = 2\n" + some_servers(10), 2,
                 {"[publish] rounds", "only the strict order has it"});
}

TEST(grid_file, a_neighbour_is_a_grid_file_whose_writers_may_meet_this_ones) {
  expect_refused("[publish]\nneighbour = \"next.toml\"\n" + some_servers(10), 2,
                 {"[publish] neighbour", "only the strict order has it"});
  EXPECT_FALSE(parse("[publish]\nneighbour = \"none\"\n" + some_servers(10))->neighbour_file);
  test::folder home;
  const auto grid = [](int liars, const std::string& more = "") {
    std::string out = "[publish]\norder = \"strict\"\nliars = " + std::to_string(liars) + "\n" + more;
    for (int i = 0; i < 10; ++i)
      out += "[[server]]\nname = \"s" + std::to_string(i) + "\"\ndirectory = \"s" + std::to_string(i) +
             "\"\nid = \"" + std::string(31, static_cast<char>('a' + i)) + "a\"\n";
    return out;
  };
  const auto file = [&](const char* name, const std::string& text) {
    std::ofstream(home / name) << text;
    return home / name;
  };
  const auto old = file("old.toml", grid(0, "neighbour = \"next.toml\"\n"));
  const auto missing = read_grid_file(old);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().detail.find("[publish] neighbour"), std::string::npos) << missing.error().detail;
  file("next.toml", grid(1, "neighbour = \"old.toml\"\n"));
  const auto got = read_grid_file(old);
  ASSERT_TRUE(got) << to_string(got.error());
  ASSERT_TRUE(got->neighbour);
  EXPECT_EQ(got->neighbour->terms.liars, 1);
  EXPECT_EQ(got->neighbour->members.size(), 10U);
  file("next.toml", grid(2));
  const auto far = read_grid_file(old);
  ASSERT_FALSE(far);
  EXPECT_NE(far.error().detail.find("more than one apart"), std::string::npos) << far.error().detail;
}

TEST(grid_file, the_middle_of_an_exchange_names_both_servers_and_who_decides) {
  const auto grid = [](const std::string& publish, const std::string& seed = std::string(31, 'b') + "a") {
    std::string out = "[publish]\norder = \"strict\"\n" + publish + "[encoding]\nneeded = 1\ntotal = 3\n";
    for (int i = 0; i < 4; ++i)
      out += "[[server]]\nname = \"s" + std::to_string(i) + "\"\ndirectory = \"s" + std::to_string(i) +
             "\"\nid = \"" + std::string(31, static_cast<char>('a' + i)) + "a\"\n" +
             (i == 3 ? "permutation-seed = \"" + seed + "\"\n" : "");
    return out;
  };
  const std::string both = "leaving = \"s1\"\ncoming = \"s3\"\n";
  const auto by_old = parse(grid(both));
  ASSERT_TRUE(by_old) << to_string(by_old.error());
  EXPECT_EQ(by_old->exchange, (grid::server_exchange{"s1", "s3", false}));
  EXPECT_TRUE(parse(grid(both + "decides = \"new\"\n"))->exchange->new_decides);
  EXPECT_FALSE(parse(grid("leaving = \"none\"\ncoming = \"none\"\ndecides = \"old\"\n"))->exchange);
  expect_refused(grid("leaving = \"s1\"\n"), 3, {"[publish] leaving", "expected both"});
  expect_refused(grid("coming = \"s3\"\n"), 3, {"[publish] coming", "expected both"});
  expect_refused(grid("decides = \"new\"\n"), 3, {"[publish] decides", "no server is exchanged"});
  expect_refused(grid(both + "decides = \"both\"\n"), 5,
                 {"[publish] decides", "expected \"old\" or \"new\""});
  expect_refused(grid(both + "rounds = 2\n"), 1, {"[publish] leaving, coming", "rounds = 2"});
  expect_refused(grid("leaving = \"s1\"\ncoming = \"s9\"\n"), 1,
                 {"[publish] leaving, coming", "there is no \"s9\""});
  expect_refused(grid(both, std::string(31, 'c') + "a"), 1,
                 {"[publish] leaving, coming", "does not come at the place of \"s1\""});
  expect_refused("[publish]\n" + both + some_servers(10), 2,
                 {"[publish] leaving", "only the strict order has it"});
}

TEST(grid_file, reads_limits_metrics_and_the_lease_secret) {
  const auto got = parse("[limits]\nin-flight-bytes = 1048576\nkeys-ready = 0\nserver-deadline-seconds = 7\n"
                         "[metrics]\nlisten = \"127.0.0.1:0\"\nuser = \"p\"\npassword-file = "
                         "\"private/p\"\n[client]\nlease-secret = \"private/secret\"\n" +
                         one_server);
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(got->limits.in_flight_bytes, 1U << 20);
  EXPECT_EQ(got->limits.keys_ready, 0U);
  EXPECT_EQ(got->limits.server_deadline, std::chrono::seconds{7});
  EXPECT_FALSE(got->limits.publish_deadline);
  EXPECT_EQ(got->metrics.listen, (address{"127.0.0.1", 0}));
  EXPECT_EQ(got->metrics.login, (metrics_login{"p", "/etc/truckee/private/p"}));
  EXPECT_EQ(got->lease_secret, "/etc/truckee/private/secret");
}

TEST(grid_file, a_login_for_metrics_has_a_user_and_a_password_file) {
  expect_refused("[metrics]\nuser = \"p\"\n" + one_server, 1, {"[metrics]", "belong together"});
  expect_refused("[metrics]\npassword-file = \"p\"\n" + one_server, 1, {"[metrics]", "belong together"});
  expect_refused("[metrics]\nuser = \"a:b\"\npassword-file = \"p\"\n" + one_server, 2,
                 {"[metrics] user", "without a colon"});
}

TEST(grid_file, metrics_over_https_need_a_certificate_and_its_key) {
  const auto got = parse("[metrics]\ncertificate = \"tls/m.pem\"\nkey = \"/m.key\"\n" + one_server);
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(got->metrics.tls, (tls::server_files{"/etc/truckee/tls/m.pem", "/m.key", {}}));
  const auto strict =
      parse("[metrics]\ncertificate = \"m.pem\"\nkey = \"m.key\"\nclient-ca = \"ca.pem\"\n" + one_server);
  ASSERT_TRUE(strict) << to_string(strict.error());
  EXPECT_EQ(strict->metrics.tls->client_ca, "/etc/truckee/ca.pem");
  expect_refused("[metrics]\ncertificate = \"m.pem\"\n" + one_server, 1, {"[metrics]", "belong together"});
  expect_refused("[metrics]\nkey = \"m.key\"\n" + one_server, 1, {"[metrics]", "belong together"});
  expect_refused("[metrics]\nclient-ca = \"ca.pem\"\n" + one_server, 2, {"[metrics] client-ca", "HTTPS"});
}

TEST(grid_file, a_server_elsewhere_may_say_where_it_is_scraped) {
  const auto got = parse(server("caf = \"127.0.0.1:1\"\nmetrics = \"192.0.2.7:9402\""));
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(got->servers[0].metrics, (scrape_target{{"192.0.2.7", 9402}, false}));
  const auto secure = parse(server("caf = \"127.0.0.1:1\"\nmetrics = \"https://192.0.2.7:9402/metrics\""));
  ASSERT_TRUE(secure) << to_string(secure.error());
  EXPECT_EQ(secure->servers[0].metrics, (scrape_target{{"192.0.2.7", 9402}, true}));
  expect_refused(server("caf = \"127.0.0.1:1\"\nmetrics = \"https://192.0.2.7:9402/stats\""), 4,
                 {"metrics", "at /metrics"});
  expect_refused(server("caf = \"127.0.0.1:1\"\nmetrics = \"192.0.2.7:0\""), 4, {"metrics", "port 0"});
  expect_refused(server("directory = \"x\"\nmetrics = \"127.0.0.1:2\""), 4, {"metrics", "this process"});
}

TEST(grid_file, errors_name_the_line_the_key_and_what_is_expected) {
  expect_refused("[encoding]\nneeded = \"3\"\n" + one_server, 2,
                 {"[encoding] needed", "1 to 255", "found a text"});
  expect_refused("[encoding]\nneeded = 0\n" + one_server, 2, {"needed", "1 to 255", "found 0"});
  expect_refused("[encoding]\ntotal = 256\n" + one_server, 2, {"total", "found 256"});
  expect_refused("[encoding]\ntotal = -9223372036854775808\n" + one_server, 2, {"total", "1 to 255"});
  expect_refused("[encoding]\nneeded = 5\ntotal = 4\n" + one_server, 2,
                 {"needed", "is 5", "total, which is 4"});
  expect_refused("[encoding]\ntotal = 4\nhappy = 5\n" + one_server, 3,
                 {"happy", "is 5", "total, which is 4"});
  expect_refused("encoding = 3\n" + one_server, 1, {"encoding", "expected a table"});
  expect_refused("\n[limits]\nkeys-ready = 1.5\n" + one_server, 3,
                 {"[limits] keys-ready", "with a fraction"});
  expect_refused("[metrics]\nlisten = \"9401\"\n" + one_server, 2, {"[metrics] listen", "port is missing"});
}

TEST(grid_file, unknown_keys_are_errors_and_the_nearest_is_named) {
  expect_refused("[encoding]\nneded = 3\n" + one_server, 2, {"[encoding] neded", "did you mean \"needed\"?"});
  expect_refused(server("direktory = \"/srv/a\""), 3, {"direktory", "did you mean \"directory\"?"});
  expect_refused(server("directory = \"x\"\npermutation_seed = \"a\""), 4,
                 {"did you mean \"permutation-seed\"?"});
  expect_refused("[server]\nname = \"a\"\n", 1, {"at least one [[server]]"});
  expect_refused("[encodin]\n" + one_server, 1, {"did you mean \"encoding\"?"});
  expect_refused("[zzzzzzzz]\n" + one_server, 1, {"expected one of", "encoding", "server"});
}

TEST(grid_file, a_server_has_a_name_and_one_place) {
  expect_refused("[[server]]\ndirectory = \"x\"\n", 1, {"number 1", "name: is missing"});
  expect_refused("[[server]]\nname = \"a b\"\ndirectory = \"x\"\n", 2, {"name", "letters"});
  expect_refused("[[server]]\nname = \"" + std::string(65, 'a') + "\"\ndirectory = \"x\"\n", 2,
                 {"name", "64"});
  expect_refused(server(""), 1, {"\"a\"", "exactly one of directory, caf and nurl", "found 0"});
  expect_refused(server("directory = \"x\"\ncaf = \"127.0.0.1:1\""), 1, {"exactly one", "found 2"});
  expect_refused(server("directory = \"\""), 3, {"directory", "is empty"});
  expect_refused(server("caf = \"127.0.0.1:99999\""), 3, {"caf", "port is not a number from 1 to 65535"});
  expect_refused(server("caf = \"127.0.0.1:0\""), 3, {"caf", "port 0"});
  expect_refused(server("directory = \"x\"\nid = \"abc\""), 4, {"id", "32 characters of base32"});
  expect_refused(server("directory = \"x\"\npermutation-seed = \"A1\""), 4, {"permutation-seed", "base32"});
  expect_refused(server("directory = \"x\"\npreferred = 1"), 4, {"preferred", "true or false", "a number"});
  expect_refused("server = []\n", 1, {"at least one [[server]]"});
  expect_refused("server = [1]\n", 1, {"expected tables"});
  EXPECT_FALSE(parse(""));
}

TEST(grid_file, a_server_is_listed_once) {
  const auto two = [](const std::string& a, const std::string& b) {
    return "[[server]]\nname = \"a\"\n" + a + "\n[[server]]\n" + b + "\n";
  };
  expect_refused(two("directory = \"x\"", "name = \"a\"\ndirectory = \"y\""), 4,
                 {"another server has this name"});
  expect_refused(two("directory = \"x\"", "name = \"b\"\ndirectory = \"./x\""), 4,
                 {"\"b\"", "\"a\" has the same"});
  expect_refused(two("caf = \"127.0.0.1:1\"", "name = \"b\"\ncaf = \"127.0.0.1:1\""), 4,
                 {"the same caf address"});
  const std::string id = "id = \"aebagbafaydqqcikbmga2dqpcaireeyu\"\n";
  expect_refused(two("directory = \"x\"\n" + id, "name = \"b\"\ndirectory = \"y\"\n" + id), 6,
                 {"the same id"});
}

TEST(grid_file, an_address_beyond_loopback_needs_tls) {
  expect_refused(server("caf = \"192.0.2.7:4401\""), 3, {"192.0.2.7:4401", "mutual TLS", "truckee certs"});
  expect_refused(server("caf = \"host.example:4401\""), 3, {"not a loopback address"});
  for (const auto* local : {"127.0.0.1:1", "[::1]:1", "localhost:1"})
    EXPECT_TRUE(parse(server("caf = \"" + std::string{local} + "\""))) << local;
  expect_refused("[tls]\nca = \"ca.pem\"\nkey = \"k.pem\"\n" + one_server, 1,
                 {"[tls]", "certificate", "is missing"});
}

TEST(grid_file, a_server_on_loopback_may_be_another_users_where_that_is_said) {
  const auto got = parse(server("caf = \"127.0.0.1:1\"\nany-user = true"));
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_TRUE(got->servers[0].any_user);
  EXPECT_FALSE(parse(server("caf = \"127.0.0.1:1\""))->servers[0].any_user);
  expect_refused(server("directory = \"a\"\nany-user = true"), 4, {"any-user", "only a caf server"});
}

TEST(grid_file, a_certificate_can_be_pinned_where_there_is_one) {
  const auto tls = std::string("[tls]\nca = \"ca.pem\"\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n");
  const auto pinned = "certificate-pin = \"" + std::string{pin} + "\"";
  const auto got = parse(tls + server("caf = \"127.0.0.1:1\"\n" + pinned));
  ASSERT_TRUE(got) << to_string(got.error());
  ASSERT_TRUE(got->servers[0].certificate_pin);
  EXPECT_EQ(to_hex(got->servers[0].certificate_pin->view()),
            "abe01186b7eb0c72e71a947c8c2026bc06743d1980ab21b7b3c1e7fccf042328");
  expect_refused(server("caf = \"127.0.0.1:1\"\n" + pinned), 4, {"certificate-pin", "[tls]"});
  expect_refused(tls + server("directory = \"a\"\n" + pinned), 8, {"certificate-pin", "only a caf server"});
  expect_refused(tls + server("caf = \"127.0.0.1:1\"\ncertificate-pin = \"abc\""), 8,
                 {"certificate-pin", "43 characters"});
}

TEST(grid_file, a_nurl_that_is_none_is_told_with_its_line) {
  expect_refused(server("nurl = \"pb://x@h:1/s#v=1\""), 3, {"nurl", "PIN is not 43 characters"});
}

TEST(grid_file, what_is_not_toml_is_refused_with_its_line) {
  expect_refused("[encoding]\nneeded = \n", 2, {"not TOML"});
  expect_refused("a = 1\na = 2\n", 2, {"not TOML"});
  EXPECT_FALSE(parse(std::string(2 << 20, '#')));
  EXPECT_FALSE(parse("a = " + std::string(100'000, '['))) << "deep nesting must not exhaust the stack";
}

TEST(grid_file, a_home_is_not_meant_by_a_tilde) {
  for (const auto* key : {"directory = \"~/x\"", "directory = \"~\"", "directory = \"~other/x\""})
    expect_refused(server(key), 3, {"directory", "stands for a home in a shell only"});
  expect_refused("[client]\nlease-secret = \"~/secret\"\n", 2, {"lease-secret", "in a shell only"});
  expect_refused("[log]\nfile = \"~/log\"\n", 2, {"file", "in a shell only"});
  expect_refused("[metrics]\nlisten = \"127.0.0.1:1\"\nuser = \"u\"\npassword-file = \"~/p\"\n", 4,
                 {"password-file", "in a shell only"});
  EXPECT_TRUE(parse(server("directory = \"a~b\"")));
}

TEST(grid_file, nothing_of_a_file_moves_a_terminals_cursor_when_it_is_refused) {
  for (const auto* text :
       {"read-only = fa\x1b]0;pwned", "\x1b[2J = 1\n", "a = \"\x1b[2J\"\n", "[client]\nread-only = \xff\n",
        "[publish]\norder = \"\\u001b[2J\"\n", "[encoding]\nneeded = \"\\u009b2J\"\n"}) {
    const auto got = parse(text);
    ASSERT_FALSE(got) << text;
    for (const char c : got.error().detail)
      EXPECT_TRUE(c >= ' ' && c <= '~') << text << " gave " << got.error().detail;
  }
}

TEST(grid_file, a_file_that_cannot_be_read_is_told_with_the_reason) {
  const auto missing = read_grid_file("/nowhere/grid.toml");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().detail.find("/nowhere/grid.toml: cannot be read: No such file or directory"),
            std::string::npos)
      << missing.error().detail;
  const auto folder = read_grid_file("/tmp");
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().detail.find("Is a directory"), std::string::npos) << folder.error().detail;
}

TEST(grid_file, a_missing_file_is_named) {
  const auto got = read_grid_file("/nowhere/grid.toml");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::configuration);
  EXPECT_NE(got.error().detail.find("/nowhere/grid.toml"), std::string::npos);
  EXPECT_FALSE(read_grid_file("/"));
}

TEST(grid_file, the_embedded_grid_is_ten_directories) {
  const auto config = embedded_grid("/home/me/.local/share");
  ASSERT_EQ(config.servers.size(), 10U);
  EXPECT_EQ(config.encoding, (grid::spread{3, 10, 7}));
  EXPECT_EQ(std::get<local_directory>(config.servers[9].where).path, "/home/me/.local/share/truckee/grid/9");
}

TEST(grid_file, the_sample_is_read_and_has_every_key) {
  const auto got = read_grid_file(sample);
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(got->servers.size(), 3U);
  EXPECT_EQ(test::keys_in(sample), grid_file_keys());
}

TEST(grid_file, the_nearest_key_is_near) {
  constexpr std::array<std::string_view, 2> keys{"directory", "preferred"};
  EXPECT_EQ(nearest_key("dirctory", keys), "directory");
  EXPECT_EQ(nearest_key("prefered", keys), "preferred");
  EXPECT_EQ(nearest_key("elephant", keys), std::nullopt);
  EXPECT_EQ(nearest_key(std::string(100'000, 'd'), keys), std::nullopt);
}

TEST(toml_table, sizes_have_units_of_1024_and_must_fit) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("4096"), 4096U);
  EXPECT_EQ(parse_size("7 B"), 7U);
  EXPECT_EQ(parse_size("64 KiB"), 65'536U);
  EXPECT_EQ(parse_size("1GiB"), std::uint64_t{1} << 30);
  EXPECT_EQ(parse_size("3 TiB"), std::uint64_t{3} << 40);
  EXPECT_EQ(parse_size("18446744073709551615"), UINT64_MAX);
  for (const auto* wrong : {"", " ", "KiB", "1 ", "1  KiB", "-1", "+1", "1.5 KiB", "1 kB", "1KiB ", " 1",
                            "18446744073709551616", "18014398509481984 KiB", "16777216 TiB"})
    EXPECT_EQ(parse_size(wrong), std::nullopt) << wrong;
}

RC_GTEST_PROP(grid_file, no_text_crashes_it, ()) {
  const auto text = *rc::gen::arbitrary<std::string>();
  const auto got = parse(text);
  RC_ASSERT(got || got.error().code == errc::configuration);
}

RC_GTEST_PROP(grid_file, no_change_to_the_sample_crashes_it, ()) {
  static const std::string whole{as_text(test::read_file(sample))};
  auto text = whole;
  const auto edits = *rc::gen::inRange(1, 8);
  for (int i = 0; i < edits; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const auto length = *rc::gen::inRange<std::size_t>(0, 20);
    const auto from = *rc::gen::inRange<std::size_t>(0, whole.size());
    text.replace(at, length, whole.substr(from, *rc::gen::inRange<std::size_t>(0, 40)));
  }
  const auto got = parse(text);
  if (!got) // one condition would do, and g++ 12, instrumented, then compares what is no text
    RC_ASSERT(got.error().detail.starts_with("/etc/truckee/grid.toml"));
}

TEST(grid_file, says_how_its_gateway_logs) {
  const auto got = parse("[log]\nlevel = \"warning\"\nformat = \"json\"\nfile = \"node.log\"\n"
                         "levels = { link = \"debug\", storage = \"off\" }\n" +
                         one_server);
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(got->log.least, logs::level::warning);
  EXPECT_EQ(got->log.format, logs::line_format::json);
  EXPECT_EQ(got->log.file, "/etc/truckee/node.log");
  EXPECT_EQ(got->log.levels,
            (std::map<logs::component, logs::level>{{logs::component::link, logs::level::debug},
                                                    {logs::component::storage, logs::level::off}}));
}

TEST(grid_file, names_a_log_setting_that_is_none) {
  expect_refused("[log]\nlevel = \"loud\"\n" + one_server, 2, {"[log] level", "debug, info, warning"});
  expect_refused("[log]\nformat = \"xml\"\n" + one_server, 2, {"[log] format", "text or json"});
  expect_refused("[log]\nlevels = { lnk = \"info\" }\n" + one_server, 2, {"lnk", "did you mean \"link\"?"});
  expect_refused("[log]\nlevels = { link = \"loud\" }\n" + one_server, 2,
                 {"[log] levels link", "debug, info"});
  expect_refused("[log]\nlevels = \"debug\"\n" + one_server, 2, {"levels", "expected a table"});
}

TEST(grid_file, says_where_its_gateway_serves_files_over_http) {
  const auto none = parse(one_server);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->http, http_settings{});
  const auto port = parse(one_server + "[http]\nlisten = \"[::1]:4480\"\ntoken-file = \"token\"\n");
  ASSERT_TRUE(port) << to_string(port.error());
  EXPECT_EQ(port->http.listen, http_place(address{"::1", 4480}));
  EXPECT_EQ(port->http.token_file, "/etc/truckee/token");
  const auto socket = parse(one_server + "[http]\nlisten = \"unix:run/s\"\n");
  ASSERT_TRUE(socket) << to_string(socket.error());
  EXPECT_EQ(socket->http.listen, http_place(std::filesystem::path("/etc/truckee/run/s")));
  EXPECT_EQ(to_string(*socket->http.listen), "unix:/etc/truckee/run/s");
  expect_refused(one_server + "[http]\nlisten = \"192.0.2.1:4480\"\n", 5,
                 {"[http] listen", "loopback address"});
  expect_refused(one_server + "[http]\nlisten = \"unix:\"\n", 5, {"[http] listen", "unix:PATH"});
}
