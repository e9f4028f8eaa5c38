#include "simulation/actors/run.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <mutex>
#include <thread>

using namespace truckee::simulation;

namespace {

struct summary {
  tally counts;
  std::vector<std::string> violations;
  std::uint64_t violating_runs = 0;
};

std::string row(std::string_view name, std::uint64_t value) {
  return fmt::format("{:<34}{:>14}\n", name, value);
}

std::string table(const summary& s, double seconds) {
  const auto& c = s.counts;
  std::string out;
  out += row("runs", c.runs);
  out += row("operations", c.operations);
  out += row("  acknowledged", c.acknowledged);
  out += row("  told: uncoordinated write", c.uncoordinated);
  out += row("  failed otherwise", c.failed);
  out += row("  writer crashed", c.crashed);
  out += row("publishes that met another writer", c.collisions);
  out += row("publishes that left slow servers", c.left_slow);
  out += row("publishes that met a hidden version", c.hidden);
  out += row("overwrites on a kept map", c.kept_used);
  out += row("kept maps that were stale", c.kept_stale);
  out += row("rescues", c.rescues);
  out += row("acknowledged updates lost", c.acknowledged_lost);
  out += row("updates applied twice", c.applied_twice);
  out += row("told: may be applied", c.may_be_applied);
  out += row("  of these in the last version", c.may_be_and_is);
  out += row("told not applied, but is", c.failed_applied);
  out += row("versions lost", c.versions_lost);
  out += row("messages", c.messages);
  out += row("events", c.events);
  for (std::size_t i = 0; i < fault_count; ++i)
    out += row(fmt::format("fault: {}", to_string(static_cast<fault>(i))), c.faults.at(i));
  out += row("runs that broke an invariant", s.violating_runs);
  if (c.acknowledged > 0)
    out += fmt::format("acknowledged updates lost, of a million acknowledged: {:.0f}\n",
                       1e6 * double(c.acknowledged_lost) / double(c.acknowledged));
  if (c.acknowledged > 0)
    out += fmt::format(
        "tries of an acknowledged operation, median and 99 of 100: {}, {}\n"
        "its time: {:.1f} ms; operations, messages and bytes of tests of all, an acknowledged one: {:.2f}, "
        "{:.1f}, {:.0f}\n",
        c.tries_of(0.5), c.tries_of(0.99), double(c.took) / double(c.acknowledged) / double(millisecond),
        double(c.operations) / double(c.acknowledged), double(c.messages) / double(c.acknowledged),
        double(c.test_bytes) / double(c.acknowledged));
  out += fmt::format("versions lost, of a million files: {:.0f}\n",
                     1e6 * double(c.versions_lost) / double(c.runs));
  out += fmt::format("rate: {:.0f} runs/s, {:.1f} s\n", double(c.runs) / seconds, seconds);
  return out;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Example: simulate --seeds 100000 --writers 4\n\nRuns the publish decisions against a "
               "simulated grid that "
               "breaks in every way a seed draws, and checks what is promised."};
  std::uint64_t seeds = 10'000;
  std::uint64_t from = 1;
  std::size_t writers = 0;
  std::size_t threads = 1;
  std::size_t shown = 20;
  std::size_t operations = 0;
  std::uint64_t spread = 50;
  bool reference = false;
  bool contention = false;
  bool known_is_stale = false;
  bool actors = false;
  bool alike = false;
  bool mdmf = false;
  bool maps_always = false;
  bool overwrites = false;
  std::string order = "in-place";
  app.add_option("--seeds", seeds, "How many seeds to run")->check(CLI::PositiveNumber);
  app.add_option("--from", from, "The first seed");
  app.add_option("--writers", writers, "Writers in each run; 0: drawn, 1 to 5")->check(CLI::Range(0, 64));
  app.add_option("--threads", threads, "Runs at a time")->check(CLI::Range(1, 256));
  app.add_option("--show", shown, "Broken invariants to print");
  app.add_flag("--reference", reference, "The fixed setting that other models were measured in");
  auto* fixed = app.add_option("--delay-spread", spread,
                               "One-way delays are 20 ms, give or take so many percent; --reference: 50 "
                               "unless given, --contention: drawn")
                    ->check(CLI::Range(0, 100));
  app.add_flag(
      "--known-is-stale", known_is_stale,
      "The design's first surprise rule: a version the map knows anywhere may be replaced everywhere");
  app.add_flag("--alike", alike, "Writers append one of three lines, so that many appends look the same");
  app.add_flag("--maps-always", maps_always, "No writer keeps a map: for comparison");
  app.add_flag("--overwrites", overwrites, "All operations are overwrites");
  app.add_option("--order", order,
                 "in-place, or strict: the same seeds, but servers keep what they acknowledge")
      ->check(CLI::IsMember({"in-place", "strict"}));
  app.add_option("--operations", operations, "Of each writer; 0: as the setting has it")
      ->check(CLI::Range(0, 1000));
  app.add_flag("--contention", contention, "Nothing breaks; writers only get in each other's way");
  auto* real = app.add_flag(
      "--actors", actors, "The real actors with real encoding and signatures instead of the decisions alone");
  real->excludes("--known-is-stale");
  app.add_flag("--mdmf", mdmf, "The files are MDMF files, so that appends go in parts; in place")
      ->needs(real);
  CLI11_PARSE(app, argc, argv);
  if ((reference || contention) && writers == 0)
    writers = 2;

  summary all;
  std::mutex guard;
  const auto began = std::chrono::steady_clock::now();
  const auto work = [&](std::size_t first) {
    summary mine;
    for (auto seed = from + first; seed < from + seeds; seed += threads) {
      auto conditions = reference    ? reference_scenario(seed, writers, spread)
                        : contention ? contention_scenario(seed, writers)
                                     : draw_scenario(seed, writers);
      if (contention && fixed->count() > 0) {
        conditions.delay_least = 20 * millisecond * (100 - spread) / 100;
        conditions.delay_most = 20 * millisecond * (100 + spread) / 100;
        conditions.start_within = 4 * conditions.delay_most;
      }
      if (operations > 0)
        conditions.operations = operations;
      conditions.known_is_stale = known_is_stale;
      conditions.alike = alike;
      conditions.mdmf = mdmf;
      conditions.keeps_maps = !maps_always;
      if (overwrites)
        conditions.overwrites = 1;
      if (order == "strict") {
        conditions = strictly(std::move(conditions));
        if (actors)
          conditions.overwrites = 0; // what they replaced is not known there
      }
      const auto result = actors ? run_actors(conditions) : run(conditions);
      mine.counts += result.counts;
      mine.violating_runs += result.violations.empty() ? 0 : 1;
      if (!result.violations.empty() && mine.violations.size() < shown)
        mine.violations.push_back(describe(conditions));
      for (const auto& v : result.violations)
        if (mine.violations.size() < shown)
          mine.violations.push_back(v);
    }
    const std::lock_guard lock(guard);
    all.counts += mine.counts;
    all.violating_runs += mine.violating_runs;
    all.violations.insert(all.violations.end(), mine.violations.begin(), mine.violations.end());
  };
  std::vector<std::jthread> pool;
  for (std::size_t i = 0; i < threads; ++i)
    pool.emplace_back(work, i);
  pool.clear();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  for (const auto& v : all.violations)
    std::cerr << v << "\n";
  std::cout << table(all, took.count());
  return all.violating_runs == 0 ? 0 : 1;
}
