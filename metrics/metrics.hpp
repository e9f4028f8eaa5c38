#pragma once

#include "truckee/base/effect.hpp"
#include "truckee/base/file_format.hpp"
#include "truckee/base/strict_words.hpp"
#include "truckee/doors/refusal.hpp"
#include "truckee/http/rejection.hpp"
#include "truckee/metrics/labels.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace prometheus {
class Registry;
}

/// What happens, said in events; which counters move is decided here alone. families.hpp lists them all.
/// Every method may be called from any thread, does not block on anything slow and costs some ten
/// nanoseconds.
namespace truckee::metrics {

using seconds = std::chrono::duration<double>; ///< any std::chrono duration converts

/// Events of one configured server, as its client sees them.
class server_events {
public:
  /// One answer (or missing answer) to a message that carried `shares` shares.
  void shares_written(server_outcome outcome, std::size_t shares, seconds took);
  /// One answer to a read message.
  void read_answered(outcome how, seconds took);
  void share_was_corrupt();
  /// A link to it is there, and is no more. With its last link goes the state of the link, for a server that was
  /// taken away is not one that cannot be reached; what was counted stays.
  void link_begins();
  void link_ends();
  void link_is(link_state state);
  void reconnected();

  struct children;
  explicit server_events(std::unique_ptr<children> c);
  ~server_events();

private:
  std::unique_ptr<children> children_;
};

/// Events of one storage server, as it sees them itself.
class store_events {
public:
  void served(storage_operation what, outcome how, seconds took);
  void bytes_read(std::uint64_t bytes);
  void bytes_written(std::uint64_t bytes);
  void slots_are(std::uint64_t slots);
  void available_bytes_are(std::uint64_t bytes);
  /// One look at the whole store for shares whose leases have ended, and whether it removed them.
  void looked_for_expired(std::uint64_t shares, std::uint64_t bytes, bool removed);
  /// A client says that a share does not verify.
  void corruption_advised();

  struct children;
  explicit store_events(std::unique_ptr<children> c);
  ~store_events();

private:
  std::unique_ptr<children> children_;
};

/// Events of a gateway's HTTP API.
class http_events {
public:
  /// One request and its answer, with the bytes of their bodies.
  void answered(http_method method, unsigned status, std::uint64_t received, std::uint64_t sent);
  void connections_are(std::size_t open);
  /// A caller was turned away, whatever it was told.
  void refused(http::rejection why);

  struct children;
  explicit http_events(std::unique_ptr<children> c);
  ~http_events();

private:
  std::unique_ptr<children> children_;
};

/// What build_info says.
struct build_facts {
  std::string version; ///< e.g. "0.1.0"
  std::string caf;     ///< e.g. "0.17.6"
};

/// What is at a gateway's door now.
struct gateway_load {
  std::size_t subscribers = 0;
  std::size_t callers = 0;
  std::size_t waiting = 0;             ///< operations
  std::uint64_t oldest_waiting_ms = 0; ///< unix time at which it was asked for; 0: none waits
  std::uint64_t held_bytes = 0;
  std::uint64_t held_bytes_max = 0;
};

/// What a write to a file that is kept strictly met and did.
struct strict_write {
  strict_outcome outcome = strict_outcome::unknown;
  std::size_t rounds = 0;     ///< publishes
  std::size_t barriers = 0;   ///< of them, with one
  std::size_t retired = 0;    ///< shares
  std::size_t purged = 0;     ///< versions
  std::size_t resent = 0;     ///< messages
  std::size_t leftovers = 0;  ///< versions
  std::size_t missed = 0;     ///< servers without the version, where it is published
  std::size_t short_of = 0;   ///< servers too few to confirm it
  bool other_setting = false; ///< refused
  bool in_place_writer = false;
};

/// One process's metrics. Injected as a shared_ptr, never global; without an exposer it only counts.
class recorder {
public:
  /// Its series are added to `registry`, which may hold others' too, each with the labels `own`, and taken out
  /// at the end. errc::configuration where a label is none, is Truckee's own, or where another recorder of
  /// the same labels counts there: whose the numbers were could not be told.
  static result<std::shared_ptr<recorder>> in(std::shared_ptr<prometheus::Registry> registry,
                                              const std::map<std::string, std::string>& own,
                                              const build_facts& build);
  /// With a registry of its own.
  explicit recorder(const build_facts& build = {});
  ~recorder();
  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;

