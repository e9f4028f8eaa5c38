#include "truckee/metrics/children.hpp"

namespace truckee::metrics {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;

namespace {

template <class Builder>
auto& enter(Builder builder, const family& f, series& to) {
  return builder.Name(std::string{f.name}).Help(std::string{f.help}).Register(to.registry());
}

std::string text(std::string_view label) {
  return std::string{label};
}

Counter& one_counter(const family& f, series& to) {
  return to.add(counter_family(f, to), {});
}
Gauge& one_gauge(const family& f, series& to) {
  return to.add(gauge_family(f, to), {});
}

} // namespace

Family<Counter>& counter_family(const family& f, series& to) {
  return enter(prometheus::BuildCounter(), f, to);
}
Family<Gauge>& gauge_family(const family& f, series& to) {
  return enter(prometheus::BuildGauge(), f, to);
}
Family<Histogram>& histogram_family(const family& f, series& to) {
  return enter(prometheus::BuildHistogram(), f, to);
}

const Histogram::BucketBoundaries& second_buckets() {
  static const Histogram::BucketBoundaries buckets{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                   0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                                   1,      2.5,     5,      10,    30,     60};
  return buckets;
}

const Histogram::BucketBoundaries& server_buckets() {
  static const Histogram::BucketBoundaries buckets{0, 1,  2,  3,  4,  5,  6,   7,  8,
                                                   9, 10, 15, 20, 30, 50, 100, 255};
  return buckets;
}

Histogram& add_seconds(series& all, Family<Histogram>& to, const Labels& labels) {
  return all.add(to, labels, second_buckets());
}

per_outcome add_outcomes(series& all, Family<Counter>& to, const Labels& labels) {
  per_outcome out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto with = labels;
    with["outcome"] = text(to_label(outcome_at(i)));
    out[i] = &all.add(to, with);
  }
  return out;
}

client_children::client_children(series& to)
  : publish_family(counter_family(families::publishes, to)), publishes(add_outcomes(to, publish_family, {})),
    abandoned(to.add(publish_family, {{"outcome", "abandoned"}})),
    publish_duration(add_seconds(to, histogram_family(families::publish_duration, to), {})),
    stages([&to, &family = histogram_family(families::publish_stage_duration, to)](stage s) -> Histogram& {
      return add_seconds(to, family, {{"stage", text(to_word(s))}});
    }),
    running(one_gauge(families::publishes_running, to)), waiting(one_gauge(families::publishes_waiting, to)),
    goal(one_gauge(families::goal_shares, to)), placed(one_gauge(families::placed_shares, to)),
    outstanding(one_gauge(families::outstanding_shares, to)),
    happiness(to.add(histogram_family(families::happiness, to), {}, server_buckets())),
    below_happiness(one_counter(families::below_happiness, to)),
    plaintext_bytes(
        [&to, &family = counter_family(families::plaintext_bytes, to)](file_format f) -> Counter& {
          return to.add(family, {{"format", text(to_word(f))}});
        }),
    part_writes([&to, &family = counter_family(families::part_writes, to)](part_sent x) -> Counter& {
      return to.add(family, {{"sent", text(to_label(x))}});
    }),
    share_bytes(one_counter(families::share_bytes, to)),
    rehomed([&to, &family = counter_family(families::shares_rehomed, to)](server_outcome o) -> Counter& {
      return to.add(family, {{"reason", text(to_word(o))}});
    }),
    surprises([&to, &family = counter_family(families::surprises, to)](surprise s) -> Counter& {
      return to.add(family, {{"kind", text(to_label(s))}});
    }),
    kept_maps([&to, &family = counter_family(families::kept_maps, to)](kept_map k) -> Counter& {
      return to.add(family, {{"result", text(to_label(k))}});
    }),
    strict{
        by<Counter, strict_outcome, strict_outcome_words.size()>(
            [&to, &family = counter_family(families::strict_writes, to)](strict_outcome o) -> Counter& {
              return to.add(family, {{"outcome", text(to_word(o))}});
            }),
        one_counter(families::strict_rounds, to),
        one_counter(families::strict_barriers, to),
        one_counter(families::strict_retired, to),
        one_counter(families::strict_purged, to),
        one_counter(families::strict_resent, to),
        one_counter(families::strict_leftovers, to),
        one_counter(families::strict_missed, to),
        one_gauge(families::strict_short, to),
        by<Counter, disagreement, disagreement_count>(
            [&to, &family = counter_family(families::strict_disagreements, to)](disagreement d) -> Counter& {
              return to.add(family, {{"over", text(to_label(d))}});
            })},
    stale_left(one_counter(families::stale_shares_left, to)),
    unknown_left(one_counter(families::unknown_writes_left, to)),
    in_flight_bytes(one_gauge(families::in_flight_bytes, to)),
    in_flight_budget_bytes(one_gauge(families::in_flight_budget_bytes, to)),
    keys_ready(one_gauge(families::keys_ready, to)), keys_wanted(one_gauge(families::keys_wanted, to)),
    gateway_up(one_gauge(families::gateway_up, to)),
    writes([&to, &family = counter_family(families::writes, to)](effect x) -> Counter& {
      return to.add(family, {{"effect", text(to_word(x))}});
    }),
    operation_durations(
        [&to, &family = histogram_family(families::operation_duration, to)](operation_kind o) -> Histogram& {
          return add_seconds(to, family, {{"operation", text(to_word(o))}});
        }),
    retrieved_bytes(
        [&to, &family = counter_family(families::retrieved_bytes, to)](file_format f) -> Counter& {
          return to.add(family, {{"format", text(to_word(f))}});
        }),
    refused([&to, &family = counter_family(families::requests_refused, to)](refusal r) -> Counter& {
      return to.add(family, {{"reason", text(to_label(r))}});
    }),
    subscribers(one_gauge(families::gateway_subscribers, to)),
    callers(one_gauge(families::gateway_callers, to)),
    waiting_operations(one_gauge(families::gateway_waiting, to)),
    oldest_waiting(one_gauge(families::gateway_oldest_waiting, to)),
    held_bytes(one_gauge(families::gateway_held_bytes, to)),
    held_bytes_max(one_gauge(families::gateway_held_bytes_max, to)) {
  auto& family = counter_family(families::operations, to);
  for (std::size_t i = 0; i < operations.rows.size(); ++i)
    operations.rows[i] =
        add_outcomes(to, family, {{"operation", text(to_word(static_cast<operation_kind>(i)))}});
}

