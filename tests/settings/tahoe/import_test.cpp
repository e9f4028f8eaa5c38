#include "truckee/settings/tahoe/import.hpp"

#include "test_folder.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/tagged_hash.hpp"
#include "truckee/settings/tahoe/announcements.hpp"
#include "truckee/tls/certificate_file.hpp"
#include "truckee/tls/certificates.hpp"
#include "truckee/tls/pin_text.hpp"

#include <fstream>
#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::settings;

namespace {

constexpr const char* pin = "q-ARhrfrDHLnGpR8jCAmvAZ0PRmAqyG3s8Hn_M8EIyg";
constexpr const char* tub = "aebagbafaydqqcikbmga2dqpcaireeyu";
const std::string key_id = "v0-" + std::string(52, 'a');

std::string nurl_at(int port) {
  return std::string("pb://") + pin + "@192.0.2.8:" + std::to_string(port) + "/swissnumsecret#v=1";
}

/// A server as private/servers.yaml has it, with what is announced of it.
std::string server(const std::string& id, const std::string& announced) {
  return "  " + id + ":\n    ann:\n" + announced;
}
std::string reachable(const std::string& name, int port, const std::string& more = {}) {
  return "      nickname: " + name + "\n      anonymous-storage-NURLs:\n      - " + nurl_at(port) + "\n" +
         more;
}

class tahoe_import : public testing::Test {
protected:
  void write(const std::string& name, const std::string& text) {
    const auto at = folder_ / name;
    std::filesystem::create_directories(at.parent_path());
    std::ofstream(at) << text;
  }
  /// A client's directory.
  void client(const std::string& servers, const std::string& config = "[client]\n") {
    write("tahoe.cfg", config);
    write("private/servers.yaml", servers);
  }
  imported_grid imported() {
    auto out = import_client(folder_.path());
    EXPECT_TRUE(out) << to_string(out.error());
    return out.value_or(imported_grid());
  }
  /// The refusal of a client's directory; the folder's name is cut off.
  std::string refusal() { return words_of(import_client(folder_.path())); }
  std::string words_of(const result<imported_grid>& got) {
    EXPECT_FALSE(got);
    if (got)
      return "";
    EXPECT_EQ(got.error().code, errc::configuration);
    auto text = got.error().detail;
    EXPECT_EQ(text.find("swissnum"), std::string::npos) << text;
    const auto own = folder_.path().string() + "/";
    for (auto at = text.find(own); at != text.npos; at = text.find(own))
      text.erase(at, own.size());
    return text;
  }
  /// A storage node's directory below the folder, with keys of its own.
  std::filesystem::path node(const std::string& name, const std::string& config,
                             const std::string& location) {
    const auto at = folder_ / name;
    std::filesystem::create_directories(at / "private");
    const auto made = tls::make_certificates(folder_ / ("certs-" + name), {"n"});
    EXPECT_TRUE(made);
    std::filesystem::copy_file(made->nodes.front().certificate, at / "private" / "node.pem");
    write(name + "/tahoe.cfg", config);
    write(name + "/permutation-seed", "mv4gc3lqnrsq\n");
    write(name + "/private/storage.furl", "pb://" + id_of(at) + "@" + location + "/swissnumsecret\n");
    return at;
  }
  static std::string id_of(const std::filesystem::path& node) {
    const auto names = tls::read_certificate_names(node / "private" / "node.pem");
    EXPECT_TRUE(names);
    return crypto::to_base32(names->id.view());
  }

  test::folder folder_;
};

/// What a grid file of it is read as.
grid_config read_again(const imported_grid& x, std::string_view secret = "") {
  auto out = parse_grid_file(grid_text(x, "a \"test\"\n", secret), "/etc/grid.toml");
  EXPECT_TRUE(out) << to_string(out.error());
  return out.value_or(grid_config());
}

} // namespace

