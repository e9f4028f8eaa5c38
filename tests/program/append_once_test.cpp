#include "program/support/server_farm.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <random>
#include <thread>

using namespace truckee::test;

namespace {

/// Three writers, each a process an append, add lines to one file on ten server processes; every line is another one.
class append_once : public server_farm {
protected:
  struct told {
    std::string line;
    std::string became;
    std::string error;
  };

  void SetUp() override {
    start_farm(false);
    cap_ = put_new("begin\n", on_grid({}));
  }

  /// So many appends by each writer. program_test's own helpers are for one thread: its processes are made under a lock.
  void write(int lines) {
    std::vector<std::thread> writers;
    for (int w = 0; w < 3; ++w)
      writers.emplace_back([this, w, lines] {
        for (int i = 0; i < lines; ++i)
          append("writer " + std::to_string(w) + " line " + std::to_string(i));
      });
    for (auto& writer : writers)
      writer.join();
    writing_ = false;
  }

  void append(const std::string& line) {
    process* p = nullptr;
    {
      const std::lock_guard lock(guard_);
      p = &start(on_grid({"--json", "append", "--cap-file", cap_, "--timeout", "60"}), line + "\n");
    }
    const auto done = p->wait(process::seconds(120));
    const auto reply = nlohmann::json::parse(done.out, nullptr, false);
    const std::lock_guard lock(guard_);
    if (reply.is_discarded())
      ADD_FAILURE() << line << ": no answer, exit code " << done.code << ", " << done.err;
    else
      told_.push_back(
          {line, reply.at("effect"), reply.at("ok") == true ? "" : reply.at("error").at("detail")});
  }

  /// From now on everybody keeps files strictly; the file is another one.
  void be_strict() {
    std::string text = "[publish]\norder = \"strict\"\n";
    for (std::size_t i = 0; i < servers; ++i)
      text += grid_entry(i) + "id = \"" + id_of(i) + "\"\n";
    file("grid.toml", text + limits_);
    cap_ = put_new("begin\n", on_grid({}));
  }

  /// One server after another goes and comes back, as long as there are writers.
  std::thread killer() {
    return std::thread([this] {
      std::mt19937 dice(7);
      while (writing_) {
        const auto one = dice() % servers;
        {
          const std::lock_guard lock(guard_);
          kill(one);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(300 + dice() % 700));
        const std::lock_guard lock(guard_);
        restart(one);
      }
    });
  }

  /// Nothing twice; what was told as not applied is not there. How many acknowledged lines are gone.
  std::size_t judge() {
    const auto lines = lines_of(get(cap_, on_grid({})));
    std::size_t lost = 0;
    for (const auto& each : told_) {
      const auto there = std::ranges::count(lines, each.line);
      EXPECT_LE(there, 1) << each.line << ": " << each.became << " " << each.error;
      if (each.became == "not_applied") {
        EXPECT_EQ(there, 0) << each.line << ": " << each.error;
      }
      lost += each.became == "applied" && there == 0 ? 1 : 0;
    }
    return lost;
  }

  std::string cap_;
  std::mutex guard_;
  std::vector<told> told_;
  std::atomic<bool> writing_{true};
};

} // namespace

TEST_F(append_once, where_nothing_fails_every_line_is_there_once) {
  write(8);
  EXPECT_EQ(judge(), 0U);
  EXPECT_EQ(told_.size(), 24U);
  EXPECT_TRUE(std::ranges::all_of(told_, [](const auto& x) { return x.became == "applied"; }));
}

TEST_F(append_once, where_servers_are_killed_no_line_is_there_twice_and_no_answer_is_wrong) {
  auto kills = killer();
  write(8);
  kills.join();
  const auto lost = judge();
  RecordProperty("acknowledged_lost", static_cast<int>(lost)); // the in-place order promises nothing here
}

TEST_F(append_once, in_the_strict_order_no_acknowledged_line_is_lost_where_servers_are_killed) {
  be_strict();
  auto kills = killer();
  write(6);
  kills.join();
  EXPECT_EQ(judge(), 0U);
  EXPECT_GT(std::ranges::count(told_, "applied", &told::became), 0);
}
