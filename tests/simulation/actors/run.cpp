#include "simulation/actors/run.hpp"

#include "simulation/actors/client.hpp"
#include "test_support.hpp"
#include "truckee/actors/publish/byte_budget.hpp"
#include "truckee/base/worker_pool.hpp"
#include "truckee/codec/mdmf/encode.hpp"
#include "truckee/codec/mdmf/layout.hpp"
#include "truckee/codec/sdmf/encode.hpp"

namespace truckee::simulation {

namespace {

/// A run needs some thousand timers; this many means that something never ends.
constexpr std::size_t timers_max = 3'000'000;

/// The run's time is the actor system's.
class system_clock final : public sim_clock {
public:
  explicit system_clock(test::deterministic& system) : system_(system), start_(system.now()) {}
  sim_time now() const override {
    return static_cast<sim_time>(
        std::chrono::duration_cast<std::chrono::microseconds>(system_.now() - start_).count());
  }
  void after(sim_time delay, std::function<void()> what) override {
    system_.later(std::chrono::microseconds(delay), std::move(what));
  }

private:
  test::deterministic& system_;
  messages::duration start_;
};

crypto::private_key file_key() {
  auto key = crypto::private_key::from_der(test::read_file(test::vector_path("keys/key0.pkcs8.der")));
  if (!key)
    throw std::runtime_error("keys/key0.pkcs8.der: " + to_string(key.error()));
  return *key;
}

class actor_run {
public:
  explicit actor_run(const scenario& s)
    : clock_(system_), file_(file_key(), s.mdmf ? crypto::file_format::mdmf : crypto::file_format::sdmf),
      world_(s, clock_, [this](const server_id& id) { return std::make_unique<store_keeper>(id, file_); }),
      dice_(s.seed ^ 0xac7045), filler_(draw_filler(s)), budget_(draw_budget(s)), wires_(world_, budget_) {
    draw_limits(world_.limits(), s);
  }

  ~actor_run() {
    for (auto& c : clients_)
      c->end();
    system_.kill(place_.budget);
    place_.budget = messages::byte_budget{};
    system_.run_until([&] { return system_.running() == 0; }, timers_max);
  }
  actor_run(const actor_run&) = delete;
  actor_run& operator=(const actor_run&) = delete;

  run_result go() {
    if (budget_ > 0)
      place_.budget = actors::spawn_byte_budget(system_.system(), services_, budget_);
    const auto& s = world_.conditions();
    if (!s.new_file)
      first_version();
    world_.start_faults();
    for (std::size_t i = 0; i < s.writers; ++i)
      add_client(draw_plan(), dice_.below(s.start_within + 1));
    settle("the run does not come to an end");
    const auto quiet = clock_.now() + 400 * second; // what is under way lands meanwhile
    wait_until(quiet);
    take_stock();
    afterwards();
    auto& counts = world_.counts();
    counts.runs = 1;
    return {counts, world_.violations(), world_.trace_hash()};
  }

private:
  /// Of an MDMF file: none, little, or up to where a segment ends, give or take some updates.
  std::size_t draw_filler(const scenario& s) {
    if (dice_.chance(0.5))
      return 0;
    if (!s.mdmf || dice_.chance(0.3))
      return s.k * dice_.below(4000);
    const auto segment = codec::mdmf::segment_size({s.k, s.n});
    return segment * dice_.between(1, 2) - 4 * dice_.below(4) - dice_.below(4);
  }

  /// None, plenty, or so little that publishes wait for each other.
  std::uint64_t draw_budget(const scenario& s) {
    const auto one = (std::uint64_t{3000} + filler_ / s.k) * s.n;
    return dice_.chance(0.3) ? 0 : one * dice_.between(1, 4);
  }

