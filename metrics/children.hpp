#pragma once

#include "truckee/metrics/families.hpp"
#include "truckee/metrics/metrics.hpp"
#include "truckee/metrics/series.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>

/// Inside of metrics/: every child is looked up once, so that an event is an addition and no lookup.
namespace truckee::metrics {

prometheus::Family<prometheus::Counter>& counter_family(const family& f, series& to);
prometheus::Family<prometheus::Gauge>& gauge_family(const family& f, series& to);
prometheus::Family<prometheus::Histogram>& histogram_family(const family& f, series& to);

/// 100 µs to 60 s.
const prometheus::Histogram::BucketBoundaries& second_buckets();
/// 0 to 255 servers.
const prometheus::Histogram::BucketBoundaries& server_buckets();

prometheus::Histogram& add_seconds(series& all, prometheus::Family<prometheus::Histogram>& to,
                                   const prometheus::Labels& labels);

/// One child per value of an enumeration.
template <class Child, class E, std::size_t N>
class by {
public:
  template <class Make>
  explicit by(const Make& make) {
    for (std::size_t i = 0; i < N; ++i)
      children_[i] = &make(static_cast<E>(i));
  }
  /// A value outside the enumeration counts as its last.
  Child& at(E x) const { return *children_[std::min(static_cast<std::size_t>(x), N - 1)]; }

private:
  std::array<Child*, N> children_{};
};

using per_outcome = std::array<prometheus::Counter*, outcome_count>;
per_outcome add_outcomes(series& all, prometheus::Family<prometheus::Counter>& to,
                         const prometheus::Labels& labels);

/// What a process counts of its own publishes and other operations.
struct client_children {
  using counter = prometheus::Counter;
  using gauge = prometheus::Gauge;
  using histogram = prometheus::Histogram;

  explicit client_children(series& to);

  prometheus::Family<counter>& publish_family;
  per_outcome publishes;
  counter& abandoned;
  histogram& publish_duration;
  by<histogram, stage, publish_stage_count> stages;
  gauge& running;
  gauge& waiting;
  gauge& goal;
  gauge& placed;
  gauge& outstanding;
  histogram& happiness;
  counter& below_happiness;
  by<counter, file_format, file_format_words.size()> plaintext_bytes;
  by<counter, part_sent, part_sent_words.size()> part_writes;
  counter& share_bytes;
  by<counter, server_outcome, write_outcome_count> rehomed;
  by<counter, surprise, surprise_count> surprises;
  by<counter, kept_map, kept_map_count> kept_maps;
  /// Of writes to files that are kept strictly.
  struct strict_children {
    by<counter, strict_outcome, strict_outcome_words.size()> writes;
    counter& rounds;
    counter& barriers;
    counter& retired;
    counter& purged;
    counter& resent;
    counter& leftovers;
    counter& missed;
    gauge& short_of;
    by<counter, disagreement, disagreement_count> disagreements;
  } strict;
  counter& stale_left;
  counter& unknown_left;
  gauge& in_flight_bytes;
  gauge& in_flight_budget_bytes;
  gauge& keys_ready;
  gauge& keys_wanted;
  gauge& gateway_up;
  /// One row an operation; `at` as in `by`.
  struct operation_rows {
    std::array<per_outcome, operation_count> rows;
    const per_outcome& at(operation_kind x) const {
      return rows[std::min<std::size_t>(static_cast<std::size_t>(x), operation_count - 1)];
    }
  } operations;
  by<counter, effect, effect_count> writes;
  by<histogram, operation_kind, operation_count> operation_durations;
  by<counter, file_format, file_format_words.size()> retrieved_bytes;
  by<counter, refusal, refusal_count> refused;
  gauge& subscribers;
  gauge& callers;
  gauge& waiting_operations;
  gauge& oldest_waiting;
  gauge& held_bytes;
  gauge& held_bytes_max;
};

/// The families that have a series for each server.
struct server_families {
  explicit server_families(series& to);

  series& all;

  prometheus::Family<prometheus::Counter>& writes;
  prometheus::Family<prometheus::Histogram>& write_duration;
  prometheus::Family<prometheus::Counter>& reads;
  prometheus::Family<prometheus::Histogram>& read_duration;
  prometheus::Family<prometheus::Counter>& corrupt;
  prometheus::Family<prometheus::Gauge>& links;
  prometheus::Family<prometheus::Counter>& reconnects;
};

/// One server's series, found once.
struct server_events::children {
  children(server_families& f, std::string server);

  using link_gauges = by<prometheus::Gauge, link_state, link_state_count>;
  link_gauges make_links() const;

  server_families& families;
  std::string name;
  by<prometheus::Counter, server_outcome, write_outcome_count> writes;
  prometheus::Histogram& write_duration;
  per_outcome reads;
  prometheus::Histogram& read_duration;
  prometheus::Counter& corrupt;
  prometheus::Counter& reconnects;

  std::mutex mutex; ///< of the rest
  std::size_t links_there = 0;
  std::optional<link_gauges> links; ///< until the last link has ended: a server that is gone is not away
};

/// The families that have a series for each store.
struct store_families {
  explicit store_families(series& to);

  series& all;

  prometheus::Family<prometheus::Counter>& operations;
  prometheus::Family<prometheus::Histogram>& durations;
  prometheus::Family<prometheus::Counter>& read_bytes;
  prometheus::Family<prometheus::Counter>& written_bytes;
  prometheus::Family<prometheus::Gauge>& slots;
  prometheus::Family<prometheus::Gauge>& available_bytes;
  prometheus::Family<prometheus::Counter>& expiry_scans;
  prometheus::Family<prometheus::Gauge>& expired_shares;
  prometheus::Family<prometheus::Gauge>& expired_bytes;
  prometheus::Family<prometheus::Counter>& removed_shares;
  prometheus::Family<prometheus::Counter>& removed_bytes;
  prometheus::Family<prometheus::Counter>& corruption_advised;
};

/// One store's series, found once.
struct store_events::children {
  children(store_families& f, const std::string& name);

  std::array<per_outcome, storage_operation_count> operations;
  by<prometheus::Histogram, storage_operation, storage_operation_count> durations;
  prometheus::Counter& read_bytes;
  prometheus::Counter& written_bytes;
  prometheus::Gauge& slots;
  prometheus::Gauge& available_bytes;
  prometheus::Counter& expiry_scans;
  prometheus::Gauge& expired_shares;
  prometheus::Gauge& expired_bytes;
  prometheus::Counter& removed_shares;
  prometheus::Counter& removed_bytes;
  prometheus::Counter& corruption_advised;
};

/// The HTTP API's series.
struct http_events::children {
  explicit children(series& to);

  using by_status = by<prometheus::Counter, status_class, status_class_words.size()>;
  std::array<std::optional<by_status>, http_method_words.size()> requests;
  prometheus::Counter& received_bytes;
  prometheus::Counter& sent_bytes;
  prometheus::Gauge& connections;
  by<prometheus::Counter, http::rejection, http::rejection_words.size()> refused;
};

} // namespace truckee::metrics
