#include "simulation/run.hpp"

#include "simulation/writer.hpp"
#include "truckee/grid/strict/rules.hpp"

namespace truckee::simulation {

using namespace truckee::grid;

namespace {

/// A run needs some thousand events; this many means that something never ends.
constexpr std::uint64_t events_max = 3'000'000;

class one_run {
public:
  explicit one_run(const scenario& s)
    : world_(s, clock_, [](const server_id&) { return std::make_unique<model_keeper>(); }) {
    draw_limits(world_.limits(), s);
    if (s.one_attempt)
      world_.limits().write_tries_max = world_.limits().strict_tries_max = 1;
  }

  run_result go() {
    if (!world_.conditions().new_file)
      first_version();
    world_.start_faults();
    for (std::size_t i = 0; i < world_.conditions().writers; ++i)
      add_writer(draw_plan());
    settle();
    take_stock();
    afterwards();
    auto& counts = world_.counts();
    counts.runs = 1;
    counts.events = clock_.events();
    return {counts, world_.violations(), world_.trace_hash()};
  }

private:
  void first_version() {
    const auto v = world_.sign({1}, {}, {});
    if (const auto setting = world_.setting())
      return first_version_kept(*setting, v);
    for (std::size_t i = 0; i < v.n; ++i) {
      const share_number number{static_cast<std::uint8_t>(i)};
      auto& slot = *world_.servers()[i % world_.servers().size()].slot;
      auto shares = slot.shares();
      shares[number] = share_bytes(v, number);
      slot.become(std::move(shares));
    }
  }

  void first_version_kept(const strict_setting& setting, const file_version& v) {
    const auto empty = strict_base_of_new(setting, setting.servers()).known;
    const std::set<server_id> all(setting.servers().begin(), setting.servers().end());
    for (const auto& [server, numbers] : strict::places(empty, all)) {
      share_bytes_map shares;
      for (const auto number : numbers) {
        shares[number] = share_bytes(v, number);
        shares[number].resize(shares[number].size() + share_seal::size);
      }
      world_.at(server).slot->become(std::move(shares));
    }
  }

  writer_plan draw_plan() {
    const auto& s = world_.conditions();
    auto& d = world_.chance();
    writer_plan plan;
    for (std::size_t i = 0; i < s.operations; ++i)
      plan.operations.push_back(d.chance(s.overwrites) || s.new_file ? write_kind::overwrite
                                                                     : write_kind::modify);
    plan.has_key = s.new_file;
    plan.count_writes_only = s.one_attempt;
    if (d.chance(s.writer_crash))
      plan.crash_at = s.one_attempt ? d.below(s.servers + 1) : d.below(s.operations * 3 * s.servers);
    return plan;
  }

  void add_writer(writer_plan plan) {
    plan.first_update = next_update_;
    next_update_ += static_cast<update_id>(plan.operations.size());
    writers_.push_back(std::make_unique<writer>(world_, std::move(plan), [this](writer& w) { ended(w); }));
    writers_.back()->start(world_.chance().below(world_.conditions().start_within + 1));
  }

  /// A crashed writer may come back, without its memory.
  void ended(writer& w) {
    if (!w.crashed() || world_.conditions().one_attempt || world_.conditions().new_file ||
        !world_.chance().chance(0.5))
      return;
    writer_plan again;
    again.operations.assign(w.operations_left(), write_kind::modify);
    add_writer(std::move(again));
  }

  void settle() {
    if (!clock_.drain(events_max))
      world_.violation(4, "the run does not come to an end");
  }

  void take_stock() {
    const auto best = world_.truly_best();
    auto& counts = world_.counts();
    counts.versions_lost += !best && !world_.conditions().new_file ? 1 : 0;
    for (const auto& w : writers_)
      for (const auto& r : w->results()) {
        const bool there = best && world_.find(*best)->accounts_for(r.update);
        switch (r.what) {
        case effect::applied:
          counts.acknowledged_lost += there ? 0 : 1;
          break;
        case effect::not_applied:
          counts.failed_applied += there ? 1 : 0;
          if (there && world_.conditions().honest())
            world_.violation(11, "told that it was not applied, and it is: " + r.detail);
          break;
        case effect::may_be_applied:
          ++counts.may_be_applied;
          counts.may_be_and_is += there ? 1 : 0;
          break;
        }
      }
    if (world_.conditions().strict)
      judge_strictly(best);
    const auto twice = world_.applied_twice();
    counts.applied_twice += twice;
    if (twice > 0 && world_.conditions().honest())
      world_.violation(10, "applied twice: " + std::to_string(twice) + " updates");
  }

