#include "truckee/metrics/metrics.hpp"

#include "truckee/metrics/children.hpp"

#include <map>
#include <mutex>
#include <prometheus/text_serializer.h>
#include <shared_mutex>
#include <sstream>

namespace truckee::metrics {

namespace {

/// Prometheus's rule for labels, and none of ours: theirs would win.
bool may_be_own_label(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (name.empty() || name.starts_with("__") || !letter(name.front()) || name == "le" ||
      !std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); }))
    return false;
  return std::ranges::none_of(all_families, [&](const family& f) {
    return (" " + std::string(f.labels) + " ").find(" " + std::string(name) + " ") != std::string::npos;
  });
}

/// Handles by configured name, made at first use; what comes beyond the limit shares one.
template <class Events>
class named {
public:
  template <class Make>
  Events& get(std::string_view name, const Make& make) {
    {
      std::shared_lock lock{mutex_};
      if (const auto found = all_.find(name); found != all_.end())
        return *found->second;
    }
    std::unique_lock lock{mutex_};
    const std::string kept{all_.size() < recorder::named_max ? name : "other"};
    auto& slot = all_[kept];
    if (!slot)
      slot = std::make_unique<Events>(make(kept));
    return *slot;
  }

private:
  std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<Events>, std::less<>> all_;
};

} // namespace

struct recorder::state {
  series all; ///< goes last
  prometheus::Counter& restarts;
  prometheus::Counter& syncs;
  by<prometheus::Counter, http::rejection, http::rejection_words.size()> scrapes_refused;
  by<prometheus::Counter, http::rejection, http::rejection_words.size()> gbs_refused;
  by<prometheus::Counter, doors::refusal, doors::refusal_words.size()> peers_refused;
  prometheus::Gauge& certificate_expiry;
  server_families servers;
  store_families stores;
  named<server_events> server_handles;
  named<store_events> store_handles;

  state(std::shared_ptr<prometheus::Registry> r, const std::map<std::string, std::string>& own,
        const build_facts& build)
    : all(std::move(r), own), restarts(all.add(counter_family(families::restarts, all), {})),
      syncs(all.add(counter_family(families::storage_syncs, all), {})),
      scrapes_refused([this](http::rejection why) -> prometheus::Counter& {
        return all.add(counter_family(families::scrapes_refused, all),
                       {{"reason", std::string(to_word(why))}});
      }),
      gbs_refused([this](http::rejection why) -> prometheus::Counter& {
        return all.add(counter_family(families::gbs_refused, all), {{"reason", std::string(to_word(why))}});
      }),
      peers_refused([this](doors::refusal why) -> prometheus::Counter& {
        return all.add(counter_family(families::peers_refused, all),
                       {{"reason", std::string(doors::to_word(why))}});
      }),
      certificate_expiry(all.add(gauge_family(families::certificate_expiry, all), {})), servers(all),
      stores(all) {
    all.add(gauge_family(families::build_info, all), labels_of(build)).Set(1);
  }

  static prometheus::Labels labels_of(const build_facts& build) {
    return {{"version", build.version}, {"caf", build.caf}};
  }

  client_children& client() {
    std::call_once(client_made_, [this] { client_.emplace(all); });
    return *client_;
  }

  http_events& http() {
    std::call_once(http_made_, [this] { http_.emplace(std::make_unique<http_events::children>(all)); });
    return *http_;
  }

private:
  std::once_flag client_made_;
  std::once_flag http_made_;
  std::optional<client_children> client_;
  std::optional<http_events> http_;
};

recorder::recorder(std::shared_ptr<prometheus::Registry> registry,
                   const std::map<std::string, std::string>& own, const build_facts& build)
  : state_(std::make_unique<state>(std::move(registry), own, build)) {}

recorder::recorder(const build_facts& build)
  : recorder(std::make_shared<prometheus::Registry>(), {}, build) {}

result<std::shared_ptr<recorder>> recorder::in(std::shared_ptr<prometheus::Registry> registry,
                                               const std::map<std::string, std::string>& own,
                                               const build_facts& build) {
  for (const auto& [name, value] : own)
    if (!may_be_own_label(name))
      return fail(errc::configuration, "the metrics label \"" + name +
                                           "\": expected a name of letters, digits and _ that Truckee's own "
                                           "series do not have");
  series looking(registry, own);
  if (looking.has(counter_family(families::restarts, looking), {}))
    return fail(errc::configuration, "another client or store counts in this metrics registry under the same "
                                     "labels; give each a label of its own, e.g. client=\"archive\"");
  return std::shared_ptr<recorder>(new recorder(std::move(registry), own, build));
}

recorder::~recorder() = default;

server_events& recorder::server(std::string_view name) {
  return state_->server_handles.get(name, [&](const std::string& kept) {
    return std::make_unique<server_events::children>(state_->servers, kept);
  });
}

store_events& recorder::store(std::string_view name) {
  return state_->store_handles.get(name, [&](const std::string& kept) {
    return std::make_unique<store_events::children>(state_->stores, kept);
  });
}

http_events& recorder::http() {
  return state_->http();
}

void recorder::expect_publishes() {
  state_->client();
}

void recorder::publish_waits() {
  state_->client().waiting.Increment();
}
void recorder::publish_stops_waiting() {
  state_->client().waiting.Decrement();
}

void recorder::stage_took(stage s, seconds took) {
  state_->client().stages.at(s).Observe(took.count());
}

void recorder::plaintext_given(file_format of, std::uint64_t bytes) {
  state_->client().plaintext_bytes.at(of).Increment(static_cast<double>(bytes));
}

void recorder::changes_a_part(part_sent what) {
  state_->client().part_writes.at(what).Increment();
}

