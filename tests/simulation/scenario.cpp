#include "simulation/scenario.hpp"

#include <algorithm>

namespace truckee::simulation {

std::string_view to_string(fault what) {
  switch (what) {
  case fault::request_lost:
    return "request lost";
  case fault::answer_lost:
    return "answer lost";
  case fault::duplicate:
    return "duplicate delivery";
  case fault::late_landing:
    return "late landing";
  case fault::server_down:
    return "server down";
  case fault::server_crash:
    return "server crash";
  case fault::back_in_time:
    return "restart with old shares";
  case fault::full:
    return "disk full";
  case fault::read_only:
    return "read-only";
  case fault::corrupted:
    return "share corrupted";
  case fault::swapped:
    return "shares swapped";
  case fault::lie:
    return "lying answer";
  case fault::writer_crash:
    return "writer crash";
  }
  return "unknown fault";
}

std::string describe(const scenario& s) {
  std::string out = "seed " + std::to_string(s.seed) + ": " + std::to_string(s.servers) + " servers, " +
                    std::to_string(s.k) + " of " + std::to_string(s.n) + ", happy " +
                    std::to_string(s.happy) + ", " + std::to_string(s.writers) + " writers of " +
                    std::to_string(s.operations) + " operations" + (s.new_file ? ", new file" : "") +
                    (s.mdmf ? ", MDMF" : "");
  const std::pair<const char*, double> chances[] = {{"overwrites", s.overwrites},
                                                    {"request lost", s.request_lost},
                                                    {"answer lost", s.answer_lost},
                                                    {"duplicate", s.duplicate},
                                                    {"late", s.late_landing},
                                                    {"down", s.down},
                                                    {"flapping", s.flapping},
                                                    {"back in time", s.back_in_time},
                                                    {"full", s.full},
                                                    {"read-only", s.read_only},
                                                    {"lying", s.lying},
                                                    {"corrupted", s.corrupted},
                                                    {"swapped", s.swapped},
                                                    {"writer crash", s.writer_crash}};
  for (const auto& [name, p] : chances)
    if (p > 0)
      out += ", " + std::string(name) + " " + std::to_string(p).substr(0, 5);
  return out;
}

scenario draw_scenario(std::uint64_t seed, std::size_t writers) {
  dice d(seed);
  scenario s;
  s.seed = seed;
  s.servers = d.between(1, 20);
  s.n = static_cast<std::uint8_t>(d.chance(0.5) ? 10 : d.between(1, 16));
  s.k = static_cast<std::uint8_t>(d.chance(0.5) ? (s.n + 2) / 3 : d.between(1, s.n));
  const auto most_happy = std::min<std::uint64_t>(s.n, s.servers);
  s.happy = static_cast<std::uint8_t>(d.chance(0.7) ? most_happy / 2 + 1 : d.between(1, most_happy));
  s.happy = static_cast<std::uint8_t>(std::min<std::uint64_t>(s.happy, most_happy));
  s.writers = writers ? writers : d.between(1, 5);
  s.operations = d.between(1, 3);
  s.overwrites = d.chance(0.3) ? 1 : d.chance(0.3) ? 0.5 : 0;
  s.delay_least = d.between(1, 50) * millisecond;
  s.delay_most = s.delay_least * d.between(1, 20);
  s.start_within = d.chance(0.5) ? 4 * s.delay_most : d.between(0, 120) * second;
  s.new_file = s.writers == 1 && d.chance(0.2);
  s.draw_limits = true;
  dice pauses(seed ^ 0x9a05e); // of its own, as in draw_limits()
  s.pause_most = pauses.chance(0.3)   ? 0
                 : pauses.chance(0.7) ? pauses.between(1, 20) * s.delay_most
                                      : pauses.between(1, 50) * second;

  // Each kind of fault is present in some runs and absent in others, so that the ones mask each other less.
  const auto sometimes = [&](double present, double strength) {
    return d.chance(present) ? strength * double(d.between(1, 100)) / 100 : 0.0;
  };
  s.request_lost = sometimes(0.3, 0.15);
  s.answer_lost = sometimes(0.3, 0.15);
  s.duplicate = sometimes(0.3, 0.2);
  s.late_landing = sometimes(0.3, 0.15);
  s.down = sometimes(0.3, 0.4);
  s.flapping = sometimes(0.4, 0.6);
  s.back_in_time = sometimes(0.15, 0.4);
  s.full = sometimes(0.2, 0.3);
  s.read_only = sometimes(0.1, 0.3);
  s.writer_crash = sometimes(0.4, 0.5);
  if (d.chance(0.25)) {
    s.corrupted = sometimes(0.6, 0.4);
    s.swapped = sometimes(0.4, 0.3);
    s.lying = sometimes(0.6, 0.3);
  }
  return s;
}

void draw_limits(grid::grid_limits& limits, const scenario& s) {
  if (!s.draw_limits)
    return;
  dice d(s.seed ^ 0x11f); // of its own: the rest of a run stays what it was
  limits.map_batch_max = static_cast<std::uint32_t>(d.between(1, 24));
  limits.map_in_flight_max = static_cast<std::uint32_t>(d.between(1, 5));
  limits.fetches_in_flight_max = static_cast<std::uint32_t>(d.between(1, 12));
}

scenario reference_scenario(std::uint64_t seed, std::size_t writers, std::uint64_t spread_percent) {
  scenario s;
  s.seed = seed;
  s.writers = writers;
  s.happy = 7;
  s.overwrites = 1;
  s.one_attempt = true;
  // Without any spread the messages of two writers meet in the same order everywhere.
  const sim_time delay = 20 * millisecond;
  s.delay_least = delay - delay * spread_percent / 100;
  s.delay_most = delay + delay * spread_percent / 100;
  s.start_within = 4 * 20 * millisecond;
  s.writer_crash = 0.2;
  s.down = 0.05;
  s.late_landing = 0.02;
  s.request_lost = 0.005;
  s.answer_lost = 0.005;
  return s;
}

scenario strictly(scenario s) {
  s.strict = grid::strict_terms{};
  s.back_in_time = s.corrupted = s.swapped = s.lying = 0;
  s.new_file = false;                                // who makes a file has no other writer beside it
  s.servers = std::min<std::size_t>(s.servers, s.n); // the first n of its order are a file's
  while (!grid::can_be_strict(s.k, s.n, s.servers, *s.strict))
    --s.k;     // 1 always can
  s.happy = 1; // the setting says how many servers there must be
  return s;
}

scenario contention_scenario(std::uint64_t seed, std::size_t writers) {
  dice d(seed);
  scenario s;
  s.seed = seed;
  s.writers = writers;
  s.operations = 3;
  s.delay_least = d.between(1, 50) * millisecond;
  s.delay_most = s.delay_least * d.between(1, 10);
  s.start_within = d.between(0, 20) * s.delay_most;
  return s;
}

tally& tally::operator+=(const tally& other) {
  runs += other.runs;
  operations += other.operations;
  acknowledged += other.acknowledged;
  uncoordinated += other.uncoordinated;
  failed += other.failed;
  crashed += other.crashed;
  acknowledged_lost += other.acknowledged_lost;
  applied_twice += other.applied_twice;
  failed_applied += other.failed_applied;
  may_be_applied += other.may_be_applied;
  may_be_and_is += other.may_be_and_is;
  versions_lost += other.versions_lost;
  rescues += other.rescues;
  collisions += other.collisions;
  left_slow += other.left_slow;
  hidden += other.hidden;
  kept_used += other.kept_used;
  kept_stale += other.kept_stale;
  messages += other.messages;
  test_bytes += other.test_bytes;
  events += other.events;
  for (std::size_t i = 0; i < fault_count; ++i)
    faults.at(i) += other.faults.at(i);
  took += other.took;
  for (const auto& [count, operations_with] : other.tries)
    tries[count] += operations_with;
  return *this;
}

std::uint32_t tally::tries_of(double share) const {
  std::uint64_t seen = 0;
  for (const auto& [count, operations_with] : tries) {
    seen += operations_with;
    if (double(seen) >= share * double(acknowledged))
      return count;
  }
  return 0;
}

} // namespace truckee::simulation