  void first_version() {
    const auto content = content_of(filler_, {});
    const auto& s = world_.conditions();
    test::seeded_random random(s.seed);
    const codec::codec_context context{random, compute_, codes_};
    const codec::encode_request request{byte_view(content), {s.k, s.n}, {1}, file_.keys};
    const auto made = s.mdmf ? codec::mdmf::encode(request, context) : codec::sdmf::encode(request, context);
    if (!made)
      throw std::runtime_error(to_string(made.error()));
    for (std::size_t i = 0; i < made->shares.size(); ++i) {
      auto& slot = *world_.servers()[i % world_.servers().size()].slot;
      auto shares = slot.shares();
      shares[share_number{static_cast<std::uint8_t>(i)}] = to_bytes(made->shares[i].view());
      slot.become(std::move(shares));
    }
  }

  client_plan draw_plan() {
    const auto& s = world_.conditions();
    client_plan plan;
    for (std::size_t i = 0; i < s.operations; ++i) {
      plan.wishes.push_back(s.new_file && i == 0         ? client_wish::create
                            : dice_.chance(s.overwrites) ? client_wish::put
                                                         : client_wish::append);
      if (s.draw_limits && dice_.chance(0.3))
        plan.wishes.push_back(dice_.chance(0.5)   ? client_wish::get
                              : dice_.chance(0.5) ? client_wish::check
                                                  : client_wish::repair);
    }
    if (dice_.chance(s.writer_crash))
      plan.crash_at = dice_.below(plan.wishes.size() * 3 * s.servers);
    plan.impatient = s.draw_limits && dice_.chance(0.2);
    return plan;
  }

  client& add_client(client_plan plan, sim_time delay) {
    plan.first_update = next_update_;
    next_update_ += static_cast<update_id>(plan.wishes.size());
    clients_.push_back(
        std::make_unique<client>(place_, std::move(plan), dice_.raw(), [this](client& c) { ended(c); }));
    clients_.back()->start(delay);
    return *clients_.back();
  }

  /// A crashed client may come back, without its memory.
  void ended(client& c) {
    if (!c.crashed() || world_.conditions().new_file || !dice_.chance(0.5))
      return;
    client_plan again;
    again.wishes.assign(c.plan().wishes.begin() + static_cast<std::ptrdiff_t>(c.results().size()),
                        c.plan().wishes.end());
    add_client(std::move(again), 0);
  }

  void settle(const char* what) {
    if (!system_.run_until(
            [this] { return std::ranges::all_of(clients_, [](const auto& c) { return c->done(); }); },
            timers_max))
      world_.violation(4, what);
  }

  void wait_until(sim_time when) {
    bool reached = false;
    clock_.after(when - clock_.now(), [&reached] { reached = true; });
    system_.run_until([&] { return reached; }, timers_max);
  }

  std::optional<true_version> best() {
    std::vector<share_bytes_map> all;
    for (auto& server : world_.servers())
      all.push_back(server.slot->shares());
    return best_of(file_, all, codes_);
  }

  std::set<update_id> updates_of(const grid::file_version& version) {
    const auto* sent = wires_.find(version);
    if (sent == nullptr)
      return {};
    std::vector<share_bytes_map> all{sent->shares};
    for (auto& server : world_.servers())
      all.push_back(keeper(server).landed(version));
    const auto whole = best_of(file_, all, codes_);
    const auto updates = whole ? updates_in(whole->content, filler_) : std::nullopt;
    return updates ? std::set<update_id>(updates->begin(), updates->end()) : std::set<update_id>{};
  }

  /// Whether so many of its shares were ever written that somebody can have read it.
  bool was_readable(const grid::file_version& version) {
    std::set<share_number> landed;
    for (auto& server : world_.servers())
      for (const auto& [number, data] : keeper(server).landed(version))
        landed.insert(number);
    return landed.size() >= version.k;
  }

  static store_keeper& keeper(sim_server& server) { return dynamic_cast<store_keeper&>(*server.slot); }

  /// Those in a version, and those that overwrites replaced knowingly on the way to it; `readable`: but for what could
  /// never be read, for a share that is replaced may be all there was of its version.
  std::set<update_id> accounted(const grid::file_version& version, bool readable) {
    auto out = updates_of(version);
    if (world_.conditions().overwrites == 0)
      return out;
    std::set<grid::file_version> seen{version};
    std::vector<grid::file_version> open{version};
    while (!open.empty()) {
      const auto* sent = wires_.find(open.back());
      open.pop_back();
      if (sent == nullptr)
        continue;
      for (const auto& before : sent->tested)
        if (before < sent->version && seen.insert(before).second) {
          if (!readable || was_readable(before))
            out.merge(updates_of(before));
          open.push_back(before);
        }
    }
    return out;
  }