void recorder::share_bytes_sent(std::uint64_t bytes) {
  state_->client().share_bytes.Increment(static_cast<double>(bytes));
}

void recorder::share_rehomed(server_outcome reason) {
  state_->client().rehomed.at(reason).Increment();
}

void recorder::surprised(surprise kind, std::size_t shares) {
  state_->client().surprises.at(kind).Increment(static_cast<double>(shares));
}

void recorder::put_began_with(kept_map what) {
  state_->client().kept_maps.at(what).Increment();
}

void recorder::strict_write_ended(const strict_write& x) {
  auto& strict = state_->client().strict;
  const auto add = [](prometheus::Counter& to, std::size_t n) { to.Increment(static_cast<double>(n)); };
  strict.writes.at(x.outcome).Increment();
  add(strict.rounds, x.rounds);
  add(strict.barriers, x.barriers);
  add(strict.retired, x.retired);
  add(strict.purged, x.purged);
  add(strict.resent, x.resent);
  add(strict.leftovers, x.leftovers);
  add(strict.missed, x.missed);
  strict.short_of.Set(static_cast<double>(x.short_of));
  add(strict.disagreements.at(disagreement::setting), x.other_setting ? 1 : 0);
  add(strict.disagreements.at(disagreement::in_place), x.in_place_writer ? 1 : 0);
}

void recorder::operation_ended(operation_kind what, outcome how, seconds took) {
  state_->client().operations.at(what)[index_of(how)]->Increment();
  state_->client().operation_durations.at(what).Observe(took.count());
}

void recorder::write_became(effect x) {
  state_->client().writes.at(x).Increment();
}

void recorder::never_began(operation_kind what, outcome how, refusal why) {
  auto& client = state_->client();
  client.operations.at(what)[index_of(how)]->Increment();
  if (what == operation_kind::publish || what == operation_kind::append)
    client.publishes[index_of(how)]->Increment();
  client.refused.at(why).Increment();
}

void recorder::gateway_holds(const gateway_load& now) {
  auto& client = state_->client();
  client.subscribers.Set(static_cast<double>(now.subscribers));
  client.callers.Set(static_cast<double>(now.callers));
  client.waiting_operations.Set(static_cast<double>(now.waiting));
  client.oldest_waiting.Set(static_cast<double>(now.oldest_waiting_ms) / 1000);
  client.held_bytes.Set(static_cast<double>(now.held_bytes));
  client.held_bytes_max.Set(static_cast<double>(now.held_bytes_max));
}

void recorder::plaintext_retrieved(file_format of, std::uint64_t bytes) {
  state_->client().retrieved_bytes.at(of).Increment(static_cast<double>(bytes));
}

void recorder::in_flight(std::int64_t bytes_change) {
  state_->client().in_flight_bytes.Increment(static_cast<double>(bytes_change));
}

void recorder::in_flight_budget_is(std::uint64_t bytes) {
  state_->client().in_flight_budget_bytes.Set(static_cast<double>(bytes));
}

void recorder::keys_ready_are(std::size_t keys) {
  state_->client().keys_ready.Set(static_cast<double>(keys));
}

void recorder::keys_wanted_are(std::size_t keys) {
  state_->client().keys_wanted.Set(static_cast<double>(keys));
}

void recorder::gateway_is(bool up) {
  state_->client().gateway_up.Set(up ? 1 : 0);
}

void recorder::restarted() {
  state_->restarts.Increment();
}

void recorder::disk_was_synced(std::uint64_t times) {
  state_->syncs.Increment(static_cast<double>(times));
}

void recorder::scrape_refused(http::rejection why) {
  state_->scrapes_refused.at(why).Increment();
}

void recorder::gbs_refused(http::rejection why) {
  state_->gbs_refused.at(why).Increment();
}

void recorder::peer_refused(doors::refusal why) {
  state_->peers_refused.at(why).Increment();
}

void recorder::certificate_ends_at(std::int64_t unix_seconds) {
  state_->certificate_expiry.Set(static_cast<double>(unix_seconds));
}

std::string recorder::text() const {
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, state_->all.registry().Collect());
  return out.str();
}

std::shared_ptr<prometheus::Registry> recorder::registry() const {
  return state_->all.shared_registry();
}

running_publish::running_publish(std::shared_ptr<recorder> to) : to_(std::move(to)) {
  to_->state_->client().running.Increment();
}

running_publish::~running_publish() {
  if (!to_)
    return;
  to_->state_->client().abandoned.Increment();
  leave();
}

void running_publish::progress(std::size_t goal, std::size_t placed, std::size_t outstanding) {
  if (!to_)
    return;
  const auto move = [](prometheus::Gauge& gauge, std::size_t& before, std::size_t now) {
    if (now != before)
      gauge.Increment(static_cast<double>(now) - static_cast<double>(before));
    before = now;
  };
  auto& client = to_->state_->client();
  move(client.goal, goal_, goal);
  move(client.placed, placed_, placed);
  move(client.outstanding, outstanding_, outstanding);
}

void running_publish::ended(const publish_end& end) {
  if (!to_)
    return;
  auto& client = to_->state_->client();
  client.publishes[index_of(end.how)]->Increment();
  client.publish_duration.Observe(end.took.count());
  client.happiness.Observe(static_cast<double>(end.happiness));
  if (end.happiness < end.happiness_asked)
    client.below_happiness.Increment();
  client.stale_left.Increment(static_cast<double>(end.stale_left));
  client.unknown_left.Increment(static_cast<double>(end.unknown_left));
  leave();
}

void running_publish::leave() {
  progress(0, 0, 0);
  to_->state_->client().running.Decrement();
  to_.reset();
}

} // namespace truckee::metrics