TEST_F(tahoe_import, of_a_client_makes_a_grid_file_that_is_read_as_meant) {
  client("storage:\n" +
             server(key_id, reachable("alpha", 1,
                                      "      anonymous-storage-FURL: pb://" + std::string(tub) +
                                          "@tcp:192.0.2.8:1/swissnumsecret\n"
                                          "      permutation-seed-base32: mv4gc3lqnrsq\n")) +
             server("v0-second", reachable("'beta, the second'", 2)),
         "[node]\nnickname = mine\n[client]\nshares.needed = 2\nshares.happy = 3\nshares.total = 4\n"
         "peers.preferred = v0-second, v0-gone\n");
  write("private/secret", std::string(52, 'a') + "\n");
  const auto got = imported();
  EXPECT_EQ(got.lease_secret, folder_ / "private/secret");
  ASSERT_EQ(got.left_out.size(), 1U);
  EXPECT_EQ(got.left_out[0], "[client] peers.preferred names v0-gone, of which nothing else is known");
  const auto grid = read_again(got, "grid \"1\".lease-secret");
  EXPECT_EQ(grid.encoding, (grid::spread{2, 4, 3}));
  EXPECT_EQ(grid.lease_secret, "/etc/grid \"1\".lease-secret");
  ASSERT_EQ(grid.servers.size(), 2U);
  EXPECT_EQ(grid.servers[0].name, "alpha");
  EXPECT_EQ(std::string_view(gbs::to_text(std::get<nurl>(grid.servers[0].where))), nurl_at(1));
  EXPECT_EQ(crypto::to_base32(grid.servers[0].id.value().view()), tub);
  EXPECT_EQ(as_text(*grid.servers[0].permutation_seed), "example");
  EXPECT_FALSE(grid.servers[0].preferred);
  EXPECT_EQ(grid.servers[1].name, "beta--the-second");
  EXPECT_FALSE(grid.servers[1].id) << "without a FURL it is its certificate's";
  EXPECT_TRUE(grid.servers[1].preferred);
  EXPECT_EQ(grid.servers, got.servers);
}

TEST_F(tahoe_import, takes_the_seed_that_other_clients_take_where_none_is_announced) {
  client("storage:\n" + server(key_id, reachable("alpha", 1)) + server("by-hand", reachable("beta", 2)));
  const auto got = imported();
  EXPECT_EQ(got.servers.at(0).permutation_seed, bytes(32));
  EXPECT_EQ(got.servers.at(1).permutation_seed,
            to_bytes(crypto::sha256({as_bytes(std::string_view("by-hand"))}).view()));
}

TEST_F(tahoe_import, leaves_out_and_names_who_speaks_foolscap_alone_or_tor) {
  client("storage:\n" + server("v0-old", "      nickname: old\n") +
         server("v0-tor", "      anonymous-storage-NURLs: ['pb+tor://x@y:1/z#v=1']\n") +
         server("v0-new", reachable("new", 1)));
  const auto got = imported();
  ASSERT_EQ(got.servers.size(), 1U);
  EXPECT_EQ(got.left_out,
            (std::vector<std::string>{
                "old (v0-old) is left out: it announces no NURL, so it can be reached over Foolscap alone",
                "v0-tor is left out: it announces no NURL, so it can be reached over Foolscap alone"}));
}

TEST_F(tahoe_import, knows_what_introducers_told_after_what_a_person_wrote) {
  client("storage:\n" + server("v0-one", reachable("written", 1)));
  // A set is a map whose values are nothing.
  write("private/introducer_default_cache.yaml",
        "- ann:\n    nickname: told\n    anonymous-storage-NURLs: !!set\n      " + nurl_at(9) +
            ": null\n    service-name: storage\n  key_s: v0-one\n- ann:\n    nickname: two\n"
            "    anonymous-storage-NURLs: [" +
            nurl_at(2) + "]\n  key_s: v0-two\n- ann: {service-name: other}\n  key_s: v0-three\n");
  const auto got = imported();
  ASSERT_EQ(got.servers.size(), 2U);
  EXPECT_EQ(got.servers[0].name, "written");
  EXPECT_EQ(got.servers[1].name, "two");
  std::filesystem::remove(folder_ / "private/servers.yaml");
  EXPECT_TRUE(knows_servers(folder_.path()));
  EXPECT_EQ(imported().servers.at(0).name, "told");
}