  static bool writes(client_wish wish) {
    return wish == client_wish::append || wish == client_wish::put || wish == client_wish::create;
  }

  void take_stock() {
    const auto now = best();
    auto& counts = world_.counts();
    counts.versions_lost += !now && !world_.conditions().new_file ? 1 : 0;
    const auto there = now ? accounted(now->version, false) : std::set<update_id>{};
    const auto was_there = now ? accounted(now->version, true) : std::set<update_id>{};
    for (const auto& c : clients_)
      for (const auto& r : c->results())
        if (writes(r.wish)) {
          counts.acknowledged_lost += r.ok && !there.contains(r.update) ? 1 : 0;
          if (world_.conditions().strict && r.ok && !there.contains(r.update))
            world_.violation(12, "an acknowledged update is lost");
          if (r.became == effect::may_be_applied) {
            ++counts.may_be_applied;
            counts.may_be_and_is += there.contains(r.update) ? 1 : 0;
          }
          if (r.became == effect::not_applied && was_there.contains(r.update)) {
            ++counts.failed_applied;
            if (world_.conditions().honest())
              world_.violation(11, "told that it was not applied, and it is: " + r.detail);
          }
        }
    const auto content = now ? updates_in(now->content, filler_) : std::nullopt;
    if (content) {
      const auto twice = content->size() - std::set<update_id>(content->begin(), content->end()).size();
      counts.applied_twice += twice;
      if (twice > 0 && world_.conditions().honest())
        world_.violation(10, "applied twice: " + std::to_string(twice) + " updates");
    }
  }

  /// Invariant 7.
  void afterwards() {
    world_.stop_faults();
    const auto counts = world_.counts(); // what follows belongs to no statistic
    const auto before = best();
    bool any = false;
    for (auto& server : world_.servers())
      any = any || !server.slot->shares().empty();
    client_plan plan;
    if (before && world_.conditions().honest())
      plan.wishes = {dice_.chance(0.3) ? client_wish::repair : client_wish::append, client_wish::get};
    else if (before && before->key_to_be_had)
      plan.wishes = {client_wish::put, client_wish::get};
    else if (!any)
      plan.wishes = {client_wish::create, client_wish::get};
    else
      return; // damaged or unreadable shares: whether one still has the key is luck
    auto& last = add_client(plan, 1);
    settle("the publish after the faults does not come to an end");
    judge_last(last, before);
    world_.counts() = counts;
  }

  void judge_last(const client& last, const std::optional<true_version>& before) {
    const auto& results = last.results();
    if (results.size() != 2 || !results[0].ok)
      return world_.violation(7, "the publish or repair after the faults did not succeed: " +
                                     (results.empty() ? std::string("no end") : results[0].detail));
    if (!results[1].ok)
      return world_.violation(7, "what was written after the faults cannot be read: " + results[1].detail);
    const auto read = updates_in(results[1].content, filler_);
    if (results[0].wish == client_wish::repair) {
      if (results[1].content != before->content)
        world_.violation(7, "what is read after the repair is not what was there before");
    } else if (!read || read->empty() || read->back() != results[0].update) {
      world_.violation(7, "what the publish after the faults wrote is not what is read back");
    }
  }

  // The system goes first: what actors hold outlives them.
  worker_pool compute_{0};
  codec::erasure_codes codes_;
  std::vector<std::unique_ptr<client>> clients_;
  test::deterministic system_;
  actors::services_ptr services_ = test::test_services(system_);
  system_clock clock_;
  sim_file file_;
  world world_;
  dice dice_;
  std::size_t filler_;
  std::uint64_t budget_;
  wire_record wires_;
  update_id next_update_ = 1;
  client_place place_{system_, world_, wires_, file_, services_, {}, filler_};
};

} // namespace

run_result run_actors(const scenario& s) {
  return actor_run(s).go();
}

} // namespace truckee::simulation
