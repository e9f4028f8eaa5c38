#pragma once

#include "simulation/event_queue.hpp"
#include "truckee/grid/limits.hpp"
#include "truckee/grid/strict/strict_setting.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace truckee::simulation {

/// xoshiro-like speed is not needed, equal numbers on every platform are: only the engine of <random>, no
/// distributions.
class dice {
public:
  explicit dice(std::uint64_t seed) : engine_(seed * 0x9e3779b97f4a7c15U + 1) {}
  std::uint64_t raw() { return engine_(); }
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + below(most - least + 1); }
  bool chance(double p) { return double(engine_() >> 11) * 0x1.0p-53 < p; }

private:
  std::mt19937_64 engine_;
};

enum class fault : std::uint8_t {
  request_lost,
  answer_lost,
  duplicate,
  late_landing,
  server_down,
  server_crash,
  back_in_time,
  full,
  read_only,
  corrupted,
  swapped,
  lie,
  writer_crash,
};
inline constexpr std::size_t fault_count = 13;
std::string_view to_string(fault what);

/// One run's world, drawn from its seed.
struct scenario {
  std::uint64_t seed = 0;
  std::size_t servers = 10;
  std::uint8_t k = 3;
  std::uint8_t n = 10;
  std::uint8_t happy = 7;
  std::size_t writers = 2;
  std::size_t operations = 1; ///< by each writer, one after the other
  double overwrites = 0;      ///< share of operations that are overwrites; the rest modify
  sim_time start_within = 0;  ///< writers start at random in this time
  sim_time delay_least = 20 * millisecond;
  sim_time delay_most = 20 * millisecond;
  bool one_attempt = false; ///< a collision ends the writer: no back-off, no second try
  /// Versions that the map shows anywhere count as replaceable everywhere, as the design's table has it, even
  /// where they appear after the writer looked. Only for comparison: see README.md.
  bool known_is_stale = false;
  bool new_file = false;    ///< nothing is there at the start
  bool draw_limits = false; ///< see draw_limits()
  sim_time pause_most = 0;  ///< a writer rests at most so long between two operations
  bool keeps_maps = true; ///< an overwrite begins on what the last write left; false: it maps, for comparison
  bool alike = false;     ///< many updates are the same bytes
  bool mdmf = false;      ///< with the real actors: the file's format; appends go in parts then
  /// All writers keep the file strictly; nothing: in place.
  std::optional<grid::strict_terms> strict = {};

  // probabilities, per message
  double request_lost = 0, answer_lost = 0, duplicate = 0, late_landing = 0;
  // per server: down for the whole run; flapping; restarting with old shares; full; read-only; lying
  double down = 0, flapping = 0, back_in_time = 0, full = 0, read_only = 0, lying = 0;
  // per server: a share of it rots or is swapped with another during the run
  double corrupted = 0, swapped = 0;
  // per writer: crashes at a random message
  double writer_crash = 0;

  /// No server lies, rots or swaps: what is promised to a lone writer holds.
  bool honest() const { return lying == 0 && corrupted == 0 && swapped == 0; }
};

/// For people: every number of a scenario on one line.
std::string describe(const scenario& s);

/// Everything drawn: 1-20 servers, k-of-N, faults of several kinds at once. `writers` 0: drawn as well, 1-5.
scenario draw_scenario(std::uint64_t seed, std::size_t writers);

/// The setting of the independent model: 3-of-10, ten servers, one attempt a writer, all starting within four
/// one-way delays, crash 0.2, down 0.05, late landing 0.02, loss 0.01. One-way delays are 20 ms, give or take
/// `spread_percent`, 0 to 100: how many readers meet a half-written version hangs on it.
scenario reference_scenario(std::uint64_t seed, std::size_t writers, std::uint64_t spread_percent = 50);

/// The same seed for the strict order: servers that keep what they acknowledge, on spreads that can be kept strictly.
scenario strictly(scenario s);

/// Nothing breaks; writers only get in each other's way. Three increments each.
scenario contention_scenario(std::uint64_t seed, std::size_t writers);

/// How many requests may be under way at a time, drawn as well: limits that nothing ever reaches prove
/// nothing.
void draw_limits(grid::grid_limits& limits, const scenario& s);

/// What a number of runs brought.
struct tally {
  std::uint64_t runs = 0;
  std::uint64_t operations = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t uncoordinated = 0; ///< operations that were told of another writer
  std::uint64_t failed = 0;        ///< operations that ended otherwise
  std::uint64_t crashed = 0;       ///< operations whose writer crashed
  std::uint64_t acknowledged_lost = 0;
  std::uint64_t applied_twice = 0;  ///< updates that stood twice in a version
  std::uint64_t failed_applied = 0; ///< operations told not_applied that are in the last version
  std::uint64_t may_be_applied = 0; ///< operations told so
  std::uint64_t may_be_and_is = 0;  ///< of these, those that are in the last version
  std::uint64_t versions_lost = 0;  ///< runs that ended quietly without a recoverable version
  std::uint64_t rescues = 0;
  std::uint64_t collisions = 0; ///< publishes that met another writer
  std::uint64_t left_slow = 0;  ///< publishes that ended without waiting for slow servers
  std::uint64_t hidden = 0;     ///< publishes that found what the map could not see
  std::uint64_t kept_used = 0;  ///< operations that a kept map was enough for
  std::uint64_t kept_stale = 0; ///< operations that mapped after all
  std::uint64_t messages = 0;
  std::uint64_t test_bytes =
      0; ///< of writes: what they test, without the shares, which are no real ones here
  std::uint64_t events = 0;
  std::array<std::uint64_t, fault_count> faults{};
  sim_time took = 0; ///< all acknowledged operations together
  /// How many acknowledged operations took so many tries (publishes that were begun).
  std::map<std::uint32_t, std::uint64_t> tries = {};

  /// So many tries were enough for this share of the acknowledged operations.
  std::uint32_t tries_of(double share) const;

  tally& operator+=(const tally& other);
};

} // namespace truckee::simulation