TEST_F(tahoe_import, gives_each_server_one_name_and_leaves_out_who_is_there_twice) {
  client("storage:\n" + server("v0-aaaaaaaaa", reachable("same", 1)) +
         server("v0-bbbbbbbbb", reachable("same", 2)) + server("v0-ccccccccc", reachable("''", 3)) +
         server("v0-ddddddddd", reachable("late", 1)));
  const auto got = imported();
  ASSERT_EQ(got.servers.size(), 3U);
  EXPECT_EQ(got.servers[0].name, "same");
  EXPECT_EQ(got.servers[1].name, "same-v0-bbbbbbbb");
  EXPECT_EQ(got.servers[2].name, "v0-cccccccc");
  EXPECT_EQ(got.left_out,
            std::vector<std::string>{"v0-ddddddddd is left out: same is at the same address, 192.0.2.8:1"});
  read_again(got);
}

TEST_F(tahoe_import, of_what_is_no_client_says_file_line_and_key) {
  EXPECT_NE(refusal().find("there is no tahoe.cfg in it"), std::string::npos);
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"storage: [\n", "private/servers.yaml:2: not YAML: "},
      {"storage:\n  a: 1\n", "private/servers.yaml:2: server a: expected a map (key: value)"},
      {"storage:\n  a:\n    b: 1\n",
       "private/servers.yaml:3: server a: ann: is missing; expected what the server announces"},
      {"- a\n", "private/servers.yaml:1: the file: expected a map (key: value)"},
      {"storage: {a: {ann: {}}, a: {ann: {}}}\n",
       "private/servers.yaml:1: storage: \"a\" stands there twice; take one away"},
      {"a: 1\n---\nb: 1\n", "private/servers.yaml: has more than one YAML document"},
      {"storage:\n" + server("a", "      nickname: [1]\n"),
       "private/servers.yaml:4: server a: nickname: expected a text"},
      {"storage:\n" + server("a", "      anonymous-storage-NURLs: pb://x\n"),
       "private/servers.yaml:4: server a: anonymous-storage-NURLs: expected a list"},
      {"storage:\n" + server("a", "      anonymous-storage-NURLs: [pb://short@h:1/swissnumsecret#v=1]\n"),
       "private/servers.yaml:4: server a: anonymous-storage-NURLs: not a NURL: the PIN is not 43 characters "
       "of "},
      {"storage:\n" + server("a", "      anonymous-storage-FURL: pb://short@tcp:h:1/swissnumsecret\n"),
       "private/servers.yaml:4: server a: anonymous-storage-FURL: not a FURL: the TUBID is not 32 characters "
       "of base32"},
      {"storage:\n" + server("a", "      permutation-seed-base32: UPPER\n"),
       "private/servers.yaml:4: server a: permutation-seed-base32: expected base32 in lower case (a-z, 2-7) "
       "of 1 to 64 bytes"},
      {"", "this client knows no server that can be reached"},
      {"storage:\n", "this client knows no server that can be reached"},
      {"storage:\n" + server("a", "      nickname: old\n"), "old (a) is left out"},
  };
  for (const auto& [servers, words] : wrong) {
    client(servers);
    const auto got = refusal();
    EXPECT_NE(got.find(words), std::string::npos) << got << "\n" << servers;
  }
}

