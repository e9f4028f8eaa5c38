#include "program/support/server_farm.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>

using namespace truckee::test;

namespace {

/// Many files on the grid inside the program.
class repair_all : public program_test {
protected:
  std::string index_of(const std::string& cap) {
    return json({"--json", "cap", "--cap-file", cap}).at("storage_index").get<std::string>();
  }
  void lose(const std::string& cap, int servers) {
    for (int server = 0; server < servers; ++server)
      std::filesystem::remove_all(data() / "truckee" / "grid" / std::to_string(server) / "shares" /
                                  index_of(cap).substr(0, 2) / index_of(cap));
  }
  std::string list(const std::vector<std::string>& caps) {
    std::string text = "# ours\n";
    for (const auto& cap : caps)
      text += contents(cap);
    return file("ours.caps", text);
  }
  static std::string contents(const std::string& name) {
    std::ifstream in(name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

} // namespace

TEST_F(repair_all, each_file_is_repaired_and_told_of_by_its_storage_index) {
  const auto whole = put_new("one");
  const auto hurt = put_new("two");
  lose(hurt, 3);
  const auto done = truckee({"repair", "--all", list({whole, hurt})});
  EXPECT_EQ(done.code, 0) << done.err;
  const auto lines = lines_of(done.out);
  ASSERT_EQ(lines.size(), 2U) << done.out;
  EXPECT_TRUE(std::ranges::count(lines, index_of(whole) + " (line 2): healthy")) << done.out;
  EXPECT_TRUE(
      std::ranges::count(lines, index_of(hurt) + " (line 3): repaired: shares were put back at version 1"))
      << done.out;
  EXPECT_NE(done.err.find("2 files: 1 healthy, 1 repaired"), std::string::npos) << done.err;
  EXPECT_EQ((done.out + done.err).find("URI:"), std::string::npos) << "capabilities are secrets";
  EXPECT_EQ(json({"--json", "check", "--cap-file", hurt}).at("healthy"), true);
}

TEST_F(repair_all, as_json_it_is_an_object_a_file_and_a_sum) {
  const auto whole = put_new("one");
  const auto gone = put_new("two");
  lose(gone, 10);
  const auto done = truckee({"--json", "repair", "--all", "-"}, "\n" + contents(whole) + contents(gone));
  EXPECT_EQ(done.code, 4) << done.err;
  const auto lines = lines_of(done.out);
  ASSERT_EQ(lines.size(), 3U) << done.out;
  for (const auto& line : {lines[0], lines[1]}) {
    const auto one = nlohmann::json::parse(line);
    EXPECT_EQ(one.at("ok"), one.at("line") == 2);
    EXPECT_EQ(one.at("storage_index"), index_of(one.at("line") == 2 ? whole : gone));
    EXPECT_EQ(one.at("format"), "sdmf");
  }
  const auto sum = nlohmann::json::parse(lines[2]);
  EXPECT_EQ(sum.at("files"), 2);
  EXPECT_EQ(sum.at("healthy"), 1);
  EXPECT_EQ(sum.at("failed"), 1);
  EXPECT_EQ(done.out.find("URI:"), std::string::npos);
}

TEST_F(repair_all, what_is_wrong_in_a_list_is_said_before_anything_begins) {
  const auto cap = put_new("one");
  lose(cap, 3);
  const auto wrong = truckee({"repair", "--all", file("ours.caps", contents(cap) + "URI:SSK:what\n")});
  EXPECT_EQ(wrong.code, 6) << wrong.err;
  EXPECT_NE(wrong.err.find("line 2: "), std::string::npos) << wrong.err;
  EXPECT_NE(wrong.err.find("nothing was begun"), std::string::npos) << wrong.err;
  EXPECT_EQ(json({"--json", "repair", "--cap-file", cap}).at("done"), "refilled")
      << "it was not repaired before";
  EXPECT_EQ(truckee({"repair"}).code, 2);
  EXPECT_EQ(truckee({"repair", "--cap-file", cap, "--all", list({cap})}).code, 2);
  EXPECT_EQ(truckee({"repair", "--cap-file", cap, "--resume", path("done")}).code, 2);
  EXPECT_EQ(truckee({"repair", "--all", list({cap}), "--resume", path("ours.caps")}).code, 2)
      << "the list would be written over";
  EXPECT_EQ(truckee({"repair", "--all", path("nowhere")}).code, 2);
}

TEST_F(repair_all, it_goes_on_where_it_stopped_and_a_journal_of_another_grid_is_refused) {
  const auto first = put_new("one");
  const auto second = put_new("two");
  lose(second, 10);
  const arguments words{"repair", "--all", list({first, second}), "--resume", path("done")};
  const auto stopped = truckee(words);
  EXPECT_EQ(stopped.code, 4) << stopped.err;
  EXPECT_NE(stopped.err.find("the same command goes on with these"), std::string::npos) << stopped.err;
  EXPECT_EQ(content("done").find("URI:"), std::string::npos);
  EXPECT_NE(content("done").find(index_of(first) + "\n"), std::string::npos);
  EXPECT_EQ(content("done").find(index_of(second)), std::string::npos) << "it failed";
  const auto again = truckee(words);
  EXPECT_EQ(again.code, 4) << again.err;
  EXPECT_EQ(lines_of(again.out).size(), 1U) << again.out;
  EXPECT_NE(again.err.find("1 done before"), std::string::npos) << again.err;
  std::string grid;
  for (int i = 0; i < 10; ++i)
    grid += "[[server]]\nname = \"s" + std::to_string(i) + "\"\ndirectory = \"s" + std::to_string(i) + "\"\n";
  const auto elsewhere = file("other.toml", grid);
  arguments other{"--grid", elsewhere};
  other.insert(other.end(), words.begin(), words.end());
  const auto refused = truckee(other);
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("another grid file"), std::string::npos) << refused.err;
}

TEST_F(repair_all, a_signal_ends_it_and_the_next_run_does_the_rest) {
  std::vector<std::string> caps;
  for (int i = 0; i < 12; ++i)
    caps.push_back(put_new(noise(300'000, static_cast<unsigned>(i))));
  const arguments words{"repair", "--all", list(caps), "--resume", path("done")};
  auto& run = start(words);
  run.wait_for("(line "); // one is told of
  run.signal(SIGTERM);
  const auto ended = run.wait(process::seconds(60));
  const auto done = truckee(words);
  EXPECT_EQ(done.code, 0) << done.err << ended.err;
  EXPECT_NE(done.err.find("done before"), std::string::npos) << done.err;
  EXPECT_EQ(lines_of(content("done")).size(), 13U) << "the head, and each file once";
}

namespace {

/// A server is exchanged under files that are kept strictly: docs/strict.md, "Changing a server".
class server_exchange : public server_farm {
protected:
  static constexpr std::size_t old_one = 3;

  void SetUp() override {
    start_farm(false);
    auto& fresh =
        start({"storage", "--directory", path("fresh"), "--listen", "127.0.0.1:0", "--name", "fresh"});
    const auto line = fresh.wait_for("listening on ");
    fresh_address_ = line.substr(0, line.find(' '));
  }

  /// Stage 1 to 4 of a writer's grid file, whose neighbour is another stage's.
  std::string stage(int at, int neighbour = 0) {
    std::string text =
        "[publish]\norder = \"strict\"\n" + (both_sets_ ? of_both_sets(at) : with_one_spared(at));
    if (neighbour != 0)
      text.insert(text.find("[publish]\n") + 10, "neighbour = \"" + name(neighbour, 0) + "\"\n");
    return file(name(at, neighbour), text + limits_);
  }
  /// 3 of 10 on ten: the third one has `fresh` instead, and one more may lie meanwhile.
  std::string with_one_spared(int at) {
    std::string text = "liars = " + std::string(at == 2 || at == 3 ? "1" : "0") + "\n";
    for (std::size_t i = 0; i < servers; ++i)
      text += i == old_one && at > 2 ? fresh_entry() : old_entry(i);
    return text;
  }
  /// 1 of 3 on three, of whom all confirm: both are written meanwhile.
  std::string of_both_sets(int at) {
    std::string text;
    if (at == 2 || at == 3)
      text += "leaving = \"" + name_of(old_one) + "\"\ncoming = \"fresh\"\ndecides = \"" +
              (at == 2 ? "old" : "new") + "\"\n";
    text += "[encoding]\nneeded = 1\ntotal = 3\nhappy = 3\n";
    for (const auto i : {old_one - 1, old_one, old_one + 1})
      if (i != old_one || at < 4)
        text += old_entry(i);
    return text + (at > 1 ? fresh_entry() : "");
  }
  std::string old_entry(std::size_t i) { return grid_entry(i) + "id = \"" + id_of(i) + "\"\n"; }
  std::string fresh_entry() {
    auto fresh_id = content("fresh/my_nodeid");
    fresh_id.erase(fresh_id.find_last_not_of('\n') + 1);
    return "[[server]]\nname = \"fresh\"\ncaf = \"" + fresh_address_ + "\"\nid = \"" + fresh_id +
           "\"\npermutation-seed = \"" + id_of(old_one) + "\"\n";
  }
  static std::string name(int at, int neighbour) {
    return "stage" + std::to_string(at) + (neighbour ? "_beside_" + std::to_string(neighbour) : "") + ".toml";
  }
  void append(const std::string& grid, const std::string& cap, const std::string& line) {
    const auto done = truckee({"--grid", grid, "append", "--cap-file", cap}, line + "\n");
    EXPECT_EQ(done.code, 0) << grid << ": " << done.err;
    for (auto& text : expected_)
      if (text.first == cap)
        text.second += line + "\n";
  }

  /// The whole exchange. `last_needed`: after this stage's repair the old server is needed no more.
  void exchange(int last_needed);

  bool both_sets_ = false;
  std::string fresh_address_;
  std::vector<std::pair<std::string, std::string>> expected_;
};

void server_exchange::exchange(int last_needed) {
  for (int at = 1; at <= 4; ++at)
    stage(at);
  const auto plan = truckee({"grid", "check-change", path("stage1.toml"), path("stage4.toml")});
  ASSERT_EQ(plan.code, 0) << plan.err;
  for (int i = 0; i < 5; ++i)
    expected_.emplace_back(put_new("begin\n", {"--grid", stage(1)}), "begin\n");
  std::string list;
  for (const auto& [cap, text] : expected_)
    list += content(std::filesystem::path(cap).filename());
  const auto some = file("some.caps", list.substr(0, list.find('\n') + 1));
  const auto caps = file("all.caps", list);

  // From each grid file to the next one writer after the other; both write meanwhile. Then all files are repaired: whoever goes
  // one step further refuses what was written one step before.
  for (int at = 1; at < 4; ++at) {
    if (both_sets_ && at == 2) { // what was acknowledged is then on both sets
      const auto again = truckee({"--grid", stage(2, 3), "repair", "--all", caps});
      EXPECT_EQ(again.code, 0) << again.out << again.err;
    }
    for (const auto& [cap, text] : std::vector(expected_)) {
      append(stage(at, at + 1), cap, "old writer at " + std::to_string(at));
      append(stage(at + 1, at), cap, "new writer at " + std::to_string(at));
      append(stage(at, at + 1), cap, "old writer again at " + std::to_string(at));
    }
    const auto too_early =
        truckee({"--grid", stage(at + 1), "append", "--cap-file", expected_.front().first}, "x");
    EXPECT_EQ(too_early.code, 2) << "nobody is its neighbour";
    const auto repair = [&](const std::string& which) {
      return truckee({"--grid", stage(at + 1, at), "repair", "--all", which, "--resume",
                      path("at" + std::to_string(at))});
    };
    const auto first = repair(some);
    EXPECT_EQ(first.code, 0) << first.out << first.err;
    const auto moved = repair(caps);
    EXPECT_EQ(moved.code, 0) << moved.out << moved.err;
    EXPECT_NE(moved.err.find("5 files: 0 healthy, 4 repaired, 1 done before"), std::string::npos)
        << moved.err;
    for (const auto& [cap, text] : expected_) {
      const auto now = json({"--json", "--grid", stage(at + 1), "check", "--cap-file", cap});
      EXPECT_EQ(now.at("healthy"), true) << now;
      const auto read = truckee({"--grid", stage(at + 1), "get", "--confirmed", "--cap-file", cap});
      EXPECT_EQ(read.out, text) << read.err;
    }
    if (at + 1 == last_needed)
      kill(old_one); // and is never seen again
  }
  for (const auto& [cap, text] : expected_) {
    EXPECT_EQ(get(cap, {"--grid", stage(4)}), text);
    const auto now = json({"--json", "--grid", stage(4), "check", "--cap-file", cap});
    EXPECT_EQ(now.at("healthy"), true) << now;
    EXPECT_EQ(now.at("order"), "strict") << now;
  }
}

} // namespace

TEST_F(server_exchange, by_way_1_with_all_files_moved_and_nothing_lost) {
  exchange(3);
}

TEST_F(server_exchange, by_way_2_where_nobody_can_be_spared) {
  both_sets_ = true;
  exchange(4);
}