  /// Invariant 12: what was acknowledged is in every version that was acknowledged later, and in the last one, which there is.
  void judge_strictly(const std::optional<file_version>& best) {
    if (!best)
      return world_.violation(12, "no version can be read");
    std::vector<const operation_result*> applied;
    for (const auto& w : writers_)
      for (const auto& r : w->results())
        if (r.what == effect::applied)
          applied.push_back(&r);
    for (const auto* one : applied) {
      if (!world_.find(*best)->accounts_for(one->update))
        world_.violation(12, "an acknowledged update is lost");
      for (const auto* later : applied)
        if (one->version && later->version && *one->version < *later->version &&
            !world_.find(*later->version)->accounts_for(one->update))
          world_.violation(12, "an acknowledged update is not in what was acknowledged later");
    }
  }

  /// Invariant 7: when faults stop and servers are up, the next publish succeeds and what it wrote is read
  /// back.
  void afterwards() {
    world_.stop_faults();
    world_.limits() = {};
    const auto counts = world_.counts(); // what follows belongs to no statistic
    const auto before = world_.truly_best();
    writer_plan plan;
    plan.first_update = next_update_++;
    const bool can_modify = before && world_.conditions().honest();
    plan.operations = {can_modify ? write_kind::modify : write_kind::overwrite};
    plan.has_key = !before;
    writer last(world_, std::move(plan), [](writer&) {});
    last.start(1);
    settle();
    if (last.results().size() != 1 || last.results()[0].end != write_end::written)
      world_.violation(7, "the publish after the faults did not succeed: " +
                              (last.results().empty() ? std::string("no end") : last.results()[0].detail));
    else if (const auto read = read_back(); read != last.results()[0].version)
      world_.violation(7, "what the publish after the faults wrote is not what is read back");
    world_.counts() = counts;
  }

  /// What a client with a read cap gets, now that nothing moves.
  std::optional<file_version> read_back() {
    map_request request;
    request.servers = world_.order();
    request.k = world_.conditions().k;
    request.n = world_.conditions().n;
    if (const auto setting = world_.setting()) {
      request.servers = setting->servers();
      request.hear_least = setting->heard_by_readers();
    }
    map_update update(request);
    const auto ask_all = [&] {
      for (auto actions = update.next(); !actions.empty(); actions = update.next())
        for (const auto& action : actions) {
          map_answer answer;
          for (const auto& [number, data] : world_.at(action.server).slot->shares())
            if (const auto v = parse_prefix(data); v && world_.proves_true(*v))
              answer.good.push_back({number, *v, false});
          update.on_answer(action.server, answer);
        }
    };
    ask_all();
    const auto best = update.map().best();
    if (!best)
      return std::nullopt;
    retrieve_plan plan(update.map(), *best);
    for (;;) {
      for (auto fetches = plan.next(); !fetches.empty(); fetches = plan.next())
        for (const auto& place : fetches)
          plan.on_verdict(place,
                          is_share(world_.at(place.server).slot->shares().at(place.share), *best, place.share)
                              ? share_verdict::good
                              : share_verdict::bad);
      if (plan.state() != retrieve_state::needs_more || !update.ask_more())
        break;
      ask_all();
      plan.add_places(update.map());
    }
    return plan.state() == retrieve_state::enough ? best : std::nullopt;
  }

  event_queue clock_;
  world world_;
  std::vector<std::unique_ptr<writer>> writers_;
  update_id next_update_ = 1;
};

} // namespace

run_result run(const scenario& s) {
  return one_run(s).go();
}

} // namespace truckee::simulation
