#pragma once

#include "grid/strict/stages.hpp"
#include "grid/strict/strict_world.hpp"

#include <array>

/// Histories of one file that is kept strictly: clients publish it whole, append to it and read it confirmed, over a network that
/// delays, reorders, repeats and loses, and some of them die. One seed, one history. The decisions are those of grid/; what a client
/// appends it recognises by its bytes, as `truckee append` does.
namespace truckee::test {

/// What a number of histories had in them.
struct history_tally {
  std::uint64_t histories = 0;
  std::uint64_t unexplained = 0; ///< no order of their operations explains them
  /// Explained, where an append may come a second time on top of a whole content that somebody put over its first.
  std::uint64_t again = 0;
  std::uint64_t published = 0, modified = 0, read = 0; ///< acknowledged, or answered
  std::uint64_t unknown = 0;                           ///< writes of unknown fate
  std::uint64_t renewed = 0;                           ///< by readers, who published what was there
  std::uint64_t given_up = 0;                          ///< reads that could not tell what is confirmed
  std::uint64_t overlapping = 0;                       ///< pairs of operations at the same time
  std::uint64_t barriers = 0;
  std::vector<std::uint64_t> seeds = {}; ///< of those unexplained, the first ones
  std::vector<std::string> broken = {};

  history_tally& operator+=(const history_tally& other) {
    histories += other.histories;
    unexplained += other.unexplained;
    again += other.again;
    published += other.published;
    modified += other.modified;
    read += other.read;
    unknown += other.unknown;
    renewed += other.renewed;
    given_up += other.given_up;
    overlapping += other.overlapping;
    barriers += other.barriers;
    seeds.insert(seeds.end(), other.seeds.begin(), other.seeds.end());
    broken.insert(broken.end(), other.broken.begin(), other.broken.end());
    return *this;
  }
};

/// What is other than usual.
struct history_flaws {
  bool plain_reads =
      false; ///< for tests of the search itself: readers take the greatest version that they can read
  /// While a server is exchanged: clients of this stage and of `beside` in turn, on a file made at this one. 0: none is.
  int stage = 0;
  int beside = 0;
};

inline grid::strict_setting history_setting(std::mt19937_64& dice) {
  struct spread {
    std::uint8_t k, n;
    std::size_t servers;
    std::uint8_t liars, rounds;
  };
  static constexpr std::array<spread, 8> spreads{{{3, 10, 10, 0, 1},
                                                  {2, 3, 3, 0, 1},
                                                  {1, 3, 3, 0, 1},
                                                  {2, 4, 4, 0, 1},
                                                  {3, 5, 5, 0, 1},
                                                  {3, 10, 4, 0, 1},
                                                  {3, 10, 10, 1, 1},
                                                  {1, 3, 3, 0, 2}}};
  const auto& drawn = spreads.at(dice() % spreads.size());
  grid::strict_choice choice{drawn.k, drawn.n, {}, drawn.liars, drawn.rounds};
  for (std::size_t i = 0; i < drawn.servers; ++i)
    choice.servers.push_back(server(static_cast<std::uint8_t>(i)));
  return grid::strict_setting::make(std::move(choice)).value();
}

inline constexpr std::array<exchange_spread, 6> exchange_spreads{
    {{1, 3, 3}, {2, 3, 3}, {3, 10, 4}, {3, 5, 3}, {2, 4, 4}, {3, 10, 10}}};

/// Two to four clients that write and one to three that read, three operations each at most.
inline history_tally one_history(std::uint64_t seed, const history_flaws& flaws = {}) {
  std::mt19937_64 dice(seed * 0x9e3779b97f4a7c15U + 1);
  const auto exchanged = exchange_spreads.at(seed % exchange_spreads.size());
  const auto setting =
      flaws.stage > 0 ? stage_beside(exchanged, flaws.stage, flaws.beside) : history_setting(dice);
  const auto other = flaws.stage > 0 ? stage_beside(exchanged, flaws.beside, flaws.stage) : setting;
  std::size_t clients = 0;
  strict_faults faults;
  if (dice() % 4 != 0)
    faults = {.lost = 0.04, .late = 0.5, .twice = 0.04, .crash = 0.02, .break_up = 0.02, .turn_away = 0.2};
  strict_world world(setting, faults, dice());
  world.keeps_maps = dice() % 3 != 0;
  world.readers_may_write = dice() % 2 == 0;
  world.reads_are_plain = flaws.plain_reads;
  int operation = 0;
  const auto add = [&](bool reads) {
    std::vector<int> wanted;
    for (auto left = 1 + dice() % 3; left > 0; --left) {
      using kind = file_operation::kind;
      // Readers only read, writers read now and then.
      const auto drawn = dice() % 6;
      world.kinds[operation] = reads || drawn == 0 ? kind::read : drawn == 1 ? kind::publish : kind::modify;
      wanted.push_back(operation++);
    }
    world.add_writer(std::move(wanted), ++clients % 2 == 0 ? other : setting);
  };
  for (auto writers = 2 + dice() % 3; writers > 0; --writers)
    add(false);
  for (auto readers = 1 + dice() % 3; readers > 0; --readers)
    add(true);
  world.run();
  world.stop_faults();
  world.kinds[operation] = file_operation::kind::read; // what is there in the end
  world.readers_may_write = true;
  if (flaws.stage > 0)
    world.fill_in(other);
  world.add_writer({operation}, other);
  world.run();

  history_tally out;
  out.histories = 1;
  out.renewed = world.tally.renewed;
  out.given_up = world.tally.reads_given_up;
  out.barriers = world.tally.barriers;
  for (const auto& what : world.tally.broken)
    out.broken.push_back(what + ", seed " + std::to_string(seed));
  auto history = world.history;
  history.push_back({{0, 1}, file_operation::kind::publish, strict_world::first_line, {}});
  std::erase_if(history, [](const auto& x) { return x.began == operation_times::never; });
  for (const auto& x : history) {
    if (x.line == strict_world::first_line)
      continue;
    using kind = file_operation::kind;
    auto& count = x.unknown()               ? out.unknown
                  : x.what == kind::publish ? out.published
                  : x.what == kind::modify  ? out.modified
                                            : out.read;
    ++count;
    for (const auto& y : history)
      out.overlapping += &x < &y && x.began < y.ended && y.began < x.ended ? 1 : 0;
  }
  if (!file_history(history).linearizable()) {
    auto twice = history;
    for (const auto& x : history)
      if (x.what == file_operation::kind::modify)
        twice.push_back({{x.began, operation_times::never}, x.what, x.line, {}});
    if (file_history(std::move(twice)).linearizable()) {
      out.again = 1;
    } else {
      out.unexplained = 1;
      out.seeds.push_back(seed);
    }
  }
  return out;
}

inline history_tally histories(std::uint64_t from, std::uint64_t count, const history_flaws& flaws = {}) {
  history_tally out;
  for (std::uint64_t seed = from; seed < from + count; ++seed)
    out += one_history(seed, flaws);
  return out;
}

} // namespace truckee::test
