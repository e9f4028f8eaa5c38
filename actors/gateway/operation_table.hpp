#pragma once

#include "truckee/actors/gateway/operation_record.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>

namespace truckee::actors {

/// One thing the gateway was asked to do. Waits for its turn on its file, runs, ends.
struct gateway_operation : operation_record {
  storage_index slot;
  caf::node_id caller; ///< whose program asked
  bool running = false;
  bool waiting_publish = false; ///< counted as one, until it begins or ends
  std::function<void()> begin;
  /// Answers the asker without having begun.
  std::function<void(error)> refuse;
  /// Asks the running operation to end.
  std::function<void(errc)> stop;
};

/// Which operations there are, and whose turn it is. No actor, no I/O.
class operation_table {
public:
  /// How many ended operations are remembered; those that were refused at the door apart from the others, so
  /// that a caller of nonsense does not push them out.
  operation_table(std::size_t recent_max, std::size_t refused_max)
    : recent_max_(recent_max), refused_max_(refused_max) {}

  std::size_t size() const { return operations_.size(); }

  /// Enters an operation; true if it may begin at once, false if another one of its file comes first.
  bool enter(std::uint64_t id, gateway_operation operation);
  /// Nothing when it has ended.
  gateway_operation* find(std::uint64_t id);
  std::optional<std::uint64_t> find(messages::operation_token token) const;
  /// Takes an operation out and remembers how it ended; the next one of its file, if one waits.
  std::optional<std::uint64_t> leave(std::uint64_t id);
  /// Remembers an operation that ended before it could be entered.
  void remember_refused(operation_record record);
  std::vector<std::uint64_t> ids() const;
  /// The operation whose turn it is on the same file.
  std::uint64_t before(std::uint64_t id) const;
  /// How many were asked for from there.
  std::size_t count_from(const caf::node_id& caller) const;

  /// Of an operation that is here or remembered; nothing of any other.
  const operation_record* record(std::uint64_t id) const;
  /// For status: running, waiting, and ended ones newest first.
  void report(messages::status_reply& out, operation_record::clock::time_point now) const;

private:
  struct ended {
    operation_record record;
    bool refused = false;
  };
  void remember(operation_record record, bool refused);

  std::size_t recent_max_;
  std::size_t refused_max_;
  std::map<std::uint64_t, gateway_operation> operations_;
  std::map<storage_index, std::deque<std::uint64_t>> turns_; ///< front: the one that runs
  std::deque<ended> recent_;                                 ///< newest first
};

} // namespace truckee::actors
