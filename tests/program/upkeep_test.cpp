#include "program/support/program.hpp"

#include <csignal>
#include <fstream>
#include <set>

using namespace truckee::test;

namespace {

/// Writing on top of what is there, and putting right what is not.
class upkeep : public program_test {
protected:
  std::filesystem::path slot_of(int server) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data() / "truckee" / "grid" /
                                                                           std::to_string(server) / "shares"))
      if (entry.is_regular_file())
        return entry.path();
    return {};
  }

  /// Flips one byte of the share's data on a server.
  void damage(int server, std::streamoff at) {
    std::fstream share(slot_of(server), std::ios::in | std::ios::out | std::ios::binary);
    share.seekg(at);
    const int old = share.get();
    share.seekp(at);
    share.put(static_cast<char>(old ^ 0x55));
  }
};

TEST_F(upkeep, append_adds_to_what_is_there) {
  const auto cap = put_new("one ");
  EXPECT_EQ(truckee({"append", file("more", "two "), "--cap-file", cap}).code, 0);
  EXPECT_EQ(truckee({"append", "--cap-file", cap}, "three").code, 0);
  EXPECT_EQ(get(cap), "one two three");
  const auto nothing = json({"--json", "append", file("nothing", ""), "--cap-file", cap});
  EXPECT_EQ(nothing["unchanged"], true);
  EXPECT_EQ(json({"--json", "check", "--cap-file", cap})["versions"][0]["version"], 3);
}

TEST_F(upkeep, put_if_version_writes_only_on_top_of_that_version) {
  const auto cap = put_new("first");
  const auto next = file("next", "second");
  const auto refused = truckee({"put", next, "--cap-file", cap, "--if-version", "7"});
  EXPECT_EQ(refused.code, 3) << refused.err;
  EXPECT_NE(refused.err.find("seq 1"), std::string::npos) << refused.err;
  EXPECT_EQ(get(cap), "first");
  const auto root = json({"--json", "get", "--cap-file", cap, "-o", path("copy")})["root"].get<std::string>();
  EXPECT_EQ(truckee({"put", next, "--cap-file", cap, "--if-version", "1:" + std::string(8, '0')}).code, 3);
  EXPECT_EQ(truckee({"put", next, "--cap-file", cap, "--if-version", "1:" + root.substr(0, 8)}).code, 0);
  EXPECT_EQ(get(cap), "second");
  EXPECT_EQ(truckee({"put", next, "--cap-file", cap, "--if-version", "x"}).code, 2);
  EXPECT_EQ(truckee({"put", next, "--if-version", "1"}).code, 2);
}

TEST_F(upkeep, verify_finds_a_damaged_byte_and_repair_mends_it_at_the_same_version) {
  const auto content = noise(100'000);
  const auto cap = put_new(content);
  damage(4, 20'000);
  std::filesystem::remove(slot_of(7));
  const auto found = truckee({"--json", "verify", "--cap-file", cap});
  EXPECT_EQ(found.code, 1) << found.err;
  const auto verified = nlohmann::json::parse(found.out);
  ASSERT_EQ(verified["bad_shares"].size(), 1U) << verified;
  EXPECT_EQ(verified["bad_shares"][0]["server"], "4");
  const auto repaired = json({"--json", "repair", "--cap-file", cap});
  EXPECT_EQ(repaired["done"], "refilled") << repaired;
  const auto after = json({"--json", "verify", "--cap-file", cap});
  EXPECT_EQ(after["healthy"], true) << after;
  EXPECT_EQ(after["versions"][0]["version"], 1);
  EXPECT_EQ(get(cap), content);
  EXPECT_EQ(json({"--json", "repair", "--cap-file", cap})["done"], "nothing");
}

TEST_F(upkeep, repair_needs_a_write_capability_and_enough_shares) {
  const auto cap = put_new("content");
  const auto reader = file("reader", truckee({"cap", "--cap-file", cap, "--read-only"}).out);
  EXPECT_EQ(truckee({"repair", "--cap-file", reader}).code, 6);
  for (int server = 0; server < 8; ++server)
    std::filesystem::remove(slot_of(server));
  EXPECT_EQ(truckee({"repair", "--cap-file", cap}).code, 4);
}

TEST_F(upkeep, leases_are_listed_and_renewed) {
  const auto cap = put_new("content");
  const auto listed = json({"--json", "debug", "leases", "--cap-file", cap});
  // A server slower than the others has its share, and another one may have it, too.
  ASSERT_GE(listed["leases"].size(), 10U) << listed;
  std::set<std::pair<std::string, int>> shares;
  for (const auto& lease : listed["leases"]) {
    EXPECT_EQ(lease["ours"], true);
    EXPECT_TRUE(shares.emplace(lease["server"], lease["share"]).second) << "one on each: " << listed;
  }
  EXPECT_EQ(json({"--json", "check", "--add-lease", "--cap-file", cap})["healthy"], true);
  EXPECT_EQ(json({"--json", "debug", "leases", "--cap-file", cap})["leases"].size(), shares.size())
      << "renewed, not added";
}

TEST_F(upkeep, everything_works_through_a_gateway_in_another_process) {
  auto& gateway = start({"gateway", "--listen", "127.0.0.1:0"});
  const auto address = gateway.wait_for("listening on ");
  const arguments by{"--gateway", address};
  const auto content = noise(300'000);
  const auto cap = put_new(content, by);
  EXPECT_EQ(get(cap, by), content);
  EXPECT_EQ(truckee({"--gateway", address, "append", "--cap-file", cap}, "tail").code, 0);
  EXPECT_EQ(get(cap, by), content + "tail");
  EXPECT_EQ(json({"--gateway", address, "--json", "verify", "--cap-file", cap})["healthy"], true);
  EXPECT_EQ(json({"--gateway", address, "--json", "repair", "--cap-file", cap})["done"], "nothing");
  EXPECT_EQ(
      truckee({"--gateway", address, "put", file("f", "x"), "--cap-file", file("bad", "URI:SSK:junk")}).code,
      6);
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.wait(process::seconds(20)).code, 0);
  const auto gone = truckee({"--gateway", address, "get", "--cap-file", cap});
  EXPECT_EQ(gone.code, 1) << gone.err;
  EXPECT_EQ(truckee({"gateway", "--listen", "0.0.0.0:0"}).code, 1);
}

} // namespace
