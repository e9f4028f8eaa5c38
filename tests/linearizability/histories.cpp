#include "linearizability/file_histories.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <mutex>
#include <thread>

using namespace truckee::test;

namespace {

std::string row(std::string_view name, std::uint64_t value) {
  return fmt::format("{:<44}{:>12}\n", name, value);
}

std::string table(const history_tally& x, double seconds) {
  return row("histories", x.histories) + row("published, acknowledged", x.published) +
         row("appended, acknowledged", x.modified) + row("read, confirmed", x.read) +
         row("writes of unknown fate", x.unknown) + row("published again by readers", x.renewed) +
         row("reads that could not tell", x.given_up) + row("barriers", x.barriers) +
         row("pairs of operations at the same time", x.overlapping) +
         row("an append came again on a whole new content", x.again) +
         row("histories that no order explains", x.unexplained) + fmt::format("{:.1f} s\n", seconds);
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Example: histories --count 10000\n\nDraws histories of a file that is kept strictly, "
               "published, appended to and "
               "read by several clients at the same time while the network and clients fail, and looks for "
               "one order of "
               "their operations that explains every answer."};
  std::uint64_t count = 10'000;
  std::uint64_t from = 1;
  std::size_t threads = 1;
  bool plain = false;
  app.add_option("--count", count, "How many histories")->check(CLI::PositiveNumber);
  app.add_option("--from", from, "The first seed");
  app.add_option("--threads", threads, "At a time")->check(CLI::Range(1, 256));
  app.add_flag("--plain", plain,
               "Reads are plain ones, which are in no one order with the others: for comparison");
  int stage = 0;
  int beside = 0;
  auto* of =
      app.add_option("--stage", stage, "While a server is exchanged: the stage that the file is made at")
          ->check(CLI::Range(1, 4));
  of->needs(app.add_option("--beside", beside, "And the one that every other client is at")
                ->check(CLI::Range(1, 4)));
  CLI11_PARSE(app, argc, argv);
  history_tally all;
  std::mutex guard;
  const auto began = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> pool;
    for (std::size_t i = 0; i < threads; ++i)
      pool.emplace_back([&, i] {
        history_tally mine;
        for (auto seed = from + i; seed < from + count; seed += threads)
          mine += one_history(seed, {plain, stage, beside});
        const std::lock_guard lock(guard);
        all += mine;
      });
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  for (std::size_t i = 0; i < std::min<std::size_t>(all.seeds.size(), 10); ++i)
    std::cerr << "no order explains seed " << all.seeds[i] << "\n";
  for (std::size_t i = 0; i < std::min<std::size_t>(all.broken.size(), 10); ++i)
    std::cerr << all.broken[i] << "\n";
  std::cout << table(all, took.count());
  return all.unexplained == 0 && all.broken.empty() ? 0 : 1;
}
