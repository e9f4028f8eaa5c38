#include "program/support/black_hole.hpp"
#include "program/support/server_farm.hpp"

#include <csignal>

using namespace truckee;
using namespace truckee::test;

/// Servers that are dead, hung or nowhere cost what is waited for them once, and not much. The limits they could cost are
/// set to ten seconds and more, so that a machine as busy as may be tells one from the other.
namespace {

constexpr double soon = 6; // seconds, of which a process needs a tenth where nobody else wants the processor

class dead_servers : public server_farm {
protected:
  process_result soon_done(const arguments& words, const std::string& input = {}) {
    auto done = truckee(words, input);
    EXPECT_EQ(done.code, 0) << words.back() << ": " << done.out << done.err;
    EXPECT_LT(done.seconds, soon) << words.back() << ": " << done.err;
    return done;
  }
};

std::string two_folders(const std::string& connect_timeout) {
  return "[encoding]\nneeded = 1\ntotal = 2\nhappy = 1\n[limits]\nconnect-timeout-seconds = " +
         connect_timeout +
         "\n[[server]]\nname = \"one\"\ndirectory = \"one\"\n[[server]]\nname = \"two\"\ndirectory = "
         "\"two\"\n";
}

std::string caf_server(const std::string& name, const std::string& address) {
  return "[[server]]\nname = \"" + name + "\"\ncaf = \"" + address + "\"\n";
}

} // namespace

TEST_F(dead_servers, one_that_hangs_among_ten_costs_put_get_and_append_a_moment) {
  limits_ = "[limits]\nserver-deadline-seconds = 30\nconnect-timeout-seconds = 30\n";
  start_farm();
  const auto made = json(on_grid({"put", "-"}), "first ");
  const auto cap = file("cap", std::string(made["write_cap"]) + "\n");
  server(3).signal(SIGSTOP);
  const auto put = soon_done(on_grid({"--json", "put", file("content", "second "), "--cap-file", cap}));
  EXPECT_NE((put.out + put.err).find(name_of(3)), std::string::npos) << "it is named: " << put.out << put.err;
  soon_done(on_grid({"append", file("more", "third"), "--cap-file", cap}));
  EXPECT_EQ(soon_done(on_grid({"get", "--cap-file", cap})).out, "second third");
  soon_done(on_grid({"put", "-"}), "a new one");
  server(3).signal(SIGCONT);
}

TEST_F(dead_servers, twenty_four_of_twenty_six_cost_a_new_file_and_a_read_a_moment) {
  std::array<black_hole, 24> holes;
  auto text = two_folders("20");
  for (std::size_t i = 0; i < holes.size(); ++i)
    text += caf_server("dead" + std::to_string(i), holes[i].address());
  const auto grid = file("grid.toml", text);
  file("cap", soon_done({"--grid", grid, "put", "-"}, "hello").out);
  EXPECT_EQ(soon_done({"--grid", grid, "get", "--cap-file", path("cap")}).out, "hello");
}

TEST_F(dead_servers, are_waited_for_by_a_change_until_they_are_known_to_be_and_then_no_more) {
  std::array<black_hole, 24> holes;
  auto text = two_folders("8");
  for (std::size_t i = 0; i < holes.size(); ++i)
    text += caf_server("dead" + std::to_string(i), holes[i].address());
  auto& gateway = start({"--grid", file("grid.toml", text), "gateway", "--listen", "127.0.0.1:0"});
  const auto at = gateway.wait_for("listening on ");
  file("cap", soon_done({"--gateway", at, "put", "-"}, "one").out);
  // Each of them could have a version of another writer, so the first try of all is waited for.
  const auto first = truckee({"--gateway", at, "append", file("more", " two"), "--cap-file", path("cap")});
  EXPECT_EQ(first.code, 0) << first.err;
  soon_done({"--gateway", at, "append", file("more", " three"), "--cap-file", path("cap")});
  EXPECT_EQ(soon_done({"--gateway", at, "get", "--cap-file", path("cap")}).out, "one two three");
}

TEST_F(dead_servers, one_folder_that_cannot_be_opened_is_one_server_that_is_away) {
  std::string text = "[encoding]\nneeded = 3\ntotal = 10\nhappy = 7\n";
  for (int i = 0; i < 10; ++i) {
    const auto name = "d" + std::to_string(i);
    text += "[[server]]\nname = \"" + name + "\"\ndirectory = \"" + name + "\"\n";
  }
  const arguments grid{"--grid", file("grid.toml", text)};
  const auto with = [&](arguments words) {
    words.insert(words.begin(), grid.begin(), grid.end());
    return words;
  };
  file("cap", soon_done(with({"put", "-"}), "hello").out);
  file("d3/my_nodeid", "x\n");
  EXPECT_EQ(soon_done(with({"get", "--cap-file", path("cap")})).out, "hello");
  const auto checked = truckee(with({"check", "--cap-file", path("cap")}));
  EXPECT_EQ(checked.code, 1) << checked.out << checked.err;
  EXPECT_NE((checked.out + checked.err).find("d3"), std::string::npos) << checked.out << checked.err;
  EXPECT_NE((checked.out + checked.err).find("my_nodeid"), std::string::npos)
      << "with the reason: " << checked.out << checked.err;
  soon_done(with({"put", file("content", "other"), "--cap-file", path("cap")}));
  EXPECT_EQ(soon_done(with({"get", "--cap-file", path("cap")})).out, "other");
  // Where none opens, there is nothing to be done, and the reason is told.
  for (int i = 0; i < 10; ++i)
    file("d" + std::to_string(i) + "/my_nodeid", "x\n");
  const auto none = truckee(with({"get", "--cap-file", path("cap")}));
  EXPECT_NE(none.code, 0);
  EXPECT_NE(none.err.find("my_nodeid"), std::string::npos) << none.err;
}
