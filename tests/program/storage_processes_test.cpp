#include "program/support/server_farm.hpp"
#include "program/support/shares_on_disk.hpp"
#include "truckee/crypto/capability.hpp"

#include <csignal>

using namespace truckee;
using namespace truckee::test;

namespace {

class storage_processes : public server_farm {
protected:
  void put_first(const std::string& content) {
    const auto made = json(on_grid({"put", "-"}), content);
    EXPECT_EQ(made["happiness"], 10) << made;
    text_ = made["write_cap"];
    cap_ = file("cap", text_ + "\n");
  }
  process_result put(const std::string& content) {
    return truckee(on_grid({"--json", "put", file("content", content), "--cap-file", cap_}));
  }
  std::vector<share_on_disk> shares() const {
    return shares_below(stores(), crypto::fingerprint_of(crypto::parse_capability(text_).value().file));
  }

  std::string text_;
  std::string cap_;
};

} // namespace

TEST_F(storage_processes, three_killed_are_read_around_rehomed_and_taken_back) {
  start_farm();
  const auto first = noise(300'000, 1);
  put_first(first);
  EXPECT_EQ(shares().size(), 10U) << describe(shares());
  for (const std::size_t gone : {1U, 4U, 8U})
    kill(gone);
  EXPECT_TRUE(get(cap_, on_grid({})) == first);
  const auto hurt = truckee(on_grid({"check", "--cap-file", cap_}));
  EXPECT_EQ(hurt.code, 1) << hurt.out << hurt.err;

  const auto second = noise(300'000, 2);
  const auto without = put(second);
  ASSERT_EQ(without.code, 0) << without.out << without.err;
  const auto reply = nlohmann::json::parse(without.out);
  EXPECT_EQ(reply["version"], 2);
  EXPECT_EQ(reply["happiness"], 7) << "seven servers are there: " << reply;
  EXPECT_EQ(reply["placed"].size(), 10U) << "all shares have a home: " << reply;
  EXPECT_TRUE(get(cap_, on_grid({})) == second);

  for (const std::size_t back : {1U, 4U, 8U})
    restart(back);
  EXPECT_TRUE(get(cap_, on_grid({})) == second);
  const auto third = noise(300'000, 3);
  const auto again = put(third);
  ASSERT_EQ(again.code, 0) << again.out << again.err;
  const auto healed = nlohmann::json::parse(again.out);
  EXPECT_EQ(healed["version"], 3);
  EXPECT_EQ(healed["happiness"], 10) << healed;
  EXPECT_TRUE(healed["stale"].empty()) << healed;
  EXPECT_TRUE(get(cap_, on_grid({})) == third);
  const auto checked = truckee(on_grid({"--json", "check", "--cap-file", cap_}));
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  const auto found = shares();
  // Ten, and what was re-homed while three were away: no more copies than that.
  EXPECT_LE(found.size(), 13U) << describe(found);
  for (const auto& share : found) {
    EXPECT_EQ(share.wrong, "") << share.file;
    EXPECT_EQ(share.version.value, 3U) << share.file;
  }
  const auto before = describe(found);
  ASSERT_EQ(put(third).code, 0);
  EXPECT_EQ(shares().size(), found.size())
      << "one more put makes no more copies: " << before << " | " << describe(shares());
}

TEST_F(storage_processes, stopped_server_costs_bounded_time_and_is_named) {
  start_farm();
  put_first("first");
  server(3).signal(SIGSTOP);
  const auto done = put(noise(100'000));
  server(3).signal(SIGCONT);
  ASSERT_EQ(done.code, 0) << done.out << done.err;
  EXPECT_LT(done.seconds, 12) << "the deadline is 2 s, connecting has 1 s";
  const auto reply = nlohmann::json::parse(done.out);
  EXPECT_GE(reply["happiness"], 9);
  EXPECT_EQ(reply["version"], 2);
  EXPECT_NE((done.out + done.err).find(name_of(3)), std::string::npos) << done.out << done.err;
}

TEST_F(storage_processes, fewer_servers_than_happy_is_exit_code_4_and_says_who_was_away) {
  start_farm();
  put_first("first");
  for (const std::size_t gone : {0U, 2U, 5U, 7U})
    kill(gone);
  const auto done = truckee(on_grid({"put", file("second", "second"), "--cap-file", cap_}));
  EXPECT_EQ(done.code, 4) << done.err;
  for (const std::size_t gone : {0U, 2U, 5U, 7U})
    EXPECT_NE(done.err.find(name_of(gone)), std::string::npos) << done.err;
  const auto made = truckee(on_grid({"put", "-"}), "new");
  EXPECT_EQ(made.code, 4) << made.err;
}

TEST_F(storage_processes, no_server_at_all_is_exit_code_4) {
  start_farm(false);
  put_first("first");
  for (std::size_t i = 0; i < servers; ++i)
    kill(i);
  for (const auto& words :
       std::vector<arguments>{{"get", "--cap-file", cap_}, {"check", "--cap-file", cap_}, {"put", cap_}}) {
    const auto done = truckee(on_grid(words));
    EXPECT_EQ(done.code, 4) << words.front() << ": " << done.err;
    // Somebody else's process may have come by one of their ports: then one server answers, and is not that one.
    EXPECT_TRUE(done.err.find("no server") != std::string::npos ||
                done.err.find("not enough servers") != std::string::npos)
        << done.err;
    EXPECT_EQ(done.out, "") << words.front();
  }
}

TEST_F(storage_processes, terminated_server_says_so_and_exits_0) {
  auto& one = start({"storage", "--directory", path("store"), "--listen", "127.0.0.1:0"});
  one.wait_for("listening on ");
  one.signal(SIGTERM);
  const auto done = one.wait(process::seconds(5));
  EXPECT_EQ(done.code, 0);
  EXPECT_NE(done.err.find("stopping"), std::string::npos) << done.err;
  EXPECT_EQ(lines_of(done.out).size(), 1U) << done.out;
}

TEST_F(storage_processes, second_server_over_one_store_is_refused) {
  auto& one = start({"storage", "--directory", path("store"), "--listen", "127.0.0.1:0"});
  one.wait_for("listening on ");
  const auto second = truckee({"storage", "--directory", path("store"), "--listen", "127.0.0.1:0"});
  EXPECT_NE(second.code, 0);
  EXPECT_NE(second.err.find("store"), std::string::npos) << second.err;
  EXPECT_EQ(second.out, "");
}

TEST_F(storage_processes, taken_port_is_named) {
  auto& one = start({"storage", "--directory", path("store"), "--listen", "127.0.0.1:0"});
  const auto line = one.wait_for("listening on ");
  const auto at = line.substr(0, line.find(' '));
  const auto second = truckee({"storage", "--directory", path("other"), "--listen", at});
  EXPECT_EQ(second.code, 2);
  EXPECT_NE(second.err.find(at), std::string::npos) << second.err;
}
