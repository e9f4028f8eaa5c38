#include "program/support/server_farm.hpp"

#include <csignal>

using namespace truckee::test;

using progress_of_the_program = server_farm;

TEST_F(progress_of_the_program, is_an_object_a_line_with_json) {
  const auto made = truckee({"--json", "put", file("content", noise(300'000))});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto cap = file("cap", nlohmann::json::parse(made.out)["write_cap"].get<std::string>());
  const std::vector<std::pair<std::string, arguments>> commands{
      {"publish", {"put", file("content", noise(200'000, 2)), "--cap-file", cap}},
      {"retrieve", {"get", "--cap-file", cap, "-o", path("copy")}},
      {"verify", {"verify", "--cap-file", cap}},
      {"check", {"check", "--cap-file", cap}},
      {"repair", {"repair", "--cap-file", cap}},
      {"append", {"append", file("more", "more"), "--cap-file", cap}}};
  for (const auto& [kind, words] : commands) {
    arguments all{"--json"};
    all.insert(all.end(), words.begin(), words.end());
    const auto done = truckee(all);
    ASSERT_EQ(done.code, 0) << kind << done.err;
    const auto lines = lines_of(done.err);
    ASSERT_FALSE(lines.empty()) << kind;
    for (const auto& line : lines) {
      ASSERT_TRUE(nlohmann::json::accept(line)) << line;
      EXPECT_EQ(nlohmann::json::parse(line)["kind"], kind);
    }
    const auto last = nlohmann::json::parse(lines.back());
    EXPECT_EQ(last["active"], false);
    EXPECT_EQ(last["outcome"], "ok");
    EXPECT_EQ(last["progress"], 1.0);
    EXPECT_EQ(done.err.find("URI:"), std::string::npos);
  }
}

TEST_F(progress_of_the_program, of_a_failure_ends_with_its_kind) {
  const auto cap = put_new("one");
  std::filesystem::remove_all(data() / "truckee");
  const auto done = truckee({"--json", "get", "--cap-file", cap, "-o", path("copy")});
  EXPECT_EQ(done.code, 4) << done.err;
  std::string outcome;
  for (const auto& line : lines_of(done.err))
    if (nlohmann::json::accept(line))
      outcome = nlohmann::json::parse(line).value("outcome", "");
  EXPECT_EQ(outcome, "not_enough_shares") << done.err;
}

TEST_F(progress_of_the_program, shows_one_operation_with_the_server_it_waits_for) {
  limits_ =
      "[limits]\nserver-deadline-seconds = 20\nconnect-timeout-seconds = 5\npatience-milliseconds = 60000\n";
  start_farm(false);
  const auto at = start(on_grid({"gateway", "--listen", "127.0.0.1:0"})).wait_for("listening on ");
  put_new("the gateway has met every server now", {"--gateway", at});
  server(3).signal(SIGSTOP);
  auto& put = start({"--gateway", at, "put", file("new", "content")});
  nlohmann::json one;
  for (int i = 0; i < 200 && (!one.contains("publish") || one["publish"].is_null()); ++i) {
    const auto running = json({"--gateway", at, "status"})["running"];
    if (!running.empty())
      one = json(
          {"--gateway", at, "status", "--operation", std::to_string(running[0]["operation"].get<int>())});
  }
  ASSERT_TRUE(one.contains("publish")) << one;
  EXPECT_EQ(one["publish"]["servers"].size(), servers);
  const auto number = std::to_string(one["operation"].get<int>());
  const auto text = truckee({"--gateway", at, "status", "--operation", number});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_TRUE(text.out.starts_with("publish " + number + " of file ")) << text.out;
  EXPECT_NE(text.out.find("outstanding"), std::string::npos) << text.out;
  auto& watch = start({"--gateway", at, "status", "--watch", "--operation", number});
  watch.wait_for("publish " + number);
  server(3).signal(SIGCONT);
  EXPECT_EQ(put.wait().code, 0);
  EXPECT_EQ(watch.wait(process::seconds(10)).code, 0) << "it ends with the operation";
  EXPECT_NE(watch.out().find(": done after "), std::string::npos) << watch.out();
  const auto none = truckee({"--gateway", at, "status", "--operation", "77"});
  EXPECT_EQ(none.code, 2) << none.err;
  EXPECT_NE(none.err.find("--operation 77"), std::string::npos) << none.err;
}