TEST_F(tahoe_import, of_a_client_with_a_spread_that_cannot_be_says_its_line) {
  const auto servers = "storage:\n" + server("a", reachable("a", 1));
  for (const auto& [config, words] : std::vector<std::pair<std::string, std::string>>{
           {"[client]\nshares.total = 300\n",
            "tahoe.cfg:2: [client] shares.total: expected a whole number from 1 to 255, found \"300\""},
           {"[client]\nshares.needed = 11\n",
            "tahoe.cfg:2: [client] shares.needed: is more than shares.total, which is 10"},
           {"[client]\nshares.total = 4\nshares.happy = 5\n",
            "tahoe.cfg:3: [client] shares.happy: is more than shares.total, which is 4"},
           {"client\n", "tahoe.cfg:1: expected [section]"}}) {
    client(servers, config);
    EXPECT_NE(refusal().find(words), std::string::npos) << config;
  }
}

TEST_F(tahoe_import, of_nodes_computes_the_nurl_from_certificate_furl_and_location) {
  const std::vector<std::filesystem::path> nodes{
      node("one", "[node]\nnickname = alpha\ntub.location = tor:x.onion:1,tcp:192.0.2.1:4401\n",
           "tcp:10.0.0.1:9"),
      node("two", "[node]\ntub.location = AUTO\n", "tcp:[2001:db8::2]:4402,tcp:10.0.0.1:9"),
      node("three", "[storage]\nenabled = false\n", "tcp:10.0.0.1:10"),
      node("four", "[storage]\nforce_foolscap = true\n", "tcp:10.0.0.1:11")};
  EXPECT_FALSE(knows_servers(nodes[0]));
  const auto got = import_nodes(nodes);
  ASSERT_TRUE(got) << to_string(got.error());
  ASSERT_EQ(got->servers.size(), 2U);
  EXPECT_EQ(got->encoding, (grid::spread{3, 10, 2})) << "no happier than there are servers";
  EXPECT_EQ(got->left_out.size(), 2U);
  EXPECT_TRUE(got->lease_secret.empty());
  const auto names = tls::read_certificate_names(nodes[0] / "private/node.pem");
  ASSERT_TRUE(names);
  const auto grid = read_again(*got);
  EXPECT_EQ(grid.servers[0].name, "alpha");
  EXPECT_EQ(std::string_view(gbs::to_text(std::get<nurl>(grid.servers[0].where))),
            "pb://" + tls::to_text(names->key) + "@192.0.2.1:4401/swissnumsecret#v=1");
  EXPECT_EQ(grid.servers[0].id, names->id);
  EXPECT_EQ(as_text(*grid.servers[0].permutation_seed), "example");
  EXPECT_EQ(grid.servers[1].name, "two") << "the folder's";
  EXPECT_EQ(std::get<nurl>(grid.servers[1].where).at, (address{"2001:db8::2", 4402}));
}