server_families::server_families(series& to)
  : all(to), writes(counter_family(families::share_writes, to)),
    write_duration(histogram_family(families::server_write_duration, to)),
    reads(counter_family(families::server_reads, to)),
    read_duration(histogram_family(families::server_read_duration, to)),
    corrupt(counter_family(families::corrupt_shares, to)), links(gauge_family(families::link_state, to)),
    reconnects(counter_family(families::reconnects, to)) {}

server_events::children::children(server_families& f, std::string server)
  : families(f), name(std::move(server)), writes([&](server_outcome o) -> Counter& {
      return f.all.add(f.writes, {{"server", name}, {"outcome", text(to_word(o))}});
    }),
    write_duration(add_seconds(f.all, f.write_duration, {{"server", name}})),
    reads(add_outcomes(f.all, f.reads, {{"server", name}})),
    read_duration(add_seconds(f.all, f.read_duration, {{"server", name}})),
    corrupt(f.all.add(f.corrupt, {{"server", name}})),
    reconnects(f.all.add(f.reconnects, {{"server", name}})), links(make_links()) {}

server_events::children::link_gauges server_events::children::make_links() const {
  return link_gauges([&](link_state s) -> Gauge& {
    return families.all.add(families.links, {{"server", name}, {"state", text(to_word(s))}});
  });
}

store_families::store_families(series& to)
  : all(to), operations(counter_family(families::storage_operations, to)),
    durations(histogram_family(families::storage_operation_duration, to)),
    read_bytes(counter_family(families::storage_read_bytes, to)),
    written_bytes(counter_family(families::storage_written_bytes, to)),
    slots(gauge_family(families::storage_slots, to)),
    available_bytes(gauge_family(families::storage_available_bytes, to)),
    expiry_scans(counter_family(families::storage_expiry_scans, to)),
    expired_shares(gauge_family(families::storage_expired_shares, to)),
    expired_bytes(gauge_family(families::storage_expired_bytes, to)),
    removed_shares(counter_family(families::storage_removed_shares, to)),
    removed_bytes(counter_family(families::storage_removed_bytes, to)),
    corruption_advised(counter_family(families::storage_corruption_advised, to)) {}

store_events::children::children(store_families& f, const std::string& name)
  : durations([&](storage_operation o) -> Histogram& {
      return add_seconds(f.all, f.durations, {{"store", name}, {"operation", text(to_label(o))}});
    }),
    read_bytes(f.all.add(f.read_bytes, {{"store", name}})),
    written_bytes(f.all.add(f.written_bytes, {{"store", name}})),
    slots(f.all.add(f.slots, {{"store", name}})),
    available_bytes(f.all.add(f.available_bytes, {{"store", name}})),
    expiry_scans(f.all.add(f.expiry_scans, {{"store", name}})),
    expired_shares(f.all.add(f.expired_shares, {{"store", name}})),
    expired_bytes(f.all.add(f.expired_bytes, {{"store", name}})),
    removed_shares(f.all.add(f.removed_shares, {{"store", name}})),
    removed_bytes(f.all.add(f.removed_bytes, {{"store", name}})),
    corruption_advised(f.all.add(f.corruption_advised, {{"store", name}})) {
  for (std::size_t i = 0; i < operations.size(); ++i)
    operations[i] =
        add_outcomes(f.all, f.operations,
                     {{"store", name}, {"operation", text(to_label(static_cast<storage_operation>(i)))}});
}

http_events::children::children(series& to)
  : received_bytes(one_counter(families::http_received_bytes, to)),
    sent_bytes(one_counter(families::http_sent_bytes, to)),
    connections(one_gauge(families::http_connections, to)),
    refused([&to, &family = counter_family(families::http_refused, to)](http::rejection why) -> Counter& {
      return to.add(family, {{"reason", text(to_word(why))}});
    }) {
  auto& family = counter_family(families::http_requests, to);
  for (std::size_t i = 0; i < requests.size(); ++i)
    requests[i].emplace([&](status_class x) -> Counter& {
      return to.add(
          family, {{"method", text(http_method_words[i])}, {"status", text(word_in(status_class_words, x))}});
    });
}

} // namespace truckee::metrics