  /// The events of a server or store of that configured name; made at first use, the same ever after, alive
  /// as long as this recorder: actors look it up once and keep the reference. Beyond named_max names all
  /// share the name "other".
  server_events& server(std::string_view name);
  store_events& store(std::string_view name);
  static constexpr std::size_t named_max = 512;
  /// Those of the HTTP API; its families are there from the first call on.
  http_events& http();

  /// From the first such event on, or from this call, the client's families are there, at zero. A storage
  /// node has none, so that no rule takes it for a client without publishes or keys.
  void expect_publishes();

  void publish_waits();
  void publish_stops_waiting();
  void stage_took(stage s, seconds took);
  void plaintext_given(file_format of, std::uint64_t bytes);
  /// A publish of a change of a part of an MDMF file begins.
  void changes_a_part(part_sent what);
  void share_bytes_sent(std::uint64_t bytes);
  void share_rehomed(server_outcome reason);
  void surprised(surprise kind, std::size_t shares);
  /// A put into an existing file has ended.
  void put_began_with(kept_map what);
  void strict_write_ended(const strict_write& x);

  /// An operation as its caller sees it; a write has any number of publishes in it.
  void operation_ended(operation_kind what, outcome how, seconds took);
  /// What became of a publish or an append, as its caller is told.
  void write_became(effect x);
  /// One that was refused, or ended before it began: counted as an operation, as a publish where it would
  /// have been one, and by its reason; what it took is of no interest.
  void never_began(operation_kind what, outcome how, refusal why);
  void gateway_holds(const gateway_load& now);
  void plaintext_retrieved(file_format of, std::uint64_t bytes);

  void in_flight(std::int64_t bytes_change);
  void in_flight_budget_is(std::uint64_t bytes);
  void keys_ready_are(std::size_t keys);
  void keys_wanted_are(std::size_t keys);

  /// Whether the gateway takes requests.
  void gateway_is(bool up);
  /// Actors that should stay have ended, and are started again.
  void restarted();
  /// A caller was not let in at a door, or put out.
  void peer_refused(doors::refusal why);
  /// When the first of the certificates in use ends, in unix seconds.
  void certificate_ends_at(std::int64_t unix_seconds);
  /// A caller of the metrics port got no metrics.
  void scrape_refused(http::rejection why);
  /// A disk was asked so many times to keep slot writes of stores of this process.
  void disk_was_synced(std::uint64_t times);
  /// A caller of the port for Tahoe-LAFS's clients was turned away.
  void gbs_refused(http::rejection why);

  /// Everything in Prometheus's text format.
  std::string text() const;
  std::shared_ptr<prometheus::Registry> registry() const;

private:
  friend class running_publish;
  struct state;
  recorder(std::shared_ptr<prometheus::Registry> registry, const std::map<std::string, std::string>& own,
           const build_facts& build);
  std::unique_ptr<state> state_;
};

/// What a publish had reached when it ended.
struct publish_end {
  outcome how = {};
  seconds took{};
  std::size_t happiness = 0;       ///< servers, by maximum matching
  std::size_t happiness_asked = 0; ///< servers
  std::size_t stale_left = 0;      ///< shares
  std::size_t unknown_left = 0;    ///< shares
};

/// One publish while it runs: its part of the running, goal, placed and outstanding gauges, taken back when
/// it ends or is destroyed, so that no publish can show as running for ever. Destroyed without ended():
/// counted as "abandoned".
class running_publish {
public:
  explicit running_publish(std::shared_ptr<recorder> to);
  ~running_publish();
  running_publish(running_publish&&) noexcept = default;
  running_publish& operator=(running_publish&&) = delete;
  running_publish(const running_publish&) = delete;

  /// Sizes of the three tables now.
  void progress(std::size_t goal, std::size_t placed, std::size_t outstanding);
  void ended(const publish_end& end);

private:
  void leave();

  std::shared_ptr<recorder> to_;
  std::size_t goal_ = 0;
  std::size_t placed_ = 0;
  std::size_t outstanding_ = 0;
};

} // namespace truckee::metrics