TEST_F(tahoe_import, of_a_node_that_lacks_something_names_the_file) {
  const std::string config = "[node]\ntub.location = tcp:192.0.2.1:4401\n";
  const auto words = [this](const std::filesystem::path& at) {
    return words_of(import_nodes(std::vector<std::filesystem::path>{at}));
  };
  const auto without = [&](const std::string& name, const std::string& gone) {
    const auto at = node(name, config, "tcp:10.0.0.1:9");
    std::filesystem::remove(at / gone);
    return words(at);
  };
  EXPECT_NE(without("a", "tahoe.cfg").find("there is no tahoe.cfg in it"), std::string::npos);
  EXPECT_NE(without("b", "private/node.pem").find("b/private/node.pem"), std::string::npos);
  EXPECT_NE(without("c", "private/storage.furl").find("c/private/storage.furl"), std::string::npos);
  EXPECT_NE(without("d", "permutation-seed").find("d/permutation-seed"), std::string::npos);

  const auto foreign = node("e", config, "tcp:10.0.0.1:9");
  write("e/private/storage.furl", std::string("pb://") + tub + "@tcp:10.0.0.1:9/swissnumsecret\n");
  EXPECT_NE(words(foreign).find("they belong to different nodes"), std::string::npos);
  const auto nowhere = node("f", "[node]\ntub.location = AUTO\n", "");
  EXPECT_NE(words(nowhere).find("f/tahoe.cfg:2: [node] tub.location: there is no tcp:HOST:PORT in it"),
            std::string::npos);
  const auto broken = node("g", config, "tcp:10.0.0.1:9");
  write("g/private/node.pem", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n");
  EXPECT_NE(words(broken).find("g/private/node.pem: there is no certificate in PEM"), std::string::npos);
  const auto seed = node("h", config, "tcp:10.0.0.1:9");
  write("h/permutation-seed", "UPPER\n");
  EXPECT_NE(words(seed).find("h/permutation-seed: expected one line of base32"), std::string::npos);
  EXPECT_NE(
      words(node("i", "[storage]\nenabled = maybe\n", "tcp:h:1")).find("i/tahoe.cfg:2: [storage] enabled"),
      std::string::npos);
}

TEST_F(tahoe_import, a_client_alone_or_storage_nodes_are_what_directories_may_be) {
  const auto of = [this](const std::vector<std::string>& names) {
    std::vector<std::filesystem::path> folders;
    for (const auto& name : names)
      folders.push_back(folder_ / name);
    return import_directories(folders);
  };
  write("client/tahoe.cfg", "[client]\nshares.total = 4\nshares.happy = 3\n");
  write("client/private/servers.yaml", "storage:\n" + server(key_id, reachable("alpha", 1)));
  node("one", "[node]\nnickname = beta\n", "tcp:10.0.0.1:9");
  node("two", "[node]\nnickname = gamma\n", "tcp:10.0.0.1:10");
  const auto client = of({"client"});
  ASSERT_TRUE(client) << to_string(client.error());
  EXPECT_EQ(client->encoding.total, 4);
  const auto nodes = of({"one", "two"});
  ASSERT_TRUE(nodes) << to_string(nodes.error());
  EXPECT_EQ(nodes->servers.size(), 2U);
  EXPECT_NE(words_of(of({"one", "client"})).find("client is a client's directory"), std::string::npos);
  // Several of one grid's storage nodes may be clients as well.
  write("two/private/servers.yaml", "storage: {}\n");
  EXPECT_TRUE(of({"one", "two"}));
  EXPECT_NE(words_of(of({"none"})).find("none: there is no tahoe.cfg in it"), std::string::npos);
}

TEST_F(tahoe_import, of_a_client_that_was_told_nothing_yet_says_what_to_do) {
  const std::vector<std::filesystem::path> here{folder_.path()};
  write("tahoe.cfg", "[client]\nintroducer.furl = pb://x@tcp:h:1/swissnumsecret\n");
  EXPECT_NE(words_of(import_directories(here)).find("has been told of none yet. Start it"),
            std::string::npos);
  write("tahoe.cfg", "[client]\n");
  write("private/introducers.yaml", "introducers: {}\n");
  EXPECT_NE(words_of(import_directories(here)).find("has been told of none yet. Start it"),
            std::string::npos);
  std::filesystem::remove(folder_ / "private/introducers.yaml");
  EXPECT_NE(words_of(import_directories(here)).find("private/node.pem"), std::string::npos);
}

TEST_F(tahoe_import, a_lease_secret_is_32_bytes_of_base32) {
  const auto file = folder_ / "private/secret";
  write("private/secret", std::string(52, 'a') + "\n");
  ASSERT_TRUE(read_lease_secret(file));
  EXPECT_EQ(std::string_view(*read_lease_secret(file)), std::string(52, 'a') + "\n");
  for (const auto& bad :
       {std::string("\n"), std::string(51, 'a'), std::string(52, 'A'), std::string(5000, 'a')}) {
    write("private/secret", bad);
    const auto got = read_lease_secret(file);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::configuration);
    EXPECT_NE(got.error().detail.find("private/secret"), std::string::npos);
    EXPECT_EQ(got.error().detail.find("aaaaa"), std::string::npos);
  }
}
