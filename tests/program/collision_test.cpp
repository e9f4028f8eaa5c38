#include "program/support/scrape.hpp"
#include "program/support/server_farm.hpp"

#include <csignal>

using namespace truckee::test;

namespace {

/// Two writers, each with a client of its own, on the same ten server processes.
class collision : public server_farm {
protected:
  /// Writer A looks at the grid and is stopped before its shares are sent; writer B publishes; A goes on. The
  /// moment between is short, so A may have sent some or all of its shares: then they try again.
  void collide() {
    start_farm(false);
    cap_ = put_new("first", on_grid({}));
    for (unsigned round = 1; round <= 20; ++round) {
      const auto large = noise(40'000'000, round);
      auto& a = start(on_grid({"--json", "put", file("a", large), "--cap-file", cap_, "--timeout", "120",
                               "--metrics-listen", "127.0.0.1:0"}));
      scrape_until(a, [](const auto& text) { return value_of(text, "truckee_publishes_running") == 1; });
      a.signal(SIGSTOP);
      b_content_ = "written by B in round " + std::to_string(round);
      b_ = truckee(on_grid({"--json", "put", file("b", b_content_), "--cap-file", cap_}));
      a.signal(SIGCONT);
      a_ = a.wait(process::seconds(120));
      if (a_.code == 3 || b_.code == 3)
        return;
      ASSERT_EQ(a_.code, 0) << a_.err;
      ASSERT_EQ(b_.code, 0) << b_.err;
    }
    FAIL() << "they never met";
  }

  std::string cap_;
  std::string b_content_;
  process_result a_;
  process_result b_;
};

} // namespace

TEST_F(collision, at_least_one_of_two_writer_processes_is_told_who_wrote_what_was_expected_and_what_is_left) {
  collide();
  const auto& loser = a_.code == 3 ? a_ : b_;
  const auto reply = nlohmann::json::parse(loser.out);
  EXPECT_EQ(reply["ok"], false);
  EXPECT_EQ(reply["error"]["kind"], "uncoordinated_write") << reply;
  ASSERT_FALSE(reply["conflicts"].empty()) << reply;
  for (const auto& conflict : reply["conflicts"]) {
    EXPECT_TRUE(conflict["server"].get<std::string>().starts_with("s")) << conflict;
    EXPECT_NE(conflict["expected"].get<std::string>().find("seq "), std::string::npos) << conflict;
    EXPECT_NE(conflict["found"].get<std::string>().find("seq "), std::string::npos) << conflict;
    EXPECT_NE(conflict["expected"], conflict["found"]);
  }
  EXPECT_NE(loser.err.find("uncoordinated write"), std::string::npos) << loser.err;
  EXPECT_NE(loser.err.find("recoverable now: "), std::string::npos) << loser.err;
  // What it calls recoverable can be read, and the file can be written again.
  const auto now = truckee(on_grid({"get", "--cap-file", cap_}));
  EXPECT_EQ(now.code, 0) << now.err;
  EXPECT_TRUE(b_.code != 0 || a_.code == 0 || now.out == b_content_) << "the winner's content is there";
  EXPECT_EQ(truckee(on_grid({"put", file("c", "after"), "--cap-file", cap_})).code, 0);
  EXPECT_EQ(get(cap_, on_grid({})), "after");
}
